"""A validator's decisions, each an event with who, when and why (contract, section 2)."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from errors import NoSuch, Refused
from expectations.catalogue import rules
from labels.table import STATES
from ledger.events import Event
from ledger.states import ACCEPTED, HELD, OPEN_STATES, RETURNED, SUPERSEDED, WITHDRAWN, State, Submission
from plan.reference import districts
from tasks.identity import rule_pack

NEWER_STANDS = "đã có tệp gửi sau được chấp nhận cho kỳ này"


class NotAllowed(Refused):
    """The decision does not fit the submission's state; nothing was recorded. Says why, for the validator."""

    usual_do_vi = "chưa ghi gì; xem trạng thái các tệp: giamngheo status"
    usual_do_en = "nothing was recorded; see the submissions' states: giamngheo status"


class Changed(Refused):
    """The submission is no longer as it was when the validator looked; nothing was recorded.

    `was` is what the validator saw (None where it was not received yet), `now` what it is, `since` the events between.
    """

    usual_do_vi = "chưa ghi gì; xem lại tệp rồi quyết định"
    usual_do_en = "nothing was recorded; look at the file again, then decide"

    def __init__(self, was: Submission | None, now: Submission, since: Sequence[Event]) -> None:
        last = since[-1]
        super().__init__(
            f"tệp đã thay đổi sau khi bạn xem (sự kiện số {last.id}, {last.by}): nay “{STATES[now.state].vi}”"
        )
        self.was = was
        self.now = now
        self.since = list(since)


def return_(submission: Submission, by: str, reason: str, at: dt.datetime) -> list[Event]:
    """Send a submission back to the district. Raises NotAllowed once it is accepted or final."""
    if submission.state not in (*OPEN_STATES, "unreadable"):
        raise NotAllowed(f"tệp đang ở trạng thái “{STATES[submission.state].vi}”, không trả lại được")
    return [_decision("returned", submission, by, reason, at)]


def accept_held(state: State, submission: Submission, by: str, reason: str, at: dt.datetime) -> list[Event]:
    """Accept a held submission as it is. The caller has written its accepted tables first.

    Raises NotAllowed for any other state, and where a file received later already stands for the slot.
    """
    if submission.state != HELD or submission.slot is None or submission.judgement is None:
        raise NotAllowed(f"chỉ chấp nhận được tệp đang tạm giữ; tệp này “{STATES[submission.state].vi}”")
    if state.newer_accepted(submission):
        raise NotAllowed(NEWER_STANDS)
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
        raise NotAllowed(f"chỉ rút được tệp đã chấp nhận; tệp này “{STATES[submission.state].vi}”")
    return [_decision("withdrawn", submission, by, reason, at)]


def reopen(state: State, submission: Submission, by: str, reason: str, at: dt.datetime) -> list[Event]:
    """Let a returned or withdrawn submission be judged again, or a superseded one whose successor is gone.

    Raises NotAllowed for any other state, and where a file received later stands for the slot.
    """
    if state.newer_accepted(submission):
        raise NotAllowed(NEWER_STANDS)
    alone = submission.slot is None or state.accepted(submission.slot) is None
    if submission.state not in (RETURNED, WITHDRAWN) and not (submission.state == SUPERSEDED and alone):
        raise NotAllowed(f"chỉ mở lại được tệp đã trả lại hoặc đã rút; tệp này “{STATES[submission.state].vi}”")
    return [_decision("reopened", submission, by, reason, at)]


def waive(
    state: State,
    submission: Submission,
    by: str,
    reason: str,
    at: dt.datetime,
    *,
    rule: str,
    until: dt.date,
    finding_ids: Sequence[str] = (),
    today: dt.date | None = None,
) -> list[Event]:
    """Let a rule, or some findings of it, stand in this submission until a day; it is then judged again.

    `today` is the day of the decision where the data root counts its days (UTC's where it is left out).
    Raises NotAllowed for a rule that may not be waived, an unknown one, a day that has passed, and where a file
    received later stands for the slot.
    """
    known = rules().get(rule)
    if known is None or not known.waivable:
        raise NotAllowed(f"quy tắc {rule} không được phép bỏ qua")
    if until < (today or at.date()):
        raise NotAllowed(f"ngày hết hạn {until:%d/%m/%Y} đã qua")
    if submission.state not in OPEN_STATES:
        raise NotAllowed(f"tệp đang ở trạng thái “{STATES[submission.state].vi}”, không cần bỏ qua lỗi")
    if state.newer_accepted(submission):
        raise NotAllowed(NEWER_STANDS)
    which: dict[str, Any] = {"finding_id": finding_ids[0] if len(finding_ids) == 1 else None}
    if len(finding_ids) > 1:
        which["finding_ids"] = sorted(set(finding_ids))
    return [_decision("waived", submission, by, reason, at, {"rule": rule, "until": until.isoformat()} | which)]


