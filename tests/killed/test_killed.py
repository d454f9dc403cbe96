"""Killed by SIGKILL at every durable step, then run again: the end is that of a run that nobody disturbed."""

import ast
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from small_district import a_household, a_month, households

from forms.month import DistrictMonth
from forms.workbook import write_workbook
from ledger.events import Ledger
from settings import REPOSITORY

# Durable calls that no work of the harness reaches, and what holds them instead.
ELSEWHERE = {
    "tasks/backup": "tests/flows/test_upkeep.py: a backup that was cut off is no backup",
    "tasks/release make_release rmtree": "on the way out of a fault, which a killed process does not take",
    "tasks/release _remove_abandoned rmtree": "needs a build that was killed: see test_a_killed_build_is_swept_away",
    "tasks/accept write_accepted rmtree": "on the way out of a fault",
    "tasks/files temporary_beside unlink": "on the way out of a fault",
    "tasks/leftovers": "removes what killed runs left, as every second run here does",
    "flows/demo": "the sample's own files",
    "tasks/pseudonym pseudonym_key replace": "before any file is read; the key is fixed here, so that runs compare",
    "tasks/receive set_aside unlink": "the note of a file that could not be taken before",
    "tasks/files write_bytes replace": "named after who asks for it",
    "flows/ingest _receive append": "is `take`, inside of it",
    "ledger/versions": "tests/ledger/test_versions.py: killed in between",
    "flows/ingest _refuse append": "as _conclude, for a file that can't be opened",
    "tasks/mend set_aside_damaged rmtree": "an older damaged release of the same name",
    "tasks/release switch unlink": "the link that a killed run left",
}
# Where a file lay on the disk differs with every copy of it; a release may be finished already by the killed run.
NOT_COMPARED = {"mark": None, "created": None}
# A rebuild ends in a publication: at these it is killed there.
AS_ELSEWHERE = {
    "rebuild": (
        "tasks/judgements write_judgement replace",
        "tasks/release make_release replace",
        "flows/publish publish append",
    )
}
DURABLE = ("replace", "rename", "symlink", "symlink_to", "unlink", "rmtree", "move", "append")


class Victim:
    """The process that does the work, and dies at it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, Path(__file__).with_name("victim.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=REPOSITORY,
        )

    def run(self, work: str, root: Path, **how: Any) -> dict[str, Any]:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps({"work": work, "root": str(root), **how}) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def do(self, work: str, root: Path) -> list[str]:
        """Undisturbed; returns its durable steps."""
        answer = self.run(work, root)
        assert answer["exit"] == 0, (work, answer)
        steps: list[str] = answer["steps"]
        return steps

    def end(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(60)


@pytest.fixture(scope="module")
def victim() -> Iterator[Victim]:
    one = Victim()
    yield one
    one.end()


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


@pytest.fixture(scope="module")
def roots(victim: Victim, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The data root that each work begins with."""
    folder = tmp_path_factory.mktemp("roots")
    received = folder / "received"
    (received / "inbox").mkdir(parents=True)
    for name, month in the_months().items():
        write_workbook(received / "inbox" / f"{name}.xlsx", month)
    (received / "inbox" / "link.xlsx").symlink_to("good.xlsx")
    judged = copied(received, folder / "judged")
    victim.do("ingest", judged)
    published = copied(judged, folder / "published")
    victim.do("publish", published)
    twice = copied(published, folder / "twice")
    victim.do("accept", twice)
    victim.do("publish", twice)
    spoiled = copied(twice, folder / "spoiled")
    report = next((spoiled / "warehouse" / "releases").glob("2020-01-*/report.xlsx"))
    report.chmod(0o644)
    report.write_bytes(b"")
    return {
        "ingest": received,
        "return": judged,
        "waive": judged,
        "accept": judged,
        "withdraw": judged,
        "publish": twice_accepted(victim, published, folder),
        "rollback": twice,
        "rebuild": spoiled,
    }


def twice_accepted(victim: Victim, published: Path, folder: Path) -> Path:
    """With a release of the first month, and the second month accepted since."""
    root = copied(published, folder / "accepted")
    victim.do("accept", root)
    return root


def copied(source: Path, target: Path) -> Path:
    return Path(shutil.copytree(source, target, symlinks=True))


def look(root: Path) -> dict[str, Any]:
    """All that must be equal: every file's bytes, and the ledger without the hash of the row before.

    A DuckDB file is compared by its tables, which are beside it as Parquet and CSV; a manifest has the time of its
    making, and the hash of that DuckDB file.
    """
    files: dict[str, Any] = {}
    for path in sorted(root.rglob("*")):
        place = path.relative_to(root).as_posix()
        if path.is_symlink():
            files[place] = f"-> {path.readlink()}"
        elif path.name == "manifest.json" and "releases" in path.parts:
            manifest = json.loads(path.read_text())
            files[place] = {key: manifest[key] for key in ("release_id", "rows", "submissions", "input_hash")}
        elif path.is_file() and path.suffix not in (".duckdb", ".lock") and not path.name.startswith("ledger.sqlite"):
            files[place] = hashlib.sha256(path.read_bytes()).hexdigest()
    ledger = Ledger(f"sqlite:///{root / 'ledger.sqlite'}")
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


