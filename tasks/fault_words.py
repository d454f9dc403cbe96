"""A fault of the system as who runs the command line reads it: one sentence in Vietnamese, with a way on.

Words that may quote a person's data are in none of them.
"""

import errno
import re
import sqlite3
from collections.abc import Iterator

from ledger.versions import LedgerFaulty
from tasks.faults import SystemFault
from tasks.names import shown_name
from telemetry.faults import described

_FULL = "hết chỗ trên đĩa{at}: dọn bớt rồi {again}"
_READ_ONLY = "đĩa hoặc thư mục chỉ cho đọc{at}: gắn lại để ghi được, rồi {again}"
_NOT_ALLOWED = "không có quyền{at}: cấp quyền cho người chạy chương trình, rồi {again}"
_DISK_FAULT = "đĩa báo lỗi khi đọc hoặc ghi{at}: kiểm tra đĩa và chạy giamngheo verify, rồi {again}"
_MEMORY = "hết bộ nhớ: đóng bớt chương trình khác, rồi {again}"
_GONE = "không còn thấy tệp hoặc thư mục{at}: để lại vào chỗ cũ (giamngheo verify cho biết thiếu gì), rồi {again}"
_IN_THE_WAY = "chỗ cần ghi đang bị tệp hoặc thư mục khác chiếm{at}: dời nó đi, rồi {again}"
_UNREACHABLE = "không tới được ổ đĩa mạng hoặc máy chủ{at}: kiểm tra kết nối, rồi {again}"
_OF_SYSTEM = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: _FULL,
    errno.EROFS: _READ_ONLY,
    errno.EACCES: _NOT_ALLOWED,
    errno.EPERM: _NOT_ALLOWED,
    errno.EIO: _DISK_FAULT,
    errno.ENOMEM: _MEMORY,
    errno.ENOENT: _GONE,
    errno.EEXIST: _IN_THE_WAY,
    errno.ENOTDIR: _IN_THE_WAY,
    errno.EISDIR: _IN_THE_WAY,
    errno.ENOTEMPTY: _IN_THE_WAY,
    errno.EMFILE: "quá nhiều tệp đang mở: nâng giới hạn (ulimit -n), rồi {again}",
    errno.ENFILE: "quá nhiều tệp đang mở: nâng giới hạn (ulimit -n), rồi {again}",
    errno.ENAMETOOLONG: "tên tệp hoặc đường dẫn quá dài{at}: đổi tên ngắn hơn, rồi {again}",
    **dict.fromkeys((errno.ESTALE, errno.ETIMEDOUT, errno.ECONNREFUSED, errno.ECONNRESET), _UNREACHABLE),
    **dict.fromkeys((errno.EHOSTUNREACH, errno.EHOSTDOWN, errno.ENETUNREACH, errno.ENOTCONN), _UNREACHABLE),
}
_SQLITE = {
    sqlite3.SQLITE_FULL: "hết chỗ trên đĩa khi ghi sổ (tệp .sqlite): dọn bớt rồi {again}",
    sqlite3.SQLITE_READONLY: "sổ (tệp .sqlite) hoặc thư mục của nó chỉ cho đọc: cho phép ghi, rồi {again}",
    sqlite3.SQLITE_CANTOPEN: "không mở được sổ (tệp .sqlite): kiểm tra quyền và chỗ trống trên đĩa, rồi {again}",
    sqlite3.SQLITE_IOERR: "đĩa không ghi được sổ (tệp .sqlite), hết chỗ hoặc hỏng: dọn bớt, kiểm tra đĩa, rồi {again}",
    sqlite3.SQLITE_BUSY: "sổ (tệp .sqlite) đang bị chương trình khác giữ: đóng chương trình đó, rồi {again}",
    sqlite3.SQLITE_LOCKED: "sổ (tệp .sqlite) đang bị chương trình khác giữ: đóng chương trình đó, rồi {again}",
}
_DAMAGED_SQLITE = (
    "sổ (tệp .sqlite) hỏng, không đọc được: giữ nguyên tệp, chép lại sổ từ bản sao lưu mới nhất (docs/data-team.md, "
    "mục Backup), rồi {again}"
)
# What libraries only say in words, as the operating system said it to them.
_SAID = {
    "no space left on device": errno.ENOSPC,
    "disk quota exceeded": errno.EDQUOT,
    "read-only file system": errno.EROFS,
    "permission denied": errno.EACCES,
    "input/output error": errno.EIO,
    "too many open files": errno.EMFILE,
    "cannot allocate memory": errno.ENOMEM,
}
_RUST_ERRNO = re.compile(r"\(os error (\d+)\)")


