"""Sheet Chính sách: eligible and served, beside the residents, the register and what the month before said."""

import polars as pl

from forms.dictionary import sheets
from plan.reference import communes, table
from tasks.case import Case
from tasks.derive.common import (
    blank_once,
    count_text,
    counted_columns,
    only_counts,
    pair,
    sheet_rows,
    waived,
    with_unit,
)

SHEET = sheets()["policy"]
COUNTS = tuple(field.key for field in SHEET.of_type("count"))
# Rule P02: here "eligible" is no ceiling.
UNBOUNDED_POLICIES = ("jobs", "labour_export")
# Rules P05, P07: what the register knows about it.
INSURANCE = "bhyt"
# Rule P06: a district's eligible change by at most this share or number from one month to the next.
CHANGE_SHARE = 0.25
CHANGE_LEAST = 30


def policies() -> tuple[str, ...]:
    """The codes of the monitored policies, in their printed order."""
    return tuple(row["policy"] for row in table("policies_monitored"))


def derive_policy(
    cases: list[Case], usable: list[frozenset[str]], period: str | None, counted: pl.DataFrame
) -> pl.DataFrame:
    """One row per row of sheet Chính sách, with the columns that the suite compares.

    `counted` is what sheet Hộ counts (`count_households`).
    """
    frame = with_unit(sheet_rows(cases, usable, "policy"), period)
    known = {code.lower(): code for code in policies()}
    frame = frame.with_columns(
        pl.col("policy").str.to_lowercase().replace_strict(known, default=pl.col("policy")),
        *count_text(COUNTS),
    )
    frame = blank_once(frame, COUNTS).with_columns(*only_counts(COUNTS))
    by_commune = ["s", "commune_code"]
    frame = (
        _with_previous(frame, cases)
        .join(_residents(cases, usable), on=by_commune, how="left", maintain_order="left")
        .join(
            counted_columns(counted, ("persons", "lacking_insurance")),
            on=by_commune,
            how="left",
            maintain_order="left",
        )
    )
    frame = _with_faults(frame, cases)
    everywhere, insurance = pl.lit(True), pl.col("policy") == INSURANCE
    bounded = ~pl.col("policy").is_in(UNBOUNDED_POLICIES) & ~pl.col("served_beyond")
    return _with_change(frame, cases, period).with_columns(
        *pair("served_within", pl.col("served"), pl.col("eligible"), bounded),
        *pair("served_since", pl.col("served"), pl.col("previous_served"), everywhere),
        *pair("eligible_residents", pl.col("eligible"), pl.col("residents"), everywhere),
        *pair("served_residents", pl.col("served"), pl.col("residents"), everywhere),
        *pair("insured", pl.col("eligible"), pl.col("persons__counted"), insurance),
        lacking_though_all_served=pl.when(insurance & _all_served(cases))
        .then("lacking_insurance__counted")
        .otherwise(0)
        .fill_null(0),
        lacking_insurance=pl.col("lacking_insurance__counted"),
        policy_given=pl.col("policy").fill_null(""),
    )


def _residents(cases: list[Case], usable: list[frozenset[str]]) -> pl.DataFrame:
    """Residents by commune as sheet Xã has them, once, and not fewer than are listed there (F10, C02)."""
    rows = sheet_rows(cases, usable, "commune").with_columns(*only_counts(("households", "persons")))
    listed = (pl.col("poor") + pl.col("near_poor")).fill_null(0)
    once = (pl.len().over("s", "commune_code") == 1) & (pl.col("households") >= listed).fill_null(True)
    return rows.filter(once).select("s", "commune_code", "households", "persons")


