"""Numbers as Vietnamese offices write them: on paper, on a screen, and as formats of a cell.

Rounding is half up on the decimal that a reader sees, as the plan does: 0,125 is printed 0,13.
"""

from decimal import ROUND_HALF_UP, Decimal

# The language mark makes LibreOffice show 1.552 and 3,04 whatever the computer's own language is. Excel takes the
# separators from the regional settings of Windows, which are Vietnamese in the offices that these files go to.
_VIETNAMESE = "[$-42A]"
# The last two signs leave a little room before the cell's border.
_PERCENT = f"{_VIETNAMESE}#,##0.00_-"
# As the statistics office prints it, a dash stands where something was counted and nothing found.
_COUNT = f'{_VIETNAMESE}#,##0_-;{_VIETNAMESE}-#,##0_-;"-"_-'
_SIGNED_COUNT = f'{_VIETNAMESE}+#,##0_-;{_VIETNAMESE}-#,##0_-;"0"_-'
_SIGNED_POINTS = f'{_VIETNAMESE}+#,##0.00_-;{_VIETNAMESE}-#,##0.00_-;"0"_-'
CELL_FORMATS = {
    "count": _COUNT,
    "percent": _PERCENT,
    "signed_count": _SIGNED_COUNT,
    "signed_points": _SIGNED_POINTS,
}
_SEPARATORS = str.maketrans(",.", ".,")


def number_vi(value: float | int | None, decimals: int = 0) -> str:
    """A number as Vietnamese offices write it: 1.552 and 3,04; an empty text for none."""
    if value is None:
        return ""
    rounded = Decimal(str(value)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    return f"{rounded:z,f}".translate(_SEPARATORS)
