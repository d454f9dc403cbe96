"""Sheet Diễn biến: the balance of every row, the flows that meet, and what sheet Hộ counts."""

import polars as pl

from forms.dictionary import CLASSES_POOR, FLOWS, sheets
from tasks.case import Case
from tasks.derive.common import blank_once, count_text, only_counts, pair, sheet_rows, waived, with_unit

SHEET = sheets()["movement"]
COUNTS = tuple(field.key for field in SHEET.of_type("count"))
MEASURES = {"Hộ": "households", "Nhân khẩu": "persons"}
# Rule M03: (group, flow) → the same flow as the other group shows it.
MEETING_FLOWS = {
    ("N", "decrease_1"): ("CN", "increase_1"),
    ("CN", "decrease_2"): ("N", "increase_1"),
}


def derive_movement(
    cases: list[Case],
    usable: list[frozenset[str]],
    period: str | None,
    counted: pl.DataFrame,
    household: pl.DataFrame,
) -> pl.DataFrame:
    """One row per row of sheet Diễn biến, with the columns that the suite compares."""
    frame = with_unit(sheet_rows(cases, usable, "movement"), period)
    frame = frame.with_columns(
        *count_text(COUNTS),
        pl.col("class").str.to_uppercase(),
        kind=pl.col("measure")
        .str.to_lowercase()
        .replace_strict({vi.lower(): en for vi, en in MEASURES.items()}, default=None, return_dtype=pl.String),
    )
    frame = blank_once(frame, COUNTS).with_columns(*only_counts(COUNTS))
    frame = _with_other_group(_with_counted(frame, counted))
    frame = _with_missing(_with_opening(frame, cases), cases, household)
    change = pl.sum_horizontal(*[sign * pl.col(flow) for flow, sign in FLOWS.items()], ignore_nulls=False)
    closing = pl.col("opening") + change
    # An opening that is not the previous closing is named by M05; the rest of the row is then held against that.
    opening_is_the_fault = (
        (pl.col("opening") != pl.col("previous_closing"))
        & (pl.col("closing") == pl.col("previous_closing") + change)
        & ~waived(cases, "M05")
    ).fill_null(False)
    can_count = pl.col("kind").is_not_null()
    # Without the previous register a change of size can't be told from an entry.
    can_count &= ~((pl.col("kind") == "persons") & pl.col("lacks_previous"))
    pairs = [
        *pair(
            "households_balance",
            pl.col("closing"),
            closing,
            (pl.col("kind") == "households") & ~opening_is_the_fault,
        ),
        *pair("persons_balance", pl.col("closing"), closing, (pl.col("kind") == "persons") & ~opening_is_the_fault),
    ]
    for (group, flow), _ in MEETING_FLOWS.items():
        given, other = pl.col(flow), pl.col(f"other_{flow}")
        pairs += pair(f"meeting_{flow}", given, other, pl.col("class") == group)
    for key in (*FLOWS, "closing"):
        judged = can_count & ~_unmet(key)
        if key == "decrease_3":
            # A household that X01 misses may well be declared among those that moved away or died.
            judged &= ~(pl.col("misses_household") & ~waived(cases, "X01"))
        pairs += pair(key, pl.col(key), pl.col(f"{key}__counted"), judged)
    pairs += pair("opening", pl.col("opening"), pl.col("previous_closing"), pl.lit(True))
    return frame.with_columns(*pairs)


def _with_missing(frame: pl.DataFrame, cases: list[Case], household: pl.DataFrame) -> pl.DataFrame:
    """Add `misses_household`: a household of this commune and group in the previous register is not in the file."""
    missing = [pl.DataFrame(schema={"s": pl.Int32, "commune_code": pl.String, "class": pl.String})]
    for s, case in enumerate(cases):
        if case.previous is not None:
            listed = household.filter(pl.col("s") == s).get_column("household_key").implode()
            group = pl.when(pl.col("class").is_in(CLASSES_POOR)).then(pl.lit("N")).otherwise(pl.lit("CN"))
            missing.append(
                case.previous.household.filter(~pl.col("household_key").is_in(listed)).select(
                    pl.lit(s, pl.Int32).alias("s"), "commune_code", group.alias("class")
                )
            )
    by = ["s", "commune_code", "class"]
    marked = pl.concat(missing).unique().with_columns(misses_household=True)
    return frame.join(marked, on=by, how="left", maintain_order="left").with_columns(
        pl.col("misses_household").fill_null(False)
    )


