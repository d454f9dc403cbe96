"""Charts of one thing at several times: rates by month, deprivations at the baseline and now."""

from collections.abc import Callable, Sequence

import altair as alt
import polars as pl

from reports.page.colours import SERIES, TIMES
from reports.page.figures import Row
from reports.page.tiles import tiles
from reports.page.words import LANGUAGES, Words, number


def small_multiples(rates: Sequence[Row], language: str) -> alt.FacetChart:
    """Poor and near-poor rate of each district by month, one frame a district, one scale for all.

    A month without a report is a row without a value: its line is broken, and a cross stands on the axis.
    """
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
                # Once a month, not once a rate.
                "has_cross": not row["is_reported"] and row["indicator"] == "poor_rate",
            }
            for row in rates
        ],
        schema={
            "district": pl.String,
            "month": pl.String,
            "rate": pl.Float64,
            "which": pl.String,
            "words": pl.String,
            "has_cross": pl.Boolean,
        },
    )
    months = sorted(set(frame["month"]))
    # Counted in UTC, as dates without a time are read: the machine's time zone moves neither months nor ticks.
    some = months[:: max(1, -(-len(months) // 4))]
    ticks = [alt.DateTime(year=int(m[:4]), month=int(m[5:7]), date=1, utc=True) for m in some]
    base = alt.Chart(frame).encode(
        x=alt.X(
            "month:T",
            title=None,
            scale=alt.Scale(type="utc"),
            axis=alt.Axis(format="%m/%y", values=ticks, labelFontSize=11, grid=False, labelFlush=True),
        ),
        y=alt.Y("rate:Q", title="%", scale=alt.Scale(zero=True, nice=True), axis=alt.Axis(tickCount=4)),
    )
    colour = alt.Color(
        "which:N",
        title=None,
        scale=alt.Scale(domain=list(names.values()), range=list(SERIES.values())),
        legend=alt.Legend(symbolType="stroke", symbolSize=400, symbolStrokeWidth=2),
    )
    line = base.mark_line(strokeWidth=2, aria=False).encode(
        color=colour,
        strokeDash=alt.StrokeDash(
            "which:N", title=None, scale=alt.Scale(domain=list(names.values()), range=[[1, 0], [4, 2]])
        ),
    )
    point = base.mark_point(size=14, filled=True, opacity=1).encode(
        color=alt.Color("which:N", legend=None), description="words:N"
    )
    silent = (
        base.transform_filter("datum.has_cross")
        .mark_text(text="×", dy=-6, fontSize=13, aria=False)
        .encode(y=alt.datum(0))
    )
    frames = alt.layer(line, point, silent).properties(width=200, height=120)
    order = [tile["short_name"] for tile in tiles().values()]
    return frames.facet(facet=alt.Facet("district:N", title=None, sort=order), columns=3, spacing=14)


def deprivation_bars(rows: Sequence[Row], name: Callable[[Row], Words], language: str) -> alt.FacetChart:
    """Households deprived at the baseline and now, and which share of the poor they are.

    The indicators are grouped by the department that answers for them.
    """
    say = LANGUAGES.index(language)
    when = (("cuối 2019", "end of 2019")[say], ("kỳ này", "now")[say])
    bars = [
        {
            "accountable": row["accountable"],
            "deprivation": name(row)[say],
            "when": label,
            "households": value,
            "words": _with_share(value, rate)[say],
            "says": f"{name(row)[say]}, {label}: {_with_share(value, rate)[say]}",
        }
        for row in rows
        for label, value, rate in zip(
            when, (row["baseline"], row["actual"]), (row["baseline_rate"], row["actual_rate"]), strict=True
        )
        if value is not None
    ]
    texts = dict.fromkeys(("accountable", "deprivation", "when", "words", "says"), pl.String)
    base = alt.Chart(
        pl.DataFrame(bars, schema_overrides=texts, schema=None if bars else [*texts, "households"])
    ).encode(
        y=alt.Y("deprivation:N", title=None, sort=None, axis=alt.Axis(domain=False, ticks=False)),
        yOffset=alt.YOffset("when:N", sort=list(when)),
        x=alt.X(
            "households:Q",
            title=("số hộ nghèo thiếu hụt (% hộ nghèo)", "poor households deprived (% of the poor)")[say],
            axis=alt.Axis(tickCount=6, format=",d"),
        ),
    )
    bar = base.mark_bar().encode(
        color=alt.Color("when:N", title=None, scale=alt.Scale(domain=list(when), range=list(TIMES.values()))),
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


def _with_share(value: float, rate: float | None) -> Words:
    """3.539 (65,94 %): a count, and its share where there is one."""
    count, share = number(value), number(rate, 2)
    return count if rate is None else Words(f"{count.vi} ({share.vi} %)", f"{count.en} ({share.en}%)")
