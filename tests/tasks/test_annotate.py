"""The workbook that goes back: the sender's own file with its faults marked, and nothing else changed."""

import csv
import datetime as dt
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from xml.dom.minidom import parseString

import pytest
import python_calamine
import xlsxwriter
from office import Office
from openpyxl import Workbook, load_workbook
from small_district import a_month

from expectations.catalogue import rules
from forms.layout import column_letter
from forms.workbook import write_workbook
from sample.faults import write_faults
from tasks.annotate import annotate
from tasks.annotate.comments import AUTHOR, MARK
from tasks.annotate.mending import mendings
from tasks.annotate.styles import FILLS
from tasks.annotate.text import CELL_CHARACTERS, clean, xml_text
from tasks.faults import Unreadable
from tasks.findings import MASK, finding

VERDICT = "Tệp bị trả lại: có lỗi nghiêm trọng."
CRITICAL, WARNING = FILLS["critical"], FILLS["warning"]
ECHOED = ['=cmd|"/c calc"!A0', "=1+1", "+1", "@x", "-1+2", "'a", "\ta", "_x0041_", "a\x01\x0bb", '<&">']


def a_finding(rule: str, sheet: str | None, cell: str | None = None, value: str | None = None, **more: Any) -> Any:
    """A finding by hand; a message that knows its value and label."""
    facts = {"value": value or "(trống)", "label": "Số", "expected": more.get("expected") or "", "sheet": sheet or ""}
    row = int(re.sub(r"\D", "", cell)) if cell else None
    return finding("s", rule, facts, sheet=sheet, cell=cell, row=row, value=value, **more)


def returned(content: bytes, findings: list[Any], kind: str = "xlsx", **counts: int) -> bytes:
    exact = {rule: sum(one["rule"] == rule for one in findings) for rule in {one["rule"] for one in findings}}
    return annotate(content, kind, findings, exact | counts, VERDICT)


def opened(content: bytes, **options: bool) -> Any:
    return load_workbook(io.BytesIO(content), **options)


def a_book(edit: Callable[[Any], object] | None = None, title: str = "Hộ") -> bytes:
    book = Workbook()
    sheet = book.active
    sheet.title = title
    sheet["C5"], sheet["D5"], sheet["D6"] = "Nguyễn Văn A", 12, "096123456789"
    if edit:
        edit(book)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def texts(sheet: Any) -> list[list[str]]:
    return [["" if value is None else str(value) for value in row] for row in sheet.iter_rows(values_only=True)]


def rows_of(sheet: Any, rule: str) -> list[list[str]]:
    return [row for row in texts(sheet) if row[0] == rule]


