"""Files to take along: the original, the workbook with its findings marked, the findings as a table."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from review.access.person import Validator, Viewer
from review.data import data_of
from review.errors import error_page
from review.exports import XLSX, attachment, stem_of, to_csv, to_xlsx
from review.pages.common import find_submission
from review.pages.submission import FindingsQuery
from review.personal import looked
from review.queries.findings import Finding, field_of, matching
from review.render import language_of, words
from tasks.faults import Unreadable
from tasks.judgements import read_findings
from tasks.returned import verdict_vi
from tasks.storage import raw_file

router = APIRouter()

_COLUMNS = ("rule", "severity", "sheet", "cell", "column", "value", "expected", "message", "household", "waived")
_WIDTHS = (8, 13, 14, 8, 24, 22, 22, 60, 26, 10)
_BYTES = "application/octet-stream"


@router.get("/submissions/{submission_id}/original")
def original(request: Request, person: Validator, submission_id: str) -> Response:
    """The file as it was received, byte for byte."""
    data = data_of(request)
    _, submission = find_submission(data, submission_id)
    content = raw_file(data.settings, submission.submission_id).read_bytes()
    looked(request.app, person, submission.submission_id, "original", 1)
    return Response(content, media_type=_BYTES, headers={"Content-Disposition": attachment(submission.file_name)})


@router.get("/submissions/{submission_id}/annotated")
def annotated(request: Request, person: Validator, submission_id: str) -> Response:
    """The sender's workbook with what is found now marked in it, as the district would get it."""
    data = data_of(request)
    known, submission = find_submission(data, submission_id)
    settings = data.settings
    found = read_findings(settings.judgements, known.state, submission, settings.timezone)
    counts = dict((submission.judgement or {}).get("counts", {}))
    try:
        content = data.readers().annotate(
            raw_file(settings, submission.submission_id), found.to_dicts(), counts, verdict_vi(submission)
        )
    except Unreadable as fault:
        reason = fault.reason_vi if language_of(request) == "vi" else fault.reason_en
        return error_page(request, 422, words()[language_of(request)]["cannot_open"].format(reason=reason))
    looked(request.app, person, submission.submission_id, "annotated", 1)
    name = f"{stem_of(submission.file_name)} [{submission.submission_id[:8]}].xlsx"
    return Response(content, media_type=XLSX, headers={"Content-Disposition": attachment(name)})


@router.get("/submissions/{submission_id}/findings.csv")
def findings_csv(
    request: Request, person: Viewer, submission_id: str, query: Annotated[FindingsQuery, Query()]
) -> Response:
    name, header, rows = _table(request, submission_id, query)
    headers = {"Content-Disposition": attachment(f"{name}.csv")}
    return Response(to_csv(header, rows), media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/submissions/{submission_id}/findings.xlsx")
def findings_xlsx(
    request: Request, person: Viewer, submission_id: str, query: Annotated[FindingsQuery, Query()]
) -> Response:
    name, header, rows = _table(request, submission_id, query)
    title = words()[language_of(request)]["findings"]
    headers = {"Content-Disposition": attachment(f"{name}.xlsx")}
    return Response(to_xlsx(title, header, rows, _WIDTHS), media_type=XLSX, headers=headers)


def _table(request: Request, submission_id: str, query: FindingsQuery) -> tuple[str, list[str], Iterator[list[str]]]:
    """A file name, the header and the findings asked for. What is personal stays masked outside of the desk."""
    data = data_of(request)
    known, submission = find_submission(data, submission_id)
    language = language_of(request)
    said = words()[language]
    rows = (_row(one, language, said) for one in matching(data.table(known, submission), query.asked()))
    prefix = "loi" if language == "vi" else "findings"
    return f"{prefix} {stem_of(submission.file_name)}", [said[f"column_{name}"] for name in _COLUMNS], rows


def _row(one: Finding, language: str, said: dict[str, str]) -> list[str]:
    field = field_of(one.column) if one.column else None
    label = one.column if field is None else field.label_vi if language == "vi" else field.label_en
    return [
        one.rule,
        said[f"severity_{one.severity}"],
        one.sheet,
        one.cell,
        label,
        one.value,
        one.expected,
        one.message_vi if language == "vi" else one.message_en,
        one.household_ref,
        said["yes"] if one.waived else "",
    ]
