"""Which rows, columns or sheets hold data and can't be seen (rule F13)."""

from forms.layout import column_letter
from tasks.read.grid import Cells, Grid, Span, is_blank

WHOLE_SHEET = "cả trang tính"
_LISTED = 5


def hidden_parts(grid: Grid, first_row: int) -> str | None:
    """What is hidden and holds data from `first_row` on (counted from 0), in words; None where nothing is."""
    if grid.is_hidden:
        return WHOLE_SHEET if any(not is_blank(value) for cells in grid.rows for value in cells) else None
    rows = [row for row in _within(grid.hidden_rows, first_row, len(grid.rows)) if _any(grid.rows[row])]
    width = len(grid.rows[0]) if grid.rows else 0
    columns = [
        column
        for column in _within(grid.hidden_columns, 0, width)
        if _any([cells[column] for cells in grid.rows[first_row:]])
    ]
    parts = []
    if rows:
        parts.append("dòng " + _listed([(str(first + 1), str(last + 1)) for first, last in _runs(rows)]))
    if columns:
        letters = [(column_letter(first), column_letter(last)) for first, last in _runs(columns)]
        parts.append("cột " + _listed(letters))
    return "; ".join(parts) or None


def _within(spans: list[Span], first: int, end: int) -> list[int]:
    return [at for start, last in spans for at in range(max(start, first), min(last + 1, end))]


def _any(values: Cells) -> bool:
    return any(not is_blank(value) for value in values)


def _runs(numbers: list[int]) -> list[Span]:
    runs: list[Span] = []
    for number in sorted(set(numbers)):
        if runs and runs[-1][1] == number - 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs


def _listed(runs: list[tuple[str, str]]) -> str:
    shown = [first if first == last else f"{first}–{last}" for first, last in runs[:_LISTED]]
    more = len(runs) - _LISTED
    return ", ".join(shown) + (f" và {more} đoạn khác" if more > 0 else "")
