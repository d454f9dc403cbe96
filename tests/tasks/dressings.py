"""One dressing of a workbook at a time, as offices dress them, to be put on together; `dressing.py` is the whole suit.

A dressing changes a sheet in the making, and keeps account of where each value goes and of what the reader is to name.
What is left open is drawn by hypothesis. The dressings stand in the order in which they go on.
"""

import csv
import io
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from dressing import Layout
from hypothesis import strategies as st
from xlsxwriter import Workbook  # type: ignore[import-untyped]

from forms.dictionary import Sheet, sheets
from forms.month import CellValue, DistrictMonth
from tasks.read import labels

Cells = list[CellValue]
Draw = Callable[[st.SearchStrategy[Any]], Any]


@dataclass
class Sheeting(Layout):
    """A sheet in the making: `head` are its rows of labels, `sums` and `extra` the rows and columns to be named.

    On the cover `columns` and `data_rows` stand for the one value of each field.
    """

    head: list[int] = field(default_factory=list)
    sums: dict[int, str] = field(default_factory=dict)
    extra: dict[int, str] = field(default_factory=dict)

    @property
    def is_cover(self) -> bool:
        return self.key == "cover"

    @property
    def width(self) -> int:
        return max(map(len, self.rows))

    def insert_rows(self, at: int, rows: Sequence[Cells]) -> None:
        def moved(row: int) -> int:
            return row + len(rows) * (row >= at)

        self.rows[at:at] = [list(cells) for cells in rows]
        self.merged = [(moved(top), left, moved(bottom), right) for top, left, bottom, right in self.merged]
        self.data_rows, self.head = list(map(moved, self.data_rows)), list(map(moved, self.head))
        self.sums = {moved(row): words for row, words in self.sums.items()}

    def insert_columns(self, at: int, number: int) -> None:
        def moved(column: int) -> int:
            return column + number * (column >= at)

        for cells in self.rows:
            if len(cells) > at:
                cells[at:at] = [None] * number
        self.merged = [(top, moved(left), bottom, moved(right)) for top, left, bottom, right in self.merged]
        self.columns = {key: moved(column) for key, column in self.columns.items()}
        self.extra = {moved(column): label for column, label in self.extra.items()}

    def label(self, column: int) -> str:
        """The label of a column while the header is still of one row."""
        cells = self.rows[self.head[0]]
        return str(cells[column] or "") if column < len(cells) else ""


Dressing = Callable[[Sheeting, Draw], None]


def undressed(month: DistrictMonth) -> list[Sheeting]:
    """The month's five sheets, each beginning in A1: a header, and the rows of data below it."""
    return [_cover(month) if key == "cover" else _table(sheet, month) for key, sheet in sheets().items()]


def _cover(month: DistrictMonth) -> Sheeting:
    sheeting = Sheeting("cover", sheets()["cover"].name_vi)
    for row, one in enumerate(sheets()["cover"].fields):
        sheeting.rows.append([one.label_vi, month.cover[one.key]])
        sheeting.columns[one.key] = 1
        sheeting.data_rows.append(row)
    return sheeting


def _table(sheet: Sheet, month: DistrictMonth) -> Sheeting:
    rows: list[Cells] = [[one.label_vi for one in sheet.fields]]
    rows += [[row.get(key) for key in sheet.keys] for row in month.rows(sheet.key)]
    columns = {key: column for column, key in enumerate(sheet.keys)}
    return Sheeting(sheet.key, sheet.name_vi, rows, [], columns, list(range(1, len(rows))), head=[0])


