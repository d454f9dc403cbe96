"""Open a file of any format as sheets of cells that differ no more."""

import datetime as dt
import io
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

import python_calamine

from tasks.faults import Unreadable
from tasks.gate import Inspected, inspect, limits
from tasks.gate.cells import refuse_many
from tasks.read.csv_zip import read_csv_zip
from tasks.read.encoding import to_unicode
from tasks.read.grid import Grid
from tasks.read.listing import is_listing
from tasks.read.ods_marks import ods_marks
from tasks.read.xlsx_marks import BookMarks, xlsx_marks
from tasks.values import EPOCH_1900, CellFault

EXTENSIONS = {"xlsx": (".xlsx",), "xls": (".xls",), "ods": (".ods",), "zip": (".zip",)}
# A lookup fails where a part is missing, and where XML names an encoding that nobody knows.
_DAMAGED = (python_calamine.CalamineError, OSError, ValueError, LookupError, zipfile.BadZipFile, expat.ExpatError)


@dataclass
class Book:
    """The sheets of a file in order; `others` are files beside them and an extension that is not the content's.

    `sheets` tells which sheet of the form each is, where the file's names settle it.
    """

    grids: dict[str, Grid]
    encodings: dict[str, str] = field(default_factory=dict)
    others: list[str] = field(default_factory=list)
    epoch: dt.date = EPOCH_1900
    sheets: dict[str, str] | None = None


def open_book(content: bytes, file_name: str) -> Book:
    """Every sheet of a received file, its text in Unicode. Raises Unreadable (rule F01)."""
    inspected = inspect(content)
    kind = inspected.kind
    try:
        book = _csv_book(content) if kind == "zip" else _workbook(inspected)
    except _DAMAGED as error:
        # The words of a reader may quote a cell, and with it a person: they stay here.
        raise Unreadable("tệp bị hỏng hoặc không đúng định dạng", f"damaged ({type(error).__name__})") from error
    # What a district got back and sends again.
    book.grids = {name: grid for name, grid in book.grids.items() if not is_listing(name, grid.rows)}
    for name, grid in book.grids.items():
        encoding = to_unicode(grid)
        if encoding is not None:
            book.encodings.setdefault(name, encoding)
    extension = Path(file_name).suffix.casefold()
    if extension not in EXTENSIONS[kind]:
        book.others.append(f"phần mở rộng {extension or '(không có)'} của tệp {kind}")
    return book


def _csv_book(content: bytes) -> Book:
    found = read_csv_zip(content)
    return Book(found.grids, found.encodings, found.others, sheets=found.sheets)


def _workbook(inspected: Inspected) -> Book:
    source = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(inspected.content))
    marks = _marks(inspected)
    grids: dict[str, Grid] = {}
    spanned = 0
    for sheet in source.sheets_metadata:
        if sheet.typ != python_calamine.SheetTypeEnum.WorkSheet:
            continue
        cells = source.get_sheet_by_name(sheet.name)
        spanned += cells.total_height * cells.total_width
        refuse_many(spanned, limits.current.cells)
        # skip_empty_area=False keeps leading blank rows and columns: without them every address is wrong.
        grid = Grid(
            cells.to_python(skip_empty_area=False),  # type: ignore[arg-type]
            merged=list(cells.merged_cell_ranges or []),
            is_hidden=sheet.visible != python_calamine.SheetVisibleEnum.Visible,
        )
        if own := marks.sheets.get(sheet.name):
            grid.hidden_rows, grid.hidden_columns = own.hidden_rows, own.hidden_columns
            for (row, column), shown in own.faults.items():
                grid.put(row, column, CellFault(shown))
        grids[sheet.name] = grid
    return Book(grids, epoch=marks.epoch)


def _marks(inspected: Inspected) -> BookMarks:
    """What calamine does not tell of the sheets."""
    if inspected.kind == "xlsx":
        return xlsx_marks(inspected)
    if inspected.kind == "ods":
        return ods_marks(inspected)
    # Imported where it is needed: few files are .xls any more.
    from tasks.read.xls_marks import xls_marks

    return xls_marks(inspected.content)
