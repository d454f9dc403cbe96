"""Headers as offices dress them up: what is found stands where openpyxl finds it, what is not clear is missing."""

import datetime as dt
import io
import unicodedata
from collections.abc import Callable
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook  # type: ignore[import-untyped]
from small_district import DISTRICT
from test_read import HEADER, assert_addresses_are_true, edited, read, tables_of, workbook  # noqa: F401

from forms.dictionary import sheets
from plan.reference import BASELINE_PERIOD
from tasks.case import Case
from tasks.derive import derive_wave
from tasks.derive.presence import usable_sheets
from tasks.findings import make_findings
from tasks.gate import Limits, limits
from tasks.read.formats import open_book
from tasks.read.labels import NEAR, PLAIN, match
from tasks.validate import validate_wave

Edit = Callable[[Workbook], None]


def each_header(change: Callable[[str], str]) -> Edit:
    def edit(book: Workbook) -> None:
        for worksheet in tables_of(book):
            for cell in worksheet[HEADER]:
                if cell.value:
                    cell.value = change(cell.value)

    return edit


def decomposed(book: Workbook) -> None:
    each_header(lambda label: unicodedata.normalize("NFD", label))(book)


def without_diacritics(book: Workbook) -> None:
    def plain(label: str) -> str:
        letters = unicodedata.normalize("NFD", label.replace("Đ", "D").replace("đ", "d"))
        return "".join(letter for letter in letters if not unicodedata.combining(letter))

    each_header(plain)(book)
    for worksheet in list(book):
        name = plain(worksheet.title)
        worksheet.title = "-"
        worksheet.title = name


def with_no_break_spaces(book: Workbook) -> None:
    each_header(lambda label: f"\u200b{label.upper().replace(' ', chr(0xA0) + chr(10))} :")(book)


def with_icelandic_letters(book: Workbook) -> None:
    """Ð for Đ, in labels and in names, as some keyboards write it."""
    for worksheet in book:
        for row in worksheet.iter_rows():
            for cell in row:
                if isinstance(cell.value, str):
                    cell.value = cell.value.replace("Đ", "Ð").replace("đ", "ð")


def spaces_at_slashes(book: Workbook) -> None:
    each_header(lambda label: label.replace("/", " / "))(book)


def group_titles(book: Workbook) -> None:
    """Two rows: groups above their parts, other labels merged over both."""
    sheet = sheets()["household"]
    worksheet = book["Hộ"]
    worksheet.insert_rows(HEADER)
    first, last = sheet.field("health_access").order, sheet.field("info_assets").order
    for column in range(1, len(sheet.fields) + 1):
        if first <= column <= last:
            continue
        worksheet.cell(HEADER, column, worksheet.cell(HEADER + 1, column).value)
        worksheet.cell(HEADER + 1, column).value = None
        worksheet.merge_cells(start_row=HEADER, end_row=HEADER + 1, start_column=column, end_column=column)
    worksheet.cell(HEADER, first, "Thiếu hụt các dịch vụ xã hội cơ bản")
    worksheet.merge_cells(start_row=HEADER, end_row=HEADER, start_column=first, end_column=last)


def labels_in_two_rows(book: Workbook) -> None:
    """The group's title is part of the label: Phân loại | cuối kỳ, đầu kỳ; Giảm | 1, 2, khác."""
    worksheet = book["Diễn biến"]
    worksheet.insert_rows(HEADER)
    for key, (upper, lower) in {
        "decrease_1": ("Giảm", "1"),
        "decrease_2": (None, "2"),
        "decrease_3": (None, "khác"),
        "increase_1": ("Tăng 1", None),
    }.items():
        column = sheets()["movement"].field(key).order
        worksheet.cell(HEADER, column, upper)
        worksheet.cell(HEADER + 1, column).value = lower
    first = sheets()["movement"].field("decrease_1").order
    worksheet.merge_cells(start_row=HEADER, end_row=HEADER, start_column=first, end_column=first + 2)


def column_numbers(book: Workbook) -> None:
    """The row below the header that numbers the columns, in three ways."""
    for style, worksheet in zip(("{}", "({})", "[{}]", "{}"), tables_of(book), strict=True):
        worksheet.insert_rows(HEADER + 1)
        for column in range(1, worksheet.max_column + 1):
            text: Any = style.replace("[", "").replace("]", "").format(column)
            worksheet.cell(HEADER + 1, column, int(text) if style == "[{}]" else text)
        if style != "[{}]":
            worksheet.cell(HEADER + 1, worksheet.max_column, f"{worksheet.max_column}=1+2-(3)")


def key_row_above(book: Workbook) -> None:
    """Names for machines in the first row, labels for people in the second."""
    for sheet in sheets().values():
        if sheet.key != "cover":
            book[sheet.name_vi].insert_rows(HEADER)
            for column, key in enumerate(sheet.keys, start=1):
                book[sheet.name_vi].cell(HEADER, column, key)


