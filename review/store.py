"""`desk.sqlite` under the data root: users, sessions, failed sign-ins, and who looked at what or changed whom.

None of it belongs into the ledger: a user may be renamed or forgotten, an event never.
"""

from pathlib import Path
from typing import Any

import sqlalchemy as sa

DESK_FILE = "desk.sqlite"
metadata = sa.MetaData()

user_table = sa.Table(
    "user",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("name", sa.String(200), nullable=False, comment="as shown and as decisions name it, NFC"),
    sa.Column("name_key", sa.String(200), nullable=False, unique=True, comment="the name without case"),
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("password_hash", sa.String(200), comment="argon2; null for who signs in by OpenID Connect alone"),
    sa.Column("disabled", sa.Boolean, nullable=False, default=False),
    sa.Column("made_at", sa.Float, nullable=False, comment="seconds since 1970"),
)
session_table = sa.Table(
    "session",
    metadata,
    sa.Column("token_hash", sa.String(64), primary_key=True, comment="SHA-256: the file alone opens no session"),
    sa.Column("user_id", sa.ForeignKey("user.id"), nullable=False, index=True),
    sa.Column("started_at", sa.Float, nullable=False),
    sa.Column("seen_at", sa.Float, nullable=False),
)
attempt_table = sa.Table(
    "attempt",
    metadata,
    sa.Column("key", sa.String(100), primary_key=True),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("last_at", sa.Float, nullable=False),
)
look_table = sa.Table(
    "look",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at", sa.String(32), nullable=False, comment="UTC instant, ISO 8601"),
    sa.Column("by", sa.String(200), nullable=False),
    sa.Column("submission_id", sa.String(64), nullable=False, index=True),
    sa.Column("what", sa.String(200), nullable=False, comment="the page, sheet or download"),
    sa.Column("items", sa.Integer, nullable=False, comment="how many personal values it showed"),
)
account_event_table = sa.Table(
    "account_event",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at", sa.String(32), nullable=False, comment="UTC instant, ISO 8601"),
    sa.Column("by", sa.String(200), nullable=False),
    sa.Column("name", sa.String(200), nullable=False, comment="whose account"),
    sa.Column("what", sa.String(100), nullable=False),
)
for table in (look_table, account_event_table):
    for operation in ("UPDATE", "DELETE"):
        sa.event.listen(
            table,
            "after_create",
            sa.DDL(  # type: ignore[no-untyped-call]
                f"CREATE TRIGGER IF NOT EXISTS {table.name}_no_{operation.lower()} BEFORE {operation} ON {table.name} "
                "BEGIN SELECT RAISE(ABORT, 'rows are only ever appended'); END"
            ),
        )


class Desk:
    """The desk's own small database. Safe to open from several threads and processes at once."""

    def __init__(self, data: Path) -> None:
        data.mkdir(parents=True, exist_ok=True)
        self.path = data / DESK_FILE
        self.path.touch(mode=0o600)
        self.engine = sa.create_engine(f"sqlite:///{self.path}")
        sa.event.listen(self.engine, "connect", _pragmas)
        metadata.create_all(self.engine)

    def close(self) -> None:
        self.engine.dispose()


def _pragmas(connection: Any, _: Any) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
