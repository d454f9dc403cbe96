"""Publish: build a release aside, audit it, seal it, and switch `current` to it in one step.

Readers of the old release are undisturbed: nothing that they can have open is ever written again.
The caller holds the publishing lock; of two publishers only one is here at a time.
"""

import datetime as dt
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from errors import NoSuch, SystemFault
from tasks.audit import AuditFailure, run_audits
from tasks.build import BuildInputs, build_warehouse, input_hash, published_submissions
from tasks.files import sha256_of, sync_file, sync_folder
from tasks.identity import check_unchanged, program_hash, rule_pack
from tasks.names import is_in_clutter
from tasks.open_tables import write_complete, write_public
from tasks.stored import held_against
from telemetry.record import step

WAREHOUSE = "warehouse.duckdb"
MANIFEST = "manifest.json"
ABANDONED = ".tmp-"

# Adds files (reports) to a release before it is sealed; called with the release's folder.
Addition = Callable[[Path], None]


class PublishBlocked(SystemFault):
    """The release must not be published; what readers see is unchanged."""

    outcome = "blocked"
    usual_do_vi = "gửi các dòng này cho người phát triển: mỗi kiểm tra là một câu hỏi trong sql/audit/"
    usual_do_en = "send these lines to the developers: each audit is a query in sql/audit/"

    def __init__(self, message: str, failures: Sequence[AuditFailure] = ()) -> None:
        super().__init__(
            "\n".join([message, *map(str, failures)]),
            "chưa công bố: kiểm tra cuối không đạt, bản đang dùng giữ nguyên",
        )
        self.failures = list(failures)

    @property
    def details(self) -> list[str]:
        """A line for each audit."""
        return [*map(str, self.failures)] or [self.en]


class NotAsSealed(SystemFault):
    """A finished release whose files were changed, lost or added since."""

    outcome = "blocked"

    def __init__(self, name: str, faults: Sequence[str]) -> None:
        super().__init__(
            f"release {name} is not as it was sealed: {'; '.join(faults)}",
            f"bản công bố {name} không còn như khi niêm phong (tệp bị sửa, mất hoặc thêm), nên không dùng",
            "run giamngheo verify, which names the files, then giamngheo rebuild",
            "chạy giamngheo verify để biết tệp nào, rồi giamngheo rebuild",
        )


class NoSuchRelease(NoSuch):
    """There is no finished release of this name."""

    usual_do_vi = "xem: giamngheo releases"
    usual_do_en = "see: giamngheo releases"


@dataclass(frozen=True, slots=True)
class ReleaseResult:
    """A published release. `created` is false where a finished release of equal inputs was used again.

    `content` is its `content_hash`.
    """

    release_id: str
    path: Path
    created: bool
    content: str


def release_id(inputs: BuildInputs) -> str:
    """The name of a release: equal inputs, equal name."""
    return f"{inputs.as_of}-{input_hash(inputs)[:12]}"


