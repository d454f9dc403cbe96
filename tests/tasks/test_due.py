"""What the schedule may publish on a day, and what calendar, status, reminders and doctor say when the plan is over."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from ledger.events import Event
from ledger.states import State, derive_state
from plan.reference import districts, next_period, period_end, periods_between, plan
from review.queries.months import month_grid
from settings import Settings
from tasks.calendar import calendar
from tasks.due import is_published, what_is_due
from tasks.notices import late_notices
from tasks.reminders import reminders
from tasks.silence import Silence, silences, without_silent_months
from tasks.status import due_date, expected_periods, is_settled, slot_rows, status_rows
from watch import upkeep

FIRST, END = plan().baseline_period, plan().last_period
AFTER, LATER = next_period(END), next_period(END, 2)
CODES = [unit.code for unit in districts(FIRST)]
NINE = len(CODES)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path, ledger_url="", _env_file=None)  # type: ignore[call-arg]


class Story:
    """A ledger's events of files that came and were accepted at once, and of releases."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def accept(self, period: str, codes: list[str], day: dt.date | None = None, version: str = "") -> None:
        at = dt.datetime.combine(day or period_end(period) + dt.timedelta(days=4), dt.time(3), dt.UTC)
        for code in codes:
            name = f"{period} {code} {version}"
            self._add("received", at, submission_id=name, payload={"file_name": name})
            payload = {"verdict": "accepted", "inputs": {}, "counts": {}, "severities": {}, "findings": "x"}
            self._add("judged", at, submission_id=name, district_code=code, period=period, payload=payload)
            if version:
                self._add("superseded", at, submission_id=f"{period} {code} ")

    def publish(self, period: str, kind: str = "published", **more: Any) -> None:
        at = dt.datetime.combine(period_end(period), dt.time(3), dt.UTC)
        release = f"{period}-{len(self.events):012d}"
        self._add(kind, at, payload={"release_id": release, "as_of": period, "position": len(self.events)} | more)

    def _add(self, kind: str, at: dt.datetime, **more: Any) -> None:
        self.events.append(Event(kind, at, id=len(self.events) + 1, **more))

    @property
    def state(self) -> State:
        return derive_state(self.events)


@pytest.fixture
def year() -> Story:
    """Every district accepted for every month of the plan, which is published."""
    story = Story()
    for period in periods_between(FIRST, END):
        story.accept(period, CODES)
    story.publish(END)
    return story


def due(settings: Settings, story: Story, day: dt.date) -> str | None:
    return what_is_due(settings, story.state, day).as_of


def test_a_month_waits_for_its_day_or_its_last_acceptance(settings: Settings, year: Story) -> None:
    last_day = due_date(settings, AFTER)
    year.accept(AFTER, CODES[:-1])
    assert due(settings, year, last_day) == END
    assert due(settings, year, last_day + dt.timedelta(days=1)) == AFTER
    year.accept(AFTER, CODES[-1:])
    assert due(settings, year, last_day - dt.timedelta(days=3)) == AFTER


def test_an_excused_district_is_not_waited_for(settings: Settings, year: Story) -> None:
    year.accept(AFTER, CODES[1:])
    excused = dt.datetime.combine(period_end(AFTER), dt.time(3), dt.UTC)
    year._add("excused", excused, district_code=CODES[0], period=AFTER)
    assert due(settings, year, period_end(AFTER) + dt.timedelta(days=5)) == AFTER


def test_the_due_day_of_a_single_month_counts(settings: Settings, year: Story) -> None:
    tet = due_date(settings, AFTER) + dt.timedelta(days=7)
    later = settings.model_copy(update={"due_dates": {AFTER: tet}})
    year.accept(AFTER, CODES[:2])
    assert [due(later, year, tet + dt.timedelta(days=days)) for days in (-3, 0, 1)] == [END, END, AFTER]


def test_no_month_is_published_before_an_earlier_one_is_ready(settings: Settings, year: Story) -> None:
    odd = settings.model_copy(update={"due_dates": {AFTER: due_date(settings, LATER) + dt.timedelta(days=9)}})
    year.accept(AFTER, CODES[:4])
    year.accept(LATER, CODES)
    assert due(odd, year, due_date(settings, LATER) + dt.timedelta(days=2)) == END


def test_what_is_corrected_or_comes_late_is_published_by_the_next_run(settings: Settings, year: Story) -> None:
    assert is_published(settings, year.state, END)
    year.accept(END, CODES[:1], period_end(LATER), version="2")
    assert due(settings, year, period_end(LATER)) == END
    assert not is_published(settings, year.state, END)


def test_a_month_published_by_hand_before_its_day_is_kept_up_to_date(settings: Settings, year: Story) -> None:
    year.accept(AFTER, CODES[:1])
    year.publish(AFTER)
    assert due(settings, year, period_end(AFTER) + dt.timedelta(days=5)) == AFTER


