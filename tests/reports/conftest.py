"""Releases with their reports, built once: complete, without a district, of the baseline, of a month nobody sent."""

from pathlib import Path

import pytest
from report_data import BASELINE, DECEMBER, NOVEMBER, SILENT, a_register, build, odd_province, province

from plan.reference import districts, next_period, plan


@pytest.fixture(scope="session")
def complete(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("complete"), province(), DECEMBER)


@pytest.fixture(scope="session")
def provisional(tmp_path_factory: pytest.TempPathFactory) -> Path:
    reported = [one for one in province() if (one.district_code, one.period) != (SILENT, DECEMBER)]
    return build(tmp_path_factory.mktemp("provisional"), reported, DECEMBER)


@pytest.fixture(scope="session")
def baseline(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("baseline"), [one for one in province() if one.period == BASELINE], BASELINE)


@pytest.fixture(scope="session")
def without_plan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The month after the plan's last, which one district has not reported."""
    after = next_period(plan().last_period)
    months = [register for register in province() if register.period != NOVEMBER]
    months += [a_register(one.code, after, 20) for one in districts(after) if one.code != SILENT]
    return build(tmp_path_factory.mktemp("without_plan"), months, after)


@pytest.fixture(scope="session")
def unreported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A month for which no district sent anything."""
    return build(
        tmp_path_factory.mktemp("unreported"), [one for one in province() if one.period == BASELINE], "2020-01"
    )


@pytest.fixture(scope="session")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("odd"), odd_province(), DECEMBER)
