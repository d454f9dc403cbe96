"""`giamngheo up` for real, on a data root and ports of its own, and questions to its Prefect server."""

import contextlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil

from up.lost_runs import processes_with
from up.run import MARK

REPOSITORY = Path(__file__).resolve().parents[2]
COMMAND = Path(sys.executable).with_name("giamngheo")
PATIENCE_SECONDS = 180
FINAL_STATES = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")


class PrefectServer:
    """Questions to a server's API."""

    def __init__(self, port: int) -> None:
        self.api = f"http://127.0.0.1:{port}/api"
        self._http = httpx.Client(base_url=self.api, timeout=30, trust_env=False)

    def post(self, path: str, **body: Any) -> Any:
        return self._http.post(path, json=body).raise_for_status().json()

    def get(self, path: str) -> Any:
        return self._http.get(path).raise_for_status().json()

    def flow_runs(self, flow: str) -> list[dict[str, Any]]:
        """The runs of a flow, the latest first."""
        found: list[dict[str, Any]] = self.post(
            "/flow_runs/filter", flows={"name": {"any_": [flow]}}, sort="START_TIME_DESC"
        )
        return found

    def task_runs(self, flow_run_id: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.post("/task_runs/filter", flow_runs={"id": {"any_": [flow_run_id]}})
        return found

    def logs(self, flow_run_id: str) -> str:
        found = self.post("/logs/filter", logs={"flow_run_id": {"any_": [flow_run_id]}})
        return "\n".join(entry["message"] for entry in found)

    def artifact(self, key: str) -> dict[str, Any]:
        """The latest artifact of a key."""
        found: dict[str, Any] = self.get(f"/artifacts/{key}/latest")
        return found

    def start(self, deployment: str, **parameters: str) -> str:
        """Start a run of a deployment (flow/name); returns its id."""
        found = self.get(f"/deployments/name/{deployment}")
        run = self.post(f"/deployments/{found['id']}/create_flow_run", parameters=parameters)
        return str(run["id"])

    def run(self, flow_run_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.get(f"/flow_runs/{flow_run_id}")
        return found

    def finished(self, flow_run_id: str) -> dict[str, Any]:
        """A flow run once it is over, also if the server was away meanwhile."""
        last: list[dict[str, Any]] = []

        def is_over() -> bool:
            with contextlib.suppress(httpx.HTTPError):
                last[:] = [self.run(flow_run_id)]
            return bool(last) and last[0]["state_type"] in FINAL_STATES

        until(is_over, lambda: f"flow run {flow_run_id} is not over: {last}")
        return last[0]


class Up:
    """A running `giamngheo up`: what it printed, where things are, and its processes."""

    def __init__(self, data: Path, process: "subprocess.Popen[bytes]", output: Path) -> None:
        self.data = data
        self.process = process
        self._output = output

    def printed(self) -> str:
        return self._output.read_text(encoding="utf-8")

    def address(self, what: str) -> str:
        """An address of the table that it prints."""
        found = re.search(rf"^  {what} +(\S+)", self.printed(), re.MULTILINE)
        assert found, self.printed()
        return found[1]

    def port(self, what: str) -> int:
        return int(re.search(r":(\d+)/$", self.address(what))[1])  # type: ignore[index]

    def part(self, *words: str) -> psutil.Process:
        """The one child whose command line has these words."""
        (found,) = [
            child for child in psutil.Process(self.process.pid).children() if set(words) <= set(child.cmdline())
        ]
        return found

    def says(self, sentence: str) -> None:
        """Wait until it has printed a sentence."""
        until(lambda: sentence in self.printed(), f"“{sentence}” in: {self.printed()}")

    def logs(self) -> str:
        """The end of every log, for the message of a test that fails."""
        logs = sorted((self.data / "logs").glob("*.log"))
        return self.printed() + "\n".join(f"--- {log.name}\n{log.read_text(errors='replace')[-3000:]}" for log in logs)


@contextlib.contextmanager
def running_up(data: Path, output: Path, *options: str, **environment: str) -> Iterator[Up]:
    """`starting_up`, once everything is up."""
    with starting_up(data, output, *options, **environment) as running:
        until(lambda: "Đã chạy:" in running.printed() or running.process.poll() is not None, running.logs)
        assert running.process.poll() is None, running.logs()
        yield running


@contextlib.contextmanager
def starting_up(data: Path, output: Path, *options: str, **environment: str) -> Iterator[Up]:
    """`giamngheo up OPTIONS` on a data root; whatever it started is gone at the end."""
    with open(output, "wb") as file:
        process = subprocess.Popen(
            [COMMAND, "up", *options],
            cwd=output.parent,
            env=clean_environment(GIAMNGHEO_DATA=str(data), **environment),
            stdout=file,
            stderr=file,
        )
    try:
        yield Up(data, process, output)
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=30)
        process.kill()
        process.wait()
        for left in processes_of(data):
            left.kill()


def processes_of(data: Path) -> list[psutil.Process]:
    """What an `up` on this data root has started, runs and all; their environment says so."""
    return [process for process, root in processes_with(MARK) if root == str(data)]


def clean_environment(**others: str) -> dict[str, str]:
    """This process's environment without anybody's own settings."""
    foreign = ("PREFECT_", "GIAMNGHEO_")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return inherited | {
        # The test starts its runs itself; a full hour must not start another one.
        "PREFECT_SERVER_SERVICES_SCHEDULER_ENABLED": "false",
        "PREFECT_WORKER_QUERY_SECONDS": "1",
        "GIAMNGHEO_SETTLE_SECONDS": "0",
        "GIAMNGHEO_METRICS_PORT": "0",
        **others,
    }


def until(is_so: Callable[[], object], otherwise: str | Callable[[], str]) -> None:
    """Wait for something that will be so."""
    give_up = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        if time.monotonic() > give_up:
            raise TimeoutError(otherwise if isinstance(otherwise, str) else otherwise())
        time.sleep(0.2)
