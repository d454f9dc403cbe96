"""The queries that README and docs/analyst.md show are run; the answers they show have the columns that come out."""

import re
from itertools import chain
from pathlib import Path

import duckdb
import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
PAGES = ("README.md", "docs/analyst.md")
# A query, and the table of its answer where one follows.
SHOWN = re.compile(
    r"^```sql\n(?P<query>.*?)^```\n(?:\n\| (?P<names>[^\n]*) \|\n\|[-|]*\|\n)?", re.MULTILINE | re.DOTALL
)


def shown(page: str) -> list[tuple[str, str | None]]:
    text = (REPOSITORY / page).read_text(encoding="utf-8")
    return [(found["query"], found["names"]) for found in SHOWN.finditer(text)]


QUERIES = list(chain.from_iterable(shown(page) for page in PAGES))


def test_the_pages_show_queries() -> None:
    assert next(len(shown(page)) for page in PAGES) == 5
    assert len(QUERIES) > 10


@pytest.mark.parametrize(("query", "names"), QUERIES, ids=[f"query{number}" for number in range(1, len(QUERIES) + 1)])
def test_a_shown_query_runs(release: duckdb.DuckDBPyConnection, query: str, names: str | None) -> None:
    result = release.execute(query)
    assert result.description
    if names is not None:
        assert [column[0] for column in result.description] == names.split(" | ")
    result.fetchall()


def test_the_targets_of_december_are_asked_for_and_found(release: duckdb.DuckDBPyConnection) -> None:
    deprivations = next(query for query, _ in shown("README.md") if "deprivation:%" in query)
    assert len(release.execute(deprivations).fetchall()) == 10
