"""Reading: every value with the address that it has in the sender's own file, whatever stands around the table."""

import io
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook  # type: ignore[import-untyped]
from small_district import COMMUNE, a_month

from forms.dictionary import sheets
from forms.layout import HEADER_ROW
from forms.workbook import write_workbook
from tasks.faults import Unreadable
from tasks.read import ReadWorkbook, read_file, read_workbook
from tasks.values import to_text, to_whole_number

HEADER = HEADER_ROW + 1
Edit = Callable[[Workbook], None]


@pytest.fixture(scope="module")
def workbook(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("read") / "thang.xlsx"
    write_workbook(path, a_month())
    return path.read_bytes()


def edited(workbook: bytes, edit: Edit) -> bytes:
    """What a clerk makes of the file."""
    book = load_workbook(io.BytesIO(workbook))
    edit(book)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def tables_of(book: Workbook) -> list[Any]:
    return [book[sheet.name_vi] for sheet in sheets().values() if sheet.key != "cover"]


def read(content: bytes, name: str = "thang.xlsx") -> ReadWorkbook:
    return read_workbook(content, name)


def assert_addresses_are_true(content: bytes, theirs: Workbook | None = None) -> ReadWorkbook:
    """Every value that was read stands in openpyxl's reading of the file at the address given for it."""
    ours, theirs = read(content), theirs or load_workbook(io.BytesIO(content), data_only=True)
    for key, cell in ours.cover.items():
        assert to_text(theirs[ours.cover_sheet_name or ""][cell.cell].value) == to_text(cell.value), key
    for key, table in ours.tables.items():
        worksheet = theirs[table.sheet_name]
        for row in table.rows.iter_rows(named=True):
            for field in sheets()[key].fields:
                if field.key not in table.columns:
                    continue
                value = worksheet[f"{table.columns[field.key]}{row['row']}"].value
                is_number = field.type in ("count", "year")
                assert row[field.key] == (to_whole_number(value) if is_number else to_text(value)), (field.key, row)
    return ours


def leading_blank_rows(book: Workbook) -> None:
    for worksheet in book:
        worksheet.insert_rows(1, 7)


def leading_blank_columns(book: Workbook) -> None:
    for worksheet in book:
        worksheet.insert_cols(1, 2)


def title_rows(book: Workbook) -> None:
    leading_blank_rows(book)
    for worksheet in tables_of(book):
        worksheet["A2"] = "ỦY BAN NHÂN DÂN HUYỆN"
        worksheet["B3"] = "Mã xã"  # a word of the header alone makes no header
        worksheet.merge_cells("A2:F2")


def no_title(book: Workbook) -> None:
    for worksheet in tables_of(book):
        worksheet.delete_rows(1, 2)


def blank_rows_between(book: Workbook) -> None:
    for worksheet in tables_of(book):
        worksheet.insert_rows(HEADER + 1, 2)
        worksheet.insert_rows(HEADER + 5)


def reordered_columns(book: Workbook) -> None:
    for worksheet in tables_of(book):
        for row in worksheet.iter_rows(min_row=HEADER, max_row=worksheet.max_row):
            values = [cell.value for cell in row]
            for cell, value in zip(row, reversed(values), strict=True):
                cell.value = value


def extra_columns(book: Workbook) -> None:
    for worksheet in tables_of(book):
        worksheet.insert_cols(2)
        worksheet.cell(HEADER, 2, "Ghi thêm")
        worksheet.cell(HEADER + 1, 2, "abc")


def codes_as_numbers(book: Workbook) -> None:
    for worksheet in tables_of(book):
        for row in worksheet.iter_rows(min_row=HEADER + 1):
            for cell in row:
                if cell.value == COMMUNE:
                    cell.value = int(COMMUNE)


def everything_at_once(book: Workbook) -> None:
    for edit in (reordered_columns, extra_columns, blank_rows_between, codes_as_numbers, title_rows):
        edit(book)
    leading_blank_columns(book)


EDITS = [
    leading_blank_rows,
    leading_blank_columns,
    title_rows,
    no_title,
    blank_rows_between,
    reordered_columns,
    extra_columns,
    codes_as_numbers,
    everything_at_once,
]


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__)
def test_addresses_are_those_of_the_senders_file(workbook: bytes, edit: Edit) -> None:
    plain, found = read(workbook), assert_addresses_are_true(edited(workbook, edit))
    for key, table in plain.tables.items():
        assert found.tables[key].rows.drop("row").equals(table.rows.drop("row")), key


