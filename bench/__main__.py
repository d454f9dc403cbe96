"""The benchmark: `python -m bench [--rounds N] [--quick]`.

Every contender reads the same nine workbooks; they run in turns, so that whatever else the machine does falls
on all of them. Exit code 1 where a ratio, a time or the memory is over its limit.
"""

import argparse
import compileall
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench import desk, hostile, reading, verdict
from bench.data import CACHE, Files, fill_inbox, prepare
from bench.floor import READERS
from bench.process import Measured, giamngheo, measure, module
from bench.report import Line, Results, print_lines, write_page
from settings import REPOSITORY

# How many times over each household stands in the files, and the most that a cold run may take, in floors.
COLD_LIMITS = {1: 4.0, 6: 3.0}
# The most that a warm run may take, in times of the floor's own work.
WARM_LIMIT = 2.5
DEMO_SECONDS = 180.0
PEAK_BYTES = 1.5 * 10**9
# A warm process says what is wrong with the worst file within this time and memory, its readers' included.
VERDICT_SECONDS = 20.0
VERDICT_BYTES = 10**9
# A release of nine districts' thirteen months, made in a process that has made one before; a question to its marts.
PUBLISH_SECONDS = 20.0
QUERY_SECONDS = 0.05
TEN_YEARS_SECONDS = 120.0
TEN_YEARS_BYTES = 2 * 10**9
# The desk's pages, and how much more memory it may come to hold while it gives thousands of them.
HOME_SECONDS, SUBMISSION_SECONDS = 0.15, 0.25
FLAT = 1.1
MONTHS_BEHIND = (1, 12, 60, 120)
# At ten years behind, against one month: taking files in may not grow with the past, a release holds all of it.
MONTHS_LIMITS = {"ingest": 3.0}
PARTS = ("files", "reading", "hostile", "verdict", "year")
LONG = ("year",)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Speed, as ratios within one run.")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of the short contenders")
    parser.add_argument("--quick", action="store_true", help="one round, without by hand, the year and the page")
    parser.add_argument("--only", choices=PARTS, help="one part alone, without the page")
    choice = parser.parse_args()
    rounds = 1 if choice.quick else choice.rounds
    parts = [choice.only] if choice.only else [part for part in PARTS if not (choice.quick and part in LONG)]

    # An installed program has its bytecode; the repository's own modules may not have any yet.
    for path in _own_modules():
        compileall.compile_file(path, quiet=2)
    CACHE.mkdir(parents=True, exist_ok=True)
    results = Results(rounds, os.getloadavg())
    with tempfile.TemporaryDirectory(dir=CACHE, prefix="run-") as name:
        for part in parts:
            for lines in _measured(part, rounds, Path(name), by_hand=not choice.quick):
                results.lines += lines
                print_lines(lines)
    results.load_after = os.getloadavg()
    print(f"\nload of the machine before and after: {results.load_before[0]:.1f}, {results.load_after[0]:.1f}")
    if parts == list(PARTS):
        write_page(REPOSITORY / "docs" / "benchmarks.md", results)
    return 0 if all(line.holds for line in results.lines) else 1


def _measured(part: str, rounds: int, scratch: Path, *, by_hand: bool) -> Iterator[list[Line]]:
    """The lines of one part, a group at a time, as soon as it is measured."""
    if part == "files":
        for times, limit in COLD_LIMITS.items():
            yield _compare(prepare(times), limit, rounds, by_hand=by_hand)
    elif part == "reading":
        yield reading.compare(prepare(min(COLD_LIMITS)), prepare(max(COLD_LIMITS)), rounds)
    elif part == "hostile":
        yield hostile.compare(prepare(1), rounds)
    elif part == "verdict":
        yield _verdict()
    else:
        root = scratch / "data"
        yield _told(root)
        yield _release(root)
        yield _ten_years(root, scratch)
        yield _months(root, scratch)
        yield _desk(root)


def _compare(files: Files, cold_limit: float, rounds: int, *, by_hand: bool) -> list[Line]:
    """All contenders on one set of files."""
    floors: dict[str, list[Measured]] = {reader: [] for reader in READERS}
    cold: list[Measured] = []
    hand: list[Measured] = []
    with tempfile.TemporaryDirectory(dir=CACHE, prefix="run-") as name:
        scratch = Path(name)
        for number in range(rounds):
            _say(f"{files.households:,} households, round {number + 1} of {rounds}")
            for reader, runs in floors.items():
                runs.append(measure(module("floor", files.folder, scratch / f"{reader}-{number}.duckdb", reader)))
            cold.append(_ingest(files, scratch / f"cold-{number}"))
        if by_hand:
            _say(f"{files.households:,} households, by hand")
            hand.append(measure(module("by_hand", files.folder, scratch / "by-hand")))
        # Both readers are fair; the harder one to beat is the floor.
        best = min(floors, key=lambda reader: Line.median([run.seconds for run in floors[reader]]))
        _say(f"{files.households:,} households, warm")
        warm = json.loads(measure(module("warm", files.folder, scratch, rounds, best)).output)

    taken = len(files.paths), json.loads(floors[best][0].output)["rows"]
    size = f"{files.households:,} households"
    floor = Line(size, f"floor: {best}", [run.seconds for run in floors[best]], cpu=_cpu(floors[best]), size=taken)
    lines = [floor]
    for reader in floors.keys() - {best}:
        runs = floors[reader]
        seconds = [run.seconds for run in runs]
        lines.append(Line(size, f"floor: {reader}", seconds, floor.seconds, cpu=_cpu(runs), size=taken))
    lines.append(
        Line(
            size,
            "inbox to accepted, cold",
            [run.seconds for run in cold],
            floor.seconds,
            cold_limit,
            cpu=_cpu(cold),
            peak_bytes=max(run.peak_bytes for run in cold),
            peak_limit=PEAK_BYTES,
            size=taken,
        )
    )
    if hand:
        peak = hand[0].peak_bytes
        seconds = [hand[0].seconds]
        lines.append(Line(size, "by hand", seconds, floor.seconds, cpu=_cpu(hand), peak_bytes=peak, size=taken))
    own = Line(size, "floor's own work, warm", warm["floor"], size=taken)
    lines += [own, Line(size, "inbox to accepted, warm", warm["ingest"], own.seconds, WARM_LIMIT, size=taken)]
    return lines


