"""Sheet Chính sách: eligible and served, beside what was served by the month before."""

import polars as pl

from forms.dictionary import sheets
from plan.reference import table
from tasks.case import Case
from tasks.derive.common import blank_once, count_text, only_counts, pair, sheet_rows, with_unit

SHEET = sheets()["policy"]
COUNTS = tuple(field.key for field in SHEET.of_type("count"))
# Rule P02: here "eligible" is no ceiling.
UNBOUNDED_POLICIES = ("jobs", "labour_export")


def policies() -> tuple[str, ...]:
    """The codes of the monitored policies, in their printed order."""
    return tuple(row["policy"] for row in table("policies_monitored"))


def derive_policy(cases: list[Case], usable: list[frozenset[str]], period: str | None) -> pl.DataFrame:
    """One row per row of sheet Chính sách, with the columns that the suite compares."""
    frame = with_unit(sheet_rows(cases, usable, "policy"), period)
    known = {code.lower(): code for code in policies()}
    frame = frame.with_columns(
        pl.col("policy").str.to_lowercase().replace_strict(known, default=pl.col("policy")),
        *count_text(COUNTS),
    )
    frame = blank_once(frame, COUNTS).with_columns(*only_counts(COUNTS))
    frame = _with_previous(frame, cases)
    bounded = ~pl.col("policy").is_in(UNBOUNDED_POLICIES)
    return frame.with_columns(
        *pair("served_within", pl.col("served"), pl.col("eligible"), bounded),
        *pair("served_since", pl.col("served"), pl.col("previous_served"), pl.lit(True)),
        policy_given=pl.col("policy").fill_null(""),
    )


def _with_previous(frame: pl.DataFrame, cases: list[Case]) -> pl.DataFrame:
    """Add `previous_served`, of an earlier month of the same calendar year only: January starts anew."""
    previous = [
        case.previous.policy.group_by("commune_code", "policy")
        .agg(previous_served=pl.col("served").cast(pl.Int64).max())
        .with_columns(s=pl.lit(s, pl.Int32))
        for s, case in enumerate(cases)
        if case.previous is not None and case.period and case.previous.period[:4] == case.period[:4]
    ]
    empty = pl.DataFrame(
        schema={"commune_code": pl.String, "policy": pl.String, "previous_served": pl.Int64, "s": pl.Int32}
    )
    return frame.join(
        pl.concat([empty, *previous]), on=["s", "commune_code", "policy"], how="left", maintain_order="left"
    )
