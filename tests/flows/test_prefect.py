"""Prefect for real: a server and a worker on loopback, deployed, triggered, and seen to complete."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prefect_probe import SECRET
from prefect_server import REPOSITORY, PrefectServer, prefect, running, running_server

from forms.workbook import write_workbook
from ledger.events import Ledger
from ledger.states import derive_state
from sample.year import generate_year
from settings import Settings

BASELINE = "2019-12"
CITY, NAM_CAN = "964", "971"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrefectServer]:
    with running_server(tmp_path_factory.mktemp("prefect") / "home") as server:
        yield server


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(data=tmp_path_factory.mktemp("province"), _env_file=None)  # type: ignore[call-arg]


@pytest.fixture(scope="module")
def deployed(server: PrefectServer, settings: Settings) -> Iterator[dict[str, str]]:
    """The environment of a machine where `prefect.yaml` is deployed and a worker waits."""
    environment = server.environment(
        GIAMNGHEO_HOME=str(REPOSITORY), GIAMNGHEO_DATA=str(settings.data), GIAMNGHEO_SETTLE_SECONDS="0"
    )
    prefect(["work-pool", "create", "giamngheo", "--type", "process"], environment)
    prefect(["--no-prompt", "deploy", "--all"], environment)
    worker = ["worker", "start", "--pool", "giamngheo", "--type", "process"]
    with running("worker", worker, server.home, environment):
        yield environment


@pytest.fixture(scope="module")
def probed(server: PrefectServer, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What flow runs gave back to the process that called them."""
    data = tmp_path_factory.mktemp("probe")
    environment = server.environment(GIAMNGHEO_DATA=str(data), GIAMNGHEO_SETTLE_SECONDS="0", PYTHONPATH=str(REPOSITORY))
    script = Path(__file__).with_name("prefect_probe.py")
    done = subprocess.run(
        [sys.executable, str(script)], cwd=data, env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def trigger(server: PrefectServer, environment: dict[str, str], deployment: str, *parameters: str) -> dict[str, Any]:
    """Start a run of a deployment from the command line and wait for its end."""
    printed = prefect(["deployment", "run", deployment, *parameters], environment)
    found = re.search(r"UUID: (\S+)", printed)
    assert found, printed
    return server.finished(found[1])


def test_a_month_goes_from_the_inbox_to_a_release(
    server: PrefectServer, settings: Settings, deployed: dict[str, str]
) -> None:
    """The inbox is looked into, both workbooks are accepted, and a release of the month is published."""
    settings.inbox.mkdir()
    year = generate_year(last=BASELINE)
    for district in (CITY, NAM_CAN):
        write_workbook(settings.inbox / f"Báo cáo {district}.xlsx", year[BASELINE, district])

    run = trigger(server, deployed, "ingest/inbox-hourly")

    assert run["state_type"] == "COMPLETED", (run["state"]["message"], server.output())
    assert re.fullmatch(r"ingest \d{4}-\d\d-\d\d \d\d:\d\d", run["name"])
    ledger = Ledger(settings.database_url)
    state = derive_state(ledger.events())
    ledger.close()
    assert [(one.slot, one.state) for one in state.submissions.values()] == [
        ((CITY, BASELINE), "accepted"),
        ((NAM_CAN, BASELINE), "accepted"),
    ]
    verdicts = json.loads(server.artifact("verdicts")["data"])
    assert [(row["Tệp"], row["Huyện"], row["Kỳ"], row["Kết quả"]) for row in verdicts] == [
        ("Báo cáo 964.xlsx", CITY, BASELINE, "chấp nhận"),
        ("Báo cáo 971.xlsx", NAM_CAN, BASELINE, "chấp nhận"),
    ]
    names = {task["name"] for task in server.task_runs(run["id"])}
    assert {"receive: Báo cáo 964.xlsx", "read: Báo cáo 964.xlsx", "accept: Báo cáo 971.xlsx"} <= names

    run = trigger(server, deployed, "publish/publish-monthly", "-p", f"as_of={BASELINE}")

    assert run["state_type"] == "COMPLETED", (run["state"]["message"], server.output())
    assert run["name"] == f"publish {BASELINE}"
    assert (settings.current / "warehouse.duckdb").is_file()
    targets = server.artifact("targets")
    assert settings.current.resolve().name in targets["data"]
    assert "| Thành phố Cà Mau | Hộ nghèo | giảm số hộ (gồm BTXH) | 398 | 62 | 398 | 0 |" in targets["data"]


def test_the_schedules_are_in_local_time_and_one_run_at_a_time(server: PrefectServer, deployed: dict[str, str]) -> None:
    deployments = server.post("/deployments/filter")
    schedules = {one["name"]: one["schedules"][0]["schedule"] for one in deployments}
    assert {name: schedule["cron"] for name, schedule in schedules.items()} == {
        "ingest-monthly": "0 6 11 * *",
        "inbox-hourly": "5 * * * *",
        "publish-monthly": "0 6 12 * *",
        "remind-daily": "30 7 * * *",
    }
    assert {schedule["timezone"] for schedule in schedules.values()} == {"Asia/Ho_Chi_Minh"}
    assert [one["global_concurrency_limit"]["limit"] for one in deployments] == [1, 1, 1, 1]


def test_only_what_may_pass_is_tried_again(server: PrefectServer, probed: dict[str, Any]) -> None:
    """A share that drops out is asked again, a wrong computation is not, and an exception is a result."""
    assert probed["calls"] == {"{early}.xlsx": 1, "late.xlsx": 3, "wrong.xlsx": 1}
    assert probed["steps"] == [
        "'{EARLY}.XLSX'",
        "'LATE.XLSX'",
        f"ValueError('{SECRET}')",
        "Unreadable('a value.xlsx', 'a value.xlsx')",
        "validate: wrong.xlsx (ValueError)",
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
    assert "No space left on device" in probed["faults"][0]
    failed = [run["state"] for run in server.flow_runs("ingest") if run["state_type"] == "FAILED"]
    assert [state["message"] for state in failed] == [
        "1 lỗi của hệ thống / faults of the system: receive: lost.xlsx (OSError: No space left on device)"
    ]


def test_prefect_hears_nothing_of_what_exceptions_quote(server: PrefectServer, probed: dict[str, Any]) -> None:
    runs = [run for flow in ("probe", "ingest") for run in server.flow_runs(flow)]
    told = json.dumps([[run, server.task_runs(run["id"]), server.logs(run["id"])] for run in runs], ensure_ascii=False)
    assert "wrong.xlsx" in told
    assert "StepFault('ValueError')" in told
    assert SECRET not in told
