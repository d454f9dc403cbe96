"""Write a monthly workbook: the empty template for a district, or one that is filled in.

Both come from the field dictionary, so that a new field needs no change here.
"""

import contextlib
import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

from forms.dictionary import FORM_CODE, KIND_ANNUAL, KIND_MONTHLY, Field, Sheet, movements, sheets
from forms.layout import (
    COVER_FIRST_ROW,
    COVER_LABEL_COLUMN,
    COVER_VALUE_COLUMN,
    FIRST_DATA_ROW,
    GUIDE_COLUMN,
    HEADER_ROW,
)
from forms.month import CellValue, DistrictMonth, Row

TITLES = {
    "cover": "BÁO CÁO THÁNG HỘ NGHÈO, HỘ CẬN NGHÈO",
    "household": "DANH SÁCH HỘ NGHÈO, HỘ CẬN NGHÈO CUỐI KỲ VÀ HỘ RA KHỎI DANH SÁCH TRONG KỲ",
    "commune": "TỔNG HỢP THEO XÃ, PHƯỜNG, THỊ TRẤN",
    "movement": "DIỄN BIẾN HỘ NGHÈO, HỘ CẬN NGHÈO",
    "policy": "KẾT QUẢ THỰC HIỆN CHÍNH SÁCH",
}
# Enough for the largest district (Đầm Dơi listed 2,720 households at the end of 2019) to double.
TEMPLATE_ROWS = 6000
_A4 = 9
# Six lines: the names of the 54 groups.
_GROUP_LIST_HEIGHT = 96
_CREATED = dt.datetime(2020, 1, 1)
UNITS_VI = {"households": "hộ", "persons": "người", "communes": "xã", "points": "điểm"}
_WIDTHS = {"text": 22, "code": 10, "choice": 14, "count": 11, "flag": 9, "codes": 14, "year": 9}
_WIDE = {"head_name": 28, "note": 30, "stt": 6, "hamlet": 14, "household_code": 11}
_TYPE_NOTES = {
    "text": "Nhập dạng văn bản.",
    "code": "Mã đơn vị hành chính, nhập dạng văn bản.",
    "count": "Số nguyên từ 0 trở lên, không ghi phần thập phân.",
    "year": "Năm, bốn chữ số.",
    "date": "Ngày theo dạng ngày/tháng/năm.",
    "month": "Tháng theo dạng MM/YYYY, ví dụ 03/2020.",
    "flag": "Đánh dấu x nếu có; để trống nếu không.",
    "codes": "Số thứ tự nguyên nhân nghèo, cách nhau bằng dấu phẩy, ví dụ 1,4.",
}
_FLOW_NOTES = {
    "decrease_1": "Nhóm N: thoát nghèo, thành cận nghèo. Nhóm CN: thoát cận nghèo.",
    "decrease_2": "Nhóm N: vượt chuẩn cận nghèo. Nhóm CN: rơi xuống nghèo.",
    "decrease_3": "Chuyển đi, chết, tách hoặc nhập hộ; dòng Nhân khẩu gồm cả số khẩu giảm trong hộ.",
    "increase_1": "Nhóm N: cận nghèo thành nghèo. Nhóm CN: nghèo thành cận nghèo.",
    "increase_4": "Chuyển đến, tách hộ; dòng Nhân khẩu gồm cả số khẩu tăng trong hộ.",
    "closing": "Cuối kỳ = đầu kỳ − các cột giảm + các cột tăng.",
}


def write_workbook(path: Path, month: DistrictMonth) -> None:
    """Write a filled workbook as .xlsx, laid out as the template is, without its aids.

    Raises OSError where the file can't be written.
    """
    with new_book(path, constant_memory=True) as book:
        formats = _Formats(book)
        _write_cover(book, formats, month.cover)
        for sheet in _tables():
            worksheet = book.add_worksheet(sheet.name_vi)
            _write_head(worksheet, formats, sheet)
            writers = [_cell_writer(worksheet, formats, field) for field in sheet.fields]
            for number, row in enumerate(month.rows(sheet.key), start=FIRST_DATA_ROW):
                for column, (field, write) in enumerate(zip(sheet.fields, writers, strict=True)):
                    value = row.get(field.key)
                    if value is not None and value != "":
                        write(number, column, value)


