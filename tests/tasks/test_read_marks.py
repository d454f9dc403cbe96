"""Cells without a value (F14), hidden data (F13) and legacy text (F12), in .xlsx and in .ods."""

import io
import unicodedata
import zipfile
from collections.abc import Callable

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook  # type: ignore[import-untyped]
from small_district import COMMUNE, a_household
from test_read import HEADER, edited, read, workbook  # noqa: F401
from xlsxwriter import Workbook as Writer  # type: ignore[import-untyped]

from forms.dictionary import sheets
from tasks.faults import Unreadable
from tasks.legacy_text import TCVN3
from tasks.read import ReadWorkbook, read_workbook
from tasks.read.encoding import cleaned, to_unicode
from tasks.read.grid import Grid
from tasks.values import clean_text

Edit = Callable[[Workbook], None]


def put(sheet: str, address: str, value: object, kind: str | None = None) -> Edit:
    def edit(book: Workbook) -> None:
        cell = book[sheet][address]
        cell.value = value
        if kind:
            cell.data_type = kind

    return edit


def errors_of(found: ReadWorkbook) -> list[tuple[str, str, str, str]]:
    return [(one.sheet, f"{one.column}{one.row}", one.field, one.value) for one in found.errors]


class TestErrors:
    @pytest.mark.parametrize(
        ("sheet", "address", "field"),
        [
            ("Hộ", "K5", "persons"),
            ("Hộ", "F5", "head_name"),
            ("Hộ", "U6", "water"),
            ("Hộ", "B7", "commune_code"),
            ("Hộ", "AE15", "note"),  # beyond the last value of its row and column
            ("Xã", "C4", "households"),
            ("Bìa", "B10", "total_poor"),
        ],
    )
    @pytest.mark.parametrize(
        ("value", "kind", "shown"),
        [
            ("#REF!", "e", "#REF!"),
            ("#N/A", "s", "#N/A"),  # pasted as text
            ("=SUM(A1:A3)", None, "=SUM(A1:A3)"),  # written by a program, never calculated
        ],
    )
    def test_a_cell_without_a_value_is_named(
        self,
        workbook: bytes,  # noqa: F811
        sheet: str,
        address: str,
        field: str,
        value: str,
        kind: str | None,
        shown: str,
    ) -> None:
        found = read(edited(workbook, put(sheet, address, value, kind)))
        assert errors_of(found) == [(sheet, address, field, shown)]
        plain = read(workbook)
        for key, table in found.tables.items():
            assert table.rows.height == plain.tables[key].rows.height
            if table.sheet_name == sheet:
                row = table.rows.row(by_predicate=pl.col("row") == int(address.lstrip("ABEFKUC")), named=True)
                assert row["errors"] == f" {field} "
                assert row[field] == (shown if field == "water" else None)

    def test_a_whole_column_of_errors_is_counted_cell_by_cell(self, workbook: bytes) -> None:  # noqa: F811
        def edit(book: Workbook) -> None:
            for row in range(HEADER + 1, HEADER + 13):
                put("Hộ", f"K{row}", "#VALUE!", "e")(book)
                put("Hộ", f"L{row}", "#VALUE!", "e")(book)

        found = read(edited(workbook, edit))
        assert len(found.errors) == 24
        assert set(found.tables["household"].rows.get_column("errors")) == {" persons area "}

    def test_errors_outside_of_the_forms_cells_do_not_matter(self, workbook: bytes) -> None:  # noqa: F811
        def edit(book: Workbook) -> None:
            put("Xã", "B1", "#REF!", "e")(book)
            put("Xã", "T5", "#REF!", "e")(book)
            book["Xã"].append([None, "Cộng", "=SUM(C4:C9)"])

        assert read(edited(workbook, edit)).errors == []

    def test_a_row_of_nothing_but_an_error_is_a_row(self, workbook: bytes) -> None:  # noqa: F811
        def edit(book: Workbook) -> None:
            book["Hộ"].append([None] * 5)
            put("Hộ", f"K{HEADER + 13}", "#REF!", "e")(book)

        found = read(edited(workbook, edit))
        assert found.tables["household"].rows.height == read(workbook).tables["household"].rows.height + 1
        assert errors_of(found) == [("Hộ", f"K{HEADER + 13}", "persons", "#REF!")]

    @pytest.mark.parametrize(
        ("formula", "value", "asks_excel", "is_fault"),
        [
            ("=1+2", 3, True, False),
            ("=1+2", 0, True, True),
            ("=1-1", 0, False, False),
            ("=1+2", 3, False, False),
        ],
    )
    def test_a_zero_counts_unless_excel_is_asked_to_calculate(
        self, formula: str, value: int, asks_excel: bool, is_fault: bool
    ) -> None:
        buffer = io.BytesIO()
        with Writer(buffer) as book:
            sheet = book.add_worksheet("Xã")
            for column, label in enumerate(field.label_vi for field in sheets()["commune"].fields):
                sheet.write_string(0, column, label)
            sheet.write_string(1, 0, COMMUNE)
            sheet.write_formula(1, 2, formula, None, value)
        content = buffer.getvalue()
        if not asks_excel:
            content = rewritten(content, "xl/workbook.xml", b' fullCalcOnLoad="1"', b"")
        found = read(content)
        assert bool(found.errors) == is_fault
        assert found.tables["commune"].rows.get_column("households").to_list() == [None if is_fault else value]

    def test_a_formula_that_gave_an_empty_text_is_an_empty_cell(self, workbook: bytes) -> None:  # noqa: F811
        content = edited(workbook, put("Xã", "B4", "=A1"))
        assert read(content).errors
        content = rewritten(content, "xl/worksheets/sheet3.xml", b'r="B4"', b't="str" r="B4"')
        assert read(content).errors == []

    def test_another_way_to_write_the_same_xml_is_read_alike(self, workbook: bytes) -> None:  # noqa: F811
        content = edited(workbook, put("Xã", "C4", "#REF!", "e"))
        source = zipfile.ZipFile(io.BytesIO(content)).read("xl/worksheets/sheet3.xml")
        content = rewritten(content, "xl/worksheets/sheet3.xml", source, source.replace(b'"', b"'"))
        assert errors_of(read(content)) == [("Xã", "C4", "households", "#REF!")]

    def test_single_quotes_anywhere_are_read_alike(self, workbook: bytes) -> None:  # noqa: F811
        content = edited(workbook, put("Xã", "C4", "#REF!", "e"))
        content = rewritten(content, "xl/worksheets/sheet3.xml", b't="e"', b"t='e'")
        assert errors_of(read(content)) == [("Xã", "C4", "households", "#REF!")]

    def test_a_sheet_whose_name_is_written_in_another_case_is_read_alike(self, workbook: bytes) -> None:  # noqa: F811
        content = edited(workbook, put("Xã", "C4", "#REF!", "e"))
        content = rewritten(content, "xl/_rels/workbook.xml.rels", b"/sheet3.xml", b"/Sheet3.xml")
        assert errors_of(read(content)) == [("Xã", "C4", "households", "#REF!")]

    def test_what_stands_far_down_in_a_long_sheet_is_seen(self) -> None:
        """The sheet is looked at in pieces of tens of kilobytes; the only error is in one of the last."""
        rows = [a_household(household_code=f"{number:04d}") for number in range(1500)]
        buffer = io.BytesIO()
        with Writer(buffer) as book:
            sheet = book.add_worksheet("Hộ")
            for column, field in enumerate(sheets()["household"].fields):
                sheet.write_string(0, column, field.label_vi)
                for number, row in enumerate(rows, start=1):
                    sheet.write(number, column, row[field.key])
            persons = sheets()["household"].field("persons").order - 1
            sheet.write_formula(1400, persons, "=1/0", None, "#DIV/0!")
            sheet.set_row(1450, None, None, {"hidden": True})
        found = read(buffer.getvalue())
        assert errors_of(found) == [("Hộ", "K1401", "persons", "#DIV/0!")]
        assert [(one.sheet, one.value) for one in found.hidden] == [("Hộ", "dòng 1451")]


