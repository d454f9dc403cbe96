"""The page's charts: rows in, an Altair chart out. Colour never speaks alone: a word or a number stands beside it."""

import datetime as dt
import textwrap
from collections.abc import Callable, Sequence

import altair as alt
import polars as pl

from labels.table import NOT_REPORTED
from reports.page.colours import (
    COLOURS,
    RATE_SCHEME,
    SLOT_COLOURS,
    STEP_COLOURS,
    WELFARE,
    WELFARE_OF_FLOW,
)
from reports.page.figures import Row
from reports.page.marks import cut_at_foot, cut_at_side, side_words
from reports.page.series import deprivation_bars, small_multiples
from reports.page.tiles import tiles
from reports.page.words import FLOW, GROUP, LANGUAGES, MEASURE, SLOT, STATUS, TARGET, Words, number, same, signed

__all__ = [
    "bullets",
    "completeness",
    "deprivation_bars",
    "district_label",
    "small_multiples",
    "target_label",
    "tile_map",
    "waterfall",
    "waterfall_steps",
]

Drawing = alt.LayerChart | alt.FacetChart

# A bar longer than this says no more to the eye; its number stands beside it.
_WIDEST_PCT = 200.0
# The highest rate is not the darkest shade, so that dark letters stay readable on every tile.
_PALE = 2.0


def bullets(
    rows: Sequence[Row], label: Callable[[Row], Words], language: str, *, end: float = _WIDEST_PCT, width: int = 380
) -> Drawing:
    """How much of each target is done: a bar up to achieved_pct, a tick at 100, the numbers in words.

    Rows of `mart.target_vs_actual`, or none; `label` names a row, `end` is where the axis ends (%). A bar that goes
    beyond it, or below zero, is marked as cut. A row without a target has neither track nor tick.
    """
    say = LANGUAGES.index(language)
    frame = pl.DataFrame(
        [
            {
                "name": label(row)[say],
                "done": min(max(row["achieved_pct"] or 0.0, 0.0), end),
                "side": _side(row["achieved_pct"] or 0.0, end),
                "goal": None if row["status"] == "no_target" else 100.0,
                "status": row["status"],
                "words": _bullet_words(row)[say],
                "says": f"{label(row)[say]}: {_bullet_words(row)[say]}",
            }
            for row in rows
        ],
        schema={
            "name": pl.String,
            "done": pl.Float64,
            "side": pl.String,
            "goal": pl.Float64,
            "status": pl.String,
            "words": pl.String,
            "says": pl.String,
        },
    )
    names = frame["name"].to_list()
    y = alt.Y("name:N", sort=names, title=None, axis=alt.Axis(domain=False, ticks=False))
    base = alt.Chart(frame)
    track = base.mark_bar(height=16, color="#eef1f4", aria=False).encode(y=y, x="goal:Q")
    bar = base.mark_bar(height=10).encode(
        y=y,
        x=alt.X(
            "done:Q",
            scale=alt.Scale(domain=[0, end]),
            title=("% chỉ tiêu đã đạt", "% of the target achieved")[say] + side_words(set(frame["side"]), end)[say],
            axis=alt.Axis(values=[0, 50, 100, 150, 200], grid=False),
        ),
        color=alt.Color("status:N", scale=alt.Scale(domain=list(COLOURS), range=list(COLOURS.values())), legend=None),
        description="says:N",
    )
    goal = base.mark_tick(thickness=3, size=22, color="#1c2733", aria=False).encode(y=y, x="goal:Q")
    text = base.mark_text(align="left", dx=6, aria=False).encode(y=y, x=alt.datum(end), text="words:N")
    cuts = [cut_at_side(base, y, side, end) for side in sorted(set(frame["side"]) - {""})]
    return alt.layer(track, bar, goal, *cuts, text).properties(width=width, height=alt.Step(30))


def _side(done: float, end: float) -> str:
    """On which side an axis from 0 to `end` cuts a bar: low, high, or neither."""
    return "high" if done > end else "low" if done < 0 else ""


def _bullet_words(row: Row) -> Words:
    """'109,0 % · đạt', or why there is no number."""
    status = STATUS[row["status"]]
    if row["achieved_pct"] is None:
        return status
    done = number(row["achieved_pct"], 1)
    return Words(f"{done.vi} % · {status.vi}", f"{done.en}% · {status.en}")


