"""tasks.release: used again, switched in one step, blocked by an audit, safe from leftovers."""

import dataclasses
import json
import os
import shutil
import stat
from pathlib import Path

import duckdb
import polars as pl
import pytest
from warehouse_data import BASELINE, province, write_inputs

from tasks import identity, release
from tasks.build import BuildInputs, build_warehouse
from tasks.faults import SystemFault
from tasks.identity import program_hash, rule_pack
from tasks.release import (
    NoSuchRelease,
    NotAsSealed,
    PublishBlocked,
    ReleaseResult,
    list_releases,
    make_release,
    point_current,
    verify_release,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "warehouse"


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small")
    build_warehouse(folder / "warehouse.duckdb", write_inputs(folder, province(BASELINE), BASELINE))
    return folder / "warehouse.duckdb"


@pytest.fixture
def ready_made(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests about publishing, not about building: the file is a copy of one that was built before."""
    monkeypatch.setattr(release, "build_warehouse", lambda target, _: shutil.copy(built, target))


def publish(folder: Path, inputs: BuildInputs, **options: object) -> ReleaseResult:
    return make_release(folder / "releases", folder / "current", inputs, **options)  # type: ignore[arg-type]


def with_version(inputs: BuildInputs, version: str) -> BuildInputs:
    return dataclasses.replace(inputs, code_version=version)


def test_equal_inputs_use_the_finished_release_again(folder: Path, small_inputs: BuildInputs) -> None:
    first = publish(folder, small_inputs)
    again = publish(folder, small_inputs)
    assert (first.created, again.created) == (True, False)
    assert first.release_id == again.release_id
    assert first.release_id.startswith(f"{BASELINE}-")
    assert (folder / "current").resolve() == first.path.resolve()


def test_the_manifest_says_which_code_and_rule_pack_made_it(folder: Path, small_inputs: BuildInputs) -> None:
    made = publish(folder, small_inputs)
    manifest = json.loads((made.path / "manifest.json").read_text(encoding="utf-8"))
    with duckdb.connect(str(made.path / "warehouse.duckdb"), read_only=True) as reader:
        known = reader.execute("select code_version, rule_pack, program_hash from meta.build").fetchone()
    told = tuple(manifest[name] for name in ("code_version", "rule_pack", "program_hash"))
    assert told == known == ("test", rule_pack(), program_hash())


@pytest.mark.usefixtures("ready_made")
def test_a_changed_decision_makes_another_release(folder: Path, small_inputs: BuildInputs) -> None:
    first = publish(folder, small_inputs)
    noted = small_inputs.submissions.with_columns(reason=pl.lit("checked by telephone"))
    second = publish(folder, dataclasses.replace(small_inputs, submissions=noted))
    assert first.release_id != second.release_id
    assert first.path.is_dir()


def test_changed_accepted_rows_make_another_release(folder: Path, small_inputs: BuildInputs) -> None:
    first = publish(folder, small_inputs)
    path = next(small_inputs.accepted.glob("*/policy.parquet"))
    pl.read_parquet(path).with_columns(served=pl.lit(0, pl.Int64), eligible=pl.lit(9, pl.Int64)).write_parquet(path)
    assert publish(folder, small_inputs).release_id != first.release_id


@pytest.mark.usefixtures("ready_made")
def test_what_comes_after_as_of_does_not_change_a_release(tmp_path: Path, folder: Path) -> None:
    before = write_inputs(tmp_path / "a", province(BASELINE), BASELINE)
    after = write_inputs(tmp_path / "a", [*province(BASELINE), *province("2020-01")], BASELINE)
    assert publish(folder, before).release_id == publish(folder, after).release_id


@pytest.mark.usefixtures("ready_made")
def test_a_reader_of_the_old_release_is_undisturbed(folder: Path, small_inputs: BuildInputs) -> None:
    first = publish(folder, small_inputs)
    reader = duckdb.connect(str(folder / "current" / "warehouse.duckdb"), read_only=True)
    try:
        second = publish(folder, with_version(small_inputs, "next"))
        assert (folder / "current").resolve() == second.path.resolve() != first.path.resolve()
        assert reader.execute("select code_version from meta.build").fetchone() == ("test",)
    finally:
        reader.close()


@pytest.mark.usefixtures("ready_made")
def test_current_is_never_missing_while_it_is_switched(
    folder: Path, small_inputs: BuildInputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(folder, small_inputs)
    seen: list[bool] = []
    replace = os.replace

    def watched(source: Path, target: Path) -> None:
        seen.append((folder / "current" / "warehouse.duckdb").exists())
        replace(source, target)
        seen.append((folder / "current" / "warehouse.duckdb").exists())

    monkeypatch.setattr(os, "replace", watched)
    publish(folder, with_version(small_inputs, "next"))
    assert seen == [True] * 4
    assert sorted(path.name for path in folder.iterdir()) == ["current", "releases"]


def test_an_audit_blocks_the_release_and_readers_keep_the_old_one(folder: Path, tmp_path: Path) -> None:
    good = publish(folder, write_inputs(tmp_path / "good", province(BASELINE), BASELINE))
    inputs = write_inputs(tmp_path / "bad", province(BASELINE), BASELINE)
    path = next(inputs.accepted.glob("*/commune.parquet"))
    pl.read_parquet(path).with_columns(pl.col("poor") + 1).write_parquet(path)
    with pytest.raises(PublishBlocked, match="register_agrees_with_commune_sheet") as blocked:
        publish(folder, inputs)
    assert [failure.audit for failure in blocked.value.failures] == ["register_agrees_with_commune_sheet"]
    assert "commune_code=" in str(blocked.value)
    assert (folder / "current").resolve() == good.path.resolve()
    assert [path.name for path in (folder / "releases").iterdir()] == [good.release_id]


@pytest.mark.usefixtures("ready_made")
def test_a_failure_half_way_leaves_nothing_behind(folder: Path, small_inputs: BuildInputs) -> None:
    def fail(_: Path) -> None:
        raise OSError("no space left on device")

    with pytest.raises(OSError, match="no space"):
        publish(folder, small_inputs, additions=[fail])
    assert list((folder / "releases").iterdir()) == []
    assert not (folder / "current").exists()


@pytest.mark.usefixtures("ready_made")
def test_a_program_that_is_replaced_while_it_builds_publishes_nothing(
    folder: Path, small_inputs: BuildInputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    def replaced(_: Path) -> None:
        monkeypatch.setattr(identity, "_AT_START", ("as it was", "as it was"))

    with pytest.raises(SystemFault, match="changed since this process began"):
        publish(folder, small_inputs, additions=[replaced])
    assert list((folder / "releases").iterdir()) == []
    assert not (folder / "current").exists()


@pytest.mark.usefixtures("ready_made")
def test_leftovers_of_a_killed_run_are_removed(folder: Path, small_inputs: BuildInputs) -> None:
    left = folder / "releases" / ".tmp-2019-12-abc-1"
    left.mkdir(parents=True)
    (left / "warehouse.duckdb").write_bytes(b"half")
    (left / "warehouse.duckdb").chmod(0o444)
    publish(folder, small_inputs)
    assert not left.exists()


@pytest.mark.usefixtures("ready_made")
def test_a_stray_wal_beside_a_published_file_is_refused(folder: Path, small_inputs: BuildInputs) -> None:
    first = publish(folder, small_inputs)
    (first.path / "warehouse.duckdb.wal").write_bytes(b"stray")
    with pytest.raises(NotAsSealed, match=r"warehouse\.duckdb\.wal does not belong"):
        publish(folder, small_inputs)


def test_a_wal_that_remains_after_the_build_is_refused(
    folder: Path, small_inputs: BuildInputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    def leave_wal(target: Path, _: BuildInputs) -> None:
        target.write_bytes(b"")
        target.with_name(target.name + ".wal").write_bytes(b"left")

    monkeypatch.setattr(release, "build_warehouse", leave_wal)
    with pytest.raises(PublishBlocked, match="write-ahead log"):
        publish(folder, small_inputs)


@pytest.mark.usefixtures("ready_made")
def test_published_files_are_sealed(folder: Path, small_inputs: BuildInputs) -> None:
    def add_report(place: Path) -> None:
        (place / "report.html").write_text("<p>báo cáo</p>", encoding="utf-8")

    path = publish(folder, small_inputs, additions=[add_report]).path
    files = [file for file in path.rglob("*") if file.is_file()]
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o444 for file in files)
    assert verify_release(path) == []
    (path / "report.html").chmod(0o644)
    (path / "report.html").write_text("forged", encoding="utf-8")
    (path / "tables" / "mart.indicator.csv").unlink()
    assert verify_release(path) == ["tables/mart.indicator.csv is missing", "report.html has changed"]


def test_the_manifest_says_what_the_release_is_made_from(folder: Path, tmp_path: Path) -> None:
    path = publish(folder, write_inputs(tmp_path, province(BASELINE)[1:], BASELINE)).path
    manifest = json.loads((path / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["release_id"] == path.name
    assert manifest["districts_missing"] == {BASELINE: ["964"]}
    assert len(manifest["submissions"]) == 8
    assert manifest["rows"]["core.household_month"] == 8 * 15
    names = {entry["path"] for entry in manifest["files"]}
    assert {"warehouse.duckdb", "tables/mart.indicator.parquet", "tables/mart.indicator.csv"} <= names
    assert "tables/core.household_month.parquet" in names
    assert "tables/core.household_month.csv" not in names


@pytest.mark.usefixtures("ready_made")
def test_the_data_package_describes_every_csv(folder: Path, small_inputs: BuildInputs) -> None:
    tables = publish(folder, small_inputs).path / "tables"
    package = json.loads((tables / "datapackage.json").read_text(encoding="utf-8"))
    assert {resource["path"] for resource in package["resources"]} == {path.name for path in tables.glob("*.csv")}
    for resource in package["resources"]:
        header = (tables / resource["path"]).read_text(encoding="utf-8").splitlines()[0]
        assert [field["name"] for field in resource["schema"]["fields"]] == header.split(",")


@pytest.mark.usefixtures("ready_made")
def test_back_to_an_older_release(folder: Path, small_inputs: BuildInputs) -> None:
    first = publish(folder, small_inputs)
    second = publish(folder, with_version(small_inputs, "next"))
    point_current(folder / "releases", folder / "current", first.release_id)
    listed = list_releases(folder / "releases", folder / "current")
    assert {entry["release_id"]: entry["current"] for entry in listed} == {
        first.release_id: True,
        second.release_id: False,
    }
    with pytest.raises(NoSuchRelease):
        point_current(folder / "releases", folder / "current", "2019-12-000000000000")
    assert (folder / "current").resolve() == first.path.resolve()
    # A manifest that is none any more is damage, and told as such.
    manifest = second.path / "manifest.json"
    manifest.chmod(0o644)
    manifest.write_text("{")
    with pytest.raises(NotAsSealed):
        list_releases(folder / "releases", folder / "current")
    with pytest.raises(NotAsSealed):
        publish(folder, with_version(small_inputs, "next"))
