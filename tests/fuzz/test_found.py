"""What fuzzing has found, each as the smallest file that shows it."""

import io
import struct
import zipfile

import books
import old_excel
import pytest
import seeds
from openpyxl import load_workbook  # type: ignore[import-untyped]

from forms.dictionary import sheets
from tasks.annotate import annotate
from tasks.faults import Unreadable
from tasks.gate import limits, recognise
from tasks.gate.limits import Limits
from tasks.read import read_workbook
from tasks.read.columns import read_columns
from tasks.read.formats import open_book
from tasks.read.grid import Grid
from tasks.values import CellFault


def members_of(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture
def few_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "current", Limits(cells=10_000))


def test_the_colours_of_a_theme_are_no_rows(few_cells: None) -> None:
    """`<a:fillToRect r="50000">` was counted as 50,000 rows of 26 columns in every workbook with a theme."""
    assert b' r="50000"' in zipfile.ZipFile(io.BytesIO(seeds.xlsx()[0])).read("xl/theme/theme1.xml")
    assert recognise(seeds.xlsx()[0]) == "xlsx"


def test_a_row_is_counted_whatever_stands_before_its_number(few_cells: None) -> None:
    row = f'<row spans="1:31" customFormat="1" {"a" * 60}="1" r="9999"/>'
    sheet = f"<worksheet><sheetData>{' ' * 70_000}{row}</sheetData></worksheet>"
    with pytest.raises(Unreadable, match="quá nhiều ô"):
        recognise(seeds.zipped({"xl/workbook.xml": "<workbook/>", "xl/worksheets/sheet1.xml": sheet}))


def test_text_that_is_equal_to_a_fault_does_not_hide_it() -> None:
    """A text "=1+2" and a formula =1+2 without a value are equal, and of the two only the first was looked at."""
    field = sheets()["household"].field("persons")
    grid = Grid([["=1+2"], [""]])
    grid.put(1, 0, CellFault("=1+2"))
    _, faults = read_columns(sheets()["household"], {field.key: 0}, grid.rows, grid)
    assert faults == [(1, "persons", "=1+2")]


def test_xml_in_an_unknown_encoding_is_refused() -> None:
    """The parser's LookupError was no refusal, and the file waited for ever as a fault of the system."""
    parts = members_of(seeds.xlsx()[0])
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace(b"UTF-8", b"s")
    with pytest.raises(Unreadable, match="hỏng"):
        read_workbook(seeds.zipped(parts), "a.xlsx")


def test_styles_in_an_unknown_encoding_are_not_changed_in_place() -> None:
    parts = members_of(seeds.xlsx()[0])
    parts["xl/styles.xml"] = parts["xl/styles.xml"].replace(b"UTF-8", b"s")
    marked = annotate(seeds.zipped(parts), "xlsx", [], {}, "")
    assert load_workbook(io.BytesIO(marked))["Hộ"]["E4"].value == "0001"


def test_what_a_reader_says_of_a_cell_is_told_to_nobody() -> None:
    """The reason went into findings and warehouse with the cell's words: a name, in a damaged register."""
    cell = books.Raw(' t="b"><v>Nguyễn Văn Mẫu</v></c>', "")
    with pytest.raises(Unreadable) as refused:
        read_workbook(books.xlsx({"Hộ": [[cell]]}), "a.xlsx")
    assert "Nguyễn" not in f"{refused.value.reason_vi} {refused.value.reason_en}"


@pytest.mark.parametrize("part", ["xl/styles.xml", "[Content_Types].xml", "xl/comments/comment1.xml"])
def test_tags_too_deep_to_be_written_again_are_not_changed_in_place(part: str) -> None:
    """Parts that the reader of cells never opens may be nested as deep as they like; writing them ran out of stack."""
    parts = members_of(seeds.xlsx()[1])
    head, slash, rest = parts[part].rpartition(b"</")
    parts[part] = head + b" " * 5000 + b"<a>" * 3000 + b"</a>" * 3000 + slash + rest
    finding = {"rule": "H04", "severity": "critical", "sheet": "Hộ", "cell": "H4", "message_vi": "Thiếu"}
    marked = annotate(seeds.zipped(parts), "xlsx", [finding], {}, "")
    assert load_workbook(io.BytesIO(marked))["Hộ"]["H4"].comment is not None


LABELS: list[books.Value] = [field.label_vi for field in sheets()["household"].fields]


def test_no_column_is_numbered_with_five_thousand_digits() -> None:
    """Python makes no number of them, and the reader raised."""
    table = read_workbook(books.xlsx({"Hộ": [LABELS, ["9" * 5000 + "=1"] * 4]}), "a.xlsx").tables["household"]
    assert table.rows.height == 1


