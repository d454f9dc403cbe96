"""One process that stays: ingest after ingest, each on a fresh data root, in turns with the floor's work.

As a process of its own: `python -m bench.warm FOLDER SCRATCH ROUNDS READER`. Prints the seconds of every round
for both; the first ingest warms up and does not count.
"""

import json
import os
import sys
import time
from pathlib import Path

from bench.data import Files, fill_inbox
from bench.floor import load
from flows.ingest import IngestReport, ingest
from flows.runner import DirectRunner
from settings import Settings
from tasks.children import start_readers


def run(files: Files, scratch: Path, rounds: int, reader: str) -> dict[str, list[float]]:
    """Seconds per round of the pipeline (inbox to accepted) and of the floor."""
    seconds: dict[str, list[float]] = {"ingest": [], "floor": []}
    with start_readers(Settings()) as readers:
        for number in range(rounds + 1):
            settings = Settings(data=scratch / f"warm-{number}", ledger_url="")
            fill_inbox(files, settings.data)
            os.sync()
            started = time.perf_counter()
            report = ingest(settings, DirectRunner(), readers=readers)
            ended = time.perf_counter()
            check(report, files)
            database = scratch / f"warm-{number}.duckdb"
            os.sync()
            floor_started = time.perf_counter()
            load(files.folder, database, reader)
            floor_ended = time.perf_counter()
            if number:
                seconds["ingest"].append(ended - started)
                seconds["floor"].append(floor_ended - floor_started)
    return seconds


def check(report: IngestReport, files: Files) -> None:
    """Every file is accepted: a run that refuses quickly is no fast run. Raises RuntimeError."""
    states = [report.state.submissions[one].state for one in report.judged]
    if report.faults or states != ["accepted"] * len(files.paths):
        raise RuntimeError(f"not all of {len(files.paths)} files were accepted: {states} {report.faults}")


def main() -> None:
    folder, scratch, rounds, reader = sys.argv[1:]
    print(json.dumps(run(Files(Path(folder)), Path(scratch), int(rounds), reader)))


if __name__ == "__main__":
    main()
