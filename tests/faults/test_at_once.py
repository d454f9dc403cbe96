"""Two runs at once, readers beside writers, and files that change while they are taken."""

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from disturbed import (
    Victim,
    a_month_passes,
    assert_current_opens,
    assert_nothing_is_damaged,
    assert_same,
    copied,
    look,
    told,
)
from reader import QUESTION
from test_full_disk import DECISION, one

BUSY = "Đang có một lần chạy khác trên dữ liệu này"


@pytest.mark.parametrize(
    ("begins", "work", "ends"), [("received", "ingest", "judged"), ("accepted", "publish", "twice")]
)
def test_of_two_alike_one_does_the_work(
    victim: Victim, roots: dict[str, Path], tmp_path: Path, begins: str, work: str, ends: str
) -> None:
    for number in range(2 if work == "ingest" else 1):
        root = copied(roots[begins], tmp_path / str(number))
        order = {"work": [work], "root": str(root)}
        busy, done = sorted(victim.together(order, order), key=lambda answer: -int(answer["exit"]))
        assert done["exit"] == 0, done
        told(busy, BUSY, "Hãy thử lại sau ít phút")
        assert_nothing_is_damaged(root)
        assert_same(look(root), look(roots[ends]), work)


@pytest.mark.begins("judged")
def test_ingest_beside_publish_beside_a_decision(victim: Victim, roots: dict[str, Path], root: Path) -> None:
    held = one(root, "held.xlsx")
    works = (["ingest"], ["publish"], ["accept", held, *DECISION], ["publish"])
    for answer in victim.together(*({"work": work, "root": str(root)} for work in works)):
        if answer["exit"]:
            told(answer, BUSY)
    assert_nothing_is_damaged(root)
    # A decision waits for a run that is under way, so it was recorded.
    assert victim.run(["accept", held, *DECISION], root)["exit"] == 2
    victim.do(["publish"], root)
    assert_nothing_is_damaged(root)
    assert asked(root) == asked(roots["twice"])


def asked(root: Path) -> list[Any]:
    warehouse = root / "warehouse" / "current" / "warehouse.duckdb"
    with duckdb.connect(str(warehouse.resolve()), read_only=True) as connection:
        return list(connection.execute(QUESTION).fetchall()[0])


@contextlib.contextmanager
def reading(root: Path) -> Iterator[dict[str, Any]]:
    """A process that opens `current` all the while; afterwards, what it saw."""
    found: dict[str, Any] = {}
    words = [sys.executable, Path(__file__).with_name("reader.py"), root]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdin is not None
        assert process.stdout.readline() == "ready\n"
        try:
            yield found
        finally:
            process.stdin.close()
            found |= json.loads(process.stdout.read())


@pytest.mark.begins("twice")
def test_readers_see_one_finished_release_or_another(victim: Victim, roots: dict[str, Path], root: Path) -> None:
    """While releases are switched to and fro, built, damaged and rebuilt, and while publishers are killed."""
    (older,) = (path.name for path in (root / "warehouse" / "releases").glob("2019-12-*"))
    whole = [asked(roots["published"]), asked(root)]
    with duckdb.connect(str((root / "warehouse" / "current" / "warehouse.duckdb").resolve()), read_only=True) as held:
        held.execute("begin")
        before = held.execute(QUESTION).fetchall()
        with reading(root) as seen:
            for _ in range(2):
                victim.do(["rollback", older, *DECISION], root)
                victim.do(["publish"], root)
            victim.do(["rollback", older, *DECISION], root)
            for step in ("tasks/release switch symlink", "tasks/release switch replace"):
                assert victim.run(["publish"], root, at=step)["killed"]
                assert_current_opens(root)
            a_month_passes(root)
            victim.do(["publish"], root)
            report = (root / "warehouse" / "current").resolve() / "report.xlsx"
            report.chmod(0o644)
            report.write_bytes(b"")
            victim.do(["rebuild"], root)
        assert held.execute(QUESTION).fetchall() == before
    assert seen["errors"] == []
    assert seen["rounds"] > 10
    assert sorted(seen["seen"]) == sorted(whole)


def test_files_that_grow_or_are_replaced_or_vanish_while_they_are_taken(
    victim: Victim, roots: dict[str, Path], root: Path
) -> None:
    """Whatever the sender does meanwhile: only whole files are received, and each that was finished is, in the end."""
    inbox = root / "inbox"
    first, second = ((inbox / name).read_bytes() for name in ("good.xlsx", "held.xlsx"))
    for path in inbox.iterdir():
        path.unlink()
    done = threading.Event()

    def change() -> None:
        number = 0
        while not done.wait(0.005):
            number += 1
            with open(inbox / "grows.xlsx", "ab") as file:
                file.write(os.urandom(50_000))
            (inbox / ".new").write_bytes((first, second)[number % 2])
            os.replace(inbox / ".new", inbox / "replaced.xlsx")
            (inbox / "vanishes.xlsx").write_bytes(first)
            (inbox / "vanishes.xlsx").unlink()

    sender = threading.Thread(target=change)
    sender.start()
    try:
        for seconds in ("0", "0", "0.2"):
            answer = victim.run(["ingest"], root, environment={"GIAMNGHEO_SETTLE_SECONDS": seconds})
            assert answer["exit"] == 0, answer
            assert_nothing_is_damaged(root)
    finally:
        done.set()
        sender.join()
    finished = {path.name: path.read_bytes() for path in inbox.glob("*.xlsx")}
    victim.do(["ingest"], root)
    assert_nothing_is_damaged(root)
    assert list(inbox.glob("*.xlsx")) == []
    received = [path.read_bytes() for path in (root / "raw").iterdir()]
    assert [name for name, content in finished.items() if content not in received] == []
    # What stands in .done/ was received, every byte of it: nothing was put away unread.
    assert [path.name for path in (inbox / ".done").iterdir() if path.read_bytes() not in received] == []