def rewritten(content: bytes, name: str, old: bytes, new: bytes) -> bytes:
    source = zipfile.ZipFile(io.BytesIO(content))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.namelist():
            text = source.read(entry)
            if entry == name:
                assert old in text
                text = text.replace(old, new)
            target.writestr(entry, text)
    return buffer.getvalue()


def hide_rows(*rows: int) -> Edit:
    def edit(book: Workbook) -> None:
        for row in rows:
            book["Hộ"].row_dimensions[row].hidden = True

    return edit


def hide_columns(*letters: str) -> Edit:
    def edit(book: Workbook) -> None:
        for letter in letters:
            book["Hộ"].column_dimensions[letter].hidden = True

    return edit


def hide_sheet(state: str) -> Edit:
    def edit(book: Workbook) -> None:
        book["Hộ"].sheet_state = state

    return edit


class TestHidden:
    @pytest.mark.parametrize(
        ("edit", "value"),
        [
            (hide_rows(5), "dòng 5"),
            (hide_rows(5, 6, 7, 9), "dòng 5–7, 9"),
            (hide_rows(4, 6, 8, 10, 12, 14), "dòng 4, 6, 8, 10, 12 và 1 đoạn khác"),
            (hide_columns("K"), "cột K"),
            (hide_sheet("hidden"), "cả trang tính"),
            (hide_sheet("veryHidden"), "cả trang tính"),
        ],
    )
    def test_what_holds_data_and_is_hidden_is_named(self, workbook: bytes, edit: Edit, value: str) -> None:  # noqa: F811
        assert [(one.sheet, one.value) for one in read(edited(workbook, edit)).hidden] == [("Hộ", value)]

    @pytest.mark.parametrize("edit", [hide_rows(1, 2, 40), hide_columns("AZ")])
    def test_what_holds_no_data_may_be_hidden(self, workbook: bytes, edit: Edit) -> None:  # noqa: F811
        assert read(edited(workbook, edit)).hidden == []

    def test_a_hidden_sheet_of_lists_is_named_and_an_empty_one_is_not(self, workbook: bytes) -> None:  # noqa: F811
        def edit(book: Workbook) -> None:
            book.create_sheet("Trống").sheet_state = "hidden"
            lists = book.create_sheet("Danh mục")
            lists["A1"] = "x"
            lists.sheet_state = "hidden"

        assert [one.sheet for one in read(edited(workbook, edit)).hidden] == ["Danh mục"]


