"""Find the header of a table sheet: in which rows it stands, and which column holds which field."""

from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise

from forms.dictionary import sheets
from tasks.read.grid import Cells, Grid
from tasks.read.labels import EXACT, Match, match
from tasks.values import clean_text

# A header stands within the first rows of a sheet; further down, words like "Hộ" are data.
SEARCH_ROWS = 40
# Rows that a header may take, groups of columns above their parts.
MAX_ROWS = 3
# One label alone may be a word of a title.
_MIN_LABELS = 2


class _Title(str):
    """The text above several columns, in the header of each of them."""

    __slots__ = ()


@dataclass
class Header:
    """`first` and `last` row, counted from 0; the column of each field; and what could not be placed.

    `repeated` are fields that two columns claim, `unknown` the labels of columns that the form does not have.
    """

    first: int
    last: int
    columns: dict[str, int] = field(default_factory=dict)
    repeated: list[str] = field(default_factory=list)
    unknown: dict[int, str] = field(default_factory=dict)


def find_header(sheet: str, grid: Grid) -> Header | None:
    """The rows that name the most of the form's fields, and at least two of them; the fewest and first such rows."""
    rows = grid.rows[:SEARCH_ROWS]
    for row, cells in enumerate(rows):
        if _is_complete(sheet, cells):
            return _settle(sheet, row, row, [[text] if text else [] for text in map(_text, cells)])
    best, most = None, _MIN_LABELS - 1
    for count in range(1, MAX_ROWS + 1):
        for first in range(len(rows) - count + 1):
            parts = _parts(rows[first : first + count])
            found = {known.field for label in parts if (known := _meaning(sheet, label, near=False))}
            if len(found) > most:
                best, most = (first, parts), len(found)
    if best is None:
        return None
    first, parts = best
    last = first + max(len(label) for label in parts) - 1
    return _settle(sheet, first, min(last, len(rows) - 1), [[text for text in label if text] for label in parts])


@cache
def _due(sheet: str) -> frozenset[str]:
    return frozenset(one.key for one in sheets()[sheet].fields if one.in_header)


def _is_complete(sheet: str, cells: Cells) -> bool:
    """Whether one row names every field of the form: almost every header."""
    texts = [value for value in cells if isinstance(value, str) and value]
    due = _due(sheet)
    if len(texts) < len(due):
        return False
    found = {known.field for text in texts if (known := match(sheet, text)) and known.tier == EXACT}
    return due <= found


def _text(value: object) -> str:
    return (clean_text(value) or "") if isinstance(value, str) else ""


def _parts(rows: list[Cells]) -> list[list[str]]:
    """The texts of each column from top to bottom; a group's title stands above each of its parts."""
    texts = [[_text(value) for value in cells] for cells in rows]
    for upper, lower in pairwise(texts):
        title, first = "", 0
        for column, text in enumerate(upper):
            if text:
                # A label that is merged with the blank cell below it is no group's.
                title, first = (text if lower[column] else ""), column
            elif lower[column] and title:
                upper[first] = upper[column] = _Title(title)
            elif not lower[column]:
                title = ""
    return [list(label) for label in zip(*texts, strict=True)]


def _meaning(sheet: str, label: list[str], *, near: bool) -> Match | None:
    """The field of a column from the texts of its header: the lowest one, or several read downwards.

    Of two readings the longer one is meant ("Năm sinh" above "chủ hộ"), but where it begins with a group's title:
    that may be part of the label or not, and None is returned where the two are labels of two fields.
    """
    texts = [text for text in label if text]
    readings = [" ".join(texts[start:]) for start in range(len(texts))]
    found: dict[str, Match] = {}
    is_clear = False
    for text, reading in zip(texts, readings, strict=True):
        known = None if is_clear else match(sheet, reading)
        if known is not None:
            found.setdefault(known.field, known)
            is_clear = not isinstance(text, _Title)
    if len(found) == 1:
        return next(iter(found.values()))
    if found or not near:
        return None
    slips = {known.field: known for reading in readings if (known := match(sheet, reading, near=True))}
    return next(iter(slips.values())) if len(slips) == 1 else None


def _settle(sheet: str, first: int, last: int, parts: list[list[str]]) -> Header:
    """Give each field its column: the one that names it best. Two that name it equally well are not chosen between."""
    header = Header(first, last)
    claims: dict[str, list[tuple[int, int]]] = {}
    for column, label in enumerate(parts):
        known = _meaning(sheet, label, near=True)
        if known is not None:
            claims.setdefault(known.field, []).append((known.tier, column))
        elif label:
            header.unknown[column] = " ".join(label)
    for key, columns in claims.items():
        top = max(tier for tier, _ in columns)
        chosen = [column for tier, column in columns if tier == top]
        header.columns[key] = chosen[0]
        header.repeated += [key] * (len(chosen) - 1)
        for tier, column in columns:
            if tier < top:
                header.unknown[column] = " ".join(parts[column])
    header.unknown = dict(sorted(header.unknown.items()))
    return header
