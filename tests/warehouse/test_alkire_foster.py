"""The macro core.alkire_foster against published and worked examples, and against its own definition."""

import csv
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.build import SQL

DATA = Path(__file__).parent / "data"
Measures = dict[tuple[str, str | None], Fraction | None]

# Four persons and four dimensions, cutoffs z = (13, 12, 3, 1): the numerical example by which Alkire and Foster
# explain "Counting and multidimensional poverty measurement" (Journal of Public Economics 95, 2011, 476-487; also
# OPHI Working Paper 7). Deprivation counts 0, 2, 4, 1; at k = 2: H = 1/2, A = 3/4, M0 = HA = 6/16.
PUBLISHED_DIMENSIONS = ["income", "schooling", "health", "services"]


@pytest.fixture(scope="module")
def duck() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("create schema core")
        connection.execute((SQL / "macros.sql").read_text(encoding="utf-8"))
        yield connection


def measured(
    duck: duckdb.DuckDBPyConnection, rows: list[tuple[int, list[str]]], importance: dict[str, int], k: float
) -> Measures:
    """The measures of rows (weight, dimensions deprived in) that all stand at one place, as exact fractions."""
    observations = pl.DataFrame(  # noqa: F841 (read by DuckDB)
        {"place": ["here"] * len(rows), "weight": [row[0] for row in rows], "deprived_in": [row[1] for row in rows]},
        schema={"place": pl.String, "weight": pl.Int64, "deprived_in": pl.List(pl.String)},
    )
    dimensions = pl.DataFrame({"dimension": list(importance), "importance": list(importance.values())})  # noqa: F841
    found = duck.execute(
        "with observed as (from observations), weighed as (from dimensions)"
        " select measure, dimension, numerator, denominator from core.alkire_foster(observed, weighed, ?)",
        [k],
    ).fetchall()
    return {
        (measure, dimension): Fraction(int(above), int(below)) if below else None
        for measure, dimension, above, below in found
    }


def published_example() -> list[tuple[int, list[str]]]:
    """Persons of the example with the dimensions in which they fall short of the cutoff."""
    with open(DATA / "alkire_foster_2011.csv", encoding="utf-8", newline="") as file:
        *persons, cutoff = list(csv.DictReader(file))
    return [(1, [one for one in PUBLISHED_DIMENSIONS if float(person[one]) < float(cutoff[one])]) for person in persons]


def test_the_deprivations_of_the_published_example() -> None:
    assert [len(deprived) for _, deprived in published_example()] == [0, 2, 4, 1]


@pytest.mark.parametrize(
    ("k", "headcount", "intensity", "adjusted"),
    [
        (1, Fraction(3, 4), Fraction(7, 12), Fraction(7, 16)),  # union
        (2, Fraction(1, 2), Fraction(3, 4), Fraction(6, 16)),  # the cutoff of the example
        (3, Fraction(1, 4), Fraction(1), Fraction(4, 16)),
        (4, Fraction(1, 4), Fraction(1), Fraction(4, 16)),  # intersection
    ],
)
def test_the_published_example(
    duck: duckdb.DuckDBPyConnection, k: int, headcount: Fraction, intensity: Fraction, adjusted: Fraction
) -> None:
    found = measured(duck, published_example(), dict.fromkeys(PUBLISHED_DIMENSIONS, 1), k)
    assert (found["H", None], found["A", None], found["M0", None]) == (headcount, intensity, adjusted)


def test_the_published_example_by_dimension(duck: duckdb.DuckDBPyConnection) -> None:
    found = measured(duck, published_example(), dict.fromkeys(PUBLISHED_DIMENSIONS, 1), 2)
    in_quarters = {"income": 1, "schooling": 3, "health": 1, "services": 2}
    # Person 4 lacks schooling alone and is not poor: that deprivation is censored.
    censored = in_quarters | {"schooling": 2}
    for one in PUBLISHED_DIMENSIONS:
        assert found["uncensored_headcount", one] == Fraction(in_quarters[one], 4)
        assert found["censored_headcount", one] == Fraction(censored[one], 4)
        assert found["contribution", one] == Fraction(censored[one], 6)
        assert found["contribution_absolute", one] == Fraction(censored[one], 16)


