"""mart.indicator: counts, rates, zeros and gaps."""

import pytest
from warehouse_data import CITY, Query

from forms.dictionary import DEPRIVATIONS

PHUONG_9 = "31999"

# Contract, section 6: population lists by indicator.
CLASS = {"all", "excluding_social_protection", "khmer", "minority", "social_protection", "merit", "female_headed"}
CLASS |= {"urban", "rural"}
POOR = CLASS | {"income_poor", "services_deprived", "services_deprived_no_insurance"}
RATES = {"all", "excluding_social_protection", "khmer", "minority", "urban", "rural"}
CONTRACT = {
    "poor_households": POOR,
    "poor_persons": POOR,
    "poor_rate": RATES,
    "near_poor_households": CLASS,
    "near_poor_persons": CLASS,
    "near_poor_rate": RATES,
    "households": {"all", "khmer", "minority", "urban", "rural"},
    "persons": {"all", "urban", "rural"},
    **{f"deprived_{kind}:{key}": {"poor", "near_poor"} for kind in ("households", "rate") for key in DEPRIVATIONS},
}


@pytest.mark.parametrize(
    ("indicator", "population", "expected"),
    [
        ("poor_households", "all", 6),
        ("poor_persons", "all", 25),
        ("poor_households", "excluding_social_protection", 5),
        ("poor_households", "khmer", 1),
        ("poor_households", "minority", 2),
        ("poor_households", "social_protection", 1),
        ("poor_households", "merit", 1),
        ("poor_households", "female_headed", 1),
        ("poor_households", "urban", 6),
        ("poor_households", "rural", 0),
        ("poor_households", "income_poor", 4),
        ("poor_households", "services_deprived", 2),
        ("poor_households", "services_deprived_no_insurance", 1),
        ("poor_persons", "services_deprived_no_insurance", 3),
        ("near_poor_households", "all", 7),
        ("near_poor_households", "social_protection", 3),
        ("near_poor_persons", "excluding_social_protection", 16),
        ("households", "all", 800),
        ("households", "khmer", 40),
        ("households", "minority", 80),
        ("households", "rural", 0),
        ("persons", "urban", 3200),
        ("deprived_households:water", "poor", 3),
        ("deprived_households:water", "near_poor", 4),
        ("deprived_households:child_school", "poor", 0),
        ("poor_rate", "all", 0.75),
        ("poor_rate", "excluding_social_protection", 0.625),
        ("poor_rate", "khmer", 2.5),
        ("poor_rate", "minority", 2.5),
        ("poor_rate", "urban", 0.75),
        ("poor_rate", "rural", None),
        ("near_poor_rate", "all", 0.875),
        ("deprived_rate:water", "poor", 50.0),
        ("deprived_rate:water", "near_poor", 100 * 4 / 7),
    ],
)
def test_commune_at_the_baseline(query: Query, indicator: str, population: str, expected: float | None) -> None:
    sql = (
        "select value from mart.indicator where period = '2019-12-31' and unit_code = ?"
        " and indicator = ? and population = ?"
    )
    assert query(sql, PHUONG_9, indicator, population) == [(expected,)]


def test_leavers_are_not_counted_and_newcomers_are(query: Query) -> None:
    sql = (
        "select indicator, value from mart.indicator where period = '2020-12-31' and unit_code = ?"
        " and indicator in ('poor_households', 'near_poor_households') and population = 'all' order by 1"
    )
    assert query(sql, PHUONG_9) == [("near_poor_households", 8), ("poor_households", 7)]


def test_every_combination_of_the_contract_is_there_for_every_unit_that_reported(query: Query) -> None:
    combinations = query("select count(*) from core.indicator_definition")[0][0]
    # 12 + 12 counts of poor, 9 + 9 of near poor, 6 + 6 rates, 5 + 3 resident counts, 20 + 20 deprivations.
    assert combinations == 102
    rows = query("select period, count(*) from mart.indicator group by period order by period")
    assert [count for _, count in rows] == [111 * 102, (111 - 8) * 102, 111 * 102]


@pytest.mark.parametrize("level", ["province", "district", "commune"])
def test_every_indicator_and_population_of_the_contract_stands_at_every_level(query: Query, level: str) -> None:
    rows = query("select distinct indicator, population from mart.indicator where level = ?", level)
    assert set(rows) == {(indicator, one) for indicator, populations in CONTRACT.items() for one in populations}


def test_a_silent_district_has_no_row_and_the_province_says_so(query: Query) -> None:
    silent = "select count(*) from mart.indicator where period = '2020-06-30' and unit_code in ('973', '32245')"
    assert query(silent) == [(0,)]
    sql = (
        "select distinct unit_code, districts_reported, districts_expected, provisional from mart.indicator"
        " where period = '2020-06-30' and unit_code in ('96', '964') order by unit_code"
    )
    assert query(sql) == [("96", 8, 9, True), (CITY, 1, 1, False)]


def test_a_month_without_any_workbook_has_no_row(query: Query) -> None:
    assert query("select count(*) from mart.indicator where period = '2020-03-31'") == [(0,)]


def test_rates_carry_their_parts_and_counts_none(query: Query) -> None:
    sql = (
        "select indicator, numerator, denominator, unit from mart.indicator where period = '2019-12-31'"
        " and unit_code = '96' and population = 'all' and indicator in ('poor_rate', 'poor_households') order by 1"
    )
    poor, residents = 6 + 240 + 299 + 5, 100 * 1000 + 800 - 11 * 1000
    assert query(sql) == [("poor_households", poor, None, "households"), ("poor_rate", poor, residents, "percent")]
