"""Two workbooks per rule, one that breaks it and one that just keeps it, each kind taken in one run.

What breaks a rule ends as the catalogue says, with that rule's finding at its cell and no other; what keeps it is
accepted without a finding.
"""

import datetime as dt
import re
from pathlib import Path
from typing import NamedTuple

import polars as pl
import pytest

from expectations.catalogue import rules
from flows.decisions import record
from flows.ingest import IngestReport, ingest
from flows.runner import DirectRunner
from forms.dictionary import sheets
from ledger.states import Submission
from sample.faults import FaultCase, write_faults
from sample.story import HANOI
from settings import Settings
from tasks import decide
from tasks.findings import MASK, SCHEMA
from tasks.judgements import read_findings

AT = dt.datetime(2020, 4, 5, 3, tzinfo=dt.UTC)
PERSONAL = {field.key for sheet in sheets().values() for field in sheet.fields if field.personal}
# Both twins are named, each pointing to the other; the case names the second.
TWINS = ("H03", "H15")
# A month that a validator closes before the files come, as F05 asks.
CLOSED = "2020-03"
OUTCOMES = {"unreadable": "unreadable", "reject": "rejected", "hold": "held", "flag": "accepted", "none": "accepted"}


class Run(NamedTuple):
    settings: Settings
    cases: dict[str, FaultCase]
    report: IngestReport

    def submission(self, rule: str) -> Submission:
        name = self.cases[rule].path.name
        (found,) = [
            one
            for one in self.report.state.submissions.values()
            if any(delivery["file_name"] == name for delivery in one.deliveries)
        ]
        return found

    def findings(self, rule: str) -> pl.DataFrame:
        return read_findings(self.settings.judgements, self.report.state, self.submission(rule), self.settings.timezone)


def taken(data: Path, *, passing: bool) -> Run:
    """Every rule's file and what it needs, in a fresh data root where one month is closed."""
    settings = Settings(data=data, settle_seconds=0, ledger_url="", pseudonym_key="k")
    record(settings, DirectRunner(), lambda state: decide.close(state, CLOSED, "Thẩm định", "khoá sổ quý", AT), AT)
    cases = write_faults(settings.inbox, list(rules()), passing=passing)
    arrivals = {
        case.path.name: dt.datetime.combine(case.received_on, dt.time(12), HANOI) for case in cases if case.received_on
    }
    report = ingest(settings, DirectRunner(), received_at=arrivals, clock=lambda: AT)
    return Run(settings, {case.rule: case for case in cases}, report)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return taken(tmp_path_factory.mktemp("faults"), passing=False)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return taken(tmp_path_factory.mktemp("kept"), passing=True)


each_rule = pytest.mark.parametrize("rule", list(rules()))


def test_every_rule_of_the_catalogue_has_its_two_files(run: Run, kept: Run) -> None:
    assert list(run.cases) == list(kept.cases) == list(rules())
    assert run.cases["F05"].before == f"giamngheo close {CLOSED} --by … --reason …"


@each_rule
def test_the_file_that_keeps_its_rule_is_accepted_without_a_finding(kept: Run, rule: str) -> None:
    submission = kept.submission(rule)
    assert submission.judgement is not None
    # A later file for the same slot may stand for it by now.
    assert submission.judgement["verdict"] == "accepted"
    assert submission.state in ("accepted", "superseded")
    assert kept.findings(rule).is_empty()


@each_rule
def test_the_two_files_of_a_rule_differ(run: Run, kept: Run, rule: str) -> None:
    assert run.submission(rule).submission_id != kept.submission(rule).submission_id


@each_rule
def test_what_a_file_needs_came_with_it(run: Run, rule: str) -> None:
    names = {delivery["file_name"] for one in run.report.state.submissions.values() for delivery in one.deliveries}
    assert {path.name for path in run.cases[rule].companions} <= names


@pytest.mark.parametrize("which", ["run", "kept"])
def test_nothing_failed_for_reasons_of_our_own(which: str, request: pytest.FixtureRequest) -> None:
    report = request.getfixturevalue(which).report
    assert report.faults == []
    assert not [taken for taken in report.taken if taken.refused]


