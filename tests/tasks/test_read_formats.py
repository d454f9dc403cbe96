"""The same month as .xlsx, .ods, .xls and a zip of CSVs is the same month."""

import csv
import datetime as dt
import io
import random
import tempfile
import unicodedata
import zipfile
from functools import cache
from pathlib import Path

import polars as pl
import pytest
from dressed_months import Dressed, as_csv_zip, as_xlsx, dressed_months
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from office import Office
from polars.testing import assert_frame_equal
from small_district import DISTRICT, a_household, a_month, some_rows

from forms.dictionary import Sheet, sheets
from forms.month import CellValue, DistrictMonth
from forms.workbook import write_workbook
from plan.reference import BASELINE_PERIOD
from tasks.annotate import annotate
from tasks.case import Case
from tasks.cover import read_cover
from tasks.derive import derive_wave
from tasks.faults import Unreadable
from tasks.findings import Judged, make_findings
from tasks.read import ReadWorkbook, read_workbook
from tasks.read.csv_zip import read_csv_zip
from tasks.validate import validate_wave
from tasks.values import to_date, to_text

# Values of all sorts that a district may write: what is wrong must be the same wrong in every format.
ODDITIES: dict[str, list[CellValue]] = {
    "persons": [1, 0, 12, "1.552", "nhiều", None, -3],
    "b1_points": [101.5, 1234567, "1.234.567", "5,0", None],
    "head_name": ["Nguyễn Thị Ánh", "  Trần   Văn Thời ", 'Lê "Út" Tư', "a;b,c", "dòng 1\ndòng 2", None],
    "head_id_number": ["012345678", "096123456789", "12345678", None],
    "water": ["x", "X", "1", "có", "không", "đúng", None],
    "hamlet": ["Ấp 1", "Khóm 2/3", "001", "=1+2", "+84", "#N/A", None],
    "note": ["x" * 300, "–", "1e5", "31/12/2019", None],
}


def odd_month(seed: int) -> DistrictMonth:
    """A month with odd values strewn over sheet Hộ."""
    chance = random.Random(seed)
    rows = some_rows() + [a_household(household_code=str(900 + n)) for n in range(8)]
    for row in rows:
        for key in chance.sample(sorted(ODDITIES), 3):
            row[key] = chance.choice(ODDITIES[key])
    return DistrictMonth(**(vars(a_month()) | {"household": rows}))


def csv_cell(value: CellValue) -> str:
    if value is None:
        return ""
    if isinstance(value, dt.date):
        return value.strftime("%d/%m/%Y")
    return str(value)


def csv_text(sheet: Sheet, month: DistrictMonth, separator: str, keys: bool) -> str:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=separator)
    if sheet.key == "cover":
        writer.writerows(
            [field.key if keys else field.label_vi, csv_cell(month.cover.get(field.key))] for field in sheet.fields
        )
    else:
        writer.writerow([field.key if keys else field.label_vi for field in sheet.fields])
        writer.writerows([csv_cell(row.get(field.key)) for field in sheet.fields] for row in month.rows(sheet.key))
    return buffer.getvalue()


def csv_zip(
    month: DistrictMonth, separator: str = ",", encoding: str = "utf-8", keys: bool = False, names: str = "{key}.csv"
) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for sheet in sheets().values():
            name = names.format(key=sheet.key, name=sheet.name_vi)
            archive.writestr(name, csv_text(sheet, month, separator, keys).encode(encoding))
    return buffer.getvalue()


def xlsx(month: DistrictMonth, folder: Path) -> bytes:
    path = folder / "thang.xlsx"
    write_workbook(path, month)
    return path.read_bytes()


def assert_same(found: ReadWorkbook, plain: ReadWorkbook) -> None:
    """Equal tables but for the numbers of their rows, and covers that say the same."""
    assert set(found.tables) == set(plain.tables)
    for key, table in plain.tables.items():
        assert found.tables[key].rows.drop("row").equals(table.rows.drop("row")), key
        first, others = found.tables[key].rows["row"], table.rows["row"]
        assert (first - first[0]).equals(others - others[0])
    assert read_cover(found) == read_cover(plain)
    assert [(one.field, one.value) for one in found.errors] == [(one.field, one.value) for one in plain.errors]


# By the format's name; "saved" is by LibreOffice.
Files = dict[str, bytes]
Readings = dict[str, ReadWorkbook]


def kind_of(name: str) -> str:
    return "zip" if name == "csv" else name.partition(" ")[0]