@pytest.mark.parametrize("back", ["rolled_back", "published"])
def test_readers_who_were_put_back_by_hand_are_left_there_until_something_is_new(
    settings: Settings, year: Story, back: str
) -> None:
    today = due_date(settings, END) + dt.timedelta(days=2)
    year.publish(next_period(END, -1), back)
    found = what_is_due(settings, year.state, today)
    assert found.as_of is None
    assert "chưa có gì mới" in found.why
    year.accept(END, CODES[:1], version="2")
    assert due(settings, year, today) == END
    # Nobody was put back by a release that was published beside theirs.
    beside = Story()
    beside.events = year.events[:-3][:-1]
    beside.publish(next_period(END, -1), current=False)
    assert due(settings, beside, today) == END


def test_nothing_to_publish_says_why(settings: Settings) -> None:
    story = Story()
    assert what_is_due(settings, story.state, period_end(FIRST)).why == "chưa có tệp nào được chấp nhận"
    story.accept(FIRST, CODES[:2])
    why = what_is_due(settings, story.state, due_date(settings, FIRST)).why
    assert why == f"kỳ 12/2019 còn {NINE - 2} huyện chưa được chấp nhận và chưa hết hạn (10/01/2020)"


@pytest.mark.parametrize("today", [period_end(month) for month in periods_between(END, next_period(END, 13))])
def test_the_calendar_goes_on_month_by_month(
    settings: Settings, year: Story, today: dt.date, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the last day of each month, with everything accepted to the plan's end and nothing after."""
    state, current = year.state, f"{today:%Y-%m}"
    owed = periods_between(AFTER, current) if current >= AFTER else []
    overdue = [period for period in owed if today > due_date(settings, period)]
    assert expected_periods(settings, state, today)[-1] == current

    rows = status_rows(settings, state, today)
    silent = [row for row in rows if row["state"] == "expected"]
    assert [row["period"] for row in silent] == [period for period in owed for _ in CODES]
    assert {row["period"] for row in silent if row["on_time"] is False} == set(overdue)
    shown, said = without_silent_months(rows)
    assert {row["period"] for row in shown} == set(periods_between(FIRST, END))
    assert (said == "") == (owed == [])
    assert ("(quá hạn)" in said) == bool(overdue)
    settled = [slot for slot in slot_rows(settings, state, owed) if not is_settled(slot, today)]
    assert len(settled) == NINE * len(overdue)

    slots = [slot for slot in calendar(settings, state, today) if slot.period > END]
    assert [slot.timeliness for slot in slots] == [
        "missing" if period in overdue else "due" for period in owed for _ in CODES
    ]
    grid = month_grid(settings, state, today)
    assert [month.period for month in grid.months] == periods_between(FIRST, current)[::-1]
    assert grid.latest_heard().period == END
    folded = [line for line in grid.lines() if isinstance(line, Silence)]
    assert folded == ([Silence(overdue[0], overdue[-1], len(overdue))] if len(overdue) > 3 else [])

    lately = [period for period in overdue if today <= due_date(settings, period) + dt.timedelta(days=31)]
    told, by_district = reminders(settings, state, today)
    assert {notice.key.split()[1] for notice in told} == set(lately)
    assert set(by_district) == (set(CODES) if lately else set())
    assert len(late_notices(settings, state, today)) == NINE * len(lately)

    assert what_is_due(settings, state, today).as_of == END


def test_the_districts_duty_may_end_and_districts_too(settings: Settings, year: Story) -> None:
    ended = settings.model_copy(update={"last_period": AFTER})
    assert expected_periods(ended, year.state, dt.date(2021, 6, 1))[-1] == AFTER
    assert expected_periods(settings, year.state, dt.date(2019, 3, 1))[-1] == END
    gone = expected_periods(settings, year.state, dt.date(2026, 3, 1))
    assert districts(gone[-1]) and not districts(next_period(gone[-1]))


def test_the_doctor_says_whether_what_was_due_is_published(settings: Settings, year: Story) -> None:
    [line] = upkeep.schedule(settings, year.state)
    assert (line.mark, line.says) == ("ok", "Đã công bố những gì đến hạn (đến kỳ 12/2020).")
    year.accept(AFTER, CODES[:3])
    [line] = upkeep.schedule(settings, year.state)
    assert (line.mark, line.check) == ("warning", "schedule")
    assert "đến kỳ 01/2021" in line.says and "giamngheo publish-due" in line.way
    year.accept(LATER, CODES[:3], dt.datetime.now(dt.UTC).date())
    [line] = upkeep.schedule(settings, Story().state)
    assert (line.mark, line.says) == ("ok", "Theo lịch chưa công bố gì: chưa có tệp nào được chấp nhận.")


def test_runs_of_silent_months() -> None:
    months = periods_between("2021-01", "2021-12")
    heard = {"2021-02", "2021-07"}
    assert silences(months, lambda period: period not in heard) == [
        Silence("2021-03", "2021-06", 4),
        Silence("2021-08", "2021-12", 5),
    ]
    assert silences(months, lambda period: period not in heard, most_shown=0)[0] == Silence("2021-01", "2021-01", 1)
