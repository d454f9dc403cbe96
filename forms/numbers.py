"""Numbers as Vietnamese offices write them: on paper, on a screen, and as formats of a cell.

Rounding is half up on the decimal that a reader sees, as the plan does: 0,125 is printed 0,13.
"""

from decimal import ROUND_HALF_UP, Decimal

# The language mark makes LibreOffice show 1.552 and 3,04 whatever the computer's own language is. Excel takes the
# separators from the regional settings of Windows, which are Vietnamese in the offices that these files go to.
_VIETNAMESE = "[$-42A]"
# The last two signs leave a little room before the cell's border.
_PERCENT = f"{_VIETNAMESE}#,##0.00_-"
_SHARE = f"{_VIETNAMESE}#,##0.0_-"
# As the statistics office prints it, a dash stands where something was counted and nothing found.
_COUNT = f'{_VIETNAMESE}#,##0_-;{_VIETNAMESE}-#,##0_-;"-"_-'
_SIGNED_COUNT = f'{_VIETNAMESE}+#,##0_-;{_VIETNAMESE}-#,##0_-;"0"_-'
_SIGNED_POINTS = f'{_VIETNAMESE}+#,##0.00_-;{_VIETNAMESE}-#,##0.00_-;"0"_-'
CELL_FORMATS = {
    "count": _COUNT,
    "percent": _PERCENT,
    "share": _SHARE,
    "signed_count": _SIGNED_COUNT,
    "signed_points": _SIGNED_POINTS,
}
_SEPARATORS = str.maketrans(",.", ".,")
# Decimals that a reader sees, by what is measured: heads are whole, rates and points are printed as the plan prints
# them, and how much of a target is done with one.
DECIMALS = {
    "households": 0,
    "persons": 0,
    "percentage_points": 2,
    "end_rate": 2,
    "rate": 2,
    "coverage_pct": 2,
    "percent": 2,
    "achieved_pct": 1,
}
_KINDS = {0: "count", 1: "share", 2: "percent"}
_SIGNED_KINDS = {0: "signed_count", 2: "signed_points"}


def number_vi(value: float | int | None, decimals: int = 0) -> str:
    """A number as Vietnamese offices write it: 1.552 and 3,04; an empty text for none."""
    if value is None:
        return ""
    rounded = Decimal(str(value)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    return f"{rounded:z,f}".translate(_SEPARATORS)


def signed_vi(value: float | int | None, decimals: int = 0) -> str:
    """A change with its sign: +12, -0,72; a zero has none, and an empty text stands for none."""
    text = number_vi(value, decimals)
    rises = value is not None and value > 0 and text.strip("0,.")
    return f"+{text}" if rises else text


def measured_vi(value: float | int | None, measure: str) -> str:
    """A level, target or remainder as `measure` is read, a key of DECIMALS: 7.079 households, 2,32 percentage points.

    Raises KeyError for a measure without decimals.
    """
    return number_vi(value, DECIMALS[measure])


def cell_kind(measure: str, *, signed: bool = False) -> str:
    """The key of CELL_FORMATS in which a cell shows what measured_vi writes; with its sign where it is a change."""
    return (_SIGNED_KINDS if signed else _KINDS)[DECIMALS[measure]]
