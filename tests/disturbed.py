"""Work in a process that is disturbed (tests/victim.py), and what must be equal to undisturbed work afterwards."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
from small_district import a_household, a_month, households

from forms.month import DistrictMonth
from forms.workbook import write_workbook
from ledger.events import Ledger
from settings import REPOSITORY, Settings
from tasks.verify import verify

# Where a file lay on the disk differs with every copy of it; a release may be finished already by the killed run.
# By their bytes: a store has its own order of pages, and the ledger's witness may lag behind.
UNEQUAL = ("ledger.", "notices.sqlite")
NOT_COMPARED = {"mark": None, "created": None}


class Victim:
    """The process that does the work, and is disturbed at it. Orders and answers: tests/victim.py."""

    def __init__(self, environment: dict[str, str] | None = None) -> None:
        self._process = subprocess.Popen(
            [sys.executable, Path(__file__).with_name("victim.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=REPOSITORY,
            env=environment,
        )

    def together(self, *orders: dict[str, Any]) -> list[dict[str, Any]]:
        """Several pieces of work at the same time."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(orders) + "\n")
        self._process.stdin.flush()
        answers: list[dict[str, Any]] = json.loads(self._process.stdout.readline())
        return answers

    def run(self, work: str | list[str], root: Path, **how: Any) -> dict[str, Any]:
        return self.together({"work": work, "root": str(root), **how})[0]

    def do(self, work: str | list[str], root: Path, **how: Any) -> list[str]:
        """Undisturbed; returns its durable steps."""
        answer = self.run(work, root, **how)
        assert answer["exit"] == 0, (work, answer)
        steps: list[str] = answer["steps"]
        return steps

    def end(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(60)


def the_months() -> dict[str, DistrictMonth]:
    """Accepted, rejected, and one that is held since residents double (X05)."""
    rows = households(8)
    good = a_month(rows=rows)
    bad = a_month(rows=[dict(row) for row in rows])
    bad.household[0]["persons"] = "nhiều"
    entered = a_household(household_code="0900", class_previous="MOI", movement="MOI_N")
    held = a_month("2020-01", [*rows, entered], good)
    held.commune[0] |= {"households": 2000, "persons": 8000}
    return {"good": good, "bad": bad, "held": held}


def copied(source: Path, target: Path) -> Path:
    return Path(shutil.copytree(source, target, symlinks=True))


def look(root: Path) -> dict[str, Any]:
    """All that must be equal: every file's bytes, and the events without the hash of the one before.

    A DuckDB file is compared by its tables, which are beside it as Parquet and CSV; a manifest has the time of its
    making, and the hash of that DuckDB file.
    """
    files: dict[str, Any] = {}
    for path in sorted(root.rglob("*")):
        place = path.relative_to(root).as_posix()
        # What was tried is told there, each time.
        if place.startswith("logs"):
            continue
        if path.is_symlink():
            files[place] = f"-> {path.readlink()}"
        elif path.name == "manifest.json" and "releases" in path.parts:
            manifest = json.loads(path.read_text())
            files[place] = {key: manifest[key] for key in ("release_id", "rows", "submissions", "input_hash")}
        elif path.is_file() and path.suffix not in (".duckdb", ".lock") and not path.name.startswith(UNEQUAL):
            files[place] = hashlib.sha256(path.read_bytes()).hexdigest()
    ledger = Ledger(f"sqlite:///{root / 'ledger.sqlite'}", as_it_is=True)
    events = [
        (
            e.kind,
            e.by,
            e.submission_id,
            e.district_code,
            e.period,
            e.reason,
            e.payload | NOT_COMPARED,
        )
        for e in ledger.events()
    ]
    assert ledger.damaged() is None
    ledger.close()
    return {"files": files, "events": sorted(map(repr, events))}


def assert_current_opens(root: Path) -> None:
    current = root / "warehouse" / "current"
    if current.is_symlink():
        with duckdb.connect(str((current / "warehouse.duckdb").resolve()), read_only=True) as connection:
            rows = connection.execute("select count(*) from mart.indicator").fetchone()
        assert rows is not None and rows[0] > 0


def a_month_passes(root: Path) -> None:
    """Until the next run: what the killed one left half written is old by then."""
    for path in root.rglob(".tmp-*"):
        if not path.is_symlink():
            os.utime(path, (0, 0))


def assert_same(found: dict[str, Any], whole: dict[str, Any], where: object) -> None:
    assert found["events"] == whole["events"], where
    different = {
        place: (found["files"].get(place), whole["files"].get(place))
        for place in found["files"].keys() | whole["files"].keys()
        if found["files"].get(place) != whole["files"].get(place)
    }
    assert different == {}, (where, sorted(different))


def points(steps: list[str], elsewhere: tuple[str, ...] = ()) -> list[tuple[str, int]]:
    """Before the first time of each durable step, and the last time of what is appended; those between are alike."""
    counts = Counter(step for step in steps if step not in elsewhere and not step.startswith("telemetry/"))
    return [
        (label, nth)
        for label, count in counts.items()
        for nth in sorted({1, count} if label.endswith((" append", " commit")) else {1})
    ]


def begun_roots(victim: Victim, folder: Path) -> dict[str, Path]:
    """Data roots to begin with, each one step further: files in the inbox, judged, published, published twice.

    `accepted` has a release of the first month, and the second month accepted since.
    """
    received = folder / "received"
    (received / "inbox").mkdir(parents=True)
    for name, month in the_months().items():
        write_workbook(received / "inbox" / f"{name}.xlsx", month)
    (received / "inbox" / "link.xlsx").symlink_to("good.xlsx")
    roots = {"received": received}
    for before, name, work in (
        ("received", "judged", "ingest"),
        ("judged", "published", "publish"),
        ("published", "accepted", "accept"),
        ("accepted", "twice", "publish"),
    ):
        roots[name] = copied(roots[before], folder / name)
        victim.do(work, roots[name])
    return roots


def told(answer: dict[str, Any], *words: str) -> str:
    """The sentence that a failed command line ended in. It is one, has these words, and nobody reads a traceback."""
    said = answer["out"] + answer["err"]
    assert answer["exit"] == 1, said
    assert "Traceback" not in said, said
    sentences = [line for line in said.splitlines() if words[0] in line]
    assert sentences, (words, said)
    for word in words:
        assert word in sentences[0], (word, sentences[0])
    return sentences[0]


def assert_nothing_is_damaged(root: Path) -> None:
    """What is named is whole: raw files, judgements, accepted tables, releases, the chain of events."""
    settings = Settings(data=root, ledger_url="", pseudonym_key="k", last_period="2020-01")
    assert verify(settings, lambda stage, done, total: None) == []
    assert_current_opens(root)
