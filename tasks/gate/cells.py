"""How large a sheet the reader would have to make, told from its XML while that streams by.

A reader makes a full rectangle up to the last row and column, so two cells far apart are as dear as millions.
These are estimates for honest software and common tricks, made before anything is parsed. What still gets through
meets the memory limit of the child that reads it, and the reader counts once more before it makes the cells.
"""

import re

from tasks.faults import Unreadable

# What a tag's name ends with.
_AFTER_NAME = frozenset((b" ", b"/", b">", b"\t", b"\r", b"\n"))
_MOST_DIGITS, _MOST_LETTERS = 9, 3


class XlsxCells:
    """Counts over all sheets of a workbook, and raises Unreadable when they are too many.

    Rows by the last reference of every piece, columns by the widest reference, cells by their tags.
    """

    # Columns A to Z need no search.
    _WIDE = re.compile(rb' r="([A-Za-z]{2,})\d')
    # Other tags have an r that is no reference: the colours of a theme count to 50,000 with it.
    _REFERENCE = re.compile(rb'<(?:[\w.-]+:)?(?:c|row)\s(?:[^<>]*\s)?r="[A-Za-z]{0,3}(\d+)"')
    _SMALLEST_CELL_BYTES = 4

    def __init__(self, most: int) -> None:
        self._most = most
        self._total = 0

    def start(self, name: str, size: int) -> None:
        self._rows, self._columns, self._tags = 0, 26, 0
        # The calculation chain names the cells of the sheets once more.
        self._looks = not name.casefold().endswith("calcchain.xml")
        self._counts = size // self._SMALLEST_CELL_BYTES > self._most

    def feed(self, piece: bytes, text: bytes) -> None:
        if not self._looks:
            return
        wide = set(self._WIDE.findall(text))
        if wide:
            self._columns = max(self._columns, *map(_column_number, wide))
        at = text.rfind(b' r="')
        found = self._reference_at(text, at)
        if found is None and at > 0:
            found = self._reference_at(text, text.rfind(b' r="', 0, at))
        if found:
            self._rows = max(self._rows, _number(found[1]))
        if self._counts:
            self._tags += piece.count(b"<c")  # and of columns, which are few
        refuse_many(self._total + max(self._tags, self._rows * self._columns), self._most)

    def _reference_at(self, text: bytes, at: int) -> re.Match[bytes] | None:
        start = text.rfind(b"<", 0, at) if at > 0 else -1
        return self._REFERENCE.match(text, start) if start >= 0 else None

    def finish(self) -> None:
        if self._looks:
            self._total += max(self._tags, self._rows * self._columns)


class OdsCells:
    """Rows and columns with their repetitions, up to the last cell that holds something."""

    _REPEATED = re.compile(rb"number-columns-repeated\s*=\s*[\"'](\d+)")
    _ROWS_REPEATED = re.compile(rb"number-rows-repeated\s*=\s*[\"'](\d+)")
    _EMPTY = re.compile(rb"<table:(?:covered-)?table-cell(?:\s[^<>]*?)?(?:/>|></table:(?:covered-)?table-cell>)\s*")
    _TABLE = re.compile(rb"<(/?)table:table(?:\s[^<>]*?)?(/?)>")
    _TRAILING_LOOKED_AT = 1000

    def __init__(self, most: int) -> None:
        self._most = most
        self._total = 0

    def start(self, name: str, size: int) -> None:
        self._begin_table()
        self._open = b""
        self._looks = name.casefold() == "content.xml"

    def feed(self, piece: bytes, text: bytes) -> None:
        if not self._looks:
            return
        *whole, self._open = (self._open + piece).split(b"<table:table-row")
        for row in whole:
            self._add(row)
        if len(self._open) > self._most * 4:
            refuse_many(len(self._open), self._most)

    def finish(self) -> None:
        if self._looks:
            self._refuse_unfinished()
            self._add(self._open)
            self._end_table()

    def _refuse_unfinished(self) -> None:
        """A table that breaks off is read for ever, with ever more cells."""
        is_open = self._open[:1] in _AFTER_NAME
        for tag in self._TABLE.finditer(self._open):
            is_open = not (tag[1] or tag[2])
        if is_open:
            raise Unreadable("tệp bị hỏng: bảng tính dở dang", "a table of the workbook has no end")

    def _begin_table(self) -> None:
        self._row = self._last_row = self._width = 0

    def _end_table(self) -> None:
        self._total += self._last_row * self._width
        self._begin_table()

    def _add(self, text: bytes) -> None:
        """A row, from after its tag's name up to the next row; other text may follow it, or stand alone."""
        row, _, after = text.partition(b"</table:table-row>")
        if row[:1] in _AFTER_NAME:
            attributes, _, body = row.partition(b">")
            repeated = self._ROWS_REPEATED.search(attributes)
            self._row += _number(repeated[1]) if repeated else 1
            width = 0 if attributes.endswith(b"/") else self._width_of(body)
            if width:
                self._last_row, self._width = self._row, max(self._width, width)
                refuse_many(self._total + self._last_row * self._width, self._most)
        if b"</table:table>" in after:
            self._end_table()

    def _width_of(self, body: bytes) -> int:
        end = len(body)
        for _ in range(self._TRAILING_LOOKED_AT):
            start = body.rfind(b"<table:", 0, end)
            cell = self._EMPTY.fullmatch(body, start, end) if start >= 0 else None
            if cell is None or b"value" in cell[0]:
                break
            end = start
        cells = body.count(b"<table:table-cell", 0, end) + body.count(b"<table:covered-table-cell", 0, end)
        if body.find(b"-repeated", 0, end) >= 0:
            cells += sum(_number(times) - 1 for times in self._REPEATED.findall(body, 0, end))
        return cells


def _number(digits: bytes) -> int:
    return int(digits) if len(digits) <= _MOST_DIGITS else 10**_MOST_DIGITS


def _column_number(letters: bytes) -> int:
    if len(letters) > _MOST_LETTERS:
        return int(10**_MOST_DIGITS)
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def refuse_many(cells: int, most: int) -> None:
    """Raises Unreadable for sheets that span more cells than may be read."""
    if cells > most:
        raise Unreadable(
            f"bảng tính quá nhiều ô (trên {most}); hãy xoá các dòng và cột trống thừa ở cuối trang",
            f"the sheets span more than {most} cells; delete the empty rows and columns at their ends",
        )