def tile_map(rates: Sequence[Row], period: dt.date, language: str) -> Drawing:
    """The nine districts as tiles about where they lie, shaded by the poor rate of `period`."""
    say = LANGUAGES.index(language)
    known = {
        row["unit_code"]: row["value"]
        for row in rates
        if row["period"] == period and row["indicator"] == "poor_rate" and row["value"] is not None
    }
    silent = NOT_REPORTED[say]
    highest = max(known.values(), default=1.0)
    frame = pl.DataFrame(
        [
            {
                "column": int(tile["column"]),
                "row": int(tile["row"]),
                "name": tile["short_name"],
                "rate": known.get(code),
                "words": f"{number(known[code], 2)[say]} %" if code in known else silent,
                "says": f"{tile['short_name']}: {number(known[code], 2)[say]} %" if code in known else silent,
            }
            for code, tile in tiles().items()
        ]
    )
    base = alt.Chart(frame).encode(
        x=alt.X("column:O", axis=None, scale=alt.Scale(padding=0.04)),
        y=alt.Y("row:O", axis=None, scale=alt.Scale(padding=0.04)),
    )
    shaded = (
        base.transform_filter("isValid(datum.rate)")
        .mark_rect(cornerRadius=6, stroke="#8a94a0")
        .encode(
            description="says:N",
            color=alt.Color("rate:Q", scale=alt.Scale(scheme=RATE_SCHEME, domain=[0, _PALE * highest]), legend=None),
        )
    )
    # A mark without a value for its shade would not be drawn at all.
    open_tile = (
        base.transform_filter("!isValid(datum.rate)")
        .mark_rect(cornerRadius=6, stroke="#8a94a0", strokeDash=[4, 3], fill="#ffffff")
        .encode(description="says:N")
    )
    name = base.mark_text(dy=-9, fontWeight="bold", aria=False).encode(text="name:N")
    value = base.mark_text(dy=11, fontSize=14, aria=False).encode(text="words:N")
    return alt.layer(shaded, open_tile, name, value).properties(width=alt.Step(132), height=alt.Step(74))


def waterfall(row: Row, steps: Sequence[tuple[Words, float, float, str]], language: str) -> Drawing:
    """From the opening number of households to the closing one. `steps` as made by `waterfall_steps`."""
    say = LANGUAGES.index(language)
    frame = pl.DataFrame(
        [
            {
                "name": words[say],
                "start": start,
                "end": end,
                "kind": kind,
                "top": max(start, end),
                "words": number(end)[say] if kind == "level" else signed(end - start)[say],
                "welfare": WELFARE[kind][say] if kind in WELFARE and start != end else "",
            }
            for words, start, end, kind in steps
        ]
    )
    # Bars of a thousand on a level of seven thousand can't be read from zero: the axis begins below the lowest.
    low = _floor(min((value for _, *ends, _ in steps for value in ends if value), default=0.0))
    frame = frame.with_columns(start=pl.when(kind="level").then(low).otherwise(pl.col("start")))
    base = alt.Chart(frame).encode(
        x=alt.X("name:N", sort=None, title=None, axis=alt.Axis(labelAngle=0, labelFontSize=11, labelExpr=_WRAPPED))
    )
    bar = base.mark_bar(size=46).encode(
        y=alt.Y(
            "start:Q",
            scale=alt.Scale(domainMin=low, zero=False, nice=True),
            title=_axis_words(low)[say],
            axis=alt.Axis(format=",d"),
        ),
        y2="end:Q",
        color=alt.Color(
            "kind:N",
            scale=alt.Scale(domain=list(STEP_COLOURS), range=list(STEP_COLOURS.values())),
            legend=None,
        ),
        description="words:N",
    )
    text = base.mark_text(dy=-20, aria=False).encode(y="top:Q", text="words:N")
    welfare = base.mark_text(dy=-7, fontSize=11, color="#4d5b6a", aria=False).encode(y="top:Q", text="welfare:N")
    cuts = [cut_at_foot(base, low)] if low else []
    layers = alt.layer(bar, *cuts, text, welfare)
    return layers.properties(width=820, height=280, title=GROUP[row["group_name"]][say])


def _axis_words(low: float) -> Words:
    """The title of an axis of households that begins at `low`."""
    if not low:
        return Words("số hộ", "households")
    return Words(
        f"số hộ (trục cắt, bắt đầu từ {number(low).vi})", f"households (cut: the axis starts at {number(low).en})"
    )


