"""Workbooks as different programs write them: each is marked in place, read as before, and opens in LibreOffice."""

import io
import re
import zipfile
from typing import Any

import pytest
from dressed_months import Dressed, Formula, as_xlsx, plain_month
from office import Office
from openpyxl import Workbook
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import PatternFill
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from small_district import DISTRICT, a_month
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
    texts,
    zipped,
)
from test_annotate_again import everything
from test_read_formats import as_windows_types

from forms.workbook import write_template, write_workbook
from plan.reference import communes, table
from tasks.annotate.comments import MARK
from tasks.findings import MASK
from tasks.read import read_workbook

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml."
IN_PLACE = "Không ghi thẳng vào tệp gốc được"


def by_hand(prefix: str, target: str, comment: bool = False) -> bytes:
    """A workbook with every tag under a prefix, parts named from `target` on, and text within the cells."""
    x = f"{prefix}:" if prefix else ""
    space = f"xmlns{':' if prefix else ''}{prefix}='{MAIN}'"

    def cell(place: str, text: str) -> str:
        return f'<{x}c r="{place}" t="inlineStr"><{x}is><{x}t>{text}</{x}t></{x}is></{x}c>'

    rows = f'<{x}row r="4">{cell("C4", "Họ và tên")}{cell("D4", "Số")}</{x}row>'
    rows += f'<{x}row r="5" spans="3:4">{cell("C5", "Nguyễn Văn A")}<{x}c r="D5" s="1"><{x}v>12</{x}v></{x}c></{x}row>'
    boxes = '<x:legacyDrawing r:id="rId2"/>'.replace("x:", x) if comment else ""
    sheet = (
        f"<{x}worksheet {space} xmlns:r='{OFFICE}'><{x}cols><{x}col min='3' max='3' width='30' style='1'/></{x}cols>"
        f"<{x}sheetData>{rows}</{x}sheetData><{x}mergeCells count='1'><{x}mergeCell ref='A1:D2'/></{x}mergeCells>"
        f"<{x}pageMargins left='1' right='1' top='1' bottom='1' header='1' footer='1'/>{boxes}</{x}worksheet>"
    )
    fill = f'<{x}fill><{x}patternFill patternType="none"/></{x}fill>'
    xf = f'<{x}xf numFmtId="%d" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    styles = (
        f"<{x}styleSheet {space}><{x}fonts count='1'><{x}font><{x}sz val='11'/></{x}font></{x}fonts>"
        f"<{x}fills count='2'>{fill * 2}</{x}fills><{x}borders count='1'><{x}border/></{x}borders>"
        f"<{x}cellXfs count='2'>{xf % 0}{xf % 3}</{x}cellXfs></{x}styleSheet>"
    )
    workbook = (
        f"<{x}workbook {space} xmlns:r='{OFFICE}'><{x}sheets><{x}sheet name='Hộ' sheetId='7' r:id='rIdA'/></{x}sheets>"
        f"<{x}definedNames><{x}definedName name='DanhSach'>'Hộ'!$C$4:$D$5</{x}definedName></{x}definedNames>"
        f"</{x}workbook>"
    )
    comments = (
        f"<{x}comments {space}><{x}authors><{x}author>Lan</{x}author></{x}authors><{x}commentList>"
        f'<{x}comment ref="D5" authorId="0"><{x}text><{x}t>Xem lại</{x}t></{x}text></{x}comment>'
        f"</{x}commentList></{x}comments>"
    )
    box = (
        '<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:x="urn:schemas-microsoft-com:office:excel">'
        '<v:shape id="_x0000_s1025" type="#_x0000_t202"><x:ClientData ObjectType="Note">'
        "<x:Row>4</x:Row><x:Column>3</x:Column></x:ClientData></v:shape></xml>"
    )

    def relations(*entries: tuple[str, str, str]) -> str:
        tags = "".join(
            f'<Relationship Id="{one}" Type="{OFFICE}/{kind}" Target="{path}"/>' for one, kind, path in entries
        )
        return f'<Relationships xmlns="{PACKAGE}/relationships">{tags}</Relationships>'

    types = "".join(
        f'<Override PartName="/{part}" ContentType="{TYPES}{kind}+xml"/>'
        for part, kind in (
            ("xl/workbook.xml", "sheet.main"),
            ("xl/worksheets/s1.xml", "worksheet"),
            ("xl/styles.xml", "styles"),
            ("xl/comments1.xml", "comments"),
        )
    )
    files = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        '<Default Extension="vml" ContentType="application/vnd.openxmlformats-officedocument.vmlDrawing"/>'
        f"{types}</Types>",
        "_rels/.rels": relations(("rId1", "officeDocument", "/xl/workbook.xml" if target else "xl/workbook.xml")),
        "xl/workbook.xml": workbook,
        "xl/_rels/workbook.xml.rels": relations(
            ("rIdA", "worksheet", f"{target}worksheets/s1.xml"), ("rIdB", "styles", f"{target}styles.xml")
        ),
        "xl/worksheets/s1.xml": sheet,
        "xl/styles.xml": styles,
    }
    if comment:
        up = target or "../"
        files["xl/worksheets/_rels/s1.xml.rels"] = relations(
            ("rId1", "comments", f"{up}comments1.xml"), ("rId2", "vmlDrawing", f"{up}boxes.vml")
        )
        files |= {"xl/comments1.xml": comments, "xl/boxes.vml": box}
    return zipped(files)


