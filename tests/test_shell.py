"""SQL on a release: several statements, each in its form, and nothing but reading."""

import csv
import io
import json
from pathlib import Path

import duckdb
import pytest

import shell


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create table unit as select 970 as code, 'Đầm Dơi' as name")
    return path


def test_every_statement_is_answered(warehouse: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shell.run_query(warehouse, "select code from unit; select name from unit;", "csv")
    assert list(csv.reader(io.StringIO(capsys.readouterr().out))) == [["code"], ["970"], ["name"], ["Đầm Dơi"]]


def test_json_keeps_names_and_types(warehouse: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shell.run_query(warehouse, "select * from unit", "json")
    assert json.loads(capsys.readouterr().out) == [{"code": 970, "name": "Đầm Dơi"}]


@pytest.mark.parametrize(
    "query",
    [
        "insert into unit values (1, 'x')",
        "select * from read_csv('/etc/hostname')",
        "copy unit to 'out.csv'",
        "attach 'other.duckdb'",
        "set enable_external_access = true",
    ],
)
def test_nothing_but_reading_the_release(warehouse: Path, query: str) -> None:
    with pytest.raises(duckdb.Error):
        shell.run_query(warehouse, query, "table")