def as_xlsxwriter(layouts: Sequence[Layout]) -> bytes:
    """The workbook by xlsxwriter; text that begins with = is a formula, and its stored result 7."""
    buffer = io.BytesIO()
    with Workbook(buffer, {"strings_to_numbers": False, "default_date_format": "dd/mm/yyyy"}) as book:
        for layout in layouts:
            worksheet = book.add_worksheet(layout.name)
            for row, cells in enumerate(layout.rows):
                for column, value in enumerate(cells):
                    if isinstance(value, str) and value.startswith("="):
                        worksheet.write_formula(row, column, value, None, 7)
                    elif value is not None:
                        worksheet.write(row, column, value)
            for top, left, bottom, right in layout.merged:
                # It writes the first cell anew; the values are already there.
                worksheet.merge_range(top, left, bottom, right, layout.rows[top][left])
    return buffer.getvalue()


# What the columns are, and what they are called.


def reordered_columns(sheeting: Sheeting, draw: Draw) -> None:
    if sheeting.is_cover:
        order = draw(st.permutations(range(len(sheeting.rows))))
        sheeting.rows = [sheeting.rows[row] for row in order]
        sheeting.data_rows = [order.index(row) for row in sheeting.data_rows]
        return
    order = draw(st.permutations(range(sheeting.width)))
    sheeting.rows = [[cells[column] for column in order] for cells in sheeting.rows]
    sheeting.columns = {key: order.index(column) for key, column in sheeting.columns.items()}


def extra_columns(sheeting: Sheeting, draw: Draw) -> None:
    """With values below the label, or without a label."""
    if sheeting.is_cover:
        return
    for label in draw(st.lists(st.sampled_from(["Số điện thoại", "Ghi thêm", "Hộ", ""]), min_size=1, max_size=2)):
        at = draw(st.integers(0, sheeting.width))
        sheeting.insert_columns(at, 1)
        for row, value in ((sheeting.head[0], label or None), *((row, 42.5) for row in sheeting.data_rows[::2])):
            sheeting.put(row, at, value)
        sheeting.extra[at] = label


def listed_variants(sheeting: Sheeting, draw: Draw) -> None:
    """A label in other words, as `labels.csv` lists them."""
    for key, row, column in _labels(sheeting):
        variants = _variants().get((sheeting.key, key))
        if variants:
            sheeting.put(row, column, draw(st.sampled_from(variants)))


