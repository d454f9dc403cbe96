"""Who decided what, looked at whom and let in whom, as one table to take along; it holds no personal data itself."""

import re
from collections.abc import Iterable, Iterator

from fastapi import APIRouter, Request
from fastapi.responses import Response

from ledger.events import Event
from review.access.person import Administrator
from review.access.users import account_events
from review.data import data_of
from review.exports import attachment, to_csv
from review.personal import looks
from review.queries.history import DECISIONS
from review.store import Desk
from tasks.findings import MASK

COLUMNS = (
    "at",
    "by",
    "what",
    "event",
    "submission_id",
    "district_code",
    "period",
    "reason",
    "rule",
    "finding_ids",
    "until",
    "state_before",
    "undoes",
    "rule_pack",
    "personal_values_shown",
)
# What a validator types as a reason is free text; ID numbers (9 or 12 digits) don't leave with it.
_ID_NUMBER = re.compile(r"(?<!\d)(?:\d[ .]?){8}(?:\d[ .]?){0,3}\d(?!\d)")
router = APIRouter()


@router.get("/audit.csv")
def audit_csv(request: Request, _: Administrator) -> Response:
    content = audit_table(data_of(request).live.now().events, request.app.state.desk)
    headers = {"Content-Disposition": attachment("nhat-ky-tham-dinh.csv")}
    return Response(content, media_type="text/csv; charset=utf-8", headers=headers)


def audit_table(events: Iterable[Event], desk: Desk) -> bytes:
    """Decisions of the ledger, looks, sign-ins and changes of accounts, as CSV with COLUMNS, oldest first."""
    rows = [*_decisions(events), *_looks(desk), *_accounts(desk)]
    return to_csv(COLUMNS, sorted(rows, key=lambda row: row[0]))


def _decisions(events: Iterable[Event]) -> Iterator[list[str]]:
    for event in events:
        if event.kind not in DECISIONS:
            continue
        paid = event.payload
        one = [paid["finding_id"]] if paid.get("finding_id") else []
        values = {
            "at": event.at.isoformat(timespec="seconds"),
            "by": event.by,
            "what": event.kind,
            "event": str(event.id),
            "submission_id": event.submission_id,
            "district_code": event.district_code,
            "period": event.period,
            "reason": _ID_NUMBER.sub(MASK, event.reason),
            "rule": paid.get("rule"),
            "finding_ids": " ".join(paid.get("finding_ids", one)),
            "until": paid.get("until"),
            "state_before": paid.get("state"),
            "undoes": str(paid.get("undoes", "")),
            "rule_pack": paid.get("rule_pack"),
        }
        yield [values.get(column) or "" for column in COLUMNS]


def _looks(desk: Desk) -> Iterator[list[str]]:
    for look in looks(desk):
        values = {
            "at": look.at,
            "by": look.by,
            "what": f"look: {look.what}",
            "submission_id": look.submission_id,
            "personal_values_shown": str(look.items),
        }
        yield [values.get(column, "") for column in COLUMNS]


def _accounts(desk: Desk) -> Iterator[list[str]]:
    for event in account_events(desk):
        values = {"at": event.at, "by": event.by, "what": f"account {event.name}: {event.what}"}
        yield [values.get(column, "") for column in COLUMNS]
