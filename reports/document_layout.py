"""How the provincial report looks: the measures of Decree 30/2020/NĐ-CP, Appendix I, and the parts a page is made of.

Parts are put into a python-docx document (or one of its cells). What stands in braces is filled by docxtpl.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor, Twips

FONT = "Times New Roman"
# Points. The decree: 12 to 13 for names above, 13 to 14 for motto, title and text, 11 to 12 for recipients.
NAMES, TEXT, TITLE, TABLE, RECIPIENTS = 12, 13, 14, 11, 11
# Millimetres: upper, lower 20-25, left 30-35, right 15-20.
MARGINS = {"top_margin": 20, "bottom_margin": 20, "left_margin": 30, "right_margin": 15}
WIDTH = 210 - MARGINS["left_margin"] - MARGINS["right_margin"]
# Millimetres between a cell's border and its text.
CELL_MARGIN = 1
LEFT = WD_ALIGN_PARAGRAPH.LEFT
_CENTRE, _RIGHT, _JUSTIFY = WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.RIGHT, WD_ALIGN_PARAGRAPH.JUSTIFY
_INDENT_MM = 12.7
# Of a paragraph's properties, those that the schema wants after its borders and that are used here.
_AFTER_BORDERS = ("w:spacing", "w:ind", "w:jc", "w:rPr")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a printed table: its title, the field of each row, its width in millimetres, left or right.

    What stands to the right is a number, which is never broken over two lines.
    """

    title: str
    field: str
    width: float
    left: bool = False


def set_up(document: Any, foot: str) -> None:
    """Paper, fonts, page numbers, and what stands at the foot of each page."""
    section = document.sections[0]
    section.orientation = WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = Mm(210), Mm(297)
    for name, millimetres in MARGINS.items():
        setattr(section, name, Mm(millimetres))
    section.header_distance = section.footer_distance = Mm(10)
    section.different_first_page_header_footer = True
    for name in ("Normal", "Heading 1", "Heading 2"):
        style = document.styles[name]
        style.font.name, style.font.size, style.font.bold = FONT, Pt(TEXT), name != "Normal"
        style.font.color.rgb = RGBColor(0, 0, 0)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for attribute in [key for key in fonts.attrib if "Theme" in key]:
            del fonts.attrib[attribute]
        for script in ("w:ascii", "w:hAnsi", "w:cs", "w:eastAsia"):
            fonts.set(qn(script), FONT)
        style.paragraph_format.space_before = Pt(6)
        style.paragraph_format.space_after = Pt(0)
        style.paragraph_format.keep_with_next = name != "Normal"
    for language in document.styles.element.iter(qn("w:lang")):
        language.set(qn("w:val"), "vi-VN")
    properties = document.core_properties
    properties.author = properties.last_modified_by = properties.comments = ""
    properties.title = "Báo cáo kết quả giảm nghèo"
    properties.created = properties.modified = dt.datetime(2020, 1, 1)
    number = section.header.paragraphs[0]
    number.alignment = _CENTRE
    _page_number(number)
    for footer in (section.footer, section.first_page_footer):
        _run(footer.paragraphs[0], foot, size=9, italic=True)


def heading(document: Any, text: str) -> None:
    """The title of a part."""
    paragraph = document.add_paragraph(style="Heading 1")
    paragraph.paragraph_format.space_before = Pt(12)
    _run(paragraph, text)


def subheading(document: Any, text: str) -> None:
    """The title of a section in a part."""
    paragraph = document.add_paragraph(style="Heading 2")
    paragraph.paragraph_format.first_line_indent = Mm(_INDENT_MM)
    paragraph.paragraph_format.space_after = Pt(3)
    _run(paragraph, text)


def caption(document: Any, text: str) -> None:
    """What stands directly above a table, and never at the foot of a page without it."""
    paragraph = document.add_paragraph()
    paragraph.paragraph_format.keep_with_next = True
    paragraph.paragraph_format.space_after = Pt(3)
    _run(paragraph, text, italic=True)


def body_text(document: Any, text: str, *, indent: bool = True) -> None:
    """A paragraph of the report."""
    paragraph = document.add_paragraph()
    paragraph.alignment = _JUSTIFY
    paragraph.paragraph_format.line_spacing = 1.15
    paragraph.paragraph_format.space_after = Pt(3)
    if indent:
        paragraph.paragraph_format.first_line_indent = Mm(_INDENT_MM)
    _run(paragraph, text)


def when(document: Any, condition: str) -> None:
    """From here to `end`: printed where a field is true."""
    line(document, f"{{%p if {condition} %}}", TEXT)


def end(document: Any) -> None:
    """The end of what `when` began."""
    line(document, "{%p endif %}", TEXT)


def unless(document: Any, condition: str, text: str) -> None:
    """A paragraph that is printed where a field is false."""
    line(document, f"{{%p if not {condition} %}}", TEXT)
    body_text(document, text)
    end(document)


