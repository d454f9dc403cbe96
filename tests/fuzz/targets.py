"""What is fuzzed: each target takes the bytes of one input and may refuse it in the declared way only.

`Unreadable` is how a file is refused (rule F01); everything else that comes out of a target is a fault of ours.
"""

import datetime as dt
import io
import math
import pickle
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import seeds
from openpyxl import load_workbook  # type: ignore[import-untyped]
from soup import Soup

from expectations.catalogue import rules
from forms.dictionary import sheets
from tasks import values
from tasks.annotate import annotate
from tasks.annotate.text import clean
from tasks.case import Case
from tasks.cover import read_cover
from tasks.derive import derive_wave
from tasks.faults import Unreadable
from tasks.findings import SCHEMA
from tasks.gate import recognise
from tasks.gate.limits import Limits
from tasks.legacy_text import decode_bytes, detect_and_convert, is_decomposed
from tasks.read import ReadWorkbook, columns, read_workbook
from tasks.read.cover import read_cover as find_cover
from tasks.read.encoding import to_unicode
from tasks.read.formats import open_book
from tasks.read.grid import Grid
from tasks.read.hidden import hidden_parts
from tasks.read.model import ErrorCell, Ignored
from tasks.read.table import read_table
from tasks.values import CellFault, CellValue

# A tenth of what a real file may hold: an input takes milliseconds, and what gets around a limit shows as memory.
LIMITS = Limits(
    file_megabytes=4,
    cells=50_000,
    unpacked_bytes=8 << 20,
    shared_strings_bytes=4 << 20,
    ratio_counts_from_bytes=1 << 16,
)
_SERIOUS = [code for code, rule in rules().items() if rule.severity != "info"]
_MOST_FINDINGS = 20
# One of each type that a cell is read by.
_FIELDS = tuple(map(sheets()["household"].field, ("commune_code", "hamlet", "persons", "water")))


@dataclass(frozen=True)
class Target:
    """A function of bytes, the inputs that it begins with, and which mutator keeps their shape."""

    run: Callable[[bytes], None]
    seeds: Callable[[], tuple[bytes, ...]]
    mutator: str = "bytes"
    longest: int = 1 << 16
    # Inputs of one run in the tests: a second's worth.
    runs: int = 100


def gate(content: bytes) -> None:
    """Any bytes: recognised as one of four kinds, or refused."""
    try:
        assert recognise(content) in ("xlsx", "xls", "ods", "zip")
    except Unreadable as fault:
        assert fault.reason_vi and fault.reason_en


def file(content: bytes) -> None:
    """A file of any kind through gate and reader, and what was read through the border of the child process."""
    workbook = _read(content)
    if workbook is not None:
        read_cover(pickle.loads(pickle.dumps(workbook)))


def answer(content: bytes) -> None:
    """A file that can be read is derived and goes back marked; a program that could open it still can."""
    workbook = _read(content)
    if workbook is None:
        return
    cover = read_cover(workbook)
    case = Case("a", workbook, dt.date(2020, 1, 5), cover.district_code, cover.period, cover.form_fits)
    frames = derive_wave([case], case.period if case.is_judgeable else None)
    assert frames.presence.height
    marked = annotate(content, recognise(content), list(_findings(workbook)), {"H04": 1}, "KHÔNG ĐẠT")
    sent, returned = open_book(content, "a.xlsx"), open_book(marked, "a.xlsx")
    for before, after in zip(sent.grids.values(), returned.grids.values(), strict=bool(sent.grids)):
        assert _filled(after) == _filled(before), "the marked workbook has other values than the sender's"
    assert _opens(marked) or not _opens(content), "openpyxl opens the sender's file and not the marked one"


def cells(content: bytes) -> None:
    """Any values in the cells of any sheet: cover, tables, hidden parts, legacy text."""
    soup = Soup(content)
    for key, sheet in sheets().items():
        grid = soup.grid(key)
        to_unicode(grid)
        errors: list[ErrorCell] = []
        ignored: list[Ignored] = []
        if key == "cover":
            cover = find_cover("Bìa", grid, values.EPOCH_1900, errors)
            read_cover(ReadWorkbook(cover, "Bìa", {}))
        else:
            table, header = read_table(sheet, sheet.name_vi, grid, ignored, errors)
            hidden_parts(grid, header.last + 1 if header else 0)
            assert table.rows.width > 1
            pickle.dumps(table)


def text(content: bytes) -> None:
    """Bytes of a CSV, and text in the cells of a sheet: decoded, recognised, converted."""
    decoded, _ = decode_bytes(content)
    decoded.encode()
    for whole in (decoded, content.decode("latin-1")):
        lines = whole.splitlines()
        _, convert = detect_and_convert(lines)
        is_decomposed(lines)
        for line in lines:
            convert(line).encode()


