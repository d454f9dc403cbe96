"""What the schedule may publish, from what is recorded and the day: no month before it is due or complete."""

import datetime as dt
from dataclasses import dataclass

from ledger.events import Event
from ledger.states import State
from plan.reference import districts
from settings import Settings
from tasks.inputs import accepted_periods
from tasks.publications import current_release, publications, standing_at
from tasks.status import due_date, expected_periods


@dataclass(frozen=True)
class Due:
    """The last month (YYYY-MM) that a scheduled publication has; None where there is none, and `why` says so."""

    as_of: str | None
    why: str = ""


def what_is_due(settings: Settings, state: State, today: dt.date) -> Due:
    """What a scheduled run publishes on a day.

    A month is ready when its due day has passed, or when every district is accepted or excused; months become ready in
    their order. A later month that somebody published by hand stays published, with what came since. Where readers
    were put back by hand, nothing is published again until something else is known.
    """
    accepted = accepted_periods(state)
    if not accepted:
        return Due(None, "chưa có tệp nào được chấp nhận")
    ready, waits = None, None
    for period in expected_periods(settings, state, today):
        if not is_ready(settings, state, period, today):
            waits = period
            break
        ready = period if period in accepted else ready
    current = current_release(state)
    as_of = max(ready or "", current.as_of if current else "")
    if not as_of:
        return Due(None, _waits(settings, state, waits or min(accepted)))
    left = _left(state)
    if current and left and not _is_news(settings, state, left, as_of):
        why = f"đã quay lại bản {current.release_id} và chưa có gì mới từ đó; công bố lại bằng tay: giamngheo publish"
        return Due(None, why)
    return Due(as_of)


def is_ready(settings: Settings, state: State, period: str, today: dt.date) -> bool:
    """Whether a month may be published by schedule: its day has passed, or nothing more is expected for it."""
    return today > due_date(settings, period) or not _open_districts(state, period)


def _open_districts(state: State, period: str) -> list[str]:
    """The districts that are neither accepted nor excused."""
    slots = [(unit.code, period) for unit in districts(period)]
    return [slot[0] for slot in slots if not state.accepted(slot) and slot not in state.excused]


def _waits(settings: Settings, state: State, period: str) -> str:
    open_ones = len(_open_districts(state, period))
    return (
        f"kỳ {period[5:]}/{period[:4]} còn {open_ones} huyện chưa được chấp nhận và chưa hết hạn "
        f"({due_date(settings, period):%d/%m/%Y})"
    )


def _left(state: State) -> Event | None:
    """The publication that readers were put back from by hand, by a rollback or to an older month; None where none."""
    switches = [event for event in state.published if event.payload.get("current", True)]
    left = next((event for event in reversed(switches[:-1]) if event.kind == "published"), None)
    if left is None:
        return None
    last = switches[-1]
    return left if last.kind == "rolled_back" or last.payload["as_of"] < left.payload["as_of"] else None


def _is_news(settings: Settings, state: State, left: Event, as_of: str) -> bool:
    """Whether other files stand now than in a publication."""
    first, known = settings.first_period, left.payload.get("position", left.id)
    then = standing_at(state, known, first, min(as_of, left.payload["as_of"]))
    return then != standing_at(state, state.position, first, as_of)


def is_published(settings: Settings, state: State, as_of: str) -> bool:
    """Whether the files that stand now up to a month are those that its last publication knew."""
    last = [one for one in publications(state) if one.as_of == as_of][-1:]
    first = settings.first_period
    return bool(last) and (
        standing_at(state, last[0].position, first, as_of) == standing_at(state, state.position, first, as_of)
    )
