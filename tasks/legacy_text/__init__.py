"""Vietnamese text that is not Unicode: which encoding it was typed in, and what it says (rule F12).

Before Unicode an office typed Vietnamese in fonts that draw Vietnamese letters in the place of others. Such a
workbook holds "Hé nghÌo" (TCVN3) or "Hoä ngheøo" (VNI) for "Hộ nghèo". The characters alone don't tell which
encoding it is, nor that it is one: "hé" and "Bé" are Vietnamese too. So the words decide: an encoding is recognised
when it turns the words of a sheet, column or file into words of units, labels and names, far more of them than the
text had as it stood and than any other encoding gives.

Call before text is cleaned: VISCII and VPS hold letters where Unicode has control codes and no-break spaces, which
cleaning takes for white space.
"""

import codecs
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from tasks.legacy_text.tables import (
    NAMES,
    TCVN3,
    UNDO_1258,
    VISCII,
    VNI,
    VPS,
    WINDOWS_1258,
    decode_surface,
)
from tasks.legacy_text.words import FOREIGN, KNOWN, SOUND, standing, words

__all__ = [
    "DECOMPOSED",
    "NAMES",
    "TCVN3",
    "UTF_16",
    "VISCII",
    "VNI",
    "VPS",
    "WINDOWS_1258",
    "decode_bytes",
    "detect_and_convert",
    "is_decomposed",
]

UTF_16 = "UTF-16"
DECOMPOSED = "Unicode tổ hợp"

# Thresholds, as measured in tests/tasks/test_legacy_text.py. Over the words that a conversion changes:
MIN_KNOWN = 3  # so many different ones become words of the vocabulary
MIN_SOUND = 0.9  # and this share of them at least a Vietnamese syllable (of fewer than ten words: every one)
# Over all words with more than ASCII letters, 2 points for a known one, 1 for a syllable: the points converted to
# those of the next best reading, be it another encoding or the text as it stands. The right one gives 1.5 and more.
MIN_LEAD = 1.4
# In a file of UTF-8 a broken byte is the exception; in any other file, sound UTF-8 letters are.
BROKEN_SHARE = 0.1
# As it stands, text is Unicode when this share of its words is Vietnamese.
CLEAN_SHARE = 0.8

# Enough to judge a sheet by: a language has few different syllables.
FIRST_LOOK = 300
SAMPLE_STRINGS = 3_000
SAMPLE_CHARACTERS = 200_000

# What Latin-1 and windows-1252 do not have: a string with one of these is Unicode.
_UNICODE_ONLY = re.compile("[ĂăĐđĨĩŨũƠơƯư\u0300-\u0323\u1ea0-\u1ef9]")
_MARKS = re.compile("[\u0300-\u036f]")
_CONTROL_LETTERS = re.compile("[\x02-\x06\x10-\x15\x19\x1c-\x1e]")
_SHOUTED = re.compile("[A-Z][\xa1-\xff]+[A-Z]|[A-Z]{2}[\xa1-\xff]|[\xa1-\xff][A-Z]{2}")
_ASCII_SMALL = re.compile("[a-z]")

_GOLDEN = (5**0.5 - 1) / 2

Convert = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class _Encoding:
    """One way to read text: an encoding, and whether its bytes show as those of a Vietnamese Windows."""

    name: str
    through_1258: bool = False

    def read(self, text: str) -> str:
        return decode_surface(text.translate(UNDO_1258) if self.through_1258 else text, self.name)


_PLAIN = tuple(_Encoding(name) for name in NAMES)
_THROUGH_1258 = tuple(_Encoding(name, through_1258=True) for name in NAMES if name != WINDOWS_1258)


def detect_and_convert(strings: Iterable[str]) -> tuple[str | None, Convert]:
    """The encoding that the strings of one sheet or one column were typed in, and the way to read them.

    Gives None and a function that only makes NFC where the text is Unicode, or where there is too little to tell.
    A column of few different words is judged more strictly than a sheet. In text of a legacy encoding, a cell that
    is Unicode all the same is left as it is.
    """
    found = [text for text in strings if not text.isascii()]
    if _is_clean(_spread(found, FIRST_LOOK)):
        return None, _nfc
    encoding = _recognise(words("\n".join(_spread(found, SAMPLE_STRINGS))))
    if encoding is None:
        return None, _nfc
    return encoding.name, _converter(encoding)


def is_decomposed(strings: Iterable[str]) -> bool:
    """Whether a string has letters and marks apart that Unicode has as one (NFD: "Unicode tổ hợp")."""
    return any(
        not text.isascii() and _MARKS.search(text) is not None and not unicodedata.is_normalized("NFC", text)
        for text in strings
    )


