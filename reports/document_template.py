"""Builds `report_template.docx`, the Word form of the provincial report: `python -m reports.document_template`.

Layout follows Appendix I of Decree 30/2020/NĐ-CP: A4, Times New Roman, national name and motto to the right,
issuing body to the left, the page's number in the upper margin from the second page on, recipients and signature
at the end. The fields in braces are those of `reports/narrative.py`; docxtpl fills them. Words and layout are
changed here, and the file made again.
"""

import datetime as dt
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from reports.zipped import same_bytes

TEMPLATE = Path(__file__).parent / "report_template.docx"
FONT = "Times New Roman"
# Points. The decree: 12 to 13 for names above, 13 to 14 for motto, title and text, 11 to 12 for recipients.
NAMES, TEXT, TITLE, TABLE, RECIPIENTS = 12, 13, 14, 11, 11
# Millimetres: upper, lower 20-25, left 30-35, right 15-20.
MARGINS = {"top_margin": 20, "bottom_margin": 20, "left_margin": 30, "right_margin": 15}
_WIDTH = 210 - MARGINS["left_margin"] - MARGINS["right_margin"]
_LEFT, _CENTRE, _RIGHT = WD_ALIGN_PARAGRAPH.LEFT, WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.RIGHT
_JUSTIFY = WD_ALIGN_PARAGRAPH.JUSTIFY
_INDENT_MM = 12.7

_NO_FIGURES = "Chưa có số liệu của kỳ này."
RECIPIENT_LINES = (
    "- Bộ Lao động - Thương binh và Xã hội (b/c);",
    "- Thường trực Tỉnh ủy (b/c);",
    "- Thường trực HĐND tỉnh (b/c);",
    "- VP Quốc gia giảm nghèo;",
    "- CT, các PCT UBND tỉnh;",
    "- Ủy ban MTTQ VN tỉnh Cà Mau;",
    "- Các sở, ngành cấp tỉnh;",
    "- UBND các huyện, TP. Cà Mau;",
    "- Lưu: VT, KGVX.",
)


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of a printed table: its title, the field of each row, its width in millimetres, left or right."""

    title: str
    field: str
    width: float
    left: bool = False


def build_template() -> bytes:
    """The template as a file's bytes; the same each time."""
    document = Document()
    _set_up(document)
    _head(document)
    _body(document)
    _foot(document)
    buffer = io.BytesIO()
    document.save(buffer)
    return same_bytes(buffer.getvalue())


def _set_up(document: Any) -> None:
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
        _run(footer.paragraphs[0], "{{ release_line }}", size=9, italic=True)


