"""Many months at once, from any folders and in any order, end as if they had come one by one; killed or not."""

import datetime as dt
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sample_year import COMMAND
from small_district import a_month, some_rows

from flows.backfill import Backfilled, backfill
from flows.ingest import ingest
from flows.publish import publish
from flows.runner import DirectRunner
from forms.dictionary import KIND_CORRECTION
from forms.workbook import write_workbook
from ledger.events import Event, Ledger
from ledger.states import derive_state
from settings import Settings
from tasks.calendar import calendar
from tasks.children import Readers
from tasks.notices import BACKFILL, notices_of

AT = dt.datetime(2020, 4, 6, 3, tzinfo=dt.UTC)
MONTHS = ("2019-12", "2020-01")
# Where the files lie, and the day on which each is said to have arrived.
PLACES = {
    "2019-12": ("z/của huyện/Năm Căn.xlsx", "2020-01-08"),
    "2020-01": ("Năm Căn.xlsx", "2020-02-13"),
    "2019-12 corrected": ("b/sửa.xlsx", "2020-01-20"),
    "no month": ("c/hỏng.xlsx", "2020-01-03"),
}


@pytest.fixture(scope="module")
def readers() -> Iterator[Readers]:
    with Readers(1) as children:
        yield children


@pytest.fixture(scope="module")
def contents(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What the files of a district's first two months hold."""
    folder = tmp_path_factory.mktemp("months")
    december = a_month()
    rows = some_rows()
    rows[1]["persons"] = 5
    corrected = a_month(rows=rows, kind=KIND_CORRECTION)
    january = a_month("2020-01", [dict(row) for row in rows], previous=corrected)
    found = {"no month": b"not a workbook"}
    for name, month in zip((*MONTHS, "2019-12 corrected"), (december, january, corrected), strict=True):
        write_workbook(folder / f"{name}.xlsx", month)
        found[name] = (folder / f"{name}.xlsx").read_bytes()
    return found


def lay_out(folder: Path, contents: dict[str, bytes]) -> dict[str, dt.datetime]:
    """Put the files where they lie; returns when they arrived."""
    arrivals = {}
    for name, (place, day) in PLACES.items():
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(contents[name])
        arrivals[place] = dt.datetime.fromisoformat(f"{day}T00:00+07:00").astimezone(dt.UTC)
    return arrivals


def own(root: Path) -> Settings:
    return Settings(data=root, settle_seconds=0, ledger_url="", pseudonym_key="k", last_period="2020-01", readers=1)


def events_of(settings: Settings) -> list[Event]:
    ledger = Ledger(settings.database_url)
    try:
        assert ledger.damaged() is None
        return ledger.events()
    finally:
        ledger.close()


def end(settings: Settings) -> dict[str, Any]:
    """What a data root has come to: each file's state and findings, each month's standing, and what readers see."""
    state = derive_state(events_of(settings))
    files = {
        one.submission_id: (one.state, one.file_name, one.received_at, (one.judgement or {}).get("counts"))
        for one in state.submissions.values()
    }
    slots = [slot for slot in calendar(settings, state, dt.date(2020, 3, 20)) if slot.district_code == "971"]
    standing = [(slot.period, slot.state, slot.timeliness, slot.days, slot.corrected) for slot in slots]
    tables = settings.current / "tables" / "mart.indicator.csv"
    return {"files": files, "slots": standing, "indicator": tables.read_bytes() if tables.exists() else None}


@pytest.fixture(scope="module")
def one_by_one(
    tmp_path_factory: pytest.TempPathFactory, contents: dict[str, bytes], readers: Readers
) -> tuple[dict[str, Any], list[str]]:
    """The end after each month was ingested and published by itself, and the months of the releases."""
    settings = own(tmp_path_factory.mktemp("one") / "data")
    settings.inbox.mkdir(parents=True)
    arrivals = lay_out(settings.inbox, contents)
    for lot in (("no month",), ("2019-12", "2019-12 corrected"), ("2020-01",)):
        only = frozenset(settings.inbox / PLACES[name][0] for name in lot)
        report = ingest(settings, DirectRunner(), received_at=arrivals, only=only, clock=lambda: AT, readers=readers)
        assert not report.faults
        if lot != ("no month",):
            publish(settings, DirectRunner(), now=AT)
    return end(settings), releases(settings)


def releases(settings: Settings) -> list[str]:
    return [event.payload["as_of"] for event in events_of(settings) if event.kind == "published"]


def test_one_by_one_is_as_it_should_be(one_by_one: tuple[dict[str, Any], list[str]]) -> None:
    found, published = one_by_one
    assert published == list(MONTHS)
    assert found["slots"] == [
        ("2019-12", "accepted", "on_time", 0, 1),
        ("2020-01", "accepted", "late", 3, 0),
    ]
    states = sorted(state for state, *_ in found["files"].values())
    assert states == ["accepted", "accepted", "superseded", "unreadable"]


def test_killed_and_run_again_it_ends_as_if_they_had_come_one_by_one(
    tmp_path: Path, contents: dict[str, bytes], readers: Readers, one_by_one: tuple[dict[str, Any], list[str]]
) -> None:
    settings, folder = own(tmp_path / "data"), tmp_path / "archive"
    arrivals = lay_out(folder, contents)
    lines = [f"{place},{day}" for place, day in PLACES.values()]
    (tmp_path / "arrivals.csv").write_text("\n".join(["file_name,received_at", *lines]), encoding="utf-8")
    # When the first month is judged and not yet published; at every durable step of that: tests/killed.
    kill_when(settings, 7, folder, tmp_path / "arrivals.csv")
    done = backfill(settings, DirectRunner(), inbox=folder, received_at=arrivals, publish_months=True, readers=readers)
    assert (done.faults, done.left) == ([], [])
    assert (end(settings), releases(settings)) == one_by_one
    again = backfill(settings, DirectRunner(), inbox=folder, received_at=arrivals, publish_months=True, readers=readers)
    assert (again.months, end(settings)) == ([], one_by_one[0])


def kill_when(settings: Settings, enough: int, folder: Path, arrivals: Path) -> None:
    """Run the command, and kill it with its children as soon as the ledger has so many events."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT", "GIAMNGHEO"))}
    environment |= {"GIAMNGHEO_DATA": str(settings.data), "GIAMNGHEO_PSEUDONYM_KEY": "k", "GIAMNGHEO_READERS": "1"}
    environment |= {"GIAMNGHEO_SETTLE_SECONDS": "0", "GIAMNGHEO_LAST_PERIOD": "2020-01"}
    words = [COMMAND, "backfill", "--publish", "--inbox", str(folder), "--arrivals", str(arrivals)]
    process = subprocess.Popen(words, env=environment, start_new_session=True, stdout=subprocess.DEVNULL)
    try:
        while process.poll() is None and not (settings.data / "ledger.sqlite").exists():
            time.sleep(0.01)
        while process.poll() is None and len(events_of(settings)) < enough:
            time.sleep(0.01)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    assert process.returncode == -signal.SIGKILL


def test_only_the_months_asked_for_are_taken(tmp_path: Path, contents: dict[str, bytes], readers: Readers) -> None:
    settings, folder = own(tmp_path / "data"), tmp_path / "archive"
    arrivals = lay_out(folder, contents)
    told = []
    done: Backfilled = backfill(
        settings,
        DirectRunner(),
        inbox=folder,
        received_at=arrivals,
        last="2019-12",
        on_month=told.append,
        readers=readers,
    )
    assert [(month.period, month.taken, dict(month.states)) for month in told] == [
        (None, 1, {"unreadable": 1}),
        ("2019-12", 2, {"accepted": 1, "superseded": 1}),
    ]
    assert done.left == [PLACES["2020-01"][0]]
    assert releases(settings) == []
    # Nobody is told of history.
    found = notices_of(events_of(settings), dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
    assert found == []
    assert {one.source for one in done.state.submissions.values()} == {BACKFILL}


def test_wrong_arrivals_are_told_before_anything_is_taken(tmp_path: Path, contents: dict[str, bytes]) -> None:
    folder = tmp_path / "archive"
    lay_out(folder, contents)
    arrivals = tmp_path / "arrivals.csv"
    arrivals.write_text("file_name,received_at\nsửa.xlsx,2020-13-01\n", encoding="utf-8")
    environment = os.environ | {"GIAMNGHEO_DATA": str(tmp_path / "data"), "GIAMNGHEO_SETTLE_SECONDS": "0"}
    words = [sys.executable, "-m", "cli", "backfill", "--json", "--inbox", str(folder), "--arrivals", str(arrivals)]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "Chưa nhận tệp nào: " in done.stderr
    assert "dòng 2: ngày nhận “2020-13-01”" in done.stderr
    assert not list((tmp_path / "data").glob("raw/*"))
    (tmp_path / "empty").mkdir()
    words[words.index("--inbox") + 1] = str(tmp_path / "empty")
    arrivals.write_text("file_name,received_at\nsửa.xlsx,2020-01-20\n", encoding="utf-8")
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Ngày nhận, dòng 2: không có tệp sửa.xlsx trong thư mục." in done.stderr
    assert json.loads(done.stdout)["months"] == []
