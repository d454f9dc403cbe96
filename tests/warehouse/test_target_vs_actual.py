"""mart.target_vs_actual: what is reached, what remains, and what cannot be said."""

from typing import Any

import pytest
from warehouse_data import DAM_DOI, Query

COLUMNS = "baseline, target_value, actual, change, achieved_pct, remaining, status"


def row(query: Query, period: str, unit: str, target: str, measure: str, basis: str) -> tuple[Any, ...]:
    sql = (
        f"select {COLUMNS} from mart.target_vs_actual where period = ? and unit_code = ? and target = ?"
        " and measure = ? and basis = ?"
    )
    (found,) = query(sql, period, unit, target, measure, basis)
    return found


def test_a_household_target_is_achieved_as_soon_as_it_is_met_and_missed_only_when_the_year_is_over(
    query: Query,
) -> None:
    target = ("966", "poor_reduction", "households", "excluding_social_protection")
    assert row(query, "2019-12-31", *target) == (230, 225, 230, 0, 0, 225, "in_progress")
    assert row(query, "2020-06-30", *target) == (230, 225, 4, -226, pytest.approx(100 * 226 / 225), 0, "achieved")
    assert row(query, "2020-12-31", *target) == (230, 225, 10, -220, pytest.approx(100 * 220 / 225), 5, "missed")


def test_the_household_target_stands_on_both_bases_with_the_same_number(query: Query) -> None:
    with_btxh = row(query, "2020-12-31", "966", "poor_reduction", "households", "all")
    assert with_btxh == (240, 225, 20, -220, pytest.approx(100 * 220 / 225), 5, "missed")


def test_points_are_compared_exactly_and_not_in_floats(query: Query) -> None:
    assert 0.7 - 0.4 < 0.3  # what a comparison of floats would say of 7 and 4 of 1,000 households
    target = ("967", "near_poor_reduction", "percentage_points", "excluding_social_protection")
    baseline, target_value, actual, _, _, remaining, status = row(query, "2020-12-31", *target)
    assert (baseline, target_value, actual) == (0.7, 0.3, 0.4)
    assert (remaining, status) == (0, "achieved")


def test_end_rate_is_a_level_to_get_below(query: Query) -> None:
    target = ("970", "poor_reduction", "end_rate", "excluding_social_protection")
    baseline, target_value, actual = 100 * 294 / 16000, 2.82, 100 * 190 / 16000
    assert row(query, "2020-12-31", *target) == (
        baseline, target_value, actual, pytest.approx(actual - baseline), None, 0, "achieved"
    )  # fmt: skip
    behind = row(query, "2020-12-31", "966", "near_poor_reduction", "end_rate", "excluding_social_protection")
    assert behind == (0, 1.97, 0, 0, None, 0, "achieved")


def test_the_province_has_no_figure_while_a_district_is_missing(query: Query) -> None:
    target = ("96", "poor_reduction", "households", "all")
    assert row(query, "2020-06-30", *target) == (550, 1693, None, None, None, None, "no_data")
    note = "select note from mart.target_vs_actual where period = '2020-06-30' and unit_code = '96' and target = 'jobs'"
    assert "not reported: Huyện Ngọc Hiển" in query(note)[0][0]
    assert row(query, "2020-12-31", *target)[-1] == "missed"


def test_a_silent_district_has_no_data(query: Query) -> None:
    target = ("973", "poor_reduction", "percentage_points", "excluding_social_protection")
    assert row(query, "2020-06-30", *target) == (0, 0.42, None, None, None, None, "no_data")


def test_communes_with_a_high_rate_at_the_baseline(query: Query) -> None:
    communes = query(
        "select unit_code, target_value, target_value_high, status, note from mart.target_vs_actual"
        " where period = '2020-12-31' and target = 'commune_high_poverty' and unit_code in"
        " (select unit_code from core.unit where parent_code = ?) order by unit_code",
        DAM_DOI,
    )
    # 5, 6, 6.5 and 7 %; the fifth commune, at 4.9 % without BTXH households, is in no tier.
    assert [row[1:4] for row in communes] == [
        (1, 2, "achieved"),
        (1, 2, "missed"),
        (None, None, "no_target"),
        (3, None, "achieved"),
    ]
    assert "not stated by the plan" in communes[2][4]
    assert all("unrounded" in note for *_, note in communes)


def test_coverage_and_jobs_count_from_1_january(query: Query) -> None:
    bhyt = ("96", "policy_coverage:bhyt", "coverage_pct", "eligible")
    assert row(query, "2019-12-31", *bhyt) == (50, 100, 50, 0, None, 100, "in_progress")
    assert row(query, "2020-12-31", *bhyt) == (50, 100, 100, 50, 100, 0, "achieved")
    assert row(query, "2020-12-31", "96", "policy_coverage:housing", "coverage_pct", "eligible")[-2:] == (10, "missed")
    # 41,000 jobs of 2019 are not the 39,000 that the plan wants of 2020.
    assert row(query, "2019-12-31", "96", "jobs", "persons", "all")[-1] == "in_progress"
    assert row(query, "2020-12-31", "96", "jobs", "persons", "all") == (41000, 39000, 39000, -2000, 100, 0, "achieved")


def test_what_the_plan_gives_no_number_for_has_no_target(query: Query) -> None:
    labour = row(query, "2020-12-31", "96", "policy_coverage:labour_export", "coverage_pct", "eligible")
    assert labour == (120, None, 120, 0, None, None, "no_target")
    water = row(query, "2020-12-31", "96", "deprivation:water", "households", "poor")
    assert water == (3, None, 3, 0, None, None, "no_target")
    sql = "select distinct accountable, plan_section from mart.target_vs_actual where target = 'deprivation:toilet'"
    assert query(sql) == [("Sở Tài nguyên và Môi trường", "V.7")]


def test_nobody_eligible_is_not_a_coverage_of_zero(query: Query) -> None:
    sql = (
        "select actual, status, note from mart.target_vs_actual"
        " where period = '2020-12-31' and unit_code = '96' and target = 'policy_coverage:credit'"
    )
    ((actual, status, note),) = query(sql)
    assert (actual, status) == (None, "no_data")
    assert "nobody to count" in note


def test_every_target_stands_for_every_month_of_the_plan(query: Query) -> None:
    counts = query("select period, count(*) from mart.target_vs_actual group by period order by period")
    assert len(counts) == 13
    # 10 units × (8 reductions + 13 coverages + 20 deprivations), the jobs, four communes of Đầm Dơi, one of U Minh.
    assert {count for _, count in counts} == {10 * (8 + 13 + 20) + 1 + 5}


def test_every_target_names_who_answers_for_it_or_that_the_plan_names_nobody(query: Query) -> None:
    sql = "select distinct target from mart.target_vs_actual where accountable is null"
    assert query(sql) == [("policy_coverage:legal_aid",)]
    sql = "select distinct accountable is null from mart.target_vs_actual where note like '%the plan names nobody%'"
    assert query(sql) == [(True,)]
    assert query("select count(*) from mart.target_vs_actual where plan_section is null or accountable = ''") == [(0,)]
