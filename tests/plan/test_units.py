"""The unit list, the spellings of its names, and the months."""

import datetime as dt
import itertools
import unicodedata
from collections import Counter

import pytest

from plan.reference import (
    communes,
    data_path,
    districts,
    ethnic_group_names,
    name_key,
    next_period,
    period_end,
    periods_between,
    regime,
    table,
    unit_by_code,
    unit_names,
    units,
    units_at,
)


def test_nine_districts_and_a_hundred_and_one_communes() -> None:
    assert len(districts("2020-01")) == 9
    assert len(communes("2020-01")) == 101
    types = Counter(unit.type for unit in communes("2020-01"))
    assert types == {"xã": 82, "phường": 10, "thị trấn": 9}


def test_every_commune_belongs_to_a_district_and_every_district_to_the_province() -> None:
    codes = {unit.code for unit in districts("2020-01")}
    assert {unit.parent_code for unit in communes("2020-01")} == codes
    assert {unit.parent_code for unit in districts("2020-01")} == {"96"}
    assert sum(len(communes("2020-01", code)) for code in codes) == 101


def test_districts_come_in_the_plans_order() -> None:
    assert [unit.code for unit in districts("2020-01")] == [row["unit_code"] for row in table("targets_2020")][:9]


def test_codes_are_text_and_unique() -> None:
    codes = [unit.code for unit in units()]
    assert len(set(codes)) == len(codes)
    assert all(len(unit.code) == 5 and unit.code.isdigit() for unit in communes("2020-01"))


def test_towns_and_wards_are_urban() -> None:
    assert {unit.type: unit.area for unit in communes("2020-01")} == {
        "xã": "rural",
        "phường": "urban",
        "thị trấn": "urban",
    }


def test_names_begin_with_their_type_and_are_nfc() -> None:
    for unit in units():
        assert unit.name.casefold().startswith(unit.type), unit
        assert unit.name == unicodedata.normalize("NFC", unit.name).strip()


class TestUnitByCode:
    def test_a_code_of_the_list_is_its_unit(self) -> None:
        unit = unit_by_code("2020-01", "964")
        assert unit is not None
        assert (unit.level, unit.name) == ("district", "Thành phố Cà Mau")

    @pytest.mark.parametrize("code", ["99999", "", "0964", "Cà Mau"])
    def test_another_code_is_none(self, code: str) -> None:
        assert unit_by_code("2020-01", code) is None

    def test_a_unit_that_is_gone_is_none(self) -> None:
        """The province was merged on 2025-07-01."""
        assert unit_by_code("2025-06", "964") is not None
        assert unit_by_code("2025-07", "964") is None
        assert units_at("2025-07", "commune") == []


class TestNames:
    def test_every_alias_belongs_to_a_unit_of_the_list(self) -> None:
        codes = {unit.code for unit in units()}
        for row in table("unit_aliases"):
            assert row["code"] in codes
            assert name_key(row["alias"]) in unit_names(row["code"])
            assert name_key(row["canonical_name"]) in unit_names(row["code"])

    @pytest.mark.parametrize("code", ["964", "966", "967", "968", "969", "970", "971", "972", "973"])
    def test_the_plans_own_name_of_each_district_is_accepted(self, code: str) -> None:
        (row,) = [row for row in table("targets_2020") if row["unit_code"] == code]
        assert name_key(row["unit_name_in_plan"]) in unit_names(code)

    @pytest.mark.parametrize("name", ["TP Cà Mau", "TP. Cà Mau", "thành phố cà mau", "  Cà   Mau ", "TPCM"])
    def test_spellings_of_the_city(self, name: str) -> None:
        assert name_key(name) in unit_names("964")

    @pytest.mark.parametrize("name", ["Năm Căn", "Ca Mau", "", "Tỉnh Cà Mau", "Huyện Cà Mau"])
    def test_another_name_is_not_the_citys(self, name: str) -> None:
        assert name_key(name) not in unit_names("964")

    def test_two_communes_of_one_name_are_told_apart_by_code(self) -> None:
        same = [unit for unit in communes("2020-01", "964") if unit.name.endswith("Tân Thành")]
        assert {unit.type for unit in same} == {"xã", "phường"}
        for unit in same:
            other = next(one for one in same if one is not unit)
            assert name_key(unit.name) in unit_names(unit.code)
            assert name_key(other.name) not in unit_names(unit.code)


