"""A fresh .xlsx with the values of a file that is none, or that can't be changed in place, at the same addresses."""

import datetime as dt
import io
import math
import re
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from textwrap import wrap

from forms.dictionary import sheets
from forms.layout import column_letter
from tasks.annotate.lines import MAX_COLUMNS, MAX_ROWS
from tasks.annotate.package import CONTENT_TYPES, MAIN, OFFICE, RELATIONSHIPS
from tasks.annotate.text import CELL_CHARACTERS, clean, xml_text
from tasks.read.formats import open_book
from tasks.read.grid import Cells, Grid, Span
from tasks.values import EPOCH_1900, EPOCH_1904, ERROR_TEXTS, CellFault, CellValue

_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_APPLIED = ' applyNumberFormat="1"'
_NAME_CHARACTERS = 31
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
# Column widths follow the first rows: the header and some data. Most of the cells fit, the others wrap.
_WIDTH_ROWS, _FITTING = 100, 0.8
_WIDTH_MIN, _WIDTH_MAX = 6, 40
_LINE_POINTS, _HIGHEST = 15, 400
_HIDDEN = ' hidden="1"'
# Before March 1900 a spreadsheet counts a day that never was.
_FIRST_DAY, _DAY = dt.date(1900, 3, 1), dt.timedelta(days=1)
# Up to here a whole number that is stored with a point is written without one.
_EXACT = 2**53
# Errors that a cell of .xlsx can hold as such.
_NO_VALUE = "#N/A"
_ERRORS = frozenset(("#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", _NO_VALUE))
_FORMULA_STARTS = "=+-@\t\r'"
_WRAP = '<alignment wrapText="1"/>'
_QUOTED, _WRAPS = ' quotePrefix="1"', ' applyAlignment="1"'
# Number format and further attributes of each cell style; 21 is h:mm:ss, 46 is [h]:mm:ss.
_CELL_FORMATS = (
    *((0, ""), (0, _QUOTED), (164, _APPLIED), (165, _APPLIED), (21, _APPLIED), (46, _APPLIED)),
    *((0, _WRAPS), (0, _QUOTED + _WRAPS)),
)
_LITERAL, _DATE, _MOMENT, _TIME, _DURATION = range(1, 6)
# Added to a style of text.
_WRAPPED = 6


@dataclass
class Fresh:
    """The new workbook; `names` gives its sheet for each name that a finding may use for the sender's."""

    content: bytes
    names: dict[str, str] = field(default_factory=dict)


def rewrite(content: bytes) -> Fresh:
    """The sheets of a file of any format as a fresh .xlsx, as the reader has them: every value at its address.

    Errors, merged and hidden cells and the calendar are the sender's too, so that the new workbook reads as the old
    one. Raises tasks.faults.Unreadable for a file that can't be opened.
    """
    book = open_book(content, "")
    # A file of nothing but charts has no sheet of cells, and .xlsx must have one.
    grids = book.grids or {"": Grid([])}
    own_names = {name: sheets()[key].name_vi for key, name in (book.sheets or {}).items()}
    names: dict[str, str] = {}
    used: set[str] = set()
    entries: list[str] = []
    buffer = io.BytesIO()
    # Nothing is compressed: the parts are read again at once.
    with zipfile.ZipFile(buffer, "w") as archive:
        for number, (known_as, grid) in enumerate(grids.items(), start=1):
            name = names[known_as] = _free_name(own_names.get(known_as, known_as), used)
            if book.sheets is not None:
                names.setdefault(PurePosixPath(known_as).stem, name)
            hidden = ' state="hidden"' if grid.is_hidden else ""
            entries.append(f'<sheet name="{xml_text(name)}" sheetId="{number}"{hidden} r:id="rId{number}"/>')
            archive.writestr(zipfile.ZipInfo(f"xl/worksheets/sheet{number}.xml"), _sheet_xml(grid, book.epoch))
        for part, xml in _parts_around(entries, book.epoch).items():
            archive.writestr(zipfile.ZipInfo(part), _DECLARATION + xml)
    return Fresh(buffer.getvalue(), names)


