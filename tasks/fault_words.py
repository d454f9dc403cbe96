"""Whatever was raised, as one of our own classes (`errors.py`), by what happened: the system's number for it, or ours.

What neither the machine nor a damaged file explains is a fault of the program, whichever library raised it. Words are
looked at only where a library keeps the system's number to itself (`_SAID`).
"""

import errno
import re
import sqlite3
import sys
from collections.abc import Iterator

from errors import (
    VI,
    DatabaseDamaged,
    DatabaseFull,
    DatabaseHeld,
    DatabaseNotOpened,
    DatabaseNotWritten,
    DatabaseReadOnly,
    DiskFails,
    DiskFull,
    Fault,
    Gone,
    InTheWay,
    MachineFault,
    NameTooLong,
    NoMemory,
    NotPermitted,
    PortInUse,
    ProgramFault,
    ReadOnly,
    ServerFails,
    TooManyFiles,
    Unreachable,
    WarehouseHeld,
    WarehouseNeedsRoom,
)
from tasks.names import shown_name
from telemetry.record import record_of

_OF_SYSTEM: dict[int, type[MachineFault]] = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), DiskFull),
    errno.EROFS: ReadOnly,
    **dict.fromkeys((errno.EACCES, errno.EPERM), NotPermitted),
    errno.EIO: DiskFails,
    errno.ENOMEM: NoMemory,
    errno.ENOENT: Gone,
    **dict.fromkeys((errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ENOTEMPTY), InTheWay),
    **dict.fromkeys((errno.EMFILE, errno.ENFILE), TooManyFiles),
    errno.ENAMETOOLONG: NameTooLong,
    **dict.fromkeys((errno.EADDRINUSE, errno.EADDRNOTAVAIL), PortInUse),
    **dict.fromkeys((errno.ESTALE, errno.ETIMEDOUT, errno.ECONNREFUSED, errno.ECONNRESET), Unreachable),
    **dict.fromkeys((errno.EHOSTUNREACH, errno.EHOSTDOWN, errno.ENETUNREACH, errno.ENOTCONN), Unreachable),
}
_OF_SQLITE: dict[int, type[MachineFault]] = {
    sqlite3.SQLITE_FULL: DatabaseFull,
    sqlite3.SQLITE_READONLY: DatabaseReadOnly,
    sqlite3.SQLITE_PERM: DatabaseNotOpened,
    sqlite3.SQLITE_CANTOPEN: DatabaseNotOpened,
    sqlite3.SQLITE_IOERR: DatabaseNotWritten,
    sqlite3.SQLITE_BUSY: DatabaseHeld,
    sqlite3.SQLITE_LOCKED: DatabaseHeld,
    sqlite3.SQLITE_PROTOCOL: DatabaseHeld,
    sqlite3.SQLITE_NOMEM: NoMemory,
    sqlite3.SQLITE_CORRUPT: DatabaseDamaged,
    sqlite3.SQLITE_NOTADB: DatabaseDamaged,
}
# What Polars and DuckDB only say in words, as the operating system said it to them.
_SAID: dict[str, type[MachineFault]] = {
    "no space left on device": DiskFull,
    "disk quota exceeded": DiskFull,
    "file too large": DiskFull,
    "read-only file system": ReadOnly,
    "permission denied": NotPermitted,
    "input/output error": DiskFails,
    "too many open files": TooManyFiles,
    "cannot allocate memory": NoMemory,
    "no such file or directory": Gone,
    "could not set lock on file": WarehouseHeld,
}
_RUST_ERRNO = re.compile(r"\(os error (\d+)\)")


def in_words(fault: BaseException, again: str = "", language: str = VI) -> str:
    """The sentence, which ends in what to do; `again` is what to do once the cause is mended."""
    return as_ours(fault).sentence(language, again=again, record=record_of(fault))


def as_ours(fault: BaseException) -> Fault:
    """A fault as one of our own classes: itself, what it came of, or ProgramFault."""
    chain = list(_chain(fault))
    for one in chain:
        if isinstance(one, Fault):
            return one
    for one in chain:
        kind = _of_machine(one)
        if kind is not None:
            return kind(_place(chain))
    return ProgramFault()


def _of_machine(fault: BaseException) -> type[MachineFault] | None:
    """What the machine refused, None where it did not."""
    if isinstance(fault, MemoryError):
        return NoMemory
    if isinstance(fault, OSError) and fault.errno is not None:
        return _OF_SYSTEM.get(fault.errno)
    if isinstance(fault, TimeoutError | ConnectionRefusedError | ConnectionResetError | ConnectionAbortedError):
        return Unreachable
    if isinstance(fault, sqlite3.Error):
        # The lowest byte is the kind, the others say more of it. A misuse of the library has no code.
        return _OF_SQLITE.get(getattr(fault, "sqlite_errorcode", 0) & 0xFF)
    return _of_libraries(fault)


def _of_libraries(fault: BaseException) -> type[MachineFault] | None:
    """The same of libraries that take time to import: what was raised is of those that are loaded already."""
    if "psycopg" in sys.modules:
        import psycopg

        if isinstance(fault, psycopg.OperationalError | psycopg.errors.InsufficientPrivilege):
            return ServerFails
    if "duckdb" in sys.modules:
        import duckdb

        if isinstance(fault, duckdb.OutOfMemoryException):
            return WarehouseNeedsRoom
        if isinstance(fault, duckdb.OperationalError | duckdb.FatalException):
            return _of_words(fault)
    if "polars" in sys.modules:
        import polars as pl

        if isinstance(fault, pl.exceptions.PolarsError | OSError):
            return _of_words(fault)
    return None


def _of_words(fault: BaseException) -> type[MachineFault] | None:
    said = str(fault).lower()
    if match := _RUST_ERRNO.search(said):
        return _OF_SYSTEM.get(int(match.group(1)))
    return next((kind for words, kind in _SAID.items() if words in said), None)


def _place(chain: list[BaseException]) -> str:
    """The file or folder that is known to be concerned; empty where none is."""
    for one in chain:
        if isinstance(one, OSError) and one.filename is not None:
            named = one.filename
            path = named.decode(errors="surrogateescape") if isinstance(named, bytes) else str(named)
            folder, slash, name = path.rpartition("/")
            return f"{folder}{slash}{shown_name(name)}" if folder.isprintable() else shown_name(path)
    return ""


def _chain(fault: BaseException) -> Iterator[BaseException]:
    """A fault and what it came of; some libraries carry that as their argument.

    Not what was being handled when it was raised: a mistake in handling a missing file is no missing file.
    """
    seen: list[BaseException] = []
    waiting: list[BaseException | None] = [fault]
    while waiting:
        one = waiting.pop(0)
        if one is None or any(one is known for known in seen):
            continue
        seen.append(one)
        yield one
        inner = [value for value in (*one.args, getattr(one, "orig", None)) if isinstance(value, BaseException)]
        waiting += [*inner, one.__cause__]
