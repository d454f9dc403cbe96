"""Publish: build a release aside, audit it, seal it, and switch `current` to it in one step.

Readers of the old release are undisturbed: nothing that they can have open is ever written again.
The caller holds the publishing lock; of two publishers only one is here at a time.
"""

import datetime as dt
import json
import os
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from expectations.catalogue import rule_pack
from tasks.audit import AuditFailure, run_audits
from tasks.build import BuildInputs, build_warehouse, input_hash, published_submissions
from tasks.files import sha256_of, sync_file, sync_folder
from tasks.names import is_in_clutter
from tasks.open_tables import write_complete, write_public
from telemetry.record import step

WAREHOUSE = "warehouse.duckdb"
MANIFEST = "manifest.json"
ABANDONED = ".tmp-"

# Adds files (reports) to a release before it is sealed; called with the release's folder.
Addition = Callable[[Path], None]


class PublishBlocked(Exception):
    """The release must not be published; what readers see is unchanged."""

    outcome = "blocked"

    def __init__(self, message: str, failures: Sequence[AuditFailure] = ()) -> None:
        super().__init__("\n".join([message, *map(str, failures)]))
        self.failures = list(failures)


class NotAsSealed(PublishBlocked):
    """A finished release whose files were changed, lost or added since."""

    def __init__(self, name: str, faults: Sequence[str]) -> None:
        super().__init__(f"release {name} is not as it was sealed: {'; '.join(faults)}. Rebuild makes it anew")
        self.name = name


@dataclass(frozen=True, slots=True)
class ReleaseResult:
    """A published release. `created` is false where a finished release of equal inputs was used again."""

    release_id: str
    path: Path
    created: bool


def release_id(inputs: BuildInputs) -> str:
    """The name of a release: equal inputs, equal name."""
    return f"{inputs.as_of}-{input_hash(inputs)[:12]}"


def make_release(
    releases: Path, current: Path, inputs: BuildInputs, additions: Sequence[Addition] = ()
) -> ReleaseResult:
    """Build, audit, seal and publish a release; `current` is a symlink that points to it afterwards.

    A finished release of the same inputs is used again. Raises PublishBlocked where an audit finds bad rows
    or a stray .wal stands beside a published file; nothing has been switched then.
    """
    releases.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(releases)
    name = release_id(inputs)
    final = releases / name
    created = not final.exists()
    if created:
        aside = releases / f"{ABANDONED}{name}-{os.getpid()}"
        try:
            aside.mkdir()
            _build_release(aside, name, inputs, additions)
            with step("seal", release=name):
                _seal(aside)
                os.replace(aside, final)
                sync_folder(releases)
        except BaseException:
            shutil.rmtree(aside, ignore_errors=True)
            raise
    with step("switch", release=name):
        point_current(releases, current, name)
    return ReleaseResult(name, final, created)


def point_current(releases: Path, current: Path, name: str) -> None:
    """Make `current` point to a finished release, in one step. Also the way back to an older one.

    Raises FileNotFoundError where there is no such release, PublishBlocked where its files are not as sealed.
    """
    release = releases / name
    if not (release / MANIFEST).is_file():
        raise FileNotFoundError(f"there is no release {name} in {releases}")
    faults = verify_release(release)
    if faults:
        raise NotAsSealed(name, faults)
    switch(current, release)


def switch(current: Path, release: Path) -> None:
    """Let the symlink `current` point to a folder from one moment to the next, whatever it pointed to.

    The caller holds the publishing lock.
    """
    current.parent.mkdir(parents=True, exist_ok=True)
    link = current.with_name(f".{current.name}{ABANDONED}{os.getpid()}")
    for left_by_a_killed_run in current.parent.glob(f".{current.name}{ABANDONED}*"):
        left_by_a_killed_run.unlink()
    link.symlink_to(os.path.relpath(release, current.parent), target_is_directory=True)
    os.replace(link, current)
    sync_folder(current.parent)


def list_releases(releases: Path, current: Path) -> list[dict[str, Any]]:
    """The finished releases, newest first: release_id, as_of, created_at, code_version, submissions, current."""
    published = current.resolve() if current.exists() else None
    found = []
    for path in releases.glob(f"*/{MANIFEST}"):
        if path.parent.name.startswith("."):
            continue
        manifest = json.loads(path.read_text(encoding="utf-8"))
        found.append(
            {
                "release_id": manifest["release_id"],
                "as_of": manifest["as_of"],
                "created_at": manifest["created_at"],
                "code_version": manifest["code_version"],
                "submissions": len(manifest["submissions"]),
                "current": path.parent.resolve() == published,
            }
        )
    return sorted(found, key=lambda release: (release["created_at"], release["release_id"]), reverse=True)


