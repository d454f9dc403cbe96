"""Every waiver that was given, and what has become of it."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from ledger.states import State, Submission, Waiver

ACTIVE, EXPIRED, NOT_NEEDED = "active", "expired", "not_needed"
STATUSES = (ACTIVE, EXPIRED, NOT_NEEDED)
# In these states nothing of the file is judged any more.
_DONE_WITH = ("returned", "withdrawn", "superseded", "unreadable")


@dataclass(frozen=True)
class Given:
    """One waiver. `count` is how many findings it covers now."""

    submission: Submission
    waiver: Waiver
    status: str
    count: int


def waivers(state: State, today: dt.date, finding_ids: Callable[[Submission], frozenset[str]]) -> list[Given]:
    """All waivers, the last given first. `finding_ids` gives the listed findings of a submission.

    One whose rule no longer fires in the file is not needed, whether or not its day has passed.
    """
    given = [
        _given(submission, waiver, today, finding_ids)
        for submission in state.submissions.values()
        for waiver in submission.waivers
    ]
    return sorted(given, key=lambda one: one.waiver.at, reverse=True)


def _given(
    submission: Submission, waiver: Waiver, today: dt.date, finding_ids: Callable[[Submission], frozenset[str]]
) -> Given:
    counts: dict[str, int] = (submission.judgement or {}).get("counts", {})
    count = counts.get(waiver.rule, 0)
    if count and waiver.finding_id is not None:
        count = int(waiver.finding_id in finding_ids(submission))
    still_fires = count > 0 and submission.state not in _DONE_WITH
    status = (EXPIRED if waiver.until < today else ACTIVE) if still_fires else NOT_NEEDED
    return Given(submission, waiver, status, count)
