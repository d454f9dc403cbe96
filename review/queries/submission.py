"""What a submission stands at: its verdict with the effect, its counts, and who decided what."""

import datetime as dt
from dataclasses import dataclass

from ledger.states import (
    ACCEPTED,
    HELD,
    OPEN_STATES,
    RETURNED,
    SUPERSEDED,
    UNREADABLE,
    WITHDRAWN,
    State,
    Submission,
)
from settings import Settings
from tasks.identity import rule_pack
from tasks.judging import needs_look
from tasks.status import due_date


@dataclass(frozen=True)
class Overview:
    """One submission. `attempts` are all files of its slot in the order of their arrival; `allowed` the decisions.

    `others_rules`: it was judged by other rules than today's.
    """

    submission: Submission
    due: dt.date | None
    needs_look: bool
    others_rules: bool
    attempts: tuple[Submission, ...]
    successor: Submission | None
    allowed: frozenset[str]


def overview(settings: Settings, state: State, submission: Submission) -> Overview:
    """What is known of a submission besides its findings."""
    slot = submission.slot
    attempts = sorted(
        (one for one in state.submissions.values() if slot and one.slot == slot), key=lambda one: one.order
    ) or [submission]
    standing = state.accepted(slot) if slot else None
    judged_by = (submission.judgement or {}).get("rule_pack")
    return Overview(
        submission=submission,
        due=due_date(settings, submission.period) if submission.period else None,
        needs_look=needs_look(state, submission, settings.first_period),
        others_rules=judged_by is not None and judged_by != rule_pack(),
        attempts=tuple(attempts),
        successor=standing if standing is not None and standing.order > submission.order else None,
        allowed=allowed(state, submission),
    )


def allowed(state: State, submission: Submission) -> frozenset[str]:
    """The decisions that fit the state; whether one is taken is up to `tasks/decide.py`."""
    later = state.newer_accepted(submission)
    left_alone = submission.state == SUPERSEDED and (submission.slot is None or state.accepted(submission.slot) is None)
    fits = {
        "return": submission.state in (*OPEN_STATES, UNREADABLE),
        "waive": submission.state in OPEN_STATES and not later,
        "accept": submission.state == HELD and not later,
        "withdraw": submission.state == ACCEPTED,
        "reopen": (submission.state in (RETURNED, WITHDRAWN) or left_alone) and not later,
    }
    return frozenset(name for name, is_fit in fits.items() if is_fit)
