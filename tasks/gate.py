"""Is this file one that may be opened at all? Decided by its content, before anything is parsed (rule F01)."""

import io
import zipfile

from tasks.faults import Unreadable

MAX_BYTES = 100 * 1024 * 1024
MAX_UNPACKED_BYTES = 600 * 1024 * 1024
MAX_ENTRIES = 2000
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_ENCRYPTED_MARK = "EncryptedPackage".encode("utf-16-le")


def recognise(content: bytes) -> str:
    """The real type of a file: 'xlsx', 'xls' or 'ods'.

    Raises Unreadable for anything else, and for what is too large, encrypted or carries macros.
    """
    if not content:
        raise Unreadable("tệp rỗng (0 byte)", "the file is empty")
    if len(content) > MAX_BYTES:
        raise Unreadable("tệp quá lớn (trên 100 MB)", "the file is larger than 100 MB")
    if content.startswith(_OLE):
        if _ENCRYPTED_MARK in content[: 1 << 20]:
            raise Unreadable("tệp có đặt mật khẩu; hãy bỏ mật khẩu rồi gửi lại", "the file is encrypted")
        return "xls"
    if content.startswith(b"PK"):
        return _recognise_archive(content)
    raise Unreadable("nội dung không phải là bảng tính Excel hay OpenDocument", "the content is not a spreadsheet")


def _recognise_archive(content: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            names = {entry.filename for entry in entries}
            mimetype = archive.read("mimetype") if "mimetype" in names else b""
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise Unreadable("tệp bị hỏng, không giải nén được", f"the archive is damaged: {error}") from error
    if len(entries) > MAX_ENTRIES or sum(entry.file_size for entry in entries) > MAX_UNPACKED_BYTES:
        raise Unreadable("tệp giải nén ra quá lớn", "the archive unpacks to too much")
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise Unreadable("tệp nén có đặt mật khẩu", "the archive is encrypted")
    if any(name.casefold().endswith("vbaproject.bin") for name in names):
        raise Unreadable("tệp có macro (.xlsm); hãy lưu lại dạng .xlsx", "the workbook carries macros")
    if "xl/workbook.bin" in names:
        raise Unreadable("tệp dạng .xlsb; hãy lưu lại dạng .xlsx", "the workbook is .xlsb")
    if "xl/workbook.xml" in names:
        return "xlsx"
    if mimetype.startswith(b"application/vnd.oasis.opendocument.spreadsheet"):
        return "ods"
    raise Unreadable("tệp nén không chứa bảng tính theo biểu mẫu", "the archive holds no workbook of the form")
