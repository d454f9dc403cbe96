"""What the form, the unit list and the previous register say must be there, and whether it is.

One row per thing that is due or ignored. Of the columns `sheets_found`, `columns_found`, `lines_found`,
`households_found` (each expected to be 1) and `unknown_found`, `errors_found`, `hidden_found`, `converted_found`
(expected to be 0) one is about the row and the others hold what is expected.
"""

import polars as pl

from forms.dictionary import sheets
from plan.reference import communes
from tasks.case import Case
from tasks.cover import read_cover
from tasks.derive.movement import MEASURES
from tasks.derive.policy import policies

SCHEMA = {
    "s": pl.Int32,
    "row": pl.Int32,
    "sheet": pl.String,
    "field": pl.String,
    "letter": pl.String,
    "value": pl.String,
    "label": pl.String,
    "household_ref": pl.String,
    "sheets_found": pl.Int32,
    "columns_found": pl.Int32,
    "lines_found": pl.Int32,
    "households_found": pl.Int32,
    "unknown_found": pl.Int32,
    "errors_found": pl.Int32,
    "hidden_found": pl.Int32,
    "converted_found": pl.Int32,
}
_AS_EXPECTED = {
    "sheets_found": 1,
    "columns_found": 1,
    "lines_found": 1,
    "households_found": 1,
    "unknown_found": 0,
    "errors_found": 0,
    "hidden_found": 0,
    "converted_found": 0,
}
_NOTHING_NOTICED = {
    column: pl.lit(0, pl.Int32) for column in ("unknown_found", "errors_found", "hidden_found", "converted_found")
}


def usable_sheets(case: Case) -> frozenset[str]:
    """The table sheets whose rows can be judged: the sheet and all its columns are there, and the slot is known."""
    if not case.is_judgeable:
        return frozenset()
    return frozenset(
        key
        for key, table in case.workbook.tables.items()
        if not table.repeated_columns
        and all(field.key in table.columns for field in sheets()[key].fields if field.in_header)
    )


def is_left_empty(case: Case) -> bool:
    """Whether sheet Hộ lists nobody, though the cover does not say that nobody is left.

    Then the sheet was not filled in, or not the cover (F04): what it counts is held against the cover (F09) and
    against nothing else.
    """
    table = case.workbook.tables.get("household")
    totals = read_cover(case.workbook).totals
    is_zero = totals.get("total_poor") == 0 and totals.get("total_near_poor") == 0
    return table is not None and table.rows.is_empty() and not is_zero


def derive_presence(cases: list[Case], usable: list[frozenset[str]], household: pl.DataFrame) -> pl.DataFrame:
    """The frame described above, for every submission of the wave."""
    rows: list[dict[str, object]] = []
    for s, case in enumerate(cases):
        rows += [{"s": s} | _AS_EXPECTED | row for row in (*_sheets(case), *_columns(case), *_noticed(case))]
    parts = [pl.DataFrame(rows, schema=SCHEMA, orient="row")]
    for s, case in enumerate(cases):
        if case.is_judgeable:
            parts += [_lines(s, case, key) for key in ("commune", "movement", "policy") if key in usable[s]]
        if case.previous is not None and "household" in usable[s] and not is_left_empty(case):
            parts.append(_households(s, case, household))
    return pl.concat(parts)


def _sheets(case: Case) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for key, sheet in sheets().items():
        found = case.workbook.cover_sheet_name is not None if key == "cover" else key in case.workbook.tables
        rows.append({"sheet": sheet.name_vi, "value": sheet.name_vi, "sheets_found": int(found)})
    return rows


def _columns(case: Case) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for key, table in case.workbook.tables.items():
        for field in sheets()[key].fields:
            times = (field.key in table.columns) + table.repeated_columns.count(field.key)
            if field.in_header or times > 1:
                rows.append(
                    {
                        "sheet": table.sheet_name,
                        "row": table.header_row,
                        "field": field.key,
                        "letter": table.columns.get(field.key),
                        "label": field.label_vi,
                        "value": field.label_vi,
                        "columns_found": times,
                    }
                )
    return rows