def _free_name(name: str, used: set[str]) -> str:
    """A sheet name that .xlsx allows and that is not taken."""
    plain = _NOT_IN_NAMES.sub("_", clean(name)).strip().strip("'")[:_NAME_CHARACTERS] or "Trang"
    free, number = plain, 1
    while free.casefold() in used or free.casefold() == "history":
        number += 1
        free = f"{plain[: _NAME_CHARACTERS - 6]} ({number})"
    used.add(free.casefold())
    return free


def _sheet_xml(grid: Grid, epoch: dt.date) -> bytes:
    columns = min(MAX_COLUMNS, max(map(len, grid.rows), default=0))
    hidden_rows, hidden_columns = _places(grid.hidden_rows, len(grid.rows)), _places(grid.hidden_columns, columns)
    widths = _widths(grid.rows[:_WIDTH_ROWS], columns)
    described = "".join(
        f'<col min="{column}" max="{column}" width="{width}" customWidth="1"'
        f"{_HIDDEN if column in hidden_columns else ''}/>"
        for column, width in enumerate(widths, start=1)
    )
    head = f'{_DECLARATION}<worksheet xmlns="{MAIN}"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>'
    head += (f"<cols>{described}</cols>" if described else "") + "<sheetData>"
    letters = [column_letter(column) for column in range(columns)]
    unlimited = [CELL_CHARACTERS] * columns
    pieces = [head.encode()]
    for number, cells in enumerate(grid.rows[:MAX_ROWS], start=1):
        wraps = number <= _WIDTH_ROWS and not _is_title(cells)
        # Not strict: columns past the last one of a sheet are left out.
        row = "".join(
            [
                f'<c r="{letter}{number}"{_content(value, epoch, width)}'
                for letter, value, width in zip(letters, cells, widths if wraps else unlimited, strict=False)
                if value != "" and value is not None
            ]
        )
        if row:
            shape = _HIDDEN if number in hidden_rows else ""
            if wraps and (lines := _lines(cells, widths)) > 1:
                shape += f' ht="{min(_HIGHEST, lines * _LINE_POINTS)}" customHeight="1"'
            pieces.append(f'<row r="{number}"{shape}>{row}</row>'.encode())
    pieces.append(b"</sheetData>")
    if grid.merged:
        merged = "".join(
            f'<mergeCell ref="{column_letter(left)}{top + 1}:{column_letter(right)}{bottom + 1}"/>'
            for (top, left), (bottom, right) in grid.merged
        )
        pieces.append(f'<mergeCells count="{len(grid.merged)}">{merged}</mergeCells>'.encode())
    pieces.append(b'<pageSetup paperSize="9" orientation="landscape" fitToWidth="1" fitToHeight="0"/>')
    if columns:
        # Codes are text: no green corner on each of them.
        area = f"A1:{letters[-1]}{len(grid.rows)}"
        ignored = f'<ignoredErrors><ignoredError sqref="{area}" numberStoredAsText="1"/></ignoredErrors>'
        pieces.append(ignored.encode())
    pieces.append(b"</worksheet>")
    return b"".join(pieces)


def _places(spans: Iterable[Span], end: int) -> set[int]:
    """The numbers, counted from 1, of what lies in these spans."""
    return {at + 1 for first, last in spans for at in range(first, min(last + 1, end))}


def _content(value: CellValue, epoch: dt.date, width: int) -> str:
    """The rest of a cell after its address: its style, type and value. Text longer than `width` wraps."""
    if isinstance(value, CellFault) and (value in _ERRORS or value not in ERROR_TEXTS):
        # A formula that was never calculated has no value either, and must not come back as live text.
        return f' t="e"><v>{value if value in _ERRORS else _NO_VALUE}</v></c>'
    if isinstance(value, str):
        # Text that begins like a formula stays text when the cell is edited, too.
        style = (_LITERAL if value[0] in _FORMULA_STARTS else 0) + (_WRAPPED if len(value) > width else 0)
        styled = f' s="{style}"' if style else ""
        return f'{styled} t="inlineStr"><is><t xml:space="preserve">{xml_text(value)}</t></is></c>'
    if isinstance(value, bool):
        return f' t="b"><v>{value:d}</v></c>'
    if isinstance(value, (int, float)):
        if not math.isfinite(value):
            return _content(str(value), epoch, width)
        number = int(value) if abs(value) < _EXACT and value == int(value) else value
        return f"><v>{number!r}</v></c>"
    style_number, serial = _serial(value, epoch)
    if serial is None:
        return _content(str(value), epoch, width)
    return f' s="{style_number}"><v>{serial!r}</v></c>'