def _ingest(files: Files, data: Path) -> Measured:
    """`giamngheo ingest` on a fresh data root. Raises RuntimeError unless every file is accepted."""
    fill_inbox(files, data)
    run = measure(giamngheo("ingest", "--json"), {"GIAMNGHEO_DATA": str(data)})
    states = [submission["state"] for submission in json.loads(run.output)["submissions"]]
    if states != ["accepted"] * len(files.paths):
        raise RuntimeError(f"not all of {len(files.paths)} files were accepted: {states}")
    return run


def _verdict() -> list[Line]:
    """A large file in which every row breaks ten rules, in a warm process."""
    size = f"{verdict.HOUSEHOLDS:,} households, each breaking {len(verdict.BROKEN)} rules"
    _say(size)
    folder = verdict.prepare()
    with tempfile.TemporaryDirectory(dir=CACHE, prefix="run-") as scratch:
        took = verdict.Measurement(**json.loads(measure(module("verdict", folder, scratch)).output))
    return [
        Line(
            size,
            "inbox to verdict, warm",
            [took.verdict_seconds],
            seconds_limit=VERDICT_SECONDS,
            cpu=[took.verdict_cpu_seconds],
            peak_bytes=took.peak_bytes + sum(took.reader_peak_bytes),
            peak_limit=VERDICT_BYTES,
        ),
        Line(size, "the marked workbook", [took.return_seconds], cpu=[took.return_cpu_seconds]),
    ]


def _told(root: Path) -> list[Line]:
    """The whole year on a fresh data root."""
    _say("the year's demo")
    demo = measure(giamngheo("demo"), {"GIAMNGHEO_DATA": str(root)})
    return [
        Line(
            "the year",
            "giamngheo demo",
            [demo.seconds],
            seconds_limit=DEMO_SECONDS,
            cpu=_cpu([demo]),
            peak_bytes=demo.peak_bytes,
            peak_limit=PEAK_BYTES,
        )
    ]


def _release(root: Path) -> list[Line]:
    """The year's release made again in a process that has made one before, and asked."""
    _say("the year published again")
    release = json.loads(measure(module("publishing", root)).output)
    return [
        Line("the year", "build, audit and publish, warm", [release["seconds"]], seconds_limit=PUBLISH_SECONDS),
        Line("the year", "the slowest question to the marts", [max(release["queries"])], seconds_limit=QUERY_SECONDS),
    ]


def _ten_years(root: Path, scratch: Path) -> list[Line]:
    _say("ten years")
    ten = measure(module("ten_years", root, scratch / "ten"))
    took = json.loads(ten.output)
    return [
        Line(
            "ten years of nine districts",
            "build and audit",
            [took["build"] + took["audit"]],
            seconds_limit=TEN_YEARS_SECONDS,
            peak_bytes=ten.peak_bytes,
            peak_limit=TEN_YEARS_BYTES,
        )
    ]


def _desk(root: Path) -> list[Line]:
    _say(f"the desk, {desk.ANSWERS:,} answers")
    asked = json.loads(measure(module("desk", root, verdict.prepare())).output)
    return [
        Line("the desk", "24 months of nine districts", asked["home"], seconds_limit=HOME_SECONDS),
        Line(
            "the desk",
            f"a submission with {desk.FINDINGS:,} findings",
            asked["submission"],
            seconds_limit=SUBMISSION_SECONDS,
            # What it holds after thousands of answers, against after the first hundreds.
            peak_bytes=asked["after_bytes"],
            peak_limit=asked["before_bytes"] * FLAT,
        ),
    ]


def _months(root: Path, scratch: Path) -> list[Line]:
    """The next month where more and more months lie behind; each step against one month behind."""
    ran: dict[int, Measured] = {}
    for months in MONTHS_BEHIND:
        _say(f"{months} months behind")
        with tempfile.TemporaryDirectory(dir=scratch) as name:
            ran[months] = measure(module("months", root, name, months))
    took = {months: json.loads(run.output) for months, run in ran.items()}
    return [
        Line(
            "a month with others behind it",
            f"{step}, {months} behind" + (f" ({took[months]['events']:,} events)" if step == "fold" else ""),
            [took[months][step]],
            took[min(took)][step] if months > min(took) else None,
            MONTHS_LIMITS.get(step) if months == max(took) else None,
            peak_bytes=ran[months].peak_bytes if step == "publish" else None,
        )
        for step in ("ingest", "publish", "replay", "home", "status", "fold")
        for months in took
    ]


def _own_modules() -> list[Path]:
    """The repository's modules, without those of hidden and generated folders."""
    rooms = [path for path in REPOSITORY.iterdir() if (path / "__init__.py").exists()]
    return [*REPOSITORY.glob("*.py"), *(module for room in rooms for module in room.rglob("*.py"))]


def _cpu(runs: list[Measured]) -> list[float]:
    return [run.cpu_seconds for run in runs]


def _say(text: str) -> None:
    print(f"… {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
