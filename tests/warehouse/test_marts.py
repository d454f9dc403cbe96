"""The other marts: movement, coverage, multidimensional poverty, submission status."""

import csv
from pathlib import Path

import pytest
from warehouse_data import CITY, NAM_CAN, Query

from forms.dictionary import DEPRIVATIONS

DATA = Path(__file__).parent / "data"


def test_movement_balances_at_every_level(query: Query) -> None:
    sql = (
        "select class, group_name, opening, decrease_1, decrease_2, increase_1, increase_2, closing, gross_exits,"
        " gross_entries, net_change from mart.movement"
        " where period = '2020-12-31' and unit_code = ? and measure = 'households' order by class desc"
    )
    poor = ("N", "poor", 8, 1, 1, 0, 1, 7, 2, 1, -1)
    near_poor = ("CN", "near_poor", 7, 0, 0, 1, 0, 8, 0, 1, 1)
    assert query(sql, CITY) == [poor, near_poor]
    assert query("select bool_and(balanced and closing = closing_computed) from mart.movement") == [(True,)]


def test_coverage_by_unit(query: Query) -> None:
    sql = (
        "select eligible, served, coverage_pct, accountable from mart.coverage"
        " where period = '2020-06-30' and unit_code = ? and policy = ?"
    )
    assert query(sql, CITY, "bhyt") == [(200, 150, 75, "Bảo hiểm xã hội tỉnh")]
    assert query(sql, CITY, "credit")[0][:3] == (0, 0, None)
    province = (
        "select districts_reported, provisional from mart.coverage where period = '2020-06-30' and level = 'province'"
    )
    assert set(query(province)) == {(8, True)}


def test_coverage_says_what_the_register_says(query: Query) -> None:
    """Năm Căn has the five households of the worked example; the city reports on policies of its own."""
    sql = (
        "select policy, register_households, register_persons, register_deprived_households from mart.coverage"
        " where period = '2019-12-31' and unit_code = ? and policy in ('bhyt', 'housing', 'water', 'jobs') order by all"
    )
    lacking = {"bhyt": 4, "housing": 3, "jobs": None, "water": 0}
    assert query(sql, NAM_CAN) == [(policy, 5, 20, count) for policy, count in lacking.items()]
    empty = "select distinct register_households, register_persons from mart.coverage where unit_code = '973'"
    assert query(empty) == [(0, 0)]


@pytest.mark.parametrize("weight", ["household", "person"])
def test_multidimensional_poverty_is_the_worked_example(query: Query, weight: str) -> None:
    sql = (
        "select measure, deprivation, value / if(unit = 'percent', 100, 1) from mart.multidimensional_poverty"
        " where period = '2019-12-31' and unit_code = ? and weight = ?"
    )
    found = {(measure, deprivation): value for measure, deprivation, value in query(sql, NAM_CAN, weight)}
    with open(DATA / f"af_worked_example_{weight}.csv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["indicator"] in ("H", "A", "M0"):
                assert found[row["indicator"], None] == pytest.approx(float(row["uncensored_headcount"]), abs=5e-7)
                continue
            key = DEPRIVATIONS[int(row["indicator"]) - 1]
            for measure in ("uncensored_headcount", "censored_headcount", "contribution"):
                assert found[measure, key] == pytest.approx(float(row[measure]), abs=5e-7), (measure, key)
            part = float(row["contribution"]) * found["M0", None]
            assert found["contribution_absolute", key] == pytest.approx(part, abs=5e-7)
    assert found["H", None] * found["A", None] == pytest.approx(found["M0", None])


def test_an_analyst_may_ask_for_another_cutoff(query: Query) -> None:
    sql = (
        "with households as (select unit_code as place, 1 as weight, deprived_in from core.household_month"
        " join core.unit_roll_up using (period, commune_code) where period = '2019-12-31' and unit_code = ?),"
        " ten as (select deprivation as dimension, 1 as importance from core.deprivation)"
        " select numerator, denominator from core.alkire_foster(households, ten, 1) where measure = 'H'"
    )
    assert query(sql, NAM_CAN) == [(4, 5)]  # all but household D lack something


def test_multidimensional_poverty_of_nobody_is_not_zero(query: Query) -> None:
    sql = (
        "select distinct numerator, denominator, value from mart.multidimensional_poverty"
        " where period = '2020-12-31' and unit_code = ?"
    )
    assert query(sql, NAM_CAN) == [(0, 0, None)]


def test_submission_status_shows_what_is_silent(query: Query) -> None:
    sql = (
        "select state, submission_id is null from mart.submission_status"
        " where period = '2020-06-30' and district_code = ?"
    )
    assert query(sql, "973") == [("expected", True)]
    assert query(sql, CITY) == [("accepted", False)]
    assert query("select count(*) from mart.submission_status") == [(13 * 9,)]
