"""Cells of any type from any bytes, with labels of the form among them."""

import datetime as dt
import struct
from collections.abc import Iterable

from forms.dictionary import sheets
from tasks.read.grid import Grid
from tasks.values import CellFault, CellValue

_DOUBLE = struct.Struct("<d")
_ODD_LETTERS = (
    "\0\x01\x0b\x1f\x7f\x85\xa0\xad\u0301\u0323\u06dd\u1ea1\u2028\u200b\u202e\ufeff\uffff\U0001f600\U000e0001\U0010ffff"
)


class Soup:
    """Reads bytes as cells; at their end every further cell is empty."""

    def __init__(self, content: bytes) -> None:
        self._content, self._at = content, 0

    def _byte(self) -> int:
        self._at += 1
        return self._content[self._at - 1] if self._at <= len(self._content) else 0

    def _piece(self, length: int) -> bytes:
        piece = self._content[self._at : self._at + length]
        self._at += length
        return piece

    def values(self, most: int) -> Iterable[CellValue]:
        while self._at < len(self._content) and most:
            most -= 1
            yield self.value()

    def value(self) -> CellValue:
        kind = self._byte()
        if kind >= 32:  # plain text, as the seeds have it
            self._at -= 1
            line = self._content.find(b"\n", self._at)
            length = (line if line >= 0 else len(self._content)) - self._at
            shown = self._piece(min(length, 200)).decode("utf-8", errors="replace")
            self._at += 1
            return shown
        if kind < 4:
            return (None, "", True, False)[kind]
        if kind < 8:
            return int.from_bytes(self._piece(1 << (kind - 4)), "little", signed=True)
        if kind < 12:
            (number,) = _DOUBLE.unpack(self._piece(8).ljust(8, b"\0"))
            return float(round(number, 3)) if kind == 9 and abs(number) < 1e9 else float(number)
        days = int.from_bytes(self._piece(3), "little")
        moment = dt.datetime(1899, 12, 30) + dt.timedelta(days=days % 2_950_000, seconds=days % 86_400)
        if kind < 24:
            odd = (moment, moment.date(), moment.time(), dt.timedelta(days=days - (1 << 23)))
            return odd[kind % 4]
        if kind < 28:
            return CellFault(self._piece(3).decode("latin-1"))
        return "".join(_ODD_LETTERS[byte % len(_ODD_LETTERS)] for byte in self._piece(3))

    def grid(self, key: str) -> Grid:
        """A few rows, with labels of the sheet in the first or in any of them."""
        labels = [field.label_vi for field in sheets()[key].fields]
        width, height, shift = 1 + self._byte() % 40, self._byte() % 12, self._byte()
        rows: list[list[CellValue]] = []
        for row in range(height):
            if row == shift % 4:
                rows.append([labels[(column * (1 + shift // 4 % 3)) % len(labels)] for column in range(width)])
            else:
                rows.append([self.value() for _ in range(width)])
        for _ in range(self._byte() % 4):
            if rows:
                rows[self._byte() % height][self._byte() % width] = labels[self._byte() % len(labels)]
        spans = [(self._byte() - 1, self._byte()) for _ in range(self._byte() % 3)]
        grid = Grid(rows, merged=[((0, 0), (1, 1))], hidden_rows=spans, hidden_columns=spans)
        grid.has_errors = any(isinstance(value, CellFault) for cells in rows for value in cells)
        return grid
