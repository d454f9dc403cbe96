"""What is told to people by e-mail or chat, in Vietnamese: counts and codes, no personal data and no value of a cell.

`notices.sqlite` under the data root remembers what went to which address, so that nothing is told twice.
"""

import datetime as dt
import hashlib
import logging
import sqlite3
import time
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from labels.table import NEXT_IN_NOTICE, STATES
from ledger.events import Event
from ledger.states import State, Submission, extend_state
from plan.reference import units
from settings import Settings
from tasks.status import expected_periods, slot_rows
from tasks.timeliness import MISSING, timeliness
from telemetry.record import tell, tell_fault

KINDS = ("rejected", "held", "returned", "late", "reminder", "published")
STORE_FILE = "notices.sqlite"
# The source of files and releases that a backfill brought: history, of which nobody is told.
BACKFILL = "backfill"
# Nobody is told of what lies further back: notices that are switched on do not begin with the past.
OLDEST_EVENT, OLDEST_DUE = dt.timedelta(days=7), dt.timedelta(days=31)
# A sender that died is given up after this long, and its notice sent by the next run.
_CLAIM_SECONDS = 600
_ATTEMPTS = 8
_TOLD = {"rejected": "rejected", "unreadable": "rejected", "held": "held", "returned": "returned"}
_DISTRICTS = {unit.code: unit.name for unit in units() if unit.level == "district"}

metadata = sa.MetaData()
sent_table = sa.Table(
    "sent",
    metadata,
    sa.Column("key", sa.String(200), primary_key=True, comment="what happened"),
    sa.Column("address", sa.String(64), primary_key=True, comment="SHA-256: addresses hold passwords"),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("made_at", sa.Float, nullable=False),
    sa.Column("claimed_at", sa.Float),
    sa.Column("sent_at", sa.Float),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
)


@dataclass(frozen=True)
class Notice:
    """One message; `key` says what happened, and is the same whenever it is asked for."""

    key: str
    kind: str
    title: str
    body: str


@dataclass(frozen=True)
class Address:
    """Where notices of some kinds go: an address of Apprise."""

    url: str
    kinds: tuple[str, ...]

    @property
    def hashed(self) -> str:
        return hashlib.sha256(self.url.encode()).hexdigest()

    @property
    def shown(self) -> str:
        """The kind of service alone: the rest may be a secret."""
        kind, colon, _ = self.url.partition(":")
        return kind if colon else "?"


def addresses(text: str) -> list[Address]:
    """The addresses of the settings: separated by spaces, each with KIND,KIND| in front where it wants only those."""
    found = []
    for word in text.split():
        kinds, bar, url = word.partition("|")
        named = tuple(kinds.split(","))
        chosen = bool(bar) and set(named) <= set(KINDS)
        found.append(Address(url, named) if chosen else Address(word, KINDS))
    return found


def notices_of(events: Iterable[Event], since: dt.datetime) -> list[Notice]:
    """What events since a moment are to be told: a file's new state, and releases. A state that stays is told once."""
    state = State()
    found = []
    for event in events:
        known = state.submissions.get(event.submission_id or "")
        before = known.state if known else ""
        extend_state(state, [event])
        if event.at < since:
            continue
        after = state.submissions.get(event.submission_id or "")
        if after is not None and after.state != before and after.state in _TOLD:
            if event.kind != "judged" or after.source != BACKFILL:
                found.append(_of_submission(event, after))
        elif event.kind == "published" and event.payload.get("source") != BACKFILL:
            found.append(_of_release(event))
    return found


def late_notices(settings: Settings, state: State, today: dt.date) -> list[Notice]:
    """One notice for each slot that is overdue and has no file, and was due not too long ago."""
    found = []
    for slot in slot_rows(settings, state, expected_periods(settings, state, today)):
        stands, _ = timeliness(slot["state"], slot["due"], slot["received_on"], today)
        if stands != MISSING or today > slot["due"] + OLDEST_DUE:
            continue
        period = f"{slot['period']:%Y-%m}"
        name = _DISTRICTS.get(slot["district_code"], slot["district_code"])
        title = f"{name}: báo cáo kỳ {_month(period)} quá hạn"
        body = f"{name} chưa gửi báo cáo kỳ {_month(period)}; hạn là ngày {slot['due']:%d/%m/%Y}."
        found.append(Notice(f"late {period} {slot['district_code']}", "late", title, body))
    return found


def trial_notice(now: dt.datetime, timezone: str) -> Notice:
    """A message that only shows that the address works."""
    at = now.astimezone(ZoneInfo(timezone))
    body = f"Đây là tin thử của hệ thống giảm nghèo, gửi lúc {at:%H:%M ngày %d/%m/%Y}. Không cần làm gì."
    return Notice(f"trial {now.isoformat()}", "trial", "Tin thử", body)


