"""The queries that README and the analyst's page show give the answers they show, on the sample year."""

import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def release(sample_year: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    warehouse = (sample_year / "warehouse" / "current" / "warehouse.duckdb").resolve()
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def answers() -> Any:
    return load("docs/answers.py")


def load(name: str) -> Any:
    """A module that belongs to no package, by its path in the repository."""
    specification = importlib.util.spec_from_file_location(Path(name).stem, REPOSITORY / name)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def text_of(name: str) -> str:
    return (REPOSITORY / name).read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "questions"), [("README.md", 5), ("docs/analyst.md", 20)])
def test_every_query_gives_the_answer_that_stands_under_it(
    answers: Any, release: duckdb.DuckDBPyConnection, name: str, questions: int
) -> None:
    text = text_of(name)
    assert len(answers.SHOWN.findall(text)) == questions == text.count("```sql\n")
    shown, found = text.splitlines(), answers.answered(text, release).splitlines()
    differing = [(line, now) for line, now in zip(shown, found, strict=False) if line != now]
    assert (differing, len(shown)) == ([], len(found)), "python docs/answers.py DATA_ROOT"


def test_the_diagram_names_tables_and_columns_that_are_there(release: duckdb.DuckDBPyConnection) -> None:
    [diagram] = re.findall(r"^```mermaid\nerDiagram\n(.*?)^```", text_of("docs/analyst.md"), re.MULTILINE | re.DOTALL)
    columns = {
        (f"{schema}_{table}", column, type_.lower())
        for schema, table, column, type_ in release.execute(
            "select schema_name, table_name, column_name, data_type from duckdb_columns()"
            " where database_name = current_database()"
        ).fetchall()
    }
    tables = {table for table, _, _ in columns}
    linked = re.findall(r"^    (\w+) \S+--\S+ (\w+) :", diagram, re.MULTILINE)
    assert {table for pair in linked for table in pair} <= tables
    described = re.findall(r"^    (\w+) \{\n(.*?)^    \}", diagram, re.MULTILINE | re.DOTALL)
    assert len(linked) == diagram.count(" : ")
    for table, body in described:
        for type_, column in re.findall(r"(\w+) (\w+)", body):
            assert (table, column, type_) in columns


def test_the_notebook_runs_from_top_to_bottom(sample_year: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIAMNGHEO_DATA", str(sample_year))
    _, found = load("notebooks/year.py").app.run()
    found["connection"].close()
    assert found["targets"].height == 8
    assert found["rates"].height == 26
    assert set(found["communes"].columns) == {"commune", "poor", "residents", "rate"}
    assert found["communes"].height > 5