def write_template(
    path: Path,
    *,
    period: str,
    district_code: str,
    district_name: str,
    communes: Sequence[tuple[str, str]],
    policies: Sequence[tuple[str, str]],
    ethnic_groups: Sequence[str],
) -> None:
    """Write the empty workbook of one district and month.

    `communes` is (code, name) in order, `policies` (code, Vietnamese label). Communes, groups and
    policies stand filled in; coded columns have drop-downs, headers are locked and carry notes.

    Raises OSError where the file can't be written.
    """
    months = DistrictMonth(
        cover={
            "form": FORM_CODE,
            "district_code": district_code,
            "district_name": district_name,
            "period": f"{period[5:7]}/{period[:4]}",
            "kind": KIND_ANNUAL if period.endswith("-12") else KIND_MONTHLY,
        }
    )
    for code, name in communes:
        months.commune.append({"commune_code": code, "commune_name": name})
        for group in ("N", "CN"):
            for measure in ("Hộ", "Nhân khẩu"):
                months.movement.append({"commune_code": code, "commune_name": name, "class": group, "measure": measure})
        for policy, _ in policies:
            months.policy.append({"commune_code": code, "commune_name": name, "policy": policy})

    with new_book(path) as book:
        formats = _Formats(book)
        cover = _write_cover(book, formats, months.cover)
        _validate_cover(cover)
        _write_guide(cover, formats, policies, ethnic_groups)
        cover.protect(options=_PROTECTION)
        lists: dict[str, str | list[str]] = {
            "commune_code": f"={_quoted('Xã')}!$A${FIRST_DATA_ROW + 1}:$A${FIRST_DATA_ROW + len(communes)}",
            "commune_name": f"={_quoted('Xã')}!$B${FIRST_DATA_ROW + 1}:$B${FIRST_DATA_ROW + len(communes)}",
            "policy": [code for code, _ in policies],
        }
        for sheet in _tables():
            worksheet = book.add_worksheet(sheet.name_vi)
            _write_head(worksheet, formats, sheet)
            rows = months.rows(sheet.key)
            last_row = FIRST_DATA_ROW + (len(rows) or TEMPLATE_ROWS) - 1
            for column, field in enumerate(sheet.fields):
                worksheet.write_comment(
                    HEADER_ROW, column, header_note(field), {"x_scale": 1.6, "font_size": 9, "author": ""}
                )
                _validate_column(worksheet, field, column, last_row, lists)
                write = _cell_writer(worksheet, formats, field)
                for number, row in enumerate(rows, start=FIRST_DATA_ROW):
                    value = row.get(field.key)
                    if value is None:
                        worksheet.write_blank(number, column, None, formats.data(field))
                    else:
                        write(number, column, value)
            worksheet.protect(options=_PROTECTION)


@contextlib.contextmanager
def new_book(path: Path, created: dt.datetime = _CREATED, **options: bool) -> Iterator[Any]:
    """A workbook that is written when the block ends, in which text is never a formula.

    `created` stands in its properties instead of a clock. Raises OSError, as every writer of files does.
    """
    try:
        with xlsxwriter.Workbook(path, {"strings_to_formulas": False, **options}) as book:
            # The same rows give the same bytes: a submission is known by them.
            book.set_properties({"created": created})
            yield book
    except FileCreateError as fault:
        raise OSError(f"{path} could not be written: {fault}") from fault


def header_note(field: Field) -> str:
    """The Vietnamese note on a column's header: what to enter, and whether it may stay empty."""
    parts = ["Bắt buộc nhập." if field.required else "Có thể để trống."]
    if field.key in _FLOW_NOTES and field.sheet == "movement":
        parts.append(_FLOW_NOTES[field.key])
    if field.choices:
        parts.append("Chọn một trong: " + "; ".join(field.choices) + ".")
    elif field.type in _TYPE_NOTES:
        parts.append(_TYPE_NOTES[field.type])
    if field.unit in UNITS_VI:
        parts.append(f"Đơn vị: {UNITS_VI[field.unit]}.")
    return " ".join(parts)