@cache
def _variants() -> dict[tuple[str, str], list[str]]:
    found: dict[tuple[str, str], list[str]] = {}
    with open(Path(labels.__file__).parent / "labels.csv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found.setdefault((row["sheet"], row["key"]), []).append(row["variant"])
    return found


def _labels(sheeting: Sheeting) -> list[tuple[str, int, int]]:
    """The field, row and column of each label, before the header has two rows."""
    if sheeting.is_cover:
        keys = sheets()["cover"].keys
        return [(key, row, 0) for key, row in zip(keys, sheeting.data_rows, strict=True)]
    return [(key, sheeting.head[0], column) for key, column in sheeting.columns.items()]


def plain(text: str) -> str:
    """Without diacritics."""
    letters = unicodedata.normalize("NFD", text.replace("Đ", "D").replace("đ", "d"))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


_LETTERS: dict[str, Callable[[str], str]] = {
    "labels_in_capitals": str.upper,
    "labels_in_small_letters": str.lower,
    "labels_of_capitalised_words": str.title,
    "labels_without_diacritics": plain,
    "labels_decomposed": lambda label: unicodedata.normalize("NFD", label),
    "labels_with_more_spaces": lambda label: f"  {label.replace(' ', '   ')} ",
    "labels_with_no_break_spaces": lambda label: label.replace(" ", "\u00a0"),
    "labels_in_lines": lambda label: label.replace(" ", "\n"),
    "labels_ending_in_a_line_break": lambda label: f"{label}\n",
    "labels_with_a_colon": lambda label: f"{label} :",
    "labels_with_marks_of_no_width": lambda label: f"\ufeff{label}\u200b",
}


def _lettered(name: str) -> Dressing:
    change = _LETTERS[name]

    def dress(sheeting: Sheeting, draw: Draw) -> None:
        for _, row, column in _labels(sheeting):
            if draw(st.booleans()):
                sheeting.put(row, column, change(str(sheeting.rows[row][column])))

    dress.__name__ = name
    return dress


# How the header stands.


def labels_merged_over_two_rows(sheeting: Sheeting, draw: Draw) -> None:
    if not sheeting.is_cover and len(sheeting.head) == 1:
        (row,) = sheeting.head
        sheeting.insert_rows(row + 1, [[]])
        sheeting.head = [row, row + 1]
        sheeting.merged += [(row, at, row + 1, at) for at in range(sheeting.width) if sheeting.label(at)]


def groups_of_columns(sheeting: Sheeting, draw: Draw) -> None:
    """Titles merged over some columns, each label of theirs below; the others merged over both rows, or below too."""
    if sheeting.is_cover or len(sheeting.head) > 1:
        return
    (row,) = sheeting.head
    sheeting.insert_rows(row, [[]])
    sheeting.head = [row, row + 1]
    is_above = draw(st.booleans())
    column = 0
    while column < sheeting.width:
        length = draw(st.integers(1, 5))
        last = min(column + length, sheeting.width) - 1
        if length > 2 and last > column:
            titles = ["Trong đó", "CHIA RA", "Thông tin chung", "Giảm trong kỳ", "Thiếu hụt các dịch vụ xã hội cơ bản"]
            sheeting.put(row, column, draw(st.sampled_from(titles)))
            sheeting.merged.append((row, column, row, last))
        elif is_above:
            for at in range(column, last + 1):
                _move_up(sheeting, row, at)
        column = last + 1


def _move_up(sheeting: Sheeting, row: int, column: int) -> None:
    cells = sheeting.rows[row + 1]
    if column < len(cells) and cells[column] is not None:
        sheeting.put(row, column, cells[column])
        cells[column] = None
        sheeting.merged.append((row, column, row + 1, column))


def labels_over_two_rows(sheeting: Sheeting, draw: Draw) -> None:
    """The words of a label in two cells, one below the other."""
    if sheeting.is_cover or len(sheeting.head) > 1:
        return
    (row,) = sheeting.head
    sheeting.insert_rows(row + 1, [[]])
    sheeting.head = [row, row + 1]
    for at in range(sheeting.width):
        words = sheeting.label(at).split()
        if len(words) > 1:
            parts = draw(st.integers(1, len(words) - 1))
            sheeting.put(row, at, " ".join(words[:parts]))
            sheeting.put(row + 1, at, " ".join(words[parts:]))


def column_numbers(sheeting: Sheeting, draw: Draw) -> None:
    """The row below the header that numbers the columns and says how they are counted."""
    if sheeting.is_cover:
        return
    style = draw(st.sampled_from(["{}", "({})", "number"]))
    cells: Cells = [at if style == "number" else style.format(at) for at in range(1, sheeting.width + 1)]
    if style != "number":
        cells[0], cells[-1] = "A", f"{cells[-1]} = (2) + 3 - (4)"
    below = sheeting.data_rows[0] if sheeting.data_rows else sheeting.head[-1] + 1
    sheeting.insert_rows(below, [cells])


# What stands between the rows of data.

_SUMS = ("Cộng", "Tổng", "CỘNG:", "Tổng số", "Tong cong", "Cộng xã", "Toàn huyện")


def subtotals(sheeting: Sheeting, draw: Draw) -> None:
    """Sums of each commune below or above its rows, and one of the district first or last."""
    if sheeting.is_cover:
        return
    column = sheeting.columns["commune_code"]
    codes = [sheeting.rows[row][column] for row in sheeting.data_rows]
    starts = [
        row for row, code, before in zip(sheeting.data_rows, codes, [None, *codes], strict=False) if code != before
    ]
    places = [*starts[draw(st.integers(0, 1)) :], sheeting.data_rows[-1] + 1]
    word_at = draw(st.sampled_from([0, sheeting.columns["commune_name"], sheeting.columns["commune_code"]]))
    is_formula = draw(st.booleans())
    is_merged = draw(st.booleans())
    for place in reversed(places):
        words = draw(st.sampled_from(_SUMS))
        sheeting.insert_rows(place, [[]])
        for one in sheets()[sheeting.key].of_type("count"):
            if one.key != "stt":
                sheeting.put(place, sheeting.columns[one.key], "=SUM(Z1:Z2)" if is_formula else 25)
        sheeting.put(place, word_at, words)
        after = sheeting.rows[place][word_at + 1] if word_at + 1 < len(sheeting.rows[place]) else None
        if is_merged and after is None:
            sheeting.merged.append((place, word_at, place, word_at + 1))
        sheeting.sums[place] = words


def blank_rows(sheeting: Sheeting, draw: Draw) -> None:
    places = draw(st.lists(st.sampled_from(sheeting.data_rows), min_size=1, max_size=3, unique=True))
    for place in sorted(places, reverse=True):
        sheeting.insert_rows(place, [[]] * draw(st.integers(1, 2)))


def numbered_blank_rows(sheeting: Sheeting, draw: Draw) -> None:
    """Rows at the end of a list that were never filled in, but for their running number."""
    if "stt" in sheeting.columns:
        for number in range(1, draw(st.integers(2, 4))):
            sheeting.insert_rows(sheeting.data_rows[-1] + 1, [[*[None] * sheeting.columns["stt"], 100 + number]])


# What stands around the table.


def titles(sheeting: Sheeting, draw: Draw) -> None:
    words = ["ỦY BAN NHÂN DÂN HUYỆN", "Biểu tổng hợp hộ nghèo, hộ cận nghèo", "Đơn vị tính: hộ", "(Kèm theo Công văn)"]
    if not sheeting.is_cover:
        # A word of a header makes none.
        words += ["Mã xã", "Hộ nghèo cuối kỳ", "Cộng"]
    for text in draw(st.lists(st.sampled_from(words), min_size=1, max_size=4)):
        at = draw(st.integers(0, 3))
        sheeting.insert_rows(0, [[*[None] * at, text]])
        if draw(st.booleans()):
            sheeting.merged.append((0, at, 0, at + 4))


def leading_blank_rows(sheeting: Sheeting, draw: Draw) -> None:
    sheeting.insert_rows(0, [[]] * draw(st.integers(1, 8)))


def leading_blank_columns(sheeting: Sheeting, draw: Draw) -> None:
    sheeting.insert_columns(0, draw(st.integers(1, 3)))


def values_further_right(sheeting: Sheeting, draw: Draw) -> None:
    """On the cover: a blank column between label and value, or labels merged with it."""
    if sheeting.is_cover:
        at = sheeting.columns["form"]
        sheeting.insert_columns(at, 1)
        if draw(st.booleans()):
            sheeting.merged += [(row, at - 1, row, at) for row in sheeting.data_rows]


def renamed_sheets(sheeting: Sheeting, draw: Draw) -> None:
    ways: list[Callable[[str], str]] = [
        plain,
        lambda name: plain(name).upper(),
        str.lower,
        lambda name: f" {name}  ",
        lambda name: name.replace(" ", "\u00a0"),
        lambda name: unicodedata.normalize("NFD", name),
    ]
    sheeting.name = draw(st.sampled_from(ways))(sheeting.name)


DRESSINGS: tuple[Dressing, ...] = (
    reordered_columns,
    extra_columns,
    listed_variants,
    *map(_lettered, _LETTERS),
    labels_merged_over_two_rows,
    groups_of_columns,
    labels_over_two_rows,
    subtotals,
    column_numbers,
    blank_rows,
    numbered_blank_rows,
    titles,
    leading_blank_rows,
    leading_blank_columns,
    values_further_right,
    renamed_sheets,
)
