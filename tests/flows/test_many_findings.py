"""A file with more faults than anyone reads: every one is counted, a part is listed, and that is said."""

import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
import python_calamine
from small_district import a_month

from bench.verdict import BROKEN, resized, spoiled
from expectations.catalogue import rules
from flows.ingest import ingest
from flows.runner import DirectRunner
from forms.dictionary import sheets
from forms.layout import FIRST_DATA_ROW, column_letter
from forms.workbook import write_workbook
from ledger.states import REJECTED, State, Submission
from settings import Settings
from tasks.children import Readers
from tasks.findings import SCHEMA
from tasks.judgements import read_findings
from tasks.returned import returned_path

HOUSEHOLDS, LISTED = 2_000, 1_000
COMMAND = Path(sys.executable).with_name("giamngheo")
# Where each of the broken rules shows.
FIELDS = {
    "H02": "commune_name",
    "H03": "household_code",
    "H05": "b1_points",
    "H06": "persons",
    "H08": "head_sex",
    "H11": "b2_points",
    "H14": "head_id_number",
    "H16": "head_birth_year",
    "H17": "ethnicity",
    "H19": "movement",
}


@dataclass
class Judged:
    settings: Settings
    state: State
    submission: Submission

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [COMMAND, *words],
            env=os.environ | {"GIAMNGHEO_DATA": str(self.settings.data), "COLUMNS": "300"},
            capture_output=True,
            text=True,
            check=True,
        )


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Judged:
    settings = Settings(data=tmp_path_factory.mktemp("data"), settle_seconds=0, ledger_url="", listed_findings=LISTED)
    settings.inbox.mkdir(parents=True)
    write_workbook(settings.inbox / "faulty.xlsx", spoiled(resized(a_month(), HOUSEHOLDS)))
    with Readers(1) as readers:
        report = ingest(settings, DirectRunner(), readers=readers)
    assert not report.faults
    [submission] = report.state.submissions.values()
    assert submission.state == REJECTED
    return Judged(settings, report.state, submission)


def test_every_finding_is_counted(judged: Judged) -> None:
    judgement = judged.submission.judgement
    assert judgement is not None
    assert judgement["counts"] == dict.fromkeys(BROKEN, HOUSEHOLDS)
    severities = Counter(rules()[rule].severity for rule in BROKEN)
    assert judgement["severities"] == {"critical": 0, "warning": 0, "info": 0} | {
        severity: HOUSEHOLDS * broken for severity, broken in severities.items()
    }


def test_the_first_of_each_rule_are_listed_at_their_cells(judged: Judged) -> None:
    settings = judged.settings
    listed = read_findings(settings.judgements, judged.state, judged.submission, settings.timezone)
    first = FIRST_DATA_ROW + 1
    expected = [
        (rule, f"{column_letter(sheets()['household'].field(FIELDS[rule]).order - 1)}{row}")
        for rule in BROKEN
        for row in range(first, first + LISTED)
    ]
    assert listed.select("rule", "cell").rows() == expected


def test_the_terminal_says_how_many_there_are(judged: Judged) -> None:
    shown = judged.run("findings", judged.submission.submission_id).stdout
    assert "100 trong số 20.000 lỗi được liệt kê (--json: 10.000)" in shown
    cells = [[cell.strip() for cell in line.split("│")] for line in shown.splitlines()]
    assert [row[1] for row in cells if "2.000" in row] == list(BROKEN)


def test_json_lists_a_part_and_says_how_many_there_are(judged: Judged) -> None:
    done = judged.run("findings", judged.submission.submission_id, "--json")
    found = json.loads(done.stdout)
    assert Counter(one["rule"] for one in found) == dict.fromkeys(BROKEN, LISTED)
    assert {one["rule_count"] for one in found} == {HOUSEHOLDS}
    assert all(one.keys() == {*SCHEMA, "rule_count"} for one in found)
    assert done.stderr.strip() == "10.000 trong số 20.000 lỗi được liệt kê"
    first = next(one for one in found if one["rule"] == "H11")
    assert first["message_vi"] == "Điểm B2 30 khác 10 × 2 thiếu hụt"
    assert first["message_en"] == "B2 score 30 differs from 10 × 2 deprivations"


def test_the_marked_workbook_says_how_many_there_are(judged: Judged) -> None:
    path = returned_path(judged.settings, judged.submission)
    rows = python_calamine.CalamineWorkbook.from_path(path).get_sheet_by_name("Lỗi").to_python()
    texts = {str(cell) for row in rows for cell in row}
    assert "Có 20.000 lỗi thuộc 10 loại: 16.000 nghiêm trọng, 4.000 cảnh báo." in texts
    assert {f"{rule}: liệt kê 1.000 trong số 2.000 lỗi." for rule in BROKEN} <= texts
