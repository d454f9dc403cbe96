"""The calendar: for each district and month the day it was due and what became of it."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any
from zoneinfo import ZoneInfo

from ledger.events import Event
from ledger.states import ACCEPTED, EXCUSED, SUPERSEDED, State, Submission, extend_state
from plan.reference import districts
from settings import Settings
from tasks.status import due_date, expected_periods, slot_state
from tasks.timeliness import DUE, LATE, MISSING, ON_TIME, arrived_on, timeliness


@dataclass(frozen=True)
class Slot:
    """A district's month.

    `state` is as in `giamngheo status`, of the file that says most about the slot, and `since` the day it came to it.
    `timeliness` is on_time or late (the first file that could be opened, whatever became of it), missing (overdue and
    nothing came), due (nothing came, the day is not over) or excused; `days` is how many it was late, is overdue or has
    left.
    `corrected` counts the files that stood for the slot before the one that stands now.
    """

    period: str
    district_code: str
    due: dt.date
    state: str
    since: dt.date | None
    timeliness: str
    days: int
    received_on: dt.date | None
    corrected: int
    files: int
    submission_id: str | None


def state_on(events: Iterable[Event], day: dt.date, timezone: str) -> State:
    """What was known at the end of a day: the state after every event that is dated until then."""
    zone = ZoneInfo(timezone)
    state = State()
    for event in events:
        if event.at.astimezone(zone).date() > day:
            continue
        # An event of a file that arrived later belongs to a later day, too.
        if event.submission_id in (None, *state.submissions) or event.kind == "received":
            extend_state(state, [event])
    return state


def calendar(
    settings: Settings,
    state: State,
    today: dt.date,
    first: str | None = None,
    last: str | None = None,
    district: str | None = None,
) -> list[Slot]:
    """Every expected slot from `first` to `last` (YYYY-MM), or of one district, oldest month first."""
    by_slot: dict[tuple[str, str], list[Submission]] = {}
    for submission in state.submissions.values():
        if submission.slot:
            by_slot.setdefault(submission.slot, []).append(submission)
    return [
        _slot(settings, state, (unit.code, period), by_slot.get((unit.code, period), []), today)
        for period in expected_periods(settings, state, today)
        if (first or period) <= period <= (last or period)
        for unit in districts(period)
        if district in (None, unit.code)
    ]


def _slot(settings: Settings, state: State, slot: tuple[str, str], here: list[Submission], today: dt.date) -> Slot:
    zone = ZoneInfo(settings.timezone)
    due = due_date(settings, slot[1])
    name, submission = slot_state(state, slot, here)
    received_on = arrived_on(here, settings.timezone)
    at = state.excused[slot].at if name == EXCUSED else submission and (submission.decided_at or submission.received_at)
    kind, days = timeliness(name, due, received_on, today)
    return Slot(
        period=slot[1],
        district_code=slot[0],
        due=due,
        state=name,
        since=at.astimezone(zone).date() if at else None,
        timeliness=kind,
        days=days,
        received_on=received_on,
        corrected=sum(one.state == SUPERSEDED for one in here) if name == ACCEPTED else 0,
        files=len(here),
        submission_id=submission.submission_id if submission else None,
    )


def summary(slots: Iterable[Slot]) -> dict[str, int]:
    """How many slots there are, and how many of each kind.

    Keys: districts (slots in all), accepted, on_time, late, corrected, open (came and is not accepted), excused,
    missing, due_later (nothing came yet, and the day is not over).
    """
    mine = list(slots)
    came = [slot for slot in mine if slot.timeliness in (ON_TIME, LATE)]
    of = {kind: sum(slot.timeliness == kind for slot in mine) for kind in (ON_TIME, LATE, EXCUSED, MISSING, DUE)}
    return {
        "districts": len(mine),
        "accepted": sum(slot.state == ACCEPTED for slot in mine),
        "on_time": of[ON_TIME],
        "late": of[LATE],
        "corrected": sum(slot.corrected > 0 for slot in mine),
        "open": sum(slot.state != ACCEPTED for slot in came),
        "excused": of[EXCUSED],
        "missing": of[MISSING],
        "due_later": of[DUE],
    }


def calendar_object(slots: list[Slot], today: dt.date) -> dict[str, Any]:
    """The calendar as JSON knows it: `as_of`, `slots`, and a summary for each of `months` and `districts`."""
    months = {slot.period: slot.due for slot in slots}
    codes = dict.fromkeys(slot.district_code for slot in slots)
    return {
        "as_of": today,
        "slots": [asdict(slot) for slot in slots],
        "months": [
            {"period": period, "due": due} | summary(slot for slot in slots if slot.period == period)
            for period, due in months.items()
        ],
        "districts": [
            {"district_code": code} | summary(slot for slot in slots if slot.district_code == code) for code in codes
        ],
    }
