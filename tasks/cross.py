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
    asked = [one for one in submissions if one.slot is not None]
    periods = {one.period for one in asked}
    listed = [_EMPTY.select("id_number_hash", "period", pl.col("district_code").alias("other_district"))]
    for other in state.submissions.values():
        if other.state == ACCEPTED and other.period in periods:
            listed.append(
                _read(judgements, other).select("id_number_hash", "period", other_district=pl.col("district_code"))
            )
    own = pl.concat([_EMPTY, *[_read(judgements, one) for one in asked]])
    return (
        own.join(pl.concat(listed).unique(), on=["id_number_hash", "period"], how="inner", maintain_order="left")
        .filter(pl.col("other_district") != pl.col("district_code"))
        .sort("submission_id", "row", "other_district")
        .unique(["submission_id", "row"], keep="first", maintain_order=True)
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


def cross_counts(judgements: Path, state: State) -> Counter[str]:
    """How many X04 every submission has."""
    shared = shared_id_numbers(judgements, state, state.submissions.values())
    return Counter(shared.get_column("submission_id").to_list())


_EMPTY = pl.DataFrame(schema=SCHEMA | dict.fromkeys(("submission_id", "district_code", "period"), pl.String))


def _read(judgements: Path, submission: Submission) -> pl.DataFrame:
    name = (submission.judgement or {}).get("id_numbers")
    if not name or not (judgements / name).is_file():
        return _EMPTY
    return pl.read_parquet(judgements / name).with_columns(
        submission_id=pl.lit(submission.submission_id),
        district_code=pl.lit(submission.district_code),
        period=pl.lit(submission.period),
    )
