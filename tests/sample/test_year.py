"""Months that follow from each other; those of the plan end on the reported totals."""

from collections import Counter

import pytest

from errors import WrongUsage
from forms.dictionary import CLASSES_LISTED, DEPRIVATIONS, FLOWS, FORM_VALID_TO, movements
from forms.month import CellValue, DistrictMonth, Row
from plan.reference import BASELINE_PERIOD, PLAN_YEAR, next_period, periods_between, table
from sample.fates import STEP
from sample.summaries import key_of, register, summarise
from sample.year import YearOfMonths, generate_year

END = "2020-12"


def _number(row: Row, key: str) -> int:
    return int(str(row[key]))


def _end(year: YearOfMonths) -> list[DistrictMonth]:
    return [month for (period, _), month in year.items() if period == END]


def _pairs(year: YearOfMonths) -> list[tuple[str, str, DistrictMonth, DistrictMonth]]:
    """(period, district, the month before, the month)"""
    return [
        (period, district, year[next_period(period, -1), district], month)
        for (period, district), month in year.items()
        if period > BASELINE_PERIOD
    ]


def test_end_is_as_reported(year: YearOfMonths) -> None:
    actual = {row["metric"]: row["value"] for row in table("actuals_province") if row["as_of"] == END}
    rows = [row for month in _end(year) for row in month.household]
    counts = Counter(str(row["class"]) for row in rows)
    persons: Counter[str] = Counter()
    for row in rows:
        persons[str(row["class"])] += _number(row, "persons")
    assert counts["N1"] == int(actual["poor_households_income_poor"])
    assert counts["N2"] == int(actual["poor_households_services_deprived"])
    assert counts["CN"] == int(actual["near_poor_households"])
    assert persons["N1"] == int(actual["poor_persons_income_poor"])
    assert persons["N2"] == int(actual["poor_persons_services_deprived"])
    residents = sum(_number(row, "households") for month in _end(year) for row in month.commune)
    assert 305_812 <= residents <= 307_258
    assert f"{100 * (counts['N1'] + counts['N2']) / residents:.2f}" == actual["poor_rate"]
    assert f"{100 * counts['CN'] / residents:.2f}" == actual["near_poor_rate"]


def test_some_districts_beat_their_target_and_some_miss(year: YearOfMonths) -> None:
    for target, total in (
        ("poor_reduction_households_2020", "total_poor"),
        ("near_poor_reduction_households_2020", "total_near_poor"),
    ):
        beaten = []
        for row in table("targets_2020"):
            if row["unit_code"] != "96":
                first, last = (year[period, row["unit_code"]].cover for period in (BASELINE_PERIOD, END))
                beaten.append(_number(first, total) - _number(last, total) >= int(row[target]))
        assert any(beaten)
        assert not all(beaten)


def test_same_seed_same_year(months: YearOfMonths) -> None:
    assert generate_year(last="2020-02") == {slot: month for slot, month in months.items() if slot[0] <= "2020-02"}


def test_the_sample_ends_with_its_form() -> None:
    with pytest.raises(WrongUsage, match="chỉ có từ"):
        generate_year(last=next_period(FORM_VALID_TO))


def test_the_year_after_the_plan_goes_on_from_it(months: YearOfMonths) -> None:
    """Every month to the form's end is there and moves; every movement but for a few occurs again; poverty falls on."""
    assert {period for period, _ in months} == set(periods_between(BASELINE_PERIOD, FORM_VALID_TO))
    later = {slot: month for slot, month in months.items() if slot[0] > END}
    assert {row["movement"] for month in later.values() for row in month.household} == {one.code for one in movements()}
    poor = [
        sum(_number(month.cover, "total_poor") for slot, month in months.items() if slot[0] == period)
        for period in (END, FORM_VALID_TO)
    ]
    assert 0.8 * poor[0] < poor[1] < poor[0]
    january = {slot[1]: month for slot, month in later.items() if slot[0] == next_period(END)}
    assert all(_number(month.cover, "total_poor") > 0 for month in january.values())
    numbers = [
        row["head_id_number"]
        for slot, month in later.items()
        if slot[0] == FORM_VALID_TO
        for row in month.household
        if row["head_id_number"]
    ]
    assert len(set(numbers)) == len(numbers)


def test_every_movement_occurs(year: YearOfMonths) -> None:
    used = {row["movement"] for month in year.values() for row in month.household}
    assert used == {movement.code for movement in movements()}


def test_every_month_moves(months: YearOfMonths) -> None:
    for period, _, _, month in _pairs(months):
        assert any(row["movement"] != "KHONG_DOI" for row in month.household), period


