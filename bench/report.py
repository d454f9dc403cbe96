"""The figures as a table in the terminal and as `docs/benchmarks.md`."""

import datetime as dt
import os
import platform
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import psutil

LIBRARIES = (
    "python-calamine",
    "fastexcel",
    "polars",
    "pyarrow",
    "duckdb",
    "great-expectations",
    "pandas",
    "openpyxl",
)
HEADINGS = ("", "seconds", "lowest", "processor s", "files/s", "rows/s", "× floor", "allowed", "peak MB", "verdict")


@dataclass(frozen=True)
class Line:
    """One contender: its rounds, what it is held against, and its limits where it has any.

    `size` is how many files it took, and how many rows they hold on all sheets.
    """

    group: str
    contender: str
    rounds: Sequence[float]
    floor_seconds: float | None = None
    ratio_limit: float | None = None
    seconds_limit: float | None = None
    cpu: Sequence[float] = ()
    peak_bytes: int | None = None
    peak_limit: float | None = None
    size: tuple[int, int] | None = None

    @staticmethod
    def median(rounds: Sequence[float]) -> float:
        return statistics.median(rounds)

    @property
    def seconds(self) -> float:
        return self.median(self.rounds)

    @property
    def ratio(self) -> float | None:
        return self.seconds / self.floor_seconds if self.floor_seconds else None

    @property
    def has_limit(self) -> bool:
        return any(limit is not None for limit in (self.ratio_limit, self.seconds_limit, self.peak_limit))

    @property
    def holds(self) -> bool:
        """Whether every limit that the contender has is kept."""
        pairs = (
            (self.ratio, self.ratio_limit),
            (self.seconds, self.seconds_limit),
            (self.peak_bytes, self.peak_limit),
        )
        return all(value is not None and value <= limit for value, limit in pairs if limit is not None)

    @property
    def cells(self) -> tuple[str, ...]:
        allowed = [f"{self.ratio_limit:g} ×"] if self.ratio_limit else []
        allowed += [f"{self.seconds_limit:g} s"] if self.seconds_limit else []
        allowed += [f"{self.peak_limit / 1e6:,.0f} MB"] if self.peak_limit else []
        return (
            self.contender,
            _seconds(self.seconds),
            _seconds(min(self.rounds)),
            f"{self.median(self.cpu):.2f}" if self.cpu else "",
            f"{self.size[0] / self.seconds:.1f}" if self.size else "",
            f"{self.size[1] / self.seconds:,.0f}" if self.size else "",
            f"{self.ratio:.2f}" if self.ratio else "",
            ", ".join(allowed),
            f"{self.peak_bytes / 1e6:,.0f}" if self.peak_bytes else "",
            ("holds" if self.holds else "OVER") if self.has_limit else "",
        )


def _seconds(value: float) -> str:
    return f"{value:.2f}" if value >= 0.1 else f"{value:.3f}"


@dataclass
class Results:
    """All lines of a run, and how busy the machine was with other work."""

    rounds: int
    load_before: tuple[float, float, float]
    load_after: tuple[float, float, float] = (0.0, 0.0, 0.0)
    lines: list[Line] = field(default_factory=list)

    @property
    def groups(self) -> dict[str, list[Line]]:
        found: dict[str, list[Line]] = {}
        for line in self.lines:
            found.setdefault(line.group, []).append(line)
        return found


def print_lines(lines: Sequence[Line]) -> None:
    """The table of one group."""
    rows = [HEADINGS, *(line.cells for line in lines)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    print(f"\n{lines[0].group}")
    for name, *figures in rows:
        print("  ".join([name.ljust(widths[0]), *(f.rjust(w) for f, w in zip(figures, widths[1:], strict=True))]))
    sys.stdout.flush()


def write_page(path: Path, results: Results) -> None:
    """Write the page anew: what was measured, on what, by which commands."""
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join([*_introduction(), *_machine(results), *_tables(results)]) + "\n", encoding="utf-8")