class TestByHand:
    @pytest.mark.parametrize("comment", [False, True])
    @pytest.mark.parametrize("target", ["", "/xl/"])
    @pytest.mark.parametrize("prefix", ["", "x", "ss"])
    def test_is_marked_in_place_and_again(self, prefix: str, target: str, comment: bool) -> None:
        content = by_hand(prefix, target, comment)
        findings = [a_finding("H05", "Hộ", "D5", "12"), a_finding("H07", "Hộ", "E5"), a_finding("H04", "Hộ", "C9")]
        once = returned(content, findings)
        twice = returned(once, [*findings[:1], a_finding("H07", "Hộ", "B2")])
        for out, cells in (
            (once, {"D5": CRITICAL, "E5": WARNING, "C9": CRITICAL}),
            (twice, {"D5": CRITICAL, "A1": WARNING}),
        ):
            assert_well_formed(out)
            book = opened(out)
            assert book.sheetnames == ["Lỗi", "Hộ"]
            assert IN_PLACE not in str(texts(book["Lỗi"]))
            sheet = book["Hộ"]
            filled = {
                cell.coordinate: cell.fill.fgColor.rgb
                for row in sheet.iter_rows()
                for cell in row
                if cell.fill.fill_type == "solid"
            }
            assert filled == cells
            assert [sheet[cell].value for cell in ("C4", "C5", "D5")] == ["Họ và tên", "Nguyễn Văn A", 12]
            assert sheet["D5"].number_format == "#,##0"
            assert sheet["D5"].comment.text.startswith(f"Xem lại\n\n{MARK}" if comment else MARK)
            assert sheet["D5"].comment.text.count(MARK) == 1
            assert book.defined_names["DanhSach"].attr_text == "'Hộ'!$C$4:$D$5"
            assert assert_links_resolve(book) == 2 * len(cells)

    def test_opens_in_libreoffice(self, office: Office) -> None:
        findings = [a_finding("H05", "Hộ", "D5", "12"), a_finding("H04", "Hộ", "C9")]
        books = [returned(by_hand("x", target, comment=True), findings) for target in ("", "/xl/")]
        for saved in office.save_as(books, "xlsx"):
            sheet = opened(saved)["Hộ"]
            assert sheet["D5"].value == 12
            assert sheet["D5"].comment.text.startswith(f"Xem lại\n\n{MARK}")
            assert sheet["C9"].fill.fgColor.rgb == CRITICAL


def values(content: bytes) -> dict[str, dict[str, Any]]:
    """Every cell with a value, by sheet and address, as it was last calculated."""
    return {
        sheet.title: {
            cell.coordinate: cell.value for row in sheet.iter_rows() for cell in row if cell.value not in (None, "")
        }
        for sheet in opened(content, data_only=True).worksheets
    }


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("writers") / "mau.xlsx"
    own = [(unit.code, unit.name) for unit in communes("2019-12", DISTRICT)]
    policies = [(row["policy"], row["policy"]) for row in table("policies_monitored")]
    write_template(
        path,
        period="2019-12",
        district_code=DISTRICT,
        district_name="Huyện Năm Căn",
        communes=own,
        policies=policies,
        ethnic_groups=["Kinh", "Khmer"],
    )
    return path.read_bytes()


