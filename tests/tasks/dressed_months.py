"""Months as offices dress them: any value in any cell, blank rows and columns, hidden parts, formulas, errors.

Drawn by hypothesis, and written as .xlsx or as a zip of CSVs with every cell at the same address.
"""

import csv
import datetime as dt
import io
import re
import zipfile
from dataclasses import dataclass, field

from hypothesis import strategies as st
from small_district import a_month, some_rows
from xlsxwriter import Workbook  # type: ignore[import-untyped]

from forms.dictionary import Sheet, sheets
from forms.month import CellValue, DistrictMonth
from tasks.values import EPOCH_1900, EPOCH_1904

ERRORS = ("#DIV/0!", "#N/A", "#NAME?", "#NUM!", "#REF!", "#VALUE!")


@dataclass(frozen=True)
class Formula:
    """A formula with the result that is stored with it."""

    text: str
    result: str | float


@dataclass(frozen=True)
class Serial:
    """A day as the bare number by which the workbook knows it."""

    day: dt.date


Value = CellValue | Formula | Serial
FORMULAS = (
    Formula("=2+3", 5),
    Formula('=IF(1=1,"x","y")', "x"),
    Formula('=IF(1=2,"x","")', ""),
    Formula("=1/0", "#DIV/0!"),
    Formula("=NA()", "#N/A"),
)


@dataclass
class Dressed:
    """One workbook. `cells` gives the value of every cell by sheet key, row and column, counted from 0.

    `changes` are those of them that no ordinary month has, for the eyes of who reads a failure.
    """

    cells: dict[str, dict[tuple[int, int], Value]] = field(default_factory=dict, repr=False)
    changes: dict[str, dict[tuple[int, int], Value]] = field(default_factory=dict)
    hidden_rows: dict[str, list[int]] = field(default_factory=dict)
    hidden_columns: dict[str, list[int]] = field(default_factory=dict)
    hidden_sheet: str | None = None
    is_1904: bool = False


_NO_RESULT = re.compile(rb'<c (r="[A-Z]+\d+")><f>([^<]*)</f><v></v>')
_WORDS = st.text("aăâđêôơưáàảãạ ẤỆỮXx0123456789.,;:/-+=@'\"<>&%_()\n\u00a0\u0301", max_size=12)
_DAYS = st.dates(dt.date(2015, 1, 1), dt.date(2030, 12, 31))
_ERROR_CELLS = st.sampled_from(ERRORS).map(lambda text: Formula(f"={text}", text))
# A stored number with three decimals is another in a CSV: "1.552" is 1552 there. These have two.
_NUMBERS = st.integers(-20, 10**10) | st.integers(-40, 4000).map(lambda quarters: quarters / 4)
_TEXTS = st.sampled_from(
    [
        *("1.552", "5", " 7 ", "3,04", "1e5", "0012", "096123456789", "nhiều", "31/12/2019", "2019-12-31", "12/2019"),
        *("x", "X", "1", "có", "không", "đúng", "#N/A", "=1+2", "+84", "'a", "Lê\nVăn  Tư", "x" * 300),
        *("Hoà", "Hòa", "Khmer", "Nam", "N1", "CN", "KHONG_DOI", "Cộng", "Nông thôn", "971", "43830"),
    ]
)
VALUES: st.SearchStrategy[Value] = st.one_of(
    st.none(), _TEXTS, _NUMBERS, _WORDS, st.sampled_from(FORMULAS), _ERROR_CELLS
)
_COVER_DAYS: st.SearchStrategy[Value] = st.one_of(
    _DAYS, _DAYS.map(Serial), _DAYS.map(lambda day: f"{day:%d/%m/%Y}"), _DAYS.map(dt.date.isoformat)
)


def plain_month(changes: dict[tuple[str, str, int], Value], *, is_1904: bool = False) -> Dressed:
    """A month that every rule passes, apart from these cells: sheet key, field key and number of the row of data.

    The tables begin in A1, so that row of data 1 is row 2; the cover needs no row.
    """
    month = a_month()
    dressed = Dressed(is_1904=is_1904)
    for key, sheet in sheets().items():
        grid = _cover(month) if key == "cover" else _table(sheet, month)
        for (sheet_key, field_key, row), value in changes.items():
            if sheet_key == key:
                column = [form_field.key for form_field in sheet.fields].index(field_key)
                grid[column if key == "cover" else row][1 if key == "cover" else column] = value
        dressed.cells[key] = {
            (row, column): value
            for row, values in enumerate(grid)
            for column, value in enumerate(values)
            if value is not None
        }
    return dressed