class TestNameKey:
    def test_the_tone_may_stand_on_either_vowel(self) -> None:
        assert name_key("Xã Hoà Mỹ") == name_key("Xã Hòa Mỹ")
        assert name_key("Thuỷ") == name_key("Thủy")

    def test_composed_and_decomposed_text_are_the_same_name(self) -> None:
        assert name_key(unicodedata.normalize("NFD", "Huyện Đầm Dơi")) == name_key("Huyện Đầm Dơi")

    def test_white_space_and_case_do_not_count(self) -> None:
        assert name_key("\u00a0Thị\u00a0Trấn  Năm Căn ") == name_key("thị trấn Năm Căn")

    def test_the_icelandic_letter_counts_as_the_vietnamese_one(self) -> None:
        assert name_key("Huyện \u00d0ầm Dơi") == name_key("huyện \u00f0ầm dơi") == name_key("Huyện Đầm Dơi")

    def test_letters_keep_their_marks(self) -> None:
        assert name_key("Đầm Dơi") != name_key("Dầm Dơi")
        assert name_key("Đầm Dơi") != name_key("Đầm Doi")
        assert name_key("Hòa") != name_key("Hóa")

    def test_nothing_is_nothing(self) -> None:
        assert name_key(" \u00a0 ") == ""


def test_no_two_units_of_one_district_share_their_full_name() -> None:
    for district in districts("2020-01"):
        keys = [name_key(unit.name) for unit in communes("2020-01", district.code)]
        assert len(set(keys)) == len(keys)


class TestEthnicGroups:
    def test_fifty_four_groups_and_one_majority(self) -> None:
        assert len(table("ethnic_groups")) == 54
        assert [row["name"] for row in table("ethnic_groups") if row["minority"] == "no"] == ["Kinh"]

    def test_other_spellings_lead_to_the_listed_name(self) -> None:
        known = ethnic_group_names()
        assert known[name_key("KHMER")] == "Khmer"
        assert known[name_key("việt")] == "Kinh"
        assert set(known.values()) == {row["name"] for row in table("ethnic_groups")}

    def test_an_unknown_group_is_not_there(self) -> None:
        assert name_key("Không rõ") not in ethnic_group_names()


class TestPeriods:
    @pytest.mark.parametrize(
        ("period", "step", "expected"),
        [
            ("2019-12", 1, "2020-01"),
            ("2020-01", -1, "2019-12"),
            ("2020-06", 0, "2020-06"),
            ("2019-12", 13, "2021-01"),
            ("2020-12", -24, "2018-12"),
        ],
    )
    def test_months_follow_each_other_over_the_year(self, period: str, step: int, expected: str) -> None:
        assert next_period(period, step) == expected

    @pytest.mark.parametrize(
        ("period", "day"), [("2019-12", (2019, 12, 31)), ("2020-02", (2020, 2, 29)), ("2021-02", (2021, 2, 28))]
    )
    def test_a_period_ends_on_the_months_last_day(self, period: str, day: tuple[int, int, int]) -> None:
        assert period_end(period) == dt.date(*day)

    @pytest.mark.parametrize("period", ["2020-13", "2020", "02/2020", "", "2020-00"])
    def test_what_is_no_month_is_refused(self, period: str) -> None:
        with pytest.raises(ValueError):
            period_end(period)

    def test_thirteen_months_of_the_plan(self) -> None:
        months = periods_between("2019-12", "2020-12")
        assert len(months) == 13
        assert months[0] == "2019-12"
        assert months[-1] == "2020-12"
        assert periods_between("2020-02", "2020-01") == []


class TestRegime:
    @pytest.mark.parametrize(
        ("period", "line"),
        [
            ("2016-01", "2016-2021"),
            ("2019-12", "2016-2021"),
            ("2021-12", "2016-2021"),
            ("2022-01", "2022-2026"),
            ("2026-12", "2022-2026"),
            ("2027-01", "2027-2030"),
        ],
    )
    def test_the_line_in_force(self, period: str, line: str) -> None:
        assert regime(period) == line

    @pytest.mark.parametrize("period", ["2015-12", "2031-01"])
    def test_no_line_is_an_error_and_never_a_guess(self, period: str) -> None:
        with pytest.raises(LookupError):
            regime(period)

    def test_lines_of_a_period_cover_both_areas_without_gap_or_overlap(self) -> None:
        for area in ("rural", "urban"):
            rows = [row for row in table("poverty_lines") if row["area"] == area]
            for before, after in itertools.pairwise(rows):
                ends = dt.date.fromisoformat(before["valid_to"])
                assert dt.date.fromisoformat(after["valid_from"]) == ends + dt.timedelta(days=1)


def test_a_table_that_the_plan_does_not_have_is_refused() -> None:
    with pytest.raises(FileNotFoundError, match="no table of_contents"):
        data_path("of_contents")
