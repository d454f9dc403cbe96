"""Small workbooks of every format, made by code: where the fuzzers begin."""

import csv
import datetime as dt
import io
import tempfile
import zipfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import old_excel
from openpyxl import Workbook, load_workbook  # type: ignore[import-untyped]
from openpyxl.comments import Comment  # type: ignore[import-untyped]
from small_district import a_household, a_month

from forms.dictionary import sheets
from forms.month import CellValue, DistrictMonth
from forms.workbook import write_workbook

ODS_TYPE = "application/vnd.oasis.opendocument.spreadsheet"
ODS_NAMESPACES = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for prefix, name in (("office", "office"), ("table", "table"), ("text", "text"))
)
_TEXT = "Hộ nghèo huyện Trần Văn Thời; ấp Tân Đức, xã Hàm Rồng: người lập biểu Nguyễn Thị Ánh"


@cache
def month() -> DistrictMonth:
    """Every sheet with a row or two: what is read is the same as in a whole month, and sooner."""
    whole = a_month(rows=[a_household(), a_household(household_code="0002", note="dòng 1\ndòng 2", merit="x")])
    return DistrictMonth(whole.cover, whole.household, whole.commune[:2], whole.movement[:4], whole.policy[:2])


def rows_of(sheet: str) -> list[list[CellValue]]:
    """A sheet of the month from its first row on: the cover's pairs, or labels and cells."""
    known = sheets()[sheet]
    if sheet == "cover":
        return [[field.label_vi, month().cover.get(field.key)] for field in known.fields]
    labels: list[CellValue] = [field.label_vi for field in known.fields]
    return [labels, *[[row.get(field.key) for field in known.fields] for row in month().rows(sheet)]]


