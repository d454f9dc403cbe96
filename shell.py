"""SQL on the current release, for reading only."""

import csv
import json
import sys
from pathlib import Path

import duckdb

from errors import WrongUsage

BANNER = (
    "Kho dữ liệu (chỉ đọc). Kết thúc câu lệnh bằng dấu ;  —  .tables  .describe BẢNG  .quit\n"
    "Read-only warehouse. End a statement with ;"
)
TABLES = (
    "select schema_name || '.' || table_name as table_name, comment from duckdb_tables() "
    "where database_name = current_database() order by schema_name <> 'mart', table_name"
)


class WrongQuery(WrongUsage):
    """DuckDB can't do a query as it was typed; its own words say where."""

    usual_do_vi = "các bảng và cột: docs/analyst.md"
    usual_do_en = "tables and columns: docs/analyst.md"

    def __init__(self, said: str) -> None:
        super().__init__("câu lệnh SQL không chạy được", en="the query can't be run")
        self.said = said

    @property
    def details(self) -> list[str]:
        return self.said.splitlines()


def open_release(warehouse: Path) -> duckdb.DuckDBPyConnection:
    """The published file itself, not the moving link, so that a switch meanwhile changes nothing here."""
    connection = duckdb.connect(str(warehouse.resolve()), read_only=True)
    connection.execute("set enable_progress_bar = false; set timezone = 'Asia/Ho_Chi_Minh'")
    # A query on the warehouse has no business with files or the network.
    connection.execute("set enable_external_access = false; set lock_configuration = true")
    return connection


def run_query(warehouse: Path, query: str, form: str) -> None:
    """Print what each statement of a query returns, as a table, CSV or JSON. Raises duckdb.Error for a wrong one."""
    with open_release(warehouse) as connection:
        for statement in connection.extract_statements(query):
            _print_result(connection, statement, form)


def run_shell(warehouse: Path) -> None:
    """Read statements until the end of input; a wrong one is answered and the shell goes on."""
    _remember_lines()
    with open_release(warehouse) as connection:
        if sys.stdin.isatty():
            print(BANNER)
        statement = ""
        while True:
            try:
                line = input(("giamngheo> " if not statement else "       ...> ") if sys.stdin.isatty() else "")
            except EOFError:
                line, statement = ".quit", statement.strip()
            except KeyboardInterrupt:
                statement = ""
                print()
                continue
            if line.strip().startswith(".") and (not statement or line.strip() == ".quit"):
                if statement:
                    _answer(connection, statement)
                words = line.split()
                if words[0] in (".quit", ".exit"):
                    return
                _answer(connection, _dot_command(words))
                statement = ""
                continue
            statement += line + "\n"
            if line.rstrip().endswith(";"):
                _answer(connection, statement)
                statement = ""


def _dot_command(words: list[str]) -> str:
    if words[0] == ".describe" and len(words) == 2:
        schema, _, table = words[1].rpartition(".")
        quoted = (schema or "mart").replace("'", "''"), table.replace("'", "''")
        return (
            "select column_name, data_type, comment from duckdb_columns() "
            f"where schema_name = '{quoted[0]}' and table_name = '{quoted[1]}' order by column_index"
        )
    if words[0] == ".tables":
        return TABLES
    return f"select '{BANNER.splitlines()[0]}' as help"


def _answer(connection: duckdb.DuckDBPyConnection, statement: str) -> None:
    try:
        for one in connection.extract_statements(statement):
            _print_result(connection, one, "table")
    except duckdb.Error as fault:
        print(fault, file=sys.stderr)


def _print_result(connection: duckdb.DuckDBPyConnection, statement: duckdb.Statement, form: str) -> None:
    result = connection.execute(statement)
    if not result or result.description is None:
        return
    names = [column[0] for column in result.description]
    rows = result.fetchall()
    if form == "json":
        print(
            json.dumps([dict(zip(names, row, strict=True)) for row in rows], ensure_ascii=False, default=str, indent=2)
        )
    elif form == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(names)
        writer.writerows(rows)
    else:
        from terminal import print_rows

        print_rows(names, rows)


def _remember_lines() -> None:
    """Arrow keys and history, where the terminal has them."""
    try:
        import readline  # noqa: F401
    except ImportError:
        return
