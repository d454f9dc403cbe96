"""Sheet Hộ: what each row should say, and what the rows count to."""

import polars as pl

from forms.dictionary import (
    CLASSES_LISTED,
    CLASSES_POOR,
    DEPRIVATIONS,
    FLOWS,
    movements,
    sheets,
    valid_transitions,
)
from plan.classification import class_rule
from plan.reference import communes, ethnic_group_names, name_key, regime, table
from tasks.case import Case
from tasks.derive.common import (
    count_text,
    household_key,
    household_ref,
    mapped,
    pair,
    sheet_rows,
    waived,
    with_name,
    with_unit,
)

SHEET = sheets()["household"]
COUNTS = tuple(field.key for field in SHEET.of_type("count", "year") if field.key != "stt")
FLAGS = tuple(field.key for field in SHEET.of_type("flag"))
CHOICES = SHEET.of_type("choice")
# Rule H13: what a flag may say, and which of it means yes.
FLAG_YES = ("x", "1", "có")
FLAG_NO = ("0", "không")
PERSONS_RANGE = (1, 30)
B2_SCORES = tuple(range(0, 101, 10))
# Deprivation scores of one household are 10 points each (Phiếu B, part B2).
POINTS_PER_DEPRIVATION = 10
# Every other group counts as a minority (form field `ethnicity`).
MAJORITY = "Kinh"
AREAS = {"urban": "Thành thị", "rural": "Nông thôn"}
# A household that moved away or died needs no score (rules H04, H12).
UNSCORED_MOVEMENTS = ("N_GIAM", "CN_GIAM")
SCORED_EXITS = ("N_KN", "CN_KN")
ENTRIES = tuple(movement.code for movement in movements() if movement.class_previous == "MOI")
EXITS = tuple(movement.code for movement in movements() if movement.class_ == "KN")
NEW = ("MOI_N", "MOI_CN")
RELAPSES = ("TAI_N", "TAI_CN")


def derive_household(cases: list[Case], usable: list[frozenset[str]], period: str | None) -> pl.DataFrame:
    """One row per row of sheet Hộ, in the sender's order, with the columns that the suite compares."""
    frame = sheet_rows(cases, usable, "household")
    frame = with_name(with_unit(frame, period)).with_columns(
        household_key=household_key(), household_ref=household_ref()
    )
    frame = _with_codes(frame, period)
    frame = _with_validity(frame, cases)
    frame = _with_class_expected(frame, period)
    frame = _with_previous(frame, cases)
    frame = frame.with_columns(*_required_texts(), *count_text(COUNTS), *_pairs(), *_texts())
    return frame.with_columns(other_row=_other_row("household_key"), other_id_row=_other_row("id_number_at_end"))


def _other_row(key: str) -> pl.Expr:
    """The first other row of the file with the same key, for the message; the last one for the first row itself."""
    first = pl.col("row").min().over("s", key)
    last = pl.col("row").max().over("s", key)
    return pl.when(pl.col("row") == first).then(last).otherwise(first)


def _with_codes(frame: pl.DataFrame, period: str | None) -> pl.DataFrame:
    """Coded values in one spelling, flags as booleans, the ethnic group's listed name, the causes."""
    groups = ethnic_group_names()
    valid_causes = {row["no"] for row in table("poverty_causes") if period and row["regime"] == _causes_regime(period)}

    def wrong_causes(text: str) -> str:
        parts = [part.strip() for part in text.replace(";", ",").split(",") if part.strip()]
        return str(sum(part not in valid_causes for part in parts))

    choices = []
    for field in CHOICES:
        known = {choice.lower(): choice for choice in field.choices}
        choices.append(pl.col(field.key).str.to_lowercase().replace_strict(known, default=pl.col(field.key)))
    flags = [pl.col(key).str.to_lowercase().alias(f"{key}__flag") for key in FLAGS]
    return frame.with_columns(
        *choices,
        *flags,
        group_name=mapped(frame, "ethnicity", lambda name: groups.get(name_key(name))),
        wrong_causes=mapped(frame, "causes", wrong_causes).cast(pl.Int64).fill_null(0),
        causes_given=pl.col("causes").str.count_matches(r"[^,;\s]+").fill_null(0),
    ).with_columns(*[pl.col(f"{key}__flag").is_in(FLAG_YES).fill_null(False).alias(f"{key}__yes") for key in FLAGS])


def _causes_regime(period: str) -> str:
    # The list of causes of 2016-2020 stood for 2021 too, as the poverty line did (NĐ 07/2021 art. 2).
    return "2016-2020" if regime(period) == "2016-2021" else "2022-2025"


