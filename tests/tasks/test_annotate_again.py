"""A returned workbook that is mended and sent again: read as if it had no marks, and marked anew."""

import io
import re
import zipfile
from typing import Any

import pytest
from office import Office
from openpyxl import load_workbook
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill
from small_district import a_month
from test_annotate import (
    CRITICAL,
    WARNING,
    a_book,
    a_finding,
    a_rich_book,
    assert_links_resolve,
    assert_well_formed,
    opened,
    returned,
    rows_of,
    texts,
)

from forms.workbook import write_workbook
from tasks.annotate.comments import MARK
from tasks.read import ReadWorkbook, read_workbook

YELLOW = "FFFFFF00"


def coloured(book: Any) -> None:
    """A cell and a title that the sender has coloured, a comment, and names that belong to sheets."""
    sheet = book.active
    sheet["D5"].fill = PatternFill("solid", fgColor=YELLOW)
    sheet["D6"].comment = Comment("Xem lại với xã", "Lan")
    other = book.create_sheet("Xã")
    other.print_title_rows = "2:2"


def by_openpyxl(content: bytes) -> bytes:
    buffer = io.BytesIO()
    opened(content).save(buffer)
    return buffer.getvalue()


def marks(sheet: Any) -> dict[str, tuple[str | None, str | None]]:
    """The fill and the comment of every cell that has one of them."""
    found = {}
    for row in sheet.iter_rows():
        for cell in row:
            fill = cell.fill.fgColor.rgb if cell.fill.fill_type == "solid" else None
            if fill or cell.comment:
                found[cell.coordinate] = (fill, cell.comment.text if cell.comment else None)
    return found


class TestMarkedAnew:
    FIRST = ("D5", "D6", "E9", "C5")

    @pytest.fixture
    def once(self) -> bytes:
        first = [a_finding("H05", "Hộ", "D5", "7"), a_finding("H14", "Hộ", "D6", "1")]
        return returned(a_book(coloured), [*first, a_finding("H04", "Hộ", "E9"), a_finding("F11", "Hộ", "C5", "lạ")])

    def test_has_the_new_marks_instead_of_the_old_ones(self, once: bytes) -> None:
        out = returned(once, [a_finding("H06", "Hộ", "D6", "99"), a_finding("H07", "Hộ", "A1", "16")])
        assert_well_formed(out)
        book = opened(out)
        assert book.sheetnames == ["Lỗi", "Hộ", "Xã"]
        found = marks(book["Hộ"])
        assert {cell: fill for cell, (fill, _) in found.items()} == {"A1": WARNING, "D5": YELLOW, "D6": CRITICAL}
        assert found["D5"][1] is None
        assert found["D6"][1] is not None
        assert found["D6"][1].startswith(f"Xem lại với xã\n\n{MARK}\nH06 (nghiêm trọng)\n")
        assert found["D6"][1].count(MARK) == 1
        assert book["Hộ"]["D6"].comment.author == "Lan"
        assert book["Xã"].print_title_rows == "$2:$2"
        assert [row[0] for row in texts(book["Lỗi"])[6:8]] == ["H06", "H07"]
        assert assert_links_resolve(book) == 4

    def test_without_findings_is_as_the_sender_has_it(self, once: bytes) -> None:
        plain, out = opened(a_book(coloured)), opened(returned(once, []))
        for sheet in plain.worksheets:
            assert marks(out[sheet.title]) == marks(sheet)
            assert [row[: sheet.max_column] for row in texts(out[sheet.title])[: sheet.max_row]] == texts(sheet)

    def test_leaves_no_boxes_sheets_styles_or_names_behind(self, once: bytes) -> None:
        findings = [a_finding("H06", "Hộ", "D6", "99")]
        second = returned(once, findings)
        third = returned(second, findings)
        assert third == returned(third, findings)
        sizes = []
        for content in (second, third):
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                xml = {name: archive.read(name).decode() for name in archive.namelist()}
            boxes = [len(re.findall(r"<(?:\w+:)?shape ", text)) for name, text in xml.items() if name.endswith(".vml")]
            counts = re.findall(r'<(fonts|fills|borders|cellXfs) count="(\d+)"', xml["xl/styles.xml"])
            assert xml["xl/workbook.xml"].count("<definedName ") == 3
            sizes.append((sorted(xml), boxes, counts))
        assert sizes[0] == sizes[1]
        assert sum(sizes[0][1]) == 1

    def test_after_another_program_saved_it(self, once: bytes, office: Office) -> None:
        saved = {"LibreOffice": office.save_as([once], "xlsx")[0], "openpyxl": by_openpyxl(once)}
        for program, content in saved.items():
            out = returned(content, [a_finding("H06", "Hộ", "D6", "99")])
            assert_well_formed(out)
            book = opened(out)
            assert book.sheetnames == ["Lỗi", "Hộ", "Xã"], program
            found = marks(book["Hộ"])
            assert found["D6"][0] == CRITICAL, program
            assert found["D6"][1] is not None
            assert found["D6"][1].count(MARK) == 1
            # LibreOffice does not keep what we note of the sender's colour.
            assert found.get("D5", (None, None)) == ((YELLOW, None) if program == "openpyxl" else (None, None))
            assert set(found) <= {"D5", "D6"}, program

    def test_keeps_a_picture_and_all_else_of_the_sender(self) -> None:
        content = a_rich_book()
        once = returned(content, [a_finding("H05", "Hộ", "D5", "7"), a_finding("H04", "Hộ", "A8")])
        twice = returned(once, [])
        with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(io.BytesIO(twice)) as after:
            for name in before.namelist():
                if name.startswith(("xl/media/", "xl/charts/", "xl/tables/", "xl/drawings/drawing")):
                    assert after.read(name) == before.read(name), name
        sheet = opened(twice)["Hộ"]
        assert sheet["D5"].comment.text == "Ghi chú của người gửi"
        assert sheet["D6"].comment.text == "khác"
        assert sheet["D5"].number_format == "#,##0"
        assert sheet["A8"].comment is None

    def test_a_sheet_of_the_sender_that_is_called_the_same_stays(self) -> None:
        content = a_book(lambda book: book.create_sheet("Lỗi"))
        assert opened(returned(returned(content, []), [])).sheetnames == ["Lỗi (2)", "Hộ", "Lỗi"]

    def test_a_sheet_of_findings_that_was_moved_to_the_end_is_replaced(self, once: bytes) -> None:
        book = opened(once)
        book.move_sheet("Lỗi", offset=2)
        buffer = io.BytesIO()
        book.save(buffer)
        again = opened(returned(buffer.getvalue(), []))
        assert again.sheetnames == ["Lỗi", "Hộ", "Xã"]
        assert again["Xã"].print_title_rows == "$2:$2"


