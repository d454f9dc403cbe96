"""A sheet as it was sent, in windows of rows and columns, with the cells at fault marked."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response

from forms.layout import column_letter
from ledger.states import Submission
from review.access.person import Person, Viewer
from review.data import DeskData, data_of
from review.live import Known
from review.pages.common import desk_page, find_submission, with_own_values
from review.pages.masks import shown_cells
from review.queries.findings import Finding, field_of, in_cells
from review.queries.submission import overview
from review.sheets import OpenFile, SheetFile
from tasks.annotate.lines import parse_address
from tasks.faults import Unreadable

ROWS, COLUMNS = 60, 60
# Rows that are seen above the one that was asked for.
_ABOVE = 12

router = APIRouter()


@dataclass(frozen=True)
class GridCell:
    """One cell; `findings` are those at it, the gravest first."""

    address: str
    text: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Grid:
    """A window of a sheet. `header` names each column as the form or the sheet does, empty where neither does."""

    sheet: SheetFile
    letters: tuple[str, ...]
    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[GridCell, ...]], ...]
    first_row: int
    first_column: int
    focus: str

    @property
    def last_row(self) -> int:
        return self.first_row + len(self.rows) - 1

    @property
    def last_column(self) -> int:
        return self.first_column + len(self.letters) - 1

    @property
    def findings(self) -> list[Finding]:
        return [one for _, cells in self.rows for cell in cells for one in cell.findings]


@router.get("/submissions/{submission_id}/sheet")
def sheet_page(
    request: Request,
    person: Viewer,
    submission_id: str,
    sheet: str = "",
    cell: str = "",
    row: int = 1,
    column: int = 1,
) -> Response:
    """The window of a sheet begins at `row` and `column`, or lies about `cell` (H17), which gets the focus."""
    data = data_of(request)
    known, submission = find_submission(data, submission_id)
    grid, opened, refused = None, None, None
    try:
        opened = data.sheets().open(submission.submission_id, submission.file_name)
    except Unreadable as fault:
        refused = fault
    if opened is not None and opened.sheets:
        chosen = opened.sheet(sheet) or _first_with_findings(data, known, submission, opened)
        grid = _grid(request, person, data, known, submission, chosen, cell, row, column)
    return desk_page(
        request,
        person,
        "sheet.html",
        tab="sheet",
        over=overview(data.settings, known.state, submission),
        opened=opened,
        grid=grid,
        refused=refused,
        rows_each=ROWS,
        columns_each=COLUMNS,
        today=data.today(),
    )


def _first_with_findings(data: DeskData, known: Known, submission: Submission, opened: OpenFile) -> SheetFile:
    with_findings = data.table(known, submission).sheets
    found = (one for name in with_findings if (one := opened.sheet(name)) is not None)
    return next(found, opened.sheets[0])


def _grid(
    request: Request,
    person: Person,
    data: DeskData,
    known: Known,
    submission: Submission,
    sheet: SheetFile,
    cell: str,
    row: int,
    column: int,
) -> Grid:
    place = parse_address(cell)
    if place is not None:
        row = place[0] - _ABOVE
        column = 1 if place[1] <= COLUMNS else place[1] - COLUMNS // 2
    first_row = max(1, min(row, max(1, sheet.rows)))
    first_column = max(1, min(column, max(1, sheet.columns)))
    texts = sheet.window(first_row, ROWS, first_column, COLUMNS)
    shown = shown_cells(request, person, submission, sheet, first_row, first_column, texts)
    found = in_cells(data.table(known, submission), sheet.name, first_row, first_row + ROWS - 1)
    masked = [one for findings in found.values() for one in findings]
    own = {
        one.finding_id: one
        for one in with_own_values(request, person, submission, masked, OpenFile((sheet,), sheet.path), "sheet")
    }
    width = len(shown[0]) if shown else 0
    letters = tuple(column_letter(at) for at in range(first_column - 1, first_column - 1 + width))
    rows = tuple(
        (
            number,
            tuple(
                GridCell(
                    f"{letter}{number}",
                    text,
                    tuple(own[one.finding_id] for one in found.get((number, first_column + at), ())),
                )
                for at, (letter, text) in enumerate(zip(letters, line, strict=True))
            ),
        )
        for number, line in enumerate(shown, start=first_row)
    )
    focus = f"{column_letter(place[1] - 1)}{place[0]}" if place else ""
    return Grid(sheet, letters, _header(sheet, first_column, width), rows, first_row, first_column, focus)


def _header(sheet: SheetFile, first_column: int, width: int) -> tuple[str, ...]:
    names = []
    for column in range(first_column, first_column + width):
        key = sheet.field_at(column)
        field = field_of(key, sheet.form_sheet) if key else None
        names.append(field.label_vi if field else "")
    return tuple(names)
