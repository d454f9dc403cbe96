"""A mended program publishes by itself, and what was published under an id stays what that id names.

The program is changed for real: a copy of it, with another threshold of suppression, stands before ours on the path of
a command of its own.
"""

import datetime as dt
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from program_copy import copy_program
from small_district import a_month

from flows.ingest import ingest
from flows.publish import publish, rollback
from flows.rebuild import rebuild
from flows.runner import DirectRunner
from forms.workbook import write_workbook
from ledger.events import Event, Ledger
from settings import Settings
from tasks import identity, judge
from tasks.children import Readers
from tasks.faults import SystemFault
from tasks.release import MANIFEST, NotAsSealed, content_hash
from tasks.verify import verify

AT = dt.datetime(2020, 1, 5, 3, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A data root with one month of one district, published."""
    settings = Settings(data=tmp_path_factory.mktemp("mended") / "data", settle_seconds=0, pseudonym_key="k")
    settings.inbox.mkdir(parents=True)
    write_workbook(settings.inbox / "december.xlsx", a_month())
    with Readers(1) as readers:
        report = ingest(settings, DirectRunner(), clock=lambda: AT, readers=readers)
    assert report.counts() == {"received": 1, "refused": 0, "accepted": 1, "faults": 0}
    assert publish(settings, DirectRunner(), now=AT).release.created
    yield settings


def events(settings: Settings) -> list[Event]:
    ledger = Ledger(settings.database_url)
    try:
        return ledger.events()
    finally:
        ledger.close()


def current(settings: Settings) -> Path:
    return settings.current.resolve()


def test_a_mended_program_publishes_by_itself(settings: Settings, tmp_path: Path) -> None:
    before = current(settings)
    assert not publish(settings, DirectRunner(), now=AT).release.created
    tree = copy_program(tmp_path / "mended")
    path = tree / "tasks" / "disclosure" / "sums.py"
    text = path.read_text(encoding="utf-8")
    assert "(count <= 4)" in text
    path.write_text(text.replace("(count <= 4)", "(count <= 0)"), encoding="utf-8")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT", "GIAMNGHEO"))}
    own = {"PYTHONPATH": str(tree), "GIAMNGHEO_DATA": str(settings.data), "GIAMNGHEO_PSEUDONYM_KEY": "k"}
    done = subprocess.run(
        [sys.executable, "-m", "cli", "publish"], cwd=tree, env=kept | own, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    after = current(settings)
    assert after != before
    counts = [(release / "public" / "mart.indicator.csv").read_bytes() for release in (before, after)]
    assert counts[0] != counts[1]
    first, second = (one.payload for one in events(settings) if one.kind == "published")
    assert (first["release_id"], second["release_id"]) == (before.name, after.name)
    assert first["method"] != second["method"]
    assert (first["content"], second["content"]) == (content_hash(before), content_hash(after))

    # Back at the program of before, with nothing left of what it made: its id, and the bytes that this id named.
    was = {str(path.relative_to(before)): path.read_bytes() for path in before.rglob("*.csv")}
    shutil.rmtree(settings.releases)
    assert rebuild(settings, DirectRunner(), lambda *_: None).release.release_id == before.name
    assert {str(path.relative_to(before)): path.read_bytes() for path in current(settings).rglob("*.csv")} == was


def test_other_bytes_under_a_published_id_are_refused_and_told(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A whole release forged with its manifest, or a machine that makes other bytes of the same program."""
    root = tmp_path / "data"
    shutil.copytree(settings.data, root, symlinks=True)
    copy = settings.model_copy(update={"data": root})
    release = current(copy)
    release.chmod(0o755)
    page, manifest = release / "report.html", release / MANIFEST
    for path in (page, manifest):
        path.chmod(0o644)
    page.write_text("<p>khác</p>", encoding="utf-8")
    told = json.loads(manifest.read_text(encoding="utf-8"))
    for entry in told["files"]:
        if entry["path"] == page.name:
            entry["sha256"] = hashlib.sha256(page.read_bytes()).hexdigest()
    manifest.write_text(json.dumps(told), encoding="utf-8")

    (damage,) = verify(copy, lambda *_: None)
    assert (damage.part, damage.place) == ("release", f"warehouse/releases/{release.name}")
    for attempt in (
        lambda: publish(copy, DirectRunner(), now=AT),
        lambda: rollback(copy, release.name, "Thẩm định viên", "thử"),
    ):
        with pytest.raises(NotAsSealed):
            attempt()
    rebuild(copy, DirectRunner(), lambda *_: None)
    assert verify(copy, lambda *_: None) == []
    assert current(copy).name == release.name

    shutil.rmtree(copy.releases)
    monkeypatch.setattr("flows.publish.write_reports", lambda folder: (folder / page.name).write_text("khác"))
    with pytest.raises(SystemFault) as refused:
        publish(copy, DirectRunner(), now=AT)
    assert f"bản công bố {release.name} đã từng công bố" in refused.value.vi
    assert list(copy.releases.iterdir()) == []


def test_a_changed_rule_pack_judges_nothing_by_itself(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    before = events(settings)
    monkeypatch.setattr(judge, "rule_pack", lambda: "of another year")
    report = ingest(settings, DirectRunner(), clock=lambda: AT)
    assert (report.judged, report.faults) == ([], [])
    assert events(settings) == before


def test_a_run_whose_program_was_replaced_takes_and_publishes_nothing(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = events(settings)
    path = settings.inbox / "later.xlsx"
    write_workbook(path, a_month(district_code="964"))
    monkeypatch.setattr(identity, "_AT_START", ("as it was", "as it was"))
    for run in (lambda: ingest(settings, DirectRunner()), lambda: publish(settings, DirectRunner())):
        with pytest.raises(SystemFault, match="changed since this process began"):
            run()
    assert path.is_file()
    assert events(settings) == before
    path.unlink()