def assert_well_formed(content: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.namelist()
        assert len(names) == len(set(names))
        for name in names:
            if name.endswith((".xml", ".rels", ".vml")):
                parseString(archive.read(name))


def assert_links_resolve(book: Any) -> int:
    """Every link of the first sheet leads to a cell of a sheet that is there; returns how many there are."""
    sheet = book.worksheets[0]
    links = [cell.hyperlink for row in sheet.iter_rows() for cell in row if cell.hyperlink]
    for link in links:
        name, _, cell = link.location.rpartition("!")
        assert name.startswith("'")
        assert name.endswith("'")
        assert book[name[1:-1].replace("''", "'")][cell] is not None
    return len(links)


class TestMendings:
    def test_every_rule_of_the_catalogue_says_what_it_means_and_how_to_mend_it(self) -> None:
        assert list(mendings()) == list(rules())
        for code, words in mendings().items():
            assert words.meaning, code
            assert words.mending.endswith("."), code
            assert words.mending[0].isupper(), code


class TestText:
    def test_what_xml_cannot_hold_is_replaced(self) -> None:
        assert clean("a\x00\x1f\ud800\uffffb\tc\nd") == "a\ufffd\ufffd\ufffd\ufffdb\tc\nd"

    def test_is_cut_at_what_a_cell_holds(self) -> None:
        assert clean("a" * CELL_CHARACTERS) == "a" * CELL_CHARACTERS
        assert clean("a" * 40_000) == "a" * (CELL_CHARACTERS - 1) + "…"
        assert len(clean("𠀀" * 40_000).encode("utf-16-le")) <= 2 * CELL_CHARACTERS

    def test_what_looks_like_an_escape_stays_as_it_is(self) -> None:
        assert xml_text("_x0041_<") == "_x005F_x0041_&lt;"


class TestCells:
    def test_are_filled_by_their_worst_finding_and_carry_one_comment_with_all(self) -> None:
        findings = [
            a_finding("H07", "Hộ", "D5", "12", expected="không quá 15"),
            a_finding("H06", "Hộ", "D5", "12", expected="1–30"),
            a_finding("H14", "Hộ", "D6", MASK),
            a_finding("F11", "Hộ", "C5", "lạ"),
        ]
        sheet = opened(returned(a_book(), findings))["Hộ"]
        assert [sheet[cell].fill.fgColor.rgb for cell in ("D5", "D6", "C5")] == [CRITICAL, WARNING, "00000000"]
        assert sheet["D5"].comment.text.splitlines() == [
            MARK,
            "H06 (nghiêm trọng)",
            "Số nhân khẩu 12 ngoài khoảng 1–30",
            "Cần có: 1–30",
            "H07 (cảnh báo)",
            "Số nhân khẩu 12 lớn bất thường",
            "Cần có: không quá 15",
        ]
        assert sheet["D5"].comment.author == AUTHOR
        assert "lạ" in sheet["C5"].comment.text

    def test_show_the_value_that_the_file_has_and_not_the_mask(self) -> None:
        findings = [a_finding("H14", "Hộ", "D6", MASK), a_finding("H16", "Hộ", "D5", MASK)]
        book = opened(returned(a_book(), findings))
        assert "096123456789 không đúng" in book["Hộ"]["D6"].comment.text
        [_, line] = rows_of(book.worksheets[0], "H14")
        assert line[3:5] == ["D6", "096123456789"]
        assert rows_of(book.worksheets[0], "H16")[1][4] == "12"
        assert MASK not in str(texts(book.worksheets[0]))

    def test_that_are_not_in_the_file_are_put_in_with_the_style_of_their_row_or_column(self) -> None:
        def edit(book: Any) -> None:
            book.active.column_dimensions["F"].number_format = "@"

        places = ["A1", "B5", "Z5", "F7", "D900", "AA6", "F5"]
        sheet = opened(returned(a_book(edit), [a_finding("H04", "Hộ", cell) for cell in places]))["Hộ"]
        for place in places:
            assert sheet[place].fill.fgColor.rgb == CRITICAL, place
            assert "Thiếu Số" in sheet[place].comment.text
        assert sheet["F7"].number_format == "@"
        assert [sheet[cell].value for cell in ("C5", "D5", "D6")] == ["Nguyễn Văn A", 12, "096123456789"]

    def test_that_are_merged_are_marked_where_they_show(self) -> None:
        content = a_book(lambda book: book.active.merge_cells("D5:E8"))
        sheet = opened(returned(content, [a_finding("H04", "Hộ", "E7")]))["Hộ"]
        assert sheet["D5"].comment is not None
        assert sheet["D5"].fill.fgColor.rgb == CRITICAL

    def test_of_a_sheet_that_is_not_there_are_only_listed(self) -> None:
        book = opened(returned(a_book(), [a_finding("F02", "Xã"), a_finding("F03", "Xã", "B2")]))
        assert book.sheetnames == ["Lỗi", "Hộ"]
        assert rows_of(book.worksheets[0], "F02")[1][2] == "Xã"
        assert assert_links_resolve(book) == 0

    def test_with_many_findings_have_a_comment_of_limited_length(self) -> None:
        findings = [a_finding("H05", "Hộ", "D5", "x" * 5000) for _ in range(30)]
        comment = opened(returned(a_book(), findings))["Hộ"]["D5"].comment.text
        assert len(comment) < 5000
        assert "… và 22 lỗi khác" in comment


class TestListing:
    def test_says_the_verdict_then_the_causes_then_the_findings(self) -> None:
        findings = [
            a_finding("H07", "Hộ", "D5", "12"),
            a_finding("X01", "Hộ", None, "32041-0015"),
            *[a_finding("H04", "Hộ", f"D{row}") for row in range(5, 10)],
        ]
        book = opened(returned(a_book(), findings))
        sheet = book.worksheets[0]
        assert sheet.title == "Lỗi"
        assert book.active is sheet
        rows = texts(sheet)
        assert rows[1][0] == VERDICT
        assert rows[2][0] == "Có 7 lỗi thuộc 3 loại: 6 nghiêm trọng, 1 cảnh báo."
        assert [row[0] for row in rows[6:9]] == ["H04", "X01", "H07"]
        assert rows[6][1:6] == ["nghiêm trọng", "5 lỗi", "Hộ!D5", "Hộ!D6", "Hộ!D7"]
        assert rows[6][6:] == [mendings()["H04"].meaning, mendings()["H04"].mending]
        assert rows[7][3] == "32041-0015"
        assert [row[3] for row in rows[10:]] == ["D5", "D6", "D7", "D8", "D9", "", "D5"]
        assert assert_links_resolve(book) == 3 + 1 + 6

    def test_that_is_cut_says_so_with_the_true_total(self) -> None:
        findings = [a_finding("H04", "Hộ", f"D{row}") for row in range(1, 1001)]
        content = str(texts(opened(returned(a_book(), findings, H04=12_345)).worksheets[0]))
        assert "H04: liệt kê 1.000 trong số 12.345 lỗi." in content
        assert "12.345 lỗi" in content
        assert "trong số" not in str(texts(opened(returned(a_book(), findings)).worksheets[0]))

    def test_counts_what_is_listed_where_no_count_is_given(self) -> None:
        content = str(texts(opened(annotate(a_book(), "xlsx", [a_finding("F07", None)], {}, VERDICT)).worksheets[0]))
        assert "Có 1 lỗi thuộc 1 loại: 1 thông tin." in content

    def test_of_nothing_says_so(self) -> None:
        book = opened(annotate(a_book(), "xlsx", [], {}, "Tệp được chấp nhận."))
        assert texts(book.worksheets[0])[2][0] == "Không có lỗi nào."

    def test_says_what_was_waived(self) -> None:
        book = opened(returned(a_book(), [a_finding("H09", "Hộ", "D5", "x", waived=True)]))
        assert rows_of(book.worksheets[0], "H09")[1][1] == "cảnh báo (đã được miễn)"
        assert "đã được miễn" in book["Hộ"]["D5"].comment.text

    def test_takes_a_free_name(self) -> None:
        content = a_book(lambda book: (book.create_sheet("LỖI"), book.create_sheet("Lỗi (2)")))
        assert opened(returned(content, [])).sheetnames == ["Lỗi (3)", "Hộ", "LỖI", "Lỗi (2)"]

    @pytest.mark.parametrize("title", ["Hộ của ông 'A' 2", "Hộ (2) & <x>", "a b!c", "a''b"])
    def test_links_to_sheets_whatever_their_name(self, title: str) -> None:
        book = opened(returned(a_book(title=title), [a_finding("H05", title, "D5", "12")]))
        assert book.sheetnames == ["Lỗi", title]
        assert assert_links_resolve(book) == 2
        assert book[title]["D5"].comment is not None

    def test_is_set_up_for_a4_landscape_with_its_header_in_sight(self) -> None:
        sheet = opened(returned(a_book(), [a_finding("H04", "Hộ", "D5")])).worksheets[0]
        assert (sheet.page_setup.orientation, sheet.page_setup.paperSize, sheet.page_setup.fitToHeight) == (
            "landscape",
            9,
            0,
        )
        assert sheet.freeze_panes == "A6"
        assert sheet["A5"].value == "Mã lỗi"
        assert sheet.print_title_rows == "$5:$5"
        assert sheet["H7"].alignment.wrap_text


class TestEchoedValues:
    def test_stay_text(self) -> None:
        findings = [a_finding("H17", "Hộ", f"D{row}", value, expected=value) for row, value in enumerate(ECHOED, 5)]
        sheet = opened(returned(a_book(), findings)).worksheets[0]
        shown = [[row[4], row[5]] for row in sheet.iter_rows() if row[0].value == "H17"][1:]
        for value, cells in zip(ECHOED, shown, strict=True):
            for cell in cells:
                assert cell.data_type == "s"
                assert cell.quotePrefix
                assert str(cell.value).replace("_x005F_", "_") == clean(value)

    def test_are_literal_in_libreoffice(self, office: Office) -> None:
        findings = [a_finding("H17", "Hộ", f"D{row}", value) for row, value in enumerate(ECHOED, 5)]
        (saved,) = office.save_as([returned(a_book(), findings)], "csv:Text - txt - csv (StarCalc):44,34,76")
        rows = csv.reader(io.StringIO(saved.decode(), newline=""))
        shown = [row[4] for row in rows if row and row[0] == "H17"][1:]
        assert shown == [clean(value) for value in ECHOED]


class TestSendersFile:
    def test_keeps_what_its_program_put_in(self) -> None:
        content = a_rich_book()
        findings = [a_finding("H05", "Hộ", "D5", "7"), a_finding("H04", "Hộ", "E9"), a_finding("H04", "Hộ", "AA90")]
        out = returned(content, findings)
        assert_well_formed(out)
        before, after = zipfile.ZipFile(io.BytesIO(content)), zipfile.ZipFile(io.BytesIO(out))
        changed = {name for name in before.namelist() if before.read(name) != after.read(name)}
        assert changed <= {
            "[Content_Types].xml",
            "xl/_rels/workbook.xml.rels",
            "xl/workbook.xml",
            "xl/styles.xml",
            "xl/comments1.xml",
            "xl/drawings/vmlDrawing1.vml",
            "xl/worksheets/sheet1.xml",
        }
        # Apart from the marked cells the sheet's XML is the sender's to the letter.
        sheets_xml = [one.read("xl/worksheets/sheet1.xml").decode() for one in (before, after)]
        marks = (r' s="\d+"| tabSelected="1"', r'<c r="(E9|AA90)"/>', r'<row r="\d+"></row>')
        for mark in marks:
            sheets_xml = [re.sub(mark, "", xml) for xml in sheets_xml]
        assert sheets_xml[0] == sheets_xml[1]

    def test_keeps_styles_widths_formulas_and_validations_as_openpyxl_sees_them(self) -> None:
        content = a_rich_book()
        out = returned(content, [a_finding("H05", "Hộ", "D5", "7"), a_finding("H04", "Hộ", "E9")])
        before, after = opened(content)["Hộ"], opened(out)["Hộ"]
        assert after["D5"].fill.fgColor.rgb == CRITICAL
        assert after["D5"].number_format == before["D5"].number_format == "#,##0"
        assert after["D5"].border.left.style == "thin"
        assert after["E5"].value == "=D5*2"
        assert load_workbook(io.BytesIO(out), data_only=True)["Hộ"]["E5"].value == 14
        assert after.column_dimensions["C"].width == before.column_dimensions["C"].width > 30
        assert str(after.merged_cells) == str(before.merged_cells)
        assert after.freeze_panes == before.freeze_panes
        assert [one.formula1 for one in after.data_validations.dataValidation] == ["'Danh mục ẩn'!$A$1:$A$2"]
        assert opened(out)["Danh mục ẩn"].sheet_state == "hidden"
        assert after.print_title_rows == before.print_title_rows == "$3:$3"
        assert list(after.tables) == list(before.tables)

    def test_keeps_its_comments(self) -> None:
        sheet = opened(returned(a_rich_book(), [a_finding("H05", "Hộ", "D5", "7")]))["Hộ"]
        assert sheet["D5"].comment.text.startswith(f"Ghi chú của người gửi\n\n{MARK}\nH05")
        assert sheet["D5"].comment.author == "Lan"
        assert sheet["D6"].comment.text == "khác"

    def test_with_sheets_of_every_shape(self) -> None:
        """Rows and cells without addresses, prefixed tags, an empty sheet: all allowed, all seen."""
        main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
        plain = "<worksheet xmlns='%s'><sheetData>%s</sheetData></worksheet>"
        cell = '<c s="0"><v>%d</v></c>'
        for data in (
            plain % (main, "<row>" + cell % 1 + cell % 2 + "</row><row/><row r='5' spans='1:1'>" + cell % 3 + "</row>"),
            f'<x:worksheet xmlns:x="{main}"><x:sheetData><x:row r="1"><x:c r="A1"><x:v>1</x:v></x:c>'
            "</x:row></x:sheetData></x:worksheet>",
            f'<worksheet xmlns="{main}"><sheetData/><pageMargins left="1" right="1" top="1" bottom="1" header="1" '
            'footer="1"/></worksheet>',
        ):
            content = with_part(a_book(), "xl/worksheets/sheet1.xml", data.encode())
            places = ["B1", "A2", "C2", "A5", "B5", "A7"]
            out = returned(content, [a_finding("H04", "Hộ", place) for place in places])
            assert_well_formed(out)
            sheet = opened(out)["Hộ"]
            for place in places:
                assert sheet[place].fill.fgColor.rgb == CRITICAL, (place, data)

    def test_with_a_doctype_is_never_parsed_for_its_entities(self) -> None:
        with zipfile.ZipFile(io.BytesIO(a_book())) as archive:
            styles = archive.read("xl/styles.xml")
        bomb = b" " * 5000 + b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>' + styles
        with pytest.raises(Unreadable, match="DTD"):
            returned(with_part(a_book(), "xl/styles.xml", bomb), [a_finding("H05", "Hộ", "D5", "12")])

    def test_that_is_built_in_an_unknown_way_is_written_anew(self) -> None:
        strange = with_part(a_book(), "xl/worksheets/sheet1.xml", None)
        book = opened(returned(strange, [a_finding("H14", "Hộ", "D6", MASK)]))
        assert book["Hộ"]["D6"].value == "096123456789"
        assert book["Hộ"]["D6"].fill.fgColor.rgb == WARNING
        assert "Không ghi thẳng vào tệp gốc được" in str(texts(book.worksheets[0]))

    def test_gives_the_same_bytes_again(self) -> None:
        for kind, content in (("xlsx", a_rich_book()), ("zip", a_zip())):
            findings = [a_finding("H05", "Hộ", "B2", "7")]
            assert returned(content, findings, kind) == returned(content, findings, kind)

    def test_of_a_kind_that_is_not_known_is_refused(self) -> None:
        with pytest.raises(ValueError, match="pdf"):
            annotate(b"%PDF", "pdf", [], {}, VERDICT)


@pytest.fixture(scope="module")
def monthly(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("annotate") / "thang.xlsx"
    write_workbook(path, a_month())
    return path.read_bytes()


class TestOtherKinds:
    @pytest.mark.parametrize("kind", ["xls", "ods"])
    def test_come_back_as_xlsx_with_their_values_in_place(self, monthly: bytes, kind: str, office: Office) -> None:
        (content,) = office.save_as([monthly], kind)
        findings = [a_finding("H16", "Hộ", "G4", MASK), a_finding("H06", "Hộ", "K4", "0")]
        out = returned(content, findings, kind)
        assert_well_formed(out)
        theirs = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        ours = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(out))
        assert ours.sheet_names == ["Lỗi", *theirs.sheet_names]
        for name in theirs.sheet_names:
            before = theirs.get_sheet_by_name(name).to_python(skip_empty_area=False)
            after = ours.get_sheet_by_name(name).to_python(skip_empty_area=False)
            assert [row[: len(before[0])] for row in after[: len(before)]] == before
        book = opened(out)
        assert book["Hộ"]["K4"].fill.fgColor.rgb == CRITICAL
        assert book["Hộ"]["K4"].data_type == "n"
        assert str(book["Hộ"]["G4"].value) in book["Hộ"]["G4"].comment.text
        assert f".{kind}" in str(texts(book.worksheets[0])[3])
        assert assert_links_resolve(book) == 4

    def test_a_zip_becomes_a_sheet_for_each_csv(self) -> None:
        findings = [
            a_finding("H05", "Hộ", "B2", "=1+1"),
            a_finding("H05", "household.csv", "A3", "x"),
            a_finding("C01", "commune", "A2", "y"),
        ]
        book = opened(returned(a_zip(), findings, "zip"))
        assert book.sheetnames == ["Lỗi", "Hộ", "Xã"]
        assert book["Hộ"]["B2"].value == "=1+1"
        assert book["Hộ"]["B2"].data_type == "s"
        assert book["Hộ"]["A2"].value == "09612"
        assert book["Hộ"]["A5"].value == "sau dòng trống"
        assert [book["Hộ"]["B2"].fill.fgColor.rgb, book["Hộ"]["A3"].fill.fgColor.rgb] == [CRITICAL] * 2
        assert book["Xã"]["A2"].comment is not None
        assert book["Xã"]["B2"].value == "Tân Lộc"

    def test_sheet_names_that_xlsx_does_not_allow_are_replaced(self) -> None:
        long = "Danh sách hộ nghèo và hộ cận nghèo của huyện"
        row = "<table:table-row><table:table-cell><text:p>1</text:p></table:table-cell></table:table-row>"
        tables = [
            f'<table:table table:name="{name}">{row}</table:table>' for name in (f"{long} 1", f"{long} 2", "a[b]")
        ]
        mimetype = "application/vnd.oasis.opendocument.spreadsheet"
        parts = {"mimetype": mimetype, "META-INF/manifest.xml": "<x/>", "content.xml": f"<x>{''.join(tables)}</x>"}
        content = zipped(parts)
        book = opened(returned(content, [a_finding("H05", f"{long} 2", "A1", "1")], "ods"))
        assert all(len(name) <= 31 for name in book.sheetnames)
        assert "a_b_" in book.sheetnames
        assert book.worksheets[2]["A1"].fill.fgColor.rgb == CRITICAL

    def test_dates_and_other_types_stay_what_they_are(self) -> None:
        values = [dt.date(2020, 3, 31), dt.datetime(2020, 3, 31, 13, 30), dt.time(13, 30), True, 1.25, 10**12, "0012"]

        def edit(book: Any) -> None:
            for column, value in enumerate(values, start=1):
                book.active.cell(7, column, value)

        strange = with_part(a_book(edit), "xl/worksheets/sheet1.xml", None)
        out = returned(strange, [])
        assert "Không ghi thẳng" in str(texts(opened(out).worksheets[0]))
        before, after = (
            python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(one))
            .get_sheet_by_name("Hộ")
            .to_python(skip_empty_area=False)
            for one in (strange, out)
        )
        assert after == before
        assert after[6][0] == values[0]