# What a district may still do on a protected sheet: everything but change the headers.
_PROTECTION = {
    "insert_rows": True,
    "delete_rows": True,
    "sort": True,
    "autofilter": True,
    "format_cells": True,
    "format_columns": True,
    "format_rows": True,
}


class _Formats:
    """The cell formats of one workbook; a format belongs to the book that made it."""

    def __init__(self, book: Any) -> None:
        self.title = book.add_format({"bold": True, "font_size": 13})
        self.code = book.add_format({"num_format": "@", "valign": "top"})
        self.guide = book.add_format({"text_wrap": True, "valign": "top"})
        self.label = book.add_format({"bold": True, "bg_color": "#E8EEF4", "border": 1, "text_wrap": True})
        self.header = book.add_format(
            {"bold": True, "bg_color": "#1F4E79", "font_color": "#FFFFFF", "border": 1}
            | {"text_wrap": True, "align": "center", "valign": "vcenter"}
        )
        entry = {"locked": False, "border": 1, "border_color": "#C8C8C8"}
        self._text = book.add_format(entry | {"num_format": "@"})
        self._count = book.add_format(entry | {"num_format": "#,##0"})
        self._year = book.add_format(entry | {"num_format": "0"})
        self._date = book.add_format(entry | {"num_format": "dd/mm/yyyy", "align": "left"})

    def data(self, field: Field) -> Any:
        return {"count": self._count, "year": self._year, "date": self._date}.get(field.type, self._text)


def _tables() -> list[Sheet]:
    return [sheet for sheet in sheets().values() if sheet.key != "cover"]


def _write_cover(book: Any, formats: _Formats, cover: Row) -> Any:
    sheet = sheets()["cover"]
    worksheet = book.add_worksheet(sheet.name_vi)
    worksheet.set_column(COVER_LABEL_COLUMN, COVER_LABEL_COLUMN, 30)
    worksheet.set_column(COVER_VALUE_COLUMN, COVER_VALUE_COLUMN, 34)
    worksheet.write_string(0, 0, TITLES["cover"], formats.title)
    worksheet.set_landscape()
    worksheet.set_paper(_A4)
    worksheet.fit_to_pages(1, 1)
    for row, field in enumerate(sheet.fields, start=COVER_FIRST_ROW):
        worksheet.write_string(row, COVER_LABEL_COLUMN, field.label_vi, formats.label)
        value = cover.get(field.key)
        if value is None:
            worksheet.write_blank(row, COVER_VALUE_COLUMN, None, formats.data(field))
        else:
            _cell_writer(worksheet, formats, field)(row, COVER_VALUE_COLUMN, value)
    return worksheet


def _write_head(worksheet: Any, formats: _Formats, sheet: Sheet) -> None:
    for column, field in enumerate(sheet.fields):
        width = _WIDE.get(field.key, _WIDTHS.get(field.type, 12))
        worksheet.set_column(column, column, width, formats.data(field))
    worksheet.set_row(HEADER_ROW, 64)
    worksheet.set_landscape()
    worksheet.set_paper(_A4)
    worksheet.fit_to_pages(1, 0)
    worksheet.repeat_rows(HEADER_ROW)
    worksheet.write_string(0, 0, TITLES[sheet.key], formats.title)
    for column, field in enumerate(sheet.fields):
        worksheet.write_string(HEADER_ROW, column, field.label_vi, formats.header)
    worksheet.freeze_panes(FIRST_DATA_ROW, 0)


