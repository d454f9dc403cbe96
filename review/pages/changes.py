"""What changed since the sender's previous attempt, and since the last accepted register."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from ledger.states import Submission
from review.access.person import Viewer
from review.data import DeskData, data_of
from review.pages.common import desk_page, find_submission
from review.queries.changes import (
    KINDS,
    MOST_LISTED,
    RegisterChanges,
    finding_changes,
    last_register,
    previous_attempt,
    register_changes,
)
from review.queries.submission import overview
from tasks.faults import Unreadable

router = APIRouter()


@router.get("/submissions/{submission_id}/changes")
def changes_page(request: Request, person: Viewer, submission_id: str) -> Response:
    data = data_of(request)
    known, submission = find_submission(data, submission_id)
    attempt = previous_attempt(known.state, submission)
    now = data.table(known, submission)
    findings = before = None
    if attempt is not None:
        before = data.table(known, attempt)
        findings = finding_changes(before.frame, now.frame)
    register = last_register(known.state, submission)
    households, refused, register_sheet = None, None, ""
    if register is not None:
        try:
            households = _households(data, register, submission)
            opened = data.sheets().open(submission.submission_id, submission.file_name)
            register_sheet = next((one.name for one in opened.sheets if one.form_sheet == "household"), "")
        except Unreadable as fault:
            refused = fault
    return desk_page(
        request,
        person,
        "changes.html",
        tab="changes",
        over=overview(data.settings, known.state, submission),
        attempt=attempt,
        findings=findings,
        listings_cut=any(table is not None and table.frame.height < table.counts.total() for table in (before, now)),
        register=register,
        households=households,
        register_sheet=register_sheet,
        refused=refused,
        kinds=KINDS,
        most=MOST_LISTED,
        today=data.today(),
    )


def _households(data: DeskData, before: Submission, now: Submission) -> RegisterChanges:
    """Raises Unreadable where one of the two files can't be opened."""
    store = data.sheets()
    registers = [store.open(one.submission_id, one.file_name).register() for one in (before, now)]
    return register_changes(*registers)
