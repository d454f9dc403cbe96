"""Two machines, each with an inbox and a data root of its own, on one ledger: the end is that of one machine."""

import datetime as dt
import os
import subprocess
import sys
from pathlib import Path

import pytest
from postgresql_server import PostgresServer
from small_district import a_month, households

from flows.ingest import ingest
from flows.publish import publish
from flows.runner import DirectRunner
from forms.workbook import write_workbook
from ledger.events import Event, Ledger
from ledger.states import derive_state
from settings import REPOSITORY, Settings
from tasks.verify import verify

AT = dt.datetime(2020, 2, 5, 3, tzinfo=dt.UTC)
# What docs/scale.md says is to be shared by a folder; received files and accepted tables are, by their address.
SHARED = ("judgements", "returned", "warehouse")


def machine(folder: Path, name: str, ledger_url: str) -> Settings:
    data = folder / name
    (data / "inbox").mkdir(parents=True)
    for part in SHARED:
        (folder / "shared" / part).mkdir(parents=True, exist_ok=True)
        (data / part).symlink_to(folder / "shared" / part)
    return own(
        data,
        ledger_url=ledger_url,
        raw_url=f"file://{folder}/shared/raw",
        accepted_url=f"file://{folder}/shared/accepted",
    )


def own(data: Path, **others: str) -> Settings:
    return Settings(data=data, settle_seconds=0, pseudonym_key="k", last_period="2020-01", readers=1, **others)  # type: ignore[arg-type]


def events_of(settings: Settings) -> list[Event]:
    ledger = Ledger(settings.database_url)
    try:
        assert ledger.damaged() is None
        return ledger.events()
    finally:
        ledger.close()


def states(settings: Settings) -> dict[str, str]:
    return {one.file_name: one.state for one in derive_state(events_of(settings)).submissions.values()}


@pytest.fixture(scope="module")
def months(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two months of one district, and another district's first."""
    folder = tmp_path_factory.mktemp("months")
    rows = households(6)
    december = a_month(rows=rows)
    write_workbook(folder / "12.xlsx", december)
    write_workbook(folder / "01.xlsx", a_month("2020-01", rows, december))
    write_workbook(folder / "other.xlsx", a_month(rows=[], district_code="970"))
    return folder


def give(settings: Settings, months: Path, *names: str) -> None:
    settings.inbox.mkdir(parents=True, exist_ok=True)
    for name in names:
        (settings.inbox / name).write_bytes((months / name).read_bytes())


def test_a_month_of_one_stands_on_what_the_other_took(tmp_path: Path, months: Path, postgresql: PostgresServer) -> None:
    url = postgresql.create("two-machines")
    here, there = machine(tmp_path, "here", url), machine(tmp_path, "there", url)
    give(here, months, "12.xlsx", "other.xlsx")
    assert not ingest(here, DirectRunner(), clock=lambda: AT).faults
    give(there, months, "01.xlsx")
    assert not ingest(there, DirectRunner(), clock=lambda: AT).faults
    assert set(states(here).values()) == {"accepted"}
    published = publish(there, DirectRunner(), now=AT).release

    alone = own(tmp_path / "alone", ledger_url="")
    for names in (("12.xlsx", "other.xlsx"), ("01.xlsx",)):
        give(alone, months, *names)
        ingest(alone, DirectRunner(), clock=lambda: AT)
    assert publish(alone, DirectRunner(), now=AT).release.release_id == published.release_id
    # The other machine finds the release finished, and all that must last whole.
    again = publish(here, DirectRunner(), now=AT).release
    assert (again.release_id, again.created) == (published.release_id, False)
    assert verify(here, lambda *_: None) == verify(there, lambda *_: None) == []


def test_at_once_one_works_and_the_other_is_told(tmp_path: Path, months: Path, postgresql: PostgresServer) -> None:
    url = postgresql.create("two-at-once")
    both = [machine(tmp_path, "here", url), machine(tmp_path, "there", url)]
    give(both[0], months, "12.xlsx", "01.xlsx")
    give(both[1], months, "other.xlsx")
    runs = [started(settings) for settings in both]
    ended = [(run.wait(120), run.stderr.read() if run.stderr else "") for run in runs]
    assert all(code == 0 or "Đang có một lần chạy khác" in said for code, said in ended), ended
    assert any(code == 0 for code, _ in ended)
    for settings in both:  # who was told that the other is at work comes again
        ingest(settings, DirectRunner())
    assert states(both[0]) == dict.fromkeys(("12.xlsx", "01.xlsx", "other.xlsx"), "accepted")
    assert [event.kind for event in events_of(both[0])].count("judged") == 3


def started(settings: Settings) -> "subprocess.Popen[str]":
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT", "GIAMNGHEO"))}
    command = [sys.executable, "-m", "cli", "ingest"]
    environment = inherited | settings.as_environment()
    return subprocess.Popen(
        command, cwd=REPOSITORY, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
