"""A lock in the ledger's own database, for more than one machine: PostgreSQL's advisory locks of a session."""

import contextlib
import os
import socket
import time
import zlib
from collections.abc import Iterator

import sqlalchemy as sa

from errors import Busy

_NAMESPACE = 2020_19
_ASK_AGAIN_SECONDS = 0.2
# A machine that lost its power says nothing any more: the server finds out within a minute, and lets go of its locks.
_KEEPALIVE = ("SET tcp_keepalives_idle = 20", "SET tcp_keepalives_interval = 10", "SET tcp_keepalives_count = 3")


@contextlib.contextmanager
def session_lock(url: str, purpose: str, wait_seconds: float = 0) -> Iterator[None]:
    """Hold the lock of a purpose on a PostgreSQL ledger; nothing on any other, where a file does this.

    It falls when the session ends, however that happens. Raises Busy when another session keeps it for longer than
    `wait_seconds`.
    """
    if not url.startswith("postgresql"):
        yield
        return
    engine = sa.create_engine(url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    name = f"giamngheo {purpose} {socket.gethostname()} {os.getpid()}"[:63]
    key = zlib.crc32(purpose.encode()) & 0x7FFFFFFF
    with engine.connect() as connection:
        connection.execute(sa.text("SELECT set_config('application_name', :name, false)"), {"name": name})
        for statement in _KEEPALIVE:
            connection.exec_driver_sql(statement)
        give_up = time.monotonic() + wait_seconds
        while not connection.execute(sa.select(sa.func.pg_try_advisory_lock(_NAMESPACE, key))).scalar_one():
            if time.monotonic() >= give_up:
                raise Busy(f"another {purpose} is running on this ledger ({_holder(connection, key)})")
            time.sleep(_ASK_AGAIN_SECONDS)
        yield


def _holder(connection: sa.Connection, key: int) -> str:
    query = sa.text(
        "SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid) "
        "WHERE locktype = 'advisory' AND granted AND classid = :namespace AND objid = :key"
    )
    found = connection.execute(query, {"namespace": _NAMESPACE, "key": key}).scalar()
    return str(found or "")
