"""The worst that a district can send: a large workbook in which every household breaks ten rules.

As a process of its own: `python -m bench.verdict FOLDER SCRATCH`. It takes a small file first, so that everything
is loaded, then the large one, and prints what that took as JSON (see Measurement).
"""

import json
import os
import secrets
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TypeVar, cast

import psutil

from bench.data import CACHE, COUNT_FILE, OLD
from flows.ingest import ingest
from flows.runner import DirectRunner
from forms.month import DistrictMonth, Row
from forms.workbook import write_workbook
from ledger.states import ACCEPTED, REJECTED, State
from plan.reference import BASELINE_PERIOD
from sample.scale import enlarged
from sample.year import generate_year
from settings import Settings
from tasks.children import Readers, start_readers
from tasks.judgements import read_findings
from tasks.returned import write_returned

LARGE_DISTRICT, SMALL_DISTRICT = "970", "964"
HOUSEHOLDS = 40_000
LARGE, SMALL = "large.xlsx", "small.xlsx"
# What every household breaks. None of these keeps another from being judged (docs/rules.md, causes and consequences):
# H06 silences only H07; H05 on B1 and H11 only H12; rows that can't be counted C05, M04, F09 and X06.
BROKEN = ("H02", "H03", "H05", "H06", "H08", "H11", "H14", "H16", "H17", "H19")

Result = TypeVar("Result")


@dataclass(frozen=True)
class Measurement:
    """What the large file took, from the inbox to the verdict and for the marked workbook that goes back.

    The marked workbook is written in the same run; it is written once more by itself to tell the two apart.
    Memory is the most that was resident at any time, in bytes: of the process, and of each of its readers.
    """

    verdict_seconds: float
    verdict_cpu_seconds: float
    return_seconds: float
    return_cpu_seconds: float
    peak_bytes: int
    reader_peak_bytes: list[int]


def prepare(households: int = HOUSEHOLDS, cache: Path = CACHE) -> Path:
    """A folder with the large workbook and a small one, which is in order; written once and kept in `cache`."""
    folder = cache / f"faulty-{households}"
    if not folder.exists():
        temporary = cache / f".tmp-{secrets.token_hex(4)}"
        temporary.mkdir(parents=True)
        year = generate_year(last=BASELINE_PERIOD)
        write_workbook(temporary / SMALL, year[BASELINE_PERIOD, SMALL_DISTRICT])
        write_workbook(temporary / LARGE, spoiled(resized(year[BASELINE_PERIOD, LARGE_DISTRICT], households)))
        for path in temporary.iterdir():
            os.utime(path, (OLD, OLD))
        (temporary / COUNT_FILE).write_text(str(households))
        os.replace(temporary, folder)
    return folder


def resized(month: DistrictMonth, households: int) -> DistrictMonth:
    """The month with so many households, each commune with its share of them; the other sheets fit roughly."""
    large = enlarged(month, -(-households // len(month.household)))
    every = large.household
    return replace(large, household=[every[at * len(every) // households] for at in range(households)])


def spoiled(month: DistrictMonth) -> DistrictMonth:
    """The month with every household breaking each rule of BROKEN, once. Every commune needs two households."""
    names = list(dict.fromkeys(row["commune_name"] for row in month.commune))
    other_name = dict(zip(names, [*names[1:], names[0]], strict=True))

    def broken(number: int, row: Row) -> Row:
        return row | {
            "commune_name": other_name[row["commune_name"]],  # H02
            "hamlet": "Ấp 1",  # H03, with the code
            "household_code": "0001",
            "b1_points": 101.5,  # H05
            "persons": 31 + number % 50,  # H06
            "head_sex": "Ông",  # H08
            "b2_points": (cast(int, row["b2_points"]) + 10) % 110,  # H11
            "head_id_number": f"{number:08d}",  # H14
            "head_birth_year": 1800 + number % 100,  # H16
            "ethnicity": "Không rõ",  # H17
            "movement": "TAI_N",  # H19: nobody comes new to a baseline
        }

    return replace(month, household=[broken(number, row) for number, row in enumerate(month.household)])


def run(folder: Path, scratch: Path) -> Measurement:
    """Ingest the small file, then the large one, each on a data root of its own.

    Raises RuntimeError unless the small file is accepted, and the large one rejected for exactly what is broken in it.
    """
    large = Settings(data=scratch / "large", ledger_url="")
    with start_readers(Settings()) as readers:
        _ingest(folder / SMALL, Settings(data=scratch / "small", ledger_url=""), readers, ACCEPTED)
        family = [psutil.Process(), *psutil.Process().children()]
        os.sync()
        state, whole = _timed(family, lambda: _ingest(folder / LARGE, large, readers, REJECTED))
        peak, *reader_peaks = [_most_resident(process.pid) for process in family]
        [submission] = state.submissions.values()
        findings = read_findings(large.judgements, state, submission, large.timezone)
        _, answer = _timed(family, lambda: write_returned(large, submission, findings, readers=readers))
    counts = (submission.judgement or {})["counts"]
    if counts != dict.fromkeys(BROKEN, int((folder / COUNT_FILE).read_text())):
        raise RuntimeError(f"the findings are miscounted: {counts}")
    return Measurement(
        verdict_seconds=whole[0] - answer[0],
        verdict_cpu_seconds=whole[1] - answer[1],
        return_seconds=answer[0],
        return_cpu_seconds=answer[1],
        peak_bytes=peak,
        reader_peak_bytes=reader_peaks,
    )


def _ingest(path: Path, settings: Settings, readers: Readers, expected: str) -> State:
    settings.inbox.mkdir(parents=True)
    shutil.copy2(path, settings.inbox)
    report = ingest(settings, DirectRunner(), readers=readers)
    states = [report.state.submissions[one].state for one in report.judged]
    if report.faults or states != [expected]:
        raise RuntimeError(f"{path.name} ended {states}, not {expected}: {report.faults}")
    return report.state


def _timed(family: Sequence[psutil.Process], work: Callable[[], Result]) -> tuple[Result, tuple[float, float]]:
    """What the work gives; its seconds of wall clock, and of processor in all processes of the family."""
    cpu, started = _cpu_seconds(family), time.perf_counter()
    result = work()
    return result, (time.perf_counter() - started, _cpu_seconds(family) - cpu)


def _cpu_seconds(family: Sequence[psutil.Process]) -> float:
    return sum(times.user + times.system for times in (process.cpu_times() for process in family))


def _most_resident(pid: int) -> int:
    """The most memory that a process ever held, as Linux keeps it.

    Not `ru_maxrss`: that starts at what the process held that this one was forked from.
    """
    status = Path(f"/proc/{pid}/status").read_text()
    kilobytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))
    return 1024 * int(kilobytes)


def main() -> None:
    folder, scratch = sys.argv[1:]
    print(json.dumps(asdict(run(Path(folder), Path(scratch)))))


if __name__ == "__main__":
    main()
