"""What must last is checked, copied and brought back: verify, backup, restore, rebuild."""

import datetime as dt
import json
import os
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from postgresql_server import PostgresServer
from small_district import DISTRICT, a_month, some_rows
from typer.testing import CliRunner

import cli
from flows.ingest import ingest
from flows.publish import publish
from flows.rebuild import rebuild
from flows.runner import DirectRunner
from forms.workbook import write_workbook
from ledger.events import Event, Ledger
from ledger.states import derive_state
from settings import Settings
from tasks.backup import back_up, restore
from tasks.children import Readers
from tasks.faults import SystemFault
from tasks.verify import Damage, verify

AT = dt.datetime(2020, 1, 5, 3, tzinfo=dt.UTC)


def quiet(stage: str, done: int, total: int) -> None:
    """Nobody watches."""


def settings_of(data: Path) -> Settings:
    return Settings(data=data, settle_seconds=0, ledger_url="", pseudonym_key="", last_period="2019-12")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data root with an accepted and a rejected submission and a release."""
    settings = settings_of(tmp_path_factory.mktemp("upkeep") / "data")
    settings.inbox.mkdir(parents=True)
    write_workbook(settings.inbox / "good.xlsx", a_month(rows=some_rows()))
    bad = a_month(rows=some_rows())
    bad.household[0]["persons"] = "nhiều"
    write_workbook(settings.inbox / "bad.xlsx", bad)
    with Readers(1) as readers:
        report = ingest(settings, DirectRunner(), clock=lambda: AT, readers=readers)
    assert sorted(one.state for one in report.state.submissions.values()) == ["accepted", "rejected"]
    publish(settings, DirectRunner(), now=AT)
    yield settings.data


@pytest.fixture
def root(whole: Path, tmp_path: Path) -> Settings:
    shutil.copytree(whole, tmp_path / "data", symlinks=True)
    return settings_of(tmp_path / "data")


def damage_of(settings: Settings) -> list[Damage]:
    return verify(settings, quiet)


def spoil(path: Path) -> None:
    """Turn one bit in the middle of a file, as a failing disk does."""
    path.chmod(0o644)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def the(state: str, settings: Settings) -> str:
    ledger = Ledger(settings.database_url)
    try:
        (found,) = [one for one in derive_state(ledger.events()).submissions.values() if one.state == state]
    finally:
        ledger.close()
    return found.submission_id


def test_what_is_whole_is_said_to_be_whole(root: Settings) -> None:
    before = {path: path.stat().st_mtime_ns for path in root.data.rglob("*") if path.is_file()}
    assert damage_of(root) == []
    assert {path: path.stat().st_mtime_ns for path in root.data.rglob("*") if path.is_file()} == before


def test_an_empty_data_root_is_whole_and_stays_empty(tmp_path: Path) -> None:
    assert damage_of(settings_of(tmp_path)) == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("how", ["one bit", "gone"])
@pytest.mark.parametrize(
    ("part", "pattern"),
    [
        ("raw", "raw/*"),
        ("judgement", "judgements/[0-9a-f]*/*.parquet"),
        ("accepted", "warehouse/accepted/*/household.parquet"),
        ("accepted", "warehouse/accepted/*/manifest.json"),
        ("release", "warehouse/releases/*/warehouse.duckdb"),
        ("release", "warehouse/releases/*/tables/mart.indicator.csv"),
    ],
)
def test_every_file_that_must_last_is_watched(root: Settings, part: str, pattern: str, how: str) -> None:
    files = sorted(root.data.glob(pattern))
    assert files
    for path in files:
        kept = path.read_bytes()
        if how == "gone":
            path.unlink()
        else:
            spoil(path)
        (one,) = damage_of(root)
        assert one.part == part
        assert one.place in str(path) and one.remedy
        path.write_bytes(kept)
    assert damage_of(root) == []


def test_a_changed_event_is_named(root: Settings) -> None:
    with sqlite3.connect(root.data / "ledger.sqlite") as connection:
        connection.execute("drop trigger event_no_update")
        connection.execute("update event set reason = 'không phải tôi' where id = 2")
    connection.close()
    (one,) = damage_of(root)
    assert (one.part, "sự kiện 2" in one.what) == ("ledger", True)


def test_a_truncated_ledger_is_named_and_nothing_else_is_tried(root: Settings) -> None:
    path = root.data / "ledger.sqlite"
    os.truncate(path, path.stat().st_size // 2)
    found = damage_of(root)
    assert {one.part for one in found} == {"ledger"}


def test_a_ledger_that_is_gone_is_not_a_fresh_start(root: Settings) -> None:
    (root.data / "ledger.sqlite").unlink()
    (one,) = damage_of(root)
    assert one.part == "ledger"
    assert not (root.data / "ledger.sqlite").exists()


@pytest.mark.parametrize("how", ["another", "gone"])
def test_another_key_is_noticed(root: Settings, how: str) -> None:
    path = root.data / "pseudonym.key"
    path.unlink()
    if how == "another":
        path.write_text("0" * 64)
    (one,) = damage_of(root)
    assert "khoá" in one.what
    assert path.exists() == (how == "another")


def test_the_same_file_coming_again_mends_a_damaged_raw_file(root: Settings) -> None:
    submission_id = the("accepted", root)
    path = root.raw / submission_id
    shutil.copy(path, root.inbox / "good.xlsx")
    spoil(path)
    with Readers(1) as readers:
        ingest(root, DirectRunner(), clock=lambda: AT, readers=readers)
    assert damage_of(root) == []


def test_rebuild_mends_accepted_tables_and_releases(root: Settings) -> None:
    release = root.current.resolve()
    spoil(next(root.accepted.glob("*/household.parquet")))
    spoil(release / "warehouse.duckdb")
    (release / "report.xlsx").unlink()
    assert {one.part for one in damage_of(root)} == {"accepted", "release"}
    rebuilt = rebuild(root, DirectRunner(), quiet)
    assert rebuilt.release.release_id == release.name
    assert damage_of(root) == []


def test_a_backup_is_a_data_root_and_comes_back_equal(root: Settings, tmp_path: Path) -> None:
    release = json.loads((root.current / "manifest.json").read_text())
    addresses = "district_code,address\n971,json://127.0.0.1:9/\n"
    (root.data / "addresses.csv").write_text(addresses)
    folder = back_up(root, tmp_path / "backups", AT, quiet)
    assert verify(settings_of(folder), quiet, warehouse=False) == []
    shutil.rmtree(root.data)
    restore(root, folder, quiet)
    assert (root.data / "addresses.csv").read_text() == addresses
    rebuild(root, DirectRunner(), quiet)
    assert damage_of(root) == []
    again = json.loads((root.current / "manifest.json").read_text())
    assert (again["release_id"], again["rows"]) == (release["release_id"], release["rows"])


def test_a_month_on_postgresql_is_kept_and_comes_back(postgresql: PostgresServer, tmp_path: Path) -> None:
    """The ledger in one database, its backup in SQLite, and from there in another database."""
    settings = settings_of(tmp_path / "data").model_copy(update={"ledger_url": postgresql.create("upkeep")})
    settings.inbox.mkdir(parents=True)
    write_workbook(settings.inbox / "good.xlsx", a_month(rows=some_rows()))
    ingest(settings, DirectRunner(), clock=lambda: AT)
    published = publish(settings, DirectRunner(), now=AT)
    assert damage_of(settings) == []

    folder = back_up(settings, tmp_path / "backups", AT, quiet)
    assert verify(settings_of(folder), quiet, warehouse=False) == []
    anew = settings_of(tmp_path / "anew").model_copy(update={"ledger_url": postgresql.create("upkeep-anew")})
    restore(anew, folder, quiet)
    assert rebuild(anew, DirectRunner(), quiet).release.release_id == published.release.release_id
    assert damage_of(anew) == []

    with pytest.raises(SystemFault, match="not empty"):
        restore(settings_of(tmp_path / "third").model_copy(update={"ledger_url": anew.ledger_url}), folder, quiet)
    assert not (tmp_path / "third").exists()
    postgresql.run("alter table event disable trigger user", "upkeep")
    postgresql.run("update event set reason = 'khác' where id = 2", "upkeep")
    (one,) = damage_of(settings)
    assert (one.part, one.place) == ("ledger", "GIAMNGHEO_LEDGER_URL") and "sự kiện 2" in one.what


def test_the_second_backup_copies_only_what_is_new(root: Settings, tmp_path: Path) -> None:
    first = back_up(root, tmp_path / "backups", AT, quiet)
    write_workbook(root.inbox / "late.xlsx", a_month(rows=some_rows()[:1]))
    with Readers(1) as readers:
        ingest(root, DirectRunner(), clock=lambda: AT, readers=readers)
    second = back_up(root, tmp_path / "backups", AT + dt.timedelta(days=1), quiet)
    old = {path.name for path in (first / "raw").iterdir()}
    linked = {path.name for path in (second / "raw").iterdir() if path.stat().st_nlink == 2}
    assert linked == old
    assert len(list((second / "raw").iterdir())) == len(old) + 1
    assert verify(settings_of(second), quiet, warehouse=False) == []


def test_a_backup_while_events_are_written_is_whole(root: Settings, tmp_path: Path) -> None:
    stop = threading.Event()

    def write() -> None:
        ledger = Ledger(root.database_url)
        while not stop.is_set():
            ledger.append([Event("excused", AT, district_code=DISTRICT, period="2019-12", reason="thử")])
        ledger.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        folders = [back_up(root, tmp_path / "backups", AT + dt.timedelta(seconds=n), quiet) for n in range(5)]
    finally:
        stop.set()
        writer.join()
    for folder in folders:
        assert verify(settings_of(folder), quiet, warehouse=False) == []


def test_a_backup_that_was_cut_off_is_no_backup(root: Settings, tmp_path: Path) -> None:
    (tmp_path / "backups" / ".tmp-2020-01-05T030000Z").mkdir(parents=True)
    (tmp_path / "backups" / ".tmp-2020-01-05T030000Z" / "ledger.sqlite").write_bytes(b"half")
    folder = back_up(root, tmp_path / "backups", AT, quiet)
    assert [path.name for path in (tmp_path / "backups").iterdir()] == [folder.name]


def test_nothing_is_restored_over_what_is_there(root: Settings, tmp_path: Path) -> None:
    folder = back_up(root, tmp_path / "backups", AT, quiet)
    with pytest.raises(SystemFault, match="not empty"):
        restore(root, folder, quiet)
    with pytest.raises(SystemFault, match="no backup"):
        restore(settings_of(tmp_path / "other"), tmp_path, quiet)
    with pytest.raises(SystemFault, match="inside"):
        back_up(root, root.data / "backups", AT, quiet)
    with pytest.raises(SystemFault, match="nothing to back up"):
        back_up(settings_of(tmp_path / "other"), tmp_path / "backups", AT, quiet)
    assert not (tmp_path / "other").exists()


def test_the_command_line_says_it_in_words(root: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "_settings", lambda: root)
    run = CliRunner().invoke
    done = run(cli.app, ["verify"])
    assert (done.exit_code, "còn nguyên" in done.output) == (0, True)
    done = run(cli.app, ["backup", "--out", str(tmp_path / "backups")])
    assert (done.exit_code, "còn nguyên" in done.output) == (0, True), done.output
    spoil(root.raw / the("accepted", root))
    done = run(cli.app, ["verify", "--json"])
    (one,) = json.loads(done.output)
    assert (done.exit_code, one["part"], set(one)) == (1, "raw", {"part", "place", "what", "remedy"})
    (folder,) = (tmp_path / "backups").iterdir()
    shutil.rmtree(root.data)
    done = run(cli.app, ["restore", str(folder)])
    assert (done.exit_code, "còn nguyên" in done.output) == (0, True), done.output
