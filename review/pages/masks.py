"""Which cells of a sender's sheet may name a person, and what of them a reader may see."""

from collections.abc import Sequence

from fastapi import Request

from forms.layout import column_letter
from ledger.states import Submission
from review.access.person import Person
from review.personal import looked, shown
from review.queries.findings import field_of
from review.sheets import SheetFile


def may_name_a_person(sheet: SheetFile, row: int, column: int) -> bool:
    """Whether a cell may hold personal data: everything but the form's headers and its fields that name nobody.

    A sheet or a column that the form does not have may hold anything.
    """
    if sheet.form_sheet == "cover":
        return f"{column_letter(column - 1)}{row}" not in sheet.open_cells
    if sheet.form_sheet is None or sheet.header_row is None:
        return True
    key = sheet.field_at(column)
    field = field_of(key, sheet.form_sheet) if key else None
    if field is None or row < sheet.header_row:
        return True
    return field.personal and row > sheet.header_row


def shown_cells(
    request: Request,
    person: Person,
    submission: Submission,
    sheet: SheetFile,
    first_row: int,
    first_column: int,
    rows: Sequence[Sequence[str | None]],
) -> list[list[str]]:
    """A window of a sheet as a person may see it; the look at personal cells is noted."""
    seen = 0
    cells = []
    for row, values in enumerate(rows, start=first_row):
        line = []
        for column, value in enumerate(values, start=first_column):
            text = value or ""
            is_personal = bool(text) and may_name_a_person(sheet, row, column)
            seen += is_personal
            line.append(shown(person, text, is_personal))
        cells.append(line)
    if seen and person.may("validator"):
        looked(request.app, person, submission.submission_id, f"sheet {sheet.name} rows {first_row}+", seen)
    return cells