def test_an_untouched_file_has_true_addresses_and_nothing_ignored(workbook: bytes) -> None:
    found = assert_addresses_are_true(workbook)
    assert found.ignored == []
    assert found.tables["household"].rows.get_column("row").to_list() == list(range(4, 16))
    assert found.cover["total_poor"].cell == "B10"


def test_a_code_stored_as_a_number_reads_as_the_code(workbook: bytes) -> None:
    found = read(edited(workbook, codes_as_numbers))
    assert set(found.tables["household"].rows.get_column("commune_code")) == {COMMUNE}


class TestIgnored:
    def test_an_unknown_column_is_named_at_its_header(self, workbook: bytes) -> None:
        ignored = read(edited(workbook, extra_columns)).ignored
        assert [(one.sheet, one.row, one.column, one.value) for one in ignored] == [
            (sheet.name_vi, HEADER, "B", "Ghi thêm") for sheet in sheets().values() if sheet.key != "cover"
        ]

    def test_an_unknown_sheet_is_named(self, workbook: bytes) -> None:
        (ignored,) = read(edited(workbook, lambda book: book.create_sheet("Nháp"))).ignored
        assert (ignored.sheet, ignored.row, ignored.value) == ("Nháp", None, "Nháp")

    @pytest.mark.parametrize("words", ["Cộng", "TỔNG CỘNG", "Tổng số:", "Toàn huyện", "Cộng toàn huyện"])
    def test_a_subtotal_row_is_left_out_and_named(self, workbook: bytes, words: str) -> None:
        def with_subtotal(book: Workbook) -> None:
            book["Xã"].append([None, words, 100, 200])

        plain, found = read(workbook), read(edited(workbook, with_subtotal))
        assert found.tables["commune"].rows.equals(plain.tables["commune"].rows)
        (ignored,) = found.ignored
        assert (ignored.sheet, ignored.row) == ("Xã", HEADER + 1 + plain.tables["commune"].rows.height)
        assert ignored.value.casefold().startswith(words.casefold().rstrip(":"))

    def test_a_subtotal_word_beside_a_commune_code_is_a_row(self, workbook: bytes) -> None:
        found = read(edited(workbook, lambda book: book["Xã"].append([COMMUNE, "Cộng", 100, 200])))
        assert found.ignored == []
        assert found.tables["commune"].rows.height == read(workbook).tables["commune"].rows.height + 1

    def test_another_extension_is_named(self, workbook: bytes) -> None:
        (ignored,) = read(workbook, "thang.doc").ignored
        assert ".doc" in ignored.value
        assert read(workbook, "THANG.XLSX").ignored == []


class TestHeaders:
    def test_case_spaces_line_breaks_colons_and_stars_do_not_count(self, workbook: bytes) -> None:
        def rewrite(book: Workbook) -> None:
            for worksheet in tables_of(book):
                for cell in worksheet[HEADER]:
                    cell.value = f"  {cell.value.upper()} *".replace(" ", "\n", 3)

        assert all(
            set(table.columns) == set(sheets()[key].keys)
            for key, table in read(edited(workbook, rewrite)).tables.items()
        )

    def test_keys_are_known_beside_labels(self, workbook: bytes) -> None:
        def rewrite(book: Workbook) -> None:
            for cell, field in zip(book["Xã"][HEADER], sheets()["commune"].fields, strict=True):
                cell.value = field.key

        assert set(read(edited(workbook, rewrite)).tables["commune"].columns) == set(sheets()["commune"].keys)

    def test_a_missing_column_is_null_throughout(self, workbook: bytes) -> None:
        table = read(edited(workbook, lambda book: book["Xã"].delete_cols(3))).tables["commune"]
        assert "households" not in table.columns
        assert table.rows.get_column("households").is_null().all()

    def test_a_column_that_is_there_twice_is_named_and_read_once(self, workbook: bytes) -> None:
        table = read(edited(workbook, lambda book: book["Xã"].cell(HEADER, 17, "Mã xã"))).tables["commune"]
        assert table.repeated_columns == ["commune_code"]
        assert table.columns["commune_code"] == "A"

    def test_a_sheet_without_a_header_has_no_rows(self, workbook: bytes) -> None:
        table = read(edited(workbook, lambda book: book["Xã"].delete_rows(1, HEADER))).tables["commune"]
        assert (table.header_row, table.columns, table.rows.height) == (None, {}, 0)

    def test_an_empty_sheet_has_no_rows(self, workbook: bytes) -> None:
        table = read(edited(workbook, lambda book: book["Xã"].delete_rows(1, 100))).tables["commune"]
        assert table.rows.is_empty()
        assert set(sheets()["commune"].keys) <= set(table.rows.columns)


