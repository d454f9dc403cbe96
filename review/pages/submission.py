"""A submission: its verdict, its findings, one finding with the row around it."""

from dataclasses import dataclass
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel

from expectations.catalogue import rules
from forms.layout import column_letter
from ledger.states import Submission
from review.access.person import Person, Viewer
from review.data import data_of
from review.pages.common import desk_page, find_submission, with_own_values
from review.pages.masks import shown_cells
from review.queries.findings import (
    PAGE_SIZES,
    SEVERITIES,
    Asked,
    Finding,
    field_of,
    find,
    listed,
    neighbours,
)
from review.queries.history import DECISIONS, submission_history
from review.queries.submission import overview
from review.sheets import OpenFile
from tasks.annotate.mending import mendings
from tasks.faults import Unreadable

router = APIRouter()


class FindingsQuery(BaseModel):
    """What the address asks of the list of findings."""

    rule: str = ""
    severity: str = ""
    sheet: str = ""
    waived: str = ""
    q: str = ""
    sort: str = "cause"
    order: Literal["up", "down"] = "up"
    page: int = 1
    size: int = PAGE_SIZES[0]

    def asked(self) -> Asked:
        return Asked(
            self.rule,
            self.severity,
            self.sheet,
            self.waived,
            self.q,
            self.sort,
            self.order == "down",
            self.page,
            self.size,
        )

    def link(self, **changes: object) -> str:
        """The query of an address that asks the same, but for the changes."""
        values = self.model_dump() | {"page": 1} | changes
        kept = {name: value for name, value in values.items() if value != type(self).model_fields[name].default}
        return "?" + urlencode(kept)


@dataclass(frozen=True)
class CellAround:
    """One cell of the row around a finding. `label` is what the form or the sheet's header calls its column."""

    address: str
    label: str
    text: str
    at_fault: bool


@router.get("/submissions/{submission_id}")
def submission_page(
    request: Request, person: Viewer, submission_id: str, query: Annotated[FindingsQuery, Query()]
) -> Response:
    data = data_of(request)
    known, submission = find_submission(data, submission_id)
    table = data.table(known, submission)
    asked = query.asked()
    page = listed(table, asked)
    opened = data.at_hand(submission) if person.may("validator") else None
    everything = {one.finding_id: one for cause in table.causes for one in cause.examples}
    everything |= {one.finding_id: one for one in page.rows}
    own = {
        one.finding_id: one
        for one in with_own_values(request, person, submission, everything.values(), opened, "findings")
    }
    return desk_page(
        request,
        person,
        "findings.html",
        tab="findings",
        over=overview(data.settings, known.state, submission),
        causes=table.causes,
        page=page,
        rows=[own[one.finding_id] for one in page.rows],
        own=own,
        asked=asked,
        sheets=table.sheets,
        waivable=[cause.rule.code for cause in table.causes if cause.rule.waivable],
        severities=SEVERITIES,
        sizes=PAGE_SIZES,
        link=query.link,
        decided=[event for event in submission_history(known.events, submission) if event.kind in DECISIONS],
        today=data.today(),
    )


@router.get("/submissions/{submission_id}/findings/{finding_id}")
def finding_page(request: Request, person: Viewer, submission_id: str, finding_id: str) -> Response:
    data = data_of(request)
    known, submission = find_submission(data, submission_id)
    table = data.table(known, submission)
    finding = find(table, finding_id)
    if finding is None:
        raise HTTPException(404)
    opened, refused = None, None
    try:
        opened = data.sheets().open(submission.submission_id, submission.file_name)
    except Unreadable as fault:
        refused = fault
    [own] = with_own_values(request, person, submission, [finding], opened, f"finding {finding_id}")
    before, after = neighbours(table, finding_id)
    return desk_page(
        request,
        person,
        "finding.html",
        tab="findings",
        over=overview(data.settings, known.state, submission),
        finding=own,
        rule=rules()[finding.rule],
        mending=mendings()[finding.rule],
        around=_row_around(request, person, submission, finding, opened) if opened else [],
        refused=refused,
        before=before,
        after=after,
        today=data.today(),
    )


def _row_around(
    request: Request, person: Person, submission: Submission, finding: Finding, opened: OpenFile
) -> list[CellAround]:
    """The cells of the finding's row that hold something or are at fault."""
    sheet = opened.sheet(finding.sheet)
    number = finding.place[0] if finding.place else finding.row
    if sheet is None or not number or number > sheet.rows:
        return []
    [cells] = shown_cells(request, person, submission, sheet, number, 1, sheet.window(number, 1, 1, sheet.columns))
    headers = sheet.window(sheet.header_row, 1, 1, sheet.columns)[0] if sheet.header_row else [None] * sheet.columns
    around = []
    for column, (text, header) in enumerate(zip(cells, headers, strict=True), start=1):
        key = sheet.field_at(column)
        field = field_of(key, sheet.form_sheet) if key else None
        address = f"{column_letter(column - 1)}{number}"
        at_fault = finding.place == (number, column)
        if text or at_fault:
            # A column that the form does not have may be called by a name that is none to show.
            label = field.label_vi if field else (header or "") if person.may("validator") else ""
            around.append(CellAround(address, label, text, at_fault))
    return around
