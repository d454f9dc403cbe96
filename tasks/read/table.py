"""Read one table sheet: its header, the rows that are data, and what is passed over."""

import re
from functools import lru_cache
from itertools import pairwise

import polars as pl

from forms.dictionary import Sheet
from forms.layout import column_letter
from tasks.read.columns import read_columns
from tasks.read.grid import Cells, Grid, is_blank
from tasks.read.header import Header, find_header
from tasks.read.labels import match
from tasks.read.model import ErrorCell, Ignored, Table
from tasks.values import CellFault, CellValue, clean_text, label_key, plain_key, to_text

SUBTOTAL_WORDS = ("cộng", "tổng", "tổng cộng", "tổng số", "toàn huyện", "toàn thành phố", "toàn tỉnh", "toàn xã")
_SUBTOTALS_PLAIN = frozenset(plain_key(word) for word in SUBTOTAL_WORDS)
# What surely is a row of data has a code of a commune in front: no other test is needed then.
_COMMUNE_CODE = re.compile(r"\d{4,6}")
# "1", "(1)", "A", "3=1+2", "(3) = (1) + (2)", "4=(2)/(1)*100"
_COLUMN_NUMBER = re.compile(r"\(?(\d{1,3}|[A-Z])\)?")
_FORMULA = re.compile(r"[\s\d()=+\-–−*x×:/%,A-ZĐ]*=[\s\d()=+\-–−*x×:/%,A-ZĐ]*|" + _COLUMN_NUMBER.pattern)
_LONGEST_FORMULA = 60
_MIN_LABELS = 3


def read_table(
    sheet: Sheet, name: str, grid: Grid, ignored: list[Ignored], errors: list[ErrorCell]
) -> tuple[Table, Header | None]:
    """The table of one sheet; what is not of the form goes to `ignored`, cells without a value to `errors`."""
    header = find_header(sheet.key, grid)
    if header is None:
        columns, _ = read_columns(sheet, {}, [], grid)
        return Table(name, None, {}, [], pl.DataFrame([pl.Series("row", [], dtype=pl.Int32), *columns])), None
    for cells in grid.rows[: header.first]:
        _note_rival(sheet.key, cells, header)
    for column, label in header.unknown.items():
        ignored.append(Ignored(name, header.last + 1, column_letter(column), label))
    kept, numbers = _data_rows(sheet.key, name, grid, header, ignored)
    columns, faults = read_columns(sheet, header.columns, kept, grid)
    letters = {key: column_letter(position) for key, position in header.columns.items()}
    errors += [ErrorCell(name, numbers[index], letters[key], key, text) for index, key, text in faults]
    rows = pl.DataFrame([pl.Series("row", numbers, dtype=pl.Int32), *columns])
    return Table(name, header.last + 1, letters, header.repeated, rows), header


def _data_rows(
    sheet: str, name: str, grid: Grid, header: Header, ignored: list[Ignored]
) -> tuple[list[Cells], list[int]]:
    """The rows of data with their numbers. Blank rows, column numbers, repeated headers and sums are no data."""
    kept: list[Cells] = []
    numbers: list[int] = []
    code_column = header.columns.get("commune_code")
    first = header.last + 1
    for number, cells in enumerate(grid.rows[first:], start=first + 1):
        if code_column is None or not _is_code(cells[code_column]):
            if _is_empty(cells, header.columns.get("stt")) or (not kept and _is_column_numbers(cells)):
                continue
            words = (
                _note_rival(sheet, cells, header) or _repeated_header(sheet, cells, header) or _subtotal(cells, header)
            )
            if words:
                ignored.append(Ignored(name, number, None, words))
                continue
        kept.append(cells)
        numbers.append(number)
    return kept, numbers


@lru_cache(maxsize=10_000)
def _is_code(value: CellValue) -> bool:
    return _COMMUNE_CODE.fullmatch(to_text(value) or "") is not None


def _is_empty(cells: Cells, counter: int | None) -> bool:
    """Whether a row holds nothing, or nothing but a running number."""
    return all(is_blank(value) for column, value in enumerate(cells) if column != counter)


def _is_column_numbers(cells: Cells) -> bool:
    """The row under a header that numbers the columns and says how they are counted: A, B, 1, 2, 3=1+2.

    Its numbers rise from left to right, as no row of data has it.
    """
    texts = [text for value in cells if (text := to_text(value)) is not None]
    if len(texts) < _MIN_LABELS or max(map(len, texts)) > _LONGEST_FORMULA:
        return False
    if not all(_FORMULA.fullmatch(text) for text in texts):
        return False
    order = [int(text.split("=")[0].strip(" ()")) for text in texts if text.split("=")[0].strip(" ()").isdecimal()]
    return all(one < other for one, other in pairwise(order))


def _repeated_header(sheet: str, cells: Cells, header: Header) -> str | None:
    """The words of a header that stands in the data again, as where a page breaks."""
    texts = _texts_by_field(cells, header)
    own = [text for key, text in texts.items() if (known := match(sheet, text)) and known.field == key]
    if len(own) >= min(_MIN_LABELS, len(header.columns)) and 2 * len(own) >= len(texts):
        return _shown(own)
    return None


def _note_rival(sheet: str, cells: Cells, header: Header) -> str | None:
    """The words of a row that could as well be the header and gives columns to other fields than the header does.

    Which of the two is meant nobody can tell: these fields count as named twice (rule F03).
    """
    texts = _texts_by_field(cells, header)
    named = {key: known.field for key, text in texts.items() if (known := match(sheet, text))}
    others = [named_as for key, named_as in named.items() if named_as != key]
    if not others or 2 * len(named) < max(len(texts), len(header.columns), _MIN_LABELS):
        return None
    header.repeated += [key for key in others if key in header.columns and key not in header.repeated]
    return _shown([texts[key] for key in named])


def _texts_by_field(cells: Cells, header: Header) -> dict[str, str]:
    return {key: value for key, at in header.columns.items() if isinstance(value := cells[at], str) and value.strip()}


def _shown(labels: list[str]) -> str:
    return " | ".join(filter(None, map(clean_text, labels[:_MIN_LABELS]))) + (" …" if len(labels) > _MIN_LABELS else "")


def _subtotal(cells: Cells, header: Header) -> str | None:
    """The words of a subtotal row, or None: no commune code, and its first words are those of sums."""
    code = header.columns.get("commune_code")
    counter = header.columns.get("stt")
    has_code = code is not None and not is_blank(cells[code])
    for column, value in enumerate(cells):
        text = clean_text(value) if isinstance(value, str) and not isinstance(value, CellFault) else None
        if text is None or (column == counter and not _is_sum(text)):
            continue
        # The words may themselves stand where the code would.
        return text if _is_sum(text) and (not has_code or column == code) else None
    return None


def _is_sum(text: str) -> bool:
    key = label_key(text)
    return key in _SUBTOTALS_PLAIN or any(key == word or key.startswith(word + " ") for word in SUBTOTAL_WORDS)