def cell_values(content: bytes) -> None:
    """Single values: what is read is of its type, and a column of them as each alone."""
    found = list(Soup(content).values(8))
    texts = [str(value) for value in found]
    for value, shown in zip(found, texts, strict=True):
        cleaned = values.clean_text(shown)
        assert cleaned is None or values.clean_text(cleaned) == cleaned
        assert values.label_key(values.plain_key(shown)) is not None
        number = values.to_whole_number(value)
        assert number is None or abs(number) <= values.LARGEST_COUNT
        values.to_code(values.to_text(value))
        values.to_rate(value)
        values.to_period(value)
        values.to_date(value)
        for epoch in (values.EPOCH_1900, values.EPOCH_1904):
            values.to_period(values.from_serial(value, epoch))
    has_errors = any(isinstance(value, CellFault) for value in found)
    grid = Grid([[value] * len(_FIELDS) for value in found], has_errors=has_errors)
    to_unicode(grid)
    household = replace(sheets()["household"], fields=_FIELDS)
    read, _ = columns.read_columns(
        household, dict(zip(household.keys, range(len(_FIELDS)), strict=True)), grid.rows, grid
    )
    by_name = {series.name: series.to_list() for series in read}
    column = [cells[0] for cells in grid.rows]
    sound = [None if _is_fault(value) else value for value in column]
    cleaned_texts = [values.to_text(value) for value in sound]
    assert by_name["hamlet"] == cleaned_texts
    assert by_name["persons__text"] == cleaned_texts
    assert by_name["persons"] == [values.to_whole_number(value) for value in sound]
    assert by_name["commune_code"] == list(map(values.to_code, cleaned_texts))
    # A flag must not read as "no" where an error stands.
    assert by_name["water"] == [value if _is_fault(value) else values.to_text(value) for value in column]


def _is_fault(value: CellValue) -> bool:
    return isinstance(value, str) and (isinstance(value, CellFault) or value in values.ERROR_TEXTS)


def _all_seeds() -> tuple[bytes, ...]:
    return (*seeds.xlsx(), *seeds.ods(), *seeds.xls(), *seeds.csv_zip())


def _answered_seeds() -> tuple[bytes, ...]:
    """The same, and workbooks that went back and are sent again."""
    returned = (
        annotate(one, "xlsx", list(_findings(read_workbook(one, "a.xlsx"))), {"H04": 1}, "KHÔNG ĐẠT")
        for one in seeds.xlsx()
    )
    return (*_all_seeds(), *map(seeds.stored, returned))


TARGETS = {
    "gate": Target(gate, _all_seeds, "any", runs=1500),
    "xlsx": Target(file, seeds.xlsx, "archive", runs=300),
    "ods": Target(file, seeds.ods, "archive", runs=300),
    "xls": Target(file, seeds.xls, "old excel", runs=300),
    "csv": Target(file, seeds.csv_zip, "archive", runs=100),
    "answer": Target(answer, _answered_seeds, "any", runs=25),
    "cells": Target(cells, seeds.values, longest=1 << 12, runs=200),
    "text": Target(text, seeds.text, longest=1 << 12, runs=400),
    "values": Target(cell_values, seeds.values, longest=1 << 9, runs=400),
}


def _read(content: bytes) -> ReadWorkbook | None:
    try:
        return read_workbook(content, "thang.xlsx")
    except Unreadable:
        return None
    except BaseException as panic:
        # The reader of xlsx, xls and ods gives up so; `read_file` refuses the file then.
        if type(panic).__name__ != "PanicException":
            raise
        return None


def _filled(grid: Grid) -> dict[tuple[int, int], CellValue]:
    """The cells with a value by their place, as a workbook can hold them."""
    return {
        (row, column): _kept(value)
        for row, cells in enumerate(grid.rows)
        for column, value in enumerate(cells)
        if value not in (None, "")
    }


def _kept(value: CellValue) -> CellValue:
    """XML can't hold every control character, and a formula that was never calculated is an error in a fresh copy."""
    if isinstance(value, values.CellFault) and value not in values.ERROR_TEXTS:
        return "#N/A"
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return clean(value) if isinstance(value, str) else value


def _findings(workbook: ReadWorkbook) -> Iterable[dict[str, Any]]:
    """One finding on each of some cells that were read, first and last row of every table among them."""
    places = [(workbook.cover_sheet_name or "Bìa", key, cell.cell) for key, cell in workbook.cover.items()]
    for table in workbook.tables.values():
        numbers = table.rows.get_column("row").to_list()
        for number in numbers[:1] + numbers[-1:]:
            places += [(table.sheet_name, key, f"{letter}{number}") for key, letter in list(table.columns.items())[:3]]
    for at, (sheet, key, cell) in enumerate(places[:_MOST_FINDINGS]):
        code = _SERIOUS[at % len(_SERIOUS)]
        yield dict.fromkeys(SCHEMA) | {
            "rule": code,
            "severity": rules()[code].severity,
            "sheet": sheet,
            "column": key,
            "cell": cell,
            "value": "•••",
            "message_vi": f"{sheet}: •••",
            "waived": False,
        }


def _opens(content: bytes) -> bool:
    """Whether openpyxl opens the file. One of another format goes back as a fresh copy, which it must open."""
    if recognise(content) != "xlsx":
        return True
    try:
        load_workbook(io.BytesIO(content))
    except Exception:
        return False
    return True
