"""Sheets of cells as a file of each format, whatever stands in the cells: no library that would straighten them."""

import csv
import datetime as dt
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

import old_excel
from seeds import ODS_NAMESPACES, ODS_TYPE, ods_cell, zipped

from forms.layout import column_letter
from tasks.values import EPOCH_1900

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_STYLES = (
    f'<styleSheet xmlns="{_MAIN}"><fonts count="1"><font/></fonts><fills count="1"><fill><patternFill/></fill></fills>'
    '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>'
)


@dataclass(frozen=True)
class Raw:
    """A cell of .xlsx by its XML, from after its address on; in other formats its `text` stands."""

    xml: str
    text: str


Value = str | int | float | bool | dt.date | Raw | None
Sheets = Mapping[str, list[list[Value]]]


def xlsx(sheets: Sheets, merged: Mapping[str, list[str]] | None = None, hidden: str = "") -> bytes:
    """`merged` are ranges by sheet; a sheet's name may stand twice as "Hộ" and "Hộ\\0"."""
    parts: dict[str, str | bytes] = {}
    entries, relations, types = "", "", ""
    for number, (name, rows) in enumerate(sheets.items(), start=1):
        ranges = "".join(f"<mergeCell ref={quoteattr(one)}/>" for one in (merged or {}).get(name, []))
        body = "".join(_row(at, cells) for at, cells in enumerate(rows, start=1))
        ending = f"<mergeCells>{ranges}</mergeCells>" if ranges else ""
        parts[f"xl/worksheets/sheet{number}.xml"] = (
            f'<worksheet xmlns="{_MAIN}"><sheetData>{body}</sheetData>{ending}</worksheet>'
        )
        state = ' state="hidden"' if name == hidden else ""
        entries += f'<sheet name={quoteattr(name.rstrip(chr(0)))} sheetId="{number}"{state} r:id="rId{number}"/>'
        target = f'Target="worksheets/sheet{number}.xml"'
        relations += f'<Relationship Id="rId{number}" Type="{_OFFICE}/worksheet" {target}/>'
        types += _override(f"/xl/worksheets/sheet{number}.xml", "worksheet")
    relations += f'<Relationship Id="rId0" Type="{_OFFICE}/styles" Target="styles.xml"/>'
    parts["xl/workbook.xml"] = f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{entries}</sheets></workbook>'
    parts["xl/_rels/workbook.xml.rels"] = f'<Relationships xmlns="{_PACKAGE}/relationships">{relations}</Relationships>'
    parts["xl/styles.xml"] = _STYLES
    parts["[Content_Types].xml"] = (
        f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f"{_override('/xl/workbook.xml', 'sheet.main')}{_override('/xl/styles.xml', 'styles')}{types}</Types>"
    )
    parts["_rels/.rels"] = (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    )
    return zipped(parts)


def _override(part: str, kind: str) -> str:
    known = f"application/vnd.openxmlformats-officedocument.spreadsheetml.{kind}+xml"
    return f'<Override PartName="{part}" ContentType="{known}"/>'


def _row(number: int, cells: list[Value]) -> str:
    found = "".join(
        f'<c r="{column_letter(column)}{number}"{_content(value)}'
        for column, value in enumerate(cells)
        if value is not None
    )
    return f'<row r="{number}">{found}</row>'


def _content(value: Value) -> str:
    if isinstance(value, Raw):
        return value.xml
    if isinstance(value, bool):
        return f' t="b"><v>{value:d}</v></c>'
    if isinstance(value, dt.date):
        return f' s="1"><v>{_days(value)}</v></c>'
    if isinstance(value, str):
        return f' t="inlineStr"><is><t xml:space="preserve">{escape(value, {chr(13): "&#13;"})}</t></is></c>'
    return f"><v>{value!r}</v></c>"


def xls(sheets: Sheets) -> bytes:
    def cell(value: Value) -> old_excel.Cell:
        if isinstance(value, Raw):
            return value.text
        return _days(value) if isinstance(value, dt.date) else value

    return old_excel.workbook(
        {name.rstrip("\0"): [[cell(one) for one in row] for row in rows] for name, rows in sheets.items()}
    )


def ods(sheets: Sheets) -> bytes:
    def table(name: str, rows: list[list[Value]]) -> str:
        body = "".join(
            f"<table:table-row>{''.join(ods_cell(_plain(value)) for value in cells)}</table:table-row>"
            for cells in rows
        )
        return f"<table:table table:name={quoteattr(name.rstrip(chr(0)))}>{body}</table:table>"

    tables = "".join(table(name, rows) for name, rows in sheets.items())
    content = (
        f"<office:document-content {ODS_NAMESPACES}><office:body><office:spreadsheet>{tables}"
        "</office:spreadsheet></office:body></office:document-content>"
    )
    return zipped({"mimetype": ODS_TYPE, "META-INF/manifest.xml": "<x/>", "content.xml": content})


def csv_zip(sheets: Sheets, separator: str = ",") -> bytes:
    members: dict[str, str | bytes] = {}
    for name, rows in sheets.items():
        buffer = io.StringIO(newline="")
        writer = csv.writer(buffer, delimiter=separator)
        writer.writerows([["" if value is None else str(_plain(value)) for value in row] for row in rows])
        members[f"{name.rstrip(chr(0))}.csv"] = buffer.getvalue().encode("utf-8", errors="replace")
    return zipped(members)


FORMATS: dict[str, Callable[[Sheets], bytes]] = {"xlsx": xlsx, "xls": xls, "ods": ods, "zip": csv_zip}


def _plain(value: Value) -> str | int | float | dt.date | None:
    if isinstance(value, Raw):
        return value.text
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return str(value).upper() if isinstance(value, bool) else value


def _days(value: dt.date) -> int:
    return (value - EPOCH_1900).days