@pytest.fixture(scope="module")
def monthly(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("again") / "thang.xlsx"
    write_workbook(path, a_month())
    return path.read_bytes()


def everything(workbook: ReadWorkbook) -> tuple[object, ...]:
    tables = {key: table.rows.rows() for key, table in workbook.tables.items()}
    return workbook.cover, tables, workbook.ignored, workbook.errors, workbook.hidden, workbook.converted


class TestReadAgain:
    @pytest.fixture(scope="class")
    def sent_again(self, monthly: bytes) -> bytes:
        # What the file said in TCVN3 stands on the sheet of findings, too.
        legacy = [a_finding("H17", "Hộ", f"J{row}", "Hé nghÌo huyÖn TrÇn V¨n Thêi") for row in range(4, 15)]
        return returned(monthly, [*legacy, a_finding("H05", "Xã", "C4", "x"), a_finding("F02", "Lạ")])

    def test_is_read_as_it_was(self, monthly: bytes, sent_again: bytes) -> None:
        assert everything(read_workbook(sent_again, "a.xlsx")) == everything(read_workbook(monthly, "a.xlsx"))

    @pytest.mark.parametrize("state", ["hidden", "veryHidden"])
    def test_a_hidden_sheet_of_findings_is_not_hidden_data(self, sent_again: bytes, state: str) -> None:
        book = load_workbook(io.BytesIO(sent_again))
        book["Lỗi"].sheet_state = state
        buffer = io.BytesIO()
        book.save(buffer)
        found = read_workbook(buffer.getvalue(), "a.xlsx")
        assert found.hidden == found.ignored == []

    def test_whatever_it_was_saved_as(self, monthly: bytes, sent_again: bytes, office: Office) -> None:
        expected = everything(read_workbook(monthly, "a.xlsx"))
        for kind in ("xls", "ods"):
            content = office.save_as([sent_again], kind)[0]
            assert everything(read_workbook(content, f"a.{kind}")) == expected, kind
            book = opened(returned(content, [a_finding("H06", "Hộ", "K4", "99")], kind))
            assert book.sheetnames == ["Lỗi", "Bìa", "Hộ", "Xã", "Diễn biến", "Chính sách"]
            assert len(rows_of(book["Lỗi"], "H06")) == 2
            assert rows_of(book["Lỗi"], "H17") == []

    def test_another_sheet_of_that_name_is_named(self, monthly: bytes) -> None:
        book = load_workbook(io.BytesIO(monthly))
        book.create_sheet("Lỗi")["A1"] = "Sổ tay"
        buffer = io.BytesIO()
        book.save(buffer)
        assert [one.value for one in read_workbook(buffer.getvalue(), "a.xlsx").ignored] == ["Lỗi"]
