"""Files and tables on a real SFTP server: the same end as in folders, and a way on when it is down."""

import datetime as dt
import logging
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sftp_server import PASSWORD, SftpServer, running_sftp
from small_district import a_month
from typer.testing import CliRunner

import cli
from flows.ingest import IngestReport, ingest
from flows.publish import publish
from flows.rebuild import rebuild
from flows.runner import DirectRunner
from forms.month import DistrictMonth
from forms.workbook import write_workbook
from ledger.events import Ledger
from ledger.states import State, derive_state
from settings import Settings
from tasks.backup import back_up, restore
from tasks.children import Readers
from tasks.faults import SystemFault
from tasks.inputs import build_inputs
from tasks.release import release_id as made_release_id
from tasks.remote import UNFINISHED, UNFINISHED_SECONDS, Remote, StorageDown, shown_url
from tasks.restore import restore_accepted
from tasks.storage import accepted_folder, raw_file, sweep_storage
from tasks.verify import verify

AT = dt.datetime(2020, 2, 5, 3, tzinfo=dt.UTC)
DECEMBER, JANUARY = "2019-12", "2020-01"


def quiet(stage: str, done: int, total: int) -> None:
    """Nobody watches."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SftpServer]:
    with running_sftp(tmp_path_factory.mktemp("sftp")) as server:
        yield server


@pytest.fixture(scope="module")
def readers() -> Iterator[Readers]:
    with Readers(1) as children:
        yield children


def local(data: Path) -> Settings:
    return Settings(data=data, settle_seconds=0, ledger_url="", pseudonym_key="k", last_period=JANUARY)


def remote(data: Path, server: SftpServer, name: str) -> Settings:
    update = {
        "raw_url": server.url(f"{name}/raw"),
        "accepted_url": server.url(f"{name}/accepted"),
        "storage_options": server.options,
    }
    return local(data).model_copy(update=update)


def deliver(settings: Settings, **files: DistrictMonth) -> None:
    settings.inbox.mkdir(parents=True, exist_ok=True)
    for name, month in files.items():
        write_workbook(settings.inbox / f"{name}.xlsx", month)


def run(settings: Settings, readers: Readers) -> IngestReport:
    return ingest(settings, DirectRunner(), clock=lambda: AT, readers=readers)


def state_of(settings: Settings) -> State:
    ledger = Ledger(settings.database_url)
    try:
        return derive_state(ledger.events())
    finally:
        ledger.close()


def states(settings: Settings) -> dict[str, str]:
    return {one.file_name: one.state for one in state_of(settings).submissions.values()}


def release_id(settings: Settings) -> str:
    """The name of the release that these months make; it stands for all that would be in it."""
    return made_release_id(build_inputs(settings, state_of(settings), JANUARY))


def tables(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def bad_month() -> DistrictMonth:
    month = a_month()
    month.household[0]["persons"] = "nhiều"
    return month


@pytest.fixture(scope="module")
def in_folders(tmp_path_factory: pytest.TempPathFactory, readers: Readers) -> Settings:
    """Two months, one file of them rejected; all in folders."""
    settings = local(tmp_path_factory.mktemp("local") / "data")
    deliver(settings, december=a_month(), bad=bad_month())
    assert run(settings, readers).faults == []
    deliver(settings, january=a_month(JANUARY, previous=a_month()))
    assert run(settings, readers).faults == []
    return settings


@pytest.fixture(scope="module")
def on_server(
    tmp_path_factory: pytest.TempPathFactory, readers: Readers, server: SftpServer, in_folders: Settings
) -> Settings:
    """The same files and the same steps, with the server stopped in the middle of them."""
    settings = remote(tmp_path_factory.mktemp("remote") / "data", server, "on_server")
    settings.inbox.mkdir(parents=True)
    for done in sorted((in_folders.inbox / ".done").iterdir()):
        shutil.copy2(done, settings.inbox / done.name)
    (settings.inbox / "january.xlsx").rename(settings.data / "january.xlsx")
    assert run(settings, readers).faults == []

    server.stop()
    (settings.data / "january.xlsx").rename(settings.inbox / "january.xlsx")
    (fault,) = run(settings, readers).faults
    assert fault.startswith("Tệp january.xlsx chưa nhận được. Kho lưu trữ sftp://127.0.0.1:")
    assert (settings.inbox / "january.xlsx").is_file()
    shutil.rmtree(settings.cache)
    with pytest.raises(StorageDown, match="can't be used now"):
        publish(settings, DirectRunner(), now=AT)
    server.start()

    assert run(settings, readers).faults == []
    publish(settings, DirectRunner(), now=AT)
    return settings


def test_the_end_is_the_same_as_in_folders(in_folders: Settings, on_server: Settings, server: SftpServer) -> None:
    assert (
        states(on_server)
        == states(in_folders)
        == {
            "december.xlsx": "accepted",
            "bad.xlsx": "rejected",
            "january.xlsx": "accepted",
        }
    )
    assert tables(server.folder / "on_server" / "raw") == tables(in_folders.raw)
    assert tables(server.folder / "on_server" / "accepted") == tables(in_folders.accepted)
    assert on_server.current.resolve().name == release_id(in_folders)
    assert not (on_server.data / "raw").exists() and not (on_server.warehouse / "accepted").exists()


def test_copies_may_go_at_any_time(on_server: Settings) -> None:
    """Nothing but the server is asked then, and everything comes out again."""
    release = on_server.current.resolve().name
    shutil.rmtree(on_server.cache)
    assert verify(on_server, quiet) == []
    assert rebuild(on_server, DirectRunner(), quiet).release.release_id == release
    assert verify(on_server, quiet) == []
    assert on_server.cache.stat().st_mode & 0o077 == 0


def spoil(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.fixture
def apart(on_server: Settings, server: SftpServer, tmp_path: Path) -> Settings:
    """A copy of the data root and of what it keeps on the server, to be damaged."""
    shutil.copytree(on_server.data, tmp_path / "data", symlinks=True)
    shutil.rmtree(tmp_path / "data" / "cache")
    shutil.copytree(server.folder / "on_server", server.folder / tmp_path.name)
    return remote(tmp_path / "data", server, tmp_path.name)


def test_what_is_damaged_on_the_server_is_named_and_mended(
    apart: Settings, server: SftpServer, readers: Readers
) -> None:
    store = server.folder / apart.data.parent.name
    december, january = (
        next(one.submission_id for one in state_of(apart).submissions.values() if one.file_name == name)
        for name in ("december.xlsx", "january.xlsx")
    )
    assert accepted_folder(apart, december)
    spoil(store / "accepted" / december / "household.parquet")
    shutil.rmtree(store / "accepted" / january)
    spoil(store / "raw" / december)
    found = {(one.part, one.place, one.what) for one in verify(apart, quiet)}
    base = shown_url(server.url(apart.data.parent.name))
    assert found == {
        ("raw", f"{base}/raw/{december}", "tệp đã nhận không còn đúng từng byte"),
        ("accepted", f"{base}/accepted/{december}", "household.parquet không còn như khi ghi"),
        ("accepted", f"{base}/accepted/{january}", "thiếu bảng đã chấp nhận"),
    }
    with pytest.raises(SystemFault, match="was changed"):
        raw_file(apart, december)
    shutil.copy2(apart.inbox / ".done" / "december.xlsx", apart.inbox / "december.xlsx")
    report = run(apart, readers)
    assert report.faults == []
    standing = [one for one in report.state.submissions.values() if one.state == "accepted"]
    restore_accepted(apart, standing, b"k", readers, anew=True)
    assert verify(apart, quiet) == []


def test_a_backup_holds_the_files_and_brings_them_back(apart: Settings, server: SftpServer, tmp_path: Path) -> None:
    release = apart.current.resolve().name
    folder = back_up(apart, tmp_path / "backups", AT, quiet)
    again = back_up(apart, tmp_path / "backups", AT + dt.timedelta(days=1), quiet)
    assert verify(local(folder), quiet, warehouse=False) == []
    assert {path.stat().st_nlink for path in (again / "raw").iterdir()} == {2}
    shutil.rmtree(apart.data)
    shutil.rmtree(server.folder / tmp_path.name)
    restore(apart, again, quiet)
    assert verify(apart, quiet, warehouse=False) == []
    assert release_id(apart) == release


def test_what_a_killed_upload_left_is_swept(apart: Settings, server: SftpServer) -> None:
    left = server.folder / apart.data.parent.name / "raw" / UNFINISHED / "0011223344556677"
    left.write_bytes(b"half")
    new = left.with_name("8899aabbccddeeff")
    new.write_bytes(b"of a run at work")
    long_ago = left.stat().st_mtime - 2 * UNFINISHED_SECONDS
    os.utime(left, (long_ago, long_ago))
    sweep_storage(apart)
    assert [path.name for path in left.parent.iterdir()] == [new.name]
    assert verify(apart, quiet) == []


def test_nobody_hears_the_password(
    apart: Settings,
    server: SftpServer,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Neither with a server that refuses it nor with one that is not there, whatever is asked."""
    caplog.set_level(logging.DEBUG)
    no_key = server.options | {"key_filename": None, "look_for_keys": False}
    refused = apart.model_copy(update={"storage_options": no_key})
    unknown = apart.model_copy(update={"storage_options": server.options | {"known_hosts": str(tmp_path / "none")}})
    gone = apart.model_copy(update={"raw_url": apart.raw_url.replace(f":{server.port}/", ":1/")})
    said = []
    for settings, reason in ((refused, "không nhận"), (unknown, "danh sách đã biết"), (gone, "không kết nối được")):
        shutil.rmtree(settings.cache, ignore_errors=True)
        deliver(settings, late=a_month(district_code="973"))
        with Readers(1) as readers:
            (fault,) = run(settings, readers).faults
        assert reason in fault
        monkeypatch.setattr(cli, "_settings", lambda settings=settings: settings)
        done = CliRunner().invoke(cli.app, ["verify"])
        assert isinstance(done.exception, StorageDown)
        said += [fault, done.output, str(done.exception), repr(settings)]
    logged = "\n".join(f"{logging.Formatter().format(record)} {record.__dict__}" for record in caplog.records)
    logged += "".join(path.read_text() for path in (apart.data / "logs").rglob("*") if path.is_file())
    assert "StorageDown" in logged
    assert PASSWORD not in logged + "\n".join(said)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("sftp://an:bí/mật@host/raw", "sftp://…"),
        ("sftp://an:bí@host:22/raw", "sftp://host:22/raw"),
        ("s3://bucket/raw", "s3://bucket/raw"),
        ("sftp://host:mật/raw", "sftp://…"),
        ("/mnt/nas/raw", "/mnt/nas/raw"),
    ],
)
def test_an_address_is_shown_without_who_asks(url: str, shown: str) -> None:
    assert shown_url(url) == shown


@pytest.mark.parametrize("scheme", ["file://", "memory://"])
def test_any_place_of_fsspec_will_do(tmp_path: Path, scheme: str) -> None:
    """A mounted folder, and a store of objects that knows no renaming."""
    place = Remote(f"{scheme}{tmp_path}/store", {})
    (tmp_path / "source").write_bytes(b"whole")
    assert place.names() == []
    assert not place.get("a/b", tmp_path / "target")
    place.put(tmp_path / "source", "a/b")
    place.put(tmp_path / "source", "c")
    assert place.get("a/b", tmp_path / "target")
    assert (tmp_path / "target").read_bytes() == b"whole"
    assert place.names() == ["c"]
    place.remove("c")
    place.remove("c")
    assert place.names() == []