@pytest.mark.parametrize("weight", ["household", "person"])
def test_the_worked_example_of_ten_indicators(duck: duckdb.DuckDBPyConnection, weight: str) -> None:
    """The same macro, k = 3 of 10, on the households of af_worked_example_input.csv."""
    keys = [str(number) for number in range(1, 11)]
    with open(DATA / "af_worked_example_input.csv", encoding="utf-8", newline="") as file:
        rows = [
            (int(row["persons"]) if weight == "person" else 1, [key for key in keys if row[f"d{key}"] == "1"])
            for row in csv.DictReader(file)
        ]
    found = measured(duck, rows, dict.fromkeys(keys, 1), 3)
    with open(DATA / f"af_worked_example_{weight}.csv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            name = row["indicator"]
            expected = {"uncensored_headcount": row["uncensored_headcount"]} if name in ("H", "A", "M0") else dict(row)
            for measure in expected.keys() & {"uncensored_headcount", "censored_headcount", "contribution"}:
                value = found[(name, None) if name in ("H", "A", "M0") else (measure, name)]
                assert value is not None
                assert float(value) == pytest.approx(float(expected[measure]), abs=5e-7), (name, measure)


def test_a_place_with_nobody_has_no_measure(duck: duckdb.DuckDBPyConnection) -> None:
    found = measured(duck, [(0, [])], {"a": 1, "b": 1}, 1)
    assert set(found.values()) == {None}
    assert len(found) == 3 + 4 * 2


def by_definition(rows: list[tuple[int, list[str]]], importance: dict[str, int], k: float) -> Measures:
    """The measures as the paper defines them, person by person."""
    scores = [(weight, deprived, sum(importance[one] for one in deprived)) for weight, deprived in rows]
    poor = [one for one in scores if one[2] >= k]
    everyone, whole = sum(row[0] for row in rows), sum(importance.values())
    poor_weight, poor_score = sum(one[0] for one in poor), sum(one[0] * one[2] for one in poor)

    def share(above: int, below: int) -> Fraction | None:
        return Fraction(above, below) if below else None

    found: Measures = {
        ("H", None): share(poor_weight, everyone),
        ("A", None): share(poor_score, whole * poor_weight),
        ("M0", None): share(poor_score, whole * everyone),
    }
    for one, counts in importance.items():
        censored = sum(weight for weight, deprived, _ in poor if one in deprived)
        found["uncensored_headcount", one] = share(sum(w for w, deprived in rows if one in deprived), everyone)
        found["censored_headcount", one] = share(censored, everyone)
        found["contribution", one] = share(counts * censored, poor_score)
        found["contribution_absolute", one] = share(counts * censored, whole * everyone)
    return found


KEYS = ["a", "b", "c", "d", "e"]


@settings(max_examples=40, deadline=None)
@given(
    rows=st.lists(st.tuples(st.integers(1, 9), st.lists(st.sampled_from(KEYS), unique=True)), min_size=1, max_size=12),
    importance=st.fixed_dictionaries({key: st.integers(1, 4) for key in KEYS}),
    k=st.integers(1, 12),
)
def test_any_matrix_weights_and_cutoff_give_what_the_definition_gives(
    duck: duckdb.DuckDBPyConnection, rows: list[tuple[int, list[str]]], importance: dict[str, int], k: int
) -> None:
    found = measured(duck, rows, importance, k)
    assert found == by_definition(rows, importance, k)
    headcount, intensity, adjusted = found["H", None], found["A", None], found["M0", None]
    if intensity is not None and headcount is not None:
        assert headcount * intensity == adjusted
        assert sum(found["contribution_absolute", key] or 0 for key in KEYS) == adjusted
        assert sum(found["contribution", key] or 0 for key in KEYS) == 1