def _cell_writer(worksheet: Any, formats: _Formats, field: Field) -> Any:
    """A writer of one column's cells that never makes text a formula, a number or a link."""
    cell_format = formats.data(field)

    def write(row: int, column: int, value: CellValue) -> None:
        if isinstance(value, str):
            worksheet.write_string(row, column, value, cell_format)
        elif isinstance(value, dt.date):
            worksheet.write_datetime(row, column, value, cell_format)
        else:
            worksheet.write_number(row, column, value, cell_format)

    return write


def _validate_cover(worksheet: Any) -> None:
    for row, field in enumerate(sheets()["cover"].fields, start=COVER_FIRST_ROW):
        if field.choices:
            worksheet.data_validation(
                row, COVER_VALUE_COLUMN, row, COVER_VALUE_COLUMN, {"validate": "list", "source": list(field.choices)}
            )
        elif field.type == "count":
            worksheet.data_validation(row, COVER_VALUE_COLUMN, row, COVER_VALUE_COLUMN, _WHOLE_NUMBER)


_WHOLE_NUMBER = {
    "validate": "integer",
    "criteria": ">=",
    "value": 0,
    "error_title": "Số không hợp lệ",
    "error_message": "Nhập số nguyên từ 0 trở lên.",
}


def _validate_column(
    worksheet: Any, field: Field, column: int, last_row: int, lists: Mapping[str, str | list[str]]
) -> None:
    rule: dict[str, Any] | None = None
    if field.key in lists:
        rule = {"validate": "list", "source": lists[field.key]}
    elif field.choices:
        rule = {"validate": "list", "source": list(field.choices)}
    elif field.type == "flag":
        rule = {"validate": "list", "source": ["x"]}
    elif field.type in ("count", "year") and field.required:
        rule = _WHOLE_NUMBER
    elif field.key == "ethnicity":
        # The three groups of almost every household; any of the 54 may be typed.
        rule = {"validate": "list", "source": ["Kinh", "Khmer", "Hoa"], "error_type": "information"}
    if rule is not None:
        worksheet.data_validation(
            FIRST_DATA_ROW,
            column,
            last_row,
            column,
            {"error_title": "Giá trị không hợp lệ", "error_message": "Chọn một giá trị trong danh sách."} | rule,
        )


def _write_guide(
    worksheet: Any, formats: _Formats, policies: Sequence[tuple[str, str]], ethnic_groups: Sequence[str]
) -> None:
    """List the codes beside the cover's fields: the form has five sheets and no room for a sixth."""
    worksheet.set_column(GUIDE_COLUMN, GUIDE_COLUMN, 18)
    worksheet.set_column(GUIDE_COLUMN + 1, GUIDE_COLUMN + 1, 70)
    worksheet.write_string(0, GUIDE_COLUMN, "HƯỚNG DẪN", formats.title)
    blocks: list[tuple[str, Sequence[tuple[str, str]]]] = [
        (
            "Phân loại",
            [
                ("N1", "Hộ nghèo thu nhập"),
                ("N2", "Hộ nghèo thiếu hụt dịch vụ xã hội cơ bản"),
                ("CN", "Hộ cận nghèo"),
                ("KN", "Hộ không nghèo: chỉ ghi trong tháng hộ ra khỏi danh sách"),
                ("MOI", "Chưa có trong danh sách kỳ trước (chỉ dùng cho đầu kỳ)"),
            ],
        ),
        ("Diễn biến", [(movement.code, movement.label_vi) for movement in movements()]),
        ("Mã chính sách", policies),
        ("Dân tộc", [("", ", ".join(ethnic_groups))]),
    ]
    row = COVER_FIRST_ROW
    for title, lines in blocks:
        worksheet.write_string(row, GUIDE_COLUMN, title, formats.label)
        for offset, (code, label) in enumerate(lines, start=1):
            worksheet.write_string(row + offset, GUIDE_COLUMN, code, formats.code)
            worksheet.write_string(row + offset, GUIDE_COLUMN + 1, label, formats.guide)
        row += len(lines) + 2
    worksheet.set_row(row - 2, _GROUP_LIST_HEIGHT)


def _quoted(sheet: str) -> str:
    return "'" + sheet.replace("'", "''") + "'"