def decode_bytes(content: bytes) -> tuple[str, str | None]:
    """The text of a CSV file, and the name of its encoding where that is not UTF-8.

    UTF-8 is what decodes as UTF-8, with or without a byte-order mark; the text may still hold words typed in a
    legacy font, as a sheet may. Bytes of no Unicode encoding are read in the one that makes words of them, else as
    windows-1258, the code page of a Vietnamese Windows. A file of UTF-8 with a few broken bytes stays UTF-8: each
    one becomes the replacement character, which no later check takes for a letter.
    """
    wide = _utf_16(content)
    if wide is not None:
        return wide, UTF_16
    marked = content.startswith(codecs.BOM_UTF8)
    body = content.removeprefix(codecs.BOM_UTF8)
    try:
        return body.decode("utf-8"), None
    except UnicodeDecodeError:
        mended = body.decode("utf-8", errors="replace")
    if marked or _broken_share(mended) < BROKEN_SHARE:
        return mended, None
    text = body.decode("latin-1")
    encoding = _recognise(words(text[:SAMPLE_CHARACTERS])) or _Encoding(WINDOWS_1258)
    return _convert_case(text, encoding.read(text), encoding), encoding.name


def _spread(strings: Sequence[str], count: int) -> Sequence[str]:
    """So many of the strings, from all over: steps of the golden ratio keep out of step with any table's columns."""
    if len(strings) <= count:
        return strings
    return [strings[int(place * _GOLDEN % 1 * len(strings))] for place in range(count)]


def _is_clean(strings: Sequence[str]) -> bool:
    found = words("\n".join(strings))
    return sum(standing(word) > FOREIGN for word in found) >= CLEAN_SHARE * len(found)


def _recognise(different: set[str]) -> _Encoding | None:
    """The encoding that wins by every threshold, or None."""
    found = list(different)
    encodings = _PLAIN + _THROUGH_1258 if _UNICODE_ONLY.search("".join(found)) else _PLAIN
    readings = [(encoding, [encoding.read(word) for word in found]) for encoding in encodings]
    best, converted = max(readings, key=lambda reading: _points(reading[1]))
    rivals = [read for encoding, read in readings if encoding.name != best.name and read != converted]
    changed = [new for word, new in zip(found, converted, strict=True) if new != _nfc(word)]
    known = {new.casefold() for new in changed if standing(new) == KNOWN}
    sound = sum(standing(new) >= SOUND for new in changed)
    enough = len(known) >= MIN_KNOWN and sound >= MIN_SOUND * len(changed)
    leads = _points(converted) >= MIN_LEAD * max(_points(read) for read in [found, *rivals])
    return best if enough and leads else None


def _points(found: Iterable[str]) -> int:
    return sum(map(standing, found))


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _converter(encoding: _Encoding) -> Convert:
    def convert(text: str) -> str:
        if text.isascii() and not _CONTROL_LETTERS.search(text):
            return text
        new_letters = text.translate(UNDO_1258) if encoding.through_1258 else text
        if _UNICODE_ONLY.search(new_letters):
            return _nfc(text)
        converted = encoding.read(text)
        if _reads_better_as_it_stands(text, converted):
            return _nfc(text)
        return _convert_case(text, converted, encoding)

    return convert


def _reads_better_as_it_stands(text: str, converted: str) -> bool:
    """Whether conversion makes fewer or worse words of a text: a Unicode cell in a legacy sheet ("Lê")."""
    before = _points(words(text))
    return before > 0 and before > _points(words(converted))


def _convert_case(text: str, converted: str, encoding: _Encoding) -> str:
    """TCVN3 has capitals with a tone only as a font: "HUYÖN" reads HUYệN, and is written HUYỆN here.

    Only where no small ASCII letter stands in the line and a converted word has two capitals.
    """
    if encoding.name != TCVN3:
        return converted
    lines = zip(text.split("\n"), converted.split("\n"), strict=True)
    return "\n".join(
        new.upper() if _SHOUTED.search(old) and not _ASCII_SMALL.search(old) else new for old, new in lines
    )


def _utf_16(content: bytes) -> str | None:
    """UTF-16 by its mark, or without one by the zero byte that every second place of ASCII letters has."""
    for mark, name in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if content.startswith(mark):
            return content.removeprefix(mark).decode(name, errors="replace")
    start = content[:4096]
    zeros = {"utf-16-be": start[0::2].count(0), "utf-16-le": start[1::2].count(0)}
    likely, other = sorted(zeros, key=lambda name: -zeros[name])
    if zeros[likely] * 8 < len(start) or zeros[other] * 8 > zeros[likely] or not start:
        return None
    try:
        return content.decode(likely)
    except UnicodeDecodeError:
        return None


def _broken_share(mended: str) -> float:
    """The share of replacement characters among all that are more than ASCII."""
    return mended.count("\ufffd") / (len(mended) - len(mended.encode("ascii", errors="ignore")))
