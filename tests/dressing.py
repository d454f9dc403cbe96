"""A month's workbook as offices dress it up: the same data, and nothing else as the template has it.

A layout is what a clerk sees, row by row; it becomes a workbook by openpyxl or a zip of CSVs. Cells stand where the
layout puts them, so an address can be checked by reading the file with another program.
"""

import csv
import datetime as dt
import io
import random
import unicodedata
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

from openpyxl import Workbook

from forms.dictionary import DEPRIVATIONS, Field, Sheet, sheets
from forms.month import CellValue, DistrictMonth, Row

# A number of persons that is none; ASCII without a space, so that it is the same however it is typed.
WRONG = "4nguoi"
_BLANK_ROWS, _BLANK_COLUMNS = 3, 2
_GROUPS = {
    "household": [("Thiếu hụt các dịch vụ xã hội cơ bản", DEPRIVATIONS)],
    "movement": [
        ("Giảm trong kỳ", ("decrease_1", "decrease_2", "decrease_3")),
        ("Tăng trong kỳ", ("increase_1", "increase_2", "increase_3", "increase_4")),
    ],
}
_PLAIN_NAMES = {"cover": "BIA", "household": "Ho", "commune": "XA", "movement": "Dien bien", "policy": "CHINH SACH"}
_EXTRA = {"Số điện thoại": "0913 000 000", "Diện tích (m2)": 42.5}
_MARKS = ("X", "có", 1, " x ")
_NO_MARKS = (None, "0", "không")

Letters = Callable[[str], str]


@dataclass
class Layout:
    """One sheet: rows of cells from A1 on, ranges that are merged, and where the data stands, counted from 0."""

    key: str
    name: str
    rows: list[list[CellValue]] = field(default_factory=list, repr=False)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    columns: dict[str, int] = field(default_factory=dict)
    data_rows: list[int] = field(default_factory=list, repr=False)

    def put(self, row: int, column: int, value: CellValue) -> None:
        while len(self.rows) <= row:
            self.rows.append([])
        cells = self.rows[row]
        cells += [None] * (column + 1 - len(cells))
        cells[column] = value


def dressed(month: DistrictMonth, *, spoiled: bool = False, seed: int = 1) -> list[Layout]:
    """The month's five sheets in another order, and a sixth of the clerk's own; `spoiled` has one wrong cell."""
    chance = random.Random(seed)
    layouts = [_cover(month.cover), *[_table(sheet, month, chance) for sheet in sheets().values() if _is_table(sheet)]]
    chance.shuffle(layouts)
    notes = Layout("", "Ghi chep")
    notes.put(4, 3, "Gọi lại cho xã trước ngày 5")
    if spoiled:
        _spoil(next(one for one in layouts if one.key == "household"))
    return [*layouts, notes]


def _is_table(sheet: Sheet) -> bool:
    return sheet.key != "cover"


def shouted(text: str) -> str:
    """Letters and tone marks apart, and spaces that do not break: what is copied from a web page or a Mac."""
    return unicodedata.normalize("NFD", text).replace(" ", "\u00a0")


def _heading(label: str) -> str:
    """A label in capitals, over several lines, with a colon."""
    return label.upper().replace(" ", "\n", 1) + " :"