def header_on_each_page(book: Workbook) -> None:
    for worksheet in tables_of(book):
        labels = [cell.value for cell in worksheet[HEADER]]
        worksheet.insert_rows(HEADER + 3)
        for column, label in enumerate(labels, start=1):
            worksheet.cell(HEADER + 3, column, label)


def short_labels(book: Workbook) -> None:
    changes = {"head_name": "Họ tên chủ hộ", "head_sex": "Giới tính", "head_birth_year": "Năm sinh", "stt": "STT"}
    changes |= {"health_insurance": "BHYT", "water": "TH7", "persons": "Nhân khẩu", "causes": "Nguyên nhân"}
    for key, label in changes.items():
        book["Hộ"].cell(HEADER, sheets()["household"].field(key).order, label)


def slips_of_the_pen(book: Workbook) -> None:
    changes = {"class": "Phân loại cuối kì", "class_previous": "Phân loại đầu kì", "household_code": "Mã hộ."}
    changes |= {"head_id_number": "Số CMND / CCCD", "causes": "Nguyên nhân nghéo"}
    for key, label in changes.items():
        book["Hộ"].cell(HEADER, sheets()["household"].field(key).order, label)


DRESSINGS = [
    decomposed,
    without_diacritics,
    with_no_break_spaces,
    spaces_at_slashes,
    group_titles,
    labels_in_two_rows,
    column_numbers,
    short_labels,
    slips_of_the_pen,
]


@pytest.mark.parametrize("edit", DRESSINGS, ids=lambda edit: edit.__name__)
def test_a_dressed_up_table_is_read_like_the_plain_one(workbook: bytes, edit: Edit) -> None:  # noqa: F811
    plain, found = read(workbook), assert_addresses_are_true(edited(workbook, edit))
    for key, table in plain.tables.items():
        assert set(found.tables[key].columns) == set(table.columns)
        assert found.tables[key].repeated_columns == []
        assert found.tables[key].rows.drop("row").equals(table.rows.drop("row")), key
    assert found.ignored == []


