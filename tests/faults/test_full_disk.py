"""The disk is full at every step: one sentence says so, nothing is lost or named by half, and the next run goes on."""

import os
from pathlib import Path

import pytest
from conftest import Mount
from disturbed import Victim, a_month_passes, assert_nothing_is_damaged, assert_same, copied, look, told

from ledger.events import Ledger
from ledger.states import derive_state

FULL = "ết chỗ trên đĩa"
DECISION = ["--by", "Thẩm định viên", "--reason", "thử đĩa đầy"]
# What stops no work when it can't be written: it is done again by the next run, or only lags behind.
STOPS_NOTHING = {"FULL tasks/receive leave_note replace", "FULL telemetry/runs _keep replace"}


def works(root: Path) -> dict[str, tuple[str, list[str]]]:
    """Each work by name: the data root that it begins with, and the command line."""
    return {
        "ingest": ("received", ["ingest"]),
        "accept": ("judged", ["accept", one(root, "held.xlsx"), *DECISION]),
        "publish": ("accepted", ["publish"]),
        "backup": ("judged", ["backup", "--out"]),
    }


def one(root: Path, file_name: str) -> str:
    ledger = Ledger(f"sqlite:///{root / 'ledger.sqlite'}", as_it_is=True)
    state = derive_state(ledger.events())
    ledger.close()
    return next(each.submission_id for each in state.submissions.values() if each.file_name == file_name)


@pytest.mark.parametrize("work", ["ingest", "accept", "publish", "backup"])
def test_from_every_durable_step_on(victim: Victim, roots: dict[str, Path], tmp_path: Path, work: str) -> None:
    """Full before the first step, freed, full before the second, and so on, on one data root."""
    begins, words = works(roots["judged"])[work]
    whole, root = (copied(roots[begins], tmp_path / name / "data") for name in ("whole", "tried"))
    steps = list(dict.fromkeys(victim.do(with_out(words, whole), whole)))
    assert steps, work
    for label in steps:
        if label.endswith((" unlink", " rmtree")) or label.startswith("telemetry/"):
            continue
        answer = victim.run(with_out(words, root), root, at=label, full=True)
        assert f"FULL {label}" in answer["steps"], (label, answer)
        if {step for step in answer["steps"] if step.startswith("FULL")} - STOPS_NOTHING:
            told(answer, FULL, "Dọn bớt rồi chạy lại")
        assert_nothing_is_damaged(root)
        a_month_passes(root)
    victim.do(with_out(words, root), root)
    assert_same(look(root), look(whole), work)


def with_out(words: list[str], root: Path) -> list[str]:
    return [*words, str(root.with_name("out"))] if words[-1] == "--out" else words


@pytest.mark.parametrize(
    ("work", "first_kilobytes", "more_kilobytes"), [("ingest", 8, 64), ("accept", 4, 32), ("publish", 40, 4000)]
)
def test_on_a_real_small_disk(
    victim: Victim,
    roots: dict[str, Path],
    tmp_path: Path,
    mount: Mount,
    work: str,
    first_kilobytes: int,
    more_kilobytes: int,
) -> None:
    """SQLite, DuckDB and Polars each meet a full disk in their own way. After each failure there is more room."""
    begins, words = works(roots["judged"])[work]
    whole = copied(roots[begins], tmp_path / "whole")
    victim.do(words, whole)
    disk = mount(tmp_path / "disk", "-t", "tmpfs", "-o", "size=200m", "tmpfs")
    root = copied(roots[begins], disk / "data")
    kilobytes = used(disk) + first_kilobytes
    said = []
    for _ in range(30):
        mount(disk, "-o", f"remount,size={kilobytes}k")
        answer = victim.run(words, root)
        if answer["exit"] == 0:
            break
        said.append(told(answer, "Dọn bớt"))
        # To look takes a little room, too: SQLite shares its index of the log in a file.
        kilobytes += more_kilobytes
        mount(disk, "-o", f"remount,size={kilobytes}k")
        assert_nothing_is_damaged(root)
        a_month_passes(root)
    assert len(said) > 1, said
    assert answer["exit"] == 0, answer
    if work == "ingest":
        # Which file found room first decides how often the others were judged, and nothing else.
        assert ends(root) == ends(whole)
    else:
        assert_same(look(root), look(whole), work)


def ends(root: Path) -> tuple[dict[str, str], dict[str, str]]:
    """The state of each file, and the bytes of all that was received, accepted and laid ready for the districts."""
    ledger = Ledger(f"sqlite:///{root / 'ledger.sqlite'}", as_it_is=True)
    state = derive_state(ledger.events())
    ledger.close()
    states = {each.file_name: each.state for each in state.submissions.values()}
    kept = ("raw/", "warehouse/", "returned/9", "returned/2", "inbox/.done/")
    return states, {place: found for place, found in look(root)["files"].items() if place.startswith(kept)}


def used(disk: Path) -> int:
    found = os.statvfs(disk)
    return (found.f_blocks - found.f_bfree) * found.f_frsize // 1024