class TestSheets:
    @pytest.mark.parametrize("name", ["DIỄN BIẾN", "Dien bien", " diễn  biến "])
    def test_a_sheet_is_found_by_its_name_however_it_is_written(self, workbook: bytes, name: str) -> None:
        def rename(book: Workbook) -> None:
            sheet = book["Diễn biến"]
            sheet.title = "-"  # openpyxl would number the same name in another case
            sheet.title = name

        assert "movement" in read(edited(workbook, rename)).tables

    def test_a_missing_sheet_is_missing(self, workbook: bytes) -> None:
        assert "policy" not in read(edited(workbook, lambda book: book.remove(book["Chính sách"]))).tables

    def test_a_missing_cover_is_an_empty_one(self, workbook: bytes) -> None:
        found = read(edited(workbook, lambda book: book.remove(book["Bìa"])))
        assert (found.cover, found.cover_sheet_name) == ({}, None)

    def test_two_sheets_of_one_name_are_not_guessed_between(self, workbook: bytes) -> None:
        def twice(book: Workbook) -> None:
            book["Xã"].title = "Xa"
            book.create_sheet("Xà")

        found = read(edited(workbook, twice))
        assert "commune" not in found.tables
        assert {one.value for one in found.ignored} == {"Xa", "Xà"}


class TestRows:
    def test_a_row_with_only_a_running_number_is_no_row(self, workbook: bytes) -> None:
        found = read(edited(workbook, lambda book: book["Hộ"].append([99])))
        assert found.tables["household"].rows.height == read(workbook).tables["household"].rows.height

    def test_a_row_with_one_value_is_a_row(self, workbook: bytes) -> None:
        found = read(edited(workbook, lambda book: book["Hộ"].append([None, None, None, "Ấp 1"])))
        last = found.tables["household"].rows.row(-1, named=True)
        assert (last["hamlet"], last["commune_code"], last["persons"]) == ("Ấp 1", None, None)

    def test_counts_keep_what_was_written(self, workbook: bytes) -> None:
        def odd_numbers(book: Workbook) -> None:
            for row, value in zip((4, 5, 6, 7), ("1.552", 1.552, "nhiều", None), strict=True):
                book["Hộ"].cell(row, 11).value = value

        rows = read(edited(workbook, odd_numbers)).tables["household"].rows.head(4)
        assert rows.get_column("persons").to_list() == [1552, None, None, None]
        assert rows.get_column("persons__text").to_list() == ["1.552", "1.552", "nhiều", None]


class TestReadFile:
    """What the child process does: a sender's fault comes back, only our own is raised."""

    def test_a_good_file_is_read(self, workbook: bytes, tmp_path: Path) -> None:
        (tmp_path / "a").write_bytes(workbook)
        assert isinstance(read_file(tmp_path / "a", "thang.xlsx"), ReadWorkbook)

    def test_a_missing_file_is_our_fault(self, tmp_path: Path) -> None:
        with pytest.raises(OSError):
            read_file(tmp_path / "none", "thang.xlsx")

    @given(st.sampled_from([b"", b"PK\x03\x04", bytes.fromhex("d0cf11e0a1b11ae1")]), st.binary(max_size=3000))
    def test_random_bytes_are_unreadable_and_never_raise(self, start: bytes, rest: bytes) -> None:
        assert isinstance(read_bytes(start + rest), Unreadable)

    @given(st.data())
    def test_a_damaged_workbook_never_raises(self, workbook: bytes, data: st.DataObject) -> None:
        damaged = bytearray(workbook)
        for _ in range(data.draw(st.integers(1, 5))):
            damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
        assert isinstance(read_bytes(bytes(damaged)), ReadWorkbook | Unreadable)

    @given(st.data())
    def test_damaged_xml_never_raises(self, workbook: bytes, data: st.DataObject) -> None:
        """The archive is whole and its checksums fit, but what is inside was cut or changed."""
        source = zipfile.ZipFile(io.BytesIO(workbook))
        name = data.draw(st.sampled_from(source.namelist()))
        content = source.read(name)
        cut = data.draw(st.integers(0, len(content)))
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as target:
            for entry in source.namelist():
                target.writestr(entry, content[:cut] if entry == name else source.read(entry))
        assert isinstance(read_bytes(buffer.getvalue()), ReadWorkbook | Unreadable)


def read_bytes(content: bytes) -> ReadWorkbook | Unreadable:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "raw"
        path.write_bytes(content)
        return read_file(path, "thang.xlsx")
