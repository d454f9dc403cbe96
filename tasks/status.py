"""Which district owes what, and what became of what came."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from ledger.states import ACCEPTED, EXCUSED, EXPECTED, State, Submission
from plan.reference import districts, period_end, periods_between
from settings import Settings
from tasks.cross import cross_counts
from tasks.judging import needs_look
from tasks.timeliness import arrived_on, on_time

_USABLE = ("accepted", "superseded", "held", "waiting")
# Of several files for a slot, the one that says most about it stands for the slot.
_RANK = ("accepted", "held", "waiting", "received", "rejected", "returned", "withdrawn", "superseded", "unreadable")


def due_date(settings: Settings, period: str) -> dt.date:
    """The day by which a month's workbook is due: the same number of days after each month, or the month's own."""
    return settings.due_dates.get(period) or period_end(period) + dt.timedelta(days=settings.due_days)


def expected_periods(settings: Settings, state: State, today: dt.date) -> list[str]:
    """The months that every district owes: from the start of the registers to the current one, plan or no plan.

    They end earlier where the districts' duty ended (`last_period`, or there are no districts any more), and later
    where a usable file came for a later month.
    """
    later = [one.period for one in state.submissions.values() if one.period and one.state in _USABLE]
    current = f"{today:%Y-%m}"
    owed = min(current, settings.last_period or current)
    months = periods_between(settings.first_period, max([settings.first_period, owed, *later]))
    return [month for month in months if districts(month)]


def status_rows(settings: Settings, state: State, today: dt.date, period: str | None = None) -> list[dict[str, Any]]:
    """One object per submission and one per slot without any (contract, section 5), oldest period first.

    Besides the contract's keys: `file_name`, `needs_look` for an accepted file whose earlier month changed, and
    `version`, the last event that concerns the submission. `on_time` is the slot's: a correction of a report that came
    in time is in time, too.
    """
    shared = cross_counts(settings.judgements, state, period)
    by_slot = files_by_slot(state)
    in_time = slots_on_time(settings, state, by_slot, today)

    def row(submission: Submission) -> dict[str, Any]:
        return _row(settings, state, submission, shared[submission.submission_id], in_time.get(submission.slot))

    rows = [row(one) for one in state.submissions.values() if period is None and not one.slot]
    expected = expected_periods(settings, state, today)
    for month in [period] if period else expected:
        due = due_date(settings, month)
        for unit in districts(month):
            here = by_slot.pop((unit.code, month), [])
            rows += map(row, here)
            if not here and month in expected:
                name, _ = slot_state(state, (unit.code, month), here)
                rows.append(
                    {
                        "period": month,
                        "district_code": unit.code,
                        "state": name,
                        "submission_id": None,
                        "received_at": None,
                        "due": due.isoformat(),
                        "on_time": on_time(name, due, None, today),
                        "findings": {"critical": 0, "warning": 0, "info": 0},
                        "file_name": None,
                        "needs_look": False,
                        "version": None,
                    }
                )
    if period is None:
        for left in by_slot.values():  # before the baseline, or of a district that was none then
            rows += map(row, left)
    return rows


def files_by_slot(state: State) -> dict[tuple[str, str], list[Submission]]:
    """(district, period) → its files; those whose cover could not be read have none."""
    found: dict[tuple[str, str], list[Submission]] = {}
    for submission in state.submissions.values():
        if submission.slot:
            found.setdefault(submission.slot, []).append(submission)
    return found


def slots_on_time(
    settings: Settings,
    state: State,
    by_slot: Mapping[tuple[str, str], list[Submission]],
    today: dt.date | None = None,
) -> dict[tuple[str, str] | None, bool | None]:
    """Whether each slot that has a file was served in time (tasks/timeliness.py)."""
    found: dict[tuple[str, str] | None, bool | None] = {}
    for slot, here in by_slot.items():
        name, _ = slot_state(state, slot, here)
        found[slot] = on_time(name, due_date(settings, slot[1]), arrived_on(here, settings.timezone), today)
    return found


def _row(settings: Settings, state: State, submission: Submission, shared: int, in_time: bool | None) -> dict[str, Any]:
    due = due_date(settings, submission.period) if submission.period else None
    received = submission.received_at.astimezone(ZoneInfo(settings.timezone))
    return {
        "period": submission.period,
        "district_code": submission.district_code,
        "state": submission.state,
        "submission_id": submission.submission_id,
        "received_at": received.isoformat(timespec="seconds"),
        "due": due.isoformat() if due else None,
        "on_time": in_time,
        "findings": {
            "critical": submission.counts("critical"),
            "warning": submission.counts("warning") + shared,
            "info": submission.counts("info"),
        },
        "file_name": submission.file_name,
        "needs_look": needs_look(state, submission, settings.first_period),
        "version": submission.version,
    }


def slot_rows(settings: Settings, state: State, periods: Iterable[str]) -> list[dict[str, Any]]:
    """One row per slot of these months (YYYY-MM).

    Keys: period, district_code, state, accepted_submission_id, due, received_on, on_time.
    """
    by_slot = files_by_slot(state)
    rows = []
    for month in periods:
        for unit in districts(month):
            slot = (unit.code, month)
            here = by_slot.get(slot, [])
            name, one = slot_state(state, slot, here)
            due, arrived = due_date(settings, month), arrived_on(here, settings.timezone)
            rows.append(
                {
                    "period": period_end(month),
                    "district_code": unit.code,
                    "state": name,
                    "accepted_submission_id": one.submission_id if one and name == ACCEPTED else None,
                    "due": due,
                    "received_on": arrived,
                    "on_time": on_time(name, due, arrived),
                }
            )
    return rows


def is_settled(slot: dict[str, Any], today: dt.date) -> bool:
    """Whether nothing is missing or wrong in a slot (a row of `slot_rows`); one that is not due yet may be silent."""
    return slot["state"] in (ACCEPTED, EXCUSED) or (slot["state"] == EXPECTED and today <= slot["due"])


def slot_state(state: State, slot: tuple[str, str], here: list[Submission]) -> tuple[str, Submission | None]:
    """What a slot stands at, and the file that says most about it; `here` are all files for the slot.

    An excused slot stays so until a file of it is accepted. Of several files in one state the last received counts.
    """
    best = min(here, key=lambda one: (_RANK.index(one.state), -one.order), default=None)
    if slot in state.excused and (best is None or best.state != ACCEPTED):
        return EXCUSED, best
    return (best.state, best) if best else (EXPECTED, None)
