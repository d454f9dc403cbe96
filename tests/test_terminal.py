"""What the command line prints of districts and findings."""

import datetime as dt

import pytest

import terminal
from ledger.states import Submission
from tasks.findings import finding, to_frame


def test_a_district_is_shown_by_code_and_name() -> None:
    assert terminal.district_name("970") == "970 Huyện Đầm Dơi"
    assert terminal.district_name(None) == "?"


def test_a_listing_that_is_cut_says_the_true_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    listed = [finding("s", "H16", {"value": "1890"}, row=row, waived=True) for row in (4, 5, 6)]
    judgement = {"counts": {"H16": 12_345}}
    submission = Submission("s", "a.xlsx", dt.datetime(2020, 1, 5, tzinfo=dt.UTC), 0, judgement=judgement)
    terminal.print_findings(submission, to_frame(listed))
    shown = capsys.readouterr().out
    assert "3 trong số 12.345 lỗi được liệt kê (--json: 3)" in shown
    # A rule is waived as a whole, also where it is not listed.
    assert "bỏ qua 12.345" in shown


def test_a_listing_that_is_whole_says_nothing_of_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    judgement = {"counts": {"H16": 1}}
    submission = Submission("s", "a.xlsx", dt.datetime(2020, 1, 5, tzinfo=dt.UTC), 0, judgement=judgement)
    terminal.print_findings(submission, to_frame([finding("s", "H16", {"value": "1890"}, row=4)]))
    assert "trong số" not in capsys.readouterr().out


def test_a_query_shows_values_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing of a value is read as markup or as an emoji: `:A:` is no letter in a red box."""
    terminal.print_rows(["indicator"], [["alkire_foster:A:denominator"], ["[bold]x[/bold]"]])
    shown = capsys.readouterr().out
    assert "alkire_foster:A:denominator" in shown
    assert "[bold]x[/bold]" in shown
