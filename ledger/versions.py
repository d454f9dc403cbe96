"""Which form a ledger has, and bringing an older one forward with Alembic before it is used.

A new ledger is made in the newest form at once. One of an earlier version is copied (SQLite), then changed in one
transaction: it has the old form or the new one. Nothing ever goes back: a newer ledger is refused.
"""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa

from errors import SystemFault
from ledger.schema import GUARDS, event_table, metadata

# The newest migration in ledger/migrations/versions/; Alembic is imported only where one has to be run.
NEWEST = "0002"
# What ledgers had before they said so: the form of 0.1.0.
_UNSAID = "0001"
_MIGRATIONS = Path(__file__).with_name("migrations")
_version_table = sa.table("alembic_version", sa.column("version_num", sa.String))


class LedgerFaulty(SystemFault):
    """A ledger that this program can't use as it is."""


def version_of(connection: sa.Connection) -> str | None:
    """The revision of a ledger; None where there is no ledger yet."""
    found = sa.inspect(connection)
    if found.has_table("alembic_version"):
        return connection.execute(sa.select(_version_table.c.version_num)).scalar_one_or_none() or _UNSAID
    return _UNSAID if found.has_table(event_table.name) else None


def make_ready(engine: sa.Engine, lock: int) -> str:
    """Make the table, or bring it forward, where that is due. Returns the revision that was found there.

    `lock` is the PostgreSQL advisory lock that keeps out who would do the same now. Raises LedgerFaulty where the
    ledger is newer than the program, or where this user may not change it.
    """
    with engine.connect().execution_options(giamngheo_reading=True) as connection:
        found = version_of(connection)
    if found == NEWEST:
        return found
    if found is not None and found > NEWEST:
        raise LedgerFaulty(
            f"a newer version of the program wrote the ledger (form {found}, this one reads up to {NEWEST}); nothing "
            "was changed",
            f"sổ sự kiện do một phiên bản mới hơn của chương trình ghi (dạng {found}, bản này đọc đến {NEWEST}); chưa "
            "thay đổi gì",
            "update the program, then {again}",
            "cập nhật chương trình rồi {again}",
        )
    if found is not None:
        _keep_copy(engine, found)
    try:
        with engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(lock)))
            # Somebody else may have done it while this one waited.
            now = version_of(connection)
            if now is None:
                _make(connection)
            elif now != NEWEST:
                _bring_forward(connection, now)
    except sa.exc.ProgrammingError as fault:
        if "must be owner" not in str(fault) and "permission denied" not in str(fault):
            raise
        raise LedgerFaulty(
            "this account may not make or upgrade the ledger in PostgreSQL",
            "tài khoản này không được phép tạo hoặc nâng cấp sổ sự kiện trên PostgreSQL",
            "run once as the owner of the table: giamngheo upgrade",
            "chạy một lần bằng tài khoản chủ của bảng: giamngheo upgrade",
        ) from None
    return found or NEWEST


def _make(connection: sa.Connection) -> None:
    metadata.create_all(connection)
    for statements in GUARDS.get(connection.dialect.name, {}).values():
        for statement in statements:
            connection.exec_driver_sql(statement)
    connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
    connection.execute(sa.insert(_version_table).values(version_num=NEWEST))


def _bring_forward(connection: sa.Connection, found: str) -> None:
    """Run the migrations past `found` in the transaction at hand."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    if not sa.inspect(connection).has_table("alembic_version"):
        command.stamp(config, found)
    command.upgrade(config, NEWEST)


def _keep_copy(engine: sa.Engine, found: str) -> None:
    """Beside a SQLite ledger, what it was before. A copy that is there already was made by a run that was stopped."""
    if engine.dialect.name != "sqlite" or not engine.url.database:
        return
    path = Path(engine.url.database)
    copy = path.with_name(f"{path.name}.before-{NEWEST}")
    if copy.exists():
        return
    unfinished = path.with_name(f".tmp-{copy.name}")
    unfinished.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as read, closing(sqlite3.connect(unfinished)) as write:
        read.backup(write)
    with open(unfinished, "rb") as file:
        os.fsync(file.fileno())
    os.replace(unfinished, copy)
