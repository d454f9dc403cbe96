"""The workbook as a district sees it: the empty template, and a filled one."""

import datetime as dt
import hashlib
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from office import convert
from openpyxl import load_workbook  # type: ignore[import-untyped]
from small_district import DISTRICT, a_household, a_month

from forms.dictionary import Field, movements, sheets
from forms.layout import FIRST_DATA_ROW, HEADER_ROW
from forms.month import DistrictMonth
from forms.workbook import TEMPLATE_ROWS, header_note, write_template, write_workbook
from plan.reference import communes, table
from tasks.read import ReadWorkbook, read_workbook
from tasks.values import to_text, to_whole_number

TABLES = [sheet for sheet in sheets().values() if sheet.key != "cover"]
POLICIES = [(row["policy"], row["label_vi"]) for row in table("policies_monitored")]
COMMUNES = [(unit.code, unit.name) for unit in communes("2020-03", DISTRICT)]


@pytest.fixture(scope="module")
def template_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "mau.xlsx"
    write_template(
        path,
        period="2020-03",
        district_code=DISTRICT,
        district_name="Huyện Năm Căn",
        communes=COMMUNES,
        policies=POLICIES,
        ethnic_groups=[row["name"] for row in table("ethnic_groups")],
    )
    return path


@pytest.fixture(scope="module")
def template(template_path: Path) -> Any:
    return load_workbook(template_path)


def validations(worksheet: Any) -> dict[int, Any]:
    """Column → the validation that covers its first data row."""
    found = {}
    for rule in worksheet.data_validations.dataValidation:
        for part in rule.sqref.ranges:
            if part.min_row <= FIRST_DATA_ROW + 1 <= part.max_row:
                found[part.min_col] = rule
    return found


