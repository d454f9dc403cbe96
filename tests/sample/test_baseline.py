"""The baseline of the sample year is the plan's, to the last household."""

from collections import Counter

import pytest

from forms.dictionary import DEPRIVATIONS
from forms.month import Row
from plan.reference import BASELINE_PERIOD, communes, table
from sample.year import YearOfMonths

FIGURES = {row["metric"]: row["value"] for row in table("baseline_2019")}
MARGINS = [row for row in table("sample_margins_2019") if row["unit_code"] != "96"]


@pytest.fixture(scope="module")
def households(year: YearOfMonths) -> list[Row]:
    return [row for (period, _), month in year.items() if period == BASELINE_PERIOD for row in month.household]


@pytest.fixture(scope="module")
def commune_rows(year: YearOfMonths) -> list[Row]:
    return [row for (period, _), month in year.items() if period == BASELINE_PERIOD for row in month.commune]


def _total(rows: list[Row], key: str) -> int:
    return sum(int(str(row[key])) for row in rows)


@pytest.mark.parametrize("margins", MARGINS, ids=lambda row: row["unit_code"])
def test_district_margins(year: YearOfMonths, margins: dict[str, str]) -> None:
    rows = year[BASELINE_PERIOD, margins["unit_code"]].commune
    for column, key in {
        "households": "households",
        "poor_households": "poor",
        "poor_social_protection_households": "poor_social_protection",
        "near_poor_households": "near_poor",
        "near_poor_social_protection_households": "near_poor_social_protection",
    }.items():
        assert _total(rows, key) == int(margins[column]), column


@pytest.mark.parametrize(
    ("class_", "households_metric", "persons_metric"),
    [
        ("N1", "poor_households_income_poor", "poor_persons_income_poor"),
        ("N2", "poor_households_services_deprived", "poor_persons_services_deprived"),
    ],
)
def test_classes(households: list[Row], class_: str, households_metric: str, persons_metric: str) -> None:
    members = [row for row in households if row["class"] == class_]
    assert len(members) == int(FIGURES[households_metric])
    assert _total(members, "persons") == int(FIGURES[persons_metric])


def test_services_deprived_without_insurance(households: list[Row]) -> None:
    members = [row for row in households if row["class"] == "N2" and row["health_insurance"] == "x"]
    assert len(members) == int(FIGURES["services_deprived_households_lacking_bhyt"])
    assert _total(members, "persons") == int(FIGURES["services_deprived_persons_lacking_bhyt"])


def test_ten_deprivations(households: list[Row]) -> None:
    expected = {row["key"]: int(row["poor_households_deprived"]) for row in table("deprivation_baseline_2019")}
    poor = [row for row in households if row["class"] != "CN"]
    assert {key: sum(row[key] == "x" for row in poor) for key in DEPRIVATIONS} == expected


def test_khmer_and_merit(households: list[Row], commune_rows: list[Row]) -> None:
    assert _total(commune_rows, "poor_khmer") == int(FIGURES["poor_households_khmer"])
    assert _total(commune_rows, "near_poor_khmer") == int(FIGURES["near_poor_households_khmer"])
    assert _total(commune_rows, "khmer_households") == 9978
    assert not any(row["merit"] for row in households)


def test_every_commune_is_there(commune_rows: list[Row]) -> None:
    assert {row["commune_code"] for row in commune_rows} == {unit.code for unit in communes(BASELINE_PERIOD)}
    assert len(commune_rows) == 101


def test_poverty_is_spread_unevenly(commune_rows: list[Row]) -> None:
    bands: Counter[str] = Counter()
    for row in commune_rows:
        rate = 100 * (_total([row], "poor") - _total([row], "poor_social_protection")) / _total([row], "households")
        bands["5-6" if 5 <= rate < 6 else "6-7" if 6 <= rate < 7 else "7+" if rate >= 7 else "below"] += 1
    assert min(bands["5-6"], bands["6-7"], bands["7+"]) >= 1
    assert bands["below"] > 80


def test_people_are_marked_as_made_up(households: list[Row]) -> None:
    assert all(str(row["head_name"]).endswith("(mẫu)") for row in households)
    numbers = [str(row["head_id_number"]) for row in households if row["head_id_number"]]
    assert len(set(numbers)) == len(numbers)
    assert all(number.startswith("000") and len(number) in (9, 12) for number in numbers)
    assert 0.02 < 1 - len(numbers) / len(households) < 0.04
