"""Releases with their reports, built once: complete, without a district, of the baseline, of a month nobody sent."""

from pathlib import Path

import pytest
from report_data import BASELINE, DECEMBER, SILENT, build, odd_province, province


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
def unreported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A month for which no district sent anything."""
    return build(
        tmp_path_factory.mktemp("unreported"), [one for one in province() if one.period == BASELINE], "2020-01"
    )


@pytest.fixture(scope="session")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("odd"), odd_province(), DECEMBER)
