"""Workbooks that each break exactly one rule, for `giamngheo sample --faults` and for the validator's tests.

All can be taken in together: what ends accepted has a slot of its own, so that nothing supersedes anything,
and rules across periods come with the good months they are held against.
"""

import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from openpyxl import load_workbook
from openpyxl.workbook import Workbook

from forms.dictionary import sheets
from forms.layout import HEADER_ROW, column_letter
from forms.workbook import write_workbook
from plan.reference import BASELINE_PERIOD, PLAN_YEAR, next_period, periods_between
from sample.slips import SLIPS, Place, draft_of
from sample.year import YearOfMonths, generate_year

# Where what is not accepted goes: a rejected or held file never stands in another's way.
_SPARE_DISTRICT = "971"
# Where months are held against earlier ones.
_CROSS_DISTRICT = "973"
_JANUARY, _FEBRUARY = next_period(BASELINE_PERIOD), next_period(BASELINE_PERIOD, 2)

REJECTED, HELD, ACCEPTED, UNREADABLE = "rejected", "held", "accepted", "unreadable"
# Rules that end otherwise than rejected.
_OUTCOMES = {"F01": UNREADABLE} | dict.fromkeys(("H09", "H15", "M02", "P02", "P03", "X03", "X05", "X06"), HELD)
# Rules whose file is accepted, each in a slot of its own.
_ACCEPTED_SLOTS = {
    "F07": (BASELINE_PERIOD, "964"),
    "F11": (BASELINE_PERIOD, "966"),
    "H07": (BASELINE_PERIOD, "967"),
    "H14": (BASELINE_PERIOD, "968"),
    "H16": (BASELINE_PERIOD, "969"),
    "H18": (BASELINE_PERIOD, "970"),
    "C06": (BASELINE_PERIOD, "972"),
    "X07": (_FEBRUARY, _CROSS_DISTRICT),
}
_CROSS_SLOTS = dict.fromkeys(("M05", "X01", "X02", "X05", "X06"), (_JANUARY, _CROSS_DISTRICT)) | dict.fromkeys(
    ("P03", "X03"), (_FEBRUARY, _CROSS_DISTRICT)
)


@dataclass(frozen=True, slots=True)
class FaultCase:
    """A file that breaks one rule: where the finding stands and in which state the file ends.

    `sheet` is the Vietnamese sheet name; `cell` is "" where no single cell is at fault. For F07 the state is
    that of the file that came first.
    """

    rule: str
    path: Path
    sheet: str
    cell: str
    outcome: str


def write_faults(out: Path, rules: Sequence[str], seed: int = PLAN_YEAR) -> list[FaultCase]:
    """Write one workbook per rule into `out`, and the good months that cross-period rules need.

    Raises ValueError for rules that no sample breaks (see FAULT_RULES).
    """
    unknown = [rule for rule in rules if rule not in FAULT_RULES]
    if unknown:
        raise ValueError(f"no sample breaks {', '.join(unknown)}; known are {', '.join(FAULT_RULES)}")
    out.mkdir(parents=True, exist_ok=True)
    year = generate_year(seed, last=_FEBRUARY)
    slots = {rule: _slot(rule) for rule in rules}
    for period, district in sorted(_needed(slots.values())):
        write_workbook(out / f"0-co-so-{period}-{district}.xlsx", year[period, district])
    return [_write_fault(out, rule, slots[rule], year) for rule in rules]


def _slot(rule: str) -> tuple[str, str]:
    return _ACCEPTED_SLOTS.get(rule) or _CROSS_SLOTS.get(rule) or (BASELINE_PERIOD, _SPARE_DISTRICT)


def _needed(slots: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Every month that comes before one of these slots."""
    return {
        (before, district)
        for period, district in slots
        for before in periods_between(BASELINE_PERIOD, next_period(period, -1))
    }


def _write_fault(out: Path, rule: str, slot: tuple[str, str], year: YearOfMonths) -> FaultCase:
    path = out / f"{rule}-{slot[0]}-{slot[1]}.xlsx"
    draft = draft_of(year, *slot)
    found = SLIPS[rule](draft) if rule in SLIPS else Place("")
    if rule == "F01":
        path.write_bytes("Đây không phải là một bảng tính.".encode())
    else:
        write_workbook(path, draft.month)
    if rule == "F07":
        # Sorts after the first file, which is to be taken first.
        copy = out / f"{rule}-{slot[0]}-{slot[1]}_gui-lai.xlsx"
        shutil.copyfile(path, copy)
        path = copy
    if rule in _EDITS:
        found = _edited(path, _EDITS[rule])
    outcome = ACCEPTED if rule in _ACCEPTED_SLOTS else _OUTCOMES.get(rule, REJECTED)
    return FaultCase(rule, path, found.sheet, found.cell, outcome)


def _edited(path: Path, edit: Callable[[Workbook], Place]) -> Place:
    """Change the structure of a finished workbook."""
    book = load_workbook(path)
    found = edit(book)
    book.save(path)
    return found


def _without_sheet(book: Workbook) -> Place:
    name = sheets()["policy"].name_vi
    del book[name]
    return Place(name)


def _without_column(book: Workbook) -> Place:
    sheet = sheets()["policy"]
    book[sheet.name_vi].delete_cols(sheet.field("served").order)
    return Place(sheet.name_vi)


def _with_column(book: Workbook) -> Place:
    sheet = sheets()["commune"]
    column = len(sheet.fields)
    book[sheet.name_vi].cell(HEADER_ROW + 1, column + 1, "Diện tích (km2)")
    return Place(sheet.name_vi, f"{column_letter(column)}{HEADER_ROW + 1}")


_EDITS = {"F02": _without_sheet, "F03": _without_column, "F11": _with_column}
FAULT_RULES: tuple[str, ...] = tuple(
    sorted({*SLIPS, *_EDITS, "F01", "F07"}, key=lambda rule: ("FHCMPX".index(rule[0]), rule))
)
