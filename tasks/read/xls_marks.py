"""What the reader of .xls does not tell: errors, formulas that were never calculated, hidden rows and columns.

xlrd opens the container and the workbook's global part. The records of each sheet are then walked for the few kinds
that tell any of this: their numbers and layouts are those of [MS-XLS] (Excel 97) and of Excel 5.0, which agree here.
"""

import io
import re
import struct

import xlrd
from xlrd.formula import FMLA_TYPE_CELL, decompile_formula

from tasks.read.xlsx_marks import BookMarks, Marks, add_to_spans, shown_formula
from tasks.values import EPOCH_1900, EPOCH_1904

_EXCEL_5 = 50
_BEGIN, _END = 0x0809, 0x000A
_ROW, _COLUMNS, _ERROR_OR_BOOLEAN, _FORMULA, _UNCALCULATED = 0x0208, 0x007D, 0x0205, 0x0006, 0x005E
_HEAD = struct.Struct("<HH")
_CELL = struct.Struct("<HH")
_FORMULA_CELL = struct.Struct("<HH2x8sH4xH")
_ROW_HIDDEN, _COLUMN_HIDDEN = 0x20, 0x01
# The result of a formula is a number, or one of these where it ends in two bytes of ones.
_NO_NUMBER = b"\xff\xff"
_IS_ERROR, _IS_EMPTY = 2, 3
# Set by programs that can't calculate and leave it to Excel.
_CALCULATE_ON_LOAD = 0x02
_ZERO = bytes(8)
_NO_WORDS = "công thức chưa tính"
# A formula of nothing else gives a number: where its result is an empty text, nobody has calculated it.
_NUMERIC = frozenset(
    [
        *("ABS", "AVERAGE", "COUNT", "COUNTA", "COUNTIF", "INT", "MAX", "MIN", "MOD", "PRODUCT", "ROUND"),
        *("ROUNDDOWN", "ROUNDUP", "SUBTOTAL", "SUM", "SUMIF", "SUMPRODUCT"),
    ]
)
_OTHER_SHEET = re.compile(r"'(?:[^']|'')*'!|[^\s!+\-*/^%(),&]+!")
_FUNCTION = re.compile(r"([A-Z][A-Z0-9.]*)\(")
# xlrd writes 1.0 for 1, and one cell of another sheet as a range from it to itself.
_WHOLE = re.compile(r"(?<=\d)\.0(?!\d)")
_SAME_CELL = re.compile(r"(\$?[A-Z]{1,3}\$?\d+):\1(?!\d)")


def xls_marks(content: bytes) -> BookMarks:
    """The marks of all sheets. Raises ValueError where the file is damaged, whatever xlrd makes of it."""
    try:
        # A directory that is out of order in parts hides no record of the workbook.
        book = xlrd.open_workbook(
            file_contents=content, on_demand=True, logfile=io.StringIO(), ignore_workbook_corruption=True
        )
        if book.biff_version < _EXCEL_5:
            raise ValueError("the workbook is older than Excel 5.0")
        marks = BookMarks(epoch=EPOCH_1904 if book.datemode else EPOCH_1900)
        # The one thing that is not public: where each sheet's records begin in the stream.
        for name, start in zip(book.sheet_names(), book._sh_abs_posn, strict=True):
            marks.sheets[name] = _sheet_marks(book, start)
        return marks
    except MemoryError:
        raise
    except Exception as error:
        raise ValueError(f"{type(error).__name__}: {error}") from error


def _sheet_marks(book: xlrd.Book, at: int) -> Marks:
    """Walk the records from the one that begins the sheet to the one that ends it; a chart in it has its own pair."""
    marks = Marks()
    stream: bytes = book.mem
    asks_excel = False
    depth = 0
    while True:
        kind, length = _HEAD.unpack_from(stream, at)
        at += 4
        if kind == _ROW:
            if stream[at + 12] & _ROW_HIDDEN:
                row = _CELL.unpack_from(stream, at)[0]
                add_to_spans(marks.hidden_rows, row, row)
        elif kind == _FORMULA:
            row, column, result, flags, size = _FORMULA_CELL.unpack_from(stream, at)
            fault = _formula_fault(
                result, asks_excel or bool(flags & _CALCULATE_ON_LOAD), book, stream[at + 22 : at + 22 + size]
            )
            if fault is not None:
                marks.faults[row, column] = fault
        elif kind == _ERROR_OR_BOOLEAN:
            if stream[at + 7]:
                marks.faults[_CELL.unpack_from(stream, at)] = _error(stream[at + 6])
        elif kind == _COLUMNS:
            if stream[at + 8] & _COLUMN_HIDDEN:
                marks.hidden_columns.append(_CELL.unpack_from(stream, at))
        elif kind == _UNCALCULATED:
            asks_excel = True
        elif kind == _BEGIN:
            depth += 1
        elif kind == _END:
            depth -= 1
            if depth <= 0:
                return marks
        at += length


def _formula_fault(result: bytes, asks_excel: bool, book: xlrd.Book, tokens: bytes) -> str | None:
    """What stands in a cell whose formula failed or was never calculated; None for one that has a result."""
    if not result.endswith(_NO_NUMBER):
        return _shown(_words(book, tokens)) if asks_excel and result == _ZERO else None
    if result[0] == _IS_ERROR:
        return _error(result[2])
    if result[0] == _IS_EMPTY and _gives_a_number(formula := _words(book, tokens)):
        return _shown(formula)
    return None


def _error(code: int) -> str:
    return str(xlrd.error_text_from_code.get(code, "#N/A"))


def _words(book: xlrd.Book, tokens: bytes) -> str:
    """The formula as it is typed, without the sign before it; empty where xlrd can't make it out."""
    try:
        formula = str(decompile_formula(book, tokens, len(tokens), FMLA_TYPE_CELL, browx=0, bcolx=0) or "")
    except MemoryError:
        raise
    except Exception:  # tokens that xlrd does not know, or that are damaged
        return ""
    return _SAME_CELL.sub(r"\1", _WHOLE.sub("", formula))


def _shown(formula: str) -> str:
    return shown_formula(formula) if formula else _NO_WORDS


def _gives_a_number(formula: str) -> bool:
    formula = _OTHER_SHEET.sub("", formula)
    functions = set(_FUNCTION.findall(formula))
    if '"' in formula or "&" in formula or not functions <= _NUMERIC:
        return False
    return bool(functions) or any(sign in formula for sign in "+-*/^%")
