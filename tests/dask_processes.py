"""A real Dask scheduler and workers on loopback, as an operator starts them, for as long as a test needs them."""

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

PATIENCE_SECONDS = 90


class DaskProcesses:
    """The scheduler's address, and workers by name; each has one thread and dies for good when it is killed."""

    def __init__(self, base: Path, environment: Mapping[str, str]) -> None:
        self.base = base
        self._environment = environment
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        where = base / "scheduler.json"
        self._start("scheduler", "dask_scheduler", "--port", "0", "--scheduler-file", str(where))
        self.address = _eventually(lambda: str(json.loads(where.read_text())["address"]))

    def add_worker(self, name: str) -> None:
        """Start one; it is there when `Client.wait_for_workers` says so."""
        folder = self.base / name
        folder.mkdir()
        options = ["--nthreads", "1", "--no-nanny", "--name", name, "--local-directory", str(folder)]
        self._start(name, "dask_worker", self.address, *options)

    def kill(self, name: str) -> None:
        process = self._processes.pop(name)
        process.kill()
        process.wait()

    def close(self) -> None:
        for name in list(self._processes):
            self.kill(name)

    def _start(self, name: str, program: str, *options: str) -> None:
        foreign = ("PREFECT_", "GIAMNGHEO_")
        inherited = {key: value for key, value in os.environ.items() if not key.startswith(foreign)}
        with open(self.base / f"{name}.log", "wb") as log:
            self._processes[name] = subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.{program}", "--host", "127.0.0.1", "--no-dashboard", *options],
                env=inherited | dict(self._environment),
                cwd=self.base,
                stdout=log,
                stderr=log,
            )


@contextlib.contextmanager
def running_dask(base: Path, environment: Mapping[str, str]) -> Iterator[DaskProcesses]:
    """A scheduler without workers; `environment` is what each of them gets besides this process's own."""
    cluster = DaskProcesses(base, environment)
    try:
        yield cluster
    finally:
        cluster.close()


def _eventually(look: object) -> str:
    give_up = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return str(look())  # type: ignore[operator]
        except (OSError, ValueError):
            assert time.monotonic() < give_up, "the Dask scheduler does not start"
            time.sleep(0.1)