def _with_faults(frame: pl.DataFrame, cases: list[Case]) -> pl.DataFrame:
    """Add `residents` in the policy's unit, and which cells exceed them (P04) or fall short of the register (P05)."""
    units = {row["policy"]: row["unit"] for row in table("policies_monitored")}
    unit = pl.col("policy").replace_strict(units, default=None, return_dtype=pl.String)
    return frame.with_columns(
        residents=pl.when(unit == "households").then("households").when(unit == "persons").then("persons")
    ).with_columns(
        eligible_beyond=(pl.col("eligible") > pl.col("residents")).fill_null(False),
        served_beyond=(pl.col("served") > pl.col("residents")).fill_null(False),
        # A waived cause no longer keeps its consequences back.
        eligible_short=(
            (pl.col("policy") == INSURANCE) & (pl.col("eligible") < pl.col("persons__counted")) & ~waived(cases, "P05")
        ).fill_null(False),
    )


def _all_served(cases: list[Case]) -> pl.Expr:
    """Rule P07: everyone eligible is served, as far as neither number is itself at fault."""
    at_fault = pl.any_horizontal("eligible_beyond", "served_beyond", "eligible_short")
    too_many = (pl.col("served") > pl.col("eligible")) & ~waived(cases, "P02")
    return ((pl.col("served") >= pl.col("eligible")) & ~too_many & ~at_fault).fill_null(False)


def _with_change(frame: pl.DataFrame, cases: list[Case], period: str | None) -> pl.DataFrame:
    """Rule P06: the district's eligible of a policy beside the month before, shown at the commune that changed most.

    Adds `eligible_change_excess` (1 in that row where the change is too large), `district_eligible`,
    `district_eligible_before` and `eligible_allowed` in words. Not judged where the rows of a policy are not one for
    each commune, or where one of them is itself at fault.
    """
    by = ["s", "policy"]
    due = {s: len(communes(period, case.district_code)) for s, case in enumerate(cases) if period and case.previous}
    sound = (
        pl.all_horizontal("commune_usable", pl.col("eligible").is_not_null())
        & ~pl.any_horizontal("eligible_beyond", "eligible_short")
    ).all()
    complete = (pl.len() == pl.col("commune_code").n_unique()) & (
        pl.len() == pl.col("s").replace_strict(due, default=-1, return_dtype=pl.Int64).first()
    )
    now, before = pl.col("district_eligible"), pl.col("district_eligible_before")
    most = pl.max_horizontal(CHANGE_SHARE * before, pl.lit(CHANGE_LEAST))
    change = (pl.col("eligible") - pl.col("previous_eligible").fill_null(0)).abs()
    frame = frame.with_columns(
        district_eligible=pl.when((sound & complete).over(by)).then(pl.col("eligible").sum().over(by)),
        place=change.rank("ordinal", descending=True).over(by),
    )
    return frame.with_columns(
        eligible_change_excess=(((now - before).abs() > most) & (pl.col("place") == 1)).fill_null(False).cast(pl.Int64),
        eligible_allowed=pl.format(
            "toàn huyện {}–{} (kỳ trước {})",
            (before - most).ceil().clip(0).cast(pl.Int64),
            (before + most).floor().cast(pl.Int64),
            before,
        ),
    )


def _with_previous(frame: pl.DataFrame, cases: list[Case]) -> pl.DataFrame:
    """Add `previous_eligible`, `district_eligible_before` and `previous_served` of the month before.

    What was served counts within the same calendar year only: January starts anew.
    """
    before = [
        case.previous.policy.group_by("commune_code", "policy")
        .agg(
            previous_eligible=pl.col("eligible").cast(pl.Int64).max(),
            previous_served=pl.col("served").cast(pl.Int64).max()
            if case.period and case.previous.period[:4] == case.period[:4]
            else pl.lit(None, pl.Int64),
        )
        .with_columns(s=pl.lit(s, pl.Int32))
        for s, case in enumerate(cases)
        if case.previous is not None
    ]
    schema = {"commune_code": pl.String, "policy": pl.String, "previous_eligible": pl.Int64}
    empty = pl.DataFrame(schema=schema | {"previous_served": pl.Int64, "s": pl.Int32})
    previous = pl.concat([empty, *before])
    of_district = previous.group_by("s", "policy").agg(district_eligible_before=pl.col("previous_eligible").sum())
    return frame.join(previous, on=["s", "commune_code", "policy"], how="left", maintain_order="left").join(
        of_district, on=["s", "policy"], how="left", maintain_order="left"
    )