@cache
def xlsx() -> tuple[bytes, ...]:
    """As xlsxwriter and as openpyxl write it, the second with all that a clerk may add."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "thang.xlsx"
        write_workbook(path, month())
        plain = path.read_bytes()
    book = load_workbook(io.BytesIO(plain))
    _dress(book)
    buffer = io.BytesIO()
    book.save(buffer)
    return stored(plain), stored(buffer.getvalue())


def _dress(book: Workbook) -> None:
    household, commune = book["Hộ"], book["Xã"]
    household["K4"], household["L4"] = "=1+2", "#REF!"
    household["H4"].comment = Comment("xem lại", "Phòng")
    household.merge_cells("A1:D1")
    household.insert_rows(5)
    household.row_dimensions[4].hidden = True
    commune.column_dimensions["C"].hidden = True
    commune["C4"], commune["D4"] = "1.552", True
    commune["E4"], commune["F4"] = dt.datetime(2020, 1, 5, 6, 7), dt.time(8, 30)
    book["Bìa"]["B6"] = dt.date(2019, 12, 31)
    book["Chính sách"].sheet_state = "hidden"
    book.create_sheet("Ghi chú")["A1"] = _TEXT
    book.epoch = dt.datetime(1904, 1, 1)


@cache
def ods() -> tuple[bytes, ...]:
    tables = "".join(_ods_table(sheets()[key].name_vi, rows_of(key)) for key in sheets())
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {ODS_NAMESPACES} office:version="1.2">'
        f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{ODS_TYPE}"/></manifest:manifest>'
    )
    return (zipped({"mimetype": ODS_TYPE, "META-INF/manifest.xml": manifest, "content.xml": content}),)


def _ods_table(name: str, rows: list[list[CellValue]]) -> str:
    odd = (
        '<table:table-row table:visibility="filter" table:number-rows-repeated="2"><table:covered-table-cell '
        'table:number-columns-repeated="3"/><table:table-cell office:value-type="string" '
        'calcext:value-type="error" table:formula="of:=1/0"><text:p>#DIV/0!</text:p></table:table-cell>'
        '<table:table-cell office:value-type="time" office:time-value="PT08H30M00S"/></table:table-row>'
    )
    body = "".join(f"<table:table-row>{''.join(map(ods_cell, cells))}</table:table-row>" for cells in rows)
    hidden = '<table:table-column table:visibility="collapse"/>'
    return f"<table:table table:name={quoteattr(name)}>{hidden}{body}{odd}</table:table>"


def ods_cell(value: CellValue) -> str:
    if value is None:
        return "<table:table-cell/>"
    if isinstance(value, dt.date):
        return f'<table:table-cell office:value-type="date" office:date-value="{value.isoformat()}"/>'
    if isinstance(value, str):
        lines = "".join(f"<text:p>{escape(line)}</text:p>" for line in value.split("\n"))
        return f'<table:table-cell office:value-type="string">{lines}</table:table-cell>'
    return f'<table:table-cell office:value-type="float" office:value="{value}"/>'


@cache
def xls() -> tuple[bytes, ...]:
    def cell(value: CellValue) -> old_excel.Cell:
        return (value - dt.date(1899, 12, 30)).days if isinstance(value, dt.date) else value

    plain = {sheets()[key].name_vi: [[cell(value) for value in row] for row in rows_of(key)] for key in sheets()}
    odd = {name: [[], *[[*row, "#REF!", "=", True] for row in rows]] for name, rows in plain.items()}
    marks = [
        (old_excel.ROW, bytes.fromhex("0100000003000000000000002000") + b"\0\0"),
        (old_excel.COLUMN, bytes.fromhex("020003000010000001000000")),
        (old_excel.MERGED, bytes.fromhex("01000000000000000300")),
    ]
    return old_excel.workbook(plain), old_excel.workbook(odd, is_1904=True, more=marks)


@cache
def csv_zip() -> tuple[bytes, ...]:
    def table(key: str, separator: str) -> str:
        buffer = io.StringIO(newline="")
        csv.writer(buffer, delimiter=separator).writerows(
            [["" if value is None else str(value) for value in row] for row in rows_of(key)]
        )
        return buffer.getvalue()

    plain: dict[str, str | bytes] = {f"{key}.csv": table(key, ",") for key in sheets()}
    wide: dict[str, str | bytes] = {f"so lieu/{key}.csv": table(key, ";").encode("utf-16") for key in sheets()}
    wide["doc.txt"] = "x"
    legacy: dict[str, str | bytes] = {
        "household.csv": "M· x·;Hä vµ tªn chñ hé;Ghi chó\n32194;TrÇn V¨n Thêi;huyÖn N¨m C¨n hé nghÌo\n".encode(
            "latin-1"
        )
    }
    return zipped(plain), zipped(wide), zipped(legacy)


@cache
def text() -> tuple[bytes, ...]:
    """Vietnamese in Unicode, TCVN3, VNI and windows-1258."""
    tcvn3 = "Hé nghÌo huyÖn TrÇn V¨n Thêi; Êp T©n §øc, x· Hµm Rång\nHUYÖN N¡M C¡N".encode("latin-1")
    vni = "Hoä ngheøo huyeän Traàn Vaên Thôøi; aáp Taân Ñöùc, xaõ Haøm Roàng".encode("latin-1")
    windows = "Ma\u0303 xa\u0303; \u00e2\u0301p Tân Đư\u0301c, Trâ\u0300n Văn Thơ\u0300i, hô\u0323 nghe\u0300o".encode(
        "cp1258"
    )
    return (
        _TEXT.encode(),
        b"\xef\xbb\xbf" + _TEXT.encode(),
        _TEXT.encode("utf-16"),
        _TEXT.encode("utf-16-le"),
        _TEXT.encode()[:60] + b"\xff" + _TEXT.encode()[60:],
        *(tcvn3, vni, windows),
    )


@cache
def values() -> tuple[bytes, ...]:
    """What stands in single cells, one for each line."""
    lines = ["1.552", "3,04", "-1.234.567", "12/2019", "2019-12", "31/12/2019", "2019-12-31", "32194.0", "x", "Có"]
    lines += ["#N/A", "#REF!", "1e300", "NaN", "０１２", "  a  b ", "Mã hộ / khóm:", "Hòa", "Hoà", "a\u0301", "\u200b"]
    return tuple(line.encode() for line in lines)


def zipped(members: Mapping[str, str | bytes]) -> bytes:
    """An archive that shows its content to whoever changes its bytes: nothing is packed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return buffer.getvalue()


def stored(content: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return zipped({name: archive.read(name) for name in archive.namelist()})