def files_of(months: list[Dressed], office: Office) -> list[Files]:
    own = [as_xlsx(month) for month in months]
    made = {"xlsx": own, "csv": [as_csv_zip(month) for month in months]}
    made |= {f"{extension} saved": office.save_as(own, extension) for extension in ("xlsx", "ods", "xls")}
    return [{name: contents[number] for name, contents in made.items()} for number in range(len(months))]


def judged_of(readings: list[Readings]) -> list[dict[str, Judged]]:
    cases = [
        Case(f"{number}/{name}", workbook, dt.date(2020, 1, 15), DISTRICT, BASELINE_PERIOD)
        for number, reading in enumerate(readings)
        for name, workbook in reading.items()
    ]
    frames = derive_wave(cases, BASELINE_PERIOD)
    judged = iter(make_findings(cases, frames, validate_wave(frames, BASELINE_PERIOD), limit=1000))
    return [{name: next(judged) for name in reading} for reading in readings]


def in_short(judged: Judged) -> list[tuple[str, ...]]:
    """What is found: rule and place, value, expectation and message."""
    columns = ("rule", "sheet", "row", "column", "cell", "value", "expected", "message_vi", "household_ref")
    return sorted(tuple(without_ending(one[column]) for column in columns) for one in judged.listed)


def without_ending(text: object) -> str:
    """A sheet of a zip is called after its file."""
    return "" if text is None else str(text).replace(".csv", "")


def parts(workbook: ReadWorkbook) -> dict[str, object]:
    """All that was read but for what is hidden, which a CSV can't say."""
    tables = workbook.tables.items()
    return {
        "cover": {key: (cell.cell, to_date(cell.value) or to_text(cell.value)) for key, cell in workbook.cover.items()},
        "columns": {key: (table.header_row, table.columns, table.repeated_columns) for key, table in tables},
        "errors": sorted((one.field, one.row, one.column, one.value) for one in workbook.errors),
        "ignored": [(without_ending(one.sheet), one.row, one.column, one.value) for one in workbook.ignored],
        "converted": [(without_ending(one.sheet), one.encoding) for one in workbook.converted],
    }


