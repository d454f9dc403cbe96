"""What reading a clean workbook costs over the bare reader: gate, find the table, read, in one process with it.

The bare reader is python-calamine giving every row of all five sheets. Both are measured in processor seconds, in
turns, so that other work on the machine falls on neither. As a process of its own, imports apart:
`python -m bench.reading WORKBOOK TURNS`; prints the seconds of every turn of both, and the households read.
"""

import io
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import python_calamine

from bench.data import Files
from bench.process import measure, module
from bench.report import Line
from tasks.read import read_workbook

# The most that gate, find and read may take together, in times of the bare reader.
LIMIT = 1.5
TYPICAL_TURNS, LONG_TURNS = 40, 7


def compare(typical: Files, large: Files, rounds: int) -> list[Line]:
    """The district of middling size as it is, and the largest district of the enlarged ones."""
    paths = sorted(typical.paths, key=lambda path: path.stat().st_size)
    longest = max(large.paths, key=lambda path: path.stat().st_size)
    lines = []
    for path, turns in ((paths[len(paths) // 2], TYPICAL_TURNS), (longest, LONG_TURNS)):
        took = json.loads(measure(module("reading", path, turns * rounds)).output)
        group = f"reading one workbook of {took['households']:,} households, in processor seconds"
        bare = Line(group, "python-calamine, every row", took["bare"])
        lines += [bare, Line(group, "gate, find and read", took["read"], bare.seconds, LIMIT)]
    return lines


def run(content: bytes, turns: int) -> dict[str, list[float] | int]:
    """Processor seconds per turn of the bare reader and of ours, after one turn that does not count."""
    seconds: dict[str, list[float]] = {"bare": [], "read": []}
    for _ in range(turns + 1):
        seconds["bare"].append(_took(lambda: bare_rows(content)))
        seconds["read"].append(_took(lambda: read_workbook(content, "a.xlsx")))
    households = read_workbook(content, "a.xlsx").tables["household"].rows.height
    return {**{name: all_turns[1:] for name, all_turns in seconds.items()}, "households": households}


def bare_rows(content: bytes) -> dict[str, list[list[object]]]:
    """Every sheet's rows from A1 on, as python-calamine has them."""
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
    return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}


def _took(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def main() -> None:
    path, turns = sys.argv[1:]
    print(json.dumps(run(Path(path).read_bytes(), int(turns))))


if __name__ == "__main__":
    main()