def test_the_good_files_beside_them_are_accepted(run: Run) -> None:
    """F07 and X04 are found on both files, the others on theirs only."""
    good = {one.file_name: one for one in run.report.state.submissions.values() if one.file_name.startswith("0-")}
    found = {}
    for name, one in good.items():
        assert one.state == "accepted"
        findings = read_findings(run.settings.judgements, run.report.state, one, run.settings.timezone)
        found[name] = findings.get_column("rule").to_list()
    assert found == {
        "0-co-so-2019-12-973.xlsx": [],
        "0-co-so-2020-02-964.xlsx": [],
        "0-cung-F07-2019-12-964.xlsx": ["F07"],
        "0-cung-X04-2020-01-964.xlsx": ["X04"],
    }


@each_rule
def test_the_file_ends_as_its_rule_says(run: Run, rule: str) -> None:
    expected = OUTCOMES[rules()[rule].on_fail]
    assert run.cases[rule].outcome == expected
    assert run.submission(rule).state == expected


@each_rule
def test_its_rule_is_found_and_no_other(run: Run, rule: str) -> None:
    found = run.findings(rule).get_column("rule").to_list()
    assert found == [rule] * (2 if rule in TWINS else 1)


@each_rule
def test_the_finding_stands_at_the_cell(run: Run, rule: str) -> None:
    case, findings = run.cases[rule], run.findings(rule)
    last = findings.row(-1, named=True)
    assert (last["cell"] or "") == case.cell
    if case.cell:
        assert last["sheet"] == case.sheet
        column, row = re.fullmatch(r"([A-Z]+)(\d+)", case.cell).groups()  # type: ignore[union-attr]
        assert last["row"] == int(row)
        assert last["cell"].startswith(column)


@each_rule
def test_the_finding_says_what_to_do_in_whole_words(run: Run, rule: str) -> None:
    findings = run.findings(rule)
    assert dict(findings.schema) == SCHEMA
    for row in findings.iter_rows(named=True):
        assert row["submission_id"] == run.submission(rule).submission_id
        assert row["severity"] == rules()[rule].severity
        assert row["waived"] is False
        for message in (row["message_vi"], row["message_en"]):
            assert message.strip()
            assert not re.search(r"[{}]|\bNone\b|\bnan\b|\bnull\b", message)
            assert not re.search(r"\s{2,}|\s$", message)


@each_rule
def test_personal_values_are_masked(run: Run, rule: str) -> None:
    for row in run.findings(rule).iter_rows(named=True):
        if row["column"] in PERSONAL and row["value"] is not None:
            assert row["value"] == MASK


def test_the_masked_numbers_stand_nowhere_in_the_messages(run: Run) -> None:
    assert run.findings("H14").get_column("value").to_list() == [MASK]
    for rule in ("H14", "H15", "H16"):
        for message in run.findings(rule).get_column("message_vi"):
            assert not re.search(r"12345|1890|\d{9}", message)


def test_twins_point_to_each_other(run: Run) -> None:
    for rule in TWINS:
        first, second = run.findings(rule).iter_rows(named=True)
        assert first["message_vi"].endswith(str(second["row"]))
        assert second["message_vi"].endswith(str(first["row"]))


def test_households_are_named_by_commune_hamlet_and_code(run: Run) -> None:
    for rule in ("H12", "X01", "X02"):
        (reference,) = run.findings(rule).get_column("household_ref")
        assert re.fullmatch(r"\d{5}/[^/]+/\d+", reference)


@each_rule
def test_counts_are_those_of_the_findings(run: Run, rule: str) -> None:
    submission = run.submission(rule)
    counted = sum(submission.counts(severity) for severity in ("critical", "warning", "info"))
    # X04 comes of another file: it is looked up when findings are read, and no part of the judgement.
    assert counted == (0 if rule == "X04" else run.findings(rule).height)


def test_only_what_is_accepted_is_in_the_warehouse(run: Run) -> None:
    accepted = {key for key, one in run.report.state.submissions.items() if one.state in ("accepted", "superseded")}
    assert {folder.name for folder in run.settings.accepted.iterdir()} == accepted


def test_every_file_is_kept_and_none_is_left_in_the_inbox(run: Run) -> None:
    inbox = run.settings.inbox
    assert [path for path in inbox.iterdir() if path.is_file()] == []
    assert {path.name for path in run.settings.raw.iterdir()} == set(run.report.state.submissions)
    done = list(Path(inbox / ".done").iterdir())
    assert len(done) == len(run.report.taken)
