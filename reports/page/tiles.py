"""Where the districts stand on the page's schematic map, and their short names: `tiles.csv`."""

import csv
from functools import cache
from pathlib import Path

from reports.page.figures import Row


@cache
def tiles() -> dict[str, Row]:
    """Where each district stands on the schematic map (columns eastward, rows southward), and its short name."""
    with open(Path(__file__).with_name("tiles.csv"), encoding="utf-8", newline="") as file:
        return {row["unit_code"]: row for row in csv.DictReader(file)}
