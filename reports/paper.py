"""One printed sheet of `report.xlsx`: title, header, rows, and the page set-up of an official form.

A cell is a number, a text, nothing, or a formula with the value that it must come to. Text is always written as
text, so that nothing turns into a formula by its first letter.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from xlsxwriter.worksheet import Worksheet

from forms.numbers import CELL_FORMATS
from reports.figures import Release

FONT = "Times New Roman"
# Section V.1 of the plan: the department puts the figures together and reports them to the committee.
OFFICE_ABOVE = "ỦY BAN NHÂN DÂN TỈNH CÀ MAU"
OFFICE = "SỞ LAO ĐỘNG - THƯƠNG BINH VÀ XÃ HỘI"
_A4 = 9
# Rows above the header: office and form (two), title, period, what the figures rest on, unit.
TITLE_ROWS = 6
# Headings of groups, titles of columns, numbers of columns.
FIRST_ROW = TITLE_ROWS + 3
_LINE_HEIGHT = 15.5
# A column as wide as ten zeros of the default font holds rather more letters of this one.
_SIGNS_PER_WIDTH = 1.15
WARNING = "#C00000"
SHADES = {"header": "#E7E6E6", "province": "#D0CECE", "district": "#EDEDED"}
_STYLES: dict[str, dict[str, Any]] = {
    "province": {"bold": True, "bg_color": SHADES["province"]},
    "district": {"bold": True, "bg_color": SHADES["district"]},
    "plain": {},
}


@dataclass(frozen=True, slots=True)
class Formula:
    """A live formula (without its `=`) and the value that it must come to; None where it shows nothing."""

    text: str
    value: float | int | None


Cell = float | int | str | Formula | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a printed table. `kind` is text, centred, or a key of forms.numbers.CELL_FORMATS.

    Neighbours with the same `group` share one heading. `number` is what stands under the title ("5=4/1*100").
    """

    title: str
    kind: str = "count"
    width: float = 8
    group: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its cells, how it is printed (province, district, plain), and the kinds that differ.

    `kinds` overrides the columns' kinds by place, for tables whose rows count different things. A kind that ends in
    /top or /bottom has no line below or above it: two rows that belong to one name.
    """

    cells: Sequence[Cell]
    style: str = "plain"
    kinds: dict[int, str] | None = None


@dataclass(frozen=True, slots=True)
class Heading:
    """What stands above a table: `form` is its number, `official` the form of the circular that it follows."""

    form: str
    official: str
    title: str
    period: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """A sheet before it is written: its name, what stands above the table, the table, and notes below it.

    `frozen_columns` stay in sight when the reader scrolls to the right.
    """

    name: str
    heading: Heading
    columns: Sequence[Column]
    rows: Sequence[Row]
    notes: Sequence[str] = ()
    frozen_columns: int = 2


class _Sheet(Worksheet):  # type: ignore[misc]  # the library has no types
    """A worksheet that takes formulas as they are.

    The library searches each formula for some thirty functions of newer Excel versions, which is a third of the
    time of writing; none of ours has one.
    """

    def _prepare_formula(self, formula: str, expand_future_functions: bool = False) -> str:
        return formula.removeprefix("=")


class Paper:
    """The workbook's formats and the words that every sheet carries."""

    def __init__(self, book: Any, release: Release) -> None:
        self._book = book
        self._release = release
        self._formats: dict[tuple[tuple[str, Any], ...], Any] = {}
        self._cells: dict[tuple[str, str], Any] = {}

    def format(self, **properties: Any) -> Any:
        """A cell format, made once for each set of properties."""
        key = tuple(sorted(properties.items()))
        if key not in self._formats:
            self._formats[key] = self._book.add_format({"font_name": FONT, "font_size": 11, **properties})
        return self._formats[key]

    def write(self, page: Page) -> None:
        """Write a sheet whole: heading, header, rows, notes, page set-up."""
        worksheet = self._book.add_worksheet(page.name, worksheet_class=_Sheet)
        self.set_up(worksheet)
        self.head(worksheet, page.heading, [column.width for column in page.columns])
        self._header(worksheet, page.columns)
        for offset, row in enumerate(page.rows):
            self._row(worksheet, FIRST_ROW + offset, page.columns, row)
        end = FIRST_ROW + len(page.rows)
        for offset, note in enumerate(page.notes, start=1):
            worksheet.write_string(end + offset, 0, note, self.format(italic=True, font_size=10))
        worksheet.print_area(0, 0, end + len(page.notes), len(page.columns) - 1)
        worksheet.repeat_rows(TITLE_ROWS, FIRST_ROW - 1)
        worksheet.freeze_panes(FIRST_ROW, page.frozen_columns)
        # "1.10" is the tenth commune of the first district, not a number that was typed as text.
        worksheet.ignore_errors({"number_stored_as_text": f"A1:A{end + 1}"})

    def set_up(self, worksheet: Any) -> None:
        """A4 landscape, as wide as the page, with the release, its warnings and the page number at the foot."""
        worksheet.set_landscape()
        worksheet.set_paper(_A4)
        worksheet.fit_to_pages(1, 0)
        worksheet.set_margins(left=0.5, right=0.4, top=0.6, bottom=0.65)
        worksheet.center_horizontally()
        worksheet.hide_gridlines(2)
        words = [f"Bản công bố {self._release.release_id}"]
        # A footer holds 255 signs: too few for the names of districts, which stand above each table.
        if self._release.is_provisional:
            missing, due = len(self._release.districts_missing), len(self._release.districts)
            words.append(f"SỐ LIỆU TẠM TÍNH, THIẾU {missing}/{due} HUYỆN")
        if self._release.is_synthetic:
            words.append("DỮ LIỆU MẪU")
        worksheet.set_footer(f'&L&"{FONT}"&9{" - ".join(words)}&R&"{FONT}"&9Trang &P/&N')

    def warnings(self) -> list[str]:
        """What the reader of any page must know: figures are provisional, or made up. Empty where neither is so."""
        found = []
        if self._release.is_provisional:
            found.append(f"SỐ LIỆU TẠM TÍNH, thiếu: {', '.join(self._release.districts_missing)}")
        if self._release.is_synthetic:
            found.append("DỮ LIỆU MẪU, không phải số liệu thật")
        return found

    def status(self) -> str:
        """How many districts the figures rest on, and the warnings."""
        districts = self._release.districts
        reported = sum(district.is_reported for district in districts)
        return ". ".join([f"Đã có báo cáo của {reported}/{len(districts)} huyện, thành phố", *self.warnings()]) + "."

    def head(self, worksheet: Any, heading: Heading, widths: Sequence[float]) -> None:
        """The six rows above a table whose columns are so wide: office, form, title, period, status, unit."""
        last = len(widths) - 1
        for row, (left, right) in enumerate(((OFFICE_ABOVE, heading.form), (OFFICE, heading.official))):
            second = row == 1
            worksheet.write_string(row, 0, left, self.format(bold=second))
            worksheet.write_string(row, last, right, self.format(bold=not second, italic=second, align="right"))
        warning = {"bold": True, "font_color": WARNING} if self.warnings() else {}
        self.across(worksheet, 2, last, heading.title.upper(), bold=True, font_size=14)
        self.across(worksheet, 3, last, heading.period, italic=True)
        self.across(worksheet, 4, last, self.status(), **warning)
        worksheet.set_row(2, 24)
        worksheet.set_row(4, _LINE_HEIGHT * math.ceil(len(self.status()) / sum(widths)))
        worksheet.write_string(5, last, heading.unit, self.format(italic=True, align="right"))

    def across(self, worksheet: Any, row: int, last: int, text: str, **properties: Any) -> None:
        """A text in the middle of a row's columns up to `last`, broken where it is too long."""
        style = self.format(align="center", valign="vcenter", text_wrap=True, **properties)
        worksheet.merge_range(row, 0, row, last, "", style)
        # merge_range would take a text for what it looks like.
        worksheet.write_string(row, 0, text, style)

    def _header(self, worksheet: Any, columns: Sequence[Column]) -> None:
        title = self.format(
            bold=True,
            font_size=10,
            border=1,
            bg_color=SHADES["header"],
            text_wrap=True,
            align="center",
            valign="vcenter",
        )
        number = self.format(italic=True, font_size=9, border=1, align="center", valign="vcenter", shrink=True)
        place = 0
        for group, members in itertools.groupby(columns, key=lambda column: column.group):
            inside = list(members)
            if group and len(inside) > 1:
                worksheet.merge_range(TITLE_ROWS, place, TITLE_ROWS, place + len(inside) - 1, "", title)
            for offset, column in enumerate(inside):
                at = place + offset
                worksheet.set_column(at, at, column.width)
                if group:
                    worksheet.write_string(TITLE_ROWS + 1, at, column.title, title)
                else:
                    worksheet.merge_range(TITLE_ROWS, at, TITLE_ROWS + 1, at, "", title)
                    worksheet.write_string(TITLE_ROWS, at, column.title, title)
                worksheet.write_string(TITLE_ROWS + 2, at, column.number, number)
            if group:
                worksheet.write_string(TITLE_ROWS, place, group, title)
            place += len(inside)
        lines = max(math.ceil(len(column.title) / column.width) + 1 for column in columns)
        worksheet.set_row(TITLE_ROWS + 1, 13 * min(max(lines, 2), 8))

    def _row(self, worksheet: Any, at: int, columns: Sequence[Column], row: Row) -> None:
        kinds = row.kinds or {}
        lines = max(
            math.ceil(len(cell) / (column.width * _SIGNS_PER_WIDTH))
            if isinstance(cell, str) and column.kind == "text"
            else 1
            for column, cell in zip(columns, row.cells, strict=True)
        )
        if lines > 1:
            worksheet.set_row(at, _LINE_HEIGHT * lines)
        for place, (column, cell) in enumerate(zip(columns, row.cells, strict=True)):
            style = self._cell_format(row.style, kinds.get(place, column.kind))
            match cell:
                case None:
                    worksheet.write_blank(at, place, None, style)
                case Formula(text, value):
                    worksheet.write_formula(at, place, f"={text}", style, "" if value is None else value)
                case str():
                    worksheet.write_string(at, place, cell, style)
                case _:
                    worksheet.write_number(at, place, cell, style)

    def _cell_format(self, style: str, kind: str) -> Any:
        key = (style, kind)
        if key not in self._cells:
            properties: dict[str, Any] = {"border": 1, "valign": "vcenter"} | _STYLES[style]
            kind, _, side = kind.partition("/")
            if side:
                properties |= {"bottom": 0} if side == "top" else {"top": 0}
            if kind in CELL_FORMATS:
                properties["num_format"] = CELL_FORMATS[kind]
            elif kind == "center":
                properties["align"] = "center"
            else:
                properties["text_wrap"] = True
            self._cells[key] = self.format(**properties)
        return self._cells[key]
