"""A form with a row for every unit: communes as counted, districts and province as live totals of them.

A form's columns are either counted (a number for each commune, a sum above) or computed (a formula in each row).
What a total must come to is the mart's own figure, never a sum made here: the two are compared when the workbook
is recalculated.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from forms.layout import column_letter
from labels.table import NOT_REPORTED
from reports.figures import PROVINCE
from reports.paper import FIRST_ROW, Cell, Column, Formula, Heading, Page, Row
from reports.words import official_vi

WHOLE_PROVINCE = "TOÀN TỈNH"
# The column that says which part of a unit a row shows.
_PART_PLACE = 2
_REFERENCE = re.compile(r"\{([^{}]+)\}")

# (form, unit, part, column) → the cell's address in the workbook, for formulas of other sheets.
Places = dict[tuple[str, str, str, str], str]
# (unit, part) → the row's figures by column.
Figures = Mapping[tuple[str, str], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Measure:
    """A column of figures.

    `formula` has column keys in braces, `{poor}`, or `{form:key}` for the same row of another form; empty for what
    is counted. Where the expression `over` is 0 the cell shows nothing. `shown` is printed under the title instead
    of the formula.
    """

    key: str
    title: str
    group: str = ""
    kind: str = "count"
    formula: str = ""
    over: str = ""
    shown: str = ""
    width: float = 8


@dataclass(frozen=True, slots=True)
class UnitForm:
    """A form: `parts` are the kinds of row that each unit has (key, label), in order; none means one row a unit."""

    key: str
    sheet: str
    title: str
    official: str
    unit: str
    measures: tuple[Measure, ...]
    part_title: str = ""
    parts: tuple[tuple[str, str], ...] = (("", ""),)
    levels: tuple[str, ...] = ("province", "district", "commune")
    notes: tuple[str, ...] = ()
    part_width: float = 11
    repeats_names: bool = False

    @property
    def has_parts(self) -> bool:
        return len(self.parts) > 1


def rate(key: str, title: str, above: str, below: str, group: str = "", width: float = 8) -> Measure:
    """A percentage of two columns (or expressions of columns); nothing where the lower one is 0."""
    return Measure(key, title, group, "percent", f"100*{above}/{below}", over=below, width=width)


def page_of(
    form: UnitForm, units: pl.DataFrame, figures: Figures, places: Places, period: str, notes: Sequence[str] = ()
) -> Page:
    """The form as a sheet; notes in `places` where each figure stands. `period` is printed under the title."""
    return Page(
        form.sheet,
        Heading(form.sheet, official_vi(form.official), form.title, period, f"Đơn vị tính: {form.unit}"),
        columns_of(form),
        rows_of(form, units, figures, places),
        [*notes, *form.notes],
        frozen_columns=3 if form.has_parts else 2,
    )


def columns_of(form: UnitForm) -> list[Column]:
    """The printed columns: number in order, name, part, then the figures, counted from 1."""
    numbers = {measure.key: str(place) for place, measure in enumerate(form.measures, start=1)}
    columns = [Column("TT", "center", 6, number="A"), Column("Đơn vị", "text", 23, number="B")]
    if form.has_parts:
        columns.append(Column(form.part_title, "text", form.part_width, number="C"))
    for measure in form.measures:
        number = numbers[measure.key]
        shown = measure.shown or _shown(measure.formula, numbers)
        columns.append(
            Column(measure.title, measure.kind, measure.width, measure.group, f"{number}={shown}" if shown else number)
        )
    return columns


def _shown(formula: str, numbers: Mapping[str, str]) -> str:
    """The formula in column numbers, a percentage as the forms print it: 4/1*100."""
    if any(":" in key for key in _REFERENCE.findall(formula)):
        return ""
    text = _REFERENCE.sub(lambda found: numbers[found[1]], formula)
    return f"{text.removeprefix('100*')}*100" if text.startswith("100*") else text


def rows_of(form: UnitForm, units: pl.DataFrame, figures: Figures, places: Places) -> list[Row]:
    """The form's rows; notes in `places` where each figure stands.

    `units` has the columns of reports.figures.units. A unit that has not reported has empty cells and says so.
    """
    lines = _lines(form, units)
    letters = _letters(form)
    below: dict[tuple[str, str], list[int]] = {}
    for line in lines:
        below.setdefault((line.above, line.part), []).append(line.row)
        for key, letter in letters.items():
            places[form.key, line.code, line.part, key] = f"'{form.sheet}'!{letter}{line.row}"
    rows = []
    for line in lines:
        cells: list[Cell] = [None] * len(form.measures)
        if line.is_reported:
            found = figures.get((line.code, line.part), {})
            summed = below.get((line.code, line.part), [])
            cells = [
                _computed(form, measure, line, letters, places, found.get(measure.key))
                if measure.formula
                else _counted(line, letters[measure.key], summed, found.get(measure.key) or 0)
                for measure in form.measures
            ]
        # Where nothing stands below it, a district is a row like any other.
        style = "plain" if line.level == form.levels[-1] else line.level
        rows.append(Row([*_named(form, line), *cells], style, _joined(form, line)))
    return rows


@dataclass(frozen=True, slots=True)
class _Line:
    """One row of a form: the unit and the part that it shows, and its row number in the sheet (from 1)."""

    row: int
    code: str
    level: str
    above: str
    order: str
    name: str
    part: str
    part_name: str
    is_first_part: bool
    is_reported: bool


def province_name(units: pl.DataFrame) -> str:
    """What the province's row is called: of how many districts it is, where some have not reported.

    `units` has the columns of reports.figures.units.
    """
    reported = units.filter(pl.col("level") == "district").get_column("is_reported")
    if reported.all() or not reported.any():
        return WHOLE_PROVINCE
    return f"{WHOLE_PROVINCE} ({reported.sum()}/{reported.len()} huyện đã báo cáo)"


def _lines(form: UnitForm, units: pl.DataFrame) -> list[_Line]:
    lines: list[_Line] = []
    district = commune = 0
    whole = province_name(units)
    for unit in units.filter(pl.col("level").is_in(form.levels)).iter_rows(named=True):
        order, name, above = "", unit["unit_name"], ""
        match unit["level"]:
            case "province":
                name = whole
            case "district":
                district, commune = district + 1, 0
                order, above = str(district), PROVINCE
            case _:
                commune += 1
                order, above = f"{district}.{commune}", unit["district_code"]
        for part, part_name in form.parts:
            lines.append(
                _Line(
                    row=FIRST_ROW + len(lines) + 1,
                    code=unit["unit_code"],
                    level=unit["level"],
                    above=above,
                    order=order,
                    name=name if unit["is_reported"] or unit["level"] == "commune" else f"{name} ({NOT_REPORTED.vi})",
                    part=part,
                    part_name=part_name,
                    is_first_part=part == form.parts[0][0],
                    is_reported=unit["is_reported"],
                )
            )
    return lines


def _letters(form: UnitForm) -> dict[str, str]:
    first = _PART_PLACE + 1 if form.has_parts else _PART_PLACE
    return {measure.key: column_letter(first + place) for place, measure in enumerate(form.measures)}


def _named(form: UnitForm, line: _Line) -> list[Cell]:
    named: list[Cell] = [line.order, line.name] if line.is_first_part or form.repeats_names else ["", ""]
    return [*named, line.part_name] if form.has_parts else named


def _joined(form: UnitForm, line: _Line) -> dict[int, str] | None:
    """Two rows of one unit look like one where its name stands once."""
    if not form.has_parts or form.repeats_names:
        return None
    side = "top" if line.is_first_part else "bottom"
    return {0: f"center/{side}", 1: f"text/{side}"}


def _counted(line: _Line, letter: str, summed: Sequence[int], count: int) -> Cell:
    """A number, or where units stand below the sum of theirs."""
    if not summed:
        return count
    if line.level == "province":
        return Formula(f"SUM({','.join(f'{letter}{row}' for row in summed)})", count)
    first, last = summed[0], summed[-1]
    if not line.part:
        return Formula(f"SUM({letter}{first}:{letter}{last})", count)
    # Other parts stand between: only rows of the same part are summed.
    part = column_letter(_PART_PLACE)
    return Formula(
        f"SUMIF(${part}{first}:${part}{last},${part}{line.row},{letter}{first}:{letter}{last})",
        count,
    )


def _computed(
    form: UnitForm, measure: Measure, line: _Line, letters: Mapping[str, str], places: Places, value: float | None
) -> Formula:
    def address(found: re.Match[str]) -> str:
        other, _, key = found[1].rpartition(":")
        return places[other, line.code, line.part, key] if other else f"{letters[key]}{line.row}"

    text = _REFERENCE.sub(address, measure.formula)
    if measure.over:
        text = f'IF({_REFERENCE.sub(address, measure.over)}=0,"",{text})'
    return Formula(text, value)
