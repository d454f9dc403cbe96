"""The floor: read every sheet with calamine and load it into DuckDB. No pipeline can do less.

As a process of its own: `python -m bench.floor FOLDER DATABASE READER`; prints the seconds of its own work,
imports apart, and the rows that it loaded.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa

# The form's tables have their header in the third row; the cover has none.
HEADER_ROW = 2


def load(folder: Path, database: Path, reader: str) -> int:
    """Load all workbooks of a folder into a new DuckDB file, a table per sheet; returns the number of rows.

    A transaction per workbook: like the pipeline, it has a file's rows safe on disk before the next file.
    """
    read = READERS[reader]
    rows = 0
    with duckdb.connect(str(database)) as connection:
        connection.execute("SET enable_progress_bar = false")
        for path in sorted(folder.glob("*.xlsx")):
            connection.begin()
            for name, sheet in read(path).items():
                connection.register("sheet", sheet)
                connection.execute(f'CREATE TABLE IF NOT EXISTS "{name}" AS FROM sheet LIMIT 0')
                connection.execute(f'INSERT INTO "{name}" FROM sheet')
                connection.unregister("sheet")
                rows += sheet.num_rows
            connection.commit()
    return rows


def _read_with_fastexcel(path: Path) -> dict[str, pa.RecordBatch]:
    """calamine through fastexcel: every cell as text, straight into Arrow."""
    import fastexcel

    book = fastexcel.read_excel(path)
    return {
        name: book.load_sheet(name, header_row=HEADER_ROW if place else None, dtypes="string").to_arrow()
        for place, name in enumerate(book.sheet_names)
    }


def _read_with_python_calamine(path: Path) -> dict[str, pa.Table]:
    """calamine through python-calamine: rows of Python values, then columns of text."""
    import python_calamine

    book = python_calamine.CalamineWorkbook.from_path(path)
    sheets = {}
    for place, name in enumerate(book.sheet_names):
        rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
        body = rows[HEADER_ROW + 1 :] if place else rows
        sheets[name] = pa.table(
            {
                f"column_{number}": pa.array([None if value == "" else str(value) for value in column], pa.string())
                for number, column in enumerate(zip(*body, strict=True))
            }
        )
    return sheets


READERS: dict[str, Callable[[Path], dict[str, pa.RecordBatch] | dict[str, pa.Table]]] = {
    "fastexcel": _read_with_fastexcel,
    "python-calamine": _read_with_python_calamine,
}


def main() -> None:
    folder, database, reader = sys.argv[1:]
    started = time.perf_counter()
    rows = load(Path(folder), Path(database), reader)
    print(json.dumps({"seconds": time.perf_counter() - started, "rows": rows}))


if __name__ == "__main__":
    main()
