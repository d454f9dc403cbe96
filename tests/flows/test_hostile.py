"""Hostile files of every kind beside nine good ones: the good are accepted, each other one is named, nothing is lost.

How long it takes is for the benchmark (`bench/hostile.py`).
"""

import datetime as dt
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from small_district import a_month

from bench.hostile_files import drop, hostile_files
from flows.ingest import IngestReport, ingest
from flows.runner import DirectRunner
from forms.workbook import write_workbook
from plan.reference import BASELINE_PERIOD, districts
from settings import Settings
from tasks.judgements import read_findings

AT = dt.datetime(2020, 1, 5, 3, tzinfo=dt.UTC)
GOOD = tuple(unit.code for unit in districts(BASELINE_PERIOD))
SECONDS = 20
# Long enough for a file that grows every few milliseconds to be seen growing.
SETTLE_SECONDS = 0.3
GROWING = "con ghi.xlsx"
# What must not reach a terminal: half a letter, a control code, a mark that turns the line around.
HIDDEN = re.compile("[\udce1\u202e\u0007]")
Ingested = tuple[Settings, IngestReport, dict[str, tuple[bytes, str]]]


@contextmanager
def growing(path: Path) -> Iterator[None]:
    """A file that somebody is still copying, all the while."""
    over = threading.Event()

    def write() -> None:
        with open(path, "wb") as file:
            while not over.wait(0.005):
                file.write(b"PK\x03\x04")
                file.flush()

    writer = threading.Thread(target=write)
    path.touch()
    writer.start()
    try:
        yield
    finally:
        over.set()
        writer.join()


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Ingested:
    settings = Settings(
        data=tmp_path_factory.mktemp("hostile"),
        settle_seconds=SETTLE_SECONDS,
        ledger_url="",
        reader_seconds=SECONDS,
        readers=2,
    )
    settings.inbox.mkdir(parents=True)
    for district in GOOD:
        write_workbook(settings.inbox / f"tot {district}.xlsx", a_month(district_code=district))
    hostile = hostile_files((settings.inbox / f"tot {GOOD[0]}.xlsx").read_bytes())
    drop(hostile, settings.inbox)
    os.mkfifo(settings.inbox / "ong.xlsx")
    (settings.inbox / "lien ket.xlsx").symlink_to("/etc/passwd")
    (settings.inbox / "thu muc.xlsx").mkdir()
    with open(settings.inbox / "khong lo.xlsx", "wb") as file:
        file.truncate((settings.max_file_megabytes + 1) << 20)
    hostile["khong lo.xlsx"] = (b"", "trên 100 MB")
    with growing(settings.inbox / GROWING):
        report = ingest(settings, DirectRunner(), clock=lambda: AT)
    return settings, report, hostile


def reasons(settings: Settings, report: IngestReport) -> dict[str, tuple[str, str]]:
    """Of the unreadable files, by the names that are shown: the reasons in Vietnamese and English."""
    found = {}
    for one in report.state.submissions.values():
        if one.state == "unreadable":
            findings = read_findings(settings.judgements, report.state, one, settings.timezone)
            assert findings["rule"].to_list() == ["F01"]
            found[one.file_name] = (findings.item(0, "message_vi"), findings.item(0, "message_en"))
    return found


def test_the_nine_good_are_accepted_and_nothing_else(ingested: Ingested) -> None:
    _, report, hostile = ingested
    assert len(GOOD) == 9
    assert len(hostile) > 10
    assert report.faults == []
    states = [one.state for one in report.state.submissions.values()]
    assert sorted(states) == ["accepted"] * len(GOOD) + ["unreadable"] * len(hostile)
    accepted = {one.district_code for one in report.state.submissions.values() if one.state == "accepted"}
    assert accepted == set(GOOD)


def test_every_hostile_file_is_named_with_its_reason(ingested: Ingested) -> None:
    settings, report, hostile = ingested
    found = reasons(settings, report)
    shown = {HIDDEN.sub("�", name): word for name, (_, word) in hostile.items()}
    assert set(found) == set(shown)
    for name, word in shown.items():
        vietnamese, english = found[name]
        assert word in vietnamese
        assert vietnamese.startswith("Không mở được tệp: ")
        assert english != vietnamese


def test_nothing_is_lost(ingested: Ingested) -> None:
    settings, report, hostile = ingested
    done = settings.inbox / ".done"
    sent = len(hostile) + len(GOOD)
    assert len(list(done.iterdir())) == sent
    assert len(list(settings.raw.iterdir())) == sent
    assert len(report.state.submissions) == sent
    for name, (content, _) in hostile.items():
        if content:
            assert (done / name).read_bytes() == content


def test_what_is_no_file_is_left_with_a_note(ingested: Ingested) -> None:
    settings, report, _ = ingested
    refused = {taken.file_name for taken in report.taken if taken.refused}
    assert refused == {"ong.xlsx", "lien ket.xlsx", "thu muc.xlsx", GROWING}
    assert (settings.inbox / GROWING).stat().st_size > 0
    assert {Path(path).name for path in settings.inbox.glob("*.ghi-chu.txt")} == {
        f"{name}.ghi-chu.txt" for name in refused
    }


def test_no_child_is_left(ingested: Ingested) -> None:
    assert [child for child in psutil.Process().children() if "tasks.child" in child.cmdline()] == []
