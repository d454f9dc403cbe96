"""Each district's month, when it was due and what became of it."""

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sample_year import run

from labels.table import STATES
from ledger.events import Event
from ledger.states import State, Submission
from settings import Settings
from tasks.calendar import Slot, calendar, calendar_object, state_on, summary
from terminal_calendar import cell, print_calendar

TODAY = dt.date(2020, 1, 22)
ON_TIME, LATE = dt.datetime(2020, 1, 5, 3, tzinfo=dt.UTC), dt.datetime(2020, 1, 15, 3, tzinfo=dt.UTC)
DISTRICT, PERIOD = "964", "2019-12"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path, last_period="2020-01")


def a_file(state: str, received_at: dt.datetime = ON_TIME, **changes: Any) -> Submission:
    values: dict[str, Any] = {"district_code": DISTRICT, "period": PERIOD, "decided_at": received_at}
    return Submission(f"{state} {received_at}", "a.xlsx", received_at, 1, state, **(values | changes))


def slot_of(settings: Settings, *files: Submission, today: dt.date = TODAY, **more: Any) -> Slot:
    state = State(submissions={one.submission_id: one for one in files}, **more)
    [slot] = calendar(settings, state, today, PERIOD, PERIOD, DISTRICT)
    return slot


def of(slot: Slot) -> tuple[str, str, int]:
    return slot.state, slot.timeliness, slot.days


def test_what_came_is_on_time_or_so_many_days_late(settings: Settings) -> None:
    assert of(slot_of(settings, a_file("accepted"))) == ("accepted", "on_time", 0)
    assert of(slot_of(settings, a_file("accepted", LATE))) == ("accepted", "late", 5)
    # 17:00 UTC on the 10th is the 11th in the province.
    evening = dt.datetime(2020, 1, 10, 17, tzinfo=dt.UTC)
    assert of(slot_of(settings, a_file("accepted", evening))) == ("accepted", "late", 1)


def test_what_did_not_come_is_missing_or_has_days_left(settings: Settings) -> None:
    assert of(slot_of(settings)) == ("expected", "missing", 12)
    assert of(slot_of(settings, today=dt.date(2020, 1, 10))) == ("expected", "due", 0)
    assert of(slot_of(settings, today=dt.date(2020, 1, 3))) == ("expected", "due", 7)


def test_what_is_open_says_since_when(settings: Settings) -> None:
    slot = slot_of(settings, a_file("held", decided_at=dt.datetime(2020, 1, 20, 18, tzinfo=dt.UTC)))
    assert (of(slot), slot.since) == (("held", "on_time", 0), dt.date(2020, 1, 21))


def test_the_first_file_counts_for_the_day_and_the_one_that_stands_for_the_state(settings: Settings) -> None:
    slot = slot_of(settings, a_file("rejected"), a_file("accepted", LATE))
    assert (of(slot), slot.files, slot.corrected, slot.since) == (("accepted", "on_time", 0), 2, 0, LATE.date())


def test_a_correction_is_counted(settings: Settings) -> None:
    slot = slot_of(settings, a_file("superseded"), a_file("accepted", LATE))
    assert (slot.corrected, cell(slot)) == (1, "✓*")


def test_an_excused_month_is_neither_late_nor_missing(settings: Settings) -> None:
    excused = {(DISTRICT, PERIOD): Event("excused", LATE)}
    slot = slot_of(settings, excused=excused)
    assert (of(slot), slot.since, cell(slot)) == (("excused", "excused", 0), LATE.date(), "miễn")


def test_a_month_is_summed_up(settings: Settings) -> None:
    files = [
        a_file("accepted"),
        a_file("accepted", LATE, district_code="966"),
        a_file("held", LATE, district_code="967"),
        a_file("rejected", district_code="968"),
    ]
    slots = calendar(settings, State(submissions={str(at): one for at, one in enumerate(files)}), TODAY)
    found = calendar_object(slots, TODAY)
    december, january = found["months"]
    assert december == {
        "period": PERIOD,
        "due": dt.date(2020, 1, 10),
        "districts": 9,
        "accepted": 2,
        "on_time": 2,
        "late": 2,
        "corrected": 0,
        "open": 2,
        "excused": 0,
        "missing": 5,
        "due_later": 0,
    }
    assert (january["due_later"], january["missing"]) == (9, 0)
    [own] = [row for row in found["districts"] if row["district_code"] == "966"]
    assert (own["accepted"], own["late"], own["due_later"]) == (1, 1, 1)
    assert summary(slots)["districts"] == len(found["slots"]) == 18


def test_as_of_a_day_only_what_was_recorded_by_then_counts() -> None:
    at = [dt.datetime(2020, 1, day, 3, tzinfo=dt.UTC) for day in (4, 5, 6)]
    judged = {"verdict": "rejected", "severities": {}}
    events = [
        # Recorded first, but it arrived last.
        Event("received", at[2], submission_id="b", payload={"file_name": "b"}, id=1),
        Event("judged", at[1], submission_id="b", district_code="966", period=PERIOD, payload=judged, id=2),
        Event("received", at[0], submission_id="a", payload={"file_name": "a"}, id=3),
        Event("judged", at[1], submission_id="a", district_code=DISTRICT, period=PERIOD, payload=judged, id=4),
        Event("excused", at[2], district_code="967", period=PERIOD, id=5),
    ]

    def known(day: int) -> dict[str, str]:
        state = state_on(events, dt.date(2020, 1, day), "Asia/Ho_Chi_Minh")
        return {one.submission_id: one.state for one in state.submissions.values()}

    assert [known(3), known(4), known(5)] == [{}, {"a": "received"}, {"a": "rejected"}]
    assert set(known(6)) == {"a", "b"}


def test_nine_districts_and_thirteen_months_fit_into_a_hundred_columns(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever a slot says: every kind of cell stands in every column."""
    settings = Settings(data=tmp_path)
    slots = calendar(settings, State(), dt.date(2020, 12, 31))
    kinds = [(state, "late") for state in STATES if state not in ("unreadable", "excused", "expected")]
    kinds += [("excused", "excused"), ("expected", "missing"), ("expected", "due")]
    longest = {"days": 345, "since": TODAY, "corrected": 1}
    filled = []
    for at, slot in enumerate(slots):
        state, timeliness = kinds[at // 9 % len(kinds)]
        filled.append(replace(slot, state=state, timeliness=timeliness, **longest))  # type: ignore[arg-type]
    print_calendar(filled, TODAY)
    lines = capsys.readouterr().out.splitlines()
    assert max(len(line.rstrip()) for line in lines) <= 100
    assert [line.split()[0] for line in lines if line.startswith("20")] == list(dict.fromkeys(s.period for s in slots))
    for words in ("✓ +345*", "thiếu345", "còn 345", "giữ22/01", "lỗi22/01", "miễn"):
        assert any(line.count(words) == 9 for line in lines)
    legend = " ".join(lines[lines.index(next(line for line in lines if line.startswith("✓ chấp nhận"))) :])
    assert f"giữ DD/MM: {STATES['held'].vi} từ ngày ấy" in legend


def test_the_command_shows_a_day_of_the_past(tmp_path: Path) -> None:
    shown = run(tmp_path, "calendar", "--to", "2020-01", "--as-of", "2020-01-22").stdout
    assert "Lịch báo cáo đến ngày 22/01/2020" in shown
    assert (shown.count("thiếu 12"), shown.count("còn 19")) == (9, 9)
    assert "đúng dạng YYYY-MM-DD" in run(tmp_path, "calendar", "--as-of", "hôm nay", expect=2).stderr
