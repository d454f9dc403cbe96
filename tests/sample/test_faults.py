"""The spoiled workbooks: the named cell is the one that was spoiled, and the rest is as it was."""

from pathlib import Path

import pytest
from openpyxl import load_workbook  # type: ignore[import-untyped]

from plan.reference import BASELINE_PERIOD
from sample.faults import FAULT_RULES, write_faults
from sample.slips import SLIPS, cover_place, draft_of, place
from sample.summaries import summarise
from sample.year import YearOfMonths

# These change household rows and are counted again, so that sheets Xã and Diễn biến agree.
RECOUNTED = ("H07", "H20", "X03", "X06", "X07")


def test_places_are_those_of_the_form() -> None:
    assert place("household", 0, "commune_code").cell == "B4"
    assert place("household", 13, "movement").cell == "AA17"
    assert place("movement", 1, "closing").cell == "M5"
    assert cover_place("total_poor").cell == "B10"


@pytest.mark.parametrize("rule", sorted(SLIPS))
def test_each_slip_changes_its_month(year: YearOfMonths, rule: str) -> None:
    period = (
        "2020-02"
        if rule in ("P03", "X03", "X07")
        else "2020-01"
        if rule[0] == "X" or rule == "M05"
        else BASELINE_PERIOD
    )
    draft = draft_of(year, period, "973")
    found = SLIPS[rule](draft)
    assert draft.month != year[period, "973"]
    assert found.sheet in ("Bìa", "Hộ", "Xã", "Diễn biến", "Chính sách")
    if rule in RECOUNTED:
        assert summarise(draft.month, draft.previous) == draft.month


def test_one_file_per_rule(tmp_path: Path) -> None:
    cases = write_faults(tmp_path, ["F01", "F02", "F07", "F11", "H13"])
    assert [case.rule for case in cases] == ["F01", "F02", "F07", "F11", "H13"]
    assert [case.outcome for case in cases] == ["unreadable", "rejected", "accepted", "accepted", "rejected"]
    by_rule = {case.rule: case for case in cases}
    assert "Chính sách" not in load_workbook(by_rule["F02"].path, read_only=True).sheetnames
    twin = next(path for path in tmp_path.glob("F07*") if path != by_rule["F07"].path)
    assert twin.read_bytes() == by_rule["F07"].path.read_bytes()
    assert twin.name < by_rule["F07"].path.name
    for rule, value in (("F11", "Diện tích (km2)"), ("H13", "đúng")):
        case = by_rule[rule]
        assert load_workbook(case.path)[case.sheet][case.cell].value == value


def test_cross_rules_bring_the_months_before(tmp_path: Path) -> None:
    (case,) = write_faults(tmp_path, ["P03"])
    assert case.outcome == "held"
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["0-co-so-2019-12-973.xlsx", "0-co-so-2020-01-973.xlsx", "P03-2020-02-973.xlsx"]


def test_unknown_rules_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no sample breaks X04"):
        write_faults(tmp_path, ["X04"])
    assert "X04" not in FAULT_RULES
