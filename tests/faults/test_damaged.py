"""What a bad disk or a careless hand left: named in one sentence, and never taken for a fresh start."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from disturbed import Victim, assert_current_opens, assert_nothing_is_damaged, assert_same, copied, look, told

LEDGER = "ledger.sqlite"


def without_its_log(root: Path) -> None:
    """A process died with events in the log that SQLite keeps beside the file, and somebody deleted that log."""
    with closing(sqlite3.connect(root / LEDGER)) as connection:
        connection.execute("pragma journal_mode=wal")
        connection.execute(
            "insert into event (at, kind, by, reason, payload, previous_hash, hash)"
            " select at, kind, by, reason, payload, hash, 'x' from event order by id desc limit 1"
        )
        connection.commit()
        (number,) = connection.execute("select max(id) from event").fetchone()
        shutil.copy(root / LEDGER, root / "kept")
    os.replace(root / "kept", root / LEDGER)
    (root / "ledger.last").write_text(str(number))


def overwritten(root: Path) -> None:
    path = root / LEDGER
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xff" * 8192 + content[12288:])


def shortened(root: Path) -> None:
    path = root / LEDGER
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


GONE, DAMAGED = "Sổ sự kiện ledger.sqlite đã mất hoặc trống", "hỏng, không đọc được"


@pytest.mark.begins("published")
@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda root: (root / LEDGER).unlink(), GONE),
        (lambda root: (root / LEDGER).write_bytes(b""), GONE),
        (without_its_log, "Sổ sự kiện thiếu những sự kiện cuối"),
        (shortened, DAMAGED),
        (overwritten, DAMAGED),
        (lambda root: (root / LEDGER).write_bytes(b"no database" * 999), DAMAGED),
    ],
    ids=["deleted", "emptied", "without its log", "shortened", "overwritten", "something else"],
)
def test_a_damaged_ledger_stops_every_command_and_is_not_begun_anew(
    victim: Victim, root: Path, spoil: Callable[[Path], None], words: str
) -> None:
    whole = copied(root, root.with_name("whole"))
    spoil(root)
    before = (root / LEDGER).read_bytes() if (root / LEDGER).exists() else None
    for command in (["status"], ["ingest"], ["publish"]):
        told(victim.run(command, root), words, "bản sao lưu")
    assert ((root / LEDGER).read_bytes() if (root / LEDGER).exists() else None) == before
    assert "sổ sự kiện" in told(victim.run(["verify"], root), "bản sao lưu")
    assert_current_opens(root)
    # The way on: the ledger of a backup, and what this one had noted is set aside.
    for left in root.glob("ledger.*"):
        left.unlink()
    shutil.copy(whole / LEDGER, root / LEDGER)
    victim.do(["ingest"], root)
    assert_nothing_is_damaged(root)


@pytest.mark.begins("judged")
def test_a_ledger_without_its_shared_index_is_whole(victim: Victim, root: Path) -> None:
    """The -shm file is made anew; so is an empty -wal."""
    (root / f"{LEDGER}-shm").write_bytes(b"")
    (root / f"{LEDGER}-wal").write_bytes(b"")
    victim.do(["status"], root)
    assert_nothing_is_damaged(root)


@pytest.mark.begins("accepted")
def test_damaged_accepted_tables_are_written_again_from_the_raw_file(
    victim: Victim, roots: dict[str, Path], root: Path
) -> None:
    """Nobody has to do anything: what is published is what was received."""
    one, other = (path.parent for path in sorted(root.glob("warehouse/accepted/*/household.parquet")))
    household, commune = one / "household.parquet", other / "commune.parquet"
    household.write_bytes(household.read_bytes()[:100])
    (one / "policy.parquet").unlink()
    content = commune.read_bytes()
    commune.write_bytes(content[:200] + bytes([content[200] ^ 1]) + content[201:])
    damaged = victim.run(["verify"], root)
    assert damaged["out"].count("giamngheo rebuild") >= 3
    victim.do(["publish"], root)
    assert_nothing_is_damaged(root)
    assert_same(look(root), look(roots["twice"]), "written again")
    (one / "manifest.json").unlink()
    (root / "warehouse" / "current").unlink()
    victim.do(["publish"], root)
    assert_nothing_is_damaged(root)


@pytest.mark.begins("judged")
def test_damaged_findings_are_one_sentence_and_judged_again(victim: Victim, roots: dict[str, Path], root: Path) -> None:
    for path in root.glob("judgements/*/*.parquet"):
        path.chmod(0o644)
        path.write_bytes(path.read_bytes()[:50])
    told(victim.run(["publish"], root), "Kết quả kiểm tra đã lưu judgements/", ".parquet hỏng", "giamngheo verify")
    said = victim.run(["verify"], root)
    # The held file is judged again; those of a slot that has an accepted one are not, and come from the backup.
    assert (said["out"].count("giamngheo rejudge"), said["out"].count("sao lưu") > 0) == (2, True)
    victim.do(["rejudge"], root)
    assert "rejudge" not in victim.run(["verify"], root)["out"]


@pytest.mark.begins("twice")
def test_a_half_deleted_release_and_a_current_that_leads_nowhere(
    victim: Victim, roots: dict[str, Path], root: Path
) -> None:
    current = root / "warehouse" / "current"
    release = current.resolve()
    (release / "warehouse.duckdb").unlink()
    told(victim.run(["publish"], root), release.name, "không còn như khi niêm phong", "giamngheo rebuild")
    told(victim.run(["sql", "select 1"], root), "giamngheo rebuild")
    shutil.rmtree(release)
    told(victim.run(["sql", "select 1"], root), "giamngheo rebuild")
    told(victim.run(["verify"], root), "giamngheo rebuild")
    victim.do(["rebuild"], root)
    assert_nothing_is_damaged(root)
    assert_same(look(root), look(roots["twice"]), "rebuilt")


@pytest.mark.begins("judged")
def test_leftovers_of_every_kind_are_swept_and_nothing_else(victim: Victim, roots: dict[str, Path], root: Path) -> None:
    release = root / "warehouse" / "releases"
    release.mkdir(parents=True)
    judgement = next(root.glob("judgements/*"))
    name = ".tmp-0123456789ab-x"
    leftovers = [
        root / name,
        root / "raw" / name,
        root / "inbox" / name,
        judgement / name,
        root / "returned" / "2019-12" / "971" / name,
        root / "warehouse" / "accepted" / ".tmp-0123456789ab" / "household.parquet",
    ]
    for path in leftovers:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"half")
        for one in (path, path.parent) if path.suffix else (path,):
            os.utime(one, (0, 0))
    ours = root / "inbox" / ".tmp-notes of my own"
    ours.write_bytes(b"not a leftover")
    victim.do(["ingest"], root)
    assert [path for path in leftovers if path.exists()] == []
    ours.unlink()
    assert_same(look(root), look(roots["judged"]), "swept")
    # Of publishing: a build, a release and a link.
    build = release / ".tmp-2020-01-abc-1"
    build.mkdir()
    (build / "warehouse.duckdb").write_bytes(b"half")
    (root / "warehouse" / ".current.tmp-1").symlink_to("releases/nowhere")
    victim.do(["publish"], root)
    assert [path.name for path in (root / "warehouse").iterdir() if path.name.startswith(".")] == []
    assert [path for path in release.iterdir() if path.name.startswith(".")] == []
