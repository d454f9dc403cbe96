"""Columns of the accepted tables, as `tasks/accept.py` writes them and `tasks/build.py` reads them.

One folder per submission, `warehouse/accepted/SUBMISSION/`, with one Parquet file per sheet.
`row` is the row in the sender's own sheet, so that every number can be traced to a cell.
"""

import polars as pl

from forms.dictionary import DEPRIVATIONS, FLOWS

Schema = dict[str, type[pl.DataType] | pl.DataType]

# Beside the tables: the SHA-256 of each file, by its name.
TABLES_MANIFEST = "manifest.json"

_SLOT: Schema = {
    "submission_id": pl.String,  # SHA-256 of the received bytes, 64 hexadecimal digits
    "period": pl.Date,  # last day of the month
    "district_code": pl.String,
    "commune_code": pl.String,
    "row": pl.Int32,
}

# household_id is a keyed pseudonym of (commune, hamlet, household code). hamlet and household_code stay
# in these files only: next month's findings name the household by them. id_number_hash is keyed too.
HOUSEHOLD: Schema = {
    **_SLOT,
    "household_id": pl.String,
    "hamlet": pl.String,
    "household_code": pl.String,
    "id_number_hash": pl.String,
    "head_sex": pl.String,  # male, female
    "head_birth_year": pl.Int32,
    "ethnicity": pl.String,  # name in the list of 54
    "persons": pl.Int32,
    "area": pl.String,  # urban, rural, as the sender wrote it
    "b1_points": pl.Int32,  # null allowed for leavers
    "b2_points": pl.Int32,
    **dict.fromkeys(DEPRIVATIONS, pl.Boolean),
    "class": pl.String,  # N1, N2, CN, KN
    "class_previous": pl.String,  # N1, N2, CN, KN, MOI
    "movement": pl.String,  # codes of forms/movements.csv
    "social_protection": pl.Boolean,
    "merit": pl.Boolean,
    "causes": pl.List(pl.Int32),
}

COMMUNE: Schema = {
    **_SLOT,
    **dict.fromkeys(
        (
            "households",
            "persons",
            "minority_households",
            "khmer_households",
            "poor",
            "poor_persons",
            "income_poor",
            "services_deprived",
            "poor_social_protection",
            "poor_khmer",
            "near_poor",
            "near_poor_persons",
            "near_poor_social_protection",
            "near_poor_khmer",
        ),
        pl.Int64,
    ),
}

MOVEMENT: Schema = {
    **_SLOT,
    "class": pl.String,  # N, CN
    "measure": pl.String,  # households, persons
    "opening": pl.Int64,
    **dict.fromkeys(FLOWS, pl.Int64),
    "closing": pl.Int64,
}

POLICY: Schema = {
    **_SLOT,
    "policy": pl.String,
    "eligible": pl.Int64,
    "served": pl.Int64,
}

ACCEPTED: dict[str, Schema] = {
    "household": HOUSEHOLD,
    "commune": COMMUNE,
    "movement": MOVEMENT,
    "policy": POLICY,
}
