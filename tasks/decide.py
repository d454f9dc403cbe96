"""A validator's decisions, each an event with who, when and why (contract, section 2)."""

import datetime as dt
from typing import Any

from expectations.catalogue import rule_pack, rules
from ledger.events import Event
from ledger.states import ACCEPTED, HELD, OPEN_STATES, RETURNED, WITHDRAWN, State, Submission
from plan.reference import districts
from tasks.status import STATES_VI


class NotAllowed(Exception):
    """The decision does not fit the submission's state; nothing was recorded. Says why, for the validator."""


def return_(submission: Submission, by: str, reason: str, at: dt.datetime) -> list[Event]:
    """Send a submission back to the district. Raises NotAllowed once it is accepted or final."""
    if submission.state not in (*OPEN_STATES, "unreadable"):
        raise NotAllowed(f"tệp đang ở trạng thái “{STATES_VI[submission.state]}”, không trả lại được")
    return [_decision("returned", submission, by, reason, at)]


def accept_held(state: State, submission: Submission, by: str, reason: str, at: dt.datetime) -> list[Event]:
    """Accept a held submission as it is. The caller has written its accepted tables first.

    Raises NotAllowed for any other state, and where a file received later already stands for the slot.
    """
    if submission.state != HELD or submission.slot is None or submission.judgement is None:
        raise NotAllowed(f"chỉ chấp nhận được tệp đang tạm giữ; tệp này “{STATES_VI[submission.state]}”")
    if state.newer_accepted(submission):
        raise NotAllowed("đã có tệp gửi sau được chấp nhận cho kỳ này")
    approval = {
        "counts": submission.judgement["counts"],
        "findings": submission.judgement["findings"],
        "inputs": submission.judgement["inputs"],
    }
    events = [_decision("accepted", submission, by, reason, at, approval)]
    standing = state.accepted(submission.slot)
    if standing is not None:
        events.append(_decision("superseded", standing, by, reason, at, {"by": submission.submission_id}))
    return events


def withdraw(submission: Submission, by: str, reason: str, at: dt.datetime) -> list[Event]:
    """Take an accepted submission out. Raises NotAllowed for any other state."""
    if submission.state != ACCEPTED:
        raise NotAllowed(f"chỉ rút được tệp đã chấp nhận; tệp này “{STATES_VI[submission.state]}”")
    return [_decision("withdrawn", submission, by, reason, at)]


def reopen(submission: Submission, by: str, reason: str, at: dt.datetime) -> list[Event]:
    """Let a returned or withdrawn submission be judged again. Raises NotAllowed for any other state."""
    if submission.state not in (RETURNED, WITHDRAWN):
        raise NotAllowed(f"chỉ mở lại được tệp đã trả lại hoặc đã rút; tệp này “{STATES_VI[submission.state]}”")
    return [_decision("reopened", submission, by, reason, at)]


def waive(
    submission: Submission,
    by: str,
    reason: str,
    at: dt.datetime,
    *,
    rule: str,
    until: dt.date,
    finding_id: str | None = None,
    today: dt.date | None = None,
) -> list[Event]:
    """Let a rule, or one finding of it, stand in this submission until a day; it is then judged again.

    `today` is the day of the decision where the data root counts its days (UTC's where it is left out).
    Raises NotAllowed for a rule that may not be waived, an unknown one, and a day that has passed.
    """
    known = rules().get(rule)
    if known is None or not known.waivable:
        raise NotAllowed(f"quy tắc {rule} không được phép bỏ qua")
    if until < (today or at.date()):
        raise NotAllowed(f"ngày hết hạn {until:%d/%m/%Y} đã qua")
    if submission.state not in OPEN_STATES:
        raise NotAllowed(f"tệp đang ở trạng thái “{STATES_VI[submission.state]}”, không cần bỏ qua lỗi")
    payload = {"rule": rule, "finding_id": finding_id, "until": until.isoformat()}
    return [_decision("waived", submission, by, reason, at, payload)]


def excuse(state: State, district_code: str, period: str, by: str, reason: str, at: dt.datetime) -> list[Event]:
    """Say that nothing will come for a slot. Raises NotAllowed where something is accepted, or no such slot is."""
    if district_code not in {unit.code for unit in districts(period)}:
        raise NotAllowed(f"không có huyện {district_code} trong kỳ {period}")
    if state.accepted((district_code, period)) is not None:
        raise NotAllowed(f"kỳ {period} của huyện {district_code} đã có tệp được chấp nhận")
    _require(by, reason)
    return [Event("excused", at, by=by, district_code=district_code, period=period, reason=reason)]


def close(state: State, period: str, by: str, reason: str, at: dt.datetime) -> list[Event]:
    """Close a period: afterwards only a correction may change it. Raises NotAllowed where it is closed."""
    if period in state.closed:
        raise NotAllowed(f"kỳ {period} đã khoá sổ")
    _require(by, reason)
    return [Event("closed", at, by=by, period=period, reason=reason)]


def _require(by: str, reason: str) -> None:
    if not by.strip() or not reason.strip():
        raise NotAllowed("cần ghi người quyết định và lý do")


def _decision(
    kind: str, submission: Submission, by: str, reason: str, at: dt.datetime, payload: dict[str, Any] | None = None
) -> Event:
    _require(by, reason)
    return Event(
        kind,
        at,
        by=by,
        reason=reason,
        submission_id=submission.submission_id,
        district_code=submission.district_code,
        period=submission.period,
        payload=(payload or {}) | {"rule_pack": rule_pack()},
    )
