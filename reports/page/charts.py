"""The page's charts: rows in, an Altair chart out. Colour never speaks alone: a word or a number stands beside it."""

import csv
import datetime as dt
import textwrap
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import altair as alt
import polars as pl

from labels.table import NOT_REPORTED
from reports.page.figures import Row
from reports.page.words import FLOW, GROUP, LANGUAGES, MEASURE, SLOT, STATUS, TARGET, Words, number, same, signed

# Dark enough for text beside it, apart for those who don't tell red from green.
COLOURS = {
    "achieved": "#1b7f5c",
    "missed": "#c2571a",
    "in_progress": "#2f6db3",
    "no_target": "#8a94a0",
    "no_data": "#c3cad2",
}
SLOT_COLOURS = {
    "accepted": "#1b7f5c",
    "accepted_late": "#8fc7ae",
    "waiting": "#2f6db3",
    "held": "#e0b040",
    "received": "#dfe7f1",
    "rejected": "#c2571a",
    "returned": "#c2571a",
    "withdrawn": "#8a94a0",
    "superseded": "#8a94a0",
    "excused": "#c3cad2",
    "unreadable": "#7d2f12",
    "expected": "#ffffff",
}
Drawing = alt.LayerChart | alt.FacetChart

_DOWN, _UP, _LEVEL, _GAP = "#1b7f5c", "#c2571a", "#47586a", "#c3cad2"
# A bar longer than this says no more to the eye; its number stands beside it.
_WIDEST_PCT = 200.0
# The highest rate is not the darkest shade, so that dark letters stay readable on every tile.
_PALE = 2.0


@cache
def tiles() -> dict[str, Row]:
    """Where each district stands on the schematic map (columns eastward, rows southward), and its short name."""
    with open(Path(__file__).with_name("tiles.csv"), encoding="utf-8", newline="") as file:
        return {row["unit_code"]: row for row in csv.DictReader(file)}


def bullets(
    rows: Sequence[Row], label: Callable[[Row], Words], language: str, *, end: float = _WIDEST_PCT, width: int = 380
) -> Drawing:
    """How much of each target is done: a bar up to achieved_pct, a tick at 100, the numbers in words.

    Rows of `mart.target_vs_actual`; `label` names a row, `end` is where the axis ends (%).
    """
    say = LANGUAGES.index(language)
    frame = pl.DataFrame(
        [
            {
                "name": label(row)[say],
                "place": place,
                "done": min(max(row["achieved_pct"] or 0.0, 0.0), end),
                "status": row["status"],
                "words": _bullet_words(row)[say],
                "says": f"{label(row)[say]}: {_bullet_words(row)[say]}",
            }
            for place, row in enumerate(rows)
        ]
    )
    names = frame["name"].to_list()
    y = alt.Y("name:N", sort=names, title=None, axis=alt.Axis(domain=False, ticks=False))
    base = alt.Chart(frame)
    track = base.mark_bar(height=16, color="#eef1f4", aria=False).encode(y=y, x=alt.datum(100))
    bar = base.mark_bar(height=10).encode(
        y=y,
        x=alt.X(
            "done:Q",
            scale=alt.Scale(domain=[0, end]),
            title=("% chỉ tiêu đã đạt", "% of the target achieved")[say],
            axis=alt.Axis(values=[0, 50, 100, 150, 200], grid=False),
        ),
        color=alt.Color("status:N", scale=alt.Scale(domain=list(COLOURS), range=list(COLOURS.values())), legend=None),
        description="says:N",
    )
    goal = base.mark_tick(thickness=3, size=22, color="#1c2733", aria=False).encode(y=y, x=alt.datum(100))
    text = base.mark_text(align="left", dx=6, aria=False).encode(y=y, x=alt.datum(end), text="words:N")
    return alt.layer(track, bar, goal, text).properties(width=width, height=alt.Step(30))


def _bullet_words(row: Row) -> Words:
    """'109,0 % · đạt', or why there is no number."""
    status = STATUS[row["status"]]
    if row["achieved_pct"] is None:
        return status
    done = number(row["achieved_pct"], 1)
    return Words(f"{done.vi} % · {status.vi}", f"{done.en}% · {status.en}")


