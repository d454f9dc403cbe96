"""The first sheet of `report.xlsx`: what the workbook holds, of which month, resting on which files."""

from collections.abc import Sequence
from typing import Any

from plan.words import SAMPLE_NOTE_VI
from reports.figures import Release
from reports.paper import OFFICE, OFFICE_ABOVE, Page, Paper
from reports.words import day_vi, period_vi

_WIDTHS = (12, 74, 46, 20, 20)
_SOURCES = (
    "Kế hoạch số 19/KH-UBND ngày 11/02/2020 của Ủy ban nhân dân tỉnh Cà Mau: chỉ tiêu, cơ quan chịu trách nhiệm.",
    "Quyết định số 2125/QĐ-UBND ngày 03/12/2019: kết quả rà soát cuối năm 2019.",
    "Bố cục Biểu 1 đến Biểu 10 theo khung biểu tổng hợp rà soát đã biết của giai đoạn 2022-2025, với mười chỉ số thiếu "
    "hụt của giai đoạn 2016-2020; chưa đối chiếu được với mẫu in kèm Thông tư số 17/2016/TT-BLĐTBXH.",
)
_READING = (
    "Số của xã là số nhập; dòng huyện, dòng toàn tỉnh và tỷ lệ là công thức, tính lại cho cùng kết quả.",
    'Ô trống: chưa có báo cáo, hoặc không có hộ nào để tính tỷ lệ. Dấu "-": đã đếm và không có.',
    "Tỷ lệ trong ô không làm tròn, chỉ hiển thị hai số lẻ. Trong Excel, dấu phân cách theo thiết lập vùng của máy.",
)
_STATES_VI = {True: "đã chấp nhận", False: "chưa có báo cáo được chấp nhận"}


def write_contents(worksheet: Any, paper: Paper, release: Release, pages: Sequence[Page]) -> None:
    """Fill the sheet: release and coverage, the list of sheets with links, the districts' files, sources."""
    paper.set_up(worksheet)
    for place, width in enumerate(_WIDTHS):
        worksheet.set_column(place, place, width)
    plain, bold = paper.format(text_wrap=True, valign="vcenter"), paper.format(bold=True)
    head = paper.format(bold=True, border=1, bg_color="#E7E6E6", text_wrap=True, align="center", valign="vcenter")
    cell = paper.format(border=1, text_wrap=True, valign="vcenter")
    link = paper.format(border=1, valign="vcenter", font_color="#0563C1", underline=1)
    centred = {"align": "center", "valign": "vcenter"}
    last = len(_WIDTHS) - 1

    worksheet.write_string(0, 0, OFFICE_ABOVE, paper.format())
    worksheet.write_string(1, 0, OFFICE, bold)
    lines = (
        (
            2,
            "BIỂU TỔNG HỢP RÀ SOÁT HỘ NGHÈO, HỘ CẬN NGHÈO VÀ KẾT QUẢ THỰC HIỆN CHỈ TIÊU GIẢM NGHÈO",
            {"bold": True, "font_size": 14},
        ),
        (3, period_vi(release.period), {"italic": True}),
        (4, paper.status(), {"bold": bool(paper.warnings())} | ({"font_color": "#C00000"} if paper.warnings() else {})),
        (
            5,
            f"Bản công bố {release.release_id}; kỳ gốc {day_vi(release.baseline)}; biểu tháng {release.form}",
            {"italic": True},
        ),
    )
    for row, text, properties in lines:
        merged = paper.format(text_wrap=True, **centred, **properties)
        worksheet.merge_range(row, 0, row, last, "", merged)
        worksheet.write_string(row, 0, text, merged)
    row = 6
    if release.is_synthetic:
        note = paper.format(text_wrap=True, font_color="#C00000", **centred)
        worksheet.merge_range(row, 0, row, last, "", note)
        worksheet.write_string(row, 0, SAMPLE_NOTE_VI, note)
        worksheet.set_row(row, 31)
        row += 1
    row += 1

    for place, title in enumerate(("Trang", "Nội dung", "Khung biểu")):
        worksheet.write_string(row, place, title, head)
    for page in pages:
        row += 1
        worksheet.write_url(row, 0, f"internal:'{page.name}'!A1", link, page.name)
        worksheet.write_string(row, 1, page.heading.title, cell)
        worksheet.write_string(row, 2, page.heading.official, cell)
    row += 2

    worksheet.write_string(row, 0, "Báo cáo tháng của các huyện, thành phố", bold)
    row += 1
    for place, title in enumerate(("Mã", "Huyện, thành phố", "Trạng thái", "Ngày nhận", "Mã tệp")):
        worksheet.write_string(row, place, title, head)
    for district in release.districts:
        row += 1
        received = "" if district.received_on is None else day_vi(district.received_on)
        late = " (quá hạn)" if district.on_time is False else ""
        for place, text in enumerate(
            (
                district.code,
                district.name,
                _STATES_VI[district.is_reported],
                received + late,
                (district.submission_id or "")[:12],
            )
        ):
            worksheet.write_string(row, place, text, cell)
    row += 2
    for title, texts in (("Nguồn", _SOURCES), ("Cách đọc", _READING)):
        worksheet.write_string(row, 0, title, bold)
        for text in texts:
            row += 1
            worksheet.merge_range(row, 0, row, last, "", plain)
            worksheet.write_string(row, 0, f"- {text}", plain)
            worksheet.set_row(row, 15.5 if len(text) < 150 else 31)
        row += 2
    worksheet.print_area(0, 0, row - 2, last)
