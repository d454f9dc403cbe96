"""The rule catalogue: stable codes, severities, what a failure leads to, and the words for it."""

import csv
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of `rules.csv`. `on_fail` is unreadable, reject, hold, flag or none."""

    code: str
    scope: str
    severity: str
    on_fail: str
    waivable: bool
    fields: str
    rule: str
    message_vi: str
    message_en: str

    def message(self, facts: Mapping[str, str]) -> tuple[str, str]:
        """The message in Vietnamese and in English; a fact that is not known stays empty."""
        known = defaultdict(str, facts)
        return self.message_vi.format_map(known), self.message_en.format_map(known)


@cache
def rules() -> dict[str, Rule]:
    """Every rule of the catalogue by its code, in the catalogue's order."""
    with open(HERE / "messages_en.csv", encoding="utf-8", newline="") as file:
        english = {row["code"]: row["message_en"] for row in csv.DictReader(file)}
    with open(HERE / "rules.csv", encoding="utf-8", newline="") as file:
        return {
            row["code"]: Rule(
                code=row["code"],
                scope=row["scope"],
                severity=row["severity"],
                on_fail=row["on_fail"],
                waivable=row["waivable"] == "yes",
                fields=row["fields"],
                rule=row["rule"],
                message_vi=row["message_vi"],
                message_en=english[row["code"]],
            )
            for row in csv.DictReader(file)
        }