def small_multiples(rates: Sequence[Row], language: str) -> Drawing:
    """Poor and near-poor rate of each district by month, one frame a district, one scale for all."""
    say = LANGUAGES.index(language)
    names = {
        "poor_rate": ("tỷ lệ hộ nghèo", "poor rate")[say],
        "near_poor_rate": ("tỷ lệ hộ cận nghèo", "near-poor rate")[say],
    }
    frame = pl.DataFrame(
        [
            {
                "district": tiles()[row["unit_code"]]["short_name"],
                "month": row["period"].replace(day=1).isoformat(),
                "rate": row["value"],
                "which": names[row["indicator"]],
                "words": f"{row['period']:%m/%Y}: {number(row['value'], 2)[say]} %",
            }
            for row in rates
        ],
        schema={"district": pl.String, "month": pl.String, "rate": pl.Float64, "which": pl.String, "words": pl.String},
    )
    months = sorted(set(frame["month"]))
    ticks = [alt.DateTime(year=int(m[:4]), month=int(m[5:7]), date=1) for m in months[:: max(1, -(-len(months) // 4))]]
    base = alt.Chart(frame).encode(
        x=alt.X(
            "month:T",
            title=None,
            axis=alt.Axis(format="%m/%y", values=ticks, labelFontSize=11, grid=False, labelFlush=True),
        ),
        y=alt.Y("rate:Q", title="%", axis=alt.Axis(tickCount=4)),
        color=alt.Color(
            "which:N", title=None, scale=alt.Scale(domain=list(names.values()), range=["#c2571a", "#2f6db3"])
        ),
    )
    line = base.mark_line(strokeWidth=2, aria=False).encode(
        strokeDash=alt.StrokeDash(
            "which:N", title=None, scale=alt.Scale(domain=list(names.values()), range=[[1, 0], [4, 2]])
        )
    )
    point = base.mark_point(size=14, filled=True, opacity=1).encode(description="words:N")
    frames = alt.layer(line, point).properties(width=200, height=120)
    order = [tile["short_name"] for tile in tiles().values()]
    return frames.facet(facet=alt.Facet("district:N", title=None, sort=order), columns=3, spacing=14)


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
    tile_layer = base.mark_rect(cornerRadius=6, stroke="#8a94a0").encode(
        description="says:N",
        color=alt.condition(
            "isValid(datum.rate)",
            alt.Color("rate:Q", scale=alt.Scale(scheme="oranges", domain=[0, _PALE * highest]), legend=None),
            alt.value("#ffffff"),
        ),
        strokeDash=alt.condition("isValid(datum.rate)", alt.value([1, 0]), alt.value([4, 3])),
    )
    name = base.mark_text(dy=-9, fontWeight="bold", aria=False).encode(text="name:N")
    value = base.mark_text(dy=11, fontSize=14, aria=False).encode(text="words:N")
    return alt.layer(tile_layer, name, value).properties(width=alt.Step(132), height=alt.Step(74))


def deprivation_bars(rows: Sequence[Row], name: Callable[[Row], Words], language: str) -> Drawing:
    """Households deprived at the baseline and now, the indicators grouped by the department that answers for them."""
    say = LANGUAGES.index(language)
    when = (("cuối 2019", "end of 2019")[say], ("kỳ này", "now")[say])
    bars = [
        {
            "accountable": row["accountable"],
            "deprivation": name(row)[say],
            "when": label,
            "households": value,
            "words": number(value)[say],
            "says": f"{name(row)[say]}, {label}: {number(value)[say]}",
        }
        for row in rows
        for label, value in zip(when, (row["baseline"], row["actual"]), strict=True)
        if value is not None
    ]
    base = alt.Chart(pl.DataFrame(bars)).encode(
        y=alt.Y("deprivation:N", title=None, sort=None, axis=alt.Axis(domain=False, ticks=False)),
        yOffset=alt.YOffset("when:N", sort=list(when)),
        x=alt.X(
            "households:Q",
            title=("số hộ nghèo thiếu hụt", "poor households deprived")[say],
            axis=alt.Axis(tickCount=6, format=",d"),
        ),
    )
    bar = base.mark_bar().encode(
        color=alt.Color("when:N", title=None, scale=alt.Scale(domain=list(when), range=["#c3cad2", "#2f6db3"])),
        description="says:N",
    )
    text = base.mark_text(align="left", dx=4, fontSize=11, aria=False).encode(text="words:N")
    layers = alt.layer(bar, text).properties(width=400, height=alt.Step(13))
    departments = list(dict.fromkeys(row["accountable"] for row in rows))
    drawn: alt.FacetChart = layers.facet(
        row=alt.Row(
            "accountable:N",
            title=None,
            sort=departments,
            header=alt.Header(labelAngle=0, labelAlign="left", labelOrient="top", labelAnchor="start"),
        ),
        spacing=8,
    ).resolve_scale(y="independent")
    return drawn


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
            title=("số hộ", "households")[say],
            axis=alt.Axis(format=",d"),
        ),
        y2="end:Q",
        color=alt.Color(
            "kind:N",
            scale=alt.Scale(domain=["level", "down", "up", "gap"], range=[_LEVEL, _DOWN, _UP, _GAP]),
            legend=None,
        ),
        description="words:N",
    )
    text = base.mark_text(dy=-8, aria=False).encode(y="top:Q", text="words:N")
    return alt.layer(bar, text).properties(width=820, height=280, title=GROUP[row["group_name"]][say])


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
        steps.append((Words(_lines(words.vi), _lines(words.en)), at, at + amount, "down" if amount < 0 else "up"))
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