def undo(state: State, events: Iterable[Event], event_id: int, by: str, reason: str, at: dt.datetime) -> list[Event]:
    """Take a decision back by new events, each with `undoes` in its payload; the submission is then judged again.

    A return and a withdrawal are reopened; an acceptance is withdrawn and reopened, and what it superseded is reopened;
    a waiver ends, and a file that was accepted under it is withdrawn and reopened. Raises NoSuch (event)
    and NotAllowed: it is no such decision, it was undone before, or the submission has moved on since.
    """
    recorded = list(events)
    event = next((one for one in recorded if one.id == event_id), None)
    if event is None:
        raise NoSuch(f"không có sự kiện số {event_id}", en=f"there is no event {event_id}")
    reason_against = _why_not_undone(state, event, _undone(recorded))
    if reason_against:
        raise NotAllowed(reason_against)
    submission = state.submissions[event.submission_id or ""]
    kinds = UNDONE_BY[event.kind]
    if event.kind == "waived" and submission.state == ACCEPTED:
        kinds = ("unwaived", "withdrawn", "reopened")
    found = [_decision(kind, submission, by, reason, at, {"undoes": event_id}) for kind in kinds]
    if event.kind == "accepted":
        found += [
            _decision("reopened", state.submissions[one.submission_id or ""], by, reason, at, {"undoes": one.id})
            for one in recorded
            # Recorded in the same breath as the acceptance.
            if one.id == event_id + 1 and one.kind == "superseded" and one.payload.get("by") == event.submission_id
        ]
    return found


def undoable(state: State, events: Iterable[Event]) -> set[int]:
    """The ids of the decisions that `undo` would take back now."""
    recorded = list(events)
    undone = _undone(recorded)
    return {event.id for event in recorded if not _why_not_undone(state, event, undone)}


# What undoes a decision of each kind, in order.
UNDONE_BY = {
    "returned": ("reopened",),
    "withdrawn": ("reopened",),
    "accepted": ("withdrawn", "reopened"),
    "waived": ("unwaived",),
}


def _undone(events: Iterable[Event]) -> set[int]:
    return {event.payload["undoes"] for event in events if "undoes" in event.payload}


def _why_not_undone(state: State, event: Event, undone: set[int]) -> str:
    submission = state.submissions.get(event.submission_id or "")
    if submission is None or event.kind not in UNDONE_BY:
        return "chỉ hoàn tác được quyết định trả lại, bỏ qua lỗi, chấp nhận và rút"
    if event.id in undone:
        return "quyết định này đã được hoàn tác"
    if event.kind != "waived" and submission.decision != event.id:
        return f"sau quyết định này tệp đã đổi trạng thái; nay “{STATES[submission.state].vi}”"
    reopens = event.kind != "waived" or submission.state in (ACCEPTED, SUPERSEDED)
    return NEWER_STANDS if reopens and state.newer_accepted(submission) else ""


def excuse(state: State, district_code: str, period: str, by: str, reason: str, at: dt.datetime) -> list[Event]:
    """Say that nothing will come for a slot. Raises NotAllowed where something is accepted, or no such slot is."""
    if district_code not in {unit.code for unit in districts(period)}:
        raise NotAllowed(f"không có huyện {district_code} trong kỳ {period}")
    if state.accepted((district_code, period)) is not None:
        raise NotAllowed(f"kỳ {period} của huyện {district_code} đã có tệp được chấp nhận")
    _require(by, reason)
    payload = {"rule_pack": rule_pack()}
    return [Event("excused", at, by=by, district_code=district_code, period=period, reason=reason, payload=payload)]


def close(state: State, period: str, by: str, reason: str, at: dt.datetime) -> list[Event]:
    """Close a period: afterwards only a correction may change it. Raises NotAllowed where it is closed."""
    if period in state.closed:
        raise NotAllowed(f"kỳ {period} đã khoá sổ")
    _require(by, reason)
    return [Event("closed", at, by=by, period=period, reason=reason, payload={"rule_pack": rule_pack()})]


def _require(by: str, reason: str) -> None:
    if not by.strip() or not reason.strip():
        raise NotAllowed("cần ghi người quyết định và lý do")


def _decision(
    kind: str, submission: Submission, by: str, reason: str, at: dt.datetime, payload: dict[str, Any] | None = None
) -> Event:
    """The event: who, when, why, the file's hash (the submission's id), what it was, and the rules it was under."""
    _require(by, reason)
    return Event(
        kind,
        at,
        by=by,
        reason=reason,
        submission_id=submission.submission_id,
        district_code=submission.district_code,
        period=submission.period,
        payload=(payload or {}) | {"rule_pack": rule_pack(), "state": submission.state},
    )