class TestSampleFaults:
    def test_are_marked_where_the_sample_says(self, tmp_path: Path) -> None:
        cases = write_faults(tmp_path, ["F09", "H12"])
        for case in cases:
            content = case.path.read_bytes()
            out = returned(content, [a_finding(case.rule, case.sheet, case.cell, "1")])
            assert_well_formed(out)
            before, after = opened(content), opened(out)
            assert after.sheetnames == ["Lỗi", *before.sheetnames]
            changed = {
                (sheet.title, cell.coordinate)
                for sheet in before.worksheets
                for row in sheet.iter_rows()
                for cell in row
                if look(cell) != look(after[sheet.title][cell.coordinate])
            }
            assert changed == {(case.sheet, case.cell)}
            marked, was = after[case.sheet][case.cell], before[case.sheet][case.cell]
            assert look(marked)[:-1] == look(was)[:-1]
            assert marked.fill.fgColor.rgb == FILLS[rules()[case.rule].severity]
            assert marked.comment is not None


def look(cell: Any) -> tuple[Any, ...]:
    """What a cell holds and how it looks, its fill last."""
    return cell.value, cell.number_format, cell.font.b, cell.border.left.style, cell.fill.fgColor.rgb


class TestLibreOffice:
    def test_shows_our_notes_after_those_of_the_sender(self, office: Office) -> None:
        findings = [a_finding("H05", "Hộ", "D5", "7"), a_finding("H14", "Hộ", "A8", MASK)]
        (saved,) = office.save_as([returned(a_rich_book(), findings)], "ods")
        with zipfile.ZipFile(io.BytesIO(saved)) as archive:
            content = archive.read("content.xml").decode()
        assert content.count("<office:annotation ") == 3
        assert "Ghi chú của người gửi" in content
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(saved))
        assert book.sheet_names == ["Lỗi", "Hộ", "Danh mục ẩn"]


