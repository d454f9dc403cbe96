"""`giamngheo up`: a Prefect server, a worker and the desk on one machine, started, watched and stopped together."""
