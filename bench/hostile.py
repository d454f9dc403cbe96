"""Nine good workbooks alone, and beside as many kinds of hostile files: the good are accepted in the normal time."""

import json
import tempfile
from pathlib import Path

from bench.data import CACHE, Files, fill_inbox
from bench.hostile_files import drop, hostile_files
from bench.process import Measured, giamngheo, measure
from bench.report import Line

# The most that it may take with the hostile files, in times of what the good ones take alone.
LIMIT = 1.5


def compare(files: Files, rounds: int) -> list[Line]:
    """`giamngheo ingest` from its start, on fresh data roots, with and without the hostile files in turns."""
    alone: list[Measured] = []
    beside: list[Measured] = []
    with tempfile.TemporaryDirectory(dir=CACHE, prefix="run-") as name:
        for number in range(rounds):
            alone.append(_ingest(files, Path(name) / f"alone-{number}"))
            beside.append(_ingest(files, Path(name) / f"beside-{number}", with_hostile=True))
    group = "hostile files"
    good = Line(group, "nine good files alone", [run.seconds for run in alone], cpu=[run.cpu_seconds for run in alone])
    return [
        good,
        Line(
            group,
            "beside hostile ones",
            [run.seconds for run in beside],
            good.seconds,
            LIMIT,
            cpu=[run.cpu_seconds for run in beside],
            peak_bytes=max(run.peak_bytes for run in beside),
        ),
    ]


def _ingest(files: Files, data: Path, *, with_hostile: bool = False) -> Measured:
    """Raises RuntimeError unless every good file is accepted and every other one is unreadable."""
    fill_inbox(files, data)
    hostile = hostile_files(files.paths[0].read_bytes()) if with_hostile else {}
    drop(hostile, data / "inbox")
    run = measure(giamngheo("ingest", "--json"), {"GIAMNGHEO_DATA": str(data)})
    states = sorted(submission["state"] for submission in json.loads(run.output)["submissions"])
    if states != ["accepted"] * len(files.paths) + ["unreadable"] * len(hostile):
        raise RuntimeError(f"not {len(files.paths)} files accepted and {len(hostile)} unreadable: {states}")
    return run
