"""Which district owes what, and what became of what came."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from ledger.states import ACCEPTED, EXCUSED, EXPECTED, State, Submission
from plan.reference import districts, period_end, periods_between
from settings import Settings
from tasks.cross import cross_counts
from tasks.judging import needs_look

_USABLE = ("accepted", "superseded", "held", "waiting")
# Of several files for a slot, the one that says most about it stands for the slot.
_RANK = ("accepted", "held", "waiting", "received", "rejected", "returned", "withdrawn", "superseded", "unreadable")


def due_date(settings: Settings, period: str) -> dt.date:
    """The day by which a month's workbook is due: the same number of days after each month, or the month's own."""
    return settings.due_dates.get(period) or period_end(period) + dt.timedelta(days=settings.due_days)


def expected_periods(settings: Settings, state: State) -> list[str]:
    """The months that are due: from the baseline to the last planned one, and on where a usable file came later."""
    later = [one.period for one in state.submissions.values() if one.period and one.state in _USABLE]
    last = max([settings.last_period, *later])
    return periods_between(settings.first_period, last)


def status_rows(settings: Settings, state: State, today: dt.date, period: str | None = None) -> list[dict[str, Any]]:
    """One object per submission and one per slot without any (contract, section 5), oldest period first.

    Besides the contract's keys: `file_name`, `needs_look` for an accepted file whose earlier month changed, and
    `version`, the last event that concerns the submission.
    """
    rows = []
    shared = cross_counts(settings.judgements, state, period)
    by_slot: dict[tuple[str, str], list[Submission]] = {}
    for submission in state.submissions.values():
        if submission.slot:
            by_slot.setdefault(submission.slot, []).append(submission)
        elif period is None:
            rows.append(_row(settings, state, submission, shared[submission.submission_id]))
    expected = expected_periods(settings, state)
    for month in [period] if period else expected:
        due = due_date(settings, month)
        for unit in districts(month):
            here = by_slot.pop((unit.code, month), [])
            rows += [_row(settings, state, submission, shared[submission.submission_id]) for submission in here]
            if not here and month in expected:
                excused = (unit.code, month) in state.excused
                rows.append(
                    {
                        "period": month,
                        "district_code": unit.code,
                        "state": EXCUSED if excused else EXPECTED,
                        "submission_id": None,
                        "received_at": None,
                        "due": due.isoformat(),
                        "on_time": False if today > due and not excused else None,
                        "findings": {"critical": 0, "warning": 0, "info": 0},
                        "file_name": None,
                        "needs_look": False,
                        "version": None,
                    }
                )
    if period is None:
        for left in by_slot.values():  # before the baseline, or of a district that was none then
            rows += [_row(settings, state, submission, shared[submission.submission_id]) for submission in left]
    return rows


def _row(settings: Settings, state: State, submission: Submission, shared: int) -> dict[str, Any]:
    due = due_date(settings, submission.period) if submission.period else None
    received = submission.received_at.astimezone(ZoneInfo(settings.timezone))
    return {
        "period": submission.period,
        "district_code": submission.district_code,
        "state": submission.state,
        "submission_id": submission.submission_id,
        "received_at": received.isoformat(timespec="seconds"),
        "due": due.isoformat() if due else None,
        "on_time": received.date() <= due if due else None,
        "findings": {
            "critical": submission.counts("critical"),
            "warning": submission.counts("warning") + shared,
            "info": submission.counts("info"),
        },
        "file_name": submission.file_name,
        "needs_look": needs_look(state, submission, settings.first_period),
        "version": submission.version,
    }


def slot_rows(settings: Settings, state: State) -> list[dict[str, Any]]:
    """One row per expected slot: period, district_code, state, accepted_submission_id, due."""
    by_slot: dict[tuple[str, str], list[Submission]] = {}
    for submission in state.submissions.values():
        if submission.slot:
            by_slot.setdefault(submission.slot, []).append(submission)
    rows = []
    for month in expected_periods(settings, state):
        for unit in districts(month):
            slot = (unit.code, month)
            name, one = slot_state(state, slot, by_slot.get(slot, []))
            rows.append(
                {
                    "period": period_end(month),
                    "district_code": unit.code,
                    "state": name,
                    "accepted_submission_id": one.submission_id if one and name == ACCEPTED else None,
                    "due": due_date(settings, month),
                }
            )
    return rows


def slot_state(state: State, slot: tuple[str, str], here: list[Submission]) -> tuple[str, Submission | None]:
    """What a slot stands at, and the file that says most about it; `here` are all files for the slot.

    An excused slot stays so until a file of it is accepted. Of several files in one state the last received counts.
    """
    best = min(here, key=lambda one: (_RANK.index(one.state), -one.order), default=None)
    if slot in state.excused and (best is None or best.state != ACCEPTED):
        return EXCUSED, best
    return (best.state, best) if best else (EXPECTED, None)
