"""Is this file one that may be opened at all? Decided by its content, before anything is parsed (rule F01).

The gate stops what can be told from the outside, in words for the sender. It is the first of two walls: what
passes it is parsed in a child process with limits of its own (`tasks/children.py`). Links to other files are
never followed by the reader, so a workbook may hold them.
"""

from tasks.faults import Unreadable
from tasks.gate import archive, limits, ole
from tasks.gate.archive import DEEPEST, Inspected, csv_members, too_deep
from tasks.gate.limits import Limits

__all__ = ["DEEPEST", "Inspected", "Limits", "check_size", "csv_members", "inspect", "recognise", "too_deep"]

_NO_WORKBOOK = "nội dung không phải là bảng tính Excel hay OpenDocument"
_SAVE_AS = "hãy mở bằng Excel rồi lưu lại dạng .xlsx"
# What the content is instead: how it starts, and its name in Vietnamese and English.
_OTHER_TYPES = (
    (b"%PDF", "tệp PDF", "a PDF"),
    (b"Rar!", "tệp nén RAR", "a RAR archive"),
    (b"7z\xbc\xaf", "tệp nén 7z", "a 7z archive"),
    (b"\x1f\x8b", "tệp nén gzip", "a gzip archive"),
    (b"\xff\xd8\xff", "ảnh", "a picture"),
    (b"\x89PNG", "ảnh", "a picture"),
)
_HEAD_BYTES = 4096
_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_FIRST_LETTER = 0x20


def recognise(content: bytes) -> str:
    """The real type of a file: 'xlsx', 'xls', 'ods', or 'zip' for an archive of the form's sheets as CSV.

    Raises Unreadable for anything else, and for what is too large, damaged, encrypted or carries macros.
    """
    return inspect(content, repacks=False).kind


def inspect(content: bytes, *, repacks: bool = True) -> Inspected:
    """The real type of a file, what was seen on the way, and the bytes to read. Raises Unreadable as `recognise`."""
    if not content:
        raise Unreadable("tệp rỗng (0 byte)", "the file is empty")
    check_size(len(content))
    if content.startswith(ole.MAGIC):
        return Inspected(ole.recognise(content, limits.current.cells), content)
    if content.startswith(b"PK"):
        return archive.inspect(content, limits.current, repacks=repacks)
    raise _no_workbook(content[:_HEAD_BYTES])


def check_size(size: int) -> None:
    """Raises Unreadable for a file of more bytes than may be loaded at all."""
    most = limits.current.file_megabytes
    if size > most * limits.MEGABYTE:
        raise Unreadable(f"tệp quá lớn (trên {most} MB)", f"the file is larger than {most} MB")


def _no_workbook(head: bytes) -> Unreadable:
    for start, vietnamese, english in _OTHER_TYPES:
        if head.startswith(start):
            return Unreadable(f"{_NO_WORKBOOK}: là {vietnamese}", f"the content is not a spreadsheet but {english}")
    lower = head.lower()
    if b"urn:schemas-microsoft-com:office:spreadsheet" in lower:
        return _saved_otherwise("XML Excel 2003", "an Excel 2003 XML file")
    if b"<html" in lower or b"<table" in lower or b"<!doctype html" in lower:
        return _saved_otherwise("trang web (HTML)", "a web page (HTML)")
    if _is_text(head):
        return _saved_otherwise("tệp văn bản hoặc CSV", "plain text or CSV")
    return Unreadable(_NO_WORKBOOK, "the content is not a spreadsheet")


def _saved_otherwise(vietnamese: str, english: str) -> Unreadable:
    return Unreadable(
        f"{_NO_WORKBOOK}: là {vietnamese}; {_SAVE_AS}", f"the content is not a spreadsheet but {english}; save as .xlsx"
    )


def _is_text(head: bytes) -> bool:
    """In Unicode or an 8-bit encoding: no byte is a control code, but for line breaks and the like."""
    if head.startswith(_UTF_16_MARKS):
        head = head.decode("utf-16", errors="ignore").encode()
    return bool(head.strip()) and not any(byte < _FIRST_LETTER and byte not in b"\t\n\v\f\r" for byte in head)