class TestTemplate:
    def test_has_the_five_sheets_and_every_header(self, template: Any) -> None:
        assert template.sheetnames == [sheet.name_vi for sheet in sheets().values()]
        for sheet in TABLES:
            header = [cell.value for cell in template[sheet.name_vi][HEADER_ROW + 1]]
            assert header == [field.label_vi for field in sheet.fields]

    def test_the_cover_is_filled_in_but_for_what_the_district_counts(self, template: Any) -> None:
        cover = {row[0].value: row[1].value for row in template["Bìa"].iter_rows(min_row=3, max_row=12, max_col=2)}
        assert list(cover) == [field.label_vi for field in sheets()["cover"].fields]
        assert [cover[label] for label in ("Mã biểu", "Mã huyện", "Tên huyện", "Kỳ báo cáo", "Loại báo cáo")] == [
            "HN-T/2020.1",
            DISTRICT,
            "Huyện Năm Căn",
            "03/2020",
            "Tháng",
        ]
        assert cover["Tổng số hộ nghèo"] is None

    def test_every_commune_stands_on_its_lines(self, template: Any) -> None:
        lines = {
            key: [
                tuple(cell.value for cell in row)
                for row in template[sheets()[key].name_vi].iter_rows(min_row=FIRST_DATA_ROW + 1, max_col=4)
            ]
            for key in ("commune", "movement", "policy")
        }
        assert [line[:2] for line in lines["commune"]] == COMMUNES
        assert lines["movement"] == [
            (code, name, group, measure)
            for code, name in COMMUNES
            for group in ("N", "CN")
            for measure in ("Hộ", "Nhân khẩu")
        ]
        assert [line[:3] for line in lines["policy"]] == [
            (code, name, policy) for code, name in COMMUNES for policy, _ in POLICIES
        ]

    @pytest.mark.parametrize("sheet", TABLES, ids=lambda sheet: sheet.key)
    def test_coded_columns_have_drop_downs(self, template: Any, sheet: Any) -> None:
        found = validations(template[sheet.name_vi])
        for column, field in enumerate(sheet.fields, start=1):
            if field.type in ("choice", "flag"):
                assert found[column].type == "list", field.key
                assert found[column].showErrorMessage, field.key
            elif field.type == "count" and field.required:
                assert found[column].type == "whole", field.key
        movement_rule = validations(template["Hộ"])[27].formula1
        assert movement_rule.strip('"').split(",") == [movement.code for movement in movements()]

    def test_household_rows_choose_a_commune_from_sheet_xa(self, template: Any) -> None:
        rule = validations(template["Hộ"])[2]
        assert rule.formula1 == f"'Xã'!$A$4:$A${3 + len(COMMUNES)}"
        assert {part.max_row for part in rule.sqref.ranges} == {FIRST_DATA_ROW + TEMPLATE_ROWS}

    def test_the_cover_offers_the_kinds(self, template: Any) -> None:
        rules = {str(rule.sqref): rule for rule in template["Bìa"].data_validations.dataValidation}
        assert rules["B7"].formula1 == '"Tháng,Chính thức năm,Điều chỉnh"'

    @pytest.mark.parametrize("sheet", TABLES, ids=lambda sheet: sheet.key)
    def test_each_header_carries_its_note(self, template: Any, sheet: Any) -> None:
        for column, field in enumerate(sheet.fields, start=1):
            assert template[sheet.name_vi].cell(HEADER_ROW + 1, column).comment.text == header_note(field)

    @pytest.mark.parametrize("name", [sheet.name_vi for sheet in TABLES])
    def test_headers_are_locked_and_data_cells_are_not(self, template: Any, name: str) -> None:
        worksheet = template[name]
        assert worksheet.protection.sheet
        assert not worksheet.protection.insertRows  # the attribute says what is forbidden
        assert worksheet.cell(HEADER_ROW + 1, 1).protection.locked
        first_data_cell = worksheet.cell(FIRST_DATA_ROW + 1, 1)
        unlocked_column = worksheet.column_dimensions["A"].protection.locked is False
        assert unlocked_column or not first_data_cell.protection.locked

    def test_the_cover_is_open_only_where_the_district_writes(self, template: Any) -> None:
        cover = template["Bìa"]
        assert cover.protection.sheet
        assert cover["A10"].protection.locked
        assert not cover["B10"].protection.locked

    def test_codes_are_text_and_counts_have_thousands(self, template: Any) -> None:
        assert template["Xã"]["A4"].number_format == "@"
        assert template["Xã"]["C4"].number_format == "#,##0"
        assert template["Bìa"]["B4"].number_format == "@"
        assert template["Bìa"]["B9"].number_format == "dd/mm/yyyy"
        assert template["Hộ"].column_dimensions["I"].number_format == "@"

    def test_codes_stand_as_text(self, template: Any) -> None:
        assert template["Xã"]["A4"].data_type == "s"
        assert template["Bìa"]["B4"].data_type == "s"

    def test_december_is_the_official_year(self, tmp_path: Path) -> None:
        path = tmp_path / "mau.xlsx"
        write_template(
            path,
            period="2020-12",
            district_code=DISTRICT,
            district_name="Huyện Năm Căn",
            communes=COMMUNES,
            policies=POLICIES,
            ethnic_groups=[],
        )
        assert load_workbook(path)["Bìa"]["B7"].value == "Chính thức năm"

    def test_an_empty_template_reads_as_no_households(self, template_path: Path) -> None:
        book = read_workbook(template_path.read_bytes(), "mau.xlsx")
        assert book.ignored == []
        assert book.tables["household"].rows.height == 0
        assert book.tables["commune"].rows.height == len(COMMUNES)
        assert book.tables["policy"].rows.get_column("served").null_count() == len(COMMUNES) * len(POLICIES)

    def test_libreoffice_keeps_all_that_is_filled_in(self, template_path: Path) -> None:
        converted = convert(template_path, "ods")
        ours = read_workbook(template_path.read_bytes(), "mau.xlsx")
        theirs = read_workbook(converted.read_bytes(), "mau.ods")
        assert_same(ours, theirs)


@pytest.mark.parametrize(
    ("sheet", "key", "note"),
    [
        ("household", "persons", "Bắt buộc nhập. Số nguyên từ 0 trở lên, không ghi phần thập phân. Đơn vị: người."),
        ("household", "head_sex", "Bắt buộc nhập. Chọn một trong: Nam; Nữ."),
        ("household", "merit", "Có thể để trống. Đánh dấu x nếu có; để trống nếu không."),
    ],
)
def test_header_notes_say_what_to_enter(sheet: str, key: str, note: str) -> None:
    assert header_note(sheets()[sheet].field(key)) == note