def ods(body: str, columns: str = "") -> bytes:
    """An .ods file of one sheet Xã, as small as the reader takes it."""
    names = "office", "table", "text"
    spaces = " ".join(f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in names)
    spaces += ' xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
    head = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{field.label_vi}</text:p></table:table-cell>'
        for field in sheets()["commune"].fields
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr(
            "content.xml",
            f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces}><office:body>'
            f'<office:spreadsheet><table:table table:name="Xã">{columns}'
            f"<table:table-row>{head}</table:table-row>{body}"
            "</table:table></office:spreadsheet></office:body></office:document-content>",
        )
    return buffer.getvalue()


CODE = f'<table:table-cell office:value-type="string"><text:p>{COMMUNE}</text:p></table:table-cell>'
FIVE = '<table:table-cell office:value-type="float" office:value="5"><text:p>5</text:p></table:table-cell>'


class TestOds:
    @pytest.mark.parametrize(
        ("cell", "shown"),
        [
            (
                '<table:table-cell table:formula="of:=1/0" office:value-type="string" office:string-value=""'
                ' calcext:value-type="error"><text:p>#DIV/0!</text:p></table:table-cell>',
                "#DIV/0!",
            ),
            ('<table:table-cell table:formula="of:=SUM([.A1:.B2])+[$Hộ.C3]"/>', "=SUM(A1:B2)+$Hộ.C3"),
        ],
    )
    def test_a_cell_without_a_value_is_named(self, cell: str, shown: str) -> None:
        blank = '<table:table-row table:number-rows-repeated="3"><table:table-cell/></table:table-row>'
        skipped = '<table:table-cell table:number-columns-repeated="3"/>'
        content = ods(f"{blank}<table:table-row>{CODE}{skipped}{cell}{FIVE}</table:table-row>")
        found = read_workbook(content, "thang.ods")
        assert errors_of(found) == [("Xã", "E5", "minority_households", shown)]
        assert found.tables["commune"].rows.get_column("khmer_households").to_list() == [5]

    def test_hidden_rows_and_columns_are_named(self) -> None:
        columns = (
            '<table:table-column table:number-columns-repeated="2"/><table:table-column table:visibility="collapse"/>'
        )
        rows = "".join(
            f'<table:table-row table:visibility="{state}">{CODE}{FIVE * 3}</table:table-row>'
            for state in ("visible", "filter", "collapse", "visible")
        )
        found = read_workbook(ods(rows, columns), "thang.ods")
        assert [(one.sheet, one.value) for one in found.hidden] == [("Xã", "dòng 3–4; cột C")]


