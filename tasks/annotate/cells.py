"""Mark cells in a sheet's XML without building a tree of it: only the tags of the marked cells change.

Well-formed XML without comments and CDATA has "<" nowhere but at the start of a tag, so that tags can be found
by their name. A sheet of a million cells takes a tenth of a second; openpyxl takes a minute for the same.
"""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from tasks.annotate.lines import address, column_number
from tasks.annotate.package import MAIN, Unfamiliar

# What follows <legacyDrawing> in a sheet, by the schema's order.
_AFTER_LEGACY_DRAWING = frozenset(
    ("legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls", "webPublishItems", "tableParts", "extLst")
) | {"AlternateContent"}
_TAG = re.compile(rb"""<(/?)([\w:.-]+)(?:\s+[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'))*\s*(/?)>""")
_ROOT = re.compile(rb"<(?:([A-Za-z_][\w.-]*):)?(?:worksheet|chartsheet|dialogsheet)\b[^>]*>")
# One blank before a name: a run of them would be tried from each of its places.
_TAB_SELECTED = re.compile(rb"""\stabSelected\s*=\s*(?:"[^"]*"|'[^']*')""")
_HEAD_BYTES = 1 << 16
_MERGED = re.compile(rb"""mergeCell\s[^>]*?ref\s*=\s*["']([A-Z]+)(\d+):([A-Z]+)(\d+)["']""")
_COLUMN = re.compile(rb"<(?:[\w.-]+:)?col\s[^>]*>")

Cell = tuple[int, int]
"""Row and column, both counted from 1."""
Restyle = Callable[[int, Cell], int]
"""The style for a cell at fault: from the style that it has and its place."""


@dataclass(frozen=True, slots=True)
class Column:
    """What `<col>` says of a run of columns; the width is in characters."""

    first: int
    last: int
    style: int
    width: float


