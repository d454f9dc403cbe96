"""A file as the desk shows it: every cell as text at its address, and the register's rows.

Runs in a child process, as all reading does (`tasks/child.py`). Tables cross the border as Parquet.
"""

import io
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from forms.dictionary import CLASSES_LISTED, sheets
from forms.layout import column_letter
from tasks.derive.common import household_key, household_ref
from tasks.faults import Unreadable
from tasks.read.formats import open_book
from tasks.read.grid import Grid
from tasks.read.labels import match
from tasks.read.model import ReadWorkbook
from tasks.read.workbook import read_book, without_panic
from tasks.values import CellFault, CellValue, to_text

# Rows of one group of the Parquet: a page of the desk reads one or two groups, not the sheet.
_GROUP_ROWS = 2000


@dataclass
class SheetTexts:
    """One sheet. `cells` is a Parquet with the columns A, B, … and the sheet's row n in its row n - 1; all text.

    `form_sheet` is the form's key of the sheet, None where it is not of the form. `letters` gives the column of each
    field that was found. `open_cells` are the cover's cells that name nobody: labels, and values that are not personal.
    """

    name: str
    form_sheet: str | None
    header_row: int | None
    letters: dict[str, str]
    open_cells: list[str]
    rows: int
    columns: int
    is_hidden: bool
    cells: bytes


@dataclass
class FileTexts:
    """A file's sheets in order. `register` is a Parquet of the households listed at period end.

    Its columns: household_key, household_ref, class (N1, N2, CN), persons (null where it is no number), row.
    """

    sheets: list[SheetTexts] = field(default_factory=list)
    register: bytes = b""


def read_texts(path: Path, file_name: str) -> FileTexts | Unreadable:
    """Every cell of a stored file as text. An unreadable one is returned, so that it crosses the process border.

    Raises OSError where the stored file can't be read.
    """
    content = path.read_bytes()
    try:
        book = without_panic(lambda: open_book(content, file_name))
        workbook = without_panic(lambda: read_book(book))
    except Unreadable as fault:
        return fault
    return FileTexts(
        [_sheet_texts(name, grid, workbook) for name, grid in book.grids.items()], _parquet(_register(workbook))
    )


def _sheet_texts(name: str, grid: Grid, workbook: ReadWorkbook) -> SheetTexts:
    key = next((key for key, table in workbook.tables.items() if table.sheet_name == name), None)
    table = workbook.tables.get(key or "")
    is_cover = name == workbook.cover_sheet_name
    width = max(map(len, grid.rows), default=0)
    columns = [
        pl.Series(column_letter(at), [_text(cells[at]) for cells in grid.rows], dtype=pl.String) for at in range(width)
    ]
    return SheetTexts(
        name=name,
        form_sheet="cover" if is_cover else key,
        header_row=table.header_row if table else None,
        letters=table.columns if table else {},
        open_cells=_open_cells(grid, workbook) if is_cover else [],
        rows=len(grid.rows),
        columns=width,
        is_hidden=grid.is_hidden,
        cells=_parquet(pl.DataFrame(columns)),
    )


def _text(value: CellValue) -> str | None:
    """What stands in the cell: a text as it was typed, anything else as it is shown."""
    if isinstance(value, str) and not isinstance(value, CellFault):
        return value or None
    return to_text(value)


def _open_cells(grid: Grid, workbook: ReadWorkbook) -> list[str]:
    personal = {field.key for field in sheets()["cover"].fields if field.personal}
    named = [cell.cell for key, cell in workbook.cover.items() if cell.cell and key not in personal]
    hidden = {cell.cell for key, cell in workbook.cover.items() if key in personal}
    labels = [
        f"{column_letter(column)}{row}"
        for row, cells in enumerate(grid.rows, start=1)
        for column, value in enumerate(cells)
        # With a colon the value may stand in the same cell; a text that is only like a label may be more than one.
        if isinstance(value, str) and match("cover", value, near=False) is not None and not value.partition(":")[2]
    ]
    return [cell for cell in dict.fromkeys([*named, *labels]) if cell not in hidden]


def _register(workbook: ReadWorkbook) -> pl.DataFrame:
    schema = dict.fromkeys(("household_key", "household_ref", "class"), pl.String) | {
        "persons": pl.Int64,
        "row": pl.Int32,
    }
    table = workbook.tables.get("household")
    if table is None or not {"class", "commune_code", "hamlet", "household_code"} <= set(table.columns):
        return pl.DataFrame(schema=schema)
    rows = table.rows.with_columns(pl.col("class").str.to_uppercase()).filter(pl.col("class").is_in(CLASSES_LISTED))
    return rows.select(
        household_key().alias("household_key"), household_ref().alias("household_ref"), "class", "persons", "row"
    ).cast(schema)  # type: ignore[arg-type]


def _parquet(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd", row_group_size=_GROUP_ROWS)
    return buffer.getvalue()