def _unmet(flow: str) -> pl.Expr:
    """Whether this cell's flow differs from what the other group shows: then M03 names it, once."""
    result = pl.lit(False)
    for (group, one), (other_group, other) in MEETING_FLOWS.items():
        if flow == one:
            result |= (pl.col("class") == group) & (pl.col(flow) != pl.col(f"other_{flow}"))
        if flow == other:
            result |= (pl.col("class") == other_group) & (pl.col(flow) != pl.col(f"other_{flow}"))
    return result.fill_null(False)


def _with_other_group(frame: pl.DataFrame) -> pl.DataFrame:
    """Add `other_FLOW`: the meeting flow in the other group's row of the same commune and measure."""
    by = ["s", "commune_code", "kind"]
    for group, flow in [*MEETING_FLOWS, *MEETING_FLOWS.values()]:
        other_group, other_flow = _other(group, flow)
        others = (
            frame.filter((pl.col("class") == other_group) & pl.col("kind").is_not_null())
            .group_by(by)
            .agg(pl.col(other_flow).first().alias(f"_{flow}"))
            .with_columns(pl.lit(group).alias("class"))
        )
        frame = frame.join(others, on=[*by, "class"], how="left", maintain_order="left")
        if f"other_{flow}" in frame.columns:
            frame = frame.with_columns(pl.coalesce(f"other_{flow}", f"_{flow}").alias(f"other_{flow}")).drop(f"_{flow}")
        else:
            frame = frame.rename({f"_{flow}": f"other_{flow}"})
    return frame


def _other(group: str, flow: str) -> tuple[str, str]:
    back = {meeting: own for own, meeting in MEETING_FLOWS.items()}
    return MEETING_FLOWS.get((group, flow)) or back[(group, flow)]


def _with_counted(frame: pl.DataFrame, counted: pl.DataFrame) -> pl.DataFrame:
    cells = counted.filter(pl.col("kind").str.count_matches(".", literal=True) == 2).with_columns(
        pl.col("kind").str.split_exact(".", 2).struct.rename_fields(["class", "measure_kind", "flow"]).alias("parts")
    )
    columns = [*FLOWS, "closing"]
    wide = (
        cells.drop("kind")
        .unnest("parts")
        .pivot(on="flow", on_columns=columns, index=["s", "commune_code", "class", "measure_kind"], values="counted")
        .rename({key: f"{key}__counted" for key in columns} | {"measure_kind": "kind"})
    )
    return frame.join(wide, on=["s", "commune_code", "class", "kind"], how="left", maintain_order="left")


def _with_opening(frame: pl.DataFrame, cases: list[Case]) -> pl.DataFrame:
    """Add `previous_closing` from the previous register, and `lacks_previous` where it is not known yet."""
    stocks = []
    for s, case in enumerate(cases):
        if case.previous is None:
            continue
        group = pl.when(pl.col("class").is_in(CLASSES_POOR)).then(pl.lit("N")).otherwise(pl.lit("CN"))
        stocks.append(
            case.previous.household.group_by("commune_code", group.alias("class"))
            .agg(
                households=pl.len().cast(pl.Int64),
                persons=pl.col("persons").cast(pl.Int64).sum(),
            )
            .unpivot(
                on=["households", "persons"],
                index=["commune_code", "class"],
                variable_name="kind",
                value_name="previous_closing",
            )
            .with_columns(s=pl.lit(s, pl.Int32))
        )
    empty = pl.DataFrame(
        schema={
            "commune_code": pl.String,
            "class": pl.String,
            "kind": pl.String,
            "previous_closing": pl.Int64,
            "s": pl.Int32,
        }
    )
    has_previous = [s for s, case in enumerate(cases) if case.previous is not None]
    lacks_previous = [s for s, case in enumerate(cases) if case.lacks_previous]
    return (
        frame.join(
            pl.concat([empty, *stocks]),
            on=["s", "commune_code", "class", "kind"],
            how="left",
            maintain_order="left",
        )
        .with_columns(lacks_previous=pl.col("s").is_in(pl.Series(lacks_previous, dtype=pl.Int32).implode()))
        .with_columns(
            # A commune without a household in the register opens at zero.
            previous_closing=pl.when(
                pl.col("s").is_in(pl.Series(has_previous, dtype=pl.Int32).implode())
                & pl.col("kind").is_not_null()
                & pl.col("commune_usable")
                & pl.col("class").is_in(["N", "CN"])
            ).then(pl.col("previous_closing").fill_null(0))
        )
    )
