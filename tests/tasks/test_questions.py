"""Rules asked of different values only: the same rows fail as when every row is asked."""

from collections.abc import Sequence

import polars as pl
import pytest
from great_expectations import expectations as gxe
from great_expectations.expectations.expectation import Expectation
from hypothesis import given, settings
from hypothesis import strategies as st

from expectations.common import meta
from tasks.faults import SystemFault
from tasks.questions import SHORT, ask, put_together, side_by_side
from tasks.validate import answer

WORDS = ("x", "có", "?", "99", "")


def listed(rule: str, column: str, words: Sequence[str] = WORDS[:2]) -> Expectation:
    return gxe.ExpectColumnValuesToBeInSet(column=column, value_set=list(words), **meta(rule, column, column))


def given_value(column: str) -> Expectation:
    return gxe.ExpectColumnValuesToNotBeNull(column=column, **meta("H04", column, column))


def equal(column: str) -> Expectation:
    names = {"column_A": f"{column}_given", "column_B": f"{column}_expected"}
    return gxe.ExpectColumnPairValuesToBeEqual(**names, **meta("C05", column, names["column_A"]))


def unique(*columns: str) -> Expectation:
    return gxe.ExpectCompoundColumnsToBeUnique(
        column_list=list(columns), ignore_row_if="any_value_is_missing", **meta("H03", columns[-1], columns[-1])
    )


def failing(tables: dict[str, pl.DataFrame], **suites: list[Expectation]) -> dict[tuple[str, str, str], list[int]]:
    """(frame, rule, field) → the rows that fail, all frames asked at once."""
    asked = [one for frame, suite in suites.items() for one in ask(frame, suite)]
    return {
        (failure.frame, failure.meta["rule"], failure.meta["field"]): failure.positions
        for failure in answer(asked, tables)
    }


def test_every_row_with_a_bad_value_fails_in_its_own_column() -> None:
    one = pl.DataFrame({"a": ["x", "?", None, "?", "có"], "b": ["x", "x", "?", "x", "x"]})
    other = pl.DataFrame({"a": ["x", "x"], "b": ["", "x"]})
    suite = [listed("H13", "a"), listed("H13", "b")]
    assert failing({"one": one, "other": other}, one=suite, other=suite) == {
        ("one", "H13", "a"): [1, 3],
        ("one", "H13", "b"): [2],
        ("other", "H13", "b"): [0],
    }


def test_a_missing_value_fails_where_a_value_is_asked_for() -> None:
    table = pl.DataFrame({"a": ["x", None, "x", None], "b": ["x"] * 4})
    assert failing({"t": table}, t=[given_value("a"), given_value("b")]) == {("t", "H04", "a"): [1, 3]}


def test_a_pair_fails_wherever_it_stands() -> None:
    table = pl.DataFrame(
        {"n_given": [1, 2, 1, 2], "n_expected": [1, 1, 1, 1], "m_given": [5] * 4, "m_expected": [5] * 4}
    )
    assert failing({"t": table}, t=[equal("n"), equal("m")]) == {("t", "C05", "n"): [1, 3]}


def test_rows_are_compared_with_each_other_whatever_else_is_asked() -> None:
    table = pl.DataFrame({"s": [0, 0, 1, 0, 0], "a": ["x", "?", "x", "x", None]})
    assert failing({"t": table}, t=[unique("s", "a"), listed("H13", "a")]) == {
        ("t", "H03", "a"): [0, 3],
        ("t", "H13", "a"): [1],
    }


def test_an_expectation_of_another_kind_is_asked_of_all_rows() -> None:
    alone = gxe.ExpectColumnValuesToBeUnique(column="a", **meta("H15", "a", "a"))
    table = pl.DataFrame({"a": ["x", "?", "x"], "b": ["x", "x", "x"]})
    assert failing({"t": table, "u": table[:2]}, t=[alone], u=[alone]) == {("t", "H15", "a"): [0, 2]}


def test_more_values_than_are_asked_side_by_side() -> None:
    numbers = [str(number) for number in range(SHORT + 2)]
    table = pl.DataFrame({"long": [*numbers, "0"], "short": ["x"] * (SHORT + 2) + ["?"]})
    suite = [listed("H14", "long", numbers[1:]), listed("H13", "short")]
    assert len(put_together(ask("t", suite), {"t": table})) == 2
    assert failing({"t": table}, t=suite) == {("t", "H14", "long"): [0, SHORT + 2], ("t", "H13", "short"): [SHORT + 2]}


def test_columns_of_which_a_rule_asks_the_same_are_one_question() -> None:
    table = pl.DataFrame({"a": ["x"] * 9, "b": ["có"] * 9, "c": ["?"] * 9})
    suite = [listed("H13", "a"), listed("H13", "b"), listed("H13", "c", WORDS), listed("H08", "a")]
    [group] = put_together(ask("t", suite), {"t": table})
    assert [[one.columns for one in question.asked] for question in group] == [[("a",), ("b",)], [("c",)], [("a",)]]
    assert side_by_side(group).to_dict(as_series=False) == {"0.0": ["x", "có"], "1.0": ["?", "?"], "2.0": ["x", "x"]}


def test_what_could_not_be_computed_is_a_fault_of_the_system() -> None:
    table = pl.DataFrame({"n_given": [1, None], "n_expected": [1, 2]})
    with pytest.raises(SystemFault, match="rule C05 could not be computed"):
        failing({"t": table}, t=[equal("n")])


words = st.sampled_from(WORDS) | st.none()


@settings(max_examples=15)
@given(st.lists(st.tuples(st.integers(0, 1), words, words, st.integers(0, 2)), min_size=1, max_size=12))
def test_the_same_rows_fail_as_when_each_is_asked_alone(rows: list[tuple[int, str | None, str | None, int]]) -> None:
    table = pl.DataFrame(rows, schema=["s", "a", "b", "n_given"], orient="row").with_columns(
        pl.col("a", "b").cast(pl.String), n_expected=1
    )
    suite = [listed("H13", "a"), listed("H13", "b"), given_value("a"), given_value("b"), equal("n"), unique("s", "a")]
    keys = [(s, a) for s, a, _, _ in rows]
    expected = {
        ("H13", "a"): [at for at, (_, a, _, _) in enumerate(rows) if a not in (*WORDS[:2], None)],
        ("H13", "b"): [at for at, (_, _, b, _) in enumerate(rows) if b not in (*WORDS[:2], None)],
        ("H04", "a"): [at for at, (_, a, _, _) in enumerate(rows) if a is None],
        ("H04", "b"): [at for at, (_, _, b, _) in enumerate(rows) if b is None],
        ("C05", "n"): [at for at, (_, _, _, n) in enumerate(rows) if n != 1],
        ("H03", "a"): [at for at, key in enumerate(keys) if key[1] is not None and keys.count(key) > 1],
    }
    found = failing({"t": table}, t=suite)
    assert {key[1:]: positions for key, positions in found.items()} == {key: at for key, at in expected.items() if at}
