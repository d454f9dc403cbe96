"""The other queries of the desk, on states made by hand."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ledger.events import Event, Ledger
from ledger.states import derive_state
from review.kept import Kept
from review.live import LiveLedger, extended
from review.queries.changes import finding_changes, previous_attempt, register_changes
from review.queries.history import audit_events, audit_page, slot_history
from review.queries.months import month_grid, queue
from review.queries.submission import allowed
from review.queries.waivers import waivers
from settings import Settings
from tasks.findings import finding, to_frame

TODAY = dt.date(2020, 2, 20)


def at(day: int, month: int = 1) -> dt.datetime:
    return dt.datetime(2020, month, day, 3, tzinfo=dt.UTC)


def received(name: str, when: dt.datetime) -> Event:
    return Event("received", when, submission_id=name, payload={"file_name": f"{name}.xlsx"})


def judged(name: str, verdict: str, when: dt.datetime, period: str = "2019-12", **more: Any) -> Event:
    inputs = {"previous": None, "waits": False}
    payload = {"verdict": verdict, "counts": {}, "inputs": inputs, "severities": {}, "kind": None} | more
    return Event("judged", when, submission_id=name, district_code="964", period=period, payload=payload)


def decision(kind: str, name: str, when: dt.datetime, **payload: Any) -> Event:
    return Event(kind, when, by="B", reason="vì thế", submission_id=name, payload=payload)


def numbered(*events: Event) -> list[Event]:
    return [Event(**(vars(event) | {"id": number})) for number, event in enumerate(events, start=1)]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path, ledger_url="", first_period="2019-12", last_period="2020-02")


STORY = numbered(
    received("a", at(5)),
    judged("a", "rejected", at(5)),
    received("b", at(20)),
    judged("b", "accepted", at(20)),
    received("c", at(12, 2)),
    judged("c", "held", at(12, 2), "2020-01"),
    received("d", at(13, 2)),
    Event(
        "judged",
        at(13, 2),
        submission_id="d",
        payload={"verdict": "unreadable", "counts": {"F01": 1}, "severities": {}, "inputs": {}},
    ),
)


def test_the_grid_says_what_became_of_every_slot(settings: Settings) -> None:
    grid = month_grid(settings, derive_state(STORY), TODAY)
    assert [month.period for month in grid.months] == ["2020-02", "2020-01", "2019-12"]
    assert ("964", "Thành phố Cà Mau") in grid.districts
    assert len(grid.districts) == 9
    february, january, december = (month.cells[0] for month in grid.months)
    assert february is not None
    assert (february.state, february.timeliness, february.submission_id) == ("expected", "due", None)
    assert january is not None
    # 31 January and ten days: it came on the 12th.
    assert (january.state, january.timeliness, january.due) == ("held", "late", dt.date(2020, 2, 10))
    assert december is not None
    assert (december.state, december.timeliness) == ("accepted", "on_time")
    assert (december.attempts, december.submission_id) == (2, "b")
    assert grid.months[2].totals == {
        "districts": 9,
        "received": 1,
        "late": 0,
        "rejected": 0,
        "held": 0,
        "accepted": 1,
        "superseded": 0,
        "missing": 8,
    }


def test_the_queue_holds_what_only_a_person_can_move_on(settings: Settings) -> None:
    waiting = queue(settings, derive_state(STORY), TODAY)
    # a was overtaken by b.
    assert [(one.submission.submission_id, one.why, one.days) for one in waiting] == [
        ("c", "held", 8),
        ("d", "unreadable", 7),
    ]
    returned = numbered(*STORY, decision("returned", "c", at(14, 2)), decision("returned", "d", at(14, 2)))
    assert queue(settings, derive_state(returned), TODAY) == []


def test_an_accepted_file_whose_past_changed_waits_for_a_look(settings: Settings) -> None:
    events = numbered(
        received("a", at(5)),
        judged("a", "accepted", at(5), "2019-12"),
        received("b", at(6, 2)),
        judged("b", "accepted", at(6, 2), "2020-01", inputs={"previous": "another", "waits": False}),
    )
    state = derive_state(events)
    assert [(one.submission.submission_id, one.why) for one in queue(settings, state, TODAY)] == [("b", "needs_look")]
    assert month_grid(settings, state, TODAY).months[1].cells[0].needs_look  # type: ignore[union-attr]


def test_decisions_fit_the_state() -> None:
    state = derive_state(STORY)
    assert {name: sorted(allowed(state, one)) for name, one in state.submissions.items()} == {
        "a": ["return"],
        "b": ["withdraw"],
        "c": ["accept", "return", "waive"],
        "d": ["return"],
    }


def test_a_slots_history_has_its_files_from_their_arrival(settings: Settings) -> None:
    excused = Event("excused", at(2), by="B", reason="bão", district_code="964", period="2019-12")
    closed = Event("closed", at(3), by="B", reason="hết hạn", period="2019-12")
    other = Event("excused", at(2), by="B", reason="bão", district_code="966", period="2019-12")
    events = numbered(*STORY, excused, closed, other)
    found = slot_history(events, derive_state(STORY), ("964", "2019-12"))
    assert [event.kind for event in found] == ["closed", "excused", "judged", "received", "judged", "received"]


def test_the_audit_log_is_searched_and_paged() -> None:
    events = numbered(*STORY, decision("returned", "c", at(14, 2)))
    assert [event.kind for event in audit_events(events, "decision")] == ["returned"]
    assert [event.submission_id for event in audit_events(events, "judged", "2020-01")] == ["c"]
    assert [event.kind for event in audit_events(events, "", "VÌ THẾ")] == ["returned"]
    page = audit_page(audit_events(events * 40), 99)
    assert (page.page, page.pages, page.matched) == (4, 4, 360)


def test_waivers_are_active_expired_or_no_longer_needed() -> None:
    counts = {"counts": {"H12": 2}}
    events = numbered(
        received("a", at(5)),
        judged("a", "held", at(5), **counts),
        decision("waived", "a", at(6), rule="H12", until="2020-03-01"),
        decision("waived", "a", at(7), rule="H12", until="2020-02-01"),
        decision("waived", "a", at(8), rule="H15", until="2020-03-01"),
        decision("waived", "a", at(9), rule="H12", until="2020-03-01", finding_id="gone"),
        decision("waived", "a", at(10), rule="H12", until="2020-03-01", finding_id="there"),
    )
    given = waivers(derive_state(events), TODAY, lambda _: frozenset({"there"}))
    assert [(one.waiver.rule, one.status, one.count) for one in given] == [
        ("H12", "active", 1),
        ("H12", "not_needed", 0),
        ("H15", "not_needed", 0),
        ("H12", "expired", 2),
        ("H12", "active", 2),
    ]


def test_findings_are_compared_by_household_wherever_its_row_has_moved() -> None:
    def some(*places: tuple[str, str, str | None]) -> pl.DataFrame:
        return to_frame(
            [
                finding("s", rule, {}, sheet="Hộ", column="persons", cell=cell, value="0", household_ref=household)
                for rule, cell, household in places
            ]
        )

    before = some(("H06", "K4", "x/1/1"), ("H06", "K5", "x/1/2"), ("C05", "E6", None), ("C05", "E7", None))
    now = some(("H06", "K9", "X/1/1"), ("C05", "E6", None), ("H07", "K4", "x/1/1"), ("H06", "K8", "x/1/1"))
    changes = finding_changes(before, now)
    assert changes.mended.get_column("cell").to_list() == ["K5", "E7"]
    assert sorted(changes.new.get_column("cell")) == ["K4", "K8"]
    assert changes.still.get_column("cell").to_list() == ["K9", "E6"]


def test_households_enter_leave_and_change() -> None:
    def register(**households: tuple[str, int | None]) -> pl.DataFrame:
        return pl.DataFrame(
            [
                {"household_key": key, "household_ref": key, "class": name, "persons": persons, "row": row}
                for row, (key, (name, persons)) in enumerate(households.items(), start=4)
            ],
            schema={
                "household_key": pl.String,
                "household_ref": pl.String,
                "class": pl.String,
                "persons": pl.Int64,
                "row": pl.Int32,
            },
        )

    before = register(stays=("N1", 4), left=("CN", 2), poorer=("CN", 3), grown=("N1", 3), unknown=("N1", None))
    now = register(grown=("N1", 5), entered=("N2", 1), stays=("N1", 4), poorer=("N1", 3), unknown=("N1", 6))
    changes = register_changes(before, pl.concat([now, now.head(1)]))
    assert changes.counts == {
        "entered": 1,
        "left": 1,
        "changed_class": 1,
        "changed_size": 1,
        "before": 5,
        "now": 6,
    }
    listed = {kind: table.get_column("household_ref").to_list() for kind, table in changes.tables.items()}
    assert listed == {"entered": ["entered"], "left": ["left"], "changed_class": ["poorer"], "changed_size": ["grown"]}
    assert changes.tables["changed_class"].row(0)[1:] == ("CN", "N1", 3, 3, 7)


def test_the_previous_attempt_is_the_file_before_of_the_slot() -> None:
    state = derive_state(STORY)
    before = previous_attempt(state, state.submissions["b"])
    assert before is not None
    assert before.submission_id == "a"
    assert previous_attempt(state, state.submissions["a"]) is None
    assert previous_attempt(state, state.submissions["d"]) is None


def test_a_state_grows_beside_the_one_that_is_being_read() -> None:
    before = derive_state(STORY)
    after = extended(before, numbered(*STORY, decision("returned", "c", at(14, 2)), received("e", at(15, 2)))[8:])
    assert (before.submissions["c"].state, after.submissions["c"].state) == ("held", "returned")
    assert (set(after.submissions) - set(before.submissions), before.position, after.position) == ({"e"}, 8, 10)
    assert after == derive_state(numbered(*STORY, decision("returned", "c", at(14, 2)), received("e", at(15, 2))))


def test_what_is_accepted_changes_only_in_the_state_that_has_grown() -> None:
    """Either state knows its own submissions, by the slot as in the list of all."""
    story = numbered(received("a", at(5)), judged("a", "accepted", at(5)))
    before = derive_state(story)
    later = numbered(*story, decision("withdrawn", "a", at(6)), decision("reopened", "a", at(6)))[2:]
    after = extended(before, later)
    again = extended(after, numbered(*story, *later, judged("a", "accepted", at(7)))[4:])
    slot = before.submissions["a"].slot
    assert slot is not None
    assert before.accepted(slot) is before.submissions["a"]
    assert after.accepted(slot) is None and after.accepted_of(slot[0]) == {}
    assert again.accepted(slot) is again.submissions["a"]


def test_the_live_ledger_reads_what_came_since(tmp_path: Path) -> None:
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    live = LiveLedger(ledger)
    assert live.now().events == ()
    ledger.append(STORY[:3])
    first = live.now()
    assert live.now() is first
    ledger.append(STORY[3:])
    assert live.now().state == derive_state(ledger.events())
    assert [event.kind for event in live.now().events] == [event.kind for event in STORY]
    assert len(first.events) == 3
    assert ledger.events(after=7) == ledger.events()[7:]
    assert live.intact()
    ledger.close()


def test_readers_of_the_live_ledger_never_see_half_of_a_change(tmp_path: Path) -> None:
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    live = LiveLedger(ledger)
    ledger.append([received("a", at(5)), judged("a", "held", at(5))])
    with ThreadPoolExecutor(8) as pool:
        seen = [pool.submit(live.now) for _ in range(50)]
        for _ in range(25):
            ledger.append(
                [decision("returned", "a", at(6)), decision("reopened", "a", at(6)), judged("a", "held", at(6))]
            )
            seen += [pool.submit(live.now) for _ in range(10)]
    for one in seen:
        known = one.result()
        assert known.state == derive_state(known.events)
        # Each append was one transaction.
        assert known.state.submissions["a"].state == "held"
    assert live.now().position == 77
    ledger.close()


def test_what_is_kept_is_bounded_and_the_least_used_goes_first() -> None:
    made: list[str] = []
    kept: Kept[str] = Kept(2)
    for key in ("a", "b", "a", "c", "a", "b"):
        assert kept.get(key, lambda key=key: (made.append(key), key.upper())[1]) == key.upper()  # type: ignore[misc]
    assert made == ["a", "b", "c", "b"]
