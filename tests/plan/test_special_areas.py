"""The lists of areas in special difficulty: their communes are units of the plan, their days and numbers agree."""

import datetime as dt

import pytest

from plan.reference import table, units

AREAS, PROGRAMMES = table("special_areas"), table("special_programmes")
NAMES = {unit.code: unit.name for unit in units()}


def test_every_listed_commune_is_a_unit_by_that_name() -> None:
    assert {row["unit_code"]: row["unit_name"] for row in AREAS}.items() <= NAMES.items()


@pytest.mark.parametrize("programme", PROGRAMMES, ids=lambda row: row["programme"])
def test_areas_lie_within_the_days_of_their_list(programme: dict[str, str]) -> None:
    first, last = dt.date.fromisoformat(programme["valid_from"]), dt.date.fromisoformat(programme["valid_to"])
    assert first < last
    own = [row for row in AREAS if row["programme"] == programme["programme"]]
    for row in own:
        assert first <= dt.date.fromisoformat(row["valid_from"]) <= dt.date.fromisoformat(row["valid_to"]) <= last
    listed = [row["unit_code"] for row in own if row["status"] == "listed"]
    assert len(set(listed)) == len(listed)
    assert len(listed) <= int(programme["listed"] or len(listed))


def test_every_area_names_its_list_its_source_and_how_sure_it_is() -> None:
    assert {row["programme"] for row in AREAS} <= {row["programme"] for row in PROGRAMMES}
    assert {row["confidence"] for row in AREAS} <= {"high", "medium"}
    assert {row["status"] for row in AREAS} == {"listed", "not_listed"}
    assert all(row["source"] for row in (*AREAS, *PROGRAMMES))


def test_the_numbers_of_the_lists_are_those_of_the_plan() -> None:
    printed = {row["metric"]: row["value"] for row in table("baseline_2019")}
    found = {row["programme"]: (row["listed"], row["active"]) for row in PROGRAMMES}
    coastal = printed["coastal_special_communes_total"], printed["coastal_special_communes_active"]
    hamlets = printed["special_hamlets_total"], printed["special_hamlets_active"]
    assert found["coastal_131"] == coastal
    assert found["hamlets_582"] == hamlets
    assert found["programme_135"][0] == printed["programme135_communes"]


def test_the_crosswalk_to_2025_holds_every_commune_once_as_whole_or_main_part() -> None:
    rows = table("units_2025_crosswalk")
    main = [row["code_2020"] for row in rows if row["mapping_kind"] != "split_part"]
    assert sorted(main) == sorted(code for code in NAMES if len(code) == 5)
    assert all(NAMES[row["code_2020"]] == row["name_2020"] for row in rows)


def test_a_reused_code_names_another_commune_in_2025() -> None:
    rows = table("code_reuse_2025")
    assert len(rows) == 24
    successors = {row["code_2025"]: row["name_2025"] for row in table("units_2025_crosswalk")}
    for row in rows:
        assert NAMES[row["code"]] == row["name_2020"]
        assert successors[row["code"]] == row["name_2025"]
        assert row["name_2020"] != row["name_2025"]
