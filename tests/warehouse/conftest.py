"""One small province, built once: a baseline, a June without Ngọc Hiển, a complete December."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from warehouse_data import (
    BASELINE,
    CITY,
    DAM_DOI,
    DECEMBER,
    JUNE,
    NAM_CAN,
    NGOC_HIEN,
    THOI_BINH,
    U_MINH,
    Query,
    Register,
    province,
    write_inputs,
)

from forms.dictionary import DEPRIVATIONS
from tasks.build import BuildInputs, build_warehouse

# tests/warehouse/data/af_worked_example_input.csv
WORKED_EXAMPLE = {"A": (4, "0100100100"), "B": (5, "1110100101"), "C": (3, "0100000100"), "D": (2, "0000000000")}
WORKED_EXAMPLE["E"] = (6, "0111110110")


@pytest.fixture(scope="session")
def story_inputs(tmp_path_factory: pytest.TempPathFactory) -> BuildInputs:
    return write_inputs(tmp_path_factory.mktemp("story"), _story(), DECEMBER)


@pytest.fixture(scope="session")
def story(story_inputs: BuildInputs, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("built") / "warehouse.duckdb"
    build_warehouse(target, story_inputs)
    return target


@pytest.fixture
def query(story: Path) -> Iterator[Query]:
    with duckdb.connect(str(story), read_only=True) as connection:
        yield lambda sql, *values: connection.execute(sql, list(values)).fetchall()


@pytest.fixture
def small_inputs(tmp_path: Path) -> BuildInputs:
    return write_inputs(tmp_path, province(BASELINE), BASELINE)


def _story() -> list[Register]:
    registers: list[Register] = []
    for period in (BASELINE, JUNE, DECEMBER):
        districts = {register.district_code: register for register in province(period, poor=0, near_poor=0)}
        _city(districts[CITY])
        _thoi_binh(districts[THOI_BINH])
        _u_minh(districts[U_MINH])
        _dam_doi(districts[DAM_DOI])
        if period == BASELINE:
            _nam_can(districts[NAM_CAN])
        if period == JUNE:
            del districts[NGOC_HIEN]
        registers += districts.values()
    return registers


def _city(register: Register) -> None:
    """Phường 9 (urban): one household of each kind that is counted apart."""
    register.residents = {register.commune_codes[0]: 800}
    register.add(2, persons=5)
    register.add(ethnicity="Khmer", head_sex="female", deprived=("water", "toilet"))
    register.add(ethnicity="Tày", social_protection=True)
    register.add(deprived=("health_insurance", "water", "telecom"), persons=3, class_="N2")
    register.add(deprived=("housing_area", "water", "telecom"), merit=True, class_="N2")
    register.add(3, social_protection=True, class_="CN")
    register.add(4, deprived=("water",), class_="CN")
    if register.period != BASELINE:
        register.add(class_previous="N1", movement="N_KN", class_="KN")
        register.add(class_previous="N1", movement="N_CN", class_="CN")
        register.add(class_previous="MOI", movement="TAI_N")
    served = {BASELINE: 100, JUNE: 150, DECEMBER: 200}[register.period]
    jobs = {BASELINE: 41000, JUNE: 20000, DECEMBER: 39000}[register.period]
    register.policies = {
        "bhyt": (200, served),
        "housing": (100, 90),
        "labour_export": (10, 12),
        "jobs": (40000, jobs),
    }


def _thoi_binh(register: Register) -> None:
    """1,000 residents, all in the first commune: 0.7 % near poor less 0.4 % is 0.3 points, but not in floats."""
    first, *others = register.commune_codes
    register.residents = {first: 1000, **dict.fromkeys(others, 0)}
    register.add(4 if register.period == DECEMBER else 7, class_="CN")


def _u_minh(register: Register) -> None:
    """225 poor households are to leave: done in June, undone in December."""
    register.add({BASELINE: 230, JUNE: 4, DECEMBER: 10}[register.period])
    register.add(10, social_protection=True)


def _dam_doi(register: Register) -> None:
    """Communes at 5, 6, 6.5, 7 and, without BTXH households, 4.9 % of 1,000 residents."""
    poor = {BASELINE: (50, 60, 65, 70, 49), JUNE: (50, 60, 65, 70, 49), DECEMBER: (40, 51, 10, 40, 49)}
    for commune, number in enumerate(poor[register.period]):
        register.add(number, commune=commune)
    register.add(5, commune=4, social_protection=True)


def _nam_can(register: Register) -> None:
    for persons, marks in WORKED_EXAMPLE.values():
        deprived = tuple(key for key, mark in zip(DEPRIVATIONS, marks, strict=True) if mark == "1")
        register.add(persons=persons, deprived=deprived)