def in_words(fault: BaseException, again: str = "chạy lại lệnh này") -> str:
    """The sentence, which ends in what to do; `again` is what to do once the cause is mended."""
    sentence = (_words(fault) or _unknown(fault)).format(at=_place(fault), again=again)
    return f"{sentence[0].upper()}{sentence[1:]}."


def _words(fault: BaseException) -> str | None:
    if isinstance(fault, SystemFault):
        return _escaped(fault.message_vi)
    if isinstance(fault, LedgerFaulty):
        return _escaped(str(fault).removesuffix("."))
    for one in _chain(fault):
        found = _of_one(one)
        if found:
            return found
    return None


def _of_one(fault: BaseException) -> str | None:
    if isinstance(fault, MemoryError):
        return _MEMORY
    if isinstance(fault, OSError) and fault.errno in _OF_SYSTEM:
        return _OF_SYSTEM[fault.errno]
    if isinstance(fault, FileNotFoundError):
        return _GONE
    if isinstance(fault, sqlite3.Error):
        return _of_sqlite(fault)
    module = type(fault).__module__
    if module.startswith("psycopg"):
        return "không làm việc được với sổ ở PostgreSQL: kiểm tra máy chủ và GIAMNGHEO_LEDGER_URL, rồi {again}"
    said = str(fault).lower()
    for words, number in _SAID.items():
        if words in said:
            return _OF_SYSTEM[number]
    if match := _RUST_ERRNO.search(said):
        return _OF_SYSTEM.get(int(match.group(1)))
    if module.startswith("polars") or ("duckdb" in module and "parquet" in said):
        return (
            "một bảng dữ liệu đã lưu (.parquet) hỏng hoặc không đọc được: chạy giamngheo verify để biết tệp nào và "
            "cách sửa, rồi {again}"
        )
    if "duckdb" in module:
        return _of_duckdb(type(fault).__name__)
    return None


def _of_sqlite(fault: sqlite3.Error) -> str:
    # The lowest byte is the kind, the others say more of it.
    code = getattr(fault, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB) or not code:
        return _DAMAGED_SQLITE
    return _SQLITE.get(code, _DAMAGED_SQLITE)


def _of_duckdb(name: str) -> str:
    if name == "OutOfMemoryException":
        return "kho dữ liệu không đủ bộ nhớ hoặc chỗ tạm trên đĩa: dọn bớt, rồi {again}"
    return "kho dữ liệu báo lỗi, bản đang dùng giữ nguyên: chạy giamngheo verify để biết phần nào hỏng, rồi {again}"


def _unknown(fault: BaseException) -> str:
    known = _escaped(described(fault))
    return f"lỗi chương trình ({known}): báo cho người phát triển kèm nhật ký lỗi, rồi {{again}}"


def _place(fault: BaseException) -> str:
    """The file or folder that is known to be concerned, as " (PATH)"."""
    for one in _chain(fault):
        if isinstance(one, OSError) and one.filename is not None:
            named = one.filename
            path = named.decode(errors="surrogateescape") if isinstance(named, bytes) else str(named)
            folder, slash, name = path.rpartition("/")
            return f" ({folder}{slash}{shown_name(name)})" if folder.isprintable() else f" ({shown_name(path)})"
    return ""


def _chain(fault: BaseException) -> Iterator[BaseException]:
    """A fault and what it came of; some libraries carry that as their argument."""
    seen: list[BaseException] = []
    waiting: list[BaseException | None] = [fault]
    while waiting:
        one = waiting.pop(0)
        if one is None or any(one is known for known in seen):
            continue
        seen.append(one)
        yield one
        inner = [value for value in (*one.args, getattr(one, "orig", None)) if isinstance(value, BaseException)]
        waiting += [*inner, one.__cause__, one.__context__]


def _escaped(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")
