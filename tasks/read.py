"""Open one received file and return its tables, every value with the address it has in that file.

Reading judges nothing: what is missing or odd is returned as it is and named by the expectations.
"""

import io
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

import polars as pl
import python_calamine

from forms.dictionary import Field, Sheet, sheets
from forms.layout import column_letter
from tasks.faults import Unreadable
from tasks.gate import recognise
from tasks.values import CellValue, clean_text, label_key, plain_key, to_text, to_whole_number

# A header stands within the first rows of a sheet; further down, words like "Hộ" are data.
HEADER_SEARCH_ROWS = 40
COVER_SEARCH_ROWS = 60
SUBTOTAL_WORDS = ("cộng", "tổng", "tổng cộng", "tổng số", "toàn huyện", "toàn thành phố", "toàn tỉnh")
_EXTENSIONS = {"xlsx": (".xlsx",), "xls": (".xls",), "ods": (".ods",)}


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
    sender wrote). `columns` gives the letter of each field's column; a missing field is null throughout.
    """

    sheet_name: str
    header_row: int | None
    columns: dict[str, str]
    repeated_columns: list[str]
    rows: pl.DataFrame


@dataclass
class Ignored:
    """A sheet, column, subtotal row or extension that the form does not have (rule F11)."""

    sheet: str
    row: int | None
    column: str | None
    value: str


@dataclass
class ReadWorkbook:
    """All that a received file holds of the form."""

    cover: dict[str, CoverCell]
    cover_sheet_name: str | None
    tables: dict[str, Table]
    ignored: list[Ignored] = field(default_factory=list)


def read_workbook(content: bytes, file_name: str) -> ReadWorkbook:
    """Read a workbook of the form from the bytes that were received.

    Raises Unreadable when the content is not a workbook that may be opened (rule F01).
    """
    kind = recognise(content)
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        grids = {name: _grid(book, name) for name in book.sheet_names}
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise Unreadable("tệp bị hỏng hoặc không đúng định dạng", f"{type(error).__name__}: {error}") from error

    ignored: list[Ignored] = []
    extension = Path(file_name).suffix.casefold()
    if extension not in _EXTENSIONS[kind]:
        ignored.append(Ignored("", None, None, f"phần mở rộng {extension or '(không có)'} của tệp {kind}"))
    found = _match_sheets(list(grids))
    for name in grids:
        if name not in found.values():
            ignored.append(Ignored(name, None, None, name))

    cover_name = found.get("cover")
    cover = _read_cover(grids[cover_name]) if cover_name else {}
    tables = {}
    for key, name in found.items():
        if key != "cover":
            tables[key] = _read_table(sheets()[key], name, grids[name], ignored)
    return ReadWorkbook(cover, cover_name, tables, ignored)


class Readers:
    """Child processes that open received files, since those are hostile until proven otherwise.

    Use as a context manager. The children start at once and warm up beside the caller's own imports.
    """

    def __init__(self, processes: int) -> None:
        self._processes = processes
        self._pool = self._start()

    def _start(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(self._processes, mp_context=get_context("spawn"))

    def __enter__(self) -> "Readers":
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def submit(self, path: Path, file_name: str) -> "Future[ReadWorkbook | Unreadable]":
        return self._pool.submit(read_file, path, file_name)

    def read(self, path: Path, file_name: str) -> ReadWorkbook | Unreadable:
        """Read one file in a child. Raises OSError or BrokenProcessPool: faults of the system."""
        return self.submit(path, file_name).result()

    def restart(self) -> None:
        """A new pool after a child died."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._pool = self._start()


def read_file(path: Path, file_name: str) -> ReadWorkbook | Unreadable:
    """`read_workbook` on a stored file; an unreadable one is returned, so that it crosses the process border.

    Raises OSError where the stored file can't be read: that is our fault, not the sender's.
    """
    content = path.read_bytes()
    try:
        return read_workbook(content, file_name)
    except Unreadable as fault:
        return fault
    except BaseException as panic:  # pyo3 raises a panic of the reader past Exception
        if type(panic).__name__ != "PanicException":
            raise
        return Unreadable("tệp bị hỏng, không đọc được", f"the reader gave up: {panic}")


Grid = list[list[CellValue]]


def _grid(book: python_calamine.CalamineWorkbook, name: str) -> Grid:
    # skip_empty_area=False keeps leading blank rows and columns: without them every address is wrong.
    rows: Grid = book.get_sheet_by_name(name).to_python(skip_empty_area=False)  # type: ignore[assignment]
    return rows


def _match_sheets(names: list[str]) -> dict[str, str]:
    """Form sheet key → the sender's sheet name; by name, else by name without diacritics if that is unique."""
    found: dict[str, str] = {}
    for key, sheet in sheets().items():
        same = [name for name in names if label_key(name) == label_key(sheet.name_vi)]
        alike = [name for name in names if plain_key(name) == plain_key(sheet.name_vi)]
        candidates = same or alike
        if len(candidates) == 1:
            found[key] = candidates[0]
    return found


