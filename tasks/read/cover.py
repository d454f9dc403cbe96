"""Read the cover: labels anywhere on the sheet, each with its value beside it or behind a colon."""

import datetime as dt
from dataclasses import dataclass

from forms.dictionary import sheets
from forms.layout import column_letter
from tasks.read.grid import Grid, is_blank
from tasks.read.labels import match
from tasks.read.model import CoverCell, ErrorCell
from tasks.values import ERROR_TEXTS, CellFault, CellValue, from_serial, to_code, to_text

SEARCH_ROWS = 60
_NUMBERED_DAYS = ("date", "month")


@dataclass
class _Found:
    tier: int
    row: int
    column: int
    value: CellValue


def read_cover(name: str, grid: Grid, epoch: dt.date, errors: list[ErrorCell]) -> dict[str, CoverCell]:
    """The cover's fields that have a label. Where two values stand for one field, neither is taken."""
    fields = {field.key: field for field in sheets()["cover"].fields}
    found: dict[str, list[_Found]] = {}
    for row, cells in enumerate(grid.rows[:SEARCH_ROWS]):
        for column, value in enumerate(cells):
            if isinstance(value, str) and value and not isinstance(value, CellFault):
                named = _at(grid, row, column, value)
                if named is not None:
                    found.setdefault(named[0], []).append(named[1])
    cover: dict[str, CoverCell] = {}
    for key, places in found.items():
        top = max(place.tier for place in places)
        places = [place for place in places if place.tier == top]
        given = [place for place in places if to_text(place.value) is not None]
        one = (given or places)[0]
        value = one.value if len({to_text(place.value) for place in given}) == 1 else None
        letter = column_letter(one.column)
        if isinstance(value, CellFault) or (isinstance(value, str) and value in ERROR_TEXTS):
            errors.append(ErrorCell(name, one.row + 1, letter, key, str(value)))
            value = None
        if fields[key].type in _NUMBERED_DAYS:
            value = from_serial(value, epoch)
        elif fields[key].type == "code":
            value = to_code(to_text(value))
        cover[key] = CoverCell(value, f"{letter}{one.row + 1}")
    return cover


def _at(grid: Grid, row: int, column: int, text: str) -> tuple[str, _Found] | None:
    """The field that a cell names, and its value: in a cell to the right, or in the same one behind a colon."""
    known = match("cover", text, near=True)
    if known is not None:
        at, value = _beside(grid, row, column)
        return known.field, _Found(known.tier, row, at, value)
    label, colon, rest = text.partition(":")
    known = match("cover", label) if colon and rest.strip() else None
    return (known.field, _Found(known.tier, row, column, rest.strip())) if known is not None else None


def _beside(grid: Grid, row: int, column: int) -> tuple[int, CellValue]:
    """The value one cell to the right of a label, past what is merged with it, or two where that one is blank."""
    cells = grid.rows[row]
    after = column + 1
    for (top, left), (bottom, right) in grid.merged:
        if top <= row <= bottom and left <= column <= right:
            after = right + 1
    for at in (after, after + 1):
        value = cells[at] if at < len(cells) else None
        if not is_blank(value):
            is_label = isinstance(value, str) and match("cover", value) is not None
            return (after, None) if is_label else (at, value)
    return after, None