# Vega breaks no line by itself; `|` says where.
_WRAPPED = "split(datum.label, '|')"
_LABEL_WIDTH = 14


def waterfall_steps(row: Row) -> list[tuple[Words, float, float, str]]:
    """(what, from, to, kind) of a group's year: opening, each flow, what a correction made otherwise, closing."""
    opening, closing = row["opening"], row["closing"]
    first, last = row["first_month"], row["last_month"]
    steps: list[tuple[Words, float, float, str]] = [
        (Words(f"đầu tháng|{first:%m/%Y}", f"opening|{first:%m/%Y}"), 0, opening, "level")
    ]
    at = opening
    for key, words in FLOW[row["group_name"]].items():
        amount = -row[key] if key.startswith("decrease") else row[key]
        steps.append(
            (Words(_lines(words.vi), _lines(words.en)), at, at + amount, WELFARE_OF_FLOW[row["group_name"]][key])
        )
        at += amount
    if at != closing:
        steps.append((Words("điều chỉnh|kỳ trước", "earlier month|corrected"), at, closing, "gap"))
    steps.append((Words(f"cuối tháng|{last:%m/%Y}", f"closing|{last:%m/%Y}"), 0, closing, "level"))
    return steps


def completeness(rows: Sequence[Row], language: str) -> Drawing:
    """Districts by months: what came, and when."""
    say = LANGUAGES.index(language)
    frame = pl.DataFrame(
        [
            {
                "district": _short_name(row),
                "month": f"{row['period']:%m/%y}",
                "state": SLOT[slot_state(row)][say],
                "says": f"{_short_name(row)} {row['period']:%m/%Y}: {SLOT[slot_state(row)][say]}",
                "sign": "✓" if row["is_reported"] else ("–" if row["state"] == "expected" else "!"),
                "ink": "light" if slot_state(row) in ("accepted", "rejected", "returned", "unreadable") else "dark",
            }
            for row in rows
        ]
    )
    order = [tile["short_name"] for tile in tiles().values()]
    shown = [state for state in SLOT if SLOT[state][say] in set(frame["state"])]
    base = alt.Chart(frame).encode(
        x=alt.X("month:O", sort=None, title=None, axis=alt.Axis(orient="top", labelAngle=0, domain=False, ticks=False)),
        y=alt.Y("district:N", sort=order, title=None, axis=alt.Axis(domain=False, ticks=False)),
    )
    cell = base.mark_rect(stroke="#ffffff", strokeWidth=2, cornerRadius=3).encode(
        color=alt.Color(
            "state:N",
            title=None,
            scale=alt.Scale(domain=[SLOT[s][say] for s in shown], range=[SLOT_COLOURS[s] for s in shown]),
        ),
        description="says:N",
    )
    ink = alt.Color("ink:N", scale=alt.Scale(domain=["light", "dark"], range=["#ffffff", "#1c2733"]), legend=None)
    sign = base.mark_text(aria=False).encode(text="sign:N", color=ink)
    layers = alt.layer(cell, sign).resolve_scale(color="independent")
    drawn: alt.LayerChart = layers.properties(width=alt.Step(46), height=alt.Step(26))
    return drawn


def slot_state(row: Row) -> str:
    """The state of a slot as the page names it: what is in the release, on time or late, or why it is not."""
    if row["is_reported"]:
        return "accepted" if row["on_time"] in (True, None) else "accepted_late"
    return str(row["state"])


def target_label(row: Row) -> Words:
    """What a row of `mart.target_vs_actual` is about, with its measure."""
    what = TARGET[row["target"]] if row["target"] in TARGET else Words(row["policy_name_vi"], row["policy_name"])
    if row["target"].startswith("policy_coverage:"):
        return what
    how = MEASURE[row["measure"], row["basis"]]
    return Words(f"{what.vi}: {how.vi}", f"{what.en}: {how.en}")


def district_label(row: Row) -> Words:
    """The short name of a row's unit."""
    return same(tiles()[row["unit_code"]]["short_name"])


def _short_name(slot: Row) -> str:
    return str(tiles()[slot["district_code"]]["short_name"])


def _lines(text: str) -> str:
    return "|".join(textwrap.wrap(text, _LABEL_WIDTH, break_long_words=False))


def _floor(value: float) -> float:
    """A round number well below `value`, so that the lowest bar still has a foot."""
    step = 10 ** max(len(str(int(value))) - 1, 0)
    return float(max(0, (int(value * 0.9) // step) * step))