def _noticed(case: Case) -> list[dict[str, object]]:
    """What the reader met that should not be there: F11, F12, F13, F14."""
    book = case.workbook
    ignored: list[dict[str, object]] = [
        {"sheet": one.sheet, "row": one.row, "letter": one.column, "value": one.value, "unknown_found": 1}
        for one in book.ignored
    ]
    converted: list[dict[str, object]] = [
        {"sheet": one.sheet, "value": one.encoding, "converted_found": 1} for one in book.converted
    ]
    hidden: list[dict[str, object]] = [
        {"sheet": one.sheet, "value": one.value, "hidden_found": 1} for one in book.hidden
    ]
    errors: list[dict[str, object]] = [
        {
            "sheet": one.sheet,
            "row": one.row,
            "letter": one.column,
            "field": one.field,
            "value": one.value,
            "errors_found": 1,
        }
        for one in book.errors
    ]
    return [*ignored, *converted, *hidden, *errors]


def _lines(s: int, case: Case, key: str) -> pl.DataFrame:
    """Rule F10: one line for each commune, and for each group and measure or policy where the sheet has them."""
    assert case.period and case.district_code
    due = pl.DataFrame({"commune_code": [unit.code for unit in communes(case.period, case.district_code)]})
    table = case.workbook.tables[key]
    by = ["commune_code"]
    rows = table.rows
    if key == "movement":
        due = due.join(pl.DataFrame({"class": ["N", "CN"]}), how="cross").join(
            pl.DataFrame({"measure": list(MEASURES)}), how="cross"
        )
        by += ["class", "measure"]
        known = {measure.lower(): measure for measure in MEASURES}
        rows = rows.with_columns(
            pl.col("class").str.to_uppercase(),
            pl.col("measure").str.to_lowercase().replace_strict(known, default=pl.col("measure")),
        )
    elif key == "policy":
        due = due.join(pl.DataFrame({"policy": list(policies())}), how="cross")
        by += ["policy"]
        rows = rows.with_columns(pl.col("policy").str.to_lowercase())
    found = rows.group_by(by).agg(times=pl.len(), row=pl.col("row").sort().get(1, null_on_oob=True))
    # A line whose code can't be read for an error is not missing (F14).
    can_miss = not any(error.sheet == table.sheet_name and error.field in by for error in case.workbook.errors)
    times = pl.col("times").fill_null(0 if can_miss else 1)
    # A line that is missing has no row; one that is there twice is shown at the second.
    return due.join(found, on=by, how="left", maintain_order="left").select(
        s=pl.lit(s, pl.Int32),
        row=pl.col("row").cast(pl.Int32),
        sheet=pl.lit(table.sheet_name),
        field=pl.lit("commune_code"),
        letter=pl.lit(table.columns["commune_code"]),
        value=pl.concat_str(by, separator=" / "),
        label=pl.lit(None, pl.String),
        household_ref=pl.lit(None, pl.String),
        sheets_found=pl.lit(1, pl.Int32),
        columns_found=pl.lit(1, pl.Int32),
        lines_found=times.cast(pl.Int32),
        households_found=pl.lit(1, pl.Int32),
        **_NOTHING_NOTICED,
    )


def _households(s: int, case: Case, household: pl.DataFrame) -> pl.DataFrame:
    """Rule X01: every household of the previous register is listed again, staying or leaving.

    Not judged while a row of the file can't be recognised: the missing household may be that row.
    """
    assert case.previous is not None
    own = household.filter(pl.col("s") == s)
    recognised = own.get_column("household_key").null_count() == 0 and bool(own.get_column("commune_usable").all())
    listed = own.get_column("household_key").implode()
    found = pl.col("household_key").is_in(listed) if recognised else pl.lit(True)
    return case.previous.household.select(
        s=pl.lit(s, pl.Int32),
        row=pl.lit(None, pl.Int32),
        sheet=pl.lit(case.workbook.tables["household"].sheet_name),
        field=pl.lit("household_code"),
        letter=pl.lit(None, pl.String),
        value=pl.col("household_ref"),
        label=pl.lit(None, pl.String),
        household_ref=pl.col("household_ref"),
        sheets_found=pl.lit(1, pl.Int32),
        columns_found=pl.lit(1, pl.Int32),
        lines_found=pl.lit(1, pl.Int32),
        households_found=found.cast(pl.Int32),
        **_NOTHING_NOTICED,
    )