@st.composite
def dressed_months(draw: st.DrawFn) -> Dressed:
    """A month of few households with a handful of cells changed, shifted on its sheets, and parts of it hidden."""
    month = a_month(rows=some_rows()[: draw(st.integers(1, 6))])
    dressed = Dressed(is_1904=draw(st.booleans()))
    # A bare number is another day in a workbook that counts from 1904, and its CSV can't say so.
    days = _COVER_DAYS if dressed.is_1904 else _COVER_DAYS | VALUES
    month.cover["prepared_on"] = draw(days)  # type: ignore[assignment]
    for key, sheet in sheets().items():
        grid: list[list[Value]] = _cover(month) if key == "cover" else _table(sheet, month)
        changed: list[tuple[int, int]] = [(6, 1)] if key == "cover" else []
        for _ in range(draw(st.integers(0, {"cover": 1, "household": 8}.get(key, 2)))):
            row = draw(st.integers(0 if key == "cover" else 1, len(grid) - 1))
            column = 1 if key == "cover" else draw(st.integers(0, len(grid[0]) - 1))
            is_day = key == "cover" and sheet.fields[row].key == "prepared_on"
            grid[row][column] = draw(days if is_day else VALUES)
            changed.append((row, column))
        top, left = draw(st.integers(0, 3)), draw(st.integers(0, 2))
        gaps = set() if key == "cover" else draw(st.sets(st.integers(1, len(grid)), max_size=2))
        cells = dressed.cells[key] = {}
        places = []
        at = top
        for number, values in enumerate(grid):
            at += 1 + (number in gaps)
            places.append(at)
            cells |= {(at, left + column): value for column, value in enumerate(values) if value is not None}
        dressed.changes[key] = {(places[row], left + column): grid[row][column] for row, column in changed}
        if key in ("household", "commune") and draw(st.booleans()):
            dressed.hidden_rows[key] = draw(st.lists(st.sampled_from(places), max_size=3, unique=True))
            columns = st.integers(left, left + len(grid[0]) - 1)
            dressed.hidden_columns[key] = draw(st.lists(columns, max_size=2, unique=True))
    dressed.hidden_sheet = draw(st.sampled_from([None, None, "household", "policy"]))
    return dressed


def _cover(month: DistrictMonth) -> list[list[Value]]:
    return [[form_field.label_vi, month.cover.get(form_field.key)] for form_field in sheets()["cover"].fields]


def _table(sheet: Sheet, month: DistrictMonth) -> list[list[Value]]:
    head: list[Value] = [form_field.label_vi for form_field in sheet.fields]
    return [head, *([row.get(form_field.key) for form_field in sheet.fields] for row in month.rows(sheet.key))]


def as_xlsx(dressed: Dressed) -> bytes:
    buffer = io.BytesIO()
    with Workbook(buffer, {"strings_to_formulas": False, "date_1904": dressed.is_1904}) as book:
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        for key, sheet in sheets().items():
            worksheet = book.add_worksheet(sheet.name_vi)
            for (row, column), value in dressed.cells[key].items():
                if isinstance(value, Formula):
                    worksheet.write_formula(row, column, value.text, None, value.result)
                elif isinstance(value, Serial):
                    worksheet.write_number(row, column, _serial(value, dressed))
                elif isinstance(value, dt.date):
                    worksheet.write_datetime(row, column, value, day)
                elif isinstance(value, str):
                    worksheet.write_string(row, column, value)
                elif value is not None:
                    worksheet.write_number(row, column, value)
            for row in dressed.hidden_rows.get(key, []):
                worksheet.set_row(row, None, None, {"hidden": True})
            for column in dressed.hidden_columns.get(key, []):
                worksheet.set_column(column, column, None, None, {"hidden": True})
            if dressed.hidden_sheet == key:
                worksheet.hide()
    return _empty_results_as_text(buffer.getvalue())


def as_csv_zip(dressed: Dressed) -> bytes:
    """Every cell as a spreadsheet exports it: the result of a formula, a day as a day, a bare number as digits."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for key, sheet in sheets().items():
            cells = dressed.cells[key]
            height, width = (1 + max(place[axis] for place in cells) for axis in (0, 1))
            text = io.StringIO(newline="")
            csv.writer(text).writerows(
                [_exported(cells.get((row, column)), dressed) for column in range(width)] for row in range(height)
            )
            archive.writestr(f"{sheet.name_vi}.csv", text.getvalue())
    return buffer.getvalue()


def _exported(value: Value, dressed: Dressed) -> str:
    if isinstance(value, Formula):
        value = value.result
    if isinstance(value, Serial):
        value = (value.day - EPOCH_1900).days
    if isinstance(value, dt.date):
        return f"{value:%d/%m/%Y}"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else str(value)


def _serial(value: Serial, dressed: Dressed) -> int:
    return (value.day - (EPOCH_1904 if dressed.is_1904 else EPOCH_1900)).days


def _empty_results_as_text(content: bytes) -> bytes:
    """A formula whose result is an empty text, as Excel writes it; xlsxwriter leaves the result out."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            part = source.read(name)
            target.writestr(
                name, re.sub(rb'<c (r="[A-Z]+\d+")><f>([^<]*)</f><v></v>', rb'<c \1 t="str"><f>\2</f><v></v>', part)
            )
    return buffer.getvalue()
