"""What reading returns."""

from dataclasses import dataclass, field

import polars as pl

from tasks.values import CellValue


@dataclass
class CoverCell:
    """A value of the cover with its address, `None` where the label itself was not found."""

    value: CellValue
    cell: str | None


@dataclass
class Table:
    """One table sheet as it stands in the file.

    `rows` has `row` (the row number in the sheet) and for each field of the form: text fields as cleaned
    text; count and year fields as `KEY` (Int64, null when it is no whole number) and `KEY__text` (what the
    sender wrote). `errors` names the fields that hold an error as " KEY KEY ", null in almost every row: such a
    cell is null otherwise, but for a flag, which keeps the error's text. `columns` gives the letter of each
    field's column; a missing field is null throughout.
    """

    sheet_name: str
    header_row: int | None
    columns: dict[str, str]
    repeated_columns: list[str]
    rows: pl.DataFrame


@dataclass
class Ignored:
    """A sheet, column, row or extension that the form does not have (rule F11)."""

    sheet: str
    row: int | None
    column: str | None
    value: str


@dataclass
class ErrorCell:
    """A cell of the form with an error, or with a formula that was never calculated (rule F14)."""

    sheet: str
    row: int
    column: str
    field: str
    value: str


@dataclass
class Hidden:
    """Hidden rows and columns of a sheet that hold data, or the whole sheet, in words (rule F13)."""

    sheet: str
    value: str


@dataclass
class Converted:
    """A sheet whose text was not Unicode NFC, and what it was (rule F12)."""

    sheet: str
    encoding: str


@dataclass
class ReadWorkbook:
    """All that a received file holds of the form."""

    cover: dict[str, CoverCell]
    cover_sheet_name: str | None
    tables: dict[str, Table]
    ignored: list[Ignored] = field(default_factory=list)
    errors: list[ErrorCell] = field(default_factory=list)
    hidden: list[Hidden] = field(default_factory=list)
    converted: list[Converted] = field(default_factory=list)
