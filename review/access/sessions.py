"""Sessions on the server: each ends by sign-out, after a time unused, and in any case after a day's work."""

import time
from dataclasses import dataclass

import sqlalchemy as sa

from review.store import Desk, session_table, user_table

# Noting each request would write to the disk at each request.
_NOTED_EVERY_SECONDS = 30


@dataclass(frozen=True)
class Limits:
    """How long a session lives, in seconds: unused, and in all."""

    idle: float
    absolute: float


def start_session(desk: Desk, limits: Limits, token_hash: str, user_id: int) -> None:
    """Open a session, and clear away those that have run out."""
    now = time.time()
    with desk.engine.begin() as connection:
        connection.execute(
            session_table.delete().where(
                (session_table.c.seen_at < now - limits.idle) | (session_table.c.started_at < now - limits.absolute)
            )
        )
        connection.execute(
            session_table.insert().values(token_hash=token_hash, user_id=user_id, started_at=now, seen_at=now)
        )


def session_user(desk: Desk, limits: Limits, token_hash: str) -> tuple[str, str] | None:
    """Name and role of the user whose live session this is, or None; notes that it was used."""
    now = time.time()
    with desk.engine.connect() as connection:
        row = connection.execute(
            sa.select(session_table.c.started_at, session_table.c.seen_at, user_table.c.name, user_table.c.role)
            .join(user_table, user_table.c.id == session_table.c.user_id)
            .where(session_table.c.token_hash == token_hash, ~user_table.c.disabled)
        ).one_or_none()
    if row is None or row.seen_at < now - limits.idle or row.started_at < now - limits.absolute:
        return None
    if row.seen_at < now - _NOTED_EVERY_SECONDS:
        with desk.engine.begin() as connection:
            connection.execute(
                session_table.update().where(session_table.c.token_hash == token_hash).values(seen_at=now)
            )
    return row.name, row.role


def end_session(desk: Desk, token_hash: str) -> None:
    """Close a session; its cookie is worth nothing from now on."""
    with desk.engine.begin() as connection:
        connection.execute(session_table.delete().where(session_table.c.token_hash == token_hash))
