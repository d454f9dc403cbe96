"""What an analyst would write: pandas, openpyxl and Great Expectations, file by file, sheet by sheet.

As a process of its own: `python -m bench.by_hand FOLDER OUT`; prints its seconds (imports apart), rows and
expectations, and how many of these do not hold.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

os.environ["GX_ANALYTICS_ENABLED"] = "false"

import duckdb
import great_expectations as gx
import pandas as pd
from great_expectations import expectations as gxe
from great_expectations.data_context.types.base import ProgressBarsConfig

from forms.dictionary import Sheet, sheets

HEADER_ROW = 2
CODE = r"^\d{3,5}$"
LARGEST = 10_000_000


def run(folder: Path, out: Path) -> dict[str, int]:
    """Read, validate and write every workbook of a folder: a Parquet file per sheet and one DuckDB file."""
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    out.mkdir(parents=True)
    totals = {"rows": 0, "expectations": 0, "unmet": 0}
    with duckdb.connect(str(out / "by_hand.duckdb")) as connection:
        for path in sorted(folder.glob("*.xlsx")):
            for sheet in sheets().values():
                frame = _read(path, sheet)
                suite = _expectations(sheet)
                totals["unmet"] += _validate(context, f"{path.stem} {sheet.key}", frame, suite)
                totals["expectations"] += len(suite)
                totals["rows"] += len(frame)
                parquet = out / f"{path.stem}-{sheet.key}.parquet"
                frame.to_parquet(parquet)
                connection.execute(f"CREATE TABLE IF NOT EXISTS {sheet.key} AS FROM '{parquet}' LIMIT 0")
                connection.execute(f"INSERT INTO {sheet.key} FROM '{parquet}'")
    return totals


def _read(path: Path, sheet: Sheet) -> pd.DataFrame:
    """A sheet under the form's keys, counts as numbers; the cover laid out as one row."""
    if sheet.key == "cover":
        cells = pd.read_excel(path, sheet_name=sheet.name_vi, header=None, dtype=str, engine="openpyxl")
        labels = {field.label_vi: field.key for field in sheet.fields}
        pairs = {labels[label]: value for label, value in zip(cells[0], cells[1], strict=True) if label in labels}
        frame = pd.DataFrame([pairs], dtype=str)
    else:
        frame = pd.read_excel(path, sheet_name=sheet.name_vi, header=HEADER_ROW, dtype=str, engine="openpyxl")
        frame = frame.rename(columns={field.label_vi: field.key for field in sheet.fields})
    for field in sheet.of_type("count", "year"):
        frame[field.key] = pd.to_numeric(frame[field.key], errors="coerce").astype("float64")
    return frame


def _expectations(sheet: Sheet) -> list[Any]:
    """A dozen and more for each sheet: what one would say of the form at first sight."""
    suite: list[Any] = [gxe.ExpectTableRowCountToBeBetween(min_value=1, max_value=LARGEST)]
    for field in sheet.fields:
        suite.append(gxe.ExpectColumnToExist(column=field.key))
        if field.required:
            suite.append(gxe.ExpectColumnValuesToNotBeNull(column=field.key))
        if field.type == "count":
            suite.append(gxe.ExpectColumnValuesToBeBetween(column=field.key, min_value=0, max_value=LARGEST))
        if field.choices:
            suite.append(gxe.ExpectColumnValuesToBeInSet(column=field.key, value_set=list(field.choices)))
        if field.type == "code":
            suite.append(gxe.ExpectColumnValuesToMatchRegex(column=field.key, regex=CODE))
    if sheet.key == "household":
        suite.append(gxe.ExpectCompoundColumnsToBeUnique(column_list=["commune_code", "hamlet", "household_code"]))
    return suite


def _validate(context: Any, name: str, frame: pd.DataFrame, suite: list[Any]) -> int:
    """The number of expectations that do not hold."""
    asset = context.data_sources.add_pandas(name).add_dataframe_asset(name)
    batch = asset.add_batch_definition_whole_dataframe(name).get_batch(batch_parameters={"dataframe": frame})
    result = batch.validate(gx.ExpectationSuite(name=name, expectations=suite), result_format="COMPLETE")
    return sum(not outcome.success for outcome in result.results)


def main() -> None:
    folder, out = sys.argv[1:]
    started = time.perf_counter()
    totals = run(Path(folder), Path(out))
    print(json.dumps({"seconds": time.perf_counter() - started} | totals))


if __name__ == "__main__":
    main()
