"""A folder where nothing can be written, by the mount or by the rights of who runs it: one sentence names it."""

import os
import tempfile
from pathlib import Path

import pytest
from conftest import Mount
from disturbed import Victim, assert_nothing_is_damaged, assert_same, copied, look, told

from settings import REPOSITORY

READ_ONLY, NOT_ALLOWED = "hỉ cho đọc", "hông có quyền"


def frozen(mount: Mount, folder: Path) -> None:
    """Until it is thawed, nothing can be written in a folder; root's rights do not help."""
    mount(folder, "--bind", str(folder))
    mount(folder, "-o", "remount,ro,bind")


def thawed(mount: Mount, folder: Path) -> None:
    mount(folder, "-o", "remount,rw,bind")


@pytest.mark.parametrize(
    ("begins", "folder", "words"),
    [
        ("received", "", ["ingest"]),
        ("received", "inbox", ["ingest"]),
        ("received", "raw", ["ingest"]),
        ("accepted", "warehouse", ["publish"]),
        ("accepted", "warehouse/releases", ["publish"]),
        ("judged", "../out", ["backup", "--out"]),
    ],
)
def test_nothing_can_be_written_there(
    victim: Victim, roots: dict[str, Path], tmp_path: Path, mount: Mount, begins: str, folder: str, words: list[str]
) -> None:
    root = copied(roots[begins], tmp_path / "root" / "data")
    out = [str(tmp_path / "root" / "out")] if words[-1] == "--out" else []
    place = (root / folder).resolve()
    frozen(mount, place)
    told(
        victim.run([*words, *out], root),
        READ_ONLY,
        str(place) if folder else "",
        "Gắn lại để ghi được" if folder else "",
    )
    thawed(mount, place)
    assert_nothing_is_damaged(root)
    victim.do([*words, *out], root)
    assert_nothing_is_damaged(root)
    if begins == "accepted":
        assert_same(look(root), look(roots["twice"]), folder)
    if begins == "received":
        assert_same(look(root), look(roots["judged"]), folder)


def test_a_backup_is_restored_from_a_read_only_disk(
    victim: Victim, roots: dict[str, Path], tmp_path: Path, mount: Mount
) -> None:
    root = copied(roots["judged"], tmp_path / "data")
    victim.do(["backup", "--out", str(tmp_path / "out")], root)
    (folder,) = (tmp_path / "out").iterdir()
    frozen(mount, folder)
    back = tmp_path / "back"
    victim.do(["restore", str(folder)], back)
    assert_nothing_is_damaged(back)
    assert look(back)["events"][: len(look(root)["events"])]


@pytest.mark.begins("judged")
def test_somebody_without_rights_is_told_so(victim: Victim, root: Path) -> None:
    owner = REPOSITORY.stat()
    if os.geteuid() == 0 and owner.st_uid != 0:
        for path in (root, *root.rglob("*")):
            os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)
        for folder in root.parents:
            if folder.is_relative_to(tempfile.gettempdir()):
                folder.chmod(folder.stat().st_mode | 0o1)
    (root / "ledger.sqlite").chmod(0)
    for words in (["status"], ["ingest"], ["publish"]):
        said = victim.run(words, root, humble=True)
        told(said, "quyền")


@pytest.mark.begins("published")
def test_readers_need_no_right_to_write(victim: Victim, root: Path, mount: Mount) -> None:
    frozen(mount, root)
    shown = victim.run(["sql", "select count(*) > 0 as found from mart.indicator", "--csv"], root)
    assert (shown["exit"], shown["out"].splitlines()) == (0, ["found", "True"]), shown