@settings(
    max_examples=2,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(months=st.lists(dressed_months(), min_size=1, max_size=25))
def test_the_same_data_gives_the_same_result_in_every_format(months: list[Dressed], office: Office) -> None:
    """… and so does the workbook that comes back for any of them, when it is sent again as it is."""
    files = files_of(months, office)
    readings = [{name: read_workbook(content, f"a.{kind_of(name)}") for name, content in one.items()} for one in files]
    judged = judged_of(readings)
    for month, reading, found in zip(months, readings, judged, strict=True):
        plain, plainly_found = reading["xlsx"], in_short(found["xlsx"])
        for name, other in reading.items():
            assert_equal(other, plain, (name, month))
            if name == "csv":
                assert in_short(found[name]) == [one for one in plainly_found if one[0] != "F13"], (name, month)
            else:
                assert in_short(found[name]) == plainly_found, (name, month)
                assert other.hidden == plain.hidden, (name, month)
    for month, file, reading, found in zip(months, files, readings, judged, strict=True):
        for name, content in file.items():
            returned = annotate(content, kind_of(name), found[name].listed, found[name].counts, "KHÔNG ĐẠT")
            again = read_workbook(returned, "a.xlsx")
            assert_equal(again, reading[name], (name, month))
            assert again.hidden == reading[name].hidden, (name, month)


def assert_equal(found: ReadWorkbook, expected: ReadWorkbook, where: object) -> None:
    assert parts(found) == parts(expected), where
    for key, table in expected.tables.items():
        assert_frame_equal(found.tables[key].rows, table.rows)


@cache
def plain_reading(seed: int) -> ReadWorkbook:
    with tempfile.TemporaryDirectory() as folder:
        return read_workbook(xlsx(odd_month(seed), Path(folder)), "a.xlsx")


@settings(max_examples=30)
@given(
    seed=st.integers(0, 5),
    separator=st.sampled_from([",", ";", "\t"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig"]),
    keys=st.booleans(),
    names=st.sampled_from(["{key}.csv", "{name}.csv", "Thang 1/{name}.CSV", "so-lieu/{key}.csv"]),
)
def test_a_zip_of_csv_files_is_the_same(seed: int, separator: str, encoding: str, keys: bool, names: str) -> None:
    found = read_workbook(csv_zip(odd_month(seed), separator, encoding, keys, names), "a.zip")
    assert_same(found, plain_reading(seed))
    assert found.ignored == found.hidden == found.converted == []


def test_utf_16_is_read_and_named() -> None:
    book = read_csv_zip(csv_zip(a_month(), encoding="utf-16"))
    assert set(book.encodings.values()) == {"UTF-16"}
    assert {name: grid.rows for name, grid in book.grids.items()} == {
        name: grid.rows for name, grid in read_csv_zip(csv_zip(a_month())).grids.items()
    }


class TestCsv:
    def read(self, **files: str) -> ReadWorkbook:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for name, text in files.items():
                archive.writestr(name.replace("_csv", ".csv"), text)
        return read_workbook(buffer.getvalue(), "a.zip")

    def test_rows_are_numbered_as_a_spreadsheet_shows_them(self) -> None:
        """A record is a row, whatever line breaks it holds; a blank line is a row."""
        text = 'commune_code,hamlet,note\r\n\r\n32152,"Ấp 1\nẤp 2",a\r\n\r\n32152,Ấp 3,b\r\n'
        found = self.read(household_csv=text).tables["household"]
        assert found.rows.select("row", "hamlet").rows() == [(3, "Ấp 1 Ấp 2"), (5, "Ấp 3")]
        assert (found.header_row, found.sheet_name) == (1, "household.csv")

    def test_commas_within_cells_do_not_part_them(self) -> None:
        text = "commune_code;causes;note\n32152;1,4,5;a, b, c, d, e\n"
        rows = self.read(household_csv=text).tables["household"].rows
        assert rows.select("causes", "note").rows() == [("1,4,5", "a, b, c, d, e")]

    def test_short_and_long_records_keep_their_columns(self) -> None:
        text = "commune_code,hamlet,note\n32152,Ấp 1\n32152,Ấp 2,b,thừa,thừa\n"
        rows = self.read(household_csv=text).tables["household"].rows
        assert rows.select("hamlet", "note").rows() == [("Ấp 1", None), ("Ấp 2", "b")]

    def test_other_files_are_named(self) -> None:
        found = self.read(household_csv="commune_code,hamlet\n", nhap_csv="a\n", **{"doc.txt": "x", ".DS_Store": "x"})
        assert [one.value for one in found.ignored] == ["nhap.csv", "doc.txt"]

    def test_numbers_are_read_by_the_type_of_their_field(self) -> None:
        text = "commune_code,persons,household_code,b1_points\n32152.0,1.552,007,101.5\n"
        rows = self.read(household_csv=text).tables["household"].rows
        columns = ["commune_code", "persons", "household_code", "b1_points", "b1_points__text"]
        assert rows.select(columns).rows() == [("32152", 1552, "007", None, "101.5")]

    def test_an_error_that_was_exported_is_an_error(self) -> None:
        found = self.read(household_csv="commune_code,persons\n32152,#REF!\n")
        assert [(one.row, one.column, one.value) for one in found.errors] == [(2, "B", "#REF!")]

    def test_windows_1258_is_read_and_named(self) -> None:
        text = "Mã xã;Ấp/khóm;Họ và tên chủ hộ\n32152;Ấp Tân Đức;Trần Văn Thời\n"
        decomposed = "".join(
            letter.encode("cp1258", "ignore").decode("cp1258") or letter for letter in as_windows_types(text)
        )
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("household.csv", decomposed.encode("cp1258"))
        found = read_workbook(buffer.getvalue(), "a.zip")
        rows = found.tables["household"].rows
        assert rows.select("hamlet", "head_name").rows() == [("Ấp Tân Đức", "Trần Văn Thời")]
        assert [one.encoding for one in found.converted] == ["windows-1258"]

    @pytest.mark.parametrize("text", ["", "\n\n", "abc", '"'])
    def test_a_file_without_a_table_has_no_rows(self, text: str) -> None:
        found = self.read(household_csv=text)
        assert found.tables["household"].rows.is_empty()
        assert found.tables["household"].header_row is None

    def test_a_cell_without_an_end_is_refused(self) -> None:
        with pytest.raises(Unreadable):
            self.read(household_csv="commune_code,hamlet\n" + "x" * 200_000)


def as_windows_types(text: str) -> str:
    """Vietnamese Windows types a letter of the alphabet and its tone apart."""
    tones = "\u0300\u0301\u0303\u0309\u0323"
    parts = []
    for letter in text:
        marks = unicodedata.normalize("NFD", letter)
        tone = "".join(mark for mark in marks if mark in tones)
        parts.append(unicodedata.normalize("NFC", "".join(mark for mark in marks if mark not in tones)) + tone)
    return "".join(parts)


def test_types_do_not_depend_on_the_format(tmp_path: Path) -> None:
    month = a_month()
    for content in (xlsx(month, tmp_path), csv_zip(month)):
        for table in read_workbook(content, "a.zip").tables.values():
            assert table.rows.schema["row"] == pl.Int32
            assert table.rows.schema["errors"] == pl.String
