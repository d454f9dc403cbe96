"""Looking at a data root from outside: metrics for Prometheus, and `giamngheo doctor`. Nothing is changed here."""