class TestDepth:
    """Tags far between pass the gate's quick look; the parser stops at the first that is too deep."""

    DEEP = b"".join(b"<a%x>%s" % (number, b" " * 300) for number in range(1000))

    @pytest.mark.parametrize(
        ("part", "before"),
        [
            ("xl/worksheets/sheet3.xml", b"<sheetData>"),
            ("xl/workbook.xml", b"<sheets>"),
            ("xl/_rels/workbook.xml.rels", b"<Relationship "),
        ],
    )
    def test_a_deep_workbook_is_refused(self, workbook: bytes, part: str, before: bytes) -> None:  # noqa: F811
        content = edited(workbook, put("Xã", "B4", "=A1"))
        with pytest.raises(Unreadable) as caught:
            read(rewritten(content, part, before, self.DEEP + before))
        assert "lồng nhau" in caught.value.reason_vi

    def test_a_deep_open_document_is_refused(self) -> None:
        with pytest.raises(Unreadable) as caught:
            read_workbook(ods("", f'<table:table-column table:visibility="filter"/>{self.DEEP.decode()}'), "thang.ods")
        assert "lồng nhau" in caught.value.reason_vi


class TestEncoding:
    def test_unicode_text_is_left_alone(self, workbook: bytes) -> None:  # noqa: F811
        assert read(workbook).converted == []

    def test_decomposed_text_is_composed_and_named(self, workbook: bytes) -> None:  # noqa: F811
        def edit(book: Workbook) -> None:
            for row in book["Hộ"].iter_rows():
                for cell in row:
                    if isinstance(cell.value, str):
                        cell.value = unicodedata.normalize("NFD", cell.value)

        plain, found = read(workbook), read(edited(workbook, edit))
        assert found.tables["household"].rows.equals(plain.tables["household"].rows)
        assert [(one.sheet, one.encoding) for one in found.converted] == [("Hộ", "Unicode tổ hợp")]

    @given(st.lists(st.text() | st.text("aĐđộ \u00a0\n\0\u0301", max_size=6)))
    def test_a_sheets_texts_are_cleaned_as_each_is(self, texts: list[str]) -> None:
        changed = cleaned(texts)
        assert [changed.get(text, text) for text in texts] == [clean_text(text) for text in texts]

    def test_a_sheet_of_clean_texts_is_told_at_once(self) -> None:
        for text, changed in (("Hộ nghèo", {}), ("Hộ  nghèo", {"Hộ  nghèo": "Hộ nghèo"}), (" Hộ", {" Hộ": "Hộ"})):
            grid = Grid([[text, "", 5.0, "Ấp 1"]])
            assert to_unicode(grid) is None
            assert grid.cleaned == {"": None} | changed

    def test_a_legacy_sheet_is_converted_and_named(self) -> None:
        grid = Grid([["Hé nghÌo huyÖn TrÇn V¨n Thêi", "Danh s¸ch hé nghÌo cuèi kú", "Ph­êng 1", 5.0]])
        assert to_unicode(grid) == TCVN3
        assert grid.rows[0][0] == "Hộ nghèo huyện Trần Văn Thời"
        assert grid.rows[0][3] == 5.0
