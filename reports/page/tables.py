"""The table beside each chart: the same rows as numbers, to read and to take along as CSV."""

import base64
import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from forms.numbers import DECIMALS
from reports.page.words import Words, number, signed


class Amount(NamedTuple):
    """A number of a table whose rows count different things: `measure` is a key of forms.numbers.DECIMALS."""

    value: float | int | None
    measure: str


Value = Words | Amount | float | int | None


@dataclass(frozen=True)
class Column:
    """A column: its heading, and the decimals of its numbers; None where it holds words or amounts."""

    words: Words
    decimals: int | None = None
    is_change: bool = False
    holds_amounts: bool = False

    @property
    def is_numeric(self) -> bool:
        return self.holds_amounts or self.decimals is not None


@dataclass(frozen=True)
class Cell:
    """A cell as both languages show it."""

    words: Words
    is_number: bool


@dataclass(frozen=True)
class Table:
    """Headings, cells row by row, and the same as CSV in a link that needs no network."""

    columns: Sequence[Column]
    rows: list[list[Cell]]
    csv_link: str


def make_table(columns: Sequence[Column], values: Sequence[Sequence[Value]]) -> Table:
    """A table of values; each row has one value a column. Raises ValueError where a row is of another length."""
    rows = [[_cell(column, value) for column, value in zip(columns, row, strict=True)] for row in values]
    return Table(columns, rows, _csv_link(columns, values))


def _cell(column: Column, value: Value) -> Cell:
    if isinstance(value, Words):
        return Cell(value, is_number=False)
    write = signed if column.is_change else number
    if isinstance(value, Amount):
        return Cell(write(value.value, DECIMALS[value.measure]), is_number=True)
    return Cell(write(value, column.decimals or 0), is_number=True)


def _csv_link(columns: Sequence[Column], values: Sequence[Sequence[Value]]) -> str:
    """The rows as CSV, unrounded, with the mark by which Excel knows UTF-8."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(column.words.vi for column in columns)
    for row in values:
        writer.writerow(_bare(value) for value in row)
    content = base64.b64encode(buffer.getvalue().encode("utf-8-sig")).decode("ascii")
    return f"data:text/csv;charset=utf-8;base64,{content}"


def _bare(value: Value) -> str | float | int | None:
    match value:
        case Words(vi=vi):
            return vi
        case Amount(value=bare):
            return bare
        case _:
            return value
