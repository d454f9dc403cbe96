"""What every page of the desk has at hand: the data, the reader's way of writing, and a submission by its id."""

import datetime as dt
from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import HTTPException, Request
from fastapi.responses import HTMLResponse

from errors import NoSuch
from ledger.events import Event
from ledger.states import Submission
from plan.reference import units
from review.access.person import Person
from review.data import DeskData, data_of
from review.live import Known
from review.personal import looked
from review.queries.findings import Finding, field_of
from review.render import language_of, page, words
from review.sheets import OpenFile
from tasks.decide import undoable
from tasks.words import number_vi

_DISTRICTS = {unit.code: unit.name for unit in units() if unit.level == "district"}


class Writing:
    """Dates, numbers and names as the reader writes them; templates know it as `w`."""

    def __init__(self, language: str, timezone: str) -> None:
        self._words = words()[language]
        self._language = language
        self._zone = ZoneInfo(timezone)

    def number(self, value: int) -> str:
        return number_vi(value) if self._language == "vi" else f"{value:,}"

    def day(self, value: dt.date | None) -> str:
        return f"{value:%d/%m/%Y}" if value else ""

    def moment(self, value: dt.datetime | None) -> str:
        return f"{value.astimezone(self._zone):%d/%m/%Y %H:%M}" if value else ""

    def month(self, period: str | None) -> str:
        """2020-03 → 03/2020."""
        return f"{period[5:7]}/{period[:4]}" if period else ""

    def district(self, code: str | None) -> str:
        return _DISTRICTS.get(code or "", code or "")

    def state(self, name: str) -> str:
        return self._words[f"state_{name}"]

    def severity(self, name: str) -> str:
        return self._words[f"severity_{name}"]

    def field(self, key: str) -> str:
        """The label of a form's field."""
        field = field_of(key)
        return key if field is None else field.label_vi if self._language == "vi" else field.label_en

    def message(self, finding: Finding) -> str:
        return finding.message_vi if self._language == "vi" else finding.message_en

    def event(self, event: Event) -> str:
        """An event in words, without who and why."""
        payload = event.payload
        if event.kind == "judged":
            counts = ", ".join(f"{rule} ×{self.number(count)}" for rule, count in payload["counts"].items() if count)
            return self.fill(
                "event_judged", state=self.state(payload["verdict"]), counts=f" ({counts})" if counts else ""
            )
        if event.kind == "waived":
            until = self.day(dt.date.fromisoformat(payload["until"]))
            one = [payload["finding_id"]] if payload.get("finding_id") else []
            count = len(payload.get("finding_ids", one))
            key = "event_waived_findings" if count else "event_waived"
            return self.fill(key, rule=payload["rule"], until=until, count=count)
        release = str(payload.get("release_id", ""))
        facts = {"period": self.month(event.period or payload.get("as_of")), "release": release}
        beside = "" if payload.get("current", True) else "_beside"
        return self.fill(f"event_{event.kind}{beside}", **facts)

    def fill(self, key: str, **facts: Any) -> str:
        """A text of words_pages.csv with its facts; numbers as the reader writes them."""
        shown = {
            name: self.number(value) if isinstance(value, int) and not isinstance(value, bool) else value
            for name, value in facts.items()
        }
        return self._words[key].format_map(shown)


def desk_page(
    request: Request, person: Person, template: str, *, status_code: int = 200, **context: Any
) -> HTMLResponse:
    """`review.render.page` with `w`, the reader's way of writing, and the query of the address."""
    writing = Writing(language_of(request), data_of(request).settings.timezone)
    context.setdefault("section", "")
    known = data_of(request).live.now()
    return page(
        request,
        person,
        template,
        status_code=status_code,
        w=writing,
        query=request.url.query,
        undoable=undoable(known.state, known.events) if person.may("validator") else set(),
        done=_done(known, request.query_params.get("done", "")),
        files_of_done=known.state.submissions,
        **context,
    )


def _done(known: Known, event_id: str) -> list[Event]:
    """The decision that the reader has just taken, with those that were taken together with it."""
    first = next((event for event in known.events if str(event.id) == event_id), None)
    if first is None:
        return []
    together = first.payload.get("together")
    return [event for event in known.events if together and event.payload.get("together") == together] or [first]


def find_submission(data: DeskData, submission_id: str) -> tuple[Known, Submission]:
    """The present state and a submission by its id or the start of it. Raises HTTPException 404."""
    known = data.live.now()
    try:
        return known, known.state.find(submission_id)
    except NoSuch:
        raise HTTPException(404) from None


def with_own_values(
    request: Request,
    person: Person,
    submission: Submission,
    findings: Iterable[Finding],
    opened: OpenFile | None,
    what: str,
) -> list[Finding]:
    """The findings as this person may read them: for a validator, what the sender wrote stands in place of the mask.

    Each look is noted. Without an opened file everything stays masked.
    """
    masked = list(findings)
    if opened is None or not person.may("validator"):
        return masked
    wanted: dict[str, set[tuple[int, int]]] = {}
    for one in masked:
        if one.is_personal and one.place:
            wanted.setdefault(one.sheet, set()).add(one.place)
    found: dict[tuple[str, tuple[int, int]], str] = {}
    for name, places in wanted.items():
        sheet = opened.sheet(name)
        if sheet is not None:
            found |= {(name, place): text for place, text in sheet.cells(places).items()}
    if found:
        looked(request.app, person, submission.submission_id, what, len(found))
    return [_own(one, found.get((one.sheet, one.place)) if one.place else None) for one in masked]


def _own(finding: Finding, value: str | None) -> Finding:
    return finding.with_value(value) if finding.is_personal and value else finding
