"""The append-only list of events, in SQLite by default and in PostgreSQL by URL.

Each event carries the hash of the one before it, so that a changed or missing event shows.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from ledger.schema import event_table
from ledger.versions import make_ready
from telemetry.ledger import tell_event

# Any number that every writer of one ledger agrees on.
_POSTGRESQL_LOCK = 2020_19


@dataclass(frozen=True)
class Event:
    """One thing that happened. `at` is aware and in UTC; `payload` holds what the kind needs.

    Kinds: received, received_again, judged, accepted, superseded, waived, unwaived, returned, withdrawn, reopened
    (each of a submission), excused and closed (of a slot or a period), published, rolled_back.
    """

    kind: str
    at: dt.datetime
    by: str = "hệ thống"
    submission_id: str | None = None
    district_code: str | None = None
    period: str | None = None
    reason: str = ""
    payload: dict[str, Any] = field(default_factory=dict)
    id: int = 0


class Ledger:
    """The events behind one URL. Safe to open anywhere; writers hold the run's lock besides.

    Opening makes a new ledger, and brings one of an earlier version forward; `found_version` is the form that it had.
    Raises LedgerFaulty where that can't be done. One that is opened `as_it_is` is only read, in whatever form it has;
    where there is none, reading it raises what the database says.
    """

    def __init__(self, url: str, *, as_it_is: bool = False) -> None:
        self._engine = sa.create_engine(url)
        if self._engine.dialect.name == "sqlite":
            if self._engine.url.database and not as_it_is:
                Path(self._engine.url.database).parent.mkdir(parents=True, exist_ok=True)
            sa.event.listen(self._engine, "connect", _sqlite_pragmas)
            sa.event.listen(self._engine, "begin", _sqlite_begin)
        self.found_version = None if as_it_is else make_ready(self._engine, _POSTGRESQL_LOCK)

    def append(self, events: Iterable[Event]) -> list[Event]:
        """Append events in one transaction: all of them are recorded, or none. Returns them with their ids."""
        recorded = []
        with self._engine.begin() as connection:
            if self._engine.dialect.name == "postgresql":
                # SQLite's BEGIN IMMEDIATE keeps a second writer out already: both must not read the same last hash.
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_POSTGRESQL_LOCK)))
            previous = connection.execute(
                sa.select(event_table.c.hash).order_by(event_table.c.id.desc()).limit(1)
            ).scalar_one_or_none()
            previous = previous or ""
            for event in events:
                row = _row(event, previous)
                key = connection.execute(event_table.insert().values(row)).inserted_primary_key
                assert key is not None
                recorded.append(replace(event, id=int(key[0])))
                previous = row["hash"]
        for one in recorded:
            tell_event(one.id, one.kind, one.by, one.submission_id, one.district_code, one.period, one.payload)
        return recorded

    def events(self, after: int = 0) -> list[Event]:
        """Every event past the id `after`, oldest first. Neither waits for a writer nor keeps one waiting."""
        query = sa.select(event_table).where(event_table.c.id > after).order_by(event_table.c.id)
        with self._engine.connect().execution_options(**_READING) as connection:
            rows = connection.execute(query).all()
        return [
            Event(
                kind=row.kind,
                at=dt.datetime.fromisoformat(row.at),
                by=row.by,
                submission_id=row.submission_id,
                district_code=row.district_code,
                period=row.period,
                reason=row.reason,
                payload=json.loads(row.payload),
                id=row.id,
            )
            for row in rows
        ]

    def knows(self, event_id: int) -> bool:
        """Whether an event of this id is recorded."""
        with self._engine.connect().execution_options(**_READING) as connection:
            found = connection.execute(sa.select(event_table.c.id).where(event_table.c.id == event_id))
            return found.first() is not None

    def is_empty(self) -> bool:
        """Whether nothing is recorded."""
        with self._engine.connect().execution_options(**_READING) as connection:
            return connection.execute(sa.select(event_table.c.id).limit(1)).first() is None

    def damaged(self) -> int | None:
        """The id of the first event that no longer fits its hash or the one before it; None when all fit."""
        previous = ""
        with self._engine.connect().execution_options(**_READING) as connection:
            for row in connection.execute(sa.select(event_table).order_by(event_table.c.id)).mappings():
                expected = _hash({key: row[key] for key in _HASHED}, previous)
                if row["previous_hash"] != previous or row["hash"] != expected:
                    return int(row["id"])
                previous = row["hash"]
        return None

    def copy_to(self, other: "Ledger") -> None:
        """Write every event into an empty ledger as it is, hashes and all. Raises ValueError where it isn't empty.

        The ids stay too, and where numbers are left out between them: events name each other by id.
        """
        with self._engine.connect() as source, other._engine.begin() as target:
            if target.execute(sa.select(event_table.c.id).limit(1)).first() is not None:
                raise ValueError("the ledger to copy to is not empty")
            rows = source.execute(sa.select(event_table).order_by(event_table.c.id)).mappings().all()
            if not rows:
                return
            target.execute(event_table.insert(), [dict(row) for row in rows])
            if other._engine.dialect.name == "postgresql":
                # Its counter does not look at the ids that are there. Counting on needs no right that a writer lacks.
                target.exec_driver_sql(
                    f"SELECT max(nextval('event_id_seq')) FROM generate_series(1, {int(rows[-1]['id'])})"
                )

    def close(self) -> None:
        self._engine.dispose()


_READING = {"giamngheo_reading": True}
_HASHED = ("at", "kind", "submission_id", "district_code", "period", "by", "reason", "payload")


def _row(event: Event, previous: str) -> dict[str, Any]:
    if event.at.tzinfo is None:
        raise ValueError("an event's time needs a time zone")
    values = {
        "at": event.at.astimezone(dt.UTC).isoformat(),
        "kind": event.kind,
        "submission_id": event.submission_id,
        "district_code": event.district_code,
        "period": event.period,
        "by": event.by,
        "reason": event.reason,
        "payload": json.dumps(event.payload, ensure_ascii=False, sort_keys=True),
    }
    return values | {"previous_hash": previous, "hash": _hash(values, previous)}


def _hash(values: dict[str, Any], previous: str) -> str:
    text = json.dumps([previous, *(values[key] for key in _HASHED)], ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _sqlite_pragmas(connection: Any, _: Any) -> None:
    # The driver must not open transactions of its own, or two writers could read the same last hash.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _sqlite_begin(connection: sa.Connection) -> None:
    reading = connection.get_execution_options().get(next(iter(_READING)))
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
