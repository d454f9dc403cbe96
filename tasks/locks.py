"""One run at a time on a data root."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout


class Busy(Exception):
    """Another run holds the data root; nothing was changed."""


@contextlib.contextmanager
def only_one(data: Path, purpose: str, wait_seconds: float = 0) -> Iterator[None]:
    """Hold the lock of a purpose (`ingest`, `publish`) on a data root. It falls when the process dies.

    Raises Busy when another process keeps it for longer than `wait_seconds`.
    """
    data.mkdir(parents=True, exist_ok=True)
    lock = FileLock(data / f".{purpose}.lock", timeout=wait_seconds)
    try:
        lock.acquire()
    except Timeout as held:
        raise Busy(f"another {purpose} is running on {data}") from held
    try:
        yield
    finally:
        lock.release()