def test_registers_follow_each_other(months: YearOfMonths) -> None:
    """X01 and X02: whoever was listed is listed again with its class; nobody else is but as MOI."""
    for _, _, before, month in _pairs(months):
        classes = {key_of(row): row["class"] for row in before.household if row["class"] in CLASSES_LISTED}
        now = {key_of(row): row["class_previous"] for row in month.household}
        assert len(now) == len(month.household)
        assert {key: class_ for key, class_ in now.items() if class_ != "MOI"} == classes


def test_new_and_relapsed_households(months: YearOfMonths) -> None:
    """X03 and X07: new ones were never listed, relapsed ones were."""
    listed: dict[str, dict[tuple[str, str, str], set[object]]] = {}
    for (_, district), month in months.items():
        earlier = listed.setdefault(district, {})
        for row in month.household:
            known = earlier.get(key_of(row), set())
            if row["movement"] in ("MOI_N", "MOI_CN", "N_TANG", "CN_TANG"):
                assert not known
            elif row["movement"] == "TAI_N":
                assert known & {"N1", "N2"}
            elif row["movement"] == "TAI_CN":
                assert known
        for row in month.household:
            if row["class"] in CLASSES_LISTED:
                earlier.setdefault(key_of(row), set()).add(row["class"])


def test_movements_agree_with_classes(months: YearOfMonths) -> None:
    """H19 and H20."""
    known = {movement.code: (movement.class_previous, movement.class_) for movement in movements()}
    groups = {"N1": "N", "N2": "N", "CN": "CN", "KN": "KN", "MOI": "MOI"}
    for month in months.values():
        for row in month.household:
            change = (groups[str(row["class_previous"])], groups[str(row["class"])])
            if row["movement"] == "KHONG_DOI":
                assert change in (("N", "N"), ("CN", "CN"))
            else:
                assert change == known[str(row["movement"])]


def test_classes_agree_with_scores(months: YearOfMonths) -> None:
    """H11 and H12, written down once more by hand."""
    for month in months.values():
        for row in month.household:
            if row["movement"] in ("N_GIAM", "CN_GIAM") and row["b2_points"] is None:
                continue
            marks = sum(row[key] == "x" for key in DEPRIVATIONS)
            assert row["b2_points"] == 10 * marks
            if row["movement"] in ("N_GIAM", "CN_GIAM"):
                continue
            poor_line, near_line = (140, 175) if row["area"] == "Thành thị" else (120, 150)
            b1 = _number(row, "b1_points")
            expected = "N1" if b1 <= poor_line else "KN" if b1 > near_line else "N2" if marks >= 3 else "CN"
            assert row["class"] == expected


def test_heads_and_causes(months: YearOfMonths) -> None:
    for month in months.values():
        numbers = [row["head_id_number"] for row in month.household if row["head_id_number"]]
        assert len(set(numbers)) == len(numbers)
        for row in month.household:
            assert 1 <= _number(row, "persons") <= 12
            assert 1900 <= _number(row, "head_birth_year") <= 2004
            assert row["class"] not in ("N1", "N2") or row["causes"]


def test_poor_change_within_the_limit_but_once(months: YearOfMonths) -> None:
    """X06, with the one step that the story tells of."""
    steps = []
    for period, district, before, month in _pairs(months):
        was, is_ = _number(before.cover, "total_poor"), _number(month.cover, "total_poor")
        if abs(is_ - was) > max(0.1 * was, 30):
            steps.append((period, district))
    assert steps == [(f"{PLAN_YEAR}-{STEP[1]:02d}", STEP[0])]


def test_commune_sheet(months: YearOfMonths) -> None:
    """C02 to C04, C06, C07."""
    for month in months.values():
        minorities = Counter(row["commune_code"] for row in register(month.household) if row["ethnicity"] != "Kinh")
        for row in month.commune:
            n = {key: value for key, value in row.items() if isinstance(value, int)}
            assert n["poor"] + n["near_poor"] <= n["households"]
            assert n["income_poor"] + n["services_deprived"] == n["poor"]
            assert n["poor_khmer"] + n["near_poor_khmer"] <= n["khmer_households"]
            assert n["khmer_households"] <= n["minority_households"] <= n["households"]
            assert n["minority_households"] >= minorities[row["commune_code"]]
            assert 3 <= n["persons"] / n["households"] <= 5


def test_residents_drift_slowly(months: YearOfMonths) -> None:
    """X05, and well within it."""
    for _, _, before, month in _pairs(months):
        for was, is_ in zip(before.commune, month.commune, strict=True):
            assert was["commune_code"] == is_["commune_code"]
            for key in ("households", "persons"):
                assert abs(_number(is_, key) / _number(was, key) - 1) < 0.01