class SheetXml:
    """One sheet part. Raises Unfamiliar for what is not laid out as spreadsheets are."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        root = _ROOT.search(content, 0, _HEAD_BYTES)
        if root is None or b"<!--" in content or b"<![CDATA[" in content:
            raise Unfamiliar("a sheet is not plain XML")
        self._prefix = root[1] + b":" if root[1] else b""
        namespace = rb"xmlns:" + root[1] if root[1] else rb"xmlns"
        if not re.search(rb"\b" + namespace + rb"\s*=\s*[\"']" + re.escape(MAIN.encode()) + rb"[\"']", root[0]):
            raise Unfamiliar("a sheet is of another kind of XML (strict)")

    def restyle(self, styles: Mapping[int, int]) -> None:
        """Give every cell of one of these styles the other."""
        if not styles:
            return
        old = b"|".join(b"%d" % style for style in sorted(styles))
        cell = re.compile(rb"""(<%sc\s(?:[^>]*?\s)?s\s*=\s*["'])(%s)(?=["'])""" % (re.escape(self._prefix), old))
        self._content = cell.sub(lambda found: found[1] + b"%d" % styles[int(found[2])], self._content)

    def is_worksheet(self) -> bool:
        return self._find(rb"<%ssheetData\b") is not None

    @cached_property
    def columns(self) -> list[Column]:
        data = self._find(rb"<%ssheetData\b")
        head = self._content[: data.start()] if data else b""
        found = []
        for tag in _COLUMN.findall(head):
            values = {name: attribute(tag, name) for name in (b"min", b"max", b"style", b"width")}
            if values[b"min"] and values[b"max"]:
                style, width = int(values[b"style"] or 0), float(values[b"width"] or 9)
                found.append(Column(int(values[b"min"]), int(values[b"max"]), style, width))
        return found

    def shown_at(self, cells: Iterable[Cell]) -> dict[Cell, Cell]:
        """Each cell with the one that shows it: itself, or the top-left one of the merged cells it is part of."""
        shown = {cell: cell for cell in cells}
        by_row: defaultdict[int, list[int]] = defaultdict(list)
        for row, column in shown:
            by_row[row].append(column)
        rows = sorted(by_row)
        for found in _MERGED.finditer(self._content, max(0, self._content.rfind(b"sheetData"))):
            left, right = column_number(found[1].decode()), column_number(found[3].decode())
            top, bottom = int(found[2]), int(found[4])
            for row in rows[bisect_left(rows, top) :]:
                if row > bottom:
                    break
                shown |= {(row, column): (top, left) for column in by_row[row] if left <= column <= right}
        return shown

    def marked(self, cells: Iterable[Cell], restyle: Restyle, drawing: str | None) -> list[bytes | memoryview]:
        """The sheet with these cells in another style, not selected, and with a relation to its comments' shapes.

        Missing cells and rows are put in. `drawing` is the relationship's id, or None to leave it as it is.
        """
        head_end = min(_HEAD_BYTES, len(self._content))
        data = self._find(rb"<%ssheetData\b[^>]*>")
        if data:
            head_end = data.start()
        pieces: list[bytes | memoryview] = [_TAB_SELECTED.sub(b"", self._content[:head_end])]
        view = memoryview(self._content)
        position = head_end
        wanted: defaultdict[int, list[int]] = defaultdict(list)
        for row, column in sorted(set(cells)):
            wanted[row].append(column)
        if data and wanted:
            for start, end, replacement in self._edits(data, wanted, restyle):
                pieces += [view[position:start], replacement]
                position = end
        if drawing is not None:
            at = self._place_of_drawing()
            namespace = b'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
            tag = b'<%slegacyDrawing %s r:id="%s"/>' % (self._prefix, namespace, drawing.encode())
            pieces += [view[position:at], tag]
            position = at
        pieces.append(view[position:])
        return pieces

    def _find(self, pattern: bytes, start: int = 0) -> re.Match[bytes] | None:
        return re.compile(pattern.replace(b"%s", re.escape(self._prefix))).search(self._content, start)

    def drawing(self) -> str | None:
        """The relationship of the sheet's comment boxes, or None."""
        tag = self._find(rb"<%slegacyDrawing\b[^>]*>", self._end_of_data())
        found = re.search(rb"""[\w.-]+:id\s*=\s*["']([^"']+)["']""", tag[0]) if tag else None
        return found[1].decode() if found else None

    def _end_of_data(self) -> int:
        end = self._content.rfind(b"</%ssheetData" % self._prefix)
        if end < 0:
            empty = self._find(rb"<%ssheetData\b[^>]*/>")
            end = empty.start() if empty else 0
        return self._content.index(b">", end) + 1

    def _place_of_drawing(self) -> int:
        depth = 0
        for tag in _TAG.finditer(self._content, self._end_of_data()):
            closes, name, is_empty = tag[1], tag[2].rpartition(b":")[2].decode(), tag[3]
            if depth == 0 and (closes or name in _AFTER_LEGACY_DRAWING):
                return tag.start()
            if closes:
                depth -= 1
            elif not is_empty:
                depth += 1
        raise Unfamiliar("a sheet has no end")

    def _edits(
        self, data: re.Match[bytes], wanted: dict[int, list[int]], restyle: Restyle
    ) -> Iterator[tuple[int, int, bytes]]:
        """Where to replace what, in the order of the file."""
        prefix, content = self._prefix, self._content
        if data[0].endswith(b"/>"):
            rows = b"".join(self._new_row(row, columns, restyle) for row, columns in sorted(wanted.items()))
            yield data.start(), data.end(), data[0][:-2] + b">" + rows + b"</%ssheetData>" % prefix
            return
        row_tag = re.compile(rb"<%srow\b[^>]*>" % re.escape(prefix))
        row_end, data_end = b"</%srow>" % prefix, content.rfind(b"</%ssheetData>" % prefix)
        if data_end < 0:
            raise Unfamiliar("a sheet's data has no end")
        left = sorted(wanted)
        number = 0
        for found in row_tag.finditer(content, data.end(), data_end):
            if not left:
                return
            number = int(attribute(found[0], b"r") or number + 1)
            missing = b""
            while left and left[0] < number:
                row = left.pop(0)
                missing += self._new_row(row, wanted[row], restyle)
            if missing:
                yield found.start(), found.start(), missing
            if left and left[0] == number:
                row = left.pop(0)
                if found[0].endswith(b"/>"):
                    cells = self._new_cells(row, wanted[row], restyle, found[0])
                    tag = without_attribute(found[0], b"spans")[:-2].rstrip() + b">"
                    yield found.start(), found.end(), tag + cells + row_end
                else:
                    end = content.index(row_end, found.end())
                    yield found.start(), end, self._edited_row(found[0], found.end(), end, row, wanted[row], restyle)
        if left:
            yield data_end, data_end, b"".join(self._new_row(row, wanted[row], restyle) for row in left)

    def _edited_row(self, tag: bytes, start: int, end: int, row: int, columns: list[int], restyle: Restyle) -> bytes:
        pieces: list[bytes] = []
        left, position, last, inserted = list(columns), start, 0, False
        for found in re.compile(rb"<%sc\b[^>]*>" % re.escape(self._prefix)).finditer(self._content, start, end):
            if not left:
                break
            last = _column_of(attribute(found[0], b"r")) or last + 1
            missing = [column for column in left if column < last]
            if missing:
                pieces += [self._content[position : found.start()], self._new_cells(row, missing, restyle, tag)]
                position, inserted = found.start(), True
                left = left[len(missing) :]
            if left and left[0] == last:
                style = restyle(int(attribute(found[0], b"s") or 0), (row, left.pop(0)))
                pieces += [self._content[position : found.start()], with_attribute(found[0], b"s", b"%d" % style)]
                position = found.end()
        pieces.append(self._content[position:end])
        if left:
            pieces.append(self._new_cells(row, left, restyle, tag))
            inserted = True
        return (without_attribute(tag, b"spans") if inserted else tag) + b"".join(pieces)

    def _new_row(self, row: int, columns: list[int], restyle: Restyle) -> bytes:
        cells = self._new_cells(row, columns, restyle, b"")
        return b'<%srow r="%d">%s</%srow>' % (self._prefix, row, cells, self._prefix)

    def _new_cells(self, row: int, columns: list[int], restyle: Restyle, row_tag: bytes) -> bytes:
        row_style = attribute(row_tag, b"s") if attribute(row_tag, b"customFormat") in (b"1", b"true") else None
        cells = b""
        for column in columns:
            style = int(row_style) if row_style else self._column_style(column)
            new = restyle(style, (row, column))
            cells += b'<%sc r="%s" s="%d"/>' % (self._prefix, address(row, column).encode(), new)
        return cells

    def _column_style(self, column: int) -> int:
        return next((one.style for one in self.columns if one.first <= column <= one.last), 0)


def attribute(tag: bytes, name: bytes) -> bytes | None:
    """An attribute's value in a start tag."""
    found = re.search(rb"""\s%s\s*=\s*(?:"([^"]*)"|'([^']*)')""" % name, tag)
    return (found[1] if found[1] is not None else found[2]) if found else None


def without_attribute(tag: bytes, name: bytes) -> bytes:
    return re.sub(rb"""\s%s\s*=\s*(?:"[^"]*"|'[^']*')""" % name, b"", tag)


def with_attribute(tag: bytes, name: bytes, value: bytes) -> bytes:
    plain = without_attribute(tag, name)
    end = len(plain) - (2 if plain.endswith(b"/>") else 1)
    return plain[:end].rstrip() + b' %s="%s"' % (name, value) + plain[end:]


def _column_of(reference: bytes | None) -> int | None:
    return column_number(reference.decode().rstrip("0123456789").upper()) if reference else None
