"""Workbooks that each break exactly one rule, or just keep it, for `giamngheo sample --faults` and the tests.

All files of a kind can be taken in together. Of those that break a rule, what ends accepted has a slot of its own, so
that nothing supersedes anything; of those that keep it all are accepted, and the latest for a slot stands. Months and
districts that a rule compares with come along.
"""

import datetime as dt
import io
import re
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from openpyxl import load_workbook
from openpyxl.workbook import Workbook

from forms.dictionary import sheets
from forms.layout import HEADER_ROW, column_letter
from forms.workbook import write_workbook
from plan.reference import BASELINE_PERIOD, PLAN_YEAR, next_period, period_end, periods_between
from sample.keeps import KEEPS
from sample.scale import thinned
from sample.slips import OTHER_DISTRICT, SLIPS, Place, Slip, cover_place, draft_of, place
from sample.year import YearOfMonths, generate_year

Slot = tuple[str, str]

# Where what is not accepted goes: a rejected or held file never stands in another's way.
_SPARE = (BASELINE_PERIOD, "971")
_JANUARY, _FEBRUARY, _MARCH = (next_period(BASELINE_PERIOD, months) for months in (1, 2, 3))

REJECTED, HELD, ACCEPTED, UNREADABLE = "rejected", "held", "accepted", "unreadable"
# Rules that end otherwise than rejected.
_HELD = ("F13", "F16", "H09", "H15", "M02", "P02", "P03", "P05", "P06", "X03", "X05", "X06")
_OUTCOMES = {"F01": UNREADABLE} | dict.fromkeys(_HELD, HELD)
# Rules whose file is accepted, each in a slot of its own.
_ACCEPTED_SLOTS: dict[str, Slot] = {
    "F07": (BASELINE_PERIOD, OTHER_DISTRICT),
    "F11": (BASELINE_PERIOD, "966"),
    "F12": _SPARE,
    "H07": (BASELINE_PERIOD, "967"),
    "H14": (BASELINE_PERIOD, "968"),
    "H16": (BASELINE_PERIOD, "969"),
    "H18": (BASELINE_PERIOD, "970"),
    "C06": (BASELINE_PERIOD, "972"),
    "P07": (_JANUARY, "966"),
    "X04": (_JANUARY, "972"),
    "X07": (_FEBRUARY, "972"),
}
# Rules that compare with earlier months, or of which the file that keeps them needs one.
_LATER_SLOTS: dict[str, Slot] = {
    "F05": (_MARCH, OTHER_DISTRICT),
    **dict.fromkeys(("M05", "P06", "X01", "X02", "X05", "X06"), (_JANUARY, "973")),
    **dict.fromkeys(("P03", "X03"), (_FEBRUARY, "972")),
}
_LATER_KEEPS: dict[str, Slot] = dict.fromkeys(("H04", "H15", "H20", "M01", "M02", "M03", "M04"), (_JANUARY, "973"))
# Rules that need another file beside theirs: the same one sent before, or another district's of the same month.
_BESIDE: dict[str, Slot] = {"F07": (BASELINE_PERIOD, OTHER_DISTRICT), "X04": (_JANUARY, OTHER_DISTRICT)}
# Rules that look at the day on which the file was received: how many days after the month's end, broken and kept.
_RECEIVED_AFTER = {"F16": (0, 1)}
# Rules that a decision must go before: no file breaks them by itself.
_BEFORE = {"F05": f"giamngheo close {_MARCH} --by … --reason …"}


@dataclass(frozen=True, slots=True)
class FaultCase:
    """A file that breaks one rule, or keeps it: where the rule shows and in which state the file ends.

    `sheet` is the Vietnamese sheet name; `cell` is "" where no single cell is at fault. `companions` are the files
    that have to be taken in with it, `before` a command that has to be run first, `received_on` the day that has to be
    recorded as its arrival. For F07 the state is that of the file that came first.
    """

    rule: str
    path: Path
    sheet: str
    cell: str
    outcome: str
    companions: tuple[Path, ...] = ()
    before: str = ""
    received_on: dt.date | None = None