def test_balances(months: YearOfMonths) -> None:
    """M01 to M03, M05, for households and persons."""
    for (period, district), month in months.items():
        rows = {(row["commune_code"], row["class"], row["measure"]): row for row in month.movement}
        assert len(rows) == 4 * len(month.commune)
        before = months.get((next_period(period, -1), district))
        closings = (
            {}
            if before is None
            else {(row["commune_code"], row["class"], row["measure"]): row["closing"] for row in before.movement}
        )
        for key, row in rows.items():
            flows = sum(sign * _number(row, flow) for flow, sign in FLOWS.items())
            assert row["closing"] == _number(row, "opening") + flows
            assert row["opening"] == closings.get(key, row["opening"])
            if key[1] == "N":
                other = rows[key[0], "CN", key[2]]
                assert row["decrease_1"] == other["increase_1"]
                assert row["increase_1"] == other["decrease_2"]


def test_policies(months: YearOfMonths) -> None:
    """P02, P03; coverage at the end of the year; the plan's 39,000 jobs."""
    programmes = ("jobs", "labour_export")
    served: dict[tuple[object, object], int] = {}
    for (period, _), month in months.items():
        assert len(month.policy) == 14 * len(month.commune)
        for row in month.policy:
            key = (row["commune_code"], row["policy"])
            assert row["policy"] in programmes or _number(row, "served") <= _number(row, "eligible")
            assert period.endswith("-01") or _number(row, "served") >= served.get(key, 0)
            served[key] = _number(row, "served")
    totals: Counter[str] = Counter()
    for month in _end(months):
        for row in month.policy:
            totals[f"{row['policy']}:eligible"] += _number(row, "eligible")
            totals[f"{row['policy']}:served"] += _number(row, "served")
    assert 39_000 < totals["jobs:served"] < 40_000
    coverage = {
        row["policy"]: totals[f"{row['policy']}:served"] / totals[f"{row['policy']}:eligible"]
        for row in table("policies_monitored")
        if row["policy"] not in programmes
    }
    assert sum(0.95 <= share <= 1 for share in coverage.values()) >= 8
    assert min(coverage.values()) < 0.95


def test_policies_are_those_of_the_register(months: YearOfMonths) -> None:
    """P04 to P07."""
    households = {row["policy"] for row in table("policies_monitored") if row["unit"] == "households"}
    eligible: dict[tuple[str, object], int] = {}
    for (_, district), month in months.items():
        listed = register(month.household)
        persons, lacking = Counter[CellValue](), Counter[CellValue]()
        for row in listed:
            persons[row["commune_code"]] += _number(row, "persons")
            lacking[row["commune_code"]] += row["health_insurance"] == "x"
        residents = {row["commune_code"]: row for row in month.commune}
        here: Counter[tuple[str, object]] = Counter()
        for row in month.policy:
            most = _number(residents[row["commune_code"]], "households" if row["policy"] in households else "persons")
            assert max(_number(row, "eligible"), _number(row, "served")) <= most
            here[district, row["policy"]] += _number(row, "eligible")
            if row["policy"] == "bhyt":
                assert _number(row, "eligible") >= persons[row["commune_code"]]
                assert _number(row, "served") < _number(row, "eligible") or not lacking[row["commune_code"]]
        for key, count in here.items():
            before = eligible.get(key, count)
            assert abs(count - before) <= max(before / 4, 30)
        eligible |= here


def test_summarise_changes_nothing_that_is_right(year: YearOfMonths) -> None:
    before, month = year["2020-03", "970"], year["2020-04", "970"]
    assert summarise(month, before) == month


def test_summarise_books_a_change_of_size_where_it_came_from() -> None:
    """Two persons leave a household of six that becomes near poor: 2 in Giảm khác, 4 in Giảm 1 and Tăng 1."""
    household: Row = {
        "commune_code": "32047", "hamlet": "Ấp 1", "household_code": "0001", "ethnicity": "Kinh",
        "social_protection": None, "persons": 6, "class": "N1", "class_previous": "N1", "movement": "KHONG_DOI",
    }  # fmt: skip
    commune: Row = {"commune_code": "32047", "commune_name": "Xã Khánh Hòa"}
    before = summarise(DistrictMonth({}, [household], [commune]), None)
    moved = household | {"persons": 4, "class": "CN", "movement": "N_CN"}
    after = summarise(DistrictMonth({}, [moved], [commune]), before)
    persons = {row["class"]: row for row in after.movement if row["measure"] == "Nhân khẩu"}
    assert (persons["N"]["opening"], persons["N"]["decrease_3"], persons["N"]["decrease_1"]) == (6, 2, 4)
    assert (persons["N"]["closing"], persons["CN"]["increase_1"], persons["CN"]["closing"]) == (0, 4, 4)
