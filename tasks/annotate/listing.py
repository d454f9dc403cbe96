"""The first sheet of a returned workbook, "Lỗi": the verdict, one line per cause, one line per finding.

Both tables share their columns, so that one header stays in sight and one filter serves both. Everything is
written as text: nothing that a sender typed becomes a formula.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import python_calamine

from expectations.catalogue import rules
from labels.table import SEVERITIES
from tasks.annotate.lines import Line, address
from tasks.annotate.mending import mendings
from tasks.annotate.package import MAIN
from tasks.annotate.styles import Styles
from tasks.annotate.text import xml_text
from tasks.read.listing import is_listing, is_listing_name
from tasks.words import LISTING_TITLE, number_vi

HEADERS = (
    "Mã lỗi",
    "Mức độ",
    "Trang tính\n(số lỗi)",
    "Ô\n(ví dụ 1)",
    "Giá trị trong tệp\n(ví dụ 2)",
    "Giá trị cần có\n(ví dụ 3)",
    "Lỗi là gì",
    "Cách sửa",
)
_WIDTHS = (8, 14, 15, 13, 22, 22, 48, 56)
_LAST = len(_WIDTHS)
_LINE_POINTS = 15.0
# A spreadsheet holds 65,530 links on a sheet.
_LINKS_MAX = 65_000
_EXAMPLES = 3
HINT = (
    "Bấm vào địa chỉ ô để tới ô có lỗi. Ô có lỗi nghiêm trọng tô đỏ nhạt, ô có cảnh báo tô cam nhạt; "
    "ghi chú của ô nói lỗi là gì và giá trị cần có. Sửa xong, gửi lại tệp; không cần xoá trang này."
)
NO_FINDINGS = "Không có lỗi nào."


@dataclass(frozen=True, slots=True)
class Listing:
    """The sheet's XML and the rows that matter to the workbook around it."""

    content: bytes
    header_row: int
    last_row: int


def write_listing(
    lines: Sequence[Line],
    order: Sequence[str],
    counts: Mapping[str, int],
    verdict_vi: str,
    notes_vi: Sequence[str],
    styles: Styles,
) -> Listing:
    """The sheet of findings. `notes_vi` says what the sender must know of the file itself."""
    sheet = _Sheet(styles)
    sheet.wide(LISTING_TITLE, styles.of_listing(size=14, bold=True), 1)
    sheet.wide(verdict_vi, styles.of_listing(size=12, bold=True))
    sheet.wide(_totals(order, counts), styles.of_listing())
    for note in (*notes_vi, HINT):
        sheet.wide(note, styles.of_listing())
    header_row = sheet.row(HEADERS, [styles.header()] * _LAST, height=2 * _LINE_POINTS + 4)

    by_rule: dict[str, list[Line]] = {}
    for line in lines:
        by_rule.setdefault(line.rule, []).append(line)
    sheet.section("I. NGUYÊN NHÂN: mỗi dòng một loại lỗi, với số lỗi, ba ô ví dụ và cách sửa")
    for code in order:
        sheet.cause(code, counts[code], by_rule.get(code, []))
    sheet.section("II. TỪNG LỖI: mỗi dòng một lỗi, với ô, giá trị trong tệp và giá trị cần có")
    for code in order:
        listed = by_rule.get(code, [])
        for line in listed:
            sheet.finding(line)
        if len(listed) < counts[code]:
            sheet.section(f"{code}: liệt kê {number_vi(len(listed))} trong số {number_vi(counts[code])} lỗi.")
    return Listing(sheet.xml(header_row), header_row, sheet.rows)


def listings(content: bytes, names: Sequence[str]) -> list[str]:
    """Which sheets of a workbook are sheets of findings of an earlier return."""
    candidates = [name for name in names if is_listing_name(name)]
    if not candidates:
        return []
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
    found = []
    for name in candidates:
        rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False, nrows=1)
        if is_listing(name, rows):  # type: ignore[arg-type]
            found.append(name)
    return found


def location(sheet: str, cell: str) -> str:
    """A place in the workbook as links write it; apostrophes in a sheet's name are doubled."""
    quoted = sheet.replace("'", "''")
    return f"'{quoted}'!{cell}"


def _totals(order: Sequence[str], counts: Mapping[str, int]) -> str:
    if not order:
        return NO_FINDINGS
    by_severity = dict.fromkeys(SEVERITIES, 0)
    for code in order:
        by_severity[rules()[code].severity] += counts[code]
    parts = [f"{number_vi(count)} {SEVERITIES[severity].vi}" for severity, count in by_severity.items() if count]
    return f"Có {number_vi(sum(by_severity.values()))} lỗi thuộc {len(order)} loại: {', '.join(parts)}."


