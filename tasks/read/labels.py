"""Which field a label means: the form's label or key, a listed variant, or a near spelling of one.

Variants stand in `labels.csv`, short labels that mean one field whatever stands around them.
"""

import csv
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache, lru_cache
from pathlib import Path

from forms.dictionary import sheets
from tasks.values import label_key, plain_key

# A label as given in the form or in `labels.csv`; the same without diacritics; one with a slip of the pen.
EXACT, PLAIN, NEAR = 3, 2, 1
# A near label has this likeness (2 × letters in common / letters of both) to a label of one field, and is
# further by the margin from those of any other.
NEAR_LIKENESS = 0.88
NEAR_MARGIN = 0.08
# Letters of one word that may differ.
_WORD_LIKENESS = 0.5
# Words that may be left out or put in.
_FILLERS = frozenset(("và", "các", "của", "theo", "số"))


@dataclass(frozen=True, slots=True)
class Match:
    """The field that a label means, and how surely."""

    field: str
    tier: int


@cache
def _known(sheet: str) -> tuple[dict[str, str], dict[str, str]]:
    """Label key → field, and label key without diacritics → field, or "" where that is two fields' label."""
    exact = {label_key(name): field.key for field in sheets()[sheet].fields for name in (field.key, field.label_vi)}
    with open(Path(__file__).parent / "labels.csv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["sheet"] == sheet:
                exact.setdefault(label_key(row["variant"]), row["key"])
    plain: dict[str, str] = {}
    for label, field in exact.items():
        key = plain_key(label)
        plain[key] = field if plain.get(key, field) == field else ""
    return exact, plain


@lru_cache(maxsize=10_000)
def match(sheet: str, text: str, *, near: bool = False) -> Match | None:
    """The field of a sheet that a label means; None where it means none, or may mean several."""
    exact, plain = _known(sheet)
    key = label_key(text)
    if key in exact:
        return Match(exact[key], EXACT)
    # Text with diacritics that differ is another word: "Mã hộ" is not "Mà hở".
    if key.isascii() and plain.get(key):
        return Match(plain[key], PLAIN)
    return _nearest(key, exact) if near else None


def _nearest(key: str, exact: dict[str, str]) -> Match | None:
    best: dict[str, float] = {}
    counts = NEAR_LIKENESS - NEAR_MARGIN
    for label, field in exact.items():
        if 2 * min(len(key), len(label)) < counts * (len(key) + len(label)):
            continue
        likeness = SequenceMatcher(None, key, label, autojunk=False).ratio()
        if likeness >= counts and likeness > best.get(field, 0):
            best[field] = likeness if _differs_by_a_slip(key, label) else min(likeness, counts)
    ranked = sorted(best.items(), key=lambda item: -item[1])
    if not ranked or ranked[0][1] < NEAR_LIKENESS:
        return None
    is_clear = len(ranked) == 1 or ranked[0][1] - ranked[1][1] >= NEAR_MARGIN
    return Match(ranked[0][0], NEAR) if is_clear else None


def _differs_by_a_slip(key: str, label: str) -> bool:
    """Word by word: each is the same or nearly so, numbers are the same, and only fillers are left out or put in."""
    given, meant = key.split(), label.split()
    for kind, a, b, c, d in SequenceMatcher(None, given, meant, autojunk=False).get_opcodes():
        if kind == "replace" and b - a == d - c:
            for one, other in zip(given[a:b], meant[c:d], strict=True):
                has_number = any(letter.isdigit() for letter in one + other)
                if has_number or SequenceMatcher(None, one, other, autojunk=False).ratio() < _WORD_LIKENESS:
                    return False
        elif kind != "equal" and not _FILLERS.issuperset(given[a:b] + meant[c:d]):
            return False
    return True