def make_release(
    releases: Path,
    current: Path,
    inputs: BuildInputs,
    additions: Sequence[Addition] = (),
    published: Mapping[str, str] | None = None,
    *,
    switched: bool = True,
) -> ReleaseResult:
    """Build, audit, seal and publish a release; `current` is a symlink that points to it afterwards, if `switched`.

    A finished release of the same inputs is used again. `published` has the `content_hash` of releases that were
    published before, by id: one that is made again must come out the same. Raises PublishBlocked where an audit finds
    bad rows or a stray .wal stands beside a published file, SystemFault where the same id would name other content or
    the program was replaced meanwhile; nothing has been switched then.
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
            check_unchanged()
            if not _is_as_published(aside, name, published):
                raise _other_content(name)
            with step("seal", release=name):
                _seal(aside)
                os.replace(aside, final)
                sync_folder(releases)
        except BaseException:
            shutil.rmtree(aside, ignore_errors=True)
            raise
    if switched:
        with step("switch", release=name):
            point_current(releases, current, name, published)
    return ReleaseResult(name, final, created, content_hash(final))


def point_current(releases: Path, current: Path, name: str, published: Mapping[str, str] | None = None) -> None:
    """Make `current` point to a finished release, in one step. Also the way back to an older one.

    `published` as for `make_release`. Raises NoSuchRelease, and NotAsSealed where its files are not as sealed.
    """
    release = releases / name
    if not (release / MANIFEST).is_file():
        raise NoSuchRelease(f"không có bản công bố {name}", en=f"there is no release {name} in {releases}")
    refuse_changed(release, published)
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
        manifest = _manifest(path.parent)
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


def content_hash(release: Path) -> str:
    """SHA-256 over what a release holds, as its manifest says: every table, package and report, by name and bytes.

    Not the database's file: DuckDB gives each a number of its own and leaves in its gaps what lay in memory. The same
    tables are in `tables/`.
    """
    manifest = _manifest(release)
    held = sorted((entry["path"], entry["sha256"]) for entry in manifest["files"] if entry["path"] != WAREHOUSE)
    return hashlib.sha256("".join(f"{path}\0{sha256}\0" for path, sha256 in held).encode()).hexdigest()


def _manifest(release: Path) -> dict[str, Any]:
    """A finished release's manifest; raises NotAsSealed where it is none any more."""
    try:
        manifest = json.loads((release / MANIFEST).read_bytes())
        _ = manifest["files"]
    except FileNotFoundError:
        raise NotAsSealed(release.name, [f"{MANIFEST} is missing"]) from None
    except (ValueError, KeyError, TypeError):
        raise NotAsSealed(release.name, [f"{MANIFEST} has changed"]) from None
    return dict(manifest)


def verify_release(release: Path, published: Mapping[str, str] | None = None) -> list[str]:
    """What is wrong with a sealed release: files missing, changed or strange. Empty where all is as sealed.

    With `published`, the `content_hash` of releases by id, also whether it is what was published under that id.
    """
    try:
        manifest = json.loads((release / MANIFEST).read_bytes())
        sealed = {entry["path"]: entry["sha256"] for entry in manifest["files"]}
    except (ValueError, KeyError, TypeError):
        return [f"{MANIFEST} has changed"]
    present = {str(path.relative_to(release)) for path in _files(release)} - {MANIFEST}
    faults = [f"{name} is missing" for name in sorted(sealed.keys() - present)]
    # A stray .wal would be replayed into the warehouse by the next reader, so nothing unknown may stand here.
    faults += [f"{name} does not belong to it" for name in sorted(present - sealed.keys())]
    faults += [
        f"{name} has changed" for name in sorted(sealed.keys() & present) if sha256_of(release / name) != sealed[name]
    ]
    if not faults and not _is_as_published(release, release.name, published):
        faults.append(f"{MANIFEST} has changed")
    return faults


def reading_release(release: Path) -> AbstractContextManager[None]:
    """For reading a release's files: raises NotAsSealed where one of them is damaged."""
    return held_against(lambda: refuse_changed(release.resolve()))


def refuse_changed(release: Path, published: Mapping[str, str] | None = None) -> None:
    """Raises NotAsSealed where a release's files are not as sealed, or as `published` (see `verify_release`)."""
    faults = verify_release(release, published)
    if faults:
        raise NotAsSealed(release.name, faults)


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
        write_public(warehouse, folder / "public", inputs.suppression_key)
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
        "program_hash": program_hash(),
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


def _is_as_published(folder: Path, name: str, published: Mapping[str, str] | None) -> bool:
    return name not in (published or {}) or content_hash(folder) == (published or {})[name]


def _other_content(name: str) -> SystemFault:
    return SystemFault(
        f"release {name} was published before, and made again its tables or reports are others",
        f"bản công bố {name} đã từng công bố, nay dựng lại từ cùng dữ liệu và cùng chương trình mà bảng hoặc báo cáo "
        "lại khác, nên không dùng; bản đang dùng giữ nguyên",
        "install program and libraries again, then {again}; if it stays so, tell the developers",
        "cài lại chương trình và thư viện rồi {again}; nếu vẫn vậy, báo cho người phát triển",
    )


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