def _read_cover(grid: Grid) -> dict[str, CoverCell]:
    """Label and value stand side by side; the first row that carries a label counts."""
    labels = {label_key(field.label_vi): field.key for field in sheets()["cover"].fields}
    found: dict[str, CoverCell] = {}
    for row, cells in enumerate(grid[:COVER_SEARCH_ROWS]):
        for column, value in enumerate(cells):
            key = labels.get(label_key(value)) if isinstance(value, str) else None
            if key and key not in found:
                right = cells[column + 1] if column + 1 < len(cells) else None
                value_or_none = right if to_text(right) is not None else None
                found[key] = CoverCell(value_or_none, f"{column_letter(column + 1)}{row + 1}")
    return found


def _read_table(sheet: Sheet, name: str, grid: Grid, ignored: list[Ignored]) -> Table:
    by_label = {label_key(field.label_vi): field for field in sheet.fields}
    by_label |= {label_key(field.key): field for field in sheet.fields}
    header = _find_header(grid, by_label)
    positions: dict[str, int] = {}
    repeated: list[str] = []
    if header is not None:
        for column, value in enumerate(grid[header]):
            label = to_text(value)
            if label is None:
                continue
            known = by_label.get(label_key(label))
            if known is None:
                ignored.append(Ignored(name, header + 1, column_letter(column), label))
            elif known.key in positions:
                repeated.append(known.key)
            else:
                positions[known.key] = column
    body = grid[header + 1 :] if header is not None else []
    numbers = range((header or 0) + 2, (header or 0) + 2 + len(body))
    kept_rows: list[list[CellValue]] = []
    kept_numbers: list[int] = []
    code_column = positions.get("commune_code")
    counter = positions.get("stt")
    for number, cells in zip(numbers, body, strict=True):
        if not any(value not in ("", None) for column, value in enumerate(cells) if column != counter):
            continue
        if (code_column is None or cells[code_column] in ("", None)) and (words := _subtotal(cells)):
            ignored.append(Ignored(name, number, None, words))
            continue
        kept_rows.append(cells)
        kept_numbers.append(number)

    transposed = list(zip(*kept_rows, strict=True)) if kept_rows else []
    series = [pl.Series("row", kept_numbers, dtype=pl.Int32)]
    for form_field in sheet.fields:
        position = positions.get(form_field.key)
        values = list(transposed[position]) if position is not None and transposed else [None] * len(kept_rows)
        series += _columns(form_field, values)
    columns = {key: column_letter(position) for key, position in positions.items()}
    return Table(name, header + 1 if header is not None else None, columns, repeated, pl.DataFrame(series))


def _find_header(grid: Grid, by_label: dict[str, Field]) -> int | None:
    """The row among the first ones that holds the most of the form's labels, and at least two of them."""
    best, best_hits = None, 1
    for row, cells in enumerate(grid[:HEADER_SEARCH_ROWS]):
        hits = sum(isinstance(value, str) and label_key(value) in by_label for value in cells)
        if hits > best_hits:
            best, best_hits = row, hits
    return best


def _subtotal(cells: list[CellValue]) -> str | None:
    """The words of a subtotal row, or None: its first text is one of those that offices use for sums."""
    for value in cells:
        text = clean_text(value) if isinstance(value, str) else None
        if text:
            key = label_key(text)
            is_sum = any(key == word or key.startswith(word + " ") for word in SUBTOTAL_WORDS)
            return text if is_sum else None
    return None


def _columns(form_field: Field, values: list[CellValue]) -> list[pl.Series]:
    if form_field.type in ("count", "year"):
        return _number_columns(form_field.key, values)
    return [_text_column(form_field.key, values)]


def _number_columns(key: str, values: list[CellValue]) -> list[pl.Series]:
    try:
        # Almost every column: numbers only.
        floats = pl.Series(key, [None if value == "" else value for value in values], dtype=pl.Float64, strict=True)
    except TypeError:
        floats = None
    if floats is not None and floats.dtype == pl.Float64 and ((floats % 1 == 0) | floats.is_null()).all():
        whole = floats.cast(pl.Int64)
        return [whole, whole.cast(pl.String).alias(f"{key}__text")]
    return [
        pl.Series(key, [to_whole_number(value) for value in values], dtype=pl.Int64),
        pl.Series(f"{key}__text", [to_text(value) for value in values], dtype=pl.String),
    ]


def _text_column(key: str, values: list[CellValue]) -> pl.Series:
    # A column has few different values, or at least many empty ones: each is cleaned once.
    cleaned: dict[tuple[type, CellValue], str | None] = {}
    texts = []
    for value in values:
        known = (type(value), value)
        if known not in cleaned:
            cleaned[known] = to_text(value)
        texts.append(cleaned[known])
    return pl.Series(key, texts, dtype=pl.String)
