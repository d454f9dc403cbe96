"""The first sheet of `report.xlsx`: what the workbook holds, of which month, resting on which files."""

from collections.abc import Iterable, Sequence
from typing import Any

from labels.table import SAMPLE_NOTE, STATES, TIMELINESS
from reports.figures import District, Release
from reports.paper import SHADES, TITLE_ROWS, WARNING, Heading, Page, Paper
from reports.target_sheets import DISTRICTS
from reports.verdicts import after_the_plan
from reports.words import day_vi, period_vi

_TITLE = "Biểu tổng hợp rà soát hộ nghèo, hộ cận nghèo và kết quả thực hiện chỉ tiêu giảm nghèo"
_WIDTHS = (12, 74, 46, 20, 20)
_LAST = len(_WIDTHS) - 1
# A text of more signs takes two lines across the sheet.
_LINE_SIGNS, _LINE, _TWO_LINES = 150, 15.5, 31
_SOURCES = (
    "Kế hoạch số 19/KH-UBND ngày 11/02/2020 của Ủy ban nhân dân tỉnh Cà Mau: chỉ tiêu, cơ quan chịu trách nhiệm.",
    "Quyết định số 2125/QĐ-UBND ngày 03/12/2019: kết quả rà soát cuối năm 2019.",
    "Bố cục Biểu 1 đến Biểu 10 theo khung biểu tổng hợp rà soát đã biết của giai đoạn 2022-2025, với mười chỉ số thiếu "
    "hụt của giai đoạn 2016-2020; chưa đối chiếu được với mẫu in kèm Thông tư số 17/2016/TT-BLĐTBXH.",
)
_READING = (
    "Số của xã là số nhập; dòng huyện, dòng toàn tỉnh và tỷ lệ là công thức, tính lại cho cùng kết quả.",
    'Ô trống: chưa có báo cáo, hoặc không có hộ nào để tính tỷ lệ. Dấu "-": đã đếm và không có.',
    "Tỷ lệ trong ô không làm tròn, chỉ hiển thị hai số lẻ (mức đạt chỉ tiêu: một). Trong Excel, dấu phân cách theo "
    "thiết lập vùng của máy.",
)


def write_contents(worksheet: Any, paper: Paper, release: Release, pages: Sequence[Page]) -> None:
    """Fill the sheet: release and coverage, the list of sheets with links, the districts' files, sources."""
    paper.set_up(worksheet)
    for place, width in enumerate(_WIDTHS):
        worksheet.set_column(place, place, width)
    origin = f"Kỳ gốc {day_vi(release.baseline)}; biểu tháng {release.form}"
    heading = Heading("Mục lục", f"Bản công bố {release.release_id}", _TITLE, period_vi(release.period), origin)
    paper.head(worksheet, heading, _WIDTHS)
    row = TITLE_ROWS
    if release.is_synthetic:
        paper.across(worksheet, row, _LAST, SAMPLE_NOTE.vi, font_color=WARNING)
        worksheet.set_row(row, _TWO_LINES)
        row += 1
    if not any(page.name == f"Biểu {DISTRICTS}" for page in pages):
        paper.across(worksheet, row, _LAST, after_the_plan().vi)
        row += 1
    row = _table(worksheet, paper, row + 1, ("Trang", "Nội dung", "Khung biểu"), map(_page_cells, pages))
    link = paper.format(border=1, valign="vcenter", font_color="#0563C1", underline=1)
    for number, page in enumerate(pages):
        worksheet.write_url(row - len(pages) + number, 0, f"internal:'{page.name}'!A1", link, page.name)
    bold = paper.format(bold=True)
    worksheet.write_string(row + 1, 0, "Báo cáo tháng của các huyện, thành phố", bold)
    titles = ("Mã", "Huyện, thành phố", "Trạng thái", "Ngày nhận", "Mã tệp")
    row = _table(worksheet, paper, row + 2, titles, map(_district_cells, release.districts)) + 1
    for title, texts in (("Nguồn", _SOURCES), ("Cách đọc", _READING)):
        worksheet.write_string(row, 0, title, bold)
        for text in texts:
            row += 1
            style = paper.format(text_wrap=True, valign="vcenter")
            worksheet.merge_range(row, 0, row, _LAST, "", style)
            worksheet.write_string(row, 0, f"- {text}", style)
            worksheet.set_row(row, _LINE if len(text) < _LINE_SIGNS else _TWO_LINES)
        row += 2
    worksheet.print_area(0, 0, row - 2, _LAST)


def _table(worksheet: Any, paper: Paper, row: int, titles: Sequence[str], rows: Iterable[Sequence[str]]) -> int:
    """A table of texts; returns the row below it."""
    head = paper.format(bold=True, border=1, bg_color=SHADES["header"], align="center", valign="vcenter")
    cell = paper.format(border=1, text_wrap=True, valign="vcenter")
    for place, title in enumerate(titles):
        worksheet.write_string(row, place, title, head)
    for texts in rows:
        row += 1
        for place, text in enumerate(texts):
            worksheet.write_string(row, place, text, cell)
    return row + 1


def _page_cells(page: Page) -> Sequence[str]:
    return (page.name, page.heading.title, page.heading.official)


def _district_cells(district: District) -> Sequence[str]:
    received = "" if district.received_on is None else day_vi(district.received_on)
    late = f" ({TIMELINESS['late'].vi})" if district.on_time is False else ""
    return (
        district.code,
        district.name,
        STATES[district.state].vi,
        received + late,
        (district.submission_id or "")[:12],
    )
