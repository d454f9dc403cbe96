"""How fast a release of the year is made and asked: `python -m bench.publishing DATA_ROOT`, in a process of its own.

Prints JSON: the seconds of a publication in a process that has published before, and for each query of the
analyst's page that asks marts only the median seconds.
"""

import json
import re
import shutil
import statistics
import sys
import time
from pathlib import Path

import duckdb

from flows.publish import publish
from flows.runner import DirectRunner
from settings import REPOSITORY, Settings

ROUNDS = 5


def main() -> None:
    settings = Settings(data=Path(sys.argv[1]), ledger_url="")
    publish(settings, DirectRunner(), as_of=settings.first_period)
    for path in settings.releases.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    shutil.rmtree(settings.releases)

    started = time.perf_counter()
    published = publish(settings, DirectRunner())
    seconds = time.perf_counter() - started
    print(json.dumps({"seconds": seconds, "queries": _queries(published.release.path / "warehouse.duckdb")}))


def _queries(warehouse: Path) -> list[float]:
    page = (REPOSITORY / "docs" / "analyst.md").read_text(encoding="utf-8")
    shown = re.findall(r"^```sql\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return [
            statistics.median(_seconds(connection, query) for _ in range(ROUNDS))
            for query in shown
            if "mart." in query and "core.household_month" not in query
        ]


def _seconds(connection: duckdb.DuckDBPyConnection, query: str) -> float:
    started = time.perf_counter()
    connection.execute(query).fetchall()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