def test_merged_ranges_are_those_that_openpyxl_finds(
    workbook: bytes,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whether the parts of the workbook are handed on by the gate or read from the sender's archive."""
    content = edited(workbook, group_titles)
    theirs = load_workbook(io.BytesIO(content))["Hộ"].merged_cells.ranges
    expected = {((one.min_row - 1, one.min_col - 1), (one.max_row - 1, one.max_col - 1)) for one in theirs}
    assert len(expected) > 10
    repacked = open_book(content, "thang.xlsx")
    assert set(repacked.grids["Hộ"].merged) == expected
    monkeypatch.setattr(limits, "current", Limits(kept_bytes=0))
    assert open_book(content, "thang.xlsx") == repacked


@pytest.mark.parametrize("edit", [key_row_above, header_on_each_page], ids=lambda edit: edit.__name__)
def test_a_second_header_is_passed_over_and_named(workbook: bytes, edit: Edit) -> None:  # noqa: F811
    plain, found = read(workbook), assert_addresses_are_true(edited(workbook, edit))
    for key, table in plain.tables.items():
        assert found.tables[key].rows.drop("row").equals(table.rows.drop("row")), key
    assert [one.sheet for one in found.ignored] == [
        sheet.name_vi for sheet in sheets().values() if sheet.key != "cover"
    ]
    assert {one.row for one in found.ignored} == {HEADER + 1 if edit is key_row_above else HEADER + 3}


def test_the_header_row_of_two_rows_is_the_lower_one(workbook: bytes) -> None:  # noqa: F811
    assert read(edited(workbook, group_titles)).tables["household"].header_row == HEADER + 1


class TestAmbiguity:
    """What could mean two fields, or two columns that mean one, is missing or repeated (F03), never guessed."""

    @pytest.mark.parametrize(
        ("sheet", "label"),
        [
            ("household", "Phân loại"),
            ("household", "Điểm"),
            ("household", "Điểm B3"),
            ("household", "TH11"),
            ("household", "Mã"),
            ("movement", "Giảm 3"),
            ("movement", "Tăng"),
            ("commune", "Hộ nghèo"),
            ("commune", "Hộ không nghèo cuối kỳ"),
            ("commune", "Tổng số"),
            ("household", "Mà hở"),
        ],
    )
    def test_an_unclear_label_means_nothing(self, sheet: str, label: str) -> None:
        assert match(sheet, label, near=True) is None

    @pytest.mark.parametrize(
        ("sheet", "label", "field", "tier"),
        [
            ("household", "Phân loại cuối kì", "class", PLAIN),
            ("household", "ho ten chu ho", "head_name", PLAIN),
            ("commune", "Hộ cận nghéo cuối kỳ", "near_poor", NEAR),
            ("commune", "Hộ nghéo cuối kỳ", "poor", NEAR),
        ],
    )
    def test_a_near_label_means_its_field(self, sheet: str, label: str, field: str, tier: int) -> None:
        known = match(sheet, label, near=True)
        assert known is not None
        assert (known.field, known.tier) == (field, tier)

    def test_no_field_is_near_to_another(self) -> None:
        for key, sheet in sheets().items():
            for field in sheet.fields:
                for label in (field.label_vi, field.key, field.label_vi.upper(), f"{field.label_vi}:"):
                    known = match(key, label, near=True)
                    assert known is not None
                    assert known.field == field.key

    def test_two_columns_of_one_field_are_not_chosen_between(self, workbook: bytes) -> None:  # noqa: F811
        def two_numbers(book: Workbook) -> None:
            column = sheets()["household"].field("head_id_number").order
            book["Hộ"].cell(HEADER, column, "Số CMND")
            book["Hộ"].cell(HEADER, len(sheets()["household"].fields) + 1, "Số CCCD")

        table = read(edited(workbook, two_numbers)).tables["household"]
        assert table.repeated_columns == ["head_id_number"]

    def test_the_forms_own_label_wins_over_a_near_one(self, workbook: bytes) -> None:  # noqa: F811
        def beside(book: Workbook) -> None:
            book["Xã"].cell(HEADER, len(sheets()["commune"].fields) + 1, "Hộ nghèo cuối kì")

        found = read(edited(workbook, beside))
        assert found.tables["commune"].repeated_columns == []
        assert [one.value for one in found.ignored] == ["Hộ nghèo cuối kì"]

    def test_a_missing_or_repeated_column_makes_the_sheet_unusable(self, workbook: bytes) -> None:  # noqa: F811
        def unclear(book: Workbook) -> None:
            book["Diễn biến"].cell(HEADER, sheets()["movement"].field("decrease_1").order, "Giảm")

        found = read(edited(workbook, unclear))
        case = Case("a", found, received_on=None, district_code="971", period="2019-12")  # type: ignore[arg-type]
        assert usable_sheets(case) == {"household", "commune", "policy"}
        assert [one.value for one in found.ignored] == ["Giảm"]


def rules_of(content: bytes) -> list[str]:
    found = read(content)
    case = Case("a", found, dt.date(2020, 1, 5), DISTRICT, BASELINE_PERIOD)
    frames = derive_wave([case], BASELINE_PERIOD)
    (judged,) = make_findings([case], frames, validate_wave(frames, BASELINE_PERIOD), limit=10)
    return sorted(judged.counts)


class TestVerdicts:
    """What the reader finds is what is judged: whole rules, from the file to the finding."""

    def test_icelandic_letters_in_labels_and_names_are_no_fault(self, workbook: bytes) -> None:  # noqa: F811
        content = edited(workbook, with_icelandic_letters)
        assert "Ð" in str(load_workbook(io.BytesIO(content))["Diễn biến"].cell(HEADER, 5).value)
        assert read(content).converted == []
        assert rules_of(content) == rules_of(workbook) == []

    @pytest.mark.parametrize("label", ["Giảm", "Giảm 3", "Tăng 1 / Giảm 1"])
    def test_an_unclear_label_is_a_missing_column_and_an_unknown_one(self, workbook: bytes, label: str) -> None:  # noqa: F811
        column = sheets()["movement"].field("decrease_1").order
        content = edited(workbook, lambda book: book["Diễn biến"].cell(HEADER, column, label))
        assert rules_of(content) == ["F03", "F11"]

    @pytest.mark.parametrize(
        ("label", "rule"),
        [("Mã xã", "F03"), ("Mã số xã", "F03"), ("Ma xa", "F11"), ("Hộ nghéo cuối kỳ", "F11")],
    )
    def test_two_columns_of_one_field_are_a_finding(self, workbook: bytes, label: str, rule: str) -> None:  # noqa: F811
        """Two that name it as surely are not chosen between; of others the surest is taken and the rest are named."""
        beside = len(sheets()["commune"].fields) + 1
        assert rules_of(edited(workbook, lambda book: book["Xã"].cell(HEADER, beside, label))) == [rule]


class TestPassedOver:
    @pytest.mark.parametrize("words", ["Cộng", "CỘNG:", "Tổng", "Tong cong", "Cộng xã Tân Đức", "Tổng cộng toàn huyện"])
    @pytest.mark.parametrize("column", [1, 2, 4])
    def test_a_sum_within_the_table(self, workbook: bytes, words: str, column: int) -> None:  # noqa: F811
        def with_sums(book: Workbook) -> None:
            for row in (HEADER + 3, HEADER + 7):
                book["Hộ"].insert_rows(row)
                book["Hộ"].cell(row, column, words)
                book["Hộ"].cell(row, 11, 25)

        plain, found = read(workbook), assert_addresses_are_true(edited(workbook, with_sums))
        assert found.tables["household"].rows.drop("row").equals(plain.tables["household"].rows.drop("row"))
        assert [one.row for one in found.ignored] == [HEADER + 3, HEADER + 7]

    def test_a_first_row_of_small_numbers_is_data(self, workbook: bytes) -> None:  # noqa: F811
        def numbers(book: Workbook) -> None:
            for column in range(1, 17):
                book["Xã"].cell(HEADER + 1, column, 5)

        found = read(edited(workbook, numbers))
        assert found.tables["commune"].rows.get_column("row").to_list()[0] == HEADER + 1
