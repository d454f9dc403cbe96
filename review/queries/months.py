"""The month at a glance, and what waits for a person."""

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from ledger.states import ACCEPTED, EXPECTED, HELD, REJECTED, SUPERSEDED, UNREADABLE, State, Submission
from plan.reference import districts
from settings import Settings
from tasks.judging import needs_look
from tasks.silence import Silence, silences
from tasks.status import due_date, expected_periods, files_by_slot, slot_state
from tasks.timeliness import LATE, MISSING, arrived_on, timeliness

# What only a person can move on.
WAITS_FOR_A_PERSON = (REJECTED, HELD, UNREADABLE)


@dataclass(frozen=True)
class Cell:
    """One slot. `submission_id` is the file that says most about it; `attempts` counts all files for it.

    `timeliness` is that of the calendar (tasks/timeliness.py).
    """

    period: str
    district_code: str
    state: str
    submission_id: str | None
    attempts: int
    superseded: int
    due: dt.date
    timeliness: str
    needs_look: bool


@dataclass(frozen=True)
class MonthRow:
    """One month: its cells in the districts' order (None where the district was none then) and its totals.

    `totals` counts slots by state, and besides `received` (any file), `late` (by the first) and `superseded` (files).
    """

    period: str
    due: dt.date
    is_closed: bool
    cells: tuple[Cell | None, ...]
    totals: dict[str, int]

    @property
    def is_silent(self) -> bool:
        """Whether the day has passed and nothing came from anybody, nor was anybody excused."""
        return all(cell is None or (cell.timeliness == MISSING) for cell in self.cells)


@dataclass(frozen=True)
class MonthGrid:
    """Districts × months, the latest month first."""

    districts: tuple[tuple[str, str], ...]
    months: tuple[MonthRow, ...]

    def latest_heard(self) -> MonthRow:
        """The latest month for which anything came; the first one where nothing ever did."""
        return next((month for month in self.months if month.totals["received"]), self.months[-1])

    def lines(self) -> list[MonthRow | Silence]:
        """The months as they are listed: a long run of months for which nothing came, all overdue, is one line."""
        by_period = {month.period: month for month in reversed(self.months)}
        runs = silences(list(by_period), lambda period: by_period[period].is_silent)
        shown: list[MonthRow | Silence] = []
        for month in self.months:
            run = next((one for one in runs if one.first <= month.period <= one.last), None)
            if run is None:
                shown.append(month)
            elif run not in shown:
                shown.append(run)
        return shown


@dataclass(frozen=True)
class Waiting:
    """A file that waits for a person. `why` is its state, or `needs_look` for an accepted one."""

    submission: Submission
    why: str
    days: int


def month_grid(settings: Settings, state: State, today: dt.date) -> MonthGrid:
    """Every expected slot with what became of it."""
    by_slot = files_by_slot(state)
    periods = expected_periods(settings, state, today)
    names: dict[str, str] = {}
    for period in periods:
        names |= {unit.code: unit.name for unit in districts(period)}
    columns = sorted(names.items())
    months = []
    for period in reversed(periods):
        due = due_date(settings, period)
        current = {unit.code for unit in districts(period)}
        cells = tuple(
            _cell(settings, state, (code, period), by_slot.get((code, period), []), due, today)
            if code in current
            else None
            for code, _ in columns
        )
        months.append(MonthRow(period, due, period in state.closed, cells, _totals(cells)))
    return MonthGrid(tuple(columns), tuple(months))


def queue(settings: Settings, state: State, today: dt.date) -> list[Waiting]:
    """What waits for a person, the longest waiting first: rejected and not returned, held, unreadable, to be looked at.

    A file whose slot a later one has filled waits for nobody.
    """
    zone = ZoneInfo(settings.timezone)
    waiting = []
    for submission in state.submissions.values():
        if submission.state in WAITS_FOR_A_PERSON and not state.newer_accepted(submission):
            why = submission.state
        elif needs_look(state, submission, settings.first_period):
            why = "needs_look"
        else:
            continue
        days = (today - submission.received_at.astimezone(zone).date()).days
        waiting.append(Waiting(submission, why, max(0, days)))
    return sorted(waiting, key=lambda one: (one.submission.received_at, one.submission.order))


def _cell(
    settings: Settings,
    state: State,
    slot: tuple[str, str],
    here: list[Submission],
    due: dt.date,
    today: dt.date,
) -> Cell:
    name, submission = slot_state(state, slot, here)
    return Cell(
        period=slot[1],
        district_code=slot[0],
        state=name,
        submission_id=submission.submission_id if submission else None,
        attempts=len(here),
        superseded=sum(one.state == SUPERSEDED for one in here),
        due=due,
        timeliness=timeliness(name, due, arrived_on(here, settings.timezone), today)[0],
        needs_look=submission is not None and needs_look(state, submission, settings.first_period),
    )


def _totals(cells: tuple[Cell | None, ...]) -> dict[str, int]:
    present = [cell for cell in cells if cell is not None]
    totals = Counter(cell.state for cell in present)
    return {
        "districts": len(present),
        "received": sum(cell.attempts > 0 for cell in present),
        "late": sum(cell.timeliness == LATE for cell in present),
        "rejected": totals[REJECTED] + totals[UNREADABLE],
        "held": totals[HELD],
        "accepted": totals[ACCEPTED],
        "superseded": sum(cell.superseded for cell in present),
        "missing": totals[EXPECTED],
    }