class Outbox:
    """The notices of a data root, and which of them went where."""

    def __init__(self, data: Path) -> None:
        self._engine = sa.create_engine(f"sqlite:///{data / STORE_FILE}", connect_args={"timeout": 10})
        sa.event.listen(self._engine, "connect", _wal)
        metadata.create_all(self._engine)

    def close(self) -> None:
        self._engine.dispose()

    def put(self, notices: Sequence[Notice], to: Iterable[Address]) -> None:
        """Lay notices ready for the addresses that want them; those that are known already stay as they are."""
        rows = [
            {
                "key": notice.key,
                "address": address.hashed,
                "title": notice.title,
                "body": notice.body,
                "made_at": time.time(),
                "attempts": 0,
            }
            for address in to
            for notice in notices
            if notice.kind in address.kinds
        ]
        if rows:
            with self._engine.begin() as connection:
                connection.execute(sent_table.insert().prefix_with("OR IGNORE"), rows)

    def refresh(self, beginning: str, notices: Sequence[Notice], address: Address) -> None:
        """Of what waits for an address under keys with a beginning: drop what is not among `notices`, reword the rest.

        A service that was away is then told how things are, not how they were.
        """
        waits = (
            sent_table.c.address == address.hashed,
            sent_table.c.key.startswith(beginning, autoescape=True),
            sent_table.c.sent_at.is_(None),
            sent_table.c.claimed_at.is_(None),
        )
        with self._engine.begin() as connection:
            keys = [notice.key for notice in notices]
            connection.execute(sent_table.delete().where(*waits, sent_table.c.key.not_in(keys)))
            for notice in notices:
                reworded = {"title": notice.title, "body": notice.body}
                connection.execute(sent_table.update().where(*waits, sent_table.c.key == notice.key).values(reworded))

    def send(self, to: Iterable[Address]) -> int:
        """Send what waits; returns how many notices went out. After a failure an address waits for the next run."""
        sent = 0
        for address in to:
            for row in self._waiting(address):
                if not self._claim(row.key, address):
                    continue
                if not deliver(address, row.title, row.body):
                    self._settle(row.key, address, attempts=row.attempts + 1, claimed_at=None)
                    tell("notice.failed", logging.ERROR, service=address.shown)
                    break
                self._settle(row.key, address, sent_at=time.time())
                sent += 1
        return sent

    def _waiting(self, address: Address) -> Sequence[sa.Row[Any]]:
        oldest = time.time() - OLDEST_EVENT.total_seconds()
        with self._engine.connect() as connection:
            return connection.execute(
                sa.select(sent_table)
                .where(
                    sent_table.c.address == address.hashed,
                    sent_table.c.sent_at.is_(None),
                    sent_table.c.attempts < _ATTEMPTS,
                    sent_table.c.made_at > oldest,
                )
                .order_by(sent_table.c.made_at, sent_table.c.key)
            ).all()

    def _claim(self, key: str, address: Address) -> bool:
        """Of two senders at once, one has the notice."""
        now = time.time()
        free = sent_table.c.claimed_at.is_(None) | (sent_table.c.claimed_at < now - _CLAIM_SECONDS)
        with self._engine.begin() as connection:
            done = connection.execute(
                sent_table.update()
                .where(sent_table.c.key == key, sent_table.c.address == address.hashed, sent_table.c.sent_at.is_(None))
                .where(free)
                .values(claimed_at=now)
            )
        return done.rowcount == 1

    def _settle(self, key: str, address: Address, **values: object) -> None:
        with self._engine.begin() as connection:
            connection.execute(
                sent_table.update()
                .where(sent_table.c.key == key, sent_table.c.address == address.hashed)
                .values(**values)
            )


def given_up_and_waiting(data: Path) -> tuple[int, int]:
    """How many notices were tried in vain or lie too long, and how many wait; nothing is made where none ever was."""
    if not (data / STORE_FILE).is_file():
        return 0, 0
    oldest = time.time() - OLDEST_EVENT.total_seconds()
    with closing(sqlite3.connect(f"file:{data / STORE_FILE}?mode=ro", uri=True, timeout=1)) as connection:
        rows = connection.execute(
            "select attempts < ? and made_at > ?, count(*) from sent where sent_at is null group by 1",
            (_ATTEMPTS, oldest),
        ).fetchall()
    counts = dict(rows)
    return counts.get(0, 0), counts.get(1, 0)


def deliver(address: Address, title: str, body: str) -> bool:
    """Hand one message to a service, with Apprise's own limits of seconds; False where that did not work."""
    import apprise  # half a second, and most data roots tell nobody

    # What Apprise logs may name the address.
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    # The name goes into headers, which carry no Vietnamese.
    asset = apprise.AppriseAsset(app_id="giamngheo", app_desc="giamngheo", app_url="", async_mode=False)
    service = apprise.Apprise(asset=asset)
    try:
        return bool(service.add(address.url) and service.notify(title=title, body=body, body_format="text"))
    except Exception as fault:
        tell_fault("notice.failed", fault, service=address.shown)
        return False


def _of_submission(event: Event, submission: Submission) -> Notice:
    name = _DISTRICTS.get(submission.district_code or "", "Chưa rõ huyện")
    month = f"kỳ {_month(submission.period)}" if submission.period else "chưa rõ kỳ"
    state = STATES[submission.state].vi
    counts = f"{submission.counts('critical')} lỗi nghiêm trọng, {submission.counts('warning')} cảnh báo"
    body = f"{name}, {month}: báo cáo {state} ({counts}). Mã tệp {submission.submission_id[:12]}."
    kind = _TOLD[submission.state]
    way = NEXT_IN_NOTICE[submission.state].vi
    return Notice(f"event {event.id}", kind, f"{name}, {month}: {state}", f"{body} {way}")


def _of_release(event: Event) -> Notice:
    release, month = event.payload["release_id"], _month(event.payload["as_of"])
    if not event.payload.get("current", True):
        body = f"Đã dựng bản số liệu đến kỳ {month}, bản {release}. Bản người đọc đang dùng giữ nguyên."
        return Notice(f"event {event.id}", "published", f"Dựng riêng số liệu đến kỳ {month}", body)
    body = f"Đã công bố số liệu đến kỳ {month}, bản {release}."
    return Notice(f"event {event.id}", "published", f"Công bố số liệu đến kỳ {month}", body)


def _month(period: str) -> str:
    return f"{period[5:7]}/{period[:4]}"


def _wal(connection: Any, _: Any) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
