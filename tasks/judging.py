"""What judging a submission depends on, and therefore when it must be judged again (contract, section 2)."""

import hashlib
import json
from dataclasses import replace
from typing import Any

from ledger.states import OPEN_STATES, State, Submission
from plan.reference import next_period


def waits_for_month_before(state: State, district_code: str, period: str, first_period: str) -> bool:
    """Whether the district's month before is neither accepted nor excused yet.

    Excused months are passed over: what comes after them is held against the month before them, which may still be
    on its way.
    """
    before = next_period(period, -1)
    while before >= first_period:
        if state.accepted((district_code, before)) is not None:
            return False
        if (district_code, before) not in state.excused:
            return True
        before = next_period(before, -1)
    return False


def at_slot(submission: Submission, slot: tuple[str, str] | None) -> Submission:
    """The submission as it will be once its slot is recorded."""
    return replace(submission, district_code=slot[0] if slot else None, period=slot[1] if slot else None)


def judging_inputs(state: State, submission: Submission, first_period: str) -> dict[str, Any]:
    """Everything recorded that may change a verdict, besides the bytes and the rule pack.

    `earlier` stands for the registers before the previous one, which rules X03 and X07 look at.
    """
    inputs: dict[str, Any] = {
        "waivers": [f"{w.rule}|{w.finding_id or '*'}|{w.until}" for w in submission.waivers],
        "received_again": len(submission.received_again),
    }
    if submission.slot:
        district_code, period = submission.slot
        previous = state.previous(submission.slot) if period > first_period else None
        before = sorted(
            (p, s.submission_id) for p, s in state.accepted_of(district_code).items() if first_period <= p < period
        )
        inputs |= {
            "waits": waits_for_month_before(state, district_code, period, first_period),
            "previous": previous.submission_id if previous else None,
            "earlier": hashlib.sha256(json.dumps(before).encode()).hexdigest()[:16],
            "closed": period in state.closed,
        }
    return inputs


def needs_judging(state: State, submission: Submission, first_period: str) -> bool:
    """Whether a submission that is not accepted was never judged, or judged under other inputs than now."""
    if submission.state not in OPEN_STATES or state.newer_accepted(submission):
        return False
    if submission.judgement is None or submission.state == "received":
        return True
    return bool(submission.judgement["inputs"] != judging_inputs(state, submission, first_period))


def needs_look(state: State, submission: Submission, first_period: str) -> bool:
    """Whether an accepted submission was judged against an earlier month that has changed since."""
    if submission.state != "accepted" or submission.judgement is None or submission.slot is None:
        return False
    then = submission.judgement["inputs"]
    now = judging_inputs(state, submission, first_period)
    return any(then.get(key) != now.get(key) for key in ("previous", "waits"))
