"""Write the answers under the queries that README and the analyst's page show: `python docs/answers.py DATA_ROOT`.

DATA_ROOT holds the sample year (`giamngheo demo`). The tests hold the committed pages against a fresh one.
"""

import re
import sys
from pathlib import Path
from typing import Any

import duckdb

REPOSITORY = Path(__file__).resolve().parents[1]
PAGES = ("README.md", "docs/analyst.md")
# A query, and the table of its answer.
SHOWN = re.compile(r"^```sql\n(?P<query>.*?)^```\n\n(?P<answer>(?:\|[^\n]*\|\n)+)", re.MULTILINE | re.DOTALL)


def main() -> None:
    warehouse = (Path(sys.argv[1]) / "warehouse" / "current" / "warehouse.duckdb").resolve()
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        for name in PAGES:
            page = REPOSITORY / name
            page.write_text(answered(page.read_text(encoding="utf-8"), connection), encoding="utf-8")


def answered(text: str, connection: duckdb.DuckDBPyConnection) -> str:
    """The page with the answer of every query as the connection gives it."""
    return SHOWN.sub(lambda found: _with_answer(found, connection), text)


def _with_answer(found: re.Match[str], connection: duckdb.DuckDBPyConnection) -> str:
    result = connection.execute(found["query"])
    names = [column[0] for column in result.description or []]
    rows = [[_shown(value) for value in row] for row in result.fetchall()]
    table = "\n".join([_line(names), "|---" * len(names) + "|", *map(_line, rows)])
    return f"```sql\n{found['query']}```\n\n{table}\n"


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _shown(value: Any) -> str:
    return "" if value is None else str(value).replace("|", "\\|")


if __name__ == "__main__":
    main()