class _Sheet:
    def __init__(self, styles: Styles) -> None:
        self.rows = 0
        self._styles = styles
        self._xml: list[str] = []
        self._merged: list[str] = []
        self._links: list[str] = []
        self._body, self._link = styles.body(), styles.link()

    def row(self, texts: Sequence[str], style: Sequence[int], height: float | None = None) -> int:
        self.rows += 1
        number = self.rows
        fixed = f' ht="{height:g}" customHeight="1"' if height else ""
        cells = "".join(
            _cell(address(number, column), one, text)
            for column, (text, one) in enumerate(zip(texts, style, strict=True), start=1)
        )
        self._xml.append(f'<row r="{number}"{fixed}>{cells}</row>')
        return number

    def wide(self, text: str, style: int, lines: int | None = None) -> None:
        """One text over all columns: merged cells don't grow by themselves, so the height is given."""
        lines = lines or sum(1 + len(part) // (sum(_WIDTHS) - 20) for part in text.split("\n"))
        number = self.row([text] + [""] * (_LAST - 1), [style] * _LAST, min(400, lines * _LINE_POINTS + 5))
        self._merged.append(f"A{number}:{address(number, _LAST)}")

    def section(self, text: str) -> None:
        self.wide(text, self._styles.section())

    def cause(self, code: str, count: int, lines: Sequence[Line]) -> None:
        words = mendings()[code]
        severity = rules()[code].severity
        examples = sorted(lines, key=lambda line: line.place is None)[:_EXAMPLES]
        shown = [_shown(line) for line in examples] + [""] * (_EXAMPLES - len(examples))
        linked = [line.place is not None for line in examples] + [False] * (_EXAMPLES - len(examples))
        texts = (code, SEVERITIES[severity].vi, f"{number_vi(count)} lỗi", *shown, words.meaning, words.mending)
        coloured = self._styles.body(severity)
        styles = [coloured, coloured, self._body] + [self._link if link else self._body for link in linked]
        number = self.row(texts, [*styles, self._body, self._body], self._height(texts))
        for offset, line in enumerate(examples):
            if line.place is not None:
                self._link_to(number, 4 + offset, line)

    def finding(self, line: Line) -> None:
        severity = SEVERITIES[line.severity].vi + (" (đã được miễn)" if line.waived else "")
        cell = address(line.row, line.column) if line.row and line.column else ""
        has_link = line.place is not None and len(self._links) < _LINKS_MAX
        texts = (line.rule, severity, line.sheet_shown, cell, line.value, line.expected, line.message)
        coloured = self._styles.body(line.severity)
        styles = [coloured, coloured, self._body, self._link if has_link else self._body] + [self._body] * 4
        mending = mendings()[line.rule].mending
        number = self.row((*texts, mending), styles, self._height((*texts, mending)))
        if has_link:
            self._link_to(number, 4, line)

    def xml(self, header_row: int) -> bytes:
        columns = "".join(
            f'<col min="{number}" max="{number}" width="{width}" customWidth="1"/>'
            for number, width in enumerate(_WIDTHS, start=1)
        )
        below = f"A{header_row + 1}"
        links = f"<hyperlinks>{''.join(self._links)}</hyperlinks>" if self._links else ""
        merged = "".join(f'<mergeCell ref="{one}"/>' for one in self._merged)
        return (
            f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<worksheet xmlns="{MAIN}">'
            '<sheetPr><tabColor rgb="FFC00000"/><pageSetUpPr fitToPage="1"/></sheetPr>'
            f'<dimension ref="A1:{address(self.rows, _LAST)}"/>'
            '<sheetViews><sheetView showGridLines="0" tabSelected="1" workbookViewId="0">'
            f'<pane ySplit="{header_row}" topLeftCell="{below}" activePane="bottomLeft" state="frozen"/>'
            f'<selection pane="bottomLeft" activeCell="{below}" sqref="{below}"/></sheetView></sheetViews>'
            f'<sheetFormatPr defaultRowHeight="15"/><cols>{columns}</cols><sheetData>{"".join(self._xml)}</sheetData>'
            f'<autoFilter ref="A{header_row}:{address(self.rows, _LAST)}"/>'
            f'<mergeCells count="{len(self._merged)}">{merged}</mergeCells>{links}'
            '<pageMargins left="0.4" right="0.4" top="0.5" bottom="0.6" header="0.3" footer="0.3"/>'
            '<pageSetup paperSize="9" orientation="landscape" fitToWidth="1" fitToHeight="0"/>'
            "<headerFooter><oddFooter>&amp;L&amp;A&amp;RTrang &amp;P/&amp;N</oddFooter></headerFooter></worksheet>"
        ).encode()

    def _height(self, texts: Sequence[str]) -> float:
        lines = 1
        for text, width in zip(texts, _WIDTHS, strict=True):
            if len(text) >= width or "\n" in text:
                lines = max(lines, sum(1 + int(len(part) / (width * 1.08)) for part in text.split("\n")))
        return min(400, lines * 13.5 + 3)

    def _link_to(self, row: int, column: int, line: Line) -> None:
        assert line.place is not None
        if len(self._links) < _LINKS_MAX:
            sheet, *cell = line.place
            target = xml_text(location(sheet, address(*cell)))
            self._links.append(f'<hyperlink ref="{address(row, column)}" location="{target}"/>')


def _cell(place: str, style: int, text: str) -> str:
    """A cell that holds text, whatever the text looks like."""
    if not text:
        return f'<c r="{place}" s="{style}"/>'
    return f'<c r="{place}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{xml_text(text)}</t></is></c>'


def _shown(line: Line) -> str:
    """An example in short: its cell, or its value where it has none."""
    if line.place is None:
        return line.value
    return f"{line.sheet_shown}!{address(line.place[1], line.place[2])}"