def test_a_large_listing_is_cut_and_every_listed_cell_is_marked() -> None:
    """Ten rules broken on each of 40,000 rows, 1,000 of each listed."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("Hộ")
        for row in range(2000):
            for column in range(12):
                sheet.write_number(row, column, row * column % 977)
    broken = ["H04", "H05", "H06", "H08", "H10", "H11", "H12", "H13", "H17", "H19"]
    findings = [
        a_finding(rule, "Hộ", f"{column_letter(column)}{row + 1}", "1")
        for column, rule in enumerate(broken)
        for row in range(1000)
    ]
    out = annotate(buffer.getvalue(), "xlsx", findings, dict.fromkeys(broken, 40_000), VERDICT)
    with zipfile.ZipFile(io.BytesIO(out)) as archive:
        assert archive.read("xl/comments1.xml").count(b"<comment ") == 10_000
        listing = archive.read("xl/worksheets/sheet2.xml").decode()
    assert listing.count("liệt kê 1.000 trong số 40.000 lỗi.") == 10
    assert listing.count("<hyperlink ") == 10_030


def with_part(content: bytes, part: str, new: bytes | None) -> bytes:
    """The workbook with one part replaced, or with a comment in it that makes it unfamiliar."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(buffer, "w") as out:
        for name in archive.namelist():
            old = archive.read(name)
            strange = old.replace(b"<sheetData>", b"<!-- --><sheetData>")
            out.writestr(name, old if name != part else strange if new is None else new)
    return buffer.getvalue()


