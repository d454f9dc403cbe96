"""Sheet Xã: the declared counts beside what sheet Hộ counts and what the previous period said."""

import polars as pl

from forms.dictionary import COUNTED_FIELDS, sheets
from tasks.case import Case
from tasks.derive.common import blank_once, count_text, counted_columns, only_counts, pair, sheet_rows, with_unit

SHEET = sheets()["commune"]
COUNTS = tuple(field.key for field in SHEET.of_type("count"))
# Rule C04, smaller first: (name of the pair, part, whole).
PARTS = (
    ("poor_social_protection", ("poor_social_protection",), "poor"),
    ("near_poor_social_protection", ("near_poor_social_protection",), "near_poor"),
    ("listed_khmer", ("poor_khmer", "near_poor_khmer"), "khmer_households"),
    ("khmer_households", ("khmer_households",), "minority_households"),
    ("minority_households", ("minority_households",), "households"),
)


def derive_commune(
    cases: list[Case], usable: list[frozenset[str]], period: str | None, counted: pl.DataFrame
) -> pl.DataFrame:
    """One row per row of sheet Xã, with the columns that the suite compares."""
    frame = with_unit(sheet_rows(cases, usable, "commune"), period)
    frame = blank_once(frame.with_columns(*count_text(COUNTS)), COUNTS).with_columns(*only_counts(COUNTS))
    frame = _with_counted(frame, counted)
    frame = _with_previous(frame, cases)
    parts_differ = (pl.col("income_poor") + pl.col("services_deprived") != pl.col("poor")).fill_null(False)
    everywhere = pl.lit(True)
    pairs: list[pl.Expr] = []
    for key in COUNTED_FIELDS:
        # Where N1 + N2 is not the poor (C03), the split is named once, by C03.
        judged = ~parts_differ if key in ("income_poor", "services_deprived") else everywhere
        pairs += pair(key, pl.col(key), pl.col(f"{key}__counted"), judged)
    for name, parts, whole in PARTS:
        pairs += pair(f"{name}_within", pl.sum_horizontal(*parts, ignore_nulls=False), pl.col(whole), everywhere)
    pairs += pair("minority_listed", pl.col("minority_households"), pl.col("minority__counted"), everywhere)
    pairs += pair("listed", pl.col("poor") + pl.col("near_poor"), pl.col("households"), everywhere)
    pairs += pair("kinds", pl.col("income_poor") + pl.col("services_deprived"), pl.col("poor"), everywhere)
    change = 100 * (pl.col("households") - pl.col("previous_households")) / pl.col("previous_households")
    return frame.with_columns(
        *pairs,
        # Residents without a single household are as odd as a hundred in one.
        residents_per_household=pl.when(pl.col("persons").is_not_null() & (pl.col("households") > 0))
        .then(pl.col("persons") / pl.col("households"))
        .when((pl.col("households") == 0) & (pl.col("persons") > 0))
        .then(pl.lit(0.0)),
        households_change_pct=pl.when(pl.col("previous_households") > 0).then(change),
    )


def _with_counted(frame: pl.DataFrame, counted: pl.DataFrame) -> pl.DataFrame:
    wide = counted_columns(counted, (*COUNTED_FIELDS, "minority"))
    return frame.join(wide, on=["s", "commune_code"], how="left", maintain_order="left")


def _with_previous(frame: pl.DataFrame, cases: list[Case]) -> pl.DataFrame:
    previous = [
        case.previous.commune.select(
            "commune_code", s=pl.lit(s, pl.Int32), previous_households=pl.col("households").cast(pl.Int64)
        )
        for s, case in enumerate(cases)
        if case.previous is not None
    ]
    empty = pl.DataFrame(schema={"commune_code": pl.String, "s": pl.Int32, "previous_households": pl.Int64})
    return frame.join(pl.concat([empty, *previous]), on=["s", "commune_code"], how="left", maintain_order="left")
