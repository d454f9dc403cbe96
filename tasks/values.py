"""Cell values as Vietnamese offices write them, decided by the field's type and never by guess."""

import datetime as dt
import re
import unicodedata

CellValue = str | int | float | bool | dt.date | dt.datetime | dt.time | dt.timedelta | None

_THOUSANDS = re.compile(r"-?\d{1,3}(\.\d{3})+")
_WHOLE = re.compile(r"-?\d+")
_MONTH_FORMS = (re.compile(r"(?P<m>\d{1,2})[/.-](?P<y>\d{4})"), re.compile(r"(?P<y>\d{4})[/.-](?P<m>\d{1,2})"))
_DATE_FORMS = ("%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y-%m-%d")
_RATE = re.compile(r"-?\d+(,\d+)?")
_RATE_WITH_POINT = re.compile(r"-?\d+\.(\d{1,2}|\d{4,})")
_CODE_AS_NUMBER = re.compile(r"(\d+)\.0*")
_SLASH = re.compile(r"\s*/\s*")
# Marks without a width that come with text copied from web pages and other programs.
_INVISIBLE = "\u00ad\u200b\u200c\u200d\u2060\ufeff"
# Days of a spreadsheet count from here; the second is what old Excel for Macintosh used.
EPOCH_1900, EPOCH_1904 = dt.date(1899, 12, 30), dt.date(1904, 1, 1)
_SERIAL_TEXT = re.compile(r"[0-9]{5}")
_SERIAL_FROM, _SERIAL_TO = dt.date(1990, 1, 1), dt.date(2100, 12, 31)
# What a spreadsheet shows where a formula failed.
ERROR_TEXTS = frozenset(
    [
        *("#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#GETTING_DATA", "#SPILL!", "#CALC!"),
        *("#BLOCKED!", "#FIELD!", "#UNKNOWN!", "#CONNECT!"),
        *(f"Err:{number}" for number in range(501, 541)),
    ]
)


# Nothing that this form counts comes near it, and every table can hold it.
LARGEST_COUNT = 2**31 - 1
_LONGEST_COUNT = 11


class CellFault(str):
    """What stands in a cell that has no value: an error, or a formula that was never calculated (rule F14)."""

    __slots__ = ()


def to_text(value: CellValue) -> str | None:
    """A cell as text: NFC, trimmed, runs of white space as one; None when there is nothing in it.

    A whole number loses its ".0", so that a code stored as a number reads as the code.
    """
    if value is None:
        return None
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(sep=" ")
    return str(value)


def clean_text(text: str) -> str | None:
    """NFC, without white space at the ends and with single spaces inside; None when nothing is left."""
    if not text.isascii():
        for mark in _INVISIBLE:
            if mark in text:
                text = text.replace(mark, "")
    return " ".join(unicodedata.normalize("NFC", text).split()) or None


def to_whole_number(value: CellValue) -> int | None:
    """A count: 5, 5.0, "5" and "1.552" (Vietnamese thousands) are numbers; a stored 1.552 is not.

    Returns None both for an empty cell and for one that holds no whole number (rule H05).
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return int(value) if abs(value) <= LARGEST_COUNT and value == int(value) else None
    if isinstance(value, str):
        text = value.strip()
        if _THOUSANDS.fullmatch(text):
            text = text.replace(".", "")
        if _WHOLE.fullmatch(text) and text.isascii() and len(text) <= _LONGEST_COUNT:
            return int(text) if abs(int(text)) <= LARGEST_COUNT else None
    return None


def to_code(text: str | None) -> str | None:
    """A code that went through a column of numbers on its way: "32194.0" → "32194". Zeros in front stay lost."""
    found = _CODE_AS_NUMBER.fullmatch(text) if text else None
    return found[1] if found else text


def to_rate(value: CellValue) -> float | None:
    """A rate: 3.04 and "3,04" are 3.04, and so is "3.04", which can't be thousands; "1.552" could and is nothing."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value) if abs(value) < float("inf") else None
    text = value.strip() if isinstance(value, str) and value.isascii() else ""
    if _RATE.fullmatch(text) or _RATE_WITH_POINT.fullmatch(text):
        return float(text.replace(",", "."))
    return None


def from_serial(value: CellValue, epoch: dt.date) -> CellValue:
    """The day that a bare number in a date cell stands for, counted from the workbook's epoch; else the value.

    The number may stand there as text, as in a cell formatted as text and in a CSV: no day is written in five digits.
    """
    if isinstance(value, str) and _SERIAL_TEXT.fullmatch(value.strip()):
        number: float = int(value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        number = value
    else:
        return value
    if (_SERIAL_FROM - epoch).days <= number <= (_SERIAL_TO - epoch).days:
        return epoch + dt.timedelta(days=int(number))
    return value


def to_period(value: CellValue) -> str | None:
    """A month as YYYY-MM, from MM/YYYY, YYYY-MM or a date that a spreadsheet made of it; None otherwise."""
    if isinstance(value, dt.date):
        return f"{value.year:04d}-{value.month:02d}"
    for form in _MONTH_FORMS:
        found = form.fullmatch(value.strip()) if isinstance(value, str) else None
        if found and 1 <= int(found["m"]) <= 12 and 1990 <= int(found["y"]) <= 2100:
            return f"{int(found['y']):04d}-{int(found['m']):02d}"
    return None


def to_date(value: CellValue) -> dt.date | None:
    """A day, from a date cell or text d/m/Y or ISO; None otherwise."""
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    if isinstance(value, str):
        for form in _DATE_FORMS:
            try:
                return dt.datetime.strptime(value.strip(), form).date()
            except ValueError:
                continue
    return None


def label_key(text: str) -> str:
    """A header label or sheet name reduced for matching: NFC, one space, no case, no trailing colon.

    The Icelandic letter that looks like Đ counts as it.
    """
    key = (clean_text(text) or "").rstrip(": *").casefold().replace("ð", "đ")
    return _SLASH.sub("/", key) if "/" in key else key


def plain_key(text: str) -> str:
    """A label key without diacritics: "Diễn biến" → "dien bien". Đ has no decomposition and is replaced."""
    decomposed = unicodedata.normalize("NFD", label_key(text).replace("đ", "d"))
    return "".join(mark for mark in decomposed if not unicodedata.combining(mark))
