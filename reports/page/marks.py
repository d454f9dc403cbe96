"""Marks for what a chart cuts off: each is a layer named `cut`, and stands with a word in the axis' title."""

from typing import Any

import altair as alt

from reports.page.words import Words, number

# Signs that stand where a bar leaves the axis, and at the foot of one whose beginning is left out.
_SIGNS, _FOOT = {"low": "«", "high": "»"}, "≈"


def cut_at_side(base: alt.Chart, y: Any, side: str, end: float) -> alt.Chart:
    """A sign on each bar whose `side` (a field) is cut: below zero, or above the axis' end."""
    is_high = side == "high"
    marked: alt.Chart = (
        base.transform_filter(f"datum.side == '{side}'")
        .mark_text(
            text=_SIGNS[side],
            align="right" if is_high else "left",
            dx=-3 if is_high else 3,
            fontSize=15,
            fontWeight="bold",
            color="#ffffff" if is_high else "#1c2733",
            aria=False,
        )
        .encode(y=y, x=alt.datum(end if is_high else 0))
        .properties(name=f"cut_{side}")
    )
    return marked


def side_words(sides: set[str], end: float) -> Words:
    """What goes behind an axis' title for the sides on which bars are cut; nothing where none is."""
    said = {
        "low": Words(f"{_SIGNS['low']} dưới 0 %", f"{_SIGNS['low']} below 0%"),
        "high": Words(
            f"{_SIGNS['high']} cột cắt ở {number(end).vi} %", f"{_SIGNS['high']} bar cut at {number(end).en}%"
        ),
    }
    shown = [words for side, words in said.items() if side in sides]
    return Words("".join(f"; {words.vi}" for words in shown), "".join(f"; {words.en}" for words in shown))


def cut_at_foot(base: alt.Chart, low: float) -> alt.Chart:
    """A sign at the foot of each bar that ought to begin at zero and begins at `low`."""
    marked: alt.Chart = (
        base.transform_filter("datum.kind == 'level'")
        .mark_text(text=_FOOT, dy=-12, fontSize=24, fontWeight="bold", color="#ffffff", aria=False)
        .encode(y=alt.datum(low))
        .properties(name="cut_foot")
    )
    return marked
