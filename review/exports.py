"""Findings and events as files to take along: nothing in them can become a formula, whatever a sender typed."""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import PurePath
from urllib.parse import quote

import xlsxwriter

from tasks.annotate.text import clean

# Spreadsheets read a text that begins so as a formula, or drop the sign and read on.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
_NOT_IN_FILE_NAMES = re.compile(r'[\x00-\x1f\x7f"*/:<>?\\|;%]+')
_NUMBER = re.compile(r"-?\d+(,\d+)?")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def to_csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """A CSV in UTF-8 that spreadsheets open as such (BOM); a "'" in front of what could be read as a formula."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(header)
    for row in rows:
        writer.writerow([_inert(value) for value in row])
    return buffer.getvalue().encode("utf-8-sig")


def to_xlsx(title: str, header: Sequence[str], rows: Iterable[Sequence[str]], widths: Sequence[int]) -> bytes:
    """A workbook with one sheet; every cell is text."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet(title)
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        body = book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"})
        for column, (text, width) in enumerate(zip(header, widths, strict=True)):
            sheet.set_column(column, column, width)
            sheet.write_string(0, column, text, bold)
        count = 0
        for count, row in enumerate(rows, start=1):
            for column, value in enumerate(row):
                sheet.write_string(count, column, clean(value), body)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, count, len(header) - 1)
        sheet.ignore_errors({"number_stored_as_text": f"A1:{chr(64 + len(header))}{count + 1}"})
    return buffer.getvalue()


def attachment(name: str) -> str:
    """The header Content-Disposition of a download (RFC 6266): a plain name for old browsers beside the true one."""
    safe = _NOT_IN_FILE_NAMES.sub("_", unicodedata.normalize("NFC", name)).strip(" .")[:150] or "tep"
    safe = "".join(letter if letter.isprintable() else "_" for letter in safe)
    letters = safe.replace("Đ", "D").replace("đ", "d")
    plain = unicodedata.normalize("NFKD", letters).encode("ascii", "ignore").decode().strip() or "tep"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(safe, safe='')}"


def stem_of(file_name: str) -> str:
    """A file's name without its extension."""
    return PurePath(file_name).stem or "tep"


def _inert(value: str) -> str:
    risky = value.lstrip(" ").startswith(_FORMULA_STARTS) and not _NUMBER.fullmatch(value)
    return f"'{value}" if risky else value
