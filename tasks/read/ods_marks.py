"""Errors, formulas without a value, and hidden rows and columns of an .ods file."""

import datetime as dt
import re
from collections.abc import Iterable

from tasks.gate import Inspected
from tasks.read.xlsx_marks import BookMarks, Marks, add_to_spans, local, parse, pieces_of, shown_formula
from tasks.values import EPOCH_1900

_CONTENT = "content.xml"
_HIDDEN = ("collapse", "filter")
_REFERENCE = re.compile(r"\[([^\[\]]*)\]")


def ods_marks(inspected: Inspected) -> BookMarks:
    """The marks of all sheets. Raises as `parse` of `xlsx_marks` does, and zipfile's own errors."""
    return (
        _ContentParser().parse(pieces_of(inspected.content, _CONTENT)) if _CONTENT in inspected.marked else BookMarks()
    )


def _as_typed(reference: re.Match[str]) -> str:
    """[.A1:.B2] → A1:B2"""
    return reference[1].replace(":.", ":").removeprefix(".")


class _ContentParser:
    """Collects the marks of all sheets while content.xml streams by."""

    def __init__(self) -> None:
        self.book = BookMarks()
        self.marks = Marks()
        self.row = self.column = self.rows = 0
        self.hidden_groups: dict[str, list[bool]] = {"table-row-group": [], "table-column-group": []}
        self.shown: list[str] | None = None
        self.formula = ""
        self.columns = 0
        self.is_error = False

    def parse(self, pieces: Iterable[bytes]) -> BookMarks:
        parse(pieces, self.start, self.end, self.text)
        return self.book

    def start(self, name: str, attributes: dict[str, str]) -> None:
        tag, given = local(name), attributes.get
        if tag in ("table-cell", "covered-table-cell"):
            self.columns = int(given("table:number-columns-repeated", "1"))
            self.formula = given("table:formula", "")
            kinds = {given("calcext:value-type"), given("office:value-type")}
            self.is_error = "error" in kinds
            lacks_value = bool(self.formula) and not any(kinds)
            self.shown = [] if self.is_error or lacks_value else None
        elif tag == "p" and not self.is_error:
            self.shown = None  # a formula that gave an empty text has an empty paragraph and no type
        elif tag == "null-date":
            self.book.epoch = dt.date.fromisoformat(given("table:date-value", EPOCH_1900.isoformat())[:10])
        elif tag == "table-row":
            self.rows = int(given("table:number-rows-repeated", "1"))
            self.column = 0
            if given("table:visibility") in _HIDDEN or any(self.hidden_groups["table-row-group"]):
                add_to_spans(self.marks.hidden_rows, self.row, self.row + self.rows - 1)
        elif tag == "table-column":
            repeated = int(given("table:number-columns-repeated", "1"))
            if given("table:visibility") in _HIDDEN or any(self.hidden_groups["table-column-group"]):
                add_to_spans(self.marks.hidden_columns, self.column, self.column + repeated - 1)
            self.column += repeated
        elif tag in self.hidden_groups:
            self.hidden_groups[tag].append(given("table:display") == "false")
        elif tag == "table":
            self.marks = self.book.sheets.setdefault(given("table:name", ""), Marks())
            self.row = self.column = 0

    def text(self, text: str) -> None:
        if self.shown is not None:
            self.shown.append(text)

    def end(self, name: str) -> None:
        tag = local(name)
        if tag in ("table-cell", "covered-table-cell"):
            if self.shown is not None:
                fault = "".join(self.shown) if self.is_error else ""
                fault = fault or shown_formula(_REFERENCE.sub(_as_typed, self.formula))
                # A repeated fault is one that was filled down: more than a table is long is no table.
                for row in range(self.row, self.row + min(self.rows, 1000)):
                    for column in range(self.column, self.column + min(self.columns, 100)):
                        self.marks.faults[row, column] = fault
            self.shown = None
            self.column += self.columns
        elif tag == "table-row":
            self.row += self.rows
        elif tag in self.hidden_groups:
            self.hidden_groups[tag].pop()
