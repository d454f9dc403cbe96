"""Every audit finds nothing in a sound warehouse, and finds the one row that is broken on purpose."""

import shutil
from pathlib import Path

import duckdb
import pytest

from tasks.audit import audit_names, run_audits

# What makes each audit fail. Other audits may fail with it.
DAMAGE = {
    "balance_closes": "update mart.movement set closing = closing + 1, balanced = false"
    " where unit_code = '31999' and class = 'N' and measure = 'households' and period = '2019-12-31'",
    "classes_add_up": "update mart.indicator set value = 5 where unit_code = '964' and indicator = 'poor_households'"
    " and population = 'income_poor' and period = '2019-12-31'",
    "coverage_stands_on_the_register": "update mart.coverage set register_persons = register_persons + 1"
    " where unit_code = '96' and policy = 'bhyt' and period = '2019-12-31'",
    "deprivations_match_points": "update core.household_month set b2_points = 90 where merit",
    "every_indicator_is_there": "delete from mart.indicator where unit_code = '964' and indicator = 'persons'",
    "every_target_is_there": "delete from mart.target_vs_actual where target = 'jobs' and period = '2020-06-30'",
    "everything_is_described": "create table mart.nameless (period date)",
    "flows_between_groups_agree": "update mart.movement set decrease_1 = 7 where unit_code = '31999' and class = 'N'",
    "household_once_per_month": "insert into core.household_month from core.household_month where merit",
    "keys_are_unique": "insert into mart.coverage from mart.coverage where unit_code = '96' and policy = 'jobs'",
    "lineage_is_complete": 'delete from meta.lineage where household_id is not null and "row" = 7',
    "multidimensional_measures_agree": "update mart.multidimensional_poverty set numerator = numerator + 1"
    " where unit_code = '971' and measure = 'contribution' and deprivation = 'toilet' and period = '2019-12-31'",
    "no_personal_columns": "alter table core.household_month add column head_name varchar",
    "one_accepted_submission_per_slot": "update meta.submission set state = 'withdrawn' where district_code = '964'",
    "periods_are_published": "update meta.lineage set period = '2021-01-31' where period = '2020-12-31'",
    "persons_balance_but_for_leave": "update core.movement_month set closing = closing + 1"
    " where measure = 'persons' and class = 'N' and commune_code = '31999' and period = '2019-12-31'",
    "provisional_is_said": "update mart.indicator set provisional = false where provisional and unit_code = '96'",
    "rates_are_shares": "update mart.indicator set numerator = denominator + 1 where unit_code = '964'"
    " and indicator = 'poor_rate' and population = 'all'",
    "register_agrees_with_closing": "update mart.indicator set value = value + 1 where unit_code = '964'"
    " and indicator = 'poor_persons' and population = 'all'",
    "register_agrees_with_commune_sheet": "delete from core.household_month where merit",
    "reported_communes_are_complete": "delete from core.policy_month where policy = 'jobs' and commune_code = '31999'",
    "restatement_is_explained": "insert into mart.restatement (period, unit_code, indicator, population, as_published,"
    " as_known_now, districts_reported) values ('2020-12-31', '96', 'poor_households', 'all', 5, 6, 9)",
    "special_areas_are_their_communes": "update mart.special_area set value = value + 1 where unit_code = '96'"
    " and programme = 'programme_135' and indicator = 'households' and population = 'all'",
    "special_lists_have_no_leaver": "update core.special_area set valid_to = '2020-01-15'"
    " where programme = 'programme_135'",
    "target_status_is_sound": "update mart.target_vs_actual set status = 'achieved'"
    " where unit_code = '966' and measure = 'households' and status = 'missed'",
    "timeliness_agrees": "update mart.submission_status set on_time = not on_time where period = '2019-12-31'",
    "units_are_known": "update meta.lineage set district_code = '964' where district_code = '966'",
    "wholes_are_sums_of_parts": "update mart.indicator set value = value + 1 where unit_code = '96'"
    " and indicator = 'households' and population = 'all'",
}


def test_every_audit_is_put_to_the_test() -> None:
    assert set(DAMAGE) == set(audit_names())


def test_a_sound_warehouse_passes(story: Path) -> None:
    assert run_audits(story) == []


@pytest.mark.parametrize("audit", sorted(DAMAGE))
def test_an_audit_finds_what_was_broken(story: Path, tmp_path: Path, audit: str) -> None:
    damaged = tmp_path / "warehouse.duckdb"
    shutil.copy(story, damaged)
    damaged.chmod(0o644)
    with duckdb.connect(str(damaged)) as connection:
        connection.execute(DAMAGE[audit])
        failures = {failure.audit: failure for failure in run_audits(connection)}
    assert audit in failures
    assert failures[audit].rows > 0
    assert failures[audit].meaning
    assert "=" in failures[audit].example


def test_an_audit_that_cannot_run_is_a_fault_of_the_system() -> None:
    with duckdb.connect() as connection, pytest.raises(duckdb.Error):
        run_audits(connection)
