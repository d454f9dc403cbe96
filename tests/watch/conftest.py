"""The data root that tests here look at."""

from watch_root import told

__all__ = ["told"]
