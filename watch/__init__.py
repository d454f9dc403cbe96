"""Looking at a data root from outside: metrics for Prometheus, and the doctor. Nothing is changed here."""