def zipped(files: Mapping[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return buffer.getvalue()


def a_zip() -> bytes:
    household = '\ufeffMã xã,Số\n09612,=1+1\nx,"hai\ndòng"\n\nsau dòng trống,5\n'
    return zipped({"household.csv": household, "so/commune.csv": "Mã xã\tTên\n1\tTân Lộc\n", "__MACOSX/a.csv": "x"})


def a_picture() -> io.BytesIO:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 2, 2, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0" + b"\xff\0\0" * 2 + b"\0" + b"\0\xff\0" * 2)
    return io.BytesIO(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b""))


def a_rich_book() -> bytes:
    """A workbook with everything that a careless copy loses."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        sheet = book.add_worksheet("Hộ")
        lists = book.add_worksheet("Danh mục ẩn")
        lists.hide()
        lists.write_column(0, 0, ["a", "b"])
        sheet.set_column(2, 4, 33)
        sheet.freeze_panes(3, 1)
        sheet.merge_range("A1:C1", "Tiêu đề", book.add_format({"bold": True}))
        sheet.write("D5", 7, book.add_format({"num_format": "#,##0", "border": 1}))
        sheet.write_formula("E5", "=D5*2", None, 14)
        sheet.write_comment("D5", "Ghi chú của người gửi", {"author": "Lan"})
        sheet.write_comment("D6", "khác")
        sheet.write("A8", "096123456789")
        sheet.write_rich_string("A6", "thường ", book.add_format({"bold": True}), "đậm")
        sheet.insert_image("H2", "a.png", {"image_data": a_picture()})
        sheet.insert_textbox("H8", "hộp chữ")
        chart = book.add_chart({"type": "column"})
        chart.add_series({"values": "='Hộ'!$D$5:$D$6"})
        sheet.insert_chart("H12", chart)
        sheet.conditional_format("D5:D9", {"type": "data_bar", "data_bar_2010": True})
        sheet.data_validation("E6:E9", {"validate": "list", "source": "='Danh mục ẩn'!$A$1:$A$2"})
        sheet.set_header("&C&G", {"image_center": "a.png", "image_data_center": a_picture()})
        sheet.add_table("A20:B23", {"columns": [{"header": "p"}, {"header": "q"}]})
        sheet.autofilter("D4:E9")
        sheet.add_sparkline("G5", {"range": "'Hộ'!D5:E5"})
        sheet.repeat_rows(2)
    return buffer.getvalue()
