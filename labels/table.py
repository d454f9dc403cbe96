"""`labels.csv` by kind and code. No other module has words for these codes, so no two outputs name one thing apart.

A kind is a table of codes in the order of printing: `state` of a submission or slot (contract, section 2),
`timeliness` of a slot (tasks/timeliness.py), `status` of a target (mart.target_vs_actual), and so on.
"""

import csv
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

FILE = Path(__file__).with_name("labels.csv")


class Words(NamedTuple):
    """One text in both languages."""

    vi: str
    en: str

    def of(self, language: str) -> str:
        return self.vi if language == "vi" else self.en

    def first_upper(self) -> "Words":
        """As it begins a line or stands alone in a cell."""
        return Words(self.vi[:1].upper() + self.vi[1:], self.en[:1].upper() + self.en[1:])


@cache
def kinds() -> dict[str, dict[str, Words]]:
    """Kind → code → words, in the file's order."""
    found: dict[str, dict[str, Words]] = {}
    with open(FILE, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["kind"], {})[row["code"]] = Words(row["vi"], row["en"])
    return found


STATES: Mapping[str, Words] = kinds()["state"]
STATES_SHORT: Mapping[str, Words] = kinds()["state_short"]
NEXT_FOR_DISTRICT: Mapping[str, Words] = kinds()["next_for_district"]
NEXT_IN_NOTICE: Mapping[str, Words] = kinds()["next_in_notice"]
TIMELINESS: Mapping[str, Words] = kinds()["timeliness"]
STATUSES: Mapping[str, Words] = kinds()["status"]
# What stands before what a target still lacks, by its status.
REMAINING: Mapping[str, Words] = kinds()["remaining"]
TARGETS: Mapping[str, Words] = kinds()["target"]
GROUPS: Mapping[str, Words] = kinds()["group"]
UNITS: Mapping[str, Words] = kinds()["unit"]
SEVERITIES: Mapping[str, Words] = kinds()["severity"]
CHANGES: Mapping[str, Words] = kinds()["change"]
SAMPLE_NOTE: Words = kinds()["note"]["sample"]
# Where the plan gives a task to nobody (accountable is NULL).
NO_BODY: Words = kinds()["note"]["no_body"]
# Beside a unit without figures, and one below which some have none.
NOT_REPORTED, INCOMPLETE = kinds()["note"]["not_reported"], kinds()["note"]["incomplete"]


def measure_words(name: str, basis: str) -> Words:
    """How a target is counted: measure and basis of mart.target_vs_actual. Raises KeyError for an unknown pair."""
    return kinds()["measure"][f"{name}/{basis}"]