@pytest.fixture(scope="module")
def monthly(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("writers") / "thang.xlsx"
    write_workbook(path, a_month())
    return path.read_bytes()


FINDINGS = [
    a_finding("H05", "Hộ", "K4", "7", expected="=1+1"),
    a_finding("H16", "Hộ", "G5", MASK),
    a_finding("H04", "Hộ", "B40"),
    a_finding("M01", "Diễn biến", "M6", "77"),
    a_finding("F04", "Bìa", "B9", "@SUM(1)"),
]


def test_what_comes_back_opens_in_libreoffice_with_every_cell(monthly: bytes, template: bytes, office: Office) -> None:
    """As a page and as a workbook: no value and no sheet is lost, and none but the first sheet is new."""
    books = {"openpyxl": a_book(), "xlsxwriter": a_rich_book(), "month": monthly, "template": template}
    books["LibreOffice"] = office.save_as([monthly], "xlsx")[0]
    out = [returned(content, FINDINGS) for content in books.values()]
    for (name, content), mine, saved in zip(books.items(), out, office.save_as(out, "xlsx"), strict=True):
        assert_well_formed(mine)
        assert IN_PLACE not in str(texts(opened(mine)["Lỗi"])), name
        expected = values(content)
        first, *others = values(mine).items()
        assert first[0] == "Lỗi"
        assert dict(others) == expected, name
        opened_there = values(saved)
        assert list(opened_there) == ["Lỗi", *expected]
        for sheet, cells in expected.items():
            for place, value in cells.items():
                if not isinstance(value, str) or not value.startswith("="):
                    assert opened_there[sheet].get(place) == value, (name, sheet, place)
        for place, value in first[1].items():
            assert str(opened_there["Lỗi"][place]).split() == str(value).split(), (name, place)
    for page in office.save_as(out[1:3], "pdf"):
        assert page.startswith(b"%PDF")
        assert len(page) > 10_000


def test_no_part_that_we_write_holds_a_formula(monthly: bytes) -> None:
    echoed = ["=cmd|'/c calc'!A0", "+1+1", "-1", "@SUM(A1)", "\t=1", '=HYPERLINK("http://a")']
    findings = [a_finding("H17", "Hộ", f"J{row}", value, expected=value) for row, value in enumerate(echoed, 4)]
    findings += [a_finding("F02", "=1+1", None, "=1+1"), a_finding("F03", "'=A1'!B2", "A1", "=1+1")]
    with (
        zipfile.ZipFile(io.BytesIO(monthly)) as before,
        zipfile.ZipFile(io.BytesIO(returned(monthly, findings))) as after,
    ):
        for name in after.namelist():
            mine = after.read(name)
            theirs = before.read(name) if name in before.namelist() else b""
            for tag in (rb"<f[\s>/]", rb"<hyperlink [^>]*r:id", rb"TargetMode"):
                assert len(re.findall(tag, mine)) == len(re.findall(tag, theirs)), (name, tag)


class TestKept:
    """What the sender's workbook has beside its values."""

    def test_names_validations_formats_and_merged_cells(self) -> None:
        def edit(book: Workbook) -> None:
            sheet = book.active
            assert sheet is not None
            sheet["D7"] = "=SUM(D5:D6)"
            sheet.merge_cells("A1:D1")
            sheet.column_dimensions["C"].width = 41
            sheet.row_dimensions[5].height = 33
            sheet.conditional_formatting.add(
                "D5:D9", CellIsRule(operator="greaterThan", formula=["10"], fill=PatternFill(bgColor="FF00FF00"))
            )
            choice = DataValidation(type="list", formula1='"N1,N2,CN"')
            choice.add("C5:C9")
            sheet.add_data_validation(choice)
            book.defined_names["TongSo"] = DefinedName("TongSo", attr_text="'Hộ'!$D$7")
            sheet.print_area = "A1:D9"
            book.create_sheet("Xã").auto_filter.ref = "A1:B9"

        content = a_book(edit)
        before, after = opened(content), opened(returned(content, [a_finding("H05", "Hộ", "D5", "12")]))
        one, other = before["Hộ"], after["Hộ"]
        assert other["D7"].value == "=SUM(D5:D6)"
        assert str(other.merged_cells) == str(one.merged_cells) == "A1:D1"
        assert (other.column_dimensions["C"].width, other.row_dimensions[5].height) == (41, 33)
        rules = [[rule.formula for rule in found.rules] for found in other.conditional_formatting]
        assert rules == [[["10"]]]
        assert [(found.formula1, str(found.sqref)) for found in other.data_validations.dataValidation] == [
            ('"N1,N2,CN"', "C5:C9")
        ]
        assert after.defined_names["TongSo"].attr_text == "'Hộ'!$D$7"
        assert other.print_area == one.print_area == "'Hộ'!$A$1:$D$9"
        assert after["Xã"].auto_filter.ref == "A1:B9"

    def test_the_template_keeps_its_drop_downs_notes_and_locks(self, template: bytes) -> None:
        out = opened(returned(template, [a_finding("F03", "Hộ", "K3", "Số nhân khẩu")]))
        before = opened(template)
        for sheet in before.worksheets:
            kept = out[sheet.title]
            assert kept.protection.sheet == sheet.protection.sheet
            assert len(kept.data_validations.dataValidation) == len(sheet.data_validations.dataValidation)
            notes = {cell.coordinate: cell.comment.text for row in sheet.iter_rows() for cell in row if cell.comment}
            for place, text in notes.items():
                assert kept[place].comment.text.startswith(text), place


class TestFresh:
    """A workbook in another format comes back as a new .xlsx."""

    @pytest.fixture(scope="class")
    def dressed(self) -> Dressed:
        month = plain_month(
            {
                ("household", "persons", 1): Formula("=1/0", "#DIV/0!"),
                ("household", "head_id_number", 2): "012345678",
                ("commune", "households", 1): Formula("=500+500", 1000),
            },
            is_1904=True,
        )
        month.hidden_rows["household"], month.hidden_columns["commune"] = [3, 4], [2]
        month.hidden_sheet = "policy"
        return month

    @pytest.mark.parametrize("kind", ["xls", "ods"])
    def test_keeps_errors_hidden_parts_and_the_calendar(self, dressed: Dressed, kind: str, office: Office) -> None:
        content = office.save_as([as_xlsx(dressed)], kind)[0]
        out = returned(content, [a_finding("F14", "Hộ", "K2", "#DIV/0!")], kind)
        assert everything(read_workbook(out, "a.xlsx")) == everything(read_workbook(content, f"a.{kind}"))
        sheet = opened(out)["Hộ"]
        assert (sheet["K2"].value, sheet["K2"].data_type, sheet["K2"].fill.fgColor.rgb) == ("#DIV/0!", "e", CRITICAL)
        assert sheet["I3"].value == "012345678"
        assert [row for row in range(1, 14) if sheet.row_dimensions[row].hidden] == [4, 5]
        assert opened(out)["Xã"].column_dimensions["C"].hidden
        assert opened(out)["Chính sách"].sheet_state == "hidden"

    def test_keeps_merged_cells(self, office: Office) -> None:
        content = office.save_as([a_book(lambda book: book.active.merge_cells("A1:D2"))], "xls")[0]
        assert str(opened(returned(content, [], "xls"))["Hộ"].merged_cells) == "A1:D2"

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1258"])
    def test_csv_files_are_readable_whatever_their_encoding(self, encoding: str) -> None:
        text = "Mã xã;Ấp/khóm;Họ và tên chủ hộ\n32152;Ấp Tân Đức;Trần Văn Thời\n01234;Ấp Đường Đào;Lê Thị Ửng\n"
        typed = as_windows_types(text) if encoding == "cp1258" else text
        content = zipped({"household.csv": typed.encode(encoding), "ghi chu.csv": "a note"})
        book = opened(returned(content, [a_finding("H17", "household.csv", "B2", "Tân Đức")], "zip"))
        assert texts(book["Hộ"])[1:] == [
            ["32152", "Ấp Tân Đức", "Trần Văn Thời"],
            ["01234", "Ấp Đường Đào", "Lê Thị Ửng"],
        ]
        assert book["Hộ"]["B2"].comment is not None
        assert book.sheetnames == ["Lỗi", "Hộ"]
