"""Cells that hold an error (rule F14) are named once: no other rule speaks of the same cell."""

import polars as pl

from forms.dictionary import sheets
from tasks.case import Case


def pardon_errors(sheet: str, frame: pl.DataFrame) -> pl.DataFrame:
    """The frame of a table sheet, where what is expected of a cell with an error is derived so that it holds."""
    if "errors" not in frame.columns or frame.get_column("errors").null_count() == frame.height:
        return frame
    changes = []
    for column, (field, held) in _columns_of_cells(sheet).items():
        if column in frame.columns:
            is_error = pl.col("errors").str.contains(f" {field} ", literal=True)
            changes.append(pl.when(is_error).then(held).otherwise(pl.col(column)).alias(column))
    return frame.with_columns(changes)


def _columns_of_cells(sheet: str) -> dict[str, tuple[str, pl.Expr]]:
    """Of each derived column that is about one cell: the cell's field, and a value with which every rule holds."""
    nothing = pl.lit(None, pl.String)
    found = {"cause_faults": ("causes", pl.lit(0, pl.Int64)), "policy_given": ("policy", nothing)}
    for key in sheets()[sheet].keys:
        found |= {
            f"{key}__required": (key, pl.lit("")),
            f"{key}__count": (key, nothing),
            f"{key}__flag": (key, nothing),
        }
    return found


def pardon_cover(frame: pl.DataFrame, cases: list[Case]) -> pl.DataFrame:
    """A field of the cover with an error is not called invalid as well (rule F04)."""
    places = [
        (s, error.field)
        for s, case in enumerate(cases)
        for error in case.workbook.errors
        if error.sheet == case.workbook.cover_sheet_name
    ]
    if not places:
        return frame
    at_fault = pl.struct("s", "field").is_in(
        pl.DataFrame(places, schema={"s": pl.Int32, "field": pl.String}, orient="row").to_struct().implode()
    )
    return frame.with_columns(cell_valid=pl.when(at_fault).then(1).otherwise("cell_valid").cast(pl.Int32))
