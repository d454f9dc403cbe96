"""Rule X04: the same ID number at the end of a period in two districts.

It is flagged on both submissions, whichever came first, and what is accepted is never judged again. So it is
no part of a judgement: each judgement keeps its households' ID numbers as keyed hashes with their cells, and
who shares one with another district's accepted register is looked up when findings are read or published.
"""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import polars as pl

from forms.dictionary import CLASSES_LISTED
from ledger.states import ACCEPTED, State, Submission
from plan.reference import units
from tasks.derive.common import household_ref
from tasks.findings import MASK, finding
from tasks.pseudonym import pseudonyms
from tasks.read import ReadWorkbook
from tasks.stored import reading_judgements

RULE = "X04"
FIELD = "head_id_number"
SCHEMA = {
    "id_number_hash": pl.String,
    "row": pl.Int32,
    "sheet": pl.String,
    "cell": pl.String,
    "household_ref": pl.String,
}


def id_numbers(workbook: ReadWorkbook, key: bytes) -> pl.DataFrame:
    """The hashed ID numbers of the households at period end (SCHEMA); none where sheet Hộ can't be read."""
    table = workbook.tables.get("household")
    if table is None or FIELD not in table.columns or "class" not in table.columns:
        return pl.DataFrame(schema=SCHEMA)
    rows = table.rows.filter(pl.col("class").str.to_uppercase().is_in(CLASSES_LISTED) & pl.col(FIELD).is_not_null())
    letter = table.columns[FIELD]
    return rows.select(
        pl.Series("id_number_hash", pseudonyms(key, "id_number", rows.get_column(FIELD)), dtype=pl.String),
        "row",
        pl.lit(table.sheet_name).alias("sheet"),
        pl.concat_str(pl.lit(letter), pl.col("row").cast(pl.String)).alias("cell"),
        household_ref().alias("household_ref"),
    )


def shared_id_numbers(judgements: Path, state: State, submissions: Iterable[Submission]) -> pl.DataFrame:
    """The households of some submissions whose ID number another district's accepted register of the period lists.

    Columns of SCHEMA, `submission_id` and `other_district`; one row per household.
    """
    asked = {one.submission_id: one for one in submissions if one.slot is not None}
    periods = {one.period for one in asked.values()}
    accepted = [one for one in state.submissions.values() if one.state == ACCEPTED and one.period in periods]
    listed = _listed(judgements, [*asked.values(), *(one for one in accepted if one.submission_id not in asked)])
    # Ten years of a province list millions of numbers, nearly all of them in one district alone.
    several = (
        listed.group_by("id_number_hash", "period")
        .agg(districts=pl.col("district_code").n_unique())
        .filter(pl.col("districts") > 1)
    )
    with reading_judgements(_paths(judgements, [*asked.values(), *accepted])):
        shared = listed.join(several, on=["id_number_hash", "period"], how="semi").collect()
    # Two districts are enough to know another one than a household's own, and one number may stand in all of them.
    standing = (
        shared.filter(pl.col("submission_id").is_in([one.submission_id for one in accepted]))
        .group_by("id_number_hash", "period")
        .agg(pl.col("district_code").unique().sort().head(2).alias("districts"))
    )
    first, second = (pl.col("districts").list.get(place, null_on_oob=True) for place in (0, 1))
    return (
        shared.filter(pl.col("submission_id").is_in(list(asked)))
        .join(standing, on=["id_number_hash", "period"])
        .with_columns(other_district=pl.when(first != pl.col("district_code")).then(first).otherwise(second))
        .filter(pl.col("other_district").is_not_null())
        .drop("districts")
        .sort("submission_id", "row")
    )


def cross_findings(judgements: Path, state: State, submissions: Iterable[Submission]) -> list[dict[str, Any]]:
    """X04 of some submissions, as findings."""
    names = {unit.code: unit.name for unit in units() if unit.level == "district"}
    return [
        finding(
            row["submission_id"],
            RULE,
            {"other_district": names.get(row["other_district"], row["other_district"])},
            sheet=row["sheet"],
            row=row["row"],
            column=FIELD,
            cell=row["cell"],
            value=MASK,
            household_ref=row["household_ref"],
        )
        for row in shared_id_numbers(judgements, state, submissions).iter_rows(named=True)
    ]


def cross_counts(judgements: Path, state: State, period: str | None = None) -> Counter[str]:
    """How many X04 every submission has, or every one of a period."""
    asked = [one for one in state.submissions.values() if period in (None, one.period)]
    shared = shared_id_numbers(judgements, state, asked)
    return Counter(shared.get_column("submission_id").to_list())


def _paths(judgements: Path, submissions: Iterable[Submission]) -> list[Path]:
    """The tables of ID numbers that are there."""
    named = [judgements / name for one in submissions if (name := (one.judgement or {}).get("id_numbers"))]
    return [path for path in named if path.is_file()]


def _listed(judgements: Path, submissions: list[Submission]) -> pl.LazyFrame:
    """The households of submissions (SCHEMA) with whose they are: `submission_id`, `district_code`, `period`."""
    there = [
        (str(path), one.submission_id, one.district_code, one.period)
        for one in submissions
        for path in _paths(judgements, [one])
    ]
    whose = pl.DataFrame(there, schema=["path", "submission_id", "district_code", "period"], orient="row")
    if not there:
        return pl.LazyFrame(schema=SCHEMA | dict.fromkeys(("submission_id", "district_code", "period"), pl.String))
    tables = pl.scan_parquet(sorted({path for path, *_ in there}), include_file_paths="path", glob=False)
    return tables.join(whose.lazy(), on="path").drop("path")
