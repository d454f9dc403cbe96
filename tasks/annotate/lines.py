"""Findings as the sender reads them: in the order of their causes, with the values that the file itself holds."""

import io
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import python_calamine

from expectations.catalogue import rules
from forms.layout import column_letter
from labels.table import SEVERITIES
from tasks.findings import MASK
from tasks.values import CellValue, label_key, to_text

_ADDRESS = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})")
_SEVERITIES = list(SEVERITIES)
MAX_ROWS, MAX_COLUMNS = 1_048_576, 16_384

# What messages say of a cell without a value.
EMPTY = "(trống)"

Place = tuple[str, int, int]
"""A cell: sheet name in the workbook, row and column, both counted from 1."""


@dataclass(frozen=True, slots=True)
class Line:
    """One finding ready to be shown. `sheet` is None where the workbook has no such sheet."""

    rule: str
    severity: str
    sheet_shown: str
    sheet: str | None
    row: int | None
    column: int | None
    value: str
    expected: str
    message: str
    waived: bool

    @property
    def place(self) -> Place | None:
        if self.sheet is None or self.row is None or self.column is None:
            return None
        return self.sheet, self.row, self.column


def causes(counts: Mapping[str, int]) -> list[str]:
    """The rules that were broken: the gravest first, then in the catalogue's order."""
    order = {code: (_SEVERITIES.index(rule.severity), number) for number, (code, rule) in enumerate(rules().items())}
    return sorted((code for code, count in counts.items() if count), key=lambda code: order[code])


def make_lines(
    findings: Iterable[Mapping[str, Any]], order: list[str], find_sheet: Callable[[str], str | None], content: bytes
) -> list[Line]:
    """The findings in the order of their causes; masked values are taken from the workbook `content` itself."""
    rank = {code: number for number, code in enumerate(order)}
    lines = [_line(finding, find_sheet) for finding in sorted(findings, key=lambda finding: rank[finding["rule"]])]
    masked = {line.place for line in lines if line.value == MASK and line.place is not None}
    own = _own_texts(content, {place for place in masked if place})
    return [_unmasked(line, own) for line in lines]


def address(row: int, column: int) -> str:
    """The A1 address of a cell; row and column count from 1."""
    return f"{column_letter(column - 1)}{row}"


def column_number(letters: str) -> int:
    """A → 1, AA → 27."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def parse_address(cell: str | None) -> tuple[int, int] | None:
    """Row and column of an A1 address, counted from 1; None for what is none."""
    found = _ADDRESS.fullmatch(cell.strip().upper()) if cell else None
    if found is None:
        return None
    row, column = int(found[2]), column_number(found[1])
    return (row, column) if row <= MAX_ROWS and column <= MAX_COLUMNS else None


def sheet_finder(names: Iterable[str], aliases: Mapping[str, str] | None = None) -> Callable[[str], str | None]:
    """A function from the sheet name of a finding to the workbook's own; `aliases` are further names."""
    exact = {name: name for name in names}
    loose = {label_key(name): name for name in exact} | {
        label_key(alias): name for alias, name in (aliases or {}).items()
    }
    return lambda name: (aliases or {}).get(name) or exact.get(name) or loose.get(label_key(name))


def _line(finding: Mapping[str, Any], find_sheet: Callable[[str], str | None]) -> Line:
    shown = finding.get("sheet") or ""
    place = parse_address(finding.get("cell"))
    return Line(
        rule=finding["rule"],
        severity=finding["severity"],
        sheet_shown=shown,
        sheet=find_sheet(shown) if shown else None,
        row=place[0] if place else None,
        column=place[1] if place else None,
        value=finding.get("value") or "",
        expected=finding.get("expected") or "",
        message=finding.get("message_vi") or "",
        waived=bool(finding.get("waived")),
    )


def _unmasked(line: Line, own: Mapping[Place, str]) -> Line:
    if line.value != MASK or line.place is None:
        return line
    value = own.get(line.place, "")
    return Line(
        **{name: getattr(line, name) for name in line.__slots__ if name not in ("value", "message")},
        value=value,
        message=line.message.replace(MASK, value or EMPTY),
    )


def _own_texts(content: bytes, places: set[Place]) -> dict[Place, str]:
    by_sheet: defaultdict[str, list[Place]] = defaultdict(list)
    for place in places:
        by_sheet[place[0]].append(place)
    if not by_sheet:
        return {}
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
    found = {}
    for name, wanted in by_sheet.items():
        grid: list[list[CellValue]] = book.get_sheet_by_name(name).to_python(skip_empty_area=False)  # type: ignore[assignment]
        for place in wanted:
            _, row, column = place
            if row <= len(grid) and column <= len(grid[row - 1]):
                value = grid[row - 1][column - 1]
                text = value if isinstance(value, str) else to_text(value)
                if text:
                    found[place] = text
    return found
