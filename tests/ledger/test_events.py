"""The ledger: appended whole or not at all, never changed, and every change by force shows."""

import datetime as dt
import uuid
from collections.abc import Iterator
from multiprocessing import get_context
from pathlib import Path

import pytest
import sqlalchemy as sa
from postgresql_server import PostgresServer

from ledger.events import Event, Ledger

AT = dt.datetime(2020, 1, 5, 8, 30, tzinfo=dt.UTC)


def an_event(kind: str = "closed", **changes: object) -> Event:
    """A period that closes, apart from what the test changes."""
    values: dict[str, object] = {"at": AT, "by": "Thẩm định viên", "period": "2019-12", "reason": "đủ hồ sơ"}
    return Event(kind, **(values | changes))  # type: ignore[arg-type]


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An address where no ledger is yet: all here holds for both databases."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'so' / 'ledger.sqlite'}"
    server: PostgresServer = request.getfixturevalue("postgresql")
    return server.create(f"ledger-{uuid.uuid4().hex}")


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    opened = Ledger(url)
    yield opened
    opened.close()


def by_force(url: str, *statements: str) -> None:
    """Change the table behind the ledger's back, its guards taken off first."""
    guards = ("event_no_update", "event_no_delete", "event_chain")
    taken_off = [f"DROP TRIGGER {guard}" for guard in guards]
    if not url.startswith("sqlite"):
        taken_off = ["ALTER TABLE event DISABLE TRIGGER USER"]
    directly(url, *taken_off, *statements)


def directly(url: str, *statements: str) -> None:
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


def test_a_new_ledger_is_empty_and_sound(ledger: Ledger) -> None:
    assert ledger.events() == []
    assert ledger.damaged() is None


def test_an_event_comes_back_as_it_was(ledger: Ledger) -> None:
    event = an_event(
        "waived",
        submission_id="a" * 64,
        district_code="964",
        payload={"rule": "X06", "finding_id": None, "until": "2020-12-31", "ghi chú": "Đầm Dơi"},
    )
    ledger.append([event])
    (found,) = ledger.events()
    assert found.id == 1
    assert {**vars(found), "id": 0} == vars(event)


def test_times_come_back_in_utc(ledger: Ledger) -> None:
    vietnam = dt.timezone(dt.timedelta(hours=7))
    ledger.append([an_event(at=dt.datetime(2020, 1, 5, 15, 30, tzinfo=vietnam))])
    (found,) = ledger.events()
    assert found.at == AT
    assert found.at.utcoffset() == dt.timedelta(0)


def test_events_keep_their_order_over_several_appends(ledger: Ledger) -> None:
    ledger.append([an_event(period="2020-01"), an_event(period="2020-02")])
    ledger.append([an_event(period="2020-03")])
    assert [(event.id, event.period) for event in ledger.events()] == [
        (1, "2020-01"),
        (2, "2020-02"),
        (3, "2020-03"),
    ]
    assert ledger.damaged() is None


def test_another_opening_of_the_same_url_sees_them(ledger: Ledger, url: str) -> None:
    ledger.append([an_event()])
    other = Ledger(url)
    assert [event.period for event in other.events()] == ["2019-12"]
    other.append([an_event(period="2020-01")])
    other.close()
    assert len(ledger.events()) == 2
    assert ledger.damaged() is None


class TestAllOrNothing:
    def test_a_time_without_zone_records_none_of_the_batch(self, ledger: Ledger) -> None:
        with pytest.raises(ValueError, match="time zone"):
            ledger.append([an_event(), an_event(at=AT.replace(tzinfo=None))])
        assert ledger.events() == []

    def test_a_payload_that_is_no_json_records_none_of_the_batch(self, ledger: Ledger) -> None:
        with pytest.raises(TypeError):
            ledger.append([an_event(), an_event(payload={"day": dt.date(2020, 1, 1)})])
        assert ledger.events() == []

    def test_a_row_that_the_database_refuses_records_none_of_the_batch(self, ledger: Ledger) -> None:
        with pytest.raises(sa.exc.IntegrityError):
            ledger.append([an_event(), an_event(reason=None)])
        assert ledger.events() == []

    def test_after_a_failure_the_next_batch_is_recorded(self, ledger: Ledger) -> None:
        with pytest.raises(ValueError):
            ledger.append([an_event(), an_event(at=AT.replace(tzinfo=None))])
        ledger.append([an_event()])
        assert len(ledger.events()) == 1
        assert ledger.damaged() is None

    def test_nothing_to_append_is_nothing_recorded(self, ledger: Ledger) -> None:
        ledger.append([])
        assert ledger.events() == []


