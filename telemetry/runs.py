"""A run from its start to its end: its id in every record, and what the last one of each kind came to.

`logs/runs/FLOW.json` outlives the process and the log's rotation. Nothing rests on it but what is shown.
"""

import contextlib
import datetime as dt
import json
import logging
import os
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from telemetry.faults import outcome_of
from telemetry.file import FOLDER
from telemetry.record import bound, bound_fields, tell, tell_fault

RUNS = "runs"
DONE, FAILED, STOPPED, BUSY = "done", "failed", "stopped", "busy"


@dataclass(frozen=True)
class LastRun:
    """The last run of a flow that did not meet another one's lock. Times are UTC, ISO 8601.

    `outcome` is done, failed, stopped, or what the run itself says (faults, damaged, nothing, blocked, refused).
    `succeeded_at` is when one last ended as done. Since the log began: `runs` by outcome, `faults` of the system.
    """

    flow: str
    run: str
    started_at: str
    finished_at: str
    seconds: float
    outcome: str
    succeeded_at: str | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    runs: Mapping[str, int] = field(default_factory=dict)
    faults: int = 0


class Run:
    """A run under way: `outcome` and `counts` are its own to set."""

    def __init__(self, run: str, flow: str) -> None:
        self.run = run
        self.flow = flow
        self.outcome = DONE
        self.counts: dict[str, int] = {}
        self.about: dict[str, Any] = {}


@contextmanager
def running(data: Path, flow: str, **about: Any) -> Iterator[Run]:
    """Record `run.started` with what is told about it, and `run.finished` however it ends.

    A run inside of another, or of Prefect's, carries that one's id.
    """
    begun_at, begun = dt.datetime.now(dt.UTC), time.monotonic()
    one = Run(str(bound_fields().get("run") or uuid.uuid4()), flow)
    with bound(run=one.run, flow=flow):
        tell("run.started", **about)
        try:
            yield one
        except BaseException as fault:
            one.outcome = outcome_of(fault) or (FAILED if isinstance(fault, Exception) else STOPPED)
            if one.outcome == FAILED:
                tell_fault("run.failed", fault)
            raise
        finally:
            seconds = round(time.monotonic() - begun, 3)
            level = logging.INFO if one.outcome in (DONE, BUSY, "nothing", "refused") else logging.ERROR
            tell("run.finished", level, outcome=one.outcome, seconds=seconds, counts=one.counts or None, **one.about)
            if one.outcome != BUSY:
                _keep(data, one, begun_at, seconds)


def last_runs(data: Path) -> dict[str, LastRun]:
    """Flow → its last run, of those that can be read."""
    found = {}
    for path in sorted((data / FOLDER / RUNS).glob("*.json")):
        with contextlib.suppress(OSError, ValueError, TypeError):
            one = LastRun(**json.loads(path.read_text(encoding="utf-8")))
            found[one.flow] = one
    return found


def _keep(data: Path, one: Run, begun_at: dt.datetime, seconds: float) -> None:
    """By a rename, so that no reader sees half. Not made durable: losing it costs a number on a page."""
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    earlier = last_runs(data).get(one.flow)
    runs = dict(earlier.runs) if earlier else {}
    runs[one.outcome] = runs.get(one.outcome, 0) + 1
    faults = one.counts.get("faults", 0) + (one.outcome == FAILED)
    kept = LastRun(
        flow=one.flow,
        run=one.run,
        started_at=begun_at.isoformat(timespec="seconds"),
        finished_at=now,
        seconds=seconds,
        outcome=one.outcome,
        succeeded_at=now if one.outcome == DONE else earlier.succeeded_at if earlier else None,
        counts=one.counts,
        runs=runs,
        faults=faults + (earlier.faults if earlier else 0),
    )
    with contextlib.suppress(OSError):
        folder = data / FOLDER / RUNS
        folder.mkdir(parents=True, exist_ok=True)
        aside = folder / f".{one.flow}.{os.getpid()}"
        aside.write_text(json.dumps(asdict(kept)) + "\n", encoding="utf-8")
        os.replace(aside, folder / f"{one.flow}.json")
