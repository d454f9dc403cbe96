"""Killed by SIGKILL at every durable step, then run again: the end is that of a run that nobody disturbed.

To put new work on the list: give it a name in WORKS of tests/victim.py and a data root to begin with in `roots`. The
last test here names every durable step of the code that no work reaches.
"""

import ast
import http.server
import json
import random
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from disturbed import Victim, a_month_passes, assert_current_opens, assert_same, begun_roots, copied, look, points

from settings import REPOSITORY

# Durable calls that no work of the harness reaches, and what holds them instead.
ELSEWHERE = {
    "tasks/release make_release rmtree": "on the way out of a fault, which a killed process does not take",
    "tasks/release _remove_abandoned rmtree": "needs a build that was killed: see test_a_killed_build_is_swept_away",
    "tasks/backup back_up rmtree": "needs a backup that was killed: every second one here does it",
    "tasks/backup restore unlink": "the witness of an earlier ledger, in a data root that lost it",
    "tasks/accept write_accepted rmtree": "on the way out of a fault",
    "tasks/files temporary_beside unlink": "on the way out of a fault",
    "tasks/leftovers": "removes what killed runs left, as every second run here does",
    "tasks/ledgers _note replace": "the ledger's witness, which may lag behind: tests/faults/test_damaged.py",
    **dict.fromkeys(
        (
            "tasks/storage raw_file replace",
            "tasks/storage _fetch_accepted replace",
            "tasks/storage _fetch_accepted rmtree",
        ),
        "the cache of what is kept remotely, which may be deleted at any time",
    ),
    "tasks/storage sweep_storage rmtree": "the same cache",
    "tasks/storage sweep_storage unlink": "the same cache",
    "tasks/remote get unlink": "on the way out of a fault",
    "tasks/remote act unlink": "on the way out of a fault",
    "ledger/events append commit": "is `append`",
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
# A rebuild writes accepted tables as an ingest does, and ends in a publication: at these it is killed there.
AS_ELSEWHERE = {
    "rebuild": (
        "tasks/judgements write_judgement replace",
        "tasks/accept write_accepted replace",
        "tasks/build build_warehouse rmtree",
        "tasks/release make_release replace",
        "flows/publish publish append",
    )
}
WORKS = {"ingest", "return", "waive", "accept", "withdraw", "publish", "rollback", "rebuild", "backup", "restore"}
DURABLE = ("replace", "rename", "symlink", "symlink_to", "unlink", "rmtree", "move", "append")


@pytest.fixture(scope="module")
def victim() -> Iterator[Victim]:
    one = Victim()
    yield one
    one.end()


@pytest.fixture(scope="module")
def roots(victim: Victim, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The data root that each work begins with."""
    folder = tmp_path_factory.mktemp("roots")
    begun = begun_roots(victim, folder)
    spoiled = copied(begun["twice"], folder / "spoiled")
    report = next((spoiled / "warehouse" / "releases").glob("2020-01-*/report.xlsx"))
    report.chmod(0o644)
    report.write_bytes(b"")
    emptied = folder / "emptied"
    victim.do("backup", begun["judged"])
    shutil.copytree(begun["judged"].with_name("judged-out"), emptied / ".kept")
    return {
        "ingest": begun["received"],
        "return": begun["judged"],
        "waive": begun["judged"],
        "accept": begun["judged"],
        "withdraw": begun["judged"],
        "publish": begun["accepted"],
        "rollback": begun["twice"],
        "rebuild": spoiled,
        "backup": begun["judged"],
        "restore": emptied,
    }


@pytest.fixture(scope="module")
def undisturbed(victim: Victim, roots: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> "Undisturbed":
    """Of each work, its durable steps in order, and what all looks like afterwards."""
    folder = tmp_path_factory.mktemp("undisturbed")
    found = {}
    for work, root in roots.items():
        whole = copied(root, folder / work)
        steps = victim.do(work, whole)
        assert steps, work
        found[work] = (steps, look_at_all(whole))
    return found


def look_at_all(root: Path) -> dict[str, Any]:
    """The data root, and the backup beside it."""
    found = look(root)
    out = root.with_name(f"{root.name}-out")
    return found | {"out": [look(one) for one in sorted(out.iterdir())] if out.is_dir() else []}


Undisturbed = dict[str, tuple[list[str], dict[str, Any]]]


@pytest.mark.parametrize("work", sorted(WORKS))
def test_killed_before_every_durable_step(
    victim: Victim, roots: dict[str, Path], undisturbed: Undisturbed, tmp_path: Path, work: str
) -> None:
    steps, whole = undisturbed[work]
    for number, (label, nth) in enumerate(points(steps, AS_ELSEWHERE.get(work, ()))):
        root = copied(roots[work], tmp_path / str(number))
        died = victim.run(work, root, at=label, nth=nth)
        assert died["killed"], (label, nth)
        assert_current_opens(root)
        a_month_passes(root)
        victim.do(work, root)
        found = look_at_all(root)
        assert_same(found, whole, (work, label, nth))
        assert found["out"] == whole["out"], (work, label, nth)
        shutil.rmtree(root)


@pytest.mark.parametrize(("work", "times"), [("ingest", 3), ("publish", 1)])
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


NOTICES = {f"tasks/notices {function} commit" for function in ("put", "refresh", "_claim", "_settle")}


def test_a_notice_whose_sender_is_killed_goes_out_nevertheless(
    victim: Victim, roots: dict[str, Path], tmp_path: Path
) -> None:
    """At least once: of a sender that was killed nobody knows whether its last notice had gone out."""
    told: list[str] = []

    class Hook(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["title"])
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"rejected,held|json://127.0.0.1:{server.server_port}"
        how = {"environment": {"GIAMNGHEO_NOTICES": address}}
        steps = victim.do("notify", copied(roots["accept"], tmp_path / "undisturbed"), **how)
        expected = sorted(told)
        assert len(expected) == 2
        assert set(steps) >= NOTICES
        for number, (label, nth) in enumerate(points([step for step in steps if step in NOTICES])):
            told.clear()
            root = copied(roots["accept"], tmp_path / str(number))
            assert victim.run("notify", root, at=label, nth=nth, **how)["killed"], (label, nth)
            with closing(sqlite3.connect(root / "notices.sqlite")) as store:
                # Until a later run: the claim of a sender that died is given up by then.
                store.execute("update sent set claimed_at = 0")
                store.commit()
            victim.do("notify", root, **how)
            assert sorted(set(told)) == expected, (label, nth)
            assert len(told) <= len(expected) + 1, (label, nth)
            with closing(sqlite3.connect(root / "notices.sqlite")) as store:
                assert store.execute("select count(*) from sent where sent_at is null").fetchone() == (0,)
            told.clear()
            victim.do("notify", root, **how)
            assert told == []
        server.shutdown()


def test_every_durable_step_of_the_code_is_on_the_list(undisturbed: Undisturbed) -> None:
    reached = {step for steps, _ in undisturbed.values() for step in steps} | NOTICES
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
        if isinstance(call.func, ast.Attribute) and ast.unparse(call.func) == "self._engine.begin":
            yield "commit"
        if not isinstance(call.func, ast.Attribute) or call.func.attr not in DURABLE:
            continue
        owner = ast.unparse(call.func.value)
        name = call.func.attr
        if (name == "replace" and owner != "os") or (name == "rename" and owner != "os"):
            continue
        if name == "append" and not owner.endswith("ledger"):
            continue
        yield {"symlink_to": "symlink", "move": "rename"}.get(name, name)
