"""What a file and a row cost at each step, here and on a Dask cluster: `python -m bench.scale`. See docs/scale.md.

Processor seconds, since a machine is rarely quiet: of the run itself (coordinator) and of its readers or workers.
Months of three and of nine districts, enlarged, give the costs by least squares. `--national FOLDER` runs one month of
705 districts, made by repeating the nine, in place of that.
"""

import argparse
import json
import os
import resource
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import distributed
import numpy as np
import psutil
from scipy.optimize import nnls

from bench.data import CACHE, Files, prepare
from bench.national import DISTRICTS, make_national
from flows.dask_cluster import local_cluster
from flows.ingest import ingest
from flows.publish import publish
from flows.runner import DirectRunner, Item, Result
from settings import Settings
from tasks.children import Readers, start_readers

TIMES = (1, 2, 4)
FEW = 3
STEPS = ("receive", "read", "validate", "accept")
READERS = "read, in readers"
MEGABYTE = 1024 * 1024


@dataclass
class Cost:
    """Processor seconds by step, and the most memory that run and largest reader came to hold (bytes)."""

    files: int
    rows: int
    seconds: dict[str, float]
    run_bytes: int = 0
    reader_bytes: int = 0
    wall: float = 0


@dataclass
class Timed(DirectRunner):
    """Runs steps as ever and adds up the processor seconds of this process by step."""

    seconds: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        super().__init__()

    def each(
        self, step: str, function: Callable[[Item], Result], items: Iterable[Item], label: Callable[[Item], str]
    ) -> list[Result | Exception]:
        before = time.process_time()
        try:
            return super().each(step, function, items, label)
        finally:
            self.seconds[step] += time.process_time() - before


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description="Cost of a file and of a row.")
    parser.add_argument("--national", type=Path, help="an empty folder for one national month")
    chosen = parser.parse_args()
    CACHE.mkdir(parents=True, exist_ok=True)
    if chosen.national:
        print(json.dumps(_national(chosen.national), indent=2))
        return
    with tempfile.TemporaryDirectory(dir=CACHE, prefix="scale-") as name:
        scratch = Path(name)
        with _readers(scratch) as readers:
            _run(scratch / "warm", prepare(1), FEW, readers)
            sizes = [(times, files) for times in TIMES for files in (FEW, len(prepare(times).paths))]
            costs = [_run(scratch / f"{times}-{files}", prepare(times), files, readers) for times, files in sizes]
        _print_costs(costs)
        _print_cluster([_on_cluster(scratch, workers) for workers in (1, 2)])


@contextmanager
def _readers(scratch: Path) -> Iterator[Readers]:
    with start_readers(Settings(data=scratch, readers=1)) as readers:
        yield readers


def _run(data: Path, files: Files, number: int, readers: Readers) -> Cost:
    """Take so many files in with a warm reader. Raises RuntimeError where one is not accepted."""
    settings = Settings(data=data, ledger_url="", settle_seconds=0)
    rows = _fill(settings, files, number)
    (child,) = [one for one in psutil.Process().children() if "tasks.child" in one.cmdline()]
    before = _spent(child)
    runner = Timed()
    started = time.perf_counter()
    report = ingest(settings, runner, readers=readers)
    _check(report.faults, [one.state for one in report.state.submissions.values()])
    seconds = {step: runner.seconds[step] for step in STEPS} | {READERS: _spent(child) - before}
    return Cost(number, rows, seconds, _peak(), child.memory_info().rss, time.perf_counter() - started)


def _fill(settings: Settings, files: Files, number: int) -> int:
    """Some of the files in the inbox; how many households all of them together list, as a share of the nine."""
    settings.inbox.mkdir(parents=True)
    for path in files.paths[:number]:
        shutil.copy2(path, settings.inbox / path.name)
    if number == len(files.paths):
        return files.households
    whole = sum(path.stat().st_size for path in files.paths)
    return round(files.households * sum(path.stat().st_size for path in files.paths[:number]) / whole)


def _check(faults: list[str], states: list[str]) -> None:
    if faults or set(states) != {"accepted"}:
        raise RuntimeError(f"not all files were accepted: {Counter(states)} {faults[:3]}")