def _head(document: Any) -> None:
    """Names, number, place and date, title: elements 1 to 5 of the decree's form."""
    left, right = _cells(document, 64, _WIDTH - 64)
    _line(left, "ỦY BAN NHÂN DÂN", NAMES, bold=True)
    _line(left, "TỈNH CÀ MAU", NAMES, bold=True)
    _rule(left, 64, 22)
    _line(left, "Số:          /BC-UBND", TEXT, before=8)
    _line(right, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", NAMES, bold=True)
    _line(right, "Độc lập - Tự do - Hạnh phúc", TEXT, bold=True)
    _rule(right, _WIDTH - 64, 58)
    _line(right, "Cà Mau, ngày        tháng        năm            ", TEXT, italic=True, before=8)
    for text, before in (("BÁO CÁO", 14), ("{{ subject }}", 0)):
        _line(document, text, TITLE, bold=True, before=before)
    _rule(document, _WIDTH, 50)
    _line(document, "{%p for warning in warnings %}", TEXT)
    _line(document, "{{ warning }}", TEXT, bold=True, before=6)
    _line(document, "{%p endfor %}", TEXT)
    _when(document, "sample_note")
    _line(document, "({{ sample_note }})", TABLE, italic=True)
    _end(document)


def _body(document: Any) -> None:
    _text(
        document,
        "Thực hiện Kế hoạch số 19/KH-UBND ngày 11 tháng 02 năm 2020 của Ủy ban nhân dân tỉnh về thực hiện công tác "
        "giảm nghèo bền vững năm 2020 (sau đây gọi là Kế hoạch), Ủy ban nhân dân tỉnh báo cáo kết quả đến ngày "
        "{{ period_long }} như sau:",
    )
    _results(document)
    _movements(document)
    _targets(document)
    _deprivations(document)
    _policies(document)
    _reporting(document)
    _plan(document)
    _heading(document, "VIII. NHIỆM VỤ TRONG THỜI GIAN TỚI")
    for _ in range(3):
        _text(document, "." * 120, indent=False)
    _text(document, "Trên đây là kết quả thực hiện công tác giảm nghèo đến ngày {{ period_long }}./.")


def _results(document: Any) -> None:
    _heading(document, "I. KẾT QUẢ RÀ SOÁT HỘ NGHÈO, HỘ CẬN NGHÈO")
    _text(
        document,
        "Số liệu tổng hợp từ báo cáo tháng {{ month }} của {{ reported }}/{{ expected }} huyện, thành phố."
        "{% if missing %} Chưa có báo cáo của: {{ missing }}; số toàn tỉnh dưới đây là tổng của các huyện đã báo cáo, "
        "chưa phải số chính thức và không so sánh với cuối năm 2019.{% endif %}",
    )
    _when(document, "has_figures")
    _subheading(document, "1. Hộ nghèo")
    _text(document, _sentence("poor", "hộ nghèo"))
    _text(document, "- Hộ nghèo về thu nhập: {{ poor.income_poor }} hộ với {{ poor.income_poor_persons }} khẩu.")
    _text(
        document,
        "- Hộ nghèo thiếu hụt tiếp cận các dịch vụ xã hội cơ bản: {{ poor.services_deprived }} hộ với "
        "{{ poor.services_deprived_persons }} khẩu; trong đó thiếu hụt bảo hiểm y tế "
        "{{ poor.services_deprived_no_insurance }} hộ với {{ poor.services_deprived_no_insurance_persons }} khẩu.",
    )
    _text(document, _groups("poor", "hộ nghèo"))
    _subheading(document, "2. Hộ cận nghèo")
    _text(document, _sentence("near_poor", "hộ cận nghèo"))
    _text(document, _groups("near_poor", "hộ cận nghèo"))
    _end(document)
    _subheading(document, "{% if has_figures %}3. {% endif %}Theo huyện, thành phố")
    _table(
        document,
        "districts",
        (
            _Column("TT", "order", 9),
            _Column("Đơn vị", "name", 40, left=True),
            _Column("Tổng số hộ dân cư", "residents", 20),
            _Column("Hộ nghèo", "poor", 16),
            _Column("Tỷ lệ (%)", "poor_rate", 15),
            _Column("Tỷ lệ trừ BTXH (%)", "poor_rate_without", 17),
            _Column("Hộ cận nghèo", "near_poor", 16),
            _Column("Tỷ lệ (%)", "near_poor_rate", 15),
            _Column("Tỷ lệ trừ BTXH (%)", "near_poor_rate_without", 17),
        ),
    )


def _of(group: str, text: str) -> str:
    """A sentence about one of the two classes: its fields are written [households] for {{ poor.households }}."""
    return text.replace("[", "{{ " + group + ".").replace("]", " }}")


def _sentence(group: str, name: str) -> str:
    """Count and rate, with what changed since the end of 2019 where the two can be compared."""
    return _of(
        group,
        f"Toàn tỉnh có [households] {name} với [persons] khẩu, chiếm tỷ lệ [rate]% trong tổng số {{{{ residents }}}} "
        f"hộ dân cư{{% if {group}.households_change %}}; so với cuối năm 2019 ([households_before] hộ, [rate_before]%) "
        "số hộ [households_change], tỷ lệ [rate_change]{% endif %}. "
        f"Trừ [social_protection] {name} thuộc chính sách bảo trợ xã hội thì tỷ lệ là [rate_without]%"
        f"{{% if {group}.rate_without_change %}}, [rate_without_change] so với cuối năm 2019 ([rate_without_before]%)"
        "{% endif %}.",
    )


def _groups(group: str, name: str) -> str:
    return _of(
        group,
        f"- Trong số {name} có [minority] hộ dân tộc thiểu số, riêng dân tộc Khmer [khmer] hộ"
        f"{{% if {group}.rate_khmer %}}, chiếm [rate_khmer]% tổng số hộ dân tộc Khmer{{% endif %}}"
        f"{{% if {group}.khmer_change %}} ([khmer_change] so với cuối năm 2019){{% endif %}}; "
        "[female_headed] hộ có chủ hộ là nữ; [merit_words].",
    )


def _movements(document: Any) -> None:
    _heading(document, "II. DIỄN BIẾN HỘ NGHÈO, HỘ CẬN NGHÈO {{ span|upper }}")
    _when(document, "movement_lines")
    for group, name in (("poor", "Hộ nghèo"), ("near_poor", "Hộ cận nghèo")):
        year = _of(
            f"{group}_movement",
            f"- {name}: đầu kỳ [opening] hộ; ra khỏi danh sách [exits] hộ, vào danh sách [entries] hộ; "
            "cuối kỳ [closing] hộ, [net].",
        )
        month = _of(f"{group}_month", " Riêng tháng {{ month }}: ra [exits] hộ, vào [entries] hộ, [net].")
        _text(document, year + month)
    _table(
        document,
        "movement_lines",
        (
            _Column("Hộ nghèo", "poor", 50, left=True),
            _Column("Hộ", "poor_households", 16),
            _Column("Khẩu", "poor_persons", 16),
            _Column("Hộ cận nghèo", "near_poor", 50, left=True),
            _Column("Hộ", "near_poor_households", 16),
            _Column("Khẩu", "near_poor_persons", 16),
        ),
    )
    _text(
        document,
        "Hộ chuyển giữa hai nhóm (hộ nghèo thành cận nghèo, hộ cận nghèo thành nghèo) được tính là ra ở nhóm này và "
        "vào ở nhóm kia.",
    )
    _end(document)
    _unless(document, "movement_lines", _NO_FIGURES)


def _targets(document: Any) -> None:
    _heading(document, "III. KẾT QUẢ THỰC HIỆN CHỈ TIÊU CỦA KẾ HOẠCH")
    _when(document, "has_targets")
    _subheading(document, "1. Toàn tỉnh (mục II.1 và V.1 của Kế hoạch)")
    _text(document, "{{ target_words }}")
    _table(
        document,
        "targets",
        (
            _Column("Chỉ tiêu", "name", 56, left=True),
            _Column("Mục", "section", 18, left=True),
            _Column("Cuối năm 2019", "baseline", 18),
            _Column("Chỉ tiêu 2020", "target", 18),
            _Column("Thực hiện", "actual", 18),
            _Column("Đạt (%)", "achieved", 17),
            _Column("Kết quả", "status", 20, left=True),
        ),
    )
    _text(
        document,
        "Kế hoạch in riêng điểm %, số hộ và tỷ lệ cuối năm; ba con số không khớp nhau (phần VII) nên được đánh giá "
        "riêng. BTXH: hộ thuộc chính sách bảo trợ xã hội.",
    )
    _subheading(document, "2. Các huyện, thành phố (mục II.3 của Kế hoạch)")
    _text(document, "{{ district_words }}")
    for group, name in (("poor", "nghèo"), ("near_poor", "cận nghèo")):
        _caption(document, f"Giảm hộ {name}: tỷ lệ đã trừ hộ BTXH; số hộ gồm hộ BTXH.")
        _table(
            document,
            "district_targets",
            (
                _Column("Đơn vị", "name", 45, left=True),
                _Column("Giảm tỷ lệ phải đạt (điểm %)", f"{group}_points_target", 20),
                _Column("Đã giảm (điểm %)", f"{group}_points", 18),
                _Column("Kết quả", f"{group}_points_status", 22, left=True),
                _Column("Giảm số hộ phải đạt", f"{group}_households_target", 20),
                _Column("Đã giảm (hộ)", f"{group}_households", 18),
                _Column("Kết quả", f"{group}_households_status", 22, left=True),
            ),
        )
    _subheading(document, "3. Các xã có tỷ lệ hộ nghèo cao (mục II.1 của Kế hoạch)")
    _text(
        document,
        "Cuối năm 2019 có {{ communes }} xã, phường, thị trấn có tỷ lệ hộ nghèo (trừ hộ BTXH) từ 5% trở lên; "
        "{{ communes_with_target }} xã được Kế hoạch nêu mức giảm, trong đó {{ communes_achieved }} xã đã đạt; "
        "{{ communes_unstated }} xã có tỷ lệ trên 6 và dưới 7%, Kế hoạch không nêu mức.",
    )
    _end(document)
    _unless(document, "has_targets", "Kế hoạch chỉ có chỉ tiêu của năm 2020.")


def _deprivations(document: Any) -> None:
    _heading(document, "IV. THIẾU HỤT DỊCH VỤ XÃ HỘI CƠ BẢN CỦA HỘ NGHÈO THEO CƠ QUAN PHỤ TRÁCH")
    _when(document, "deprivations")
    _table(
        document,
        "deprivations",
        (
            _Column("TT", "order", 9),
            _Column("Chỉ số thiếu hụt", "name", 33, left=True),
            _Column("Cơ quan phụ trách", "accountable", 30, left=True),
            _Column("Mục", "section", 12, left=True),
            _Column("Cuối 2019 (hộ)", "before", 14),
            _Column("%", "rate_before", 13),
            _Column("Thực hiện (hộ)", "now", 14),
            _Column("%", "rate", 13),
            _Column("Tăng, giảm", "change", 27, left=True),
        ),
    )
    _text(document, "Tỷ lệ tính trên tổng số hộ nghèo. Kế hoạch giao cơ quan phụ trách, không in con số phải đạt.")
    _end(document)
    _unless(document, "deprivations", _NO_FIGURES)


def _policies(document: Any) -> None:
    _heading(document, "V. KẾT QUẢ THỰC HIỆN CHÍNH SÁCH")
    _when(document, "policies")
    _text(
        document,
        "Luỹ kế từ ngày 01/01/{{ year }}. Kế hoạch yêu cầu 100% đối tượng được thụ hưởng (mục II.1); việc làm và xuất "
        "khẩu lao động không tính theo tỷ lệ này.",
    )
    _table(
        document,
        "policies",
        (
            _Column("Chính sách", "name", 36, left=True),
            _Column("Cơ quan phụ trách", "accountable", 33, left=True),
            _Column("Mục", "section", 15, left=True),
            _Column("Đơn vị", "unit", 13, left=True),
            _Column("Đối tượng", "eligible", 16),
            _Column("Đã thụ hưởng", "served", 16),
            _Column("%", "rate", 14),
            _Column("Kết quả", "status", 22, left=True),
        ),
    )
    _end(document)
    _unless(document, "policies", _NO_FIGURES)


def _reporting(document: Any) -> None:
    _heading(document, "VI. TÌNH HÌNH BÁO CÁO CỦA CÁC HUYỆN, THÀNH PHỐ")
    _text(
        document,
        "Tháng {{ month }}: {{ reported }}/{{ expected }} huyện, thành phố có báo cáo được chấp nhận."
        "{% if missing %} Chưa có: {{ missing }}.{% endif %}{% if late %} Gửi quá hạn: {{ late }}.{% endif %}",
    )
    _when(document, "silent")
    _text(document, "Các tháng chưa có báo cáo được chấp nhận:")
    _table(
        document,
        "silent",
        (
            _Column("Tháng", "month", 22),
            _Column("Huyện, thành phố (tình trạng)", "districts", 142, left=True),
        ),
    )
    _end(document)
    _unless(document, "silent", "Từ đầu năm không có huyện nào thiếu báo cáo.")


def _plan(document: Any) -> None:
    _heading(document, "VII. NHỮNG CHỖ CHƯA KHỚP TRONG KẾ HOẠCH")
    _text(document, "Số liệu của Kế hoạch được giữ nguyên như in. Những số sau đây tính lại cho kết quả khác:")
    _table(
        document,
        "plan_numbers",
        (
            _Column("Mã", "id", 12, left=True),
            _Column("Mục", "section", 14, left=True),
            _Column("Số liệu", "item", 65, left=True),
            _Column("Đơn vị", "unit", 34, left=True),
            _Column("Số in", "printed", 20),
            _Column("Tính lại", "recomputed", 20),
        ),
    )
    _line(document, "{%p for one in plan_words %}", TEXT)
    _text(document, "- {{ one.id }}, {{ one.place }}: {{ one.text }}")
    _line(document, "{%p endfor %}", TEXT)


def _foot(document: Any) -> None:
    """Recipients and signature. Who signs is for the office to write."""
    _line(document, "", RECIPIENTS)
    left, right = _cells(document, 82, _WIDTH - 82)
    _line(left, "Nơi nhận:", NAMES, bold=True, italic=True, align=_LEFT)
    for recipient in RECIPIENT_LINES:
        _line(left, recipient, RECIPIENTS, align=_LEFT)
    for text in ("TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH"):
        _line(right, text, TITLE, bold=True)
    for _ in range(4):
        _line(right, "", TITLE)


def _heading(document: Any, text: str) -> None:
    paragraph = document.add_paragraph(style="Heading 1")
    paragraph.paragraph_format.space_before = Pt(12)
    _run(paragraph, text)


def _subheading(document: Any, text: str) -> None:
    paragraph = document.add_paragraph(style="Heading 2")
    paragraph.paragraph_format.first_line_indent = Mm(_INDENT_MM)
    paragraph.paragraph_format.space_after = Pt(3)
    _run(paragraph, text)


def _caption(document: Any, text: str) -> None:
    """What stands directly above a table, and never at the foot of a page without it."""
    paragraph = document.add_paragraph()
    paragraph.paragraph_format.keep_with_next = True
    paragraph.paragraph_format.space_after = Pt(3)
    _run(paragraph, text, italic=True)


def _text(document: Any, text: str, *, indent: bool = True) -> None:
    paragraph = document.add_paragraph()
    paragraph.alignment = _JUSTIFY
    paragraph.paragraph_format.line_spacing = 1.15
    paragraph.paragraph_format.space_after = Pt(3)
    if indent:
        paragraph.paragraph_format.first_line_indent = Mm(_INDENT_MM)
    _run(paragraph, text)


def _when(document: Any, condition: str) -> None:
    _line(document, f"{{%p if {condition} %}}", TEXT)


def _end(document: Any) -> None:
    _line(document, "{%p endif %}", TEXT)


def _unless(document: Any, condition: str, text: str) -> None:
    _line(document, f"{{%p if not {condition} %}}", TEXT)
    _text(document, text)
    _end(document)


def _table(document: Any, rows: str, columns: Sequence[_Column]) -> None:
    """A row for each of a field's rows, bold where it is marked is_total. The header comes again on each page."""
    table = document.add_table(rows=4, cols=len(columns), style="Table Grid")
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    head, start, body, end = table.rows
    _mark(head, "w:tblHeader")
    for row in table.rows:
        _mark(row, "w:cantSplit")
    for place, column in enumerate(columns):
        _widen(table, place, column.width)
        _cell(head.cells[place], column.title, _CENTRE, bold=True)
        # A plain text for most rows and a bold one for totals: a run cannot change its weight by a field.
        cell = body.cells[place]
        align = _LEFT if column.left else _RIGHT
        _cell(cell, f"{{% if not row.is_total %}}{{{{ row.{column.field} }}}}{{% endif %}}", align)
        _run(
            cell.paragraphs[0],
            f"{{% if row.is_total %}}{{{{ row.{column.field} }}}}{{% endif %}}",
            size=TABLE,
            bold=True,
        )
    _cell(start.cells[0], f"{{%tr for row in {rows} %}}", _LEFT)
    _cell(end.cells[0], "{%tr endfor %}", _LEFT)
    after = document.add_paragraph().paragraph_format
    after.space_before, after.line_spacing = Pt(0), Pt(6)


def _cell(cell: Any, text: str, align: Any, *, bold: bool = False) -> None:
    paragraph = cell.paragraphs[0]
    paragraph.alignment = align
    paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(1)
    _run(paragraph, text, size=TABLE, bold=bold)


def _cells(document: Any, left: float, right: float) -> tuple[Any, Any]:
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


def _widen(table: Any, place: int, millimetres: float) -> None:
    """Word goes by the cells' widths, LibreOffice by the grid's."""
    table.columns[place].width = Mm(millimetres)
    for cell in table.columns[place].cells:
        cell.width = Mm(millimetres)


def _line(
    place: Any,
    text: str,
    size: float,
    *,
    bold: bool = False,
    italic: bool = False,
    align: Any = _CENTRE,
    before: float = 0,
) -> None:
    paragraph = place.add_paragraph()
    paragraph.alignment = align
    paragraph.paragraph_format.space_before = Pt(before)
    paragraph.paragraph_format.space_after = Pt(0)
    _run(paragraph, text, size=size, bold=bold, italic=italic)


def _rule(place: Any, width: float, length: float) -> None:
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
    paragraph._element.get_or_add_pPr().append(borders)


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


if __name__ == "__main__":
    TEMPLATE.write_bytes(build_template())
