"""`giamngheo up` for real, on a real PostgreSQL: a month goes through it, parts are killed, and nothing is lost."""

import contextlib
import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg
import pytest
import yaml
from postgresql_server import PostgresServer, running_postgresql
from prefect_probe import SECRET
from prefect_server import (
    COMMAND,
    REPOSITORY,
    PrefectServer,
    Up,
    clean_environment,
    processes_of,
    running_up,
    starting_up,
    until,
)
from small_district import a_month

from forms.workbook import write_workbook
from ledger.events import Ledger
from ledger.states import derive_state
from settings import Settings
from up.api import Api
from up.lost_runs import RUN_VARIABLE, processes_with
from up.run import MARK, PAUSED, deployed_names
from watch import machine, root, services
from watch.line import OK

BASELINE = "2019-12"
CITY, NAM_CAN = "964", "971"


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    with running_postgresql() as server:
        server.create("prefect")
        server.create("ledger")
        yield server


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory, postgres: PostgresServer) -> Settings:
    data = tmp_path_factory.mktemp("province") / "data"
    return Settings(
        data=data,
        ledger_url=postgres.url("ledger"),
        prefect_database_url=postgres.url("prefect", driver="asyncpg"),
        _env_file=None,  # type: ignore[call-arg]
    )


@pytest.fixture(scope="module")
def environment(settings: Settings) -> dict[str, str]:
    return {
        "GIAMNGHEO_LEDGER_URL": settings.ledger_url,
        "GIAMNGHEO_PREFECT_DATABASE_URL": settings.prefect_database_url,
    }


@pytest.fixture(scope="module")
def up(settings: Settings, environment: dict[str, str]) -> Iterator[Up]:
    output = settings.data.parent / "up.txt"
    with running_up(settings.data, output, "--prefect-port", "0", "--review-port", "0", **environment) as running:
        yield running


@pytest.fixture(scope="module")
def server(up: Up) -> PrefectServer:
    return PrefectServer(up.port("trang Prefect"))


