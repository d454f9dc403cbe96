"""One module per step, plain typed functions: data in, data out, no Prefect."""
