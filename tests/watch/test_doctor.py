"""The doctor: a healthy data root is all ✓, and each thing that breaks is its own line with a way on."""

import datetime as dt
import fcntl
import http.server
import json
import os
import shutil
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from importlib.metadata import version
from pathlib import Path

import pytest
from postgresql_server import PostgresServer
from typer.testing import CliRunner
from watch_root import Told, free_port, settings_of

import cli
from ledger.events import Ledger
from settings import Settings
from telemetry.runs import running
from watch import machine, services
from watch.doctor import examine, glance
from watch.line import BROKEN, OK, WARNING, Line, guarded
from watch.root import file_system_of

Break = Callable[[Settings], Settings | None]


@pytest.fixture
def settings(told: Told, tmp_path: Path) -> Settings:
    shutil.copytree(told.settings.data, tmp_path / "data", symlinks=True)
    return told.settings.model_copy(update={"data": tmp_path / "data"})


def unwell(lines: list[Line]) -> dict[str, str]:
    """Check → mark of every line that is not ✓; each has a way on, and a sentence that ends."""
    found = [line for line in lines if line.mark != OK]
    for line in lines:
        assert line.says[0].isupper() or not line.says[0].isalpha() or line.says.startswith("inbox/"), line
        assert line.says.endswith("."), line
        assert bool(line.way) == (line.mark != OK), line
        assert "{" not in line.says + line.way, line
    return {line.check: line.mark for line in found}


def test_a_healthy_data_root_is_all_well_and_stays_as_it_was(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    monkeypatch.setenv("PREFECT_HOME", str(settings.data.parent))
    before = {path: path.lstat().st_mtime_ns for path in settings.data.rglob("*") if not path.is_dir()}
    lines = examine(settings)
    assert unwell(lines) == {}
    assert {line.check for line in lines} >= {
        "root",
        "ledger",
        "raw",
        "release",
        "imports",
        "readers",
        "prefect",
        "backup",
    }
    after = {path: path.lstat().st_mtime_ns for path in settings.data.rglob("*") if not path.is_dir()}
    assert {path.name for path in before.keys() ^ after.keys()} <= {"ledger.sqlite-shm", "ledger.sqlite-wal"}
    assert {path: after[path] for path in before if path in after and not path.name.endswith("-shm")} == {
        path: at for path, at in before.items() if path in after and not path.name.endswith("-shm")
    }


def test_a_root_that_is_not_there_yet_is_no_fault(tmp_path: Path) -> None:
    settings = settings_of(tmp_path / "none" / "data")
    assert unwell(glance(settings)) == {"root": WARNING, "backup": WARNING, "verify": WARNING, "desk_users": WARNING}
    assert list(tmp_path.iterdir()) == []


def lose(pattern: str) -> Break:
    def breaks(settings: Settings) -> None:
        for path in sorted(settings.data.glob(pattern), reverse=True):
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()

    return breaks


def overwrite(pattern: str, content: bytes) -> Break:
    def breaks(settings: Settings) -> None:
        found = [path for path in settings.data.glob(pattern) if path.is_file()]
        assert found
        for path in found:
            path.chmod(0o600)
            path.write_bytes(content)

    return breaks


def ledger_lost(settings: Settings) -> None:
    lose("ledger.sqlite*")(settings)


def ledger_no_database(settings: Settings) -> None:
    lose("ledger.sqlite-*")(settings)
    overwrite("ledger.sqlite", b"no database " * 1000)(settings)


def event_changed(settings: Settings) -> None:
    with closing(sqlite3.connect(settings.data / "ledger.sqlite")) as connection, connection:
        for (name,) in connection.execute("select name from sqlite_master where type = 'trigger'").fetchall():
            connection.execute(f"drop trigger {name}")
        connection.execute("update event set reason = 'x' where id = 3")


def newer_ledger(settings: Settings) -> None:
    with closing(sqlite3.connect(settings.data / "ledger.sqlite")) as connection, connection:
        connection.execute("update alembic_version set version_num = '9999'")


def event_of_the_future(settings: Settings) -> None:
    ledger = Ledger(settings.database_url)
    from ledger.events import Event

    ledger.append([Event("closed", dt.datetime.now(dt.UTC) + dt.timedelta(days=2), period="2019-12")])
    ledger.close()


def waits_for_long(settings: Settings) -> None:
    path = settings.inbox / "a.xlsx"
    path.write_bytes(b"x")
    os.utime(path, (time.time() - 86400, time.time() - 86400))


def refused(settings: Settings) -> None:
    (settings.inbox / "a.xlsx").write_bytes(b"x")
    (settings.inbox / "a.xlsx.ghi-chu.txt").write_text("x", encoding="utf-8")


def left_over(settings: Settings) -> None:
    path = settings.raw / ".tmp-0123456789ab-x"
    path.write_bytes(b"x")
    os.utime(path, (time.time() - 86400, time.time() - 86400))


def last_failed(settings: Settings) -> None:
    with pytest.raises(RuntimeError), running(settings.data, "publish"):
        raise RuntimeError


def verify_found_damage(settings: Settings) -> None:
    with running(settings.data, "verify") as run:
        run.outcome = "damaged"


def backup_long_ago(settings: Settings) -> None:
    path = settings.data / "logs" / "runs" / "backup.json"
    kept = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(kept | {"succeeded_at": "2020-01-05T00:00:00+00:00"}), encoding="utf-8")