def _with_validity(frame: pl.DataFrame, cases: list[Case]) -> pl.DataFrame:
    """Which cells may be relied on by the rules that combine several, and which rows can be counted."""

    def coded(key: str) -> pl.Expr:
        return pl.col(key).is_in(SHEET.field(key).choices).fill_null(False)

    flags_valid = pl.all_horizontal(
        [pl.col(f"{key}__flag").is_in([*FLAG_YES, *FLAG_NO]).fill_null(True) for key in FLAGS]
    )
    deprivations = pl.sum_horizontal([pl.col(f"{key}__yes").cast(pl.Int64) for key in DEPRIVATIONS])
    frame = frame.with_columns(
        class_valid=coded("class"),
        class_previous_valid=coded("class_previous"),
        movement_valid=coded("movement"),
        area_valid=coded("area"),
        flags_valid=flags_valid,
        deprivations=deprivations,
        persons_valid=pl.col("persons").is_between(*PERSONS_RANGE).fill_null(False),
        b1_valid=(pl.col("b1_points") >= 0).fill_null(False),
        b2_listed=pl.col("b2_points").is_in(B2_SCORES).fill_null(False),
        times_listed=pl.when(pl.col("household_key").is_not_null())
        .then(pl.len().over("s", "household_key"))
        .otherwise(1),
    )
    return frame.with_columns(
        b2_valid=pl.col("b2_listed")
        & pl.col("flags_valid")
        & (pl.col("b2_points") == POINTS_PER_DEPRIVATION * pl.col("deprivations")),
        countable=pl.all_horizontal(
            "commune_usable", "class_valid", "movement_valid", "class_previous_valid", "persons_valid", "flags_valid"
        )
        & pl.col("household_key").is_not_null()
        & pl.col("group_name").is_not_null()
        & (pl.col("times_listed") == 1)
        & (_transition().is_in(sorted(valid_transitions())).fill_null(False) | waived(cases, "H19")),
    )


def _transition() -> pl.Expr:
    return pl.concat_str("class_previous", pl.lit(">"), "class", pl.lit(":"), "movement")


def _with_class_expected(frame: pl.DataFrame, period: str | None) -> pl.DataFrame:
    """`class_expected` under the period's rule pack (TT 17/2016, TT 14/2018); equal to `class` where not judged."""
    judged = (
        pl.col("class_valid")
        & pl.col("area_valid")
        & pl.col("b1_valid")
        & pl.col("b2_valid")
        & (pl.col("class").is_in(CLASSES_LISTED) | pl.col("movement").is_in(SCORED_EXITS))
    )
    area = pl.col("area").replace_strict({vi: en for en, vi in AREAS.items()}, default=None, return_dtype=pl.String)
    expected = class_rule(period, area, pl.col("b1_points"), pl.col("b2_points")) if period else pl.col("class")
    return frame.with_columns(
        class_given=pl.col("class").fill_null(""),
        class_expected=pl.when(judged).then(expected).otherwise("class").fill_null(""),
    )


def _with_previous(frame: pl.DataFrame, cases: list[Case]) -> pl.DataFrame:
    """What the previous register says of each household, and whether any earlier one listed it."""
    previous = [
        case.previous.household.select(
            "household_key",
            s=pl.lit(s, pl.Int32),
            previous_class=pl.col("class"),
            previous_persons=pl.col("persons").cast(pl.Int64),
        )
        for s, case in enumerate(cases)
        if case.previous is not None
    ]
    empty = pl.DataFrame(
        schema={"household_key": pl.String, "s": pl.Int32, "previous_class": pl.String, "previous_persons": pl.Int64}
    )
    earlier = [
        case.earlier.with_columns(s=pl.lit(s, pl.Int32)) for s, case in enumerate(cases) if case.earlier is not None
    ]
    records = (
        pl.concat(earlier)
        if earlier
        else pl.DataFrame(schema={"household_key": pl.String, "class": pl.String, "period": pl.String, "s": pl.Int32})
    )
    records = records.group_by("s", "household_key").agg(
        listed_in=pl.col("period").max(), was_poor=pl.col("class").is_in(CLASSES_POOR).any()
    )
    held_against = pl.Series("s", [s for s, case in enumerate(cases) if case.previous is not None], dtype=pl.Int32)
    return (
        frame.join(pl.concat([empty, *previous]), on=["s", "household_key"], how="left", maintain_order="left")
        .join(records, on=["s", "household_key"], how="left", maintain_order="left")
        .with_columns(has_previous=pl.col("s").is_in(held_against.implode()))
    )