def write_faults(out: Path, rules: Sequence[str], seed: int = PLAN_YEAR, *, passing: bool = False) -> list[FaultCase]:
    """Write one workbook per rule into `out`, and the good files that it is held against.

    The districts are the sample year's with fewer households. With `passing`, each workbook goes to the edge of its
    rule and breaks none. Raises ValueError for codes of no rule (see FAULT_RULES).
    """
    unknown = [rule for rule in rules if rule not in FAULT_RULES]
    if unknown:
        raise ValueError(f"no sample breaks {', '.join(unknown)}; known are {', '.join(FAULT_RULES)}")
    out.mkdir(parents=True, exist_ok=True)
    year = _small_year(seed)
    slots = {rule: _slot(rule, passing) for rule in rules}
    needed = {rule: _needed(rule, slots[rule]) for rule in rules}
    # What is accepted though it breaks a rule may itself be the month before.
    taken = {} if passing else {slots[rule]: _path(out, rule, slots[rule]) for rule in rules if _is_accepted(rule)}
    beside = {_BESIDE[rule]: out / f"0-cung-{rule}-{_name(_BESIDE[rule])}" for rule in rules if rule in _BESIDE}
    good = {
        slot: beside.get(slot, out / f"0-co-so-{_name(slot)}")
        for slot in sorted({slot for some in needed.values() for slot in some})
        if slot in beside or slot not in taken
    }
    for slot, path in good.items():
        write_workbook(path, year[slot])
    files = taken | good
    return [
        _write(out, rule, slots[rule], year, tuple(files[slot] for slot in needed[rule]), passing) for rule in rules
    ]


def _small_year(seed: int) -> YearOfMonths:
    year = generate_year(seed, last=_MARCH)
    periods = periods_between(BASELINE_PERIOD, _MARCH)
    small: YearOfMonths = {}
    for district in sorted({district for _, district in year}):
        months = thinned([year[period, district] for period in periods])
        small |= {(period, district): month for period, month in zip(periods, months, strict=True)}
    return small


def _is_accepted(rule: str) -> bool:
    return rule in _ACCEPTED_SLOTS


def _slot(rule: str, passing: bool) -> Slot:
    later = _LATER_KEEPS.get(rule) if passing else None
    return later or _ACCEPTED_SLOTS.get(rule) or _LATER_SLOTS.get(rule) or _SPARE


def _needed(rule: str, slot: Slot) -> list[Slot]:
    """The months before a slot, and the file beside it with its own months before; in the order of time."""
    needed = [(period, slot[1]) for period in periods_between(BASELINE_PERIOD, slot[0])][:-1]
    if rule in _BESIDE:
        period, district = _BESIDE[rule]
        needed += [(one, district) for one in periods_between(BASELINE_PERIOD, period)]
    return sorted(needed)


def _name(slot: Slot) -> str:
    return f"{slot[0]}-{slot[1]}.xlsx"


def _path(out: Path, rule: str, slot: Slot) -> Path:
    return out / f"{rule}-{_name(slot)}"


def _write(
    out: Path, rule: str, slot: Slot, year: YearOfMonths, companions: tuple[Path, ...], passing: bool
) -> FaultCase:
    path = _path(out, rule, slot)
    draft = draft_of(year, *slot)
    changes: dict[str, Slip] = KEEPS if passing else SLIPS
    edits = _KEEPING_EDITS if passing else _EDITS
    found = changes[rule](draft) if rule in changes else Place("")
    write_workbook(path, draft.month)
    if rule in edits:
        path, found = edits[rule](path)
    if rule in ("F05", "F16"):
        found = cover_place("period")
    outcome = ACCEPTED if passing or _is_accepted(rule) else _OUTCOMES.get(rule, REJECTED)
    received_on = None
    if rule in _RECEIVED_AFTER:
        received_on = period_end(slot[0]) + dt.timedelta(days=_RECEIVED_AFTER[rule][passing])
    return FaultCase(rule, path, found.sheet, found.cell, outcome, companions, _BEFORE.get(rule, ""), received_on)


Edit = Callable[[Path], tuple[Path, Place]]