@pytest.fixture(scope="module")
def probed(server: PrefectServer, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What flow runs gave back to the process that called them."""
    data = tmp_path_factory.mktemp("probe") / "data"
    data.mkdir()
    environment = clean_environment(
        GIAMNGHEO_DATA=str(data),
        PYTHONPATH=str(REPOSITORY),
        PREFECT_API_URL=server.api,
        PREFECT_HOME=str(data / "home"),
    )
    script = Path(__file__).with_name("prefect_probe.py")
    done = subprocess.run(
        [sys.executable, str(script)], cwd=data, env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@contextlib.contextmanager
def stuck(postgres: PostgresServer) -> Iterator[None]:
    """Nothing can be appended to the ledger: a run gets as far as its first event and waits there."""
    with psycopg.connect(host="127.0.0.1", port=postgres.port, user="postgres", dbname="ledger") as holder:
        holder.execute("lock table event in exclusive mode")
        yield


def wait_for_writers(postgres: PostgresServer, number: int) -> None:
    """Until so many wait for a stuck ledger; one that was killed meanwhile is still in the queue."""
    waiting = "select count(*) from pg_locks where not granted"
    until(lambda: postgres.run(waiting, "ledger") == [(number,)], "no run came to write into the ledger")


def drop(settings: Settings, district: str) -> None:
    """A district's workbook of the baseline in the inbox."""
    settings.inbox.mkdir(exist_ok=True)
    write_workbook(settings.inbox / f"Báo cáo {district}.xlsx", a_month(BASELINE, district_code=district))


def states(settings: Settings) -> dict[str | None, str]:
    """District → state of its submission."""
    ledger = Ledger(settings.database_url)
    try:
        return {one.district_code: one.state for one in derive_state(ledger.events()).submissions.values()}
    finally:
        ledger.close()


def kill(process: psutil.Process) -> None:
    process.kill()
    process.wait(10)


def again(server: PrefectServer) -> list[dict[str, Any]]:
    """Runs that were started once more because their first one was lost."""
    return [run for run in server.flow_runs("ingest") if "again" in run["tags"]]


def test_what_is_where_is_said_and_answers(
    up: Up, settings: Settings, server: PrefectServer, postgres: PostgresServer
) -> None:
    assert server.get("/health") is True
    desk = httpx.get(up.address("bàn thẩm định"), follow_redirects=True, trust_env=False)
    assert desk.status_code == 200
    assert "Mật khẩu" in desk.text
    page = httpx.get(up.address("trang Prefect"), follow_redirects=True, trust_env=False)
    assert "Prefect Server" in page.text
    assert up.address("dữ liệu") == str(settings.data)
    assert "postgres@" not in up.printed()
    logs = {path.name for path in (settings.data / "logs").iterdir()}
    assert logs >= {"giamngheo.jsonl", "desk.log", "prefect-server.log", "prefect-deploy.log", "worker.log"}
    assert postgres.run("select count(*) from deployment", "prefect") == [(len(server.post("/deployments/filter")),)]


def test_a_month_goes_through_while_parts_are_killed(
    up: Up, settings: Settings, server: PrefectServer, postgres: PostgresServer
) -> None:
    """A worker dies with its run, a server in mid-run: nothing stays Running, nothing is lost, the next run works."""
    drop(settings, NAM_CAN)
    with stuck(postgres):
        first = server.start("ingest/ingest-daily")
        wait_for_writers(postgres, 1)
        # As an earlier version left it: its schedule must not go on beside ours.
        known = next(one for one in server.post("/deployments/filter") if one["name"] == "publish-daily")
        left = {"name": "publish-monthly", "flow_id": known["flow_id"], "work_pool_name": "giamngheo"}
        server.post("/deployments/", **left, tags=["giamngheo"])
        server.post("/deployments/", **(left | {"name": "somebody-elses"}))
        # As a stop leaves the pool; a worker that is started gets work again.
        (settings.data / "prefect" / PAUSED).touch()
        Api(server.api).pause(True)
        kill(up.part("worker", "start"))
        for process, run_id in processes_with(RUN_VARIABLE):
            if run_id == first:
                kill(process)

        assert server.finished(first)["state_type"] == "CRASHED", up.logs()
        # A month depends on that run: it is started once more by itself, and its slot is free.
        until(lambda: again(server), up.logs)
        up.says("bị đứt giữa chừng: chạy lại một lần.")
        wait_for_writers(postgres, 2)
        kill(up.part("server", "start"))
    until(lambda: states(settings) == {NAM_CAN: "accepted"}, up.logs)
    up.says("Máy chủ Prefect đã dừng (bị kết thúc bởi SIGKILL); khởi động lại sau 1 giây.")

    until(lambda: answers(f"{server.api}/health"), up.logs)
    deployed = {one["name"]: one["id"] for one in server.post("/deployments/filter")}
    assert "publish-monthly" not in deployed
    Api(server.api).drop_deployment(deployed["somebody-elses"])
    (second,) = again(server)
    assert server.finished(second["id"])["state_type"] in ("COMPLETED", "CRASHED"), up.logs()
    at_work = [run for run in server.flow_runs("ingest") if run["state_type"] in ("RUNNING", "PENDING")]
    assert at_work == []


def test_the_month_is_published(up: Up, settings: Settings, server: PrefectServer) -> None:
    run = server.finished(server.start("publish/publish-daily", as_of=BASELINE))

    assert run["state_type"] == "COMPLETED", (run["state"]["message"], up.logs())
    assert run["name"] == f"publish {BASELINE}"
    assert (settings.current / "warehouse.duckdb").is_file()
    targets = server.artifact("targets")
    assert settings.current.resolve().name in targets["data"]
    # Eight poor households in the small month; the plan's own number for the district beside it.
    assert "| Huyện Năm Căn | Hộ nghèo | giảm số hộ (gồm BTXH) | 8 |" in targets["data"]


def test_what_is_scheduled_is_deployed_in_local_time_and_one_run_at_a_time(server: PrefectServer) -> None:
    written = yaml.safe_load((REPOSITORY / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]
    deployments = server.post("/deployments/filter")
    schedules = {one["name"]: one["schedules"][0]["schedule"] for one in deployments if one["schedules"]}
    crons = {name: schedule["cron"] for name, schedule in schedules.items()}
    assert set(crons) == {one["name"] for one in written} <= deployed_names()
    # Due days stand in the settings alone: no schedule names a day of the month.
    assert {cron.split()[2] for cron in crons.values()} == {"*"}
    (publishing,) = [one for one in deployments if one["name"] == "publish-daily"]
    assert publishing["parameters"] == {"when_due": True}
    assert (
        crons.items()
        >= {
            "ingest-daily": "0 6 * * *",
            "inbox-hourly": "5 * * * *",
            "publish-daily": "30 6 * * *",
            "remind-daily": "30 7 * * *",
            "verify-weekly": "0 3 * * 0",
            "backup-daily": "0 2 * * *",
        }.items()
    )
    assert {schedule["timezone"] for schedule in schedules.values()} == {"Asia/Ho_Chi_Minh"}
    limits = [one["global_concurrency_limit"] for one in deployments]
    assert {limit["limit"] for limit in limits} == {1}
    assert {limit["active_slots"] for limit in limits} == {0}


def test_it_is_seen_from_outside(up: Up, server: PrefectServer, settings: Settings) -> None:
    assert 'giamngheo_part_readable{part="ledger"} 1.0' in httpx.get(up.address("số đo"), trust_env=False).text
    port = int(up.address("số đo").split(":")[2].partition("/")[0])
    until(lambda: server.post("/work_pools/giamngheo/workers/filter"), up.logs)
    ports = {"prefect_port": up.port("trang Prefect"), "review_port": up.port("bàn thẩm định"), "metrics_port": port}
    here = settings.model_copy(update=ports)
    lines = [line for check in (root.holders, machine.ports, services.prefect) for line in check(here)]
    assert {line.mark for line in lines} == {OK}, lines
    said = " ".join(line.says for line in lines)
    assert f"Đang chạy giamngheo up (tiến trình {up.process.pid}, " in said
    for part in ("bàn thẩm định", "số đo", "máy chủ Prefect"):
        assert f": {part} đang chạy." in said
    assert "1 worker đang nhận việc." in said


def test_a_killed_desk_comes_back(up: Up) -> None:
    desk = up.part("cli", "review")
    kill(desk)
    up.says("Bàn thẩm định đã dừng (bị kết thúc bởi SIGKILL); khởi động lại sau 1 giây.")
    until(lambda: answers(up.address("bàn thẩm định")), up.logs)
    assert up.part("cli", "review").pid != desk.pid


def test_a_second_one_and_a_taken_port_are_refused(
    up: Up, settings: Settings, environment: dict[str, str], tmp_path: Path
) -> None:
    def refused(data: Path, *options: str) -> str:
        done = subprocess.run(
            [COMMAND, "up", *options],
            env=clean_environment(GIAMNGHEO_DATA=str(data), **environment),
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        return done.stderr

    assert f"giamngheo up đang chạy trên dữ liệu này rồi ({settings.data})" in refused(settings.data)
    port = str(up.port("trang Prefect"))
    said = refused(tmp_path, "--prefect-port", port, "--review-port", "0")
    assert f"Cổng {port} (máy chủ Prefect) đang có chương trình khác dùng" in said
    assert "--prefect-port" in said


def test_only_what_may_pass_is_tried_again(server: PrefectServer, probed: dict[str, Any]) -> None:
    """A share that drops out is asked again, a wrong computation is not, and an exception is a result."""
    assert probed["calls"] == {"{early}.xlsx": 1, "late.xlsx": 3, "wrong.xlsx": 1}
    assert probed["steps"] == [
        "'{EARLY}.XLSX'",
        "'LATE.XLSX'",
        f"ValueError('{SECRET}')",
        "Unreadable('a value.xlsx', 'a value.xlsx')",
        "validate: wrong.xlsx (a fault of the program, ValueError)",
    ]
    run = server.flow_runs("probe")[0]
    assert run["state_type"] == "COMPLETED"
    states = {task["name"]: task["state_type"] for task in server.task_runs(run["id"])}
    assert states == {
        "receive: {early}.xlsx": "COMPLETED",
        "receive: late.xlsx": "COMPLETED",
        "validate: wrong.xlsx": "FAILED",
        "read: a value.xlsx": "COMPLETED",
    }


def test_a_run_without_work_does_not_turn_red(server: PrefectServer, probed: dict[str, Any]) -> None:
    """The caller hears of it as without Prefect; the server shows a completed run that says why."""
    assert probed["busy"] == "Busy"
    assert probed["publish"].startswith("NothingToPublish")
    skipped = [run["state"] for flow in ("ingest", "publish") for run in server.flow_runs(flow)]
    messages = [state["message"] for state in skipped if state["name"] == "Skipped"]
    assert ["another run has this work" in message for message in messages] == [True, False]
    assert {state["type"] for state in skipped if state["name"] == "Skipped"} == {"COMPLETED"}


def test_a_fault_of_the_system_ends_the_run_as_failed(server: PrefectServer, probed: dict[str, Any]) -> None:
    assert len(probed["faults"]) == 1
    assert "Hết chỗ trên đĩa" in probed["faults"][0]
    failed = [run["state"] for run in server.flow_runs("ingest") if run["state_type"] == "FAILED"]
    assert [re.sub(r"record \d{4}-\d{4}", "record •", state["message"]) for state in failed] == [
        "1 lỗi của hệ thống / faults of the system: receive: 1 of 1 (a fault of the system, OSError: No space left on "
        "device (record •))"
    ]


def test_upkeep_fails_when_something_is_damaged(server: PrefectServer, probed: dict[str, Any]) -> None:
    """Where all is whole the checks complete; a backup without a folder is skipped; a damage turns the run red."""
    ends = {flow: [run["state"] for run in reversed(server.flow_runs(flow))] for flow in ("verify", "backup")}
    assert [(state["name"], state["type"]) for state in ends["verify"]] == [
        ("Completed", "COMPLETED"),
        ("Failed", "FAILED"),
    ]
    assert "1 chỗ hỏng / places damaged (raw: 1)" in ends["verify"][1]["message"]
    assert [state["name"] for state in ends["backup"]] == ["Skipped", "Completed", "Failed"]
    assert "places damaged (raw: 1)" in ends["backup"][2]["message"]


def test_prefect_hears_nothing_of_what_exceptions_quote(server: PrefectServer, probed: dict[str, Any]) -> None:
    runs = [run for flow in ("probe", "ingest") for run in server.flow_runs(flow)]
    told = json.dumps([[run, server.task_runs(run["id"]), server.logs(run["id"])] for run in runs], ensure_ascii=False)
    assert "wrong.xlsx" in told
    assert "StepFault('a fault of the program, ValueError')" in told
    assert SECRET not in told


def test_on_a_dask_cluster_each_file_is_a_task_run_that_says_nothing_of_it(
    server: PrefectServer, tmp_path: Path
) -> None:
    """Prefect's own task runner; one worker, started for the run. One file is rejected, one can't be had back."""
    settings = Settings(data=tmp_path / "data", work="dask", readers=1, settle_seconds=0, _env_file=None)  # type: ignore[call-arg]
    settings.inbox.mkdir(parents=True)
    secret = a_month()
    secret.household[0] |= {"head_name": SECRET, "head_id_number": "096012345678", "persons": SECRET}
    write_workbook(settings.inbox / "said nothing of.xlsx", secret)
    (settings.inbox / "broken.xlsx").write_bytes(b"PK\x03\x04" + SECRET.encode())
    addresses = {"PREFECT_API_URL": server.api, "PREFECT_HOME": str(tmp_path / "home")}
    environment = clean_environment(PYTHONPATH=str(REPOSITORY), **addresses) | settings.as_environment()
    script = Path(__file__).with_name("prefect_on_dask.py")
    done = subprocess.run(
        [sys.executable, script], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found == {"faults": [], "states": {"broken.xlsx": "unreadable", "said nothing of.xlsx": "rejected"}}
    run = server.flow_runs("ingest")[0]
    assert run["state_type"] == "COMPLETED"
    states = {task["name"]: task["state_type"] for task in server.task_runs(run["id"])}
    assert states.keys() >= {
        *(f"read on the cluster: {path.name[:12]}" for path in settings.raw.iterdir()),
        "validate on the cluster: 1 files",
    }
    assert set(states.values()) == {"COMPLETED"}
    told = json.dumps([run, server.task_runs(run["id"]), server.logs(run["id"])], ensure_ascii=False)
    for word in (SECRET, "Bí Mật", "096012345678"):
        assert word not in told + done.stdout + done.stderr
    for name in ("said nothing of", "broken.xlsx"):
        assert name not in told + done.stderr


def test_it_lets_a_run_end_and_ends_with_everything_that_it_started(
    up: Up, settings: Settings, server: PrefectServer, postgres: PostgresServer
) -> None:
    drop(settings, CITY)
    with stuck(postgres):
        run_id = server.start("ingest/inbox-hourly")
        wait_for_writers(postgres, 1)
        up.process.send_signal(signal.SIGTERM)
        up.says("Đang dừng: chờ lượt đang chạy")
    assert up.process.wait(120) == 0, up.logs()
    assert processes_of(settings.data) == []
    assert up.printed().endswith("Đã dừng.\n")

    assert states(settings) == {NAM_CAN: "accepted", CITY: "accepted"}
    ((name, state),) = postgres.run(f"select name, state_type from flow_run where id = '{run_id}'", "prefect")
    assert state == "COMPLETED", up.logs()
    assert re.fullmatch(r"ingest \d{4}-\d\d-\d\d \d\d:\d\d", str(name))
    tasks = {name for (name,) in postgres.run(f"select name from task_run where flow_run_id = '{run_id}'", "prefect")}
    ((told,),) = postgres.run(f"select data from artifact where flow_run_id = '{run_id}'", "prefect")
    (verdict,) = json.loads(told) if isinstance(told, str) else told
    assert (verdict["Huyện"], verdict["Kỳ"], verdict["Kết quả"]) == (CITY, BASELINE, "chấp nhận")
    assert {"receive: 1 of 1", f"read: {verdict['Mã tệp']}", f"accept: {verdict['Mã tệp']}"} <= tasks
    assert "Báo cáo" not in str([tasks, verdict, postgres.run("select message from log", "prefect")])
    log = (settings.data / "logs" / "giamngheo.jsonl").read_text(encoding="utf-8")
    mine = [line for line in map(json.loads, log.splitlines()) if line.get("run") == run_id]
    assert {"run.started", "file.judged", "run.finished"} <= {line["event"] for line in mine}
    (judged,) = [line for line in mine if line["event"] == "file.judged"]
    assert judged["submission"].startswith(verdict["Mã tệp"])


def test_nothing_outlives_one_that_was_killed(settings: Settings, environment: dict[str, str], tmp_path: Path) -> None:
    """Its parts end with it; what does not is ended by the next one."""
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(600)"
    with (
        subprocess.Popen(
            [sys.executable, "-c", deaf], env={MARK: str(settings.data)}, stdout=subprocess.PIPE
        ) as leftover,
        starting_up(
            settings.data, tmp_path / "up.txt", "--prefect-port", "0", "--review-port", "0", **environment
        ) as killed,
    ):
        assert leftover.wait(60) == -signal.SIGKILL
        killed.says("Lần chạy trước bị ngắt: kết thúc 1 tiến trình còn lại của nó.")
        # Server, desk and metrics; the others wait for the server.
        until(lambda: len(processes_of(settings.data)) == 3, killed.logs)
        killed.process.kill()
        until(lambda: not processes_of(settings.data), killed.logs)


def answers(address: str) -> bool:
    try:
        return httpx.get(address, timeout=5, follow_redirects=True, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False
