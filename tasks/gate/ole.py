"""Legacy .xls: an OLE container. Names inside it are UTF-16; the workbook itself is a chain of small records."""

import struct

from tasks.faults import Unreadable

MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_MACROS = "_VBA_PROJECT_CUR".encode("utf-16-le")
_WORKBOOKS = ("Workbook\0".encode("utf-16-le"), "Book\0".encode("utf-16-le"))
# A record is its number, its length, its content. The first one of a workbook opens its global part.
_GLOBALS_START = bytes.fromhex("0908100000060500")
_END, _FILE_PASSWORD, _BOUND_SHEET = 0x000A, 0x002F, 0x0085
_SHEET_TYPE, _MACRO_SHEET, _VB_MODULE = 5, 1, 6
_RECORDS_LOOKED_AT = 5000


def recognise(content: bytes) -> str:
    """'xls', unless the container is encrypted, carries macros or holds no workbook: then Unreadable."""
    if _ENCRYPTED in content:
        raise Unreadable("tệp có đặt mật khẩu; hãy bỏ mật khẩu rồi gửi lại", "the file is encrypted")
    if _MACROS in content:
        raise Unreadable("tệp .xls có macro; hãy lưu lại dạng .xlsx", "the .xls workbook carries macros")
    if not any(name in content for name in _WORKBOOKS):
        raise Unreadable(
            "nội dung không phải là bảng tính Excel hay OpenDocument: tệp Office loại khác hoặc bị hỏng",
            "the content is not a spreadsheet: another kind of Office file, or damaged",
        )
    _check_records(content)
    return "xls"


def _check_records(content: bytes) -> None:
    """A password of the old kind and macro sheets stand among the first records of the workbook."""
    at = content.find(_GLOBALS_START)
    for _ in range(_RECORDS_LOOKED_AT):
        if at < 0 or at + 4 > len(content):
            return
        number, length = struct.unpack_from("<HH", content, at)
        if number == _FILE_PASSWORD:
            raise Unreadable("tệp có đặt mật khẩu; hãy bỏ mật khẩu rồi gửi lại", "the .xls workbook has a password")
        if number == _BOUND_SHEET and content[at + 4 + _SHEET_TYPE] in (_MACRO_SHEET, _VB_MODULE):
            raise Unreadable("tệp .xls có trang macro; hãy lưu lại dạng .xlsx", "the .xls workbook has macro sheets")
        if number == _END:
            return
        at += 4 + length
