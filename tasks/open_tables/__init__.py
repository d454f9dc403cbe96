"""The tables of a release as files: Parquet and CSV with a data package, and the indicators as SDMX.

`tables/` is complete and stays inside the province. `public/` is what may leave it (docs/disclosure.md): the marts
by the queries of `sql/public/`, and the reference tables.
"""

import json
from pathlib import Path

import duckdb

from tasks.dictionary import dictionary
from tasks.disclosure import suppressed_counts
from tasks.models import SQL
from tasks.open_tables.descriptor import Table, data_package
from tasks.open_tables.sdmx import write_indicators

# Tables of core that say what codes, units and printed numbers mean; they count nobody.
REFERENCES = (
    "core.deprivation",
    "core.ethnic_group",
    "core.inconsistency",
    "core.indicator_definition",
    "core.movement_type",
    "core.period",
    "core.plan",
    "core.plan_number",
    "core.policy",
    "core.poverty_cause",
    "core.special_area",
    "core.special_programme",
    "core.unit",
    "core.unit_successor",
)
PUBLIC = SQL / "public"


def write_complete(warehouse: Path, folder: Path) -> dict[str, int]:
    """Write every table of core and mart as Parquet, marts and reference tables as CSV too, described as a data
    package, and the indicators as SDMX. Returns the rows of every table of the warehouse."""
    folder.mkdir()
    with _open(warehouse) as connection:
        names = [f"{schema}.{table}" for schema, table in _tables(connection)]
        for name in names:
            if name.startswith(("core.", "mart.")):
                _copy_parquet(connection, f"from {name}", folder / name)
        described = [name for name in names if name.startswith("mart.") or name in REFERENCES]
        tables = [_copy_csv(connection, name, f"from {name}", folder) for name in described]
        _write_package(connection, folder, tables, is_public=False)
        write_indicators(connection, "mart.indicator", folder / "sdmx")
        return {name: _count(connection, name) for name in names}


def write_public(warehouse: Path, folder: Path, suppression_key: bytes) -> None:
    """Write what may leave the province: marts with small counts suppressed, reference tables, SDMX.

    A mart without a query in `sql/public/` is not public.
    """
    folder.mkdir()
    with _open(warehouse) as connection:
        connection.register("suppressed", suppressed_counts(connection, suppression_key).to_arrow())
        connection.execute("create temp table hidden as from suppressed")
        connection.execute((SQL / "public.sql").read_text(encoding="utf-8"))
        tables = []
        for _, table in _tables(connection, "mart"):
            path = PUBLIC / f"{table}.sql"
            if path.is_file():
                connection.execute(f"create temp table public_{table} as\n{path.read_text(encoding='utf-8')}")
                _copy_parquet(connection, f"from public_{table}", folder / f"mart.{table}")
                tables.append(_copy_csv(connection, f"mart.{table}", f"from public_{table}", folder))
        for name in REFERENCES:
            _copy_parquet(connection, f"from {name}", folder / name)
            tables.append(_copy_csv(connection, name, f"from {name}", folder))
        _write_package(connection, folder, tables, is_public=True)
        write_indicators(connection, "public_indicator", folder / "sdmx")


def _open(warehouse: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(str(warehouse), read_only=True)
    connection.execute("set enable_progress_bar = false; set timezone = 'UTC'")
    return connection


def _tables(connection: duckdb.DuckDBPyConnection, schema: str = "%") -> list[tuple[str, str]]:
    return connection.execute(
        "select schema_name, table_name from duckdb_tables()"
        " where database_name = current_database() and schema_name like ? order by all",
        [schema],
    ).fetchall()


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    row = connection.execute(f"select count(*) from {table}").fetchone()
    return int(row[0]) if row else 0


def _copy_parquet(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    connection.execute(f"copy ({query}) to '{_literal(path)}.parquet' (format parquet)")


def _copy_csv(connection: duckdb.DuckDBPyConnection, name: str, query: str, folder: Path) -> Table:
    connection.execute(
        f"copy ({query}) to '{_literal(folder / name)}.csv' (format csv, header, timestampformat '%Y-%m-%dT%H:%M:%SZ')"
    )
    columns = connection.execute(f"describe {query}").fetchall()
    return Table(name, [(column, type_) for column, type_, *_ in columns])


def _write_package(connection: duckdb.DuckDBPyConnection, folder: Path, tables: list[Table], is_public: bool) -> None:
    row = connection.execute(
        "select coalesce(bool_or(source = 'sample'), false) from meta.submission where submission_id in"
        " (select accepted_submission_id from core.slot)"
    ).fetchone()
    package = data_package(tables, dictionary(), is_public=is_public, is_sample=bool(row and row[0]))
    text = json.dumps(package, ensure_ascii=False, indent=2)
    (folder / "datapackage.json").write_text(text + "\n", encoding="utf-8")


def _literal(path: Path) -> str:
    return str(path).replace("'", "''")
