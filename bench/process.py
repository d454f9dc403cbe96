"""Run a process and say how long it took and how much memory it held together with its children."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from settings import REPOSITORY

# Memory is looked at this often: seldom enough to cost nothing, often enough for runs of a few seconds.
SAMPLE_SECONDS = 0.1
# What might send a run elsewhere, or give it other settings than the defaults.
_OTHERS_SETTINGS = ("GIAMNGHEO_", "PREFECT_")


@dataclass(frozen=True)
class Measured:
    """One process that ran to its end: wall clock, processor time and peak memory of it and its children."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int
    output: str


def measure(command: Sequence[str], settings: Mapping[str, str] | None = None) -> Measured:
    """Run a command in the repository. Raises RuntimeError where it ends with a fault."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(_OTHERS_SETTINGS)}
    # What earlier contenders have written is on disk before the clock starts.
    os.sync()
    before = os.times()
    started = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=REPOSITORY,
        env=environment | dict(settings or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with _Memory(process.pid) as memory:
        output, errors = process.communicate()
    seconds = time.perf_counter() - started
    after = os.times()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}: {errors.strip()[-2000:]}")
    cpu_seconds = after.children_user + after.children_system - before.children_user - before.children_system
    return Measured(seconds, cpu_seconds, memory.peak_bytes, output)


def module(name: str, *arguments: str | int | Path) -> list[str]:
    """The command that runs one of this package's modules."""
    return [sys.executable, "-m", f"bench.{name}", *map(str, arguments)]


def giamngheo(*arguments: str) -> list[str]:
    """The command as a user has it, from the same environment."""
    return [str(Path(sys.executable).with_name("giamngheo")), *arguments]


class _Memory:
    """Watches a process and its children from a thread; pages that they share count once for each."""

    def __init__(self, pid: int) -> None:
        self.peak_bytes = 0
        self._pid = pid
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> "_Memory":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(SAMPLE_SECONDS):
            self.peak_bytes = max(self.peak_bytes, _resident(self._pid))


def _resident(pid: int) -> int:
    try:
        parent = psutil.Process(pid)
        family = [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    total = 0
    for process in family:
        try:
            total += process.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total