@pytest.mark.parametrize("address", ["ß9", "AAAA9", "1", "Ω9"])
def test_an_address_that_no_sheet_has_is_refused(address: str) -> None:
    """A letter whose capital is two letters made the reader raise; four letters made it ask for 99 gigabytes."""
    cell = books.Raw(f'><v>1</v></c><c r="{address}" t="e"><v>#N/A</v></c>', "")
    with pytest.raises(Unreadable):
        read_workbook(books.xlsx({"Hộ": [LABELS, [cell]]}), "a.xlsx")


class TestOldExcel:
    @pytest.mark.parametrize("record", [old_excel.NUMBER, old_excel.SHARED_LABEL, old_excel.MANY_BLANK, 0x0406])
    def test_two_cells_far_apart_are_too_many(self, record: int) -> None:
        """The reader made the whole rectangle: four thousand million cells of a file of nine kilobytes."""
        far = (record, struct.pack("<HHHd", 65_535, 65_535, 0, 1.0))
        with pytest.raises(Unreadable, match="quá nhiều ô"):
            recognise(old_excel.workbook({"Hộ": [["a"]]}, more=[far]))

    @pytest.mark.parametrize("size", [(0, 2**32 - 1, 0, 2**16 - 1), (5, 1, 0, 2), (0, 1, 9, 2)])
    @pytest.mark.parametrize("layout", ["<IIHHH", "<HHHHH"])
    def test_a_sheet_that_lies_about_its_size_is_refused(self, size: tuple[int, int, int, int], layout: str) -> None:
        """The reader made room for what the sheet says of itself, and the process ended."""
        lie = (
            old_excel.DIMENSIONS,
            struct.pack(layout, *(number % 2**16 if layout[1] == "H" else number for number in size), 0),
        )
        with pytest.raises(Unreadable, match="quá nhiều ô"):
            recognise(old_excel.workbook({"Hộ": [["a"]]}, more=[lie]))

    def test_a_damaged_container_is_refused(self) -> None:
        """A directory that leads back to itself: another reader opened it all the same, unchecked."""
        content = bytearray(old_excel.workbook({"Hộ": [["a"]]}))
        struct.pack_into("<I", content, 48, 5000)
        with pytest.raises(Unreadable, match="hỏng"):
            recognise(bytes(content))

    def test_records_that_break_off_are_no_error(self) -> None:
        whole = old_excel.records(old_excel.workbook({"Hộ": [["a"]]}))
        at = next(number for number, (kind, _) in enumerate(whole) if kind == old_excel.SHEET)
        assert recognise(old_excel.from_records([*whole[:at], (old_excel.SHEET, b"")])) == "xls"


def test_a_table_of_an_ods_without_an_end_is_refused() -> None:
    """The reader went on past the end of the file, and took all memory that there was."""
    for ending in (b"</table:table>", b"</table:table-row>"):
        parts = members_of(seeds.ods()[0])
        parts["content.xml"] = parts["content.xml"][: parts["content.xml"].rindex(ending)]
        with pytest.raises(Unreadable, match="dở dang"):
            read_workbook(seeds.zipped(parts), "a.ods")


def test_a_zip_with_patched_or_strongly_encrypted_members_is_refused() -> None:
    """The archive's reader knows neither, and the file waited for ever as a fault of the system."""
    for flag in (0x20, 0x40):
        content = bytearray(seeds.csv_zip()[0])
        content[content.find(b"PK\1\2") + 8] |= flag
        with pytest.raises(Unreadable):
            read_workbook(bytes(content), "a.zip")


class TestReturned:
    def test_a_csv_in_an_old_encoding_keeps_its_letters(self) -> None:
        """The marked copy of a CSV that was no UTF-8 held replacement characters."""
        content = seeds.csv_zip()[2]
        marked = load_workbook(io.BytesIO(annotate(content, "zip", [], {}, "")))
        assert marked["Hộ"]["C2"].value == "huyện Năm Căn hộ nghèo"

    def test_an_error_stays_an_error_in_a_fresh_copy(self) -> None:
        content = seeds.ods()[0]
        sent, marked = (open_book(one, "").grids["Hộ"] for one in (content, annotate(content, "ods", [], {}, "")))
        faults = [
            [value for cells in grid.rows for value in cells if isinstance(value, CellFault)] for grid in (sent, marked)
        ]
        assert faults[0] == faults[1] == ["#DIV/0!"] * 2

    def test_a_file_without_a_sheet_of_cells_gets_its_list_of_findings(self) -> None:
        """A workbook of charts only lacks every sheet of the form, and its sender was never told."""
        charts = [
            (kind, body[:5] + b"\2" + body[6:]) if kind == old_excel.SHEET else (kind, body)
            for kind, body in old_excel.records(old_excel.workbook({"Hộ": [["a"]]}))
        ]
        content = old_excel.from_records(charts)
        assert read_workbook(content, "a.xls").tables == {}
        assert load_workbook(io.BytesIO(annotate(content, "xls", [], {"F02": 1}, ""))).sheetnames[0] == "Lỗi"