def _serial(value: dt.date | dt.time | dt.timedelta | None, epoch: dt.date) -> tuple[int, float | None]:
    """The style and the number of days by which a spreadsheet knows a moment; None before its calendar begins."""
    first_day = _FIRST_DAY if epoch == EPOCH_1900 else epoch
    if isinstance(value, dt.timedelta):
        return _DURATION, value / _DAY
    if isinstance(value, dt.time):
        return _TIME, (dt.datetime.combine(epoch, value) - dt.datetime.combine(epoch, dt.time())) / _DAY
    if isinstance(value, dt.datetime) and value.time() != dt.time():
        serial = (value.replace(tzinfo=None) - dt.datetime.combine(epoch, dt.time())) / _DAY
        return _MOMENT, serial if value.date() >= first_day else None
    if isinstance(value, dt.date):
        day = value.date() if isinstance(value, dt.datetime) else value
        return _DATE, (day - epoch).days if day >= first_day else None
    return 0, None


def _widths(rows: Iterable[Cells], columns: int) -> list[int]:
    """In characters: most of the cells fit, and no word of the others is broken."""
    tables = [cells for cells in rows if not _is_title(cells)]
    widths = []
    for column in range(columns):
        texts = ["" if column >= len(cells) else _text(cells[column]) for cells in tables]
        lengths = sorted(map(len, texts)) or [0]
        words = max((len(word) for text in texts for word in text.split()), default=0)
        width = max(words, lengths[int(_FITTING * (len(lengths) - 1))]) + 2
        widths.append(max(_WIDTH_MIN, min(_WIDTH_MAX, width)))
    return widths


def _text(value: CellValue) -> str:
    """About what a cell shows."""
    return "" if value is None else "00/00/0000" if isinstance(value, dt.date) else str(value)


def _lines(cells: Cells, widths: list[int]) -> int:
    """How many lines of text the highest cell of a row has."""
    wrapped = (len(wrap(_text(value), width)) for value, width in zip(cells, widths, strict=False))
    return max(wrapped, default=1)


def _is_title(cells: Cells) -> bool:
    """Whether a row has one cell only: its text runs over those beside it."""
    return sum(value not in (None, "") for value in cells) == 1


def _parts_around(entries: list[str], epoch: dt.date) -> dict[str, str]:
    """The parts of an .xlsx beside its sheets, as small as Excel takes them."""
    office = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    numbers = range(1, len(entries) + 1)
    sheet_types = "".join(
        f'<Override PartName="/xl/worksheets/sheet{number}.xml" ContentType="{office}.worksheet+xml"/>'
        for number in numbers
    )
    sheet_relations = "".join(
        f'<Relationship Id="rId{number}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{number}.xml"/>'
        for number in numbers
    )
    calendar = '<workbookPr date1904="1"/>' if epoch == EPOCH_1904 else ""
    styles_id = f"rId{len(entries) + 1}"
    formats = "".join(
        f'<xf numFmtId="{number}" fontId="0" fillId="0" borderId="0" xfId="0"{more}>'
        f"{_WRAP if _WRAPS in more else ''}</xf>"
        for number, more in _CELL_FORMATS
    )
    return {
        "[Content_Types].xml": f'<Types xmlns="{CONTENT_TYPES}">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{office}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{office}.styles+xml"/>{sheet_types}</Types>',
        "_rels/.rels": f'<Relationships xmlns="{RELATIONSHIPS}">'
        f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">{calendar}'
        f"<bookViews><workbookView/></bookViews><sheets>{''.join(entries)}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{RELATIONSHIPS}">{sheet_relations}'
        f'<Relationship Id="{styles_id}" Type="{OFFICE}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}">'
        '<numFmts count="2"><numFmt numFmtId="164" formatCode="dd/mm/yyyy"/>'
        '<numFmt numFmtId="165" formatCode="dd/mm/yyyy hh:mm"/></numFmts>'
        '<fonts count="1"><font><sz val="11"/><name val="Calibri"/><family val="2"/></font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill>'
        '<fill><patternFill patternType="gray125"/></fill></fills>'
        '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        f'<cellXfs count="{len(_CELL_FORMATS)}">{formats}</cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
    }
