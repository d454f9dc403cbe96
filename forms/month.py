"""A district's month as plain rows, before it is a workbook."""

import datetime as dt
from dataclasses import dataclass, field

# What a cell may hold. Flags are "x" or None, codes and ID numbers are text.
CellValue = str | int | float | dt.date | None
Row = dict[str, CellValue]


@dataclass
class DistrictMonth:
    """The content of one monthly workbook: rows keyed by the form's field keys.

    `cover` is one row; `household`, `commune`, `movement` and `policy` are the table sheets in
    the order of their rows. A key that is missing from a row is an empty cell.
    """

    cover: Row
    household: list[Row] = field(default_factory=list)
    commune: list[Row] = field(default_factory=list)
    movement: list[Row] = field(default_factory=list)
    policy: list[Row] = field(default_factory=list)

    def rows(self, sheet: str) -> list[Row]:
        """The rows of a table sheet by its key. Raises KeyError for any other name."""
        return {
            "household": self.household,
            "commune": self.commune,
            "movement": self.movement,
            "policy": self.policy,
        }[sheet]