def notice_given_up(settings: Settings) -> Settings:
    with closing(sqlite3.connect(settings.data / "notices.sqlite")) as connection, connection:
        connection.execute("create table sent (key, address, made_at, sent_at, attempts)")
        connection.execute("insert into sent values ('a', 'b', ?, null, 8)", (time.time(),))
    return settings.model_copy(update={"notices": "json://127.0.0.1:9/"})


def with_setting(**changes: object) -> Break:
    return lambda settings: settings.model_copy(update=changes)


def other_owner(settings: Settings) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root may give a folder away; run as root, this is tested")
    os.chown(settings.data / "inbox", 65534, 65534)


@pytest.mark.parametrize(
    ("breaks", "expected"),
    [
        (ledger_lost, {"ledger": BROKEN}),
        (ledger_no_database, {"ledger": BROKEN}),
        (event_changed, {"ledger": BROKEN}),
        (newer_ledger, {"ledger": BROKEN}),
        (event_of_the_future, {"clock": BROKEN}),
        (lose("pseudonym.key"), {"key": BROKEN}),
        (overwrite("pseudonym.key", b""), {"key": BROKEN}),
        (lambda settings: (settings.data / "pseudonym.key").chmod(0o644), {"secrets": WARNING}),
        (lose("raw/*"), {"raw": BROKEN}),
        (overwrite("raw/*", b"short"), {"raw": BROKEN}),
        (lambda settings: (settings.raw / ("0" * 64)).touch(), {"raw": WARNING}),
        (lose("judgements/*"), {"judgements": BROKEN}),
        (lose("warehouse/accepted/*"), {"accepted": WARNING}),
        (lose("warehouse/current"), {"release": BROKEN}),
        (lose("warehouse/releases/*"), {"release": BROKEN}),
        (overwrite("warehouse/releases/*/warehouse.duckdb", b"x" * 9999), {"release": BROKEN}),
        (lambda settings: (settings.current / "warehouse.duckdb.wal").touch(), {"release": BROKEN}),
        (waits_for_long, {"inbox": WARNING}),
        (refused, {"inbox": WARNING}),
        (left_over, {"leftovers": WARNING}),
        (last_failed, {"last_publish": WARNING}),
        (verify_found_damage, {"verify": BROKEN}),
        (backup_long_ago, {"backup": WARNING}),
        (lose("logs/runs/backup.json"), {"backup": WARNING}),
        (lose("desk.sqlite*"), {"desk_users": WARNING}),
        (notice_given_up, {"notices": WARNING}),
        (with_setting(notices="nonsense"), {"notices": BROKEN}),
        (with_setting(timezone="Asia/Nowhere"), {"time_zone": BROKEN}),
        (other_owner, {"owner": WARNING}),
        (with_setting(ledger_url="postgresql+psycopg://a:mat-khau@127.0.0.1:9/x"), {"ledger": BROKEN}),
    ],
)
def test_what_breaks_is_its_own_line(settings: Settings, breaks: Break, expected: dict[str, str]) -> None:
    changed = breaks(settings) or settings
    lines = glance(changed)
    assert unwell(lines) == expected
    assert "mat-khau" not in str(lines)


def test_a_root_in_ruins_is_told_without_a_traceback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ledger.sqlite", "desk.sqlite", "pseudonym.key"):
        (tmp_path / name).mkdir()
    for name in ("raw", "judgements", "warehouse", "inbox", "logs"):
        (tmp_path / name).write_bytes(b"\xff\x00")
    monkeypatch.setattr("settings.get_settings", lambda: settings_of(tmp_path))
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    # The others take seconds and know nothing of the root.
    monkeypatch.setattr("watch.doctor._SLOW", {"prefect": services.prefect})
    done = CliRunner().invoke(cli.app, ["doctor", "--json"])
    assert done.exit_code == 1, done.output
    lines = {line["check"]: line for line in json.loads(done.stdout)}
    assert lines["ledger"]["mark"] == lines["prefect"]["mark"] == BROKEN
    assert lines["disk"]["mark"] == lines["time_zone"]["mark"] == OK


def test_a_root_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(b"")
    assert unwell(glance(settings_of(tmp_path / "data")))["root"] == BROKEN