def _required_texts() -> list[pl.Expr]:
    """`KEY__required`: what stands in a required cell; null only where a value is missing (rule H04)."""
    expressions = []
    for field in SHEET.fields:
        if not field.required:
            continue
        text = pl.col(f"{field.key}__text") if field.key in COUNTS else pl.col(field.key)
        if field.key in ("b1_points", "b2_points"):
            text = pl.when(pl.col("movement").is_in(UNSCORED_MOVEMENTS)).then(text.fill_null("")).otherwise(text)
        expressions.append(text.alias(f"{field.key}__required"))
    return expressions


def _pairs() -> list[pl.Expr]:
    expected_b2 = POINTS_PER_DEPRIVATION * pl.col("deprivations")
    return pair("b2", pl.col("b2_points"), expected_b2, pl.col("b2_listed") & pl.col("flags_valid"))


def _texts() -> list[pl.Expr]:
    """Text columns that the suite compares or looks up; null or equal where a row is not judged."""
    area_expected = pl.col("unit_area").replace_strict(AREAS, default=None, return_dtype=pl.String)
    at_end = pl.col("class").is_in(CLASSES_LISTED)
    previous_judged = pl.col("has_previous") & pl.col("class_previous_valid") & pl.col("household_key").is_not_null()
    poor_without_cause = pl.col("class").is_in(CLASSES_POOR) & (pl.col("causes_given") == 0)
    no_record = (
        pl.when(pl.col("movement") == "TAI_N")
        .then(~pl.col("was_poor").fill_null(False))
        .otherwise(pl.col("listed_in").is_null())
    )
    return [
        pl.col("area").fill_null("").alias("area_given"),
        pl.when("area_valid")
        .then(area_expected)
        .otherwise("area")
        .fill_null(pl.col("area"))
        .fill_null("")
        .alias("area_expected"),
        pl.when(pl.col("class_valid") & pl.col("class_previous_valid") & pl.col("movement_valid"))
        .then(_transition())
        .alias("transition"),
        pl.when((pl.col("class") == "KN") & pl.col("movement_valid")).then("movement").alias("exit_movement"),
        pl.when(at_end).then("head_id_number").alias("id_number_at_end"),
        pl.when(pl.col("ethnicity").is_not_null()).then(pl.col("group_name").fill_null("?")).alias("group_listed"),
        pl.when(pl.col("persons") >= 0).then("persons").alias("persons_counted"),
        pl.when(pl.col("b2_points") >= 0).then("b2_points").alias("b2_counted"),
        # Above 30 persons H06 speaks already.
        pl.col("persons").is_between(16, PERSONS_RANGE[1]).fill_null(False).cast(pl.Int64).alias("persons_unusual"),
        (pl.col("wrong_causes") + poor_without_cause.fill_null(False).cast(pl.Int64)).alias("cause_faults"),
        pl.col("class_previous").fill_null("").alias("previous_given"),
        pl.when(previous_judged)
        .then(pl.col("previous_class").fill_null("MOI"))
        .otherwise("class_previous")
        .fill_null("")
        .alias("previous_expected"),
        pl.when(pl.col("has_previous") & pl.col("movement").is_in(NEW)).then("listed_in").alias("new_but_listed_in"),
        pl.when(pl.col("has_previous") & pl.col("movement").is_in(RELAPSES) & no_record)
        .then("movement")
        .alias("relapse_without_record"),
    ]


