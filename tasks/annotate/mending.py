"""What each rule means and how to mend what breaks it, in plain words for the district officer."""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_TABLE = Path(__file__).parent / "mending.csv"


@dataclass(frozen=True, slots=True)
class Mending:
    """One line of `mending.csv`; the district reads Vietnamese."""

    meaning: str
    mending: str
    meaning_en: str
    mending_en: str


@cache
def mendings() -> dict[str, Mending]:
    """Rule code → its meaning and its mending, for every rule of the catalogue."""
    with open(_TABLE, encoding="utf-8", newline="") as file:
        return {
            row["code"]: Mending(row["meaning_vi"], row["mending_vi"], row["meaning_en"], row["mending_en"])
            for row in csv.DictReader(file)
        }
