"""The spoiled workbooks: the named cell is the one that was spoiled, and the rest is as it was."""

from pathlib import Path

import pytest
from openpyxl import load_workbook  # type: ignore[import-untyped]

from plan.reference import BASELINE_PERIOD
from sample.faults import FaultCase, write_faults
from sample.keeps import KEEPS
from sample.scale import thinned
from sample.slips import SLIPS, cover_place, draft_of, place
from sample.summaries import key_of, summarise
from sample.year import YearOfMonths

# These change household rows and are counted again, so that sheets Xã and Diễn biến agree.
RECOUNTED = ("H07", "H20", "X03", "X06", "X07")
KEPT_RECOUNTED = ("F06", "H04", "H06", "H07", "H15", "H20", "C03", "C05", "M01", "M02", "M03", "M04")
KEPT_RECOUNTED += ("X01", "X02", "X03", "X06", "X07")
SHEETS = ("Bìa", "Hộ", "Xã", "Diễn biến", "Chính sách")


def test_places_are_those_of_the_form() -> None:
    assert place("household", 0, "commune_code").cell == "B4"
    assert place("household", 13, "movement").cell == "AA17"
    assert place("movement", 1, "closing").cell == "M5"
    assert cover_place("total_poor").cell == "B10"


def period_of(rule: str) -> str:
    """A month that has before it what the rule compares with."""
    if rule in ("P03", "X03", "X07"):
        return "2020-02"
    later = rule[0] in "MX" or rule in ("H04", "H15", "H20", "P06")
    return "2020-01" if later else BASELINE_PERIOD


@pytest.mark.parametrize("rule", sorted(SLIPS))
def test_each_slip_changes_its_month(year: YearOfMonths, rule: str) -> None:
    draft = draft_of(year, period_of(rule), "973")
    found = SLIPS[rule](draft)
    assert draft.month != year[draft.period, "973"]
    assert found.sheet in SHEETS
    if rule in RECOUNTED:
        assert summarise(draft.month, draft.previous) == draft.month


@pytest.mark.parametrize("rule", sorted(KEEPS))
def test_each_keep_changes_its_month(year: YearOfMonths, rule: str) -> None:
    draft = draft_of(year, period_of(rule), "973")
    found = KEEPS[rule](draft)
    assert draft.month != year[draft.period, "973"]
    assert found.sheet in SHEETS
    if rule in KEPT_RECOUNTED:
        assert summarise(draft.month, draft.previous) == draft.month


def test_a_draft_is_a_private_copy(year: YearOfMonths) -> None:
    draft = draft_of(year, BASELINE_PERIOD, "973")
    assert draft.month == year[BASELINE_PERIOD, "973"]
    draft.month.cover.clear()
    for sheet in ("household", "commune", "movement", "policy"):
        draft.month.rows(sheet)[0].clear()
        assert year[BASELINE_PERIOD, "973"].rows(sheet)[0]
    assert year[BASELINE_PERIOD, "973"].cover


def test_thinned_months_follow_from_each_other(year: YearOfMonths) -> None:
    periods = (BASELINE_PERIOD, "2020-01", "2020-02")
    whole = [year[period, "973"] for period in periods]
    small = thinned(whole)
    assert len(small[0].household) < len(whole[0].household) / 2
    for index, month in enumerate(small):
        assert summarise(month, small[index - 1] if index else None) == month
        moved = {key_of(row) for row in whole[index].household if row["movement"] != "KHONG_DOI"}
        assert moved <= {key_of(row) for row in month.household}


@pytest.fixture(scope="module")
def some(tmp_path_factory: pytest.TempPathFactory) -> dict[str, FaultCase]:
    out = tmp_path_factory.mktemp("some")
    rules = ["F01", "F02", "F05", "F07", "F11", "F14", "H13", "P03", "X04"]
    cases = write_faults(out, rules)
    assert [case.rule for case in cases] == rules
    return {case.rule: case for case in cases}


def test_each_case_says_how_it_ends(some: dict[str, FaultCase]) -> None:
    assert {rule: case.outcome for rule, case in some.items()} == {
        **dict.fromkeys(("F02", "F05", "F14", "H13"), "rejected"),
        **dict.fromkeys(("F07", "F11", "X04"), "accepted"),
        "F01": "unreadable",
        "P03": "held",
    }


def test_the_named_cell_is_the_spoiled_one(some: dict[str, FaultCase]) -> None:
    assert "Chính sách" not in load_workbook(some["F02"].path, read_only=True).sheetnames
    for rule, value in (("F11", "Diện tích (km2)"), ("F14", "=2*2000"), ("H13", "đúng"), ("F05", "2020-03")):
        case = some[rule]
        assert load_workbook(case.path)[case.sheet][case.cell].value == value


def test_what_a_rule_is_held_against_comes_with_it(some: dict[str, FaultCase]) -> None:
    """F07 brings the same bytes, X04 the other district's month, later months those before them."""
    names = {rule: [path.name for path in case.companions] for rule, case in some.items() if case.companions}
    assert names == {
        "F05": ["0-cung-F07-2019-12-964.xlsx", "0-cung-X04-2020-01-964.xlsx", "0-co-so-2020-02-964.xlsx"],
        "F07": ["0-cung-F07-2019-12-964.xlsx"],
        "P03": ["0-co-so-2019-12-972.xlsx", "X04-2020-01-972.xlsx"],
        "X04": ["0-cung-F07-2019-12-964.xlsx", "0-co-so-2019-12-972.xlsx", "0-cung-X04-2020-01-964.xlsx"],
    }
    assert all(path.is_file() for case in some.values() for path in case.companions)
    assert some["F07"].path.read_bytes() == some["F07"].companions[0].read_bytes()
    case = some["X04"]
    number = load_workbook(case.path)[case.sheet][case.cell].value
    other = load_workbook(case.companions[-1], read_only=True)[case.sheet]
    assert number in {row[0] for row in other.iter_rows(min_col=9, max_col=9, values_only=True)}


def test_a_formula_that_was_calculated_keeps_its_value(tmp_path: Path) -> None:
    (case,) = write_faults(tmp_path, ["F14"], passing=True)
    value = load_workbook(case.path, data_only=True)[case.sheet][case.cell].value
    assert value > 0
    assert load_workbook(case.path)[case.sheet][case.cell].value == f"={value}+0"


def test_a_rule_that_needs_no_other_file_is_one_file(tmp_path: Path) -> None:
    (case,) = write_faults(tmp_path, ["H12"])
    assert list(tmp_path.iterdir()) == [case.path]
    assert case.companions == ()
    assert case.before == ""


def test_unknown_rules_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no sample breaks H99"):
        write_faults(tmp_path, ["H12", "H99"])
    assert list(tmp_path.iterdir()) == []
