"""Columns of a table as typed series, each value read by its field's type."""

from operator import eq

import polars as pl

from forms.dictionary import Field, Sheet
from tasks.read.grid import Cells
from tasks.values import (
    ERROR_TEXTS,
    LARGEST_COUNT,
    CellFault,
    CellValue,
    clean_texts,
    to_code,
    to_text,
    to_whole_number,
)

# Index of the row, field, what the cell shows.
Fault = tuple[int, str, str]


def read_columns(sheet: Sheet, positions: dict[str, int], rows: list[Cells]) -> tuple[list[pl.Series], list[Fault]]:
    """One or two series per field (see `Table.rows`) and `errors`, and the cells that hold no value."""
    transposed = list(zip(*rows, strict=True)) if rows else []
    series: list[pl.Series] = []
    faults: list[Fault] = []
    for form_field in sheet.fields:
        position = positions.get(form_field.key)
        values: Cells = list(transposed[position]) if position is not None and rows else [None] * len(rows)
        found = _faults(form_field.key, values)
        for index, _, shown in found:
            # A flag must not read as "no": it keeps what it shows, which is no flag.
            values[index] = shown if form_field.type == "flag" else None
        faults += found
        series += _series(form_field, values)
    return [*series, _marks(len(rows), faults)], faults


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


def _series(form_field: Field, values: Cells) -> list[pl.Series]:
    if form_field.type in ("count", "year"):
        return _number_columns(form_field.key, values)
    return [pl.Series(form_field.key, _texts(values, is_code=form_field.type == "code"), dtype=pl.String)]


def _number_columns(key: str, values: Cells) -> list[pl.Series]:
    numbers = _whole_numbers(values)
    if numbers is not None:
        whole = pl.Series(key, numbers, dtype=pl.Int64)
        return [whole, pl.Series(f"{key}__text", [None if n is None else str(n) for n in numbers], dtype=pl.String)]
    return [
        pl.Series(key, [to_whole_number(value) for value in values], dtype=pl.Int64),
        pl.Series(f"{key}__text", [to_text(value) for value in values], dtype=pl.String),
    ]


def _whole_numbers(values: Cells) -> list[int | None] | None:
    """Almost every column: whole numbers and blank cells only. None for any other."""
    if not {float, int, str, type(None)}.issuperset(map(type, values)):
        return None
    try:
        numbers = [None if value is None or value == "" else int(value) for value in values]  # type: ignore[arg-type]
    except (ValueError, OverflowError):  # other text, or a number without an end
        return None
    given = [number for number in numbers if number is not None]
    is_same = all(map(eq, numbers, values)) if len(given) == len(values) else _agree(numbers, values)
    return numbers if is_same and (not given or max(map(abs, given)) <= LARGEST_COUNT) else None


def _agree(numbers: list[int | None], values: Cells) -> bool:
    return all(number is None or number == value for number, value in zip(numbers, values, strict=True))


def _texts(values: Cells, *, is_code: bool) -> list[str | None]:
    """A column has few different values, or at least many empty ones: each is cleaned once."""
    different = set(values)
    if set(map(type, different)) <= {str, type(None)}:
        written = [value for value in different if isinstance(value, str)]
        cleaned: dict[CellValue, str | None] = dict(zip(written, clean_texts(written), strict=True))
        if is_code:
            cleaned = {value: to_code(text) for value, text in cleaned.items()}
        cleaned[None] = None
        return list(map(cleaned.__getitem__, values))
    by_type: dict[tuple[type, CellValue], str | None] = {}
    texts = []
    for value in values:
        known = (type(value), value)
        if known not in by_type:
            by_type[known] = _text(value, is_code)
        texts.append(by_type[known])
    return texts


def _text(value: CellValue, is_code: bool) -> str | None:
    text = to_text(value)
    return to_code(text) if is_code else text
