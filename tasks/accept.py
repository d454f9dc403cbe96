"""Write the accepted tables of a submission, and read them back as the next month's previous register."""

import io
import json
import os
import secrets
import shutil
from pathlib import Path

import polars as pl

from forms.dictionary import CLASSES_LISTED, DEPRIVATIONS
from plan.reference import ethnic_group_names, name_key, period_end
from tasks.case import Previous
from tasks.derive.common import household_key, household_ref, mapped
from tasks.derive.household import AREAS, CHOICES, FLAG_YES
from tasks.derive.movement import MEASURES
from tasks.files import sha256_of, sync_file, sync_folder
from tasks.pseudonym import pseudonyms
from tasks.read import ReadWorkbook
from tasks.schemas import ACCEPTED, TABLES_MANIFEST

SEXES = {"Nam": "male", "Nữ": "female"}


def accepted_tables(
    workbook: ReadWorkbook, submission_id: str, district_code: str, period: str, key: bytes
) -> dict[str, pl.DataFrame]:
    """The four accepted tables of a workbook whose findings allow it, with the columns of `tasks/schemas.py`."""
    slot = {
        "submission_id": pl.lit(submission_id),
        "period": pl.lit(period_end(period)),
        "district_code": pl.lit(district_code),
    }
    tables = {
        "household": _household(workbook.tables["household"].rows, key),
        "commune": workbook.tables["commune"].rows,
        "movement": _movement(workbook.tables["movement"].rows),
        "policy": workbook.tables["policy"].rows.with_columns(pl.col("policy").str.to_lowercase()),
    }
    return {
        name: table.with_columns(**slot).select(
            [pl.col(column).cast(dtype) for column, dtype in ACCEPTED[name].items()]
        )
        for name, table in tables.items()
    }


def _household(rows: pl.DataFrame, key: bytes) -> pl.DataFrame:
    groups = ethnic_group_names()
    choices = {field.key: {choice.lower(): choice for choice in field.choices} for field in CHOICES}
    rows = rows.with_columns(
        *[pl.col(name).str.to_lowercase().replace_strict(known, default=None) for name, known in choices.items()],
        *[
            pl.col(flag).str.to_lowercase().is_in(FLAG_YES).fill_null(False)
            for flag in (*DEPRIVATIONS, "social_protection", "merit")
        ],
        household_key=household_key(),
        ethnicity=mapped(rows, "ethnicity", lambda name: groups.get(name_key(name))),
        causes=pl.col("causes").str.extract_all(r"\b\d{1,3}\b").list.eval(pl.element().cast(pl.Int32)),
    )
    return rows.with_columns(
        household_id=pl.Series(pseudonyms(key, "household", rows.get_column("household_key")), dtype=pl.String),
        id_number_hash=pl.Series(pseudonyms(key, "id_number", rows.get_column("head_id_number")), dtype=pl.String),
        head_sex=pl.col("head_sex").replace_strict(SEXES, default=None),
        area=pl.col("area").replace_strict({vi: en for en, vi in AREAS.items()}, default=None),
    )


def _movement(rows: pl.DataFrame) -> pl.DataFrame:
    known = {vi.lower(): en for vi, en in MEASURES.items()}
    return rows.with_columns(
        pl.col("class").str.to_uppercase(), pl.col("measure").str.to_lowercase().replace_strict(known)
    )


def write_accepted(folder: Path, tables: dict[str, pl.DataFrame]) -> None:
    """Write `folder/*.parquet` and their hashes whole: in a temporary folder, renamed when all is durable.

    A folder that is already there was written from the same bytes and stays. Raises OSError.
    """
    if folder.exists():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = folder.parent / f".tmp-{secrets.token_hex(6)}"
    try:
        temporary.mkdir()
        for name, table in tables.items():
            path = temporary / f"{name}.parquet"
            # Polars itself would say of a full disk that a table is out of specification.
            buffer = io.BytesIO()
            table.write_parquet(buffer, compression="zstd")
            path.write_bytes(buffer.getbuffer())
            sync_file(path)
        hashes = {path.name: sha256_of(path) for path in sorted(temporary.iterdir())}
        (temporary / TABLES_MANIFEST).write_text(json.dumps(hashes, indent=2) + "\n", encoding="utf-8")
        sync_file(temporary / TABLES_MANIFEST)
        sync_folder(temporary)
        os.replace(temporary, folder)
        sync_folder(folder.parent)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def read_previous(folder: Path, period: str) -> Previous:
    """The accepted tables of a submission as a previous register. Raises OSError where they are not there."""
    household = pl.read_parquet(folder / "household.parquet")
    return Previous(
        submission_id=folder.name,
        period=period,
        household=household.filter(pl.col("class").is_in(CLASSES_LISTED)).with_columns(
            household_key=household_key(), household_ref=household_ref()
        ),
        commune=pl.read_parquet(folder / "commune.parquet"),
        policy=pl.read_parquet(folder / "policy.parquet"),
    )


def read_earlier(folders: dict[str, Path]) -> pl.DataFrame:
    """Every household that earlier registers listed: household_key, class, period (YYYY-MM), one row per listing."""
    parts = [
        pl.read_parquet(folder / "household.parquet", columns=["commune_code", "hamlet", "household_code", "class"])
        .filter(pl.col("class").is_in(CLASSES_LISTED))
        .select("class", household_key=household_key(), period=pl.lit(period))
        for period, folder in folders.items()
    ]
    empty = pl.DataFrame(schema={"class": pl.String, "household_key": pl.String, "period": pl.String})
    return pl.concat([empty, *parts])
