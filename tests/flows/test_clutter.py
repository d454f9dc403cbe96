"""What desktops and version control leave in a folder is neither a submission nor a sign of data, in no folder."""

import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path, PurePath

import pytest
from small_district import a_month, some_rows

from flows.demo import refuse_other_data
from flows.ingest import ingest
from flows.publish import publish
from flows.rebuild import rebuild
from flows.runner import DirectRunner
from forms.workbook import write_workbook
from ledger.states import derive_state
from ledger.versions import LedgerFaulty
from settings import Settings
from tasks.backup import back_up, restore
from tasks.children import Readers
from tasks.gate.archive import csv_members
from tasks.ledgers import open_ledger
from tasks.names import is_clutter, is_in_clutter
from tasks.receive import find_unhidden, find_waiting
from tasks.storage import raw_names
from tasks.verify import verify
from watch.line import OK
from watch.upkeep import read_ledger

AT = dt.datetime(2020, 1, 5, 3, tzinfo=dt.UTC)
# As they are left by git, macOS, Windows, Office, LibreOffice, archivers and file systems.
LEFT = (".gitkeep", ".DS_Store", "Thumbs.db", "desktop.ini", "~$Tháng 12.xlsx", "._cover.csv", ".~lock.a.ods#")
FOLDERS = ("inbox", "raw", "returned", "judgements", "logs", "warehouse", "warehouse/accepted", "warehouse/releases")


def littered(data: Path) -> None:
    """Leave such things in every folder of a data root, in those as well that it does not have yet."""
    for folder in FOLDERS:
        (data / folder).mkdir(parents=True, exist_ok=True)
    folders = [data, *(path for path in data.rglob("*") if path.is_dir() and not path.is_symlink())]
    for folder in folders:
        for name in LEFT:
            (folder / name).write_bytes(b"left by a desktop")
        (folder / "__MACOSX").mkdir()
        (folder / "__MACOSX" / "Tháng 12.xlsx").write_bytes(b"left by an archiver")


def settings_of(data: Path) -> Settings:
    return Settings(data=data, settle_seconds=0, ledger_url="", pseudonym_key="")


def quiet(stage: str, done: int, total: int) -> None:
    """Nobody watches."""


@pytest.fixture(scope="module")
def readers() -> Iterator[Readers]:
    with Readers(1) as started:
        yield started


def test_a_new_data_root_with_nothing_but_such_files_is_new(tmp_path: Path, readers: Readers) -> None:
    settings = settings_of(tmp_path)
    littered(tmp_path)
    refuse_other_data(settings)
    lines, state = read_ledger(settings)
    assert [line.mark for line in lines] == [OK] and state is not None and not state.submissions
    assert raw_names(settings) == [] and verify(settings, quiet) == []
    report = ingest(settings, DirectRunner(), clock=lambda: AT, readers=readers)
    assert not report.state.submissions and not report.faults
    waiting = find_waiting(settings.inbox, 0)
    assert (waiting.files, waiting.refused) == ([], {}) and not list(find_unhidden(settings.inbox))
    assert not list(settings.inbox.glob("*ghi-chu*"))


def test_a_data_root_at_work_is_not_disturbed_by_them(tmp_path: Path, readers: Readers) -> None:
    settings = settings_of(tmp_path / "data")
    settings.inbox.mkdir(parents=True)
    write_workbook(settings.inbox / "good.xlsx", a_month(rows=some_rows()))
    ingest(settings, DirectRunner(), clock=lambda: AT, readers=readers)
    first = publish(settings, DirectRunner(), now=AT).release
    littered(settings.data)

    assert verify(settings, quiet) == []
    assert not ingest(settings, DirectRunner(), clock=lambda: AT, readers=readers).faults
    again = publish(settings, DirectRunner(), now=AT).release
    assert (again.release_id, again.created) == (first.release_id, False)
    rebuild(settings, DirectRunner(), quiet)

    back_up(settings, tmp_path / "backups", AT, quiet)
    (kept,) = (tmp_path / "backups").iterdir()
    littered(tmp_path / "back")
    restored = settings_of(tmp_path / "back")
    restore(restored, kept, quiet)
    assert verify(restored, quiet, warehouse=False) == []
    assert raw_names(restored) == raw_names(settings) and len(raw_names(settings)) == 1
    ledger = open_ledger(restored)
    assert len(derive_state(ledger.events()).submissions) == 1
    ledger.close()


def test_a_lost_ledger_is_still_noticed_among_them(tmp_path: Path, readers: Readers) -> None:
    settings = settings_of(tmp_path)
    settings.inbox.mkdir(parents=True)
    write_workbook(settings.inbox / "good.xlsx", a_month(rows=some_rows()))
    ingest(settings, DirectRunner(), clock=lambda: AT, readers=readers)
    littered(tmp_path)
    for name in ("ledger.sqlite", "ledger.last"):
        (tmp_path / name).unlink()
    shutil.rmtree(settings.judgements)
    with pytest.raises(LedgerFaulty) as told:
        open_ledger(settings)
    assert "đã mất hoặc trống" in told.value.vi


@pytest.mark.parametrize(
    "name",
    [
        *LEFT,
        "__MACOSX",
        "THUMBS.DB",
        "Desktop.ini",
        "__macosx",
        "~$x",
        ".Trash-1000",
        "T12.xlsx.PART",
        "T12.xlsx.filepart",
        "T12.xlsx.crdownload",
        "~WRD0001.tmp",
        "T12.xlsx.lnk",
        "T12.xlsx:Zone.Identifier",
    ],
)
def test_such_a_name_is_known_in_any_case_and_depth(name: str) -> None:
    assert is_clutter(name)
    assert is_in_clutter(PurePath("a", name)) and is_in_clutter(PurePath(name, "b.xlsx"))


@pytest.mark.parametrize(
    "name", ["T12.xlsx", "gitkeep", "thumbs.xlsx", "~T12.xlsx", "desktop.ini.xlsx", "MACOSX", "part.xlsx", "tmp.xlsx"]
)
def test_a_name_that_an_office_may_give_is_none_of_them(name: str) -> None:
    assert not is_clutter(name)


def test_in_an_archive_they_are_no_sheets() -> None:
    names = ["cover.csv", "__MACOSX/._cover.csv", "._cover.csv", "__MACOSX/cover.csv", "household.csv"]
    assert csv_members(names) == {"cover": "cover.csv", "household": "household.csv"}
