"""Which step comes after which. The same order runs as a Prefect flow or directly."""
