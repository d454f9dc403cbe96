"""A real Prefect server and worker on loopback, in a home of their own, for as long as a test needs them."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil

REPOSITORY = Path(__file__).resolve().parents[2]
SERVER_PATIENCE_SECONDS = 120
RUN_PATIENCE_SECONDS = 120
FINAL_STATES = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")


class PrefectServer:
    """The server's address, the environment that leads to it, and questions to its API."""

    def __init__(self, home: Path, port: int) -> None:
        self.home = home
        self.port = port
        self.api = f"http://127.0.0.1:{port}/api"
        self._http = httpx.Client(base_url=self.api, timeout=30, trust_env=False)

    def environment(self, **others: str) -> dict[str, str]:
        """This process's environment without anybody's own settings, leading to this server."""
        foreign = ("PREFECT_", "GIAMNGHEO_")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        return inherited | {
            "PREFECT_HOME": str(self.home),
            "PREFECT_API_URL": self.api,
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            # The test starts its runs itself; a full hour must not start another one.
            "PREFECT_SERVER_SERVICES_SCHEDULER_ENABLED": "false",
            "PREFECT_SERVER_UI_ENABLED": "false",
            "PREFECT_WORKER_QUERY_SECONDS": "2",
            "DO_NOT_TRACK": "1",
            "GX_ANALYTICS_ENABLED": "false",
            "NO_PROXY": "127.0.0.1,localhost",
            **others,
        }

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

    def finished(self, flow_run_id: str) -> dict[str, Any]:
        """A flow run once it is over."""
        give_up = time.monotonic() + RUN_PATIENCE_SECONDS
        while time.monotonic() < give_up:
            run: dict[str, Any] = self.get(f"/flow_runs/{flow_run_id}")
            if run["state_type"] in FINAL_STATES:
                return run
            time.sleep(0.5)
        raise TimeoutError(f"flow run {run['name']} is still {run['state_name']}\n{self.output()}")

    def is_healthy(self) -> bool:
        try:
            return bool(self._http.get("/health").json())
        except (httpx.HTTPError, ValueError):
            return False

    def output(self) -> str:
        """The end of what server and worker printed, for the message of a test that fails."""
        logs = sorted(self.home.glob("*.log"))
        return "\n".join(f"--- {log.name}\n{log.read_text(errors='replace')[-4000:]}" for log in logs)


@contextlib.contextmanager
def running_server(home: Path) -> Iterator[PrefectServer]:
    """A fresh server, gone with all its children at the end."""
    home.mkdir(parents=True)
    server = PrefectServer(home, _free_port())
    start = ["server", "start", "--host", "127.0.0.1", "--port", str(server.port)]
    with running("server", start, home, server.environment()) as process:
        give_up = time.monotonic() + SERVER_PATIENCE_SECONDS
        while not server.is_healthy():
            if process.poll() is not None or time.monotonic() > give_up:
                raise RuntimeError(f"the Prefect server did not start\n{server.output()}")
            time.sleep(0.5)
        yield server


@contextlib.contextmanager
def running(
    name: str, arguments: list[str], home: Path, environment: dict[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """`prefect ARGUMENTS` in the background; what it prints goes to a file in `home`."""
    with open(home / f"{name}.log", "wb") as output:
        process = subprocess.Popen(
            prefect_command(arguments), cwd=home, env=environment, stdout=output, stderr=output, start_new_session=True
        )
        try:
            yield process
        finally:
            _end(process)


def prefect_command(arguments: list[str]) -> list[str]:
    return [sys.executable, "-m", "prefect", *arguments]


def prefect(arguments: list[str], environment: dict[str, str]) -> str:
    """Run `prefect ARGUMENTS` in the repository and return what it prints."""
    done = subprocess.run(
        prefect_command(arguments), cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process and what it started; flow runs have process groups of their own."""
    try:
        family = psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        family = []
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=10)
    for member in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            member.kill()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=10)
    psutil.wait_procs(family, timeout=10)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
