"""mart.plan_check and the rounding it rests on."""

from pathlib import Path

import duckdb
import pytest
from warehouse_data import BASELINE, Query, province, write_inputs

from tasks.build import build_warehouse


@pytest.mark.parametrize(
    ("numerator", "denominator", "decimals", "expected"),
    [
        (1, 8, 2, 0.13),  # 0.125 is a half: up
        (1005, 1000, 2, 1.01),  # as a float 1.005 is a little less
        (100 * 7699, 305100, 2, 2.52),
        (100 * 7079, 305100, 1, 2.3),
        (5, 2, 0, 3),
        (0, 7, 2, 0),
    ],
)
def test_rounding_is_half_up_on_whole_numbers(
    query: Query, numerator: int, denominator: int, decimals: int, expected: float
) -> None:
    sql = "select core.round_half_up(?::bigint, ?::bigint, ?::integer)"
    assert query(sql, numerator, denominator, decimals) == [(expected,)]


def test_forecasts_are_rate_less_points_but_for_one(query: Query) -> None:
    forecasts = query(
        "select unit_code, printed, recomputed_rounded, inconsistency_id from mart.plan_check"
        " where item like 'forecast_%' and item not like '%:%' and not agrees"
    )
    assert forecasts == [("969", 1.69, 1.66, "S1")]


def test_the_totals_of_the_plan_are_the_sums_of_its_districts(query: Query) -> None:
    sql = (
        "select printed, recomputed, agrees from mart.plan_check where unit_code = '96' and plan_section = 'II.3'"
        " and (item like '%:sum_of_districts' or item like '%reduction_households%') order by printed"
    )
    assert query(sql) == [(n, n, True) for n in (1078, 1693, 6295, 7699)]


def test_every_printed_number_stands_there_once(query: Query) -> None:
    printed = query("select count(*) from core.plan_number")[0][0]
    # 37 numbers of the text (the 38th row is a date), 20 deprivations, ten units × ten columns of table II.3.
    assert printed == 37 + 20 + 100
    ways = query("select count(*) from mart.plan_check where item like '%:%' and item not like 'deprived%'")
    assert ways == [(4,)]
    assert query("select count(*) from mart.plan_check") == [(printed + 4,)]


def test_what_the_accepted_data_say_stands_beside_the_plan(query: Query) -> None:
    sql = "select printed, recomputed, agrees from mart.plan_check where item = 'poor_households' and unit_code = '96'"
    assert query(sql) == [(7699, 550, False)]


def test_a_decision_of_the_plan_cannot_be_recomputed(query: Query) -> None:
    sql = "select agrees, note from mart.plan_check where item = 'target_jobs'"
    assert query(sql) == [(None, "nothing to recompute it from")]


def test_an_incomplete_baseline_leaves_the_province_open(tmp_path: Path) -> None:
    inputs = write_inputs(tmp_path, province(BASELINE)[1:], BASELINE)
    build_warehouse(tmp_path / "w.duckdb", inputs)
    with duckdb.connect(str(tmp_path / "w.duckdb"), read_only=True) as connection:
        sql = "select recomputed, agrees, note from mart.plan_check where item = 'poor_households'"
        assert connection.execute(sql).fetchall() == [(None, None, "no accepted baseline of Thành phố Cà Mau")]
