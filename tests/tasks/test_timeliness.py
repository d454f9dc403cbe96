"""Late is the first arrival, and everybody who says so says the same."""

import datetime as dt
from itertools import product
from pathlib import Path

import pytest

from ledger.events import Event
from ledger.states import EXCUSED, RECEIVED, State, Submission
from review.queries.months import month_grid
from settings import Settings
from tasks.calendar import calendar, summary
from tasks.inputs import build_inputs
from tasks.notices import late_notices
from tasks.status import slot_rows, status_rows

DISTRICT, PERIOD = "964", "2019-12"
SLOT = (DISTRICT, PERIOD)
TODAY = dt.date(2020, 1, 22)
IN_TIME, TOO_LATE = dt.datetime(2020, 1, 5, 3, tzinfo=dt.UTC), dt.datetime(2020, 1, 15, 3, tzinfo=dt.UTC)
# What becomes of a first file, and of the one after it.
FIRST = ("superseded", "rejected", "returned", "withdrawn", "held", "waiting")
SECOND = ("accepted", "rejected", "held")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path, last_period="2019-12")


def a_file(name: str, order: int, state: str, at: dt.datetime, verdict: str = "") -> Submission:
    judgement = {"verdict": verdict or state, "inputs": {}}
    return Submission(name, "a.xlsx", at, order, state, DISTRICT, PERIOD, decided_at=at, judgement=judgement)


def said(settings: Settings, state: State) -> set[bool | None]:
    """What each source says of the slot, as a yes or no: more than one answer is a contradiction."""
    [slot] = calendar(settings, state, TODAY, district=DISTRICT)
    counted = summary([slot])
    cell = next(
        cell for cell in month_grid(settings, state, TODAY).months[0].cells if cell and cell.district_code == DISTRICT
    )
    answers = {"on_time": True, "late": False, "missing": False, "excused": None}
    [row] = [row for row in slot_rows(settings, state, [PERIOD]) if row["district_code"] == DISTRICT]
    told = any(DISTRICT in notice.key for notice in late_notices(settings, state, TODAY))
    assert told == (slot.timeliness == "missing")
    assert (counted["late"], counted["on_time"]) == (slot.timeliness == "late", slot.timeliness == "on_time")
    found = {answers[slot.timeliness], answers[cell.timeliness]}
    found |= {one["on_time"] for one in status_rows(settings, state, TODAY) if one["district_code"] == DISTRICT}
    if slot.timeliness != "missing":  # a warehouse knows no today
        found.add(row["on_time"])
    return found


@pytest.mark.parametrize(("first", "second"), product(FIRST, SECOND))
def test_the_first_file_decides(settings: Settings, first: str, second: str) -> None:
    for at, expected in ((IN_TIME, True), (TOO_LATE, False)):
        files = [a_file("a", 1, first, at), a_file("b", 2, second, TOO_LATE + dt.timedelta(days=1))]
        assert said(settings, State(submissions={one.submission_id: one for one in files})) == {expected}


def test_a_file_that_could_not_be_opened_is_no_arrival(settings: Settings) -> None:
    broken = a_file("a", 1, "returned", IN_TIME, verdict="unreadable")
    good = a_file("b", 2, "accepted", TOO_LATE)
    assert said(settings, State(submissions={"a": broken})) == {False}
    assert said(settings, State(submissions={"a": broken, "b": good})) == {False}


def test_an_excused_slot_is_neither(settings: Settings) -> None:
    excused = {SLOT: Event(EXCUSED, IN_TIME)}
    assert said(settings, State(excused=excused)) == {None}
    assert said(settings, State(submissions={"a": a_file("a", 1, "rejected", TOO_LATE)}, excused=excused)) == {None}


def test_a_file_that_waits_to_be_judged_has_arrived(settings: Settings) -> None:
    file = a_file("a", 1, RECEIVED, IN_TIME)
    file.judgement = None
    assert said(settings, State(submissions={"a": file})) == {True}


def test_the_warehouse_is_told_the_same_of_every_file_of_a_slot(settings: Settings) -> None:
    settings.judgements.mkdir(parents=True)
    files = {
        "a" * 64: a_file("a" * 64, 1, "rejected", IN_TIME),
        "b" * 64: a_file("b" * 64, 2, "rejected", TOO_LATE),
    }
    for file in files.values():
        file.judgement = None
    inputs = build_inputs(settings, State(submissions=files), PERIOD)
    assert inputs.submissions["on_time"].to_list() == [True, True]
    [slot] = inputs.slots.filter(inputs.slots["district_code"] == DISTRICT).to_dicts()
    assert (slot["received_on"], slot["on_time"]) == (dt.date(2020, 1, 5), True)
