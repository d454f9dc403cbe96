"""Speed, as ratios within one run on the same files: `python -m bench` (`make bench`)."""
