"""Decisions from the browser: the same code as the command line's, under the name of who is signed in."""

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Annotated
from urllib.parse import urlsplit, urlunsplit

from fastapi import APIRouter, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from errors import NoSuch
from flows.decisions import Asked, Decided, decide_all
from flows.decisions import undo as undo_event
from flows.runner import DirectRunner
from ledger.states import Submission
from review.access.person import Person, Validator, own_path
from review.data import data_of
from review.errors import error_page
from review.pages.common import desk_page
from review.render import page
from tasks.decide import Changed, NotAllowed
from tasks.locks import Busy

router = APIRouter()

ACTIONS = ("return", "waive", "accept", "withdraw", "reopen")
# A person waits before the page; a run that takes longer is said instead.
PATIENCE_SECONDS = 3.0
RETRY_SECONDS = 60
LONGEST_REASON = 2000

Text = Annotated[str, Form()]
Texts = Annotated[list[str], Form()]


@router.post("/submissions/{submission_id}/{action}")
def decide(
    request: Request,
    person: Validator,
    submission_id: str,
    action: str,
    reason: Text = "",
    rule: Text = "",
    finding_id: Texts = [],  # noqa: B006 - FastAPI copies it
    until: Text = "",
    seen: Text = "",
    next: Text = "",
) -> Response:
    """One submission. `seen` is the version that the page showed; without it nothing is decided."""
    if action not in ACTIONS:
        raise HTTPException(404)
    asked = Asked(submission_id, action, rule, tuple(finding_id), _version(seen))
    fields = {"rule": [rule], "finding_id": finding_id, "until": [until], "seen": [seen], "next": [next]}
    onward = own_path(next or f"/submissions/{submission_id}")
    return _answer(request, person, onward, reason, fields, _decider(request, person, [asked], reason, until))


@router.post("/decisions")
def decide_many(
    request: Request,
    person: Validator,
    action: Text = "",
    submission_id: Texts = [],  # noqa: B006 - FastAPI copies it
    finding_id: Texts = [],  # noqa: B006 - FastAPI copies it
    rule: Text = "",
    reason: Text = "",
    until: Text = "",
    next: Text = "/",
) -> Response:
    """Several submissions, each as SUBMISSION@VERSION, for one reason: all of them or none.

    Findings can be named where it is one submission.
    """
    if action not in ACTIONS or not submission_id or (finding_id and len(submission_id) > 1):
        raise HTTPException(422)
    named = [one.partition("@") for one in submission_id]
    asked = [Asked(name, action, rule, tuple(finding_id), _version(version)) for name, _, version in named]
    fields = {
        "action": [action],
        "submission_id": submission_id,
        "finding_id": finding_id,
        "rule": [rule],
        "until": [until],
        "next": [next],
    }
    decider = _decider(request, person, asked, reason, until)
    return _answer(request, person, own_path(next), reason, fields, decider)


@router.post("/decisions/{event_id}/undo")
def undo(request: Request, person: Validator, event_id: int, reason: Text = "", next: Text = "/") -> Response:
    """Take a decision back by a new event."""

    def go() -> Decided:
        return undo_event(
            request.app.state.settings,
            DirectRunner(),
            event_id,
            by=person.name,
            reason=_reason(reason),
            at=dt.datetime.now(dt.UTC),
            readers=data_of(request).readers(),
            patience=PATIENCE_SECONDS,
        )

    return _answer(request, person, own_path(next), reason, {"next": [next]}, go)


def _version(text: str) -> int:
    """Raises HTTPException 422 where a form does not say what its reader saw."""
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise HTTPException(422)
    return int(text)


def _decider(
    request: Request, person: Person, asked: Sequence[Asked], reason: str, until: str
) -> Callable[[], Decided]:
    def go() -> Decided:
        try:
            day = dt.date.fromisoformat(until) if until else None
        except ValueError:
            raise HTTPException(422) from None
        if any(one.action == "waive" and not one.rule and not one.finding_ids for one in asked):
            raise NotAllowed("chưa chọn lỗi nào để bỏ qua")
        if day is None and any(one.action == "waive" for one in asked):
            raise NotAllowed("cần ghi ngày hết hạn của việc bỏ qua lỗi")
        return decide_all(
            request.app.state.settings,
            DirectRunner(),
            asked,
            by=person.name,
            reason=_reason(reason),
            at=dt.datetime.now(dt.UTC),
            until=day,
            readers=data_of(request).readers(),
            patience=PATIENCE_SECONDS,
        )

    return go


def _answer(
    request: Request,
    person: Person,
    onward: str,
    reason: str,
    fields: dict[str, list[str]],
    go: Callable[[], Decided],
) -> Response:
    """Decide and go on, with ?done=EVENT; or say why nothing was recorded, with what was typed kept."""
    typed = [("reason", reason), *((name, value) for name, values in fields.items() for value in values if value)]
    try:
        done = go()
    except Changed as changed:
        versions = {"was": _shown(changed.was), "now": _shown(changed.now)}
        return desk_page(
            request,
            person,
            "conflict.html",
            status_code=409,
            versions=versions,
            since=changed.since,
            submission=changed.now,
            reason=reason,
        )
    except NotAllowed as refused:
        text = str(refused)
        return error_page(request, 409, f"{text[:1].upper()}{text[1:]}. Chưa ghi gì.")
    except NoSuch:
        raise HTTPException(404) from None
    except Busy:
        answer = page(request, person, "busy.html", status_code=503, action=request.url.path, typed=typed)
        answer.headers["Retry-After"] = str(RETRY_SECONDS)
        return answer
    if done.faults:
        numbers = ", ".join(str(event.id) for event in done.events)
        said = "; ".join(done.faults)
        return error_page(request, 500, f"Quyết định đã ghi (sự kiện {numbers}), nhưng chưa xét lại được tệp: {said}")
    onward = _with_done(onward, done.events[0].id)
    if request.headers.get("HX-Request") == "true":
        return Response(headers={"HX-Redirect": onward})
    return RedirectResponse(onward, 303)


def _with_done(onward: str, event_id: int) -> str:
    """The address to go on to, which is told what was recorded."""
    parts = urlsplit(onward)
    return urlunsplit(parts._replace(query="&".join(part for part in (parts.query, f"done={event_id}") if part)))


def _reason(text: str) -> str:
    if len(text) > LONGEST_REASON:
        raise NotAllowed(f"lý do dài quá {LONGEST_REASON} ký tự")
    return text


def _shown(submission: Submission | None) -> dict[str, object] | None:
    """A version of a submission as the page of a conflict puts it beside the other."""
    if submission is None:
        return None
    counts = {severity: submission.counts(severity) for severity in ("critical", "warning", "info")}
    return {"submission": submission, "counts": counts, "waivers": submission.waivers}
