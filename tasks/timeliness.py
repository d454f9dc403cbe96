"""Whether a slot was served in time: decided here, for the calendar, `status`, the desk, the warehouse and notices.

A slot is on time when its first file that could be opened arrived by the due day. What came later for it is a
correction, whatever became of the first file, and never late (contract, section 2).
"""

import datetime as dt
from collections.abc import Iterable
from zoneinfo import ZoneInfo

from ledger.states import EXCUSED, UNREADABLE, Submission

ON_TIME, LATE, MISSING, DUE = "on_time", "late", "missing", "due"


def arrived_on(here: Iterable[Submission], timezone: str) -> dt.date | None:
    """The day, by the province's clock, on which the first of a slot's files that could be opened was received."""
    opened = [one.received_at for one in here if (one.judgement or {}).get("verdict") != UNREADABLE]
    return min(opened).astimezone(ZoneInfo(timezone)).date() if opened else None


def timeliness(state: str, due: dt.date, arrived: dt.date | None, today: dt.date) -> tuple[str, int]:
    """How a slot stands to its due day, and by how many days: late, overdue (missing) or left (due).

    `state` is the slot's, `arrived` is `arrived_on` its files. An excused slot owes nothing.
    """
    if state == EXCUSED:
        return EXCUSED, 0
    if arrived is not None:
        return (LATE, (arrived - due).days) if arrived > due else (ON_TIME, 0)
    return (MISSING, (today - due).days) if today > due else (DUE, (due - today).days)


def on_time(state: str, due: dt.date, arrived: dt.date | None, today: dt.date | None = None) -> bool | None:
    """The same as a yes or no; None while nothing can be said. Without `today`, nobody is overdue."""
    kind, _ = timeliness(state, due, arrived, today or dt.date.min)
    return {ON_TIME: True, LATE: False, MISSING: False}.get(kind)
