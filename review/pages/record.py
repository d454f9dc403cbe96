"""What was recorded: the history of a submission or a slot, the waivers, and the audit log."""

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from ledger.states import Submission
from review.access.person import Validator, Viewer
from review.data import DeskData, data_of
from review.live import Known
from review.pages.common import desk_page, find_submission
from review.queries.history import KINDS, audit_events, audit_page, slot_history, submission_history
from review.queries.submission import overview
from review.queries.waivers import STATUSES, waivers

router = APIRouter()


@router.get("/submissions/{submission_id}/history")
def submission_history_page(request: Request, person: Viewer, submission_id: str) -> Response:
    data = data_of(request)
    known, submission = find_submission(data, submission_id)
    slot = submission.slot
    events = slot_history(known.events, known.state, slot) if slot else submission_history(known.events, submission)
    return desk_page(
        request,
        person,
        "submission_history.html",
        tab="history",
        over=overview(data.settings, known.state, submission),
        events=events,
        files=known.state.submissions,
        today=data.today(),
    )


@router.get("/slots/{district_code}/{period}")
def slot_page(request: Request, person: Viewer, district_code: str, period: str) -> Response:
    data = data_of(request)
    known = data.live.now()
    grid, _ = data.home(known)
    cells = (cell for month in grid.months if month.period == period for cell in month.cells)
    cell = next((cell for cell in cells if cell is not None and cell.district_code == district_code), None)
    if cell is None:
        raise HTTPException(404)
    return desk_page(
        request,
        person,
        "slot.html",
        cell=cell,
        events=slot_history(known.events, known.state, (district_code, period)),
        files=known.state.submissions,
    )


@router.get("/waivers")
def waivers_page(request: Request, person: Viewer, status: str = "") -> Response:
    data = data_of(request)
    known = data.live.now()
    given = waivers(known.state, data.today(), lambda submission: _finding_ids(data, known, submission))
    counts = {name: sum(one.status == name for one in given) for name in STATUSES}
    shown = [one for one in given if status not in STATUSES or one.status == status]
    return desk_page(
        request,
        person,
        "waivers.html",
        section="waivers",
        given=shown,
        counts=counts,
        total=len(given),
        status=status if status in STATUSES else "",
        today=data.today(),
    )


@router.get("/audit")
def audit(request: Request, person: Validator, kind: str = "", q: str = "", page: int = 1) -> Response:
    data = data_of(request)
    known = data.live.now()
    return desk_page(
        request,
        person,
        "audit.html",
        section="audit",
        page=audit_page(audit_events(known.events, kind, q), page),
        files=known.state.submissions,
        kinds=KINDS,
        kind=kind,
        q=q,
        total=len(known.events),
        intact=data.live.intact(),
    )


def _finding_ids(data: DeskData, known: Known, submission: Submission) -> frozenset[str]:
    return frozenset(data.table(known, submission).frame.get_column("finding_id").to_list())