def _spent(process: psutil.Process) -> float:
    spent = process.cpu_times()
    return float(spent.user + spent.system)


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _print_costs(costs: list[Cost]) -> None:
    print("files    rows  " + "  ".join(f"{step:>16}" for step in costs[0].seconds) + "     run MB  reader MB")
    for one in costs:
        spent = "  ".join(f"{seconds:16.2f}" for seconds in one.seconds.values())
        memory = f"{one.run_bytes / MEGABYTE:9.0f}  {one.reader_bytes / MEGABYTE:9.0f}"
        print(f"{one.files:5}  {one.rows:6}  {spent}  {memory}")
    print("\nstep              s/run    ms/file   µs/row  (least squares, none below 0)")
    # Relative to their sum, so that a small month counts as much as a large one.
    known = np.array([[1, one.files, one.rows] for one in costs], dtype=float)
    for step in costs[0].seconds:
        seconds = np.array([one.seconds[step] for one in costs])
        weight = 1 / np.maximum(seconds, 0.02)
        (run, file, row), _ = nnls(known * weight[:, None], seconds * weight)
        print(f"{step:16}  {run:5.2f}  {file * 1e3:9.1f}  {row * 1e6:7.1f}")


def _on_cluster(scratch: Path, workers: int) -> dict[str, float]:
    """Nine files on so many warm workers: wall seconds, processor seconds of coordinator and of workers."""
    files = prepare(2)
    shared = Settings(data=scratch / f"workers-{workers}", ledger_url="", settle_seconds=0, readers=workers)
    with distributed.LocalCluster(**local_cluster(shared)) as cluster:
        own = shared.model_copy(update={"work": "dask", "dask_scheduler": cluster.scheduler_address})
        # Workers find received files under the data root that they share; the first month warms them up.
        found = {}
        for attempt in ("warm", "measured"):
            shutil.rmtree(own.data, ignore_errors=True)
            _fill(own, files, len(files.paths))
            before = _family()
            mine = time.process_time()
            started = time.perf_counter()
            report = ingest(own, DirectRunner())
            _check(report.faults, [one.state for one in report.state.submissions.values()])
            found = {"workers": workers, "wall": time.perf_counter() - started, "attempt": attempt == "measured"}
            found |= {"coordinator": time.process_time() - mine, "of workers": _family() - before}
    return found


def _family() -> float:
    """Processor seconds of all processes below this one, so far."""
    return sum(_spent(one) for one in psutil.Process().children(recursive=True))


def _print_cluster(found: list[dict[str, float]]) -> None:
    print("\nDask, nine files of twice the households: wall s, processor s of coordinator and of workers")
    for one in found:
        print(f"{one['workers']:.0f} workers  {one['wall']:6.1f}  {one['coordinator']:6.1f}  {one['of workers']:6.1f}")


def _national(folder: Path) -> dict[str, object]:
    """One month of 705 districts, taken in and published; everything is left in the folder."""
    settings = Settings(data=folder / "data", ledger_url="", settle_seconds=0, last_period="2019-12")
    rows = make_national(prepare(2), folder / "plan", settings.inbox)
    import tasks.validate  # noqa: F401 - seconds that have nothing to do with the month

    told: dict[str, object] = {"files": DISTRICTS, "rows": rows, "processors": os.cpu_count()}
    runner = Timed()
    with start_readers(settings) as readers:
        children = [one for one in psutil.Process().children() if "tasks.child" in one.cmdline()]
        started, before = time.perf_counter(), time.process_time()
        report = ingest(settings, runner, readers=readers)
        told |= {"ingest wall s": time.perf_counter() - started, "ingest coordinator s": time.process_time() - before}
        told |= {
            "steps s": dict(runner.seconds),
            "readers s": sum(map(_spent, children)),
            "ingest peak MB": _peak() // MEGABYTE,
        }
        told |= {"reader MB": [one.memory_info().rss // MEGABYTE for one in children]}
    told |= {"states": Counter(one.state for one in report.state.submissions.values()), "faults": report.faults[:5]}
    print(json.dumps(told), file=sys.stderr, flush=True)
    for place in ("raw", "judgements", "warehouse/accepted", "ledger.sqlite"):
        told[f"{place} MB"] = _megabytes(settings.data / place)
    started, before = time.perf_counter(), time.process_time()
    try:
        told["release"] = publish(settings, DirectRunner()).release.release_id
    finally:
        told |= {"publish wall s": time.perf_counter() - started, "publish s": time.process_time() - before}
        told["peak MB"] = _peak() // MEGABYTE
        told["releases MB"] = _megabytes(settings.releases)
        print(json.dumps(told), file=sys.stderr, flush=True)
    return told


def _megabytes(path: Path) -> float:
    files = [path] if path.is_file() else [one for one in path.rglob("*") if one.is_file()]
    return round(sum(one.stat().st_size for one in files) / MEGABYTE, 1)


if __name__ == "__main__":
    main()