def table(document: Any, rows: str, columns: Sequence[Column]) -> None:
    """A row for each of a field's rows, bold where it is marked is_total. The header comes again on each page."""
    table = document.add_table(rows=4, cols=len(columns), style="Table Grid")
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    _narrow_margins(table)
    head, start, body, end = table.rows
    _mark(head, "w:tblHeader")
    for row in table.rows:
        _mark(row, "w:cantSplit")
    for place, column in enumerate(columns):
        _widen(table, place, column.width)
        _cell(head.cells[place], column.title, _CENTRE, bold=True)
        # A plain text for most rows and a bold one for totals: a run cannot change its weight by a field.
        cell = body.cells[place]
        align = LEFT if column.left else _RIGHT
        if not column.left:
            cell._tc.get_or_add_tcPr().append(OxmlElement("w:noWrap"))
        _cell(cell, f"{{% if not row.is_total %}}{{{{ row.{column.field} }}}}{{% endif %}}", align)
        _run(
            cell.paragraphs[0],
            f"{{% if row.is_total %}}{{{{ row.{column.field} }}}}{{% endif %}}",
            size=TABLE,
            bold=True,
        )
    _cell(start.cells[0], f"{{%tr for row in {rows} %}}", LEFT)
    _cell(end.cells[0], "{%tr endfor %}", LEFT)
    after = document.add_paragraph().paragraph_format
    after.space_before, after.line_spacing = Pt(0), Pt(6)


def _cell(cell: Any, text: str, align: Any, *, bold: bool = False) -> None:
    paragraph = cell.paragraphs[0]
    paragraph.alignment = align
    paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(1)
    _run(paragraph, text, size=TABLE, bold=bold)


def cells(document: Any, left: float, right: float) -> tuple[Any, Any]:
    """Two places side by side without lines, widths in millimetres."""
    table = document.add_table(rows=1, cols=2)
    table.autofit = False
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    cells = table.rows[0].cells
    _mark(table.rows[0], "w:cantSplit")
    for place, width in enumerate((left, right)):
        _widen(table, place, width)
        cell = cells[place]
        # A cell is born with an empty paragraph.
        cell.paragraphs[0]._element.getparent().remove(cell.paragraphs[0]._element)
    return cells[0], cells[1]


def _narrow_margins(table: Any) -> None:
    """A millimetre beside each text; Word's own two would take a third of a column of numbers."""
    margins = OxmlElement("w:tblCellMar")
    for side in ("w:left", "w:right"):
        margin = OxmlElement(side)
        margin.set(qn("w:w"), str(round(Mm(CELL_MARGIN) / Twips(1))))
        margin.set(qn("w:type"), "dxa")
        margins.append(margin)
    # The schema wants the margins before what says how the table looks.
    table._tbl.tblPr.insert_element_before(margins, "w:tblLook")


def _widen(table: Any, place: int, millimetres: float) -> None:
    """Word goes by the cells' widths, LibreOffice by the grid's."""
    table.columns[place].width = Mm(millimetres)
    for cell in table.columns[place].cells:
        cell.width = Mm(millimetres)


def line(
    place: Any,
    text: str,
    size: float,
    *,
    bold: bool = False,
    italic: bool = False,
    align: Any = _CENTRE,
    before: float = 0,
) -> None:
    """A single line of its own size, centred unless said otherwise."""
    paragraph = place.add_paragraph()
    paragraph.alignment = align
    paragraph.paragraph_format.space_before = Pt(before)
    paragraph.paragraph_format.space_after = Pt(0)
    _run(paragraph, text, size=size, bold=bold, italic=italic)


def rule(place: Any, width: float, length: float) -> None:
    """A line of so many millimetres in the middle of a place so wide."""
    paragraph = place.add_paragraph()
    form = paragraph.paragraph_format
    form.space_before = form.space_after = Pt(0)
    form.line_spacing = Pt(4)
    form.left_indent = form.right_indent = Mm((width - length) / 2)
    borders = OxmlElement("w:pBdr")
    top = OxmlElement("w:top")
    for name, value in (("w:val", "single"), ("w:sz", "6"), ("w:space", "1"), ("w:color", "000000")):
        top.set(qn(name), value)
    borders.append(top)
    paragraph._element.get_or_add_pPr().insert_element_before(borders, *_AFTER_BORDERS)


def _run(
    paragraph: Any, text: str, *, size: float | None = None, bold: bool | None = None, italic: bool = False
) -> None:
    run = paragraph.add_run(text)
    run.font.size = None if size is None else Pt(size)
    run.bold, run.italic = bold or None, italic or None


def _page_number(paragraph: Any) -> None:
    for kind, text in (("begin", ""), ("", "PAGE"), ("end", "")):
        run = paragraph.add_run()
        element = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            element.set(qn("w:fldCharType"), kind)
        else:
            element.text = text
        run._element.append(element)


def _mark(row: Any, name: str) -> None:
    row._tr.get_or_add_trPr().append(OxmlElement(name))
