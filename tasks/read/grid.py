"""A sheet as rows of cells, whatever file it came from."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tasks.values import CellFault, CellValue

Cells = list[CellValue]
# The first and the last of a run, counted from 0.
Span = tuple[int, int]
# Faults this far beyond the last cell with a value are no longer part of a table.
_MARGIN = 1000


@dataclass
class Grid:
    """Cells from A1 on, so that `rows[r][c]` is the cell in row r + 1; all rows have the same length.

    `merged` are merged ranges as (first row, first column), (last row, last column), where the format tells.
    `cleaned` are the texts that read otherwise than they are written (None: as nothing), `has_errors` whether any
    cell may hold an error: both are found once for the whole sheet, in `encoding`, and spare each column the search.
    """

    rows: list[Cells]
    merged: list[tuple[Span, Span]] = field(default_factory=list)
    hidden_rows: list[Span] = field(default_factory=list)
    hidden_columns: list[Span] = field(default_factory=list)
    is_hidden: bool = False
    cleaned: Mapping[CellValue, str | None] = field(default_factory=dict)
    has_errors: bool = False

    def put(self, row: int, column: int, value: CellValue) -> None:
        """Write a cell, also one beside or below the cells with values."""
        width = len(self.rows[0]) if self.rows else 0
        if row >= len(self.rows) + _MARGIN or column >= width + _MARGIN:
            return
        if column >= width:
            for cells in self.rows:
                cells += [""] * (column + 1 - len(cells))
            width = column + 1
        while row >= len(self.rows):
            self.rows.append([""] * width)
        self.rows[row][column] = value
        self.has_errors = self.has_errors or isinstance(value, CellFault)


def is_blank(value: CellValue) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())
