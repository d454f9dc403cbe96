"""One run at a time on a data root, and on a ledger that several machines share."""

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from errors import Busy as Busy
from ledger.locks import session_lock
from settings import Settings


@contextlib.contextmanager
def only_run(settings: Settings, purpose: str, wait_seconds: float = 0) -> Iterator[None]:
    """Hold the lock of a purpose (`ingest`, `publish`) on a data root and, where it is on PostgreSQL, on its ledger.

    So two machines never do the same work at once, even if each has a data root of its own. Raises Busy as `only_one`.
    """
    give_up = time.monotonic() + wait_seconds
    with only_one(settings.data, purpose, wait_seconds), contextlib.ExitStack() as stack:
        stack.enter_context(session_lock(settings.database_url, purpose, max(0.0, give_up - time.monotonic())))
        yield


@contextlib.contextmanager
def only_one(data: Path, purpose: str, wait_seconds: float = 0) -> Iterator[None]:
    """Hold the lock file of a purpose on a data root. It falls when the process dies.

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