def _introduction() -> list[str]:
    return [
        "# Speed",
        "",
        "Written by `make bench`. The seconds are this machine's on that day; the claims are ratios within one run,",
        "on the same files. The contenders run in turns; a figure is the rounds' median, the lowest is beside it.",
        "",
        "- *Files*: the nine workbooks of the baseline, December 2019, as they are and with every household six times.",
        "- *Floor*: a process that only reads every sheet with calamine and loads it into a DuckDB file, a transaction",
        "  per workbook; through fastexcel (cells as text, into Arrow) and through python-calamine. The faster of the",
        "  two is the floor. Command: `python -m bench.floor FOLDER DATABASE READER`.",
        "- *Inbox to accepted, cold*: `giamngheo ingest` as a process of its own on a fresh data root, start and",
        "  imports included. All nine files must end up accepted.",
        "- *Inbox to accepted, warm*: the same in one process that has done it once before, on a fresh data root each",
        "  time, against the floor's own work (without start and imports) in that same process.",
        "- *Gate, find and read*: all from the received bytes to tables with cell addresses, in one process and in",
        "  turns with the bare reader, which is python-calamine giving every row of the five sheets; in processor",
        "  seconds. A district of middling size as it is, and the largest with every household six times. Command:",
        "  `python -m bench.reading WORKBOOK TURNS`.",
        "- *By hand*: what an analyst would write: pandas with openpyxl, a dozen and more expectations for each sheet",
        "  of each file in Great Expectations, Parquet and DuckDB. Once: `python -m bench.by_hand FOLDER OUT`.",
        "- *Inbox to verdict, warm*: one workbook in which every household breaks ten rules, in a process that has",
        "  taken a small one before; the counts must be exact. *The marked workbook* that goes back is written in that",
        "  run too, and timed apart. Peak MB: the most that the process and each reader ever held, added up. Once:",
        "  `python -m bench.verdict FOLDER SCRATCH`.",
        "- *Hostile files*: the nine workbooks alone and beside bombs, archives in archives, macros, passwords, broken",
        "  and other harmful files (`bench/hostile_files.py`), both from the start of `giamngheo ingest`. The nine",
        "  must be accepted and every other one refused.",
        "- *The year*: `giamngheo demo` on a fresh data root, set-up apart: 13 months of 9 districts written, ingested",
        "  and published. Once. Then its release made again, reports and public tables included, in a process that has",
        "  published before; and the twenty questions of the analyst's page to its marts, each five times: the slowest",
        "  one's median (`python -m bench.publishing DATA_ROOT`).",
        "- *Months behind*: a data root in which so many months of nine districts are accepted takes in and publishes",
        "  the next month's nine workbooks, in a process that has its imports behind it; a replay of that month, what",
        "  the desk's first page asks of the ledger's state, status and the folding of the ledger follow. × floor:",
        "  against one month behind. Once:",
        "  `python -m bench.months DATA_ROOT SCRATCH MONTHS`.",
        "- *Ten years*: 120 months of nine districts, the sample year's accepted tables over again, built and audited:",
        "  `python -m bench.ten_years DATA_ROOT SCRATCH`. Once.",
        "- *The desk*: the year told over 24 months, and a workbook with 50,000 listed findings in it; a real server",
        "  and a real HTTP client, signed in: 40 answers each, then thousands more to see whether its memory grows.",
        "  `python -m bench.desk DATA_ROOT FAULTY_FOLDER`. Once.",
        "- *Files/s, rows/s*: workbooks, and rows of all their sheets, by the seconds of the same line.",
        "- *Processor s*: of the process and its children. It tells work from waiting: the floor uses one processor,",
        "  the pipeline two where two are free. Beside other work the pipeline's ratio rises, the floor's does not.",
        "- *Peak MB*: resident memory of the process and its children together; pages that they share count for each.",
        "",
    ]


def _machine(results: Results) -> list[str]:
    versions = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    before, after = results.load_before[0], results.load_after[0]
    return [
        f"- Date: {dt.date.today():%Y-%m-%d}; rounds: {results.rounds}",
        f"- Machine: {_processor()}, {os.cpu_count()} cores, {psutil.virtual_memory().total / 2**30:.0f} GiB, "
        f"{platform.system()} {platform.machine()}",
        f"- Python {platform.python_version()}; {versions}",
        f"- Load of the machine before and after: {before:.1f} and {after:.1f} "
        "(the benchmark itself brings 1 to 2; more is other work beside it)",
        "",
    ]


def _processor() -> str:
    """The processor's model where the system tells it."""
    told = Path("/proc/cpuinfo")
    if told.exists():
        for line in told.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or "processor unknown"


def _tables(results: Results) -> list[str]:
    text = []
    for group, lines in results.groups.items():
        text += [f"## {group[0].upper()}{group[1:]}", "", f"| {' | '.join(HEADINGS)} |"]
        text += ["|---|" + "---:|" * (len(HEADINGS) - 2) + "---|"]
        text += [f"| {' | '.join(line.cells)} |" for line in lines]
        text += [""]
    return text[:-1]
