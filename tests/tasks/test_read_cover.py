"""The cover: labels anywhere, values beside them or behind a colon, and nothing taken for a value that is none."""

import datetime as dt
import io
from pathlib import Path

import pytest
from openpyxl import Workbook  # type: ignore[import-untyped]
from openpyxl.utils.datetime import CALENDAR_MAC_1904  # type: ignore[import-untyped]

from forms.workbook import write_template
from tasks.cover import read_cover
from tasks.read import ReadWorkbook, read_workbook


def cover_of(cells: dict[str, object], *merged: str, book: Workbook | None = None) -> ReadWorkbook:
    book = book or Workbook()
    sheet = book.active
    sheet.title = "Bìa"
    for address, value in cells.items():
        sheet[address] = value
    for area in merged:
        sheet.merge_cells(area)
    buffer = io.BytesIO()
    book.save(buffer)
    return read_workbook(buffer.getvalue(), "thang.xlsx")


def value_and_cell(workbook: ReadWorkbook, key: str) -> tuple[object, str | None]:
    return workbook.cover[key].value, workbook.cover[key].cell


@pytest.mark.parametrize(
    ("cells", "merged", "cell"),
    [
        ({"A3": "Mã huyện", "B3": "971"}, [], "B3"),
        ({"F20": "MÃ HUYỆN :", "G20": 971}, [], "G20"),
        ({"A3": "Ma huyen", "B3": "971"}, [], "B3"),
        ({"A3": "Mã\u00a0huyện\n:", "B3": "971"}, [], "B3"),
        ({"A3": "Mã huyện", "C3": "971"}, [], "C3"),
        ({"A3": "Mã huyện", "C3": "971"}, ["A3:B3"], "C3"),
        ({"A3": "Mã huyện", "D3": "971"}, ["A3:C3"], "D3"),
        ({"A3": "Mã huyện", "D3": "971"}, ["A3:B3"], "D3"),
        ({"B4": "Mã huyện: 971"}, [], "B4"),
        ({"B4": "Mã huyện : 971", "C4": "khác"}, [], "B4"),
        ({"A3": "Mã huyện", "B3": "971.0"}, [], "B3"),
        ({"A3": "Mã huyện", "B3": "971", "A9": "Mã huyện", "B9": "971"}, [], "B3"),
        ({"A3": "Mã huyện", "A9": "Mã huyện", "B9": "971"}, [], "B9"),
    ],
)
def test_a_value_is_found_with_its_address(cells: dict[str, object], merged: list[str], cell: str) -> None:
    assert value_and_cell(cover_of(cells, *merged), "district_code") == ("971", cell)


@pytest.mark.parametrize(
    ("cells", "cell"),
    [
        ({"A3": "Mã huyện"}, "B3"),
        ({"A3": "Mã huyện", "B3": "  "}, "B3"),
        ({"A3": "Mã huyện", "D3": "Phân loại"}, "B3"),  # a guide, too far right
        ({"A3": "Mã huyện", "B3": "Tên huyện", "C3": "Đầm Dơi"}, "B3"),  # the next label is no value
        ({"A3": "Mã huyện", "B3": "971", "A9": "Mã huyện", "B9": "964"}, "B3"),  # which of them?
    ],
)
def test_what_is_not_clear_is_no_value(cells: dict[str, object], cell: str) -> None:
    assert value_and_cell(cover_of(cells), "district_code") == (None, cell)


def test_the_guide_of_the_template_is_not_taken_for_values(tmp_path: Path) -> None:
    path = tmp_path / "mau.xlsx"
    write_template(
        path,
        period="2020-03",
        district_code="970",
        district_name="Đầm Dơi",
        communes=[("32152", "Đầm Dơi")],
        policies=[("bhyt", "Bảo hiểm y tế")],
        ethnic_groups=["Kinh"],
    )
    workbook = read_workbook(path.read_bytes(), path.name)
    given = {key: (cell.value, cell.cell) for key, cell in workbook.cover.items()}
    assert {key: value for key, (value, _) in given.items() if value is not None} == {
        "form": "HN-T/2020.1",
        "district_code": "970",
        "district_name": "Đầm Dơi",
        "period": "03/2020",
        "kind": "Tháng",
    }
    assert [cell for _, cell in given.values()] == [f"B{row}" for row in range(3, 13)]


@pytest.mark.parametrize("is_1904", [False, True])
@pytest.mark.parametrize("is_date_cell", [False, True])
def test_days_count_from_the_epoch_of_the_workbook(is_1904: bool, is_date_cell: bool) -> None:
    book = Workbook()
    if is_1904:
        book.epoch = CALENDAR_MAC_1904
    epoch = dt.date(1904, 1, 1) if is_1904 else dt.date(1899, 12, 30)
    day = dt.date(2020, 1, 31)
    value = day if is_date_cell else (day - epoch).days
    workbook = cover_of({"A1": "Ngày lập", "B1": value, "A2": "Kỳ báo cáo", "B2": value}, book=book)
    cover = read_cover(workbook)
    assert (cover.prepared_on, cover.period) == (day, "2020-01")


@pytest.mark.parametrize("value", [202003, 3.202, 5, -4, 10**9, True])
def test_other_numbers_are_no_days(value: object) -> None:
    cover = read_cover(cover_of({"A1": "Ngày lập", "B1": value, "A2": "Kỳ báo cáo", "B2": value}))
    assert (cover.prepared_on, cover.period) == (None, None)