@pytest.mark.parametrize("statement", ["UPDATE event SET reason = 'khác'", "DELETE FROM event"])
def test_an_event_can_neither_be_changed_nor_removed(ledger: Ledger, url: str, statement: str) -> None:
    ledger.append([an_event()])
    with pytest.raises(sa.exc.DBAPIError, match="only ever appended"):
        directly(url, statement)
    assert [event.reason for event in ledger.events()] == ["đủ hồ sơ"]


def test_an_event_that_does_not_follow_the_last_one_is_refused(ledger: Ledger, url: str) -> None:
    """As two writers would make it that know nothing of each other."""
    ledger.append([an_event(), an_event()])
    again = (
        'INSERT INTO event (at, kind, "by", reason, payload, previous_hash, hash) '
        "SELECT at, kind, \"by\", reason, payload, previous_hash, 'another' FROM event WHERE id = 2"
    )
    with pytest.raises(sa.exc.DBAPIError, match="hash of the last one"):
        directly(url, again)
    assert len(ledger.events()) == 2


class TestHashChain:
    @pytest.fixture(autouse=True)
    def three_events(self, ledger: Ledger) -> None:
        ledger.append([an_event(period=period) for period in ("2020-01", "2020-02", "2020-03")])

    @pytest.mark.parametrize(
        "change",
        [
            "reason = 'khác'",
            "\"by\" = 'người khác'",
            "at = '2021-01-05T08:30:00+00:00'",
            "payload = '{\"a\": 1}'",
            "period = NULL",
            "district_code = '964'",
            "kind = 'excused'",
            "submission_id = 'a'",
        ],
    )
    def test_a_changed_column_shows_at_its_event(self, ledger: Ledger, url: str, change: str) -> None:
        by_force(url, f"UPDATE event SET {change} WHERE id = 2")
        assert ledger.damaged() == 2

    def test_a_missing_event_shows_at_the_next_one(self, ledger: Ledger, url: str) -> None:
        by_force(url, "DELETE FROM event WHERE id = 2")
        assert ledger.damaged() == 3

    def test_two_events_that_changed_places_show(self, ledger: Ledger, url: str) -> None:
        swap = ("UPDATE event SET id = 9 WHERE id = 1", "UPDATE event SET id = 1 WHERE id = 2")
        by_force(url, *swap, "UPDATE event SET id = 2 WHERE id = 9")
        assert ledger.damaged() == 1

    def test_a_forged_first_hash_shows(self, ledger: Ledger, url: str) -> None:
        by_force(url, "UPDATE event SET previous_hash = 'abc' WHERE id = 1")
        assert ledger.damaged() == 1


@pytest.mark.parametrize("target", ["sqlite", "postgresql"])
def test_a_copy_keeps_ids_and_goes_on_after_the_last(
    ledger: Ledger, tmp_path: Path, target: str, postgresql: PostgresServer
) -> None:
    ledger.append([an_event()])
    with pytest.raises(sa.exc.IntegrityError):  # PostgreSQL does not give such a number again
        ledger.append([an_event(reason=None)])
    ledger.append([an_event(period="2020-01")])
    url = f"sqlite:///{tmp_path / 'copy.sqlite'}" if target == "sqlite" else postgresql.create(str(uuid.uuid4()))
    copy = Ledger(url)
    ledger.copy_to(copy)
    assert copy.events() == ledger.events()
    (added,) = copy.append([an_event(period="2020-02")])
    assert added.id == ledger.events()[-1].id + 1
    assert copy.damaged() is None
    with pytest.raises(ValueError, match="not empty"):
        ledger.copy_to(copy)
    copy.close()


EVENTS_EACH = 25


def append_many(url: str, name: str) -> None:
    ledger = Ledger(url)
    for number in range(EVENTS_EACH):
        ledger.append([an_event(by=name, reason=str(number)), an_event(by=name, reason=f"{number} b")])
    ledger.close()


def test_two_writers_at_once_lose_nothing(ledger: Ledger, url: str) -> None:
    """Each takes the last hash and its place in one transaction, or the chain would fork."""
    context = get_context("spawn")
    writers = [context.Process(target=append_many, args=(url, name)) for name in ("một", "hai")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert [writer.exitcode for writer in writers] == [0, 0]
    events = ledger.events()
    assert len(events) == 4 * EVENTS_EACH
    assert ledger.damaged() is None
    for name in ("một", "hai"):
        own = [event.reason for event in events if event.by == name]
        assert own == [text for number in range(EVENTS_EACH) for text in (str(number), f"{number} b")]
