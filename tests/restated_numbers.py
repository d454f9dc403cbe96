"""Two warehouses held against each other: every number and verdict of the older marts that is another in the newer.

Shares nothing with the models: what makes a row, and which columns only describe it, is written down again.
"""

from pathlib import Path
from typing import Any

import duckdb
import polars as pl

KEYS = {
    "coverage": ("policy",),
    "indicator": ("indicator", "population"),
    "movement": ("class", "measure"),
    "multidimensional_poverty": ("weight", "measure", "deprivation"),
    "plan_check": ("item",),
    "special_area": ("programme", "indicator", "population"),
    "target_vs_actual": ("target", "measure", "basis"),
}
# Marts whose rows are files, or restatements themselves.
WITHOUT_NUMBERS = {"restatement", "submission_status"}
WORDS = {"agrees", "balanced", "status"}
# Numbers that say on how much a row rests or what the plan prints; texts and other truths describe too.
RESTING = ("areas_", "districts_", "completeness_pct", "target_value", "printed", "decimals")

Figure = tuple[str, str, str, str, str]  # mart, month, unit, rest of the key, column
Known = dict[Figure, tuple[Any, Any]]


def differing(then: Path, now: Path) -> Known:
    """What was published and what is known now (None where the row is gone) of each number that is another."""
    found: Known = {}
    with duckdb.connect(str(then), read_only=True) as connection:
        marts = {
            row[0]
            for row in connection.execute(
                "select table_name from duckdb_tables() where schema_name = 'mart'"
            ).fetchall()
        }
        [baseline] = connection.execute("select min(period)::varchar from core.period").fetchone() or [None]
    assert marts - WITHOUT_NUMBERS == set(KEYS)
    for mart, rest in KEYS.items():
        key = (*(() if mart == "plan_check" else ("period",)), "unit_code", *rest)
        before, after = (_rows(path, mart, key) for path in (then, now))
        for place, row in before.items():
            known = after.get(place, {})
            for column, value in row.items():
                # A target without data published nothing but that.
                is_silent = row.get("status") == "no_data" and value in (None, "no_data")
                if known.get(column) != value and not is_silent:
                    month, unit, *parts = place if "period" in key else (baseline, *place)
                    name = "|".join(str(part or "") for part in parts)
                    found[f"mart.{mart}", str(month), unit, name, column] = (value, known.get(column))
    return found


def listed(warehouse: Path, release: str | None = None) -> Known:
    """The same as mart.restatement tells it, of one release or all."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        rows = connection.execute(
            "select mart, period::varchar, unit_code, mart_key, mart_column, coalesce(as_published::varchar,"
            " verdict_published), as_published, as_known_now, verdict_published, verdict_now"
            " from mart.restatement where published_in = coalesce(?, published_in)",
            [release],
        ).fetchall()
    found = {row[:5]: (row[6], row[7]) if row[4] not in WORDS else (row[8], row[9]) for row in rows}
    assert len(found) == len(rows)
    return found


def _rows(path: Path, mart: str, key: tuple[str, ...]) -> dict[tuple[Any, ...], dict[str, Any]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        table = connection.execute(f"from mart.{mart}").pl()
    numbers = [
        name
        for name, type_ in table.schema.items()
        if name not in key and (name in WORDS or (type_.is_numeric() and not name.startswith(RESTING)))
    ]
    words = [pl.col(name).cast(pl.String) if name in WORDS else pl.col(name).cast(pl.Float64) for name in numbers]
    values = table.select(words).rows(named=True)
    places = table.select(key).rows()
    found = dict(zip(places, values, strict=True))
    assert len(found) == table.height
    return found