def written(value: object, field: Field) -> object:
    """What the reader should make of a value that was written."""
    return to_whole_number(value) if field.type in ("count", "year") else to_text(value)  # type: ignore[arg-type]


def assert_same(ours: ReadWorkbook, theirs: ReadWorkbook) -> None:
    assert {key: to_text(cell.value) for key, cell in ours.cover.items()} == {
        key: to_text(cell.value) for key, cell in theirs.cover.items()
    }
    assert {key: cell.cell for key, cell in ours.cover.items()} == {
        key: cell.cell for key, cell in theirs.cover.items()
    }
    for key, own in ours.tables.items():
        assert own.columns == theirs.tables[key].columns
        assert own.rows.equals(theirs.tables[key].rows), key


ODD_TEXTS = ["=1+1", '=HYPERLINK("http://x")', "+84 90", "-5", "@home", "0012", "1e5", "Nguyễn Văn Đức", "'x"]


@pytest.fixture(scope="module")
def month() -> DistrictMonth:
    return a_month(
        rows=[
            a_household(household_code=f"{at:04d}", head_name=text, head_id_number="012345678901")
            for at, text in enumerate(ODD_TEXTS, start=1)
        ]
    )


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory, month: DistrictMonth) -> Path:
    path = tmp_path_factory.mktemp("filled") / "thang.xlsx"
    write_workbook(path, month)
    return path


class TestFilledWorkbook:
    def test_every_value_reads_back_as_it_was_written(self, path: Path, month: DistrictMonth) -> None:
        book = read_workbook(path.read_bytes(), path.name)
        assert book.ignored == []
        for key, cell in book.cover.items():
            assert to_text(cell.value) == to_text(month.cover[key])
        for sheet in TABLES:
            rows = book.tables[sheet.key].rows
            for field in sheet.fields:
                given = [written(row.get(field.key), field) for row in month.rows(sheet.key)]
                assert rows.get_column(field.key).to_list() == given, field.key

    def test_text_that_looks_like_a_formula_stays_text(self, path: Path) -> None:
        cells = [row[0] for row in load_workbook(path)["Hộ"].iter_rows(min_row=4, min_col=6, max_col=6)]
        assert [cell.value for cell in cells] == ODD_TEXTS
        assert {cell.data_type for cell in cells} == {"s"}

    def test_id_numbers_keep_their_leading_zero(self, path: Path) -> None:
        book = read_workbook(path.read_bytes(), path.name)
        assert set(book.tables["household"].rows.get_column("head_id_number")) == {"012345678901"}

    def test_a_date_is_a_date(self, path: Path) -> None:
        assert load_workbook(path)["Bìa"]["B9"].value == dt.datetime(2020, 1, 2)

    @pytest.mark.parametrize("to", ["ods", "xls", "xlsx"])
    def test_libreoffice_saves_it_as_it_was(self, path: Path, to: str) -> None:
        converted = convert(path, to)
        assert_same(read_workbook(path.read_bytes(), path.name), read_workbook(converted.read_bytes(), converted.name))

    def test_libreoffice_prints_it(self, path: Path) -> None:
        assert convert(path, "pdf").read_bytes().startswith(b"%PDF")


def test_the_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    digests = set()
    for name in ("a.xlsx", "b.xlsx"):
        write_workbook(tmp_path / name, a_month())
        digests.add(hashlib.sha256((tmp_path / name).read_bytes()).hexdigest())
    assert len(digests) == 1


def test_another_value_gives_other_bytes(tmp_path: Path) -> None:
    write_workbook(tmp_path / "a.xlsx", a_month())
    write_workbook(tmp_path / "b.xlsx", a_month(prepared_by="Người khác"))
    assert (tmp_path / "a.xlsx").read_bytes() != (tmp_path / "b.xlsx").read_bytes()


def test_a_month_without_households_still_has_its_headers(tmp_path: Path) -> None:
    write_workbook(tmp_path / "a.xlsx", a_month(rows=[]))
    household = read_workbook((tmp_path / "a.xlsx").read_bytes(), "a.xlsx").tables["household"]
    assert household.rows.is_empty()
    assert household.rows.schema["persons"] == pl.Int64
    assert len(household.columns) == len(sheets()["household"].fields)
