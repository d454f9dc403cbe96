"""Which field a label means: the form's label or key, a listed variant, or a near spelling of one.

Variants stand in `labels.csv`, short labels that mean one field whatever stands around them.

A near spelling is told word by word, in edits: a letter or mark that is wrong, too many, missing, or changed places
with its neighbour. Over whole labels any likeness fails here: "Tổng điểm B1" and "Tổng điểm B2" are 92 % the same.
"""

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from rapidfuzz.distance import DamerauLevenshtein

from forms.dictionary import sheets
from plan.reference import name_key
from tasks.values import label_key, plain_key

# A label as given in the form or in `labels.csv`; another way to write the same words; one with a slip of the pen.
EXACT, PLAIN, NEAR = 3, 2, 1
# The threshold: in each word of a near label at most so many edits, and so much of all its letters and tones right.
# No two fields of a sheet have labels that are less than two edits apart in their most different word, twice the
# threshold; the nearest are "Ngày lập" and "Người lập", and but for them the nearest that are alike at all, "Số CCCD"
# and "Hộ NCC", share less than half of their letters. Both are measured by a test.
MOST_EDITS = 1
LEAST_LIKENESS = 0.8
# The lead: in its most different word, every other field's label is further by so many edits.
LEAD = 1
_LONGEST = 100
# Words that may be left out or put in.
_FILLERS = frozenset(name_key(word) for word in ("và", "các", "của", "theo", "số"))
# What may stand in brackets behind a label: in what it is counted, and how a flag is set.
_UNITS = re.compile(r"\s*\((?:đvt: ?|đơn vị: ?)?(?:hộ|người|khẩu|nhân khẩu|điểm|năm|x|đánh dấu x)\)$")
_WORD = re.compile(r"[\w\u0300-\u036f]+")


@dataclass(frozen=True, slots=True)
class Match:
    """The field that a label means, and how surely."""

    field: str
    tier: int


@dataclass(frozen=True, slots=True)
class _Known:
    """Of one sheet, label → field: as written, as words, without diacritics; "" where that is two fields' label."""

    exact: dict[str, str]
    alike: dict[str, str]
    plain: dict[str, str]
    # Words → field; for labels, not for keys.
    words: dict[tuple[str, ...], str]


@lru_cache(maxsize=10_000)
def match(sheet: str, text: str, *, near: bool = False) -> Match | None:
    """The field of a sheet that a label means; None where it means none, or may mean several."""
    known = _known(sheet)
    key = label_key(text)
    if key in known.exact:
        return Match(known.exact[key], EXACT)
    key = _UNITS.sub("", key)
    # Text with diacritics that differ is another word: "Mã hộ" is not "Mà hở".
    field = known.alike.get(_joined(key)) or (known.plain.get(_joined(key)) if key.isascii() else None)
    if field:
        return Match(field, PLAIN)
    field = nearest(words_of(key), known.words) if near and len(key) < _LONGEST else None
    return Match(field, NEAR) if field else None


@cache
def _known(sheet: str) -> _Known:
    fields = sheets()[sheet].fields
    labels = {label_key(field.label_vi): field.key for field in fields}
    with open(Path(__file__).parent / "labels.csv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["sheet"] == sheet:
                labels.setdefault(label_key(row["variant"]), row["key"])
    alike: dict[str, str] = {}
    plain: dict[str, str] = {}
    for label, field in labels.items():
        for found, joined in ((alike, _joined(label)), (plain, _joined(plain_key(label)))):
            found[joined] = field if found.get(joined, field) == field else ""
    exact = {field.key: field.key for field in fields} | labels
    return _Known(exact, alike, plain, {words_of(label): field for label, field in labels.items()})


def words_of(label: str) -> tuple[str, ...]:
    """The words of a label key as letters, the tone last in each: Hoà and Hòa are one word, and so are kỳ and kì."""
    return tuple(_letters(word) for word in _WORD.findall(label))


@lru_cache(maxsize=10_000)
def _joined(label: str) -> str:
    """The same without the blanks and marks between the words."""
    return _letters("".join(_WORD.findall(label)))


def _letters(word: str) -> str:
    return name_key(word).replace("y", "i")


def nearest(words: tuple[str, ...], labels: Mapping[tuple[str, ...], str]) -> str | None:
    """The one field that has a near label, of labels given as words; None where there is none, or no clear one."""
    # By field, of its nearest label: edits in the most different word, and the share of letters that is wrong.
    found: dict[str, tuple[int, float]] = {}
    for label, field in labels.items():
        edits = word_edits(words, label)
        if edits is not None:
            distance = max(edits, default=0), sum(edits) / sum(map(len, label))
            found[field] = min(found.get(field, distance), distance)
    ranked = sorted(found, key=lambda field: found[field])
    if not ranked:
        return None
    furthest, wrong = found[ranked[0]]
    is_near = furthest <= MOST_EDITS and 1 - wrong >= LEAST_LIKENESS
    is_clear = len(ranked) == 1 or found[ranked[1]][0] - furthest >= LEAD
    return ranked[0] if is_near and is_clear else None


def word_edits(given: Sequence[str], meant: Sequence[str]) -> list[int] | None:
    """Edits in each word. None where a number differs, or words but fillers are left out or put in."""
    if len(given) != len(meant):
        given, meant = _without_fillers(given), _without_fillers(meant)
    if len(given) != len(meant):
        return None
    differ = [(one, other) for one, other in zip(given, meant, strict=True) if one != other]
    if any(letter.isdigit() for pair in differ for word in pair for letter in word):
        return None
    return [DamerauLevenshtein.distance(one, other) for one, other in differ]


def _without_fillers(words: Sequence[str]) -> list[str]:
    return [word for word in words if word not in _FILLERS]
