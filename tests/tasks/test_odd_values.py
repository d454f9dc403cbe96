"""Odd values that a sender may write: a finding, never a fault of the system."""

import datetime as dt
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_district import DISTRICT, a_month, some_rows

from forms.dictionary import sheets
from forms.month import CellValue, DistrictMonth
from forms.workbook import write_workbook
from plan.reference import BASELINE_PERIOD
from tasks import receive
from tasks.accept import accepted_tables
from tasks.case import Case
from tasks.derive import derive_wave
from tasks.findings import make_findings
from tasks.read import ReadWorkbook, read_workbook
from tasks.read.columns import read_columns
from tasks.read.grid import Grid
from tasks.receive import find_waiting
from tasks.validate import validate_wave
from tasks.values import to_text, to_whole_number


def read_month(folder: Path, month: DistrictMonth) -> ReadWorkbook:
    write_workbook(folder / "a.xlsx", month)
    return read_workbook((folder / "a.xlsx").read_bytes(), "a.xlsx")


def rules_of(workbook: ReadWorkbook) -> list[str]:
    case = Case("a", workbook, dt.date(2020, 1, 5), DISTRICT, BASELINE_PERIOD)
    frames = derive_wave([case], BASELINE_PERIOD)
    (judged,) = make_findings([case], frames, validate_wave(frames, BASELINE_PERIOD), limit=10)
    return sorted(judged.counts)


@pytest.mark.parametrize("value", [1e300, 2.0**63, -1e300])
def test_a_number_too_large_for_a_count_is_none_and_keeps_its_text(tmp_path: Path, value: float) -> None:
    """1e300 in a column of numbers made the reader raise, and the file was never judged."""
    month = a_month()
    month.household[0]["persons"] = value
    rows = read_month(tmp_path, month).tables["household"].rows
    assert rows.item(0, "persons") is None
    assert rows.item(0, "persons__text") is not None


def test_true_in_a_column_of_numbers_is_no_count() -> None:
    """TRUE among numbers was read as 1."""
    sheet = sheets()["household"]
    columns, _ = read_columns(sheet, {"persons": 0}, [[True], [3], [1.0]], Grid([]))
    found = {column.name: column.to_list() for column in columns}
    assert found["persons"] == [None, 3, 1]
    assert found["persons__text"] == ["TRUE", "3", "1"]


@given(st.lists(st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["", "1.552", "7", "x"])))
def test_a_column_of_numbers_is_read_cell_by_cell_or_at_once_alike(values: list[CellValue]) -> None:
    columns, _ = read_columns(sheets()["household"], {"persons": 0}, [[value] for value in values], Grid([]))
    found = {column.name: column.to_list() for column in columns}
    assert found["persons"] == [to_whole_number(value) for value in values]
    assert found["persons__text"] == [to_text(value) for value in values]


@pytest.mark.parametrize(
    ("field", "value"), [("head_birth_year", 10**10), ("causes", "99999999999"), ("b1_points", 10**10)]
)
def test_what_the_rules_let_pass_can_be_accepted(tmp_path: Path, field: str, value: CellValue) -> None:
    """H16 and H18 only flag, and B1 has no upper end: the accepted tables could not hold these numbers."""
    month = a_month()
    month.household[0][field] = value
    workbook = read_month(tmp_path, month)
    if "H05" not in rules_of(workbook):
        accepted_tables(workbook, "a", DISTRICT, BASELINE_PERIOD, b"k")


def test_a_comma_is_no_cause(tmp_path: Path) -> None:
    month = a_month()
    month.household[0]["causes"] = " , "
    assert rules_of(read_month(tmp_path, month)) == ["H18"]


def test_a_movement_at_fault_is_named_without_its_consequences(tmp_path: Path) -> None:
    month = a_month(rows=some_rows())
    month.household[0]["movement"] = "CN_N"
    assert rules_of(read_month(tmp_path, month)) == ["H19"]


def test_a_file_that_is_renamed_while_it_is_watched_is_left_for_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An upload that ends with a rename from a.part to a.xlsx stopped the whole run."""
    (tmp_path / "a.part").write_bytes(b"1")
    (tmp_path / "b.xlsx").write_bytes(b"2")
    monkeypatch.setattr(receive.time, "sleep", lambda _: (tmp_path / "a.part").rename(tmp_path / "a.xlsx"))
    assert find_waiting(tmp_path, 60).files == [tmp_path / "b.xlsx"]


def test_a_name_that_is_not_utf8_can_be_recorded(tmp_path: Path) -> None:
    """Names from an old archive hold bytes that are no UTF-8: such a file was never taken and left without a note."""
    from ledger.events import Ledger
    from ledger.states import State

    path = tmp_path / os.fsdecode(b"th\xe1ng.xlsx")
    path.write_bytes(b"1")
    event = receive.receive_file(path, tmp_path / "raw", dt.datetime(2020, 1, 5, tzinfo=dt.UTC), State())
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    assert event is not None
    ledger.append([event])
    ledger.close()


def test_a_folder_that_is_not_there_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        write_workbook(tmp_path / "none" / "a.xlsx", a_month())