def _book(change: Callable[[Workbook], Place]) -> Edit:
    """Change the structure of a finished workbook."""

    def edit(path: Path) -> tuple[Path, Place]:
        book = load_workbook(path)
        found = change(book)
        book.save(path)
        return path, found

    return edit


def _no_workbook(path: Path) -> tuple[Path, Place]:
    path.write_bytes("Đây không phải là một bảng tính.".encode())
    return path, Place("")


def _suffix_in_capitals(path: Path) -> tuple[Path, Place]:
    return path.rename(path.with_suffix(".XLSX")), Place("")


def _without_sheet(book: Workbook) -> Place:
    name = sheets()["policy"].name_vi
    del book[name]
    return Place(name)


def _sheet_without_diacritics(book: Workbook) -> Place:
    book[sheets()["policy"].name_vi].title = "CHINH SACH"
    return Place("CHINH SACH")


def _without_column(book: Workbook) -> Place:
    sheet = sheets()["policy"]
    book[sheet.name_vi].delete_cols(sheet.field("served").order)
    return Place(sheet.name_vi)


def _other_label(book: Workbook) -> Place:
    sheet = sheets()["policy"]
    column = sheet.field("served").order
    book[sheet.name_vi].cell(HEADER_ROW + 1, column, "LUỸ KẾ\nĐÃ THỤ HƯỞNG:")
    return Place(sheet.name_vi, f"{column_letter(column - 1)}{HEADER_ROW + 1}")


def _with_column(book: Workbook) -> Place:
    sheet = sheets()["commune"]
    column = len(sheet.fields)
    book[sheet.name_vi].cell(HEADER_ROW + 1, column + 1, "Diện tích (km2)")
    return Place(sheet.name_vi, f"{column_letter(column)}{HEADER_ROW + 1}")


def _without_free_columns(book: Workbook) -> Place:
    """The two columns that nobody must have."""
    sheet = sheets()["household"]
    for key in ("note", "stt"):
        book[sheet.name_vi].delete_cols(sheet.field(key).order)
    return Place(sheet.name_vi)


def _hidden_row(book: Workbook) -> Place:
    sheet = sheets()["household"].name_vi
    book[sheet].row_dimensions[HEADER_ROW + 5].hidden = True
    return Place(sheet)


def _hidden_and_empty(book: Workbook) -> Place:
    """A row below the table and a column beside it, which hold nothing."""
    worksheet = book[sheets()["household"].name_vi]
    worksheet.row_dimensions[worksheet.max_row + 1].hidden = True
    worksheet.column_dimensions[column_letter(worksheet.max_column)].hidden = True
    return Place(worksheet.title)


_FORMULA_AT = place("commune", 1, "persons")


def _never_calculated(book: Workbook) -> Place:
    book[_FORMULA_AT.sheet][_FORMULA_AT.cell] = "=2*2000"
    return _FORMULA_AT


def _calculated(path: Path) -> tuple[Path, Place]:
    """A formula with its value: openpyxl writes no values, so the sheet's own XML is changed."""
    part = f"xl/worksheets/sheet{list(sheets()).index('commune') + 1}.xml"
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    cell = re.compile(rf'(<c r="{_FORMULA_AT.cell}"[^>]*>)<v>(\d+)</v>')
    members[part] = cell.sub(r"\1<f>\2+0</f><v>\2</v>", members[part].decode()).encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    path.write_bytes(buffer.getvalue())
    return path, _FORMULA_AT


_EDITS: dict[str, Edit] = {
    "F01": _no_workbook,
    "F02": _book(_without_sheet),
    "F03": _book(_without_column),
    "F11": _book(_with_column),
    "F13": _book(_hidden_row),
    "F14": _book(_never_calculated),
}
_KEEPING_EDITS: dict[str, Edit] = {
    "F01": _suffix_in_capitals,
    "F02": _book(_sheet_without_diacritics),
    "F03": _book(_other_label),
    "F11": _book(_without_free_columns),
    "F13": _book(_hidden_and_empty),
    "F14": _calculated,
}
FAULT_RULES: tuple[str, ...] = tuple(
    sorted({*KEEPS, *_KEEPING_EDITS}, key=lambda rule: ("FHCMPX".index(rule[0]), rule))
)
