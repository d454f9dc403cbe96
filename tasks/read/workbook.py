"""Read a file of the form: which sheet is which, and what each holds."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from forms.dictionary import sheets
from tasks.faults import Unreadable
from tasks.read.cover import read_cover
from tasks.read.formats import Book, open_book
from tasks.read.hidden import hidden_parts
from tasks.read.model import Converted, ErrorCell, Hidden, Ignored, ReadWorkbook, Table
from tasks.read.table import read_table
from tasks.values import label_key, plain_key

T = TypeVar("T")


def read_workbook(content: bytes, file_name: str) -> ReadWorkbook:
    """Read a workbook of the form from the bytes that were received.

    Raises Unreadable when the content is not a workbook that may be opened (rule F01).
    """
    return read_book(open_book(content, file_name))


def read_book(book: Book) -> ReadWorkbook:
    """`read_workbook` on a book that is open already."""
    found = book.sheets if book.sheets is not None else _match_sheets(list(book.grids))
    ignored = [Ignored("", None, None, other) for other in book.others]
    ignored += [Ignored(name, None, None, name) for name in book.grids if name not in found.values()]
    errors: list[ErrorCell] = []

    cover_name = found.get("cover")
    cover = read_cover(cover_name, book.grids[cover_name], book.epoch, errors) if cover_name else {}
    tables: dict[str, Table] = {}
    first_rows: dict[str, int] = {}
    for key, name in found.items():
        if key != "cover":
            tables[key], header = read_table(sheets()[key], name, book.grids[name], ignored, errors)
            first_rows[name] = header.last + 1 if header is not None else 0
    hidden = [
        Hidden(name, parts)
        for name, grid in book.grids.items()
        if (parts := hidden_parts(grid, first_rows.get(name, 0))) is not None
    ]
    converted = [Converted(name, encoding) for name, encoding in book.encodings.items()]
    return ReadWorkbook(cover, cover_name, tables, ignored, errors, hidden, converted)


def read_file(path: Path, file_name: str) -> ReadWorkbook | Unreadable:
    """`read_workbook` on a stored file; an unreadable one is returned, so that it crosses the process border.

    Raises OSError where the stored file can't be read: that is our fault, not the sender's.
    """
    content = path.read_bytes()
    try:
        return without_panic(lambda: read_workbook(content, file_name))
    except Unreadable as fault:
        return fault


def without_panic(read: Callable[[], T]) -> T:
    """What `read` returns; a panic of the library under it is raised as Unreadable."""
    try:
        return read()
    except BaseException as panic:  # pyo3 raises a panic of the reader past Exception
        if isinstance(panic, Exception | KeyboardInterrupt | SystemExit | GeneratorExit):
            raise
        # What it says may quote a cell, and with it a person: it stays here.
        raise Unreadable("tệp bị hỏng, không đọc được", "damaged: the reader gave up") from None


def _match_sheets(names: list[str]) -> dict[str, str]:
    """Form sheet key → the sender's sheet name; by name, else without diacritics if that is unique, else by key."""
    found: dict[str, str] = {}
    for key, sheet in sheets().items():
        same = [name for name in names if label_key(name) == label_key(sheet.name_vi)]
        alike = [name for name in names if plain_key(name) == plain_key(sheet.name_vi)]
        candidates = same or alike or [name for name in names if label_key(name) == key]
        if len(candidates) == 1:
            found[key] = candidates[0]
    return found