def _cover(cover: Row) -> Layout:
    """Labels merged over two columns, values beside them; the month written together with its label."""
    layout = Layout("cover", _PLAIN_NAMES["cover"])
    layout.put(_BLANK_ROWS, _BLANK_COLUMNS, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM")
    row = _BLANK_ROWS + 2
    for one in sheets()["cover"].fields:
        if one.key == "period":
            layout.put(row, _BLANK_COLUMNS, f"{one.label_vi}: {cover[one.key]}")
        else:
            layout.put(row, _BLANK_COLUMNS, _heading(one.label_vi))
            layout.merged.append((row, _BLANK_COLUMNS, row, _BLANK_COLUMNS + 1))
            layout.put(row, _BLANK_COLUMNS + 2, _cover_value(one, cover[one.key]))
        row += 2
    return layout


def _cover_value(one: Field, value: CellValue) -> CellValue:
    if isinstance(value, dt.date):
        return f"{value.day}/{value.month}/{value.year}"
    if one.type == "code":
        return int(str(value))
    return _with_points(value) if isinstance(value, int) else value


def _table(sheet: Sheet, month: DistrictMonth, chance: random.Random) -> Layout:
    """Titles, a header of two rows, the numbers of the columns, the rows commune by commune, each with its sum."""
    layout = Layout(sheet.key, _PLAIN_NAMES[sheet.key])
    blocks = _blocks(sheet, chance)
    columns = [key for _, keys in blocks for key in keys]
    layout.columns = {key: column for column, key in enumerate(columns, start=_BLANK_COLUMNS)}
    layout.put(_BLANK_ROWS, _BLANK_COLUMNS, "ỦY BAN NHÂN DÂN HUYỆN")
    layout.put(_BLANK_ROWS + 1, _BLANK_COLUMNS, "Biểu tổng hợp hộ nghèo, hộ cận nghèo")
    layout.merged.append((_BLANK_ROWS + 1, _BLANK_COLUMNS, _BLANK_ROWS + 1, _BLANK_COLUMNS + 4))
    header = _BLANK_ROWS + 3
    _put_header(layout, sheet, blocks, header)
    for number, _ in enumerate(columns, start=1):
        layout.put(header + 2, _BLANK_COLUMNS + number - 1, f"({number})")
    writers = {one.key: _writer(one) for one in sheet.fields}
    at = header + 3
    codes = list(dict.fromkeys(row["commune_code"] for row in month.rows(sheet.key)))
    for code in codes:
        rows = [row for row in month.rows(sheet.key) if row["commune_code"] == code]
        for row in rows:
            for key, column in layout.columns.items():
                layout.put(at, column, _EXTRA[key] if key in _EXTRA else writers[key](row.get(key)))
            layout.data_rows.append(at)
            at += 1
        _put_sum(layout, sheet, at, f"Cộng {rows[0]['commune_name']}", len(rows))
        at += 2
    _put_sum(layout, sheet, at, "TỔNG CỘNG", len(month.rows(sheet.key)))
    return layout


def _blocks(sheet: Sheet, chance: random.Random) -> list[tuple[str, tuple[str, ...]]]:
    """Columns in another order, with two of the clerk's own; what stands under one title stays together."""
    groups = list(_GROUPS.get(sheet.key, []))
    grouped = {key for _, keys in groups for key in keys}
    groups += [("", (key,)) for key in (*sheet.keys, *_EXTRA) if key not in grouped]
    chance.shuffle(groups)
    return groups


def _put_header(layout: Layout, sheet: Sheet, blocks: list[tuple[str, tuple[str, ...]]], row: int) -> None:
    column = _BLANK_COLUMNS
    for title, keys in blocks:
        last = column + len(keys) - 1
        if title:
            layout.put(row, column, title)
            layout.merged.append((row, column, row, last))
        else:
            layout.merged.append((row, column, row + 1, column))
        for key in keys:
            label = key if key in _EXTRA else _heading(sheet.field(key).label_vi)
            layout.put(row + 1 if title else row, column, label)
            column += 1


def _put_sum(layout: Layout, sheet: Sheet, row: int, words: str, number: int) -> None:
    """A sum: words in its first cell, numbers in the columns of numbers."""
    for one in sheet.of_type("count"):
        if one.key != "stt":
            layout.put(row, layout.columns[one.key], number)
    layout.put(row, _BLANK_COLUMNS, words)


def _writer(one: Field) -> Callable[[CellValue], CellValue]:
    """Each type of value in the ways in which offices write it, in turn."""
    turn = count()

    def write(value: CellValue) -> CellValue:
        number = next(turn)
        if one.type == "flag":
            ways = _MARKS if value else _NO_MARKS
            return ways[number % len(ways)]
        if isinstance(value, int) and one.type == "count":
            return (_with_points(value), value, str(value))[number % 3]
        if not isinstance(value, str):
            return value
        if one.type == "code":
            return (int(value), value)[number % 2]
        if one.type == "choice" or one.key in ("ethnicity", "commune_name"):
            return (value, value.upper(), f"  {value.lower()} ")[number % 3]
        return value.replace(",", " ; ") if one.type == "codes" else value

    return write


def _with_points(value: int) -> str:
    """1552 → "1.552"."""
    return f"{value:,}".replace(",", ".")


def _spoil(household: Layout) -> None:
    """One wrong number of persons, in the middle of the list."""
    household.put(household.data_rows[len(household.data_rows) // 2], household.columns["persons"], WRONG)


def as_xlsx(layouts: list[Layout], letters: Letters = str) -> bytes:
    """A workbook by openpyxl; `letters` is how its text was typed."""
    book = Workbook()
    book.remove(book.active)
    for layout in layouts:
        worksheet = book.create_sheet(layout.name)
        for row, cells in enumerate(layout.rows, start=1):
            for column, value in enumerate(cells, start=1):
                if value is not None:
                    worksheet.cell(row, column, letters(value) if isinstance(value, str) else value)
        for top, left, bottom, right in layout.merged:
            worksheet.merge_cells(start_row=top + 1, start_column=left + 1, end_row=bottom + 1, end_column=right + 1)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def as_csv_zip(layouts: list[Layout], encode: Callable[[str], bytes]) -> bytes:
    """One CSV with semicolons per sheet of the form."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for layout in layouts:
            if layout.key:
                text = io.StringIO(newline="")
                csv.writer(text, delimiter=";").writerows(
                    ["" if value is None else value for value in cells] for cells in layout.rows
                )
                archive.writestr(f"so lieu/{layout.key}.csv", encode(text.getvalue()))
    return buffer.getvalue()