def verify_release(release: Path) -> list[str]:
    """What is wrong with a sealed release: files missing, changed or strange. Empty where all is as sealed."""
    manifest = json.loads((release / MANIFEST).read_text(encoding="utf-8"))
    sealed = {entry["path"]: entry["sha256"] for entry in manifest["files"]}
    present = {str(path.relative_to(release)) for path in _files(release)} - {MANIFEST}
    faults = [f"{name} is missing" for name in sorted(sealed.keys() - present)]
    # A stray .wal would be replayed into the warehouse by the next reader, so nothing unknown may stand here.
    faults += [f"{name} does not belong to it" for name in sorted(present - sealed.keys())]
    faults += [
        f"{name} has changed" for name in sorted(sealed.keys() & present) if sha256_of(release / name) != sealed[name]
    ]
    return faults


def _build_release(folder: Path, name: str, inputs: BuildInputs, additions: Iterable[Addition]) -> None:
    warehouse = folder / WAREHOUSE
    with step("build"):
        build_warehouse(warehouse, inputs)
    _refuse_stray_wal(folder)
    with step("audit") as told:
        failures = run_audits(warehouse)
        told["counts"] = {failure.audit: failure.rows for failure in failures} or None
    if failures:
        raise PublishBlocked(f"{len(failures)} audits found bad rows", failures)
    with step("open tables"):
        row_counts = write_complete(warehouse, folder / "tables")
        write_public(warehouse, folder / "public")
    with step("report"):
        for add in additions:
            add(folder)
    _refuse_stray_wal(folder)
    manifest = {
        "release_id": name,
        "as_of": inputs.as_of,
        "first_period": inputs.first_period,
        "created_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "code_version": inputs.code_version,
        "rule_pack": rule_pack(),
        "input_hash": input_hash(inputs),
        "submissions": _published(inputs),
        "districts_missing": _districts_missing(warehouse),
        "rows": row_counts,
        "files": [
            {"path": str(path.relative_to(folder)), "bytes": path.stat().st_size, "sha256": sha256_of(path)}
            for path in _files(folder)
        ],
    }
    text = json.dumps(manifest, ensure_ascii=False, indent=2)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")


def _published(inputs: BuildInputs) -> list[dict[str, str]]:
    """The submissions whose rows are in the release, with the hash of the received file."""
    known = {row["submission_id"]: row for row in inputs.submissions.iter_rows(named=True)}
    return [
        {
            "submission_id": submission_id,
            "sha256": known[submission_id]["sha256"],
            "district_code": known[submission_id]["district_code"],
            "period": known[submission_id]["period"].strftime("%Y-%m"),
        }
        for submission_id in published_submissions(inputs)
    ]


def _districts_missing(warehouse: Path) -> dict[str, list[str]]:
    """For every month with a silent district, the codes of those districts."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        rows = connection.execute(
            "select strftime(period, '%Y-%m'), list(district_code order by district_code)"
            " from core.slot where not is_reported group by period order by period"
        ).fetchall()
    return dict(rows)


def _refuse_stray_wal(folder: Path) -> None:
    stray = [path.name for path in folder.rglob("*.wal")]
    if stray:
        raise PublishBlocked(f"a write-ahead log remains: {', '.join(stray)}")


def _seal(folder: Path) -> None:
    """Make every file read-only and durable, then its folders."""
    for path in _files(folder):
        path.chmod(0o444)
        sync_file(path)
    for path in sorted((path for path in folder.rglob("*") if path.is_dir()), reverse=True):
        sync_folder(path)
    sync_folder(folder)


def _remove_abandoned(releases: Path) -> None:
    """Folders of runs that were killed; the caller's lock says that none is in use."""
    for path in releases.glob(f"{ABANDONED}*"):
        shutil.rmtree(path)


def _files(folder: Path) -> list[Path]:
    """Every file of a release; what a desktop leaves in any folder is none."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and not is_in_clutter(path.relative_to(folder)))