def test_the_command_tells_in_marks_and_exit_codes(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("settings.get_settings", lambda: settings)
    monkeypatch.setattr("watch.doctor.examine", glance)
    assert CliRunner().invoke(cli.app, ["doctor", "--strict"]).exit_code == 0
    refused(settings)
    assert CliRunner().invoke(cli.app, ["doctor"]).exit_code == 0
    done = CliRunner().invoke(cli.app, ["doctor", "--strict"])
    assert done.exit_code == 3
    assert "! 1 tệp trong inbox/ chưa nhận được.\n    → đọc ghi chú" in done.stdout
    ledger_lost(settings)
    done = CliRunner().invoke(cli.app, ["doctor"])
    assert done.exit_code == 1
    assert "✗ Mất sổ sự kiện (ledger.sqlite), mà tệp đã nhận còn đó." in done.stdout


def test_who_holds_a_lock_is_named_and_the_lock_left_alone(settings: Settings) -> None:
    with open(settings.data / ".ingest.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        (line,) = [line for line in glance(settings) if line.check == "locks"]
    assert line.mark == OK
    assert f"Đang có một lượt ingest (tiến trình {os.getpid()}, đã " in line.says


def test_a_port_that_another_program_has_is_told(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        other.close()
        with socket.create_server(("127.0.0.1", port)):
            assert unwell(glance(settings.model_copy(update={"review_port": port}))) == {"review_port": WARNING}


def test_a_ledger_on_postgresql_is_asked_for_its_version(settings: Settings, postgresql: PostgresServer) -> None:
    url = postgresql.create("doctor")
    there = settings.model_copy(update={"ledger_url": url})
    (empty,) = [line for line in glance(there) if line.check == "ledger"]
    assert "còn trống" in empty.says
    assert empty.says.startswith("Sổ sự kiện (PostgreSQL 1")
    ledger, copy = Ledger(settings.database_url), Ledger(url)
    ledger.copy_to(copy)
    ledger.close()
    copy.close()
    assert unwell(glance(there)) == {}


class _Prefect(http.server.BaseHTTPRequestHandler):
    """Answers as Prefect's API does, as far as the doctor asks."""

    answers: dict[str, object]

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self.asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._answer()

    def _answer(self) -> None:
        found = self.answers.get(self.path)
        if self.path == "/api/flow_runs/filter":
            found = self.answers["late" if "name" in self.asked["flow_runs"]["state"] else "stuck"]
        self.send_response(404 if found is None else 200)
        self.end_headers()
        self.wfile.write(json.dumps(found).encode())

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def prefect_api(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, object]]:
    answers: dict[str, object] = {
        "/api/admin/version": version("prefect"),
        "/api/work_pools/giamngheo/workers/filter": [{"name": "w", "status": "ONLINE"}],
        "late": [],
        "stuck": [],
    }
    handler = type("Prefect", (_Prefect,), {"answers": answers})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("PREFECT_API_URL", f"http://127.0.0.1:{server.server_port}/api")
        yield answers
        server.shutdown()


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, {}),
        ({"/api/admin/version": "3.0.0"}, {"prefect": WARNING}),
        ({"/api/admin/version": None}, {"prefect": BROKEN}),
        ({"/api/work_pools/giamngheo/workers/filter": None}, {"prefect_worker": WARNING}),
        ({"/api/work_pools/giamngheo/workers/filter": [{"status": "OFFLINE"}]}, {"prefect_worker": BROKEN}),
        ({"late": [{"name": "ingest"}]}, {"prefect_runs": WARNING}),
        ({"stuck": [{"name": "ingest 2020-01-05"}]}, {"prefect_runs": WARNING}),
    ],
)
def test_prefect_is_asked_where_it_is_configured(
    settings: Settings, prefect_api: dict[str, object], changed: dict[str, object], expected: dict[str, str]
) -> None:
    prefect_api |= changed
    assert unwell(guarded("prefect", services.prefect, settings)) == expected


def test_readers_that_can_not_work_are_told(settings: Settings) -> None:
    tight = settings.model_copy(update={"reader_megabytes": 1})
    assert unwell(guarded("readers", services.readers, tight)) == {"readers": BROKEN}


def test_the_lock_is_read_for_this_machine() -> None:
    text = """a==1.0 \\
    --hash=sha256:00
b[c]==2 ; sys_platform == 'nowhere' \\
d-e==3.1 ; python_full_version >= '3.11' \\
"""
    assert machine.locked(text) == {"a": "1.0", "d-e": "3.1"}


def test_a_network_disk_is_known_by_its_mount(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/a / ext4 rw 0 0\nhost:/x {tmp_path} nfs4 rw 0 0\n/dev/b {tmp_path}2 xfs rw 0 0\n")
    assert file_system_of(tmp_path / "data", str(mounts)) == "nfs4"
    assert file_system_of(Path("/elsewhere"), str(mounts)) == "ext4"


def test_a_check_that_can_not_be_made_hides_no_other(settings: Settings) -> None:
    def fails(settings: Settings) -> Iterator[Line]:
        yield Line("a", OK, "Tốt.")
        raise ValueError("Nguyễn Văn A")

    first, second = guarded("odd", fails, settings)
    assert (first.mark, second.mark, second.check) == (OK, BROKEN, "odd")
    assert "Nguyễn" not in second.says


def test_free_ports_are_free(settings: Settings) -> None:
    ports = {name: free_port() for name in ("review_port", "metrics_port", "prefect_port")}
    there = settings.model_copy(update=ports)
    assert [line.mark for line in guarded("ports", machine.ports, there)] == [OK, OK, OK]