def points(work: str, steps: list[str]) -> list[tuple[str, int]]:
    """Before the first and the last time of each durable step; those between are alike."""
    counts = Counter(step for step in steps if step not in AS_ELSEWHERE.get(work, ()))
    return [(label, nth) for label, count in counts.items() for nth in sorted({1, count})]


@pytest.fixture(scope="module")
def undisturbed(victim: Victim, roots: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> "Undisturbed":
    """Of each work, its durable steps in order, and what all looks like afterwards."""
    folder = tmp_path_factory.mktemp("undisturbed")
    found = {}
    for work, root in roots.items():
        whole = copied(root, folder / work)
        steps = victim.do(work, whole)
        assert steps, work
        found[work] = (steps, look(whole))
    return found


Undisturbed = dict[str, tuple[list[str], dict[str, Any]]]


@pytest.mark.parametrize("work", ["ingest", "return", "waive", "accept", "withdraw", "publish", "rollback", "rebuild"])
def test_killed_before_every_durable_step(
    victim: Victim, roots: dict[str, Path], undisturbed: Undisturbed, tmp_path: Path, work: str
) -> None:
    steps, whole = undisturbed[work]
    for number, (label, nth) in enumerate(points(work, steps)):
        root = copied(roots[work], tmp_path / str(number))
        died = victim.run(work, root, at=label, nth=nth)
        assert died["killed"], (label, nth)
        assert_current_opens(root)
        a_month_passes(root)
        victim.do(work, root)
        assert_same(look(root), whole, (work, label, nth))
        shutil.rmtree(root)


@pytest.mark.parametrize(("work", "times"), [("ingest", 6), ("publish", 2)])
def test_killed_at_random_times(
    victim: Victim, roots: dict[str, Path], undisturbed: Undisturbed, tmp_path: Path, work: str, times: int
) -> None:
    _, whole = undisturbed[work]
    chance = random.Random(2020)
    for number in range(times):
        root = copied(roots[work], tmp_path / str(number))
        victim.run(work, root, after=chance.uniform(0.05, 2.0))
        assert_current_opens(root)
        a_month_passes(root)
        victim.do(work, root)
        assert_same(look(root), whole, (work, number))
        shutil.rmtree(root)


def test_a_killed_build_is_swept_away(victim: Victim, roots: dict[str, Path], tmp_path: Path) -> None:
    root = copied(roots["publish"], tmp_path / "root")
    died = victim.run("publish", root, at="tasks/release make_release replace")
    assert died["killed"]
    assert list((root / "warehouse" / "releases").glob(".tmp-*"))
    victim.do("publish", root)
    assert not list((root / "warehouse" / "releases").glob(".tmp-*"))


def test_every_durable_step_of_the_code_is_on_the_list(undisturbed: Undisturbed) -> None:
    reached = {step for steps, _ in undisturbed.values() for step in steps}
    missing = {
        step
        for step in durable_calls()
        if step not in reached and step not in ELSEWHERE and step.split(" ")[0] not in ELSEWHERE
    }
    assert missing == set()


def durable_calls() -> set[str]:
    """Every rename, link, removal and commit in the code, as `module function step`."""
    found = set()
    for room in ("flows", "tasks", "ledger"):
        for path in (REPOSITORY / room).rglob("*.py"):
            module = path.relative_to(REPOSITORY).with_suffix("").as_posix()
            for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(function, ast.FunctionDef):
                    found |= {f"{module} {function.name} {step}" for step in steps_in(function)}
    return found


def steps_in(function: ast.FunctionDef) -> Iterator[str]:
    for call in ast.walk(function):
        if not isinstance(call, ast.Call):
            continue
        if isinstance(call.func, ast.Name) and call.func.id == "write_bytes":
            yield "replace"
        if not isinstance(call.func, ast.Attribute) or call.func.attr not in DURABLE:
            continue
        owner = ast.unparse(call.func.value)
        name = call.func.attr
        if (name == "replace" and owner != "os") or (name == "rename" and owner != "os"):
            continue
        if name == "append" and not owner.endswith("ledger"):
            continue
        yield {"symlink_to": "symlink", "move": "rename"}.get(name, name)


def assert_same(found: dict[str, Any], whole: dict[str, Any], where: object) -> None:
    assert found["events"] == whole["events"], where
    different = {
        place: (found["files"].get(place), whole["files"].get(place))
        for place in found["files"].keys() | whole["files"].keys()
        if found["files"].get(place) != whole["files"].get(place)
    }
    assert different == {}, where