def count_households(
    household: pl.DataFrame, cases: list[Case], usable: list[frozenset[str]], period: str | None
) -> pl.DataFrame:
    """What sheet Hộ counts per submission and commune, in long form.

    Columns: s, commune_code, kind, counted. `kind` is a field of sheet Xã (`poor`, `poor_persons` …), one of
    `minority`, `persons` and `lacking_insurance` (of poor and near-poor households together), or of sheet
    Diễn biến as `GROUP.measure.flow` (`N.households.decrease_1`, `CN.persons.closing`). A commune in which a row
    can't be counted is left out, and so is the whole submission where a row's commune is unknown: the rules that
    compare with these counts then say nothing there.
    """
    frame = household.lazy()
    listed = frame.filter(pl.col("class").is_in(CLASSES_LISTED))
    is_poor = pl.col("class").is_in(CLASSES_POOR)
    khmer = pl.col("group_name") == "Khmer"
    persons = pl.col("persons")
    stocks = {
        "poor": is_poor,
        "poor_persons": is_poor * persons,
        "income_poor": pl.col("class") == "N1",
        "services_deprived": pl.col("class") == "N2",
        "poor_social_protection": is_poor & pl.col("social_protection__yes"),
        "poor_khmer": is_poor & khmer,
        "near_poor": ~is_poor,
        "near_poor_persons": ~is_poor * persons,
        "near_poor_social_protection": ~is_poor & pl.col("social_protection__yes"),
        "near_poor_khmer": ~is_poor & khmer,
        "minority": pl.col("group_name") != MAJORITY,
        "persons": persons,
        "lacking_insurance": pl.col("health_insurance__yes"),
        "N.households.closing": is_poor,
        "N.persons.closing": is_poor * persons,
        "CN.households.closing": ~is_poor,
        "CN.persons.closing": ~is_poor * persons,
    }
    by_commune = ["s", "commune_code"]
    stock = (
        listed.group_by(by_commune)
        .agg(*[value.cast(pl.Int64).sum().alias(kind) for kind, value in stocks.items()])
        .unpivot(index=by_commune, variable_name="kind", value_name="counted")
    )
    counted = pl.concat([stock, *_count_flows(frame)]).group_by(*by_commune, "kind").agg(pl.col("counted").sum())
    cells = [
        (s, unit.code)
        for s, case in enumerate(cases)
        if "household" in usable[s] and period
        for unit in communes(period, case.district_code)
    ]
    return _every_cell(frame, counted, list(stocks), cells).collect()


def _count_flows(frame: pl.LazyFrame) -> list[pl.LazyFrame]:
    """Households and persons that entered, left or changed group, and changes of size within a household."""
    codes = movements()
    ways = pl.LazyFrame(
        {
            "movement": [m.code for m in codes if m.group_out] + [m.code for m in codes if m.group_in],
            "group": [m.group_out for m in codes if m.group_out] + [m.group_in for m in codes if m.group_in],
            "flow": [m.flow_out for m in codes if m.group_out] + [m.flow_in for m in codes if m.group_in],
        }
    )
    moved = frame.join(ways, on="movement")
    by = ["s", "commune_code"]
    flows = []
    for measure, value in (("households", pl.lit(1, pl.Int64)), ("persons", pl.col("persons"))):
        kind = pl.concat_str("group", pl.lit(f".{measure}."), "flow")
        flows.append(moved.select(*by, kind=kind, counted=value.cast(pl.Int64)))
    # A change of size is booked first, in the group that the household came from (contract, section 1).
    grown = pl.col("persons") - pl.col("previous_persons")
    group = pl.when(pl.col("previous_class").is_in(CLASSES_POOR)).then(pl.lit("N")).otherwise(pl.lit("CN"))
    stayed_in_register = frame.filter(
        pl.col("previous_persons").is_not_null() & ~pl.col("movement").is_in(ENTRIES) & (grown != 0)
    )
    flow = pl.when(grown < 0).then(pl.lit("decrease_3")).otherwise(pl.lit("increase_4"))
    flows.append(
        stayed_in_register.select(
            *by, kind=pl.concat_str(group, pl.lit(".persons."), flow), counted=grown.abs().cast(pl.Int64)
        )
    )
    return flows


def _every_cell(
    frame: pl.LazyFrame, counted: pl.LazyFrame, stocks: list[str], cells: list[tuple[int, str]]
) -> pl.LazyFrame:
    """The counts with zeros where nothing was counted, and without the communes that can't be counted."""
    flow_kinds = [f"{g}.{m}.{flow}" for g in ("N", "CN") for m in ("households", "persons") for flow in FLOWS]
    kinds = pl.LazyFrame({"kind": [*stocks, *flow_kinds]}, schema={"kind": pl.String})
    all_cells = pl.LazyFrame(cells, schema={"s": pl.Int32, "commune_code": pl.String}, orient="row")
    uncountable = frame.filter(~pl.col("countable")).select("s", "commune_code", "commune_usable")
    lost_submissions = uncountable.filter(~pl.col("commune_usable")).select("s").unique()
    return (
        all_cells.join(kinds, how="cross")
        .join(counted, on=["s", "commune_code", "kind"], how="left")
        .with_columns(pl.col("counted").fill_null(0))
        .join(uncountable.select("s", "commune_code").unique(), on=["s", "commune_code"], how="anti")
        .join(lost_submissions, on="s", how="anti")
    )
