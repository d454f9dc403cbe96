"""Which files may be opened at all: told by their content, whatever they are called (rule F01)."""

import codecs
import io
import struct
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import ClassVar

import old_excel
import pytest
from legacy_typing import typed
from small_district import a_month

from forms.workbook import write_workbook
from tasks.faults import Unreadable
from tasks.gate import archive, csv_members, inspect, limits, recognise
from tasks.gate.limits import Limits
from tasks.legacy_text import UTF_16, WINDOWS_1258
from tasks.read.csv_zip import read_csv_zip

OLE = bytes.fromhex("d0cf11e0a1b11ae1")
ODS = "application/vnd.oasis.opendocument.spreadsheet"
SHEET = "xl/worksheets/sheet1.xml"


def utf16(name: str) -> bytes:
    return name.encode("utf-16-le")


def zipped(*members: tuple[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members:
            file.writestr(name, content)
    return buffer.getvalue()


def an_xlsx(*members: tuple[str, str | bytes]) -> bytes:
    return zipped(("xl/workbook.xml", "<workbook/>"), *members)


def an_ods(rows: str) -> bytes:
    table = f'<table:table table:name="Hộ">{rows}</table:table>'
    return zipped(("mimetype", ODS), ("content.xml", f"<office:document-content>{table}</office:document-content>"))


def a_sheet(cells: str) -> tuple[str, str]:
    return SHEET, f"<worksheet><sheetData>{cells}</sheetData></worksheet>"


def an_xls(*records: tuple[int, bytes]) -> bytes:
    begin = old_excel.BOF, bytes.fromhex("00060500") + bytes(12)
    return old_excel.from_records([begin, *records], mends_offsets=False)


def directory_patched(content: bytes, at: int, layout: str, value: int) -> bytes:
    """One field of every entry in the archive's directory, overwritten."""
    patched = bytearray(content)
    start = 0
    while (start := patched.find(b"PK\x01\x02", start)) >= 0:
        struct.pack_into(layout, patched, start + at, value)
        start += 4
    return bytes(patched)


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def set_limits(**changed: int) -> None:
        monkeypatch.setattr(limits, "current", Limits(**changed))

    return set_limits


@pytest.fixture(scope="module")
def workbook(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("gate") / "thang.xlsx"
    write_workbook(path, a_month())
    return path.read_bytes()


def refused(content: bytes) -> Unreadable:
    with pytest.raises(Unreadable) as caught:
        recognise(content)
    fault = caught.value
    assert fault.reason_vi
    assert fault.reason_en
    assert fault.reason_vi != fault.reason_en
    return fault


class TestKinds:
    def test_a_workbook_is_xlsx(self, workbook: bytes) -> None:
        assert recognise(workbook) == "xlsx"

    def test_an_open_document_is_ods(self) -> None:
        assert recognise(an_ods("")) == "ods"

    def test_an_old_workbook_is_xls(self) -> None:
        assert recognise(an_xls((0x85, bytes(8)), (0x0A, b""))) == "xls"

    def test_sheets_as_csv_are_zip(self) -> None:
        assert recognise(zipped(("cover.csv", "a;b"), ("household.csv", "a;b"))) == "zip"

    def test_an_empty_file_is_refused(self) -> None:
        assert "rỗng" in refused(b"").reason_vi

    @pytest.mark.parametrize(
        ("content", "named"),
        [
            (b" ", ""),
            ("Kính gửi: Sở LĐTBXH".encode(), "văn bản"),
            (b"ma;ten\n1;2\n", "CSV"),
            ("Mã xã;Hộ nghèo\n32194;5\n".encode("utf-16"), "CSV"),
            (typed("Mã xã;Hộ nghèo\n32194;5\n", WINDOWS_1258).encode("latin-1"), "CSV"),
            (b"<html><table><tr><td>1</td></tr></table></html>", "HTML"),
            (
                b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>',
                "XML Excel 2003",
            ),
            (b"%PDF-1.7", "PDF"),
            (b"Rar!\x1a\x07", "RAR"),
            (b"\x89PNG\r\n", "ảnh"),
            (b"\x00" * 1000, ""),
            (b"P", ""),
            (OLE[:4], ""),
            (OLE + bytes(600), "loại khác"),
        ],
    )
    def test_what_is_no_workbook_is_refused_and_named(self, content: bytes, named: str) -> None:
        reason = refused(content).reason_vi
        assert "không phải là bảng tính" in reason
        assert named in reason

    def test_a_word_document_is_refused(self) -> None:
        assert "không chứa bảng tính" in refused(zipped(("word/document.xml", "<w/>"))).reason_vi

    def test_a_workbook_inside_an_archive_is_asked_for_itself(self, workbook: bytes) -> None:
        reason = refused(zipped(("gửi tỉnh/tháng 12.xlsx", workbook))).reason_vi
        assert "tháng 12.xlsx" in reason
        assert "giải nén" in reason

    def test_the_name_does_not_matter(self, workbook: bytes, tmp_path: Path) -> None:
        """Contract: an extension that disagrees with a good content is F11, not F01."""
        path = tmp_path / "thang.doc"
        path.write_bytes(workbook)
        assert recognise(path.read_bytes()) == "xlsx"


class TestCsvMembers:
    @pytest.mark.parametrize(
        "name", ["household.csv", "HOUSEHOLD.CSV", "Hộ.csv", "hộ.csv", "Ho.csv", "tháng 12/Hộ.csv", "a\\household.csv"]
    )
    def test_a_sheet_is_found_by_key_or_name(self, name: str) -> None:
        assert csv_members([name]) == {"household": name}

    @pytest.mark.parametrize("name", ["khác.csv", "household.txt", "a/b/household.csv", "__MACOSX/household.csv"])
    def test_other_members_are_none(self, name: str) -> None:
        assert csv_members([name]) == {}

    def test_two_members_for_one_sheet_are_refused(self) -> None:
        assert "hai bảng" in refused(zipped(("household.csv", "a"), ("Hộ.csv", "b"))).reason_vi

    def test_a_name_in_utf8_without_its_mark_is_understood(self) -> None:
        content = zipped(("Hộ.csv", "a;b"))
        assert recognise(directory_patched(content, 8, "<H", 0)) == "zip"


class TestCsvEncodings:
    """Sheets as CSV are text in any encoding that offices save, and nothing of it is taken for XML."""

    ENCODINGS: ClassVar[dict[str, Callable[[str], bytes]]] = {
        "utf-8": str.encode,
        "utf-8 with its mark": lambda text: codecs.BOM_UTF8 + text.encode(),
        "utf-16-le with its mark": lambda text: codecs.BOM_UTF16_LE + text.encode("utf-16-le"),
        "utf-16-be with its mark": lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
        "utf-16-le": lambda text: text.encode("utf-16-le"),
        "windows-1258": lambda text: typed(text, WINDOWS_1258).encode("latin-1"),
    }
    TEXT = "Mã xã;Hộ nghèo cuối kỳ\n32194;5\n"
    SHEETS = ("Bìa.csv", "Hộ.csv", "xa.CSV", "movement.csv", "so lieu/policy.csv")

    @pytest.mark.parametrize("encoding", ENCODINGS)
    @pytest.mark.parametrize("start", ["", "<!DOCTYPE x>", "<b>", "\n", "x" * 90_000])
    def test_they_pass_as_they_came(self, encoding: str, start: str) -> None:
        encoded = self.ENCODINGS[encoding](start + self.TEXT)
        content = zipped(*[(name, encoded) for name in self.SHEETS])
        found = inspect(content)
        assert (found.kind, found.content) == ("zip", content)
        assert recognise(content) == "zip"

    def test_what_passed_is_read_as_it_was_meant(self) -> None:
        for name, encode in self.ENCODINGS.items():
            book = read_csv_zip(inspect(zipped(("Xã.csv", encode(self.TEXT)))).content)
            assert book.grids["Xã.csv"].rows == [["Mã xã", "Hộ nghèo cuối kỳ"], ["32194", "5"]], name
            told = {"utf-8": None, "utf-16": UTF_16, "windows": WINDOWS_1258}
            expected = next(encoding for start, encoding in told.items() if name.startswith(start))
            assert book.encodings.get("Xã.csv") == expected, name

    @pytest.mark.parametrize("encoding", ENCODINGS)
    def test_a_bomb_is_one_in_any_of_them(self, encoding: str) -> None:
        encode = self.ENCODINGS[encoding]
        content = zipped(("Hộ.csv", encode(self.TEXT) + encode(";" * 100) * 30_000))
        assert "quá lớn" in refused(content).reason_vi

    @pytest.mark.parametrize("encoding", ["utf-16", "utf-8"])
    def test_a_part_of_a_workbook_that_is_called_csv_is_looked_at_all_the_same(self, encoding: str) -> None:
        sheet = "<!DOCTYPE x><worksheet/>".encode(encoding)
        assert refused(an_xlsx(("xl/worksheets/sheet1.csv", sheet))).reason_vi


class TestMacrosAndPasswords:
    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("xl/vbaProject.bin", "macro"),
            ("XL/VBAPROJECT.BIN", "macro"),
            ("xl/macrosheets/sheet1.xml", "<x/>"),
            ("[Content_Types].xml", '<Types ContentType="application/vnd.ms-excel.sheet.macroEnabled.main+xml"/>'),
        ],
    )
    def test_macros_are_refused(self, name: str, content: str) -> None:
        assert "macro" in refused(an_xlsx((name, content))).reason_vi

    def test_macros_of_an_open_document_are_refused(self) -> None:
        members = [("mimetype", ODS), ("content.xml", "<x/>"), ("Basic/Standard/Module1.xml", "<x/>")]
        assert "macro" in refused(zipped(*members)).reason_vi
        members[-1] = ("Basic/script-lc.xml", "<x/>")
        assert recognise(zipped(*members)) == "ods"

    def test_macros_of_an_old_workbook_are_refused(self) -> None:
        assert "macro" in refused(an_xls() + utf16("_VBA_PROJECT_CUR")).reason_vi
        assert "macro" in refused(an_xls((0x85, bytes([0, 0, 0, 0, 0, 1, 0, 0])))).reason_vi

    def test_a_binary_workbook_is_refused(self) -> None:
        assert ".xlsb" in refused(zipped(("xl/workbook.bin", "x"))).reason_vi

    def test_an_encrypted_workbook_is_refused(self) -> None:
        """Excel puts what is encrypted into an OLE container beside a stream of this name."""
        assert "mật khẩu" in refused(OLE + bytes(500) + utf16("EncryptedPackage") + bytes(500)).reason_vi

    def test_an_old_workbook_with_a_password_is_refused(self) -> None:
        assert "mật khẩu" in refused(an_xls((0x86, b""), (0x2F, bytes(54)))).reason_vi

    def test_an_encrypted_open_document_is_refused(self) -> None:
        manifest = "<manifest:manifest><manifest:encryption-data/></manifest:manifest>"
        content = zipped(("mimetype", ODS), ("content.xml", b"\x8f\x01"), ("META-INF/manifest.xml", manifest))
        assert "mật khẩu" in refused(content).reason_vi

    def test_an_encrypted_archive_is_refused(self, workbook: bytes) -> None:
        assert "mật khẩu" in refused(directory_patched(workbook, 8, "<H", 1)).reason_vi


class TestDamage:
    @pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
    def test_a_transfer_that_broke_off_is_refused(self, workbook: bytes, share: float) -> None:
        assert "hỏng" in refused(workbook[: int(share * len(workbook))]).reason_vi

    def test_a_flipped_bit_is_noticed(self, workbook: bytes) -> None:
        with zipfile.ZipFile(io.BytesIO(workbook)) as file:
            largest = max(file.infolist(), key=lambda entry: entry.compress_size)
        at = largest.header_offset + largest.compress_size // 2
        damaged = bytearray(workbook)
        damaged[at] ^= 0x10
        refused(bytes(damaged))

    def test_a_wrong_checksum_is_noticed(self) -> None:
        assert "hỏng" in refused(directory_patched(an_xlsx(), 16, "<I", 1)).reason_vi

    def test_members_that_share_bytes_are_refused(self) -> None:
        content = an_xlsx((SHEET, "<x/>"))
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            second = file.infolist()[1].header_offset
        first_entry = content.find(b"PK\x01\x02")
        overlapping = bytearray(content)
        struct.pack_into("<I", overlapping, first_entry + 20, second + 10)
        struct.pack_into("<I", overlapping, first_entry + 24, second + 10)
        assert "hỏng" in refused(bytes(overlapping)).reason_vi


class TestBombs:
    def test_too_many_bytes_are_refused(self, workbook: bytes, narrow: Callable[..., None]) -> None:
        narrow(file_megabytes=0)
        assert "quá lớn" in refused(workbook).reason_vi

    def test_a_bomb_is_refused_by_what_it_declares(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def never(*_: object) -> None:
            raise AssertionError("nothing may be unpacked")

        monkeypatch.setattr(archive, "_checked", never)
        assert "quá lớn" in refused(an_xlsx((SHEET, b"<" + bytes(50_000_000)))).reason_vi

    def test_many_small_members_are_a_bomb_too(self, narrow: Callable[..., None]) -> None:
        narrow(ratio_counts_from_bytes=100_000)
        members = [(f"xl/{number}.xml", b"<a" + b" " * 90_000) for number in range(50)]
        assert "quá lớn" in refused(an_xlsx(*members)).reason_vi

    def test_a_bomb_that_declares_too_little_is_stopped_while_it_unpacks(self) -> None:
        """The checksum may be that of the declared part: readers that trust the header notice nothing."""
        content = directory_patched(zipped((SHEET, b"<a" + b" " * 50_000_000)), 24, "<I", 1000)
        assert "không đúng" in refused(content).reason_vi

    def test_a_member_that_declares_too_much_is_refused(self) -> None:
        assert "hỏng" in refused(directory_patched(an_xlsx(), 24, "<I", 5000)).reason_vi

    def test_too_many_entries_are_refused(self, narrow: Callable[..., None]) -> None:
        narrow(entries=3)
        assert "quá nhiều mục" in refused(an_xlsx(*((f"xl/{number}.xml", "<x/>") for number in range(3)))).reason_vi

    def test_large_shared_strings_are_refused(self, narrow: Callable[..., None]) -> None:
        narrow(shared_strings_bytes=1000)
        assert "quá lớn" in refused(an_xlsx(("xl/sharedStrings.xml", "<x>" + "a" * 2000))).reason_vi

    @pytest.mark.parametrize("nested", [zipped(("a", "b")), b"Rar!\x1a\x07", b"\x1f\x8b\x08", b"7z\xbc\xaf\x27\x1c"])
    def test_archives_in_an_archive_are_refused(self, nested: bytes) -> None:
        assert "bên trong" in refused(zipped(("household.csv", nested))).reason_vi


class TestNames:
    @pytest.mark.parametrize(
        "name",
        ["../cover.csv", "a/../../cover.csv", "/etc/cover.csv", "..\\cover.csv", "C:\\cover.csv", "co\x07ver.csv"],
    )
    def test_a_name_that_leaves_the_archive_is_refused(self, name: str) -> None:
        assert "không an toàn" in refused(zipped((name, "a;b"))).reason_vi

    def test_what_would_turn_the_message_around_is_not_repeated(self) -> None:
        assert "\u202e" not in refused(zipped(("../\u202excod.csv", "a"))).reason_vi

    @pytest.mark.parametrize("again", ["cover.csv", "COVER.csv"])
    @pytest.mark.filterwarnings("ignore:Duplicate name")
    def test_a_repeated_name_is_refused(self, again: str) -> None:
        assert "hai mục" in refused(zipped(("cover.csv", "a"), (again, "b"))).reason_vi


class TestXml:
    @pytest.mark.parametrize("before", [0, 16_370, 16_380, 1_048_570, 3_000_000])
    @pytest.mark.parametrize("declaration", ["<!DOCTYPE x>", '<!ENTITY a "b">'])
    def test_a_dtd_is_refused_wherever_it_stands(self, declaration: str, before: int) -> None:
        filling = "".join(f"{number:x}" for number in range(before // 5))
        content = an_xlsx((SHEET, f'<?xml version="1.0"?>{filling[:before]}{declaration}<worksheet/>'))
        assert "DTD" in refused(content).reason_vi

    @pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
    def test_xml_that_hides_in_another_encoding_is_refused(self, encoding: str) -> None:
        assert "UTF-8" in refused(an_xlsx((SHEET, "<!DOCTYPE x><worksheet/>".encode(encoding)))).reason_vi

    def test_an_error_in_a_cell_is_no_dtd(self) -> None:
        assert recognise(an_xlsx(a_sheet('<row r="1"><c r="A1" t="e"><v>#REF!</v></c></row>'))) == "xlsx"


class TestCells:
    @pytest.fixture(autouse=True)
    def few(self, narrow: Callable[..., None]) -> None:
        narrow(cells=10_000)

    @staticmethod
    def refused_for_cells(content: bytes) -> None:
        assert "quá nhiều ô" in refused(content).reason_vi

    def test_two_cells_far_apart_make_a_large_sheet(self) -> None:
        self.refused_for_cells(an_xlsx(a_sheet('<row r="1"><c r="A1"/></row><row r="9"><c r="XFD9"/></row>')))

    def test_a_row_far_down_makes_a_large_sheet_whatever_the_dimension_says(self) -> None:
        rows = '<row r="1"><c r="A1"/></row><row r="1048576"><c r="B1048576"/></row>'
        self.refused_for_cells(an_xlsx((SHEET, f'<worksheet><dimension ref="A1:B2"/><sheetData>{rows}</sheetData>')))

    def test_cells_without_an_address_are_counted(self) -> None:
        self.refused_for_cells(an_xlsx(a_sheet("<row>" + "<c/>" * 10_001 + "</row>")))

    def test_the_sheets_count_together(self) -> None:
        names = ["xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml"]
        self.refused_for_cells(an_xlsx(*((name, '<row r="300"><c r="A300"/></row>') for name in names)))

    def test_a_wide_but_short_sheet_passes(self) -> None:
        assert recognise(an_xlsx(a_sheet('<row r="2"><c r="AF2"/><c r="BZ2"/></row>'))) == "xlsx"

    def test_the_calculation_chain_is_no_sheet(self) -> None:
        assert recognise(an_xlsx(("xl/calcChain.xml", '<calcChain><c r="XFD9999" i="1"/></calcChain>'))) == "xlsx"

    @pytest.mark.parametrize(
        "rows",
        [
            '<table:table-row><table:table-cell table:number-columns-repeated="20000" office:value="1"/>',
            '<table:table-row table:number-rows-repeated="200">'
            '<table:table-cell office:value-type="string" table:number-columns-repeated="200"><text:p>a</text:p>'
            "</table:table-cell></table:table-row>",
            '<table:table-row><table:table-cell table:number-columns-repeated="16000"/>'
            "<table:table-cell><text:p>a</text:p></table:table-cell></table:table-row>",
            '<table:table-row table:number-rows-repeated="1000000"/><table:table-row>'
            '<table:table-cell office:value="1"/></table:table-row>',
            '<table:table-row><table:table-cell table:number-columns-repeated="99999999999999" office:value="1"/>',
        ],
    )
    def test_repeated_cells_are_counted(self, rows: str) -> None:
        self.refused_for_cells(an_ods(rows))

    def test_the_repeated_blanks_that_every_open_document_ends_with_are_not(self) -> None:
        blank = '<table:table-cell table:style-name="a" table:number-columns-repeated="16000"/>'
        last = '<table:table-cell table:number-columns-repeated="300"></table:table-cell>'
        value = '<table:table-cell office:value-type="string"><text:p>Hộ</text:p></table:table-cell>'
        row = f"<table:table-row>{value * 3}{blank}{last}</table:table-row>"
        end = f'<table:table-row table:number-rows-repeated="1048000">{blank}</table:table-row>'
        assert recognise(an_ods(row * 100 + end)) == "ods"


USUAL = '<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="urn:x">'


class TestSightings:
    """A sheet needs a closer look only where the bytes that hidden data, errors and formulas need are in it."""

    @pytest.mark.parametrize("before", [0, 16_370, 16_384, 65_530, 200_000])
    @pytest.mark.parametrize(
        "mark",
        [
            '<row hidden="1"/>',
            '<c t="e"><v>#N/A</v></c>',
            "<c t='e'/>",
            "<c><f>1+1</f></c>",
            "<c><f t='s'/></c>",
            "<c><f\n>1</f></c>",
        ],
    )
    def test_a_marked_sheet_is_named_wherever_the_mark_stands(self, mark: str, before: int) -> None:
        row = '<row r="1"><c r="A1" t="inlineStr"><is><t>Nguyễn Thị Ánh</t></is></c></row>'
        filling = (row * (before // len(row) + 1))[:before]
        content = an_xlsx((SHEET, f"{USUAL}{filling}{mark}{row}</worksheet>"), ("xl/styles.xml", "<styleSheet/>"))
        assert SHEET in inspect(content).marked

    def test_a_plain_sheet_is_not_named(self, workbook: bytes) -> None:
        assert [name for name in inspect(workbook).marked if "sheet" in name] == []

    @pytest.mark.parametrize("start", ["<x:worksheet xmlns:x='urn:x'>", "<worksheet>", "<!-- a --><worksheet a='b'>"])
    def test_a_sheet_that_is_written_in_another_way_is_named(self, start: str) -> None:
        assert SHEET in inspect(an_xlsx((SHEET, f"{start}<sheetData/></worksheet>"))).marked

    @pytest.mark.parametrize(
        ("row", "is_marked"), [('<table:table-row table:visibility="filter"/>', True), ("<table:table-row/>", False)]
    )
    def test_an_open_document_is_named_by_its_content(self, row: str, is_marked: bool) -> None:
        assert ("content.xml" in inspect(an_ods(row)).marked) == is_marked


class TestRepacked:
    """The reader gets the parts as they were checked, a sheet's merged ranges in front of its cells."""

    CELLS = '<sheetData><row r="1"><c r="A1"><v>1</v></c></row></sheetData>'
    MERGED = '<mergeCells count="1"><mergeCell ref="A1:B2"/></mergeCells>'

    @staticmethod
    def sheet_of(xml: str) -> str:
        content = inspect(
            an_xlsx((SHEET, xml), ("xl/styles.xml", "<styleSheet/>"), ("xl/media/a.png", b"\x89PNG"))
        ).content
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            assert set(file.namelist()) == {"xl/workbook.xml", "xl/styles.xml", SHEET}
            assert file.read("xl/styles.xml") == b"<styleSheet/>"
            return file.read(SHEET).decode()

    @pytest.mark.parametrize(
        ("after", "in_front"),
        [("", "<mergeCells></mergeCells>"), (MERGED, MERGED), (f"<autoFilter/>{MERGED}<pageMargins/>", MERGED)],
    )
    @pytest.mark.parametrize("times", [1, 5000])
    def test_merged_ranges_stand_in_front(self, after: str, in_front: str, times: int) -> None:
        cells = self.CELLS * times
        assert self.sheet_of(f"{USUAL}{cells}{after}</worksheet>") == f"{USUAL}{in_front}{cells}{after}</worksheet>"

    @pytest.mark.parametrize(
        "xml",
        [
            f"<x:worksheet xmlns:x='urn:x'>{CELLS}{MERGED}</x:worksheet>",
            f"{USUAL}{MERGED}{CELLS}</worksheet>",
            f"{USUAL}{CELLS}<mergeCells/></worksheet>",
            f"{USUAL}{CELLS}<x:mergeCells></x:mergeCells></worksheet>",
            f"{USUAL}<sheetData/></worksheet>",
            f"{USUAL}</worksheet>",
        ],
    )
    def test_any_other_sheet_is_left_as_it_is(self, xml: str) -> None:
        assert self.sheet_of(xml) == xml

    def test_a_long_workbook_is_read_as_it_came(self, workbook: bytes, narrow: Callable[..., None]) -> None:
        narrow(kept_bytes=1000)
        assert inspect(workbook).content == workbook


class TestDepth:
    """Tags in tags in tags: a file made to wear out its reader, told before any parser sees it."""

    @pytest.mark.parametrize("name", [SHEET, "xl/workbook.xml", "xl/styles.xml", "xl/sharedStrings.xml"])
    @pytest.mark.parametrize("between", ["", "<b/>", "<b></b>"])
    def test_a_hundred_thousand_tags_that_stay_open_are_refused(self, name: str, between: str) -> None:
        members = {"xl/workbook.xml": "<workbook/>", SHEET: f"{USUAL}</worksheet>"}
        members[name] = "<worksheet>" + "".join(f"<a{number}>{between}" for number in range(100_000))
        assert "lồng nhau" in refused(zipped(*members.items())).reason_vi

    def test_the_open_tags_of_an_open_document_are_refused(self) -> None:
        rows = "".join(f"<table:table-row a='{number}'>" for number in range(100_000))
        assert "lồng nhau" in refused(an_ods(rows)).reason_vi

    def test_as_deep_as_no_program_writes_is_still_read(self) -> None:
        assert recognise(an_xlsx(a_sheet("<a>" * 200 + "</a>" * 200))) == "xlsx"

    def test_many_tags_side_by_side_are_not_deep(self) -> None:
        assert recognise(an_xlsx(a_sheet("<row>" + "<c/>" * 50_000 + "</row>"))) == "xlsx"


def test_the_reason_is_the_same_however_the_pieces_fall(monkeypatch: pytest.MonkeyPatch, workbook: bytes) -> None:
    contents: Iterable[bytes] = [
        workbook,
        an_ods('<table:table-row><table:table-cell office:value="1"/></table:table-row>'),
    ]
    kinds = [recognise(content) for content in contents]
    monkeypatch.setattr(archive, "_CHUNK", 7)
    monkeypatch.setattr(archive, "_LEAST", 100)
    assert [recognise(content) for content in contents] == kinds
