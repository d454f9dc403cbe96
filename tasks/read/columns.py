"""Columns of a table as typed series, each value read by its field's type."""

import polars as pl

from forms.dictionary import Field, Sheet
from tasks.read.grid import Cells, Grid
from tasks.values import (
    ERROR_TEXTS,
    CellFault,
    CellValue,
    clean_text,
    to_code,
    to_text,
    to_whole_number,
)

# The column beside a column of numbers: what the sender wrote.
TEXT = "__text"
_NUMBERS = ("count", "year")
# Index of the row, field, what the cell shows.
Fault = tuple[int, str, str]
# So many rows at once are turned into columns: few enough to stay in the processor's cache.
_BLOCK_ROWS = 256


def read_columns(
    sheet: Sheet, positions: dict[str, int], rows: list[Cells], grid: Grid
) -> tuple[list[pl.Series], list[Fault]]:
    """One or two series per field (see `Table.rows`) and `errors`, and the cells that hold no value.

    `rows` are those of the grid that are data.
    """
    transposed = _transposed(rows)
    columns: dict[str, Cells] = {}
    faults: list[Fault] = []
    for form_field in sheet.fields:
        position = positions.get(form_field.key)
        values: Cells = transposed[position] if position is not None and rows else [None] * len(rows)
        if grid.has_errors:
            found = _faults(form_field.key, values)
            for index, _, shown in found:
                # A flag must not read as "no": it keeps what it shows, which is no flag.
                values[index] = shown if form_field.type == "flag" else None
            faults += found
        columns[form_field.key] = values
    numbers = {one.key: columns[one.key] for one in sheet.of_type(*_NUMBERS)}
    series = {one.name: one for one in _number_series(numbers, len(rows))}
    series |= {one.key: _text_series(one, columns[one.key], grid) for one in sheet.fields if one.type not in _NUMBERS}
    names = [name for key in sheet.keys for name in (key, f"{key}{TEXT}") if name in series]
    return [*map(series.__getitem__, names), _marks(len(rows), faults)], faults


def _transposed(rows: list[Cells]) -> list[Cells]:
    """The columns of the rows, with None for empty cells."""
    columns: list[Cells] = [[] for _ in rows[0]] if rows else []
    for first in range(0, len(rows), _BLOCK_ROWS):
        for column, values in zip(columns, zip(*rows[first : first + _BLOCK_ROWS], strict=True), strict=True):
            column += [None if value == "" else value for value in values]
    return columns


def _faults(key: str, values: Cells) -> list[Fault]:
    # A fault is equal to the same text, so that a set of values may hold either: the types are asked for apart.
    if CellFault not in set(map(type, values)) and ERROR_TEXTS.isdisjoint(values):
        return []
    return [
        (index, key, str(value))
        for index, value in enumerate(values)
        if isinstance(value, CellFault) or (isinstance(value, str) and value in ERROR_TEXTS)
    ]


def _marks(height: int, faults: list[Fault]) -> pl.Series:
    marks: list[str | None] = [None] * height
    for index, key, _ in faults:
        marks[index] = f"{marks[index] or ' '}{key} "
    return pl.Series("errors", marks, dtype=pl.String)


def _number_series(columns: dict[str, Cells], height: int) -> list[pl.Series]:
    """`KEY` and `KEY__text` of each column.

    All at once where there is nothing but whole numbers and empty cells, as in almost every sheet; else column by
    column, and the one that holds anything else cell by cell.
    """
    whole = _whole_numbers([value for values in columns.values() for value in values])
    if whole is None and len(columns) > 1:
        return [one for key, values in columns.items() for one in _number_series({key: values}, height)]
    if whole is None:
        return [
            pl.Series(key + suffix, [read(value) for value in values], dtype=dtype)
            for key, values in columns.items()
            for suffix, read, dtype in (("", to_whole_number, pl.Int64), (TEXT, to_text, pl.String))
        ]
    texts = whole.cast(pl.String)
    return [
        one.slice(place * height, height).alias(key + suffix)
        for place, key in enumerate(columns)
        for suffix, one in (("", whole), (TEXT, texts))
    ]


def _whole_numbers(values: Cells) -> pl.Series | None:
    """None where there is anything but whole numbers and empty cells, or a number beyond LARGEST_COUNT."""
    if not {float, int, type(None)}.issuperset(map(type, values)):
        return None
    given = pl.Series(values, dtype=pl.Float64)
    whole = given.cast(pl.Int32, strict=False)
    return whole.cast(pl.Int64) if whole.cast(pl.Float64).equals(given) else None


def _text_series(form_field: Field, values: Cells, grid: Grid) -> pl.Series:
    if form_field.type == "code":
        values = _codes(values)
    try:
        # Almost every column holds text and empty cells only, and most texts read as they are written.
        is_clean = grid.cleaned.keys() <= {""}
        texts = values if is_clean else [grid.cleaned.get(value, value) for value in values]
        return pl.Series(form_field.key, texts, dtype=pl.String)
    except TypeError:  # a number, a day
        return pl.Series(form_field.key, _texts_by_type(values), dtype=pl.String)


def _codes(values: Cells) -> Cells:
    """The same, where a code went through a column of numbers as that code."""
    changed = {text: to_code(clean_text(text)) for text in set(values) if isinstance(text, str) and "." in text}
    return [changed.get(value, value) if isinstance(value, str) else value for value in values] if changed else values


def _texts_by_type(values: Cells) -> list[str | None]:
    """A column has few different values, or at least many empty ones: each is read once; 1, 1.0 and TRUE differ."""
    by_type: dict[tuple[type, CellValue], str | None] = {}
    texts = []
    for value in values:
        known = (type(value), value)
        if known not in by_type:
            by_type[known] = to_text(value)
        texts.append(by_type[known])
    return texts
