"""Where received files and accepted tables are: in folders under the data root, or at any place fsspec can reach.

A remote place is the truth. What is used of it is copied into `cache/` under the data root, checked against its
hash, and may be deleted there at any time. So readers, DuckDB and Polars see local paths only, and no child ever
holds a credential. Nothing is named by the ledger before it is there whole.
"""

import json
import os
import secrets
import shutil
import time
from pathlib import Path

import polars as pl

from errors import DamagedFile
from settings import Settings
from tasks import accept
from tasks.files import sha256_of, sync_file, temporary_beside
from tasks.names import is_clutter, is_received_name
from tasks.remote import Remote, StorageDown, shown_url
from tasks.schemas import TABLES_MANIFEST
from telemetry.record import tell_fault

# A copy that was not used for so long makes room.
CACHE_DAYS = 40


def raw_place(settings: Settings, submission_id: str) -> str:
    """Where a received file is kept, as it may be shown."""
    return f"{shown_url(settings.raw_url) if settings.raw_url else 'raw'}/{submission_id}"


def accepted_place(settings: Settings, submission_id: str) -> str:
    """Where a submission's accepted tables are kept, as it may be shown."""
    base = shown_url(settings.accepted_url) if settings.accepted_url else "warehouse/accepted"
    return f"{base}/{submission_id}"


def raw_file(settings: Settings, submission_id: str) -> Path:
    """A local path of a received file; nothing is there where the file is missing.

    Raises StorageDown, DamagedFile (a remote file is not what was received), OSError.
    """
    path = settings.raw / submission_id
    if settings.raw_url and not _is_at_hand(path):
        _private(settings.cache)
        with temporary_beside(path) as temporary:
            if _raw(settings).get(submission_id, temporary):
                if sha256_of(temporary) != submission_id:
                    place = raw_place(settings, submission_id)
                    raise DamagedFile(
                        f"the raw file {place} was changed",
                        f"tệp gốc {place} không còn đúng từng byte",
                        "copy it from the backup, or put the file that was received into inbox/ and run giamngheo "
                        "ingest",
                        "chép lại từ bản sao lưu, hoặc bỏ lại đúng tệp đã nhận vào inbox/ rồi chạy giamngheo ingest",
                    )
                temporary.chmod(0o400)
                os.replace(temporary, path)
    return path


def keep_raw(settings: Settings, source: Path, submission_id: str) -> None:
    """See that a remote place for received files has one; where they are kept in a folder, there is nothing to do.

    What is there and was changed since is replaced. Raises StorageDown, OSError.
    """
    if settings.raw_url and raw_sha256(settings, submission_id) != submission_id:
        _raw(settings).put(source, submission_id)


def raw_sha256(settings: Settings, submission_id: str) -> str | None:
    """The hash of a received file as it is kept, None where it is missing. Raises StorageDown, OSError."""
    if not settings.raw_url:
        path = settings.raw / submission_id
        return sha256_of(path) if path.is_file() else None
    _private(settings.cache)
    with temporary_beside(settings.raw / submission_id) as temporary:
        return sha256_of(temporary) if _raw(settings).get(submission_id, temporary) else None


def raw_names(settings: Settings) -> list[str]:
    """The received files that are kept, sorted. Raises StorageDown, OSError."""
    if settings.raw_url:
        return [name for name in _raw(settings).names() if is_received_name(name)]
    if not settings.raw.is_dir():
        return []
    return sorted(path.name for path in settings.raw.iterdir() if is_received_name(path.name) and path.is_file())


def copy_raw(settings: Settings, submission_id: str, target: Path) -> None:
    """Write a received file's bytes, as they are kept remotely, to a new path. Raises StorageDown, OSError."""
    if not _raw(settings).get(submission_id, target):
        place = raw_place(settings, submission_id)
        raise DamagedFile(
            f"the raw file {place} is missing",
            f"thiếu tệp gốc {place}",
            "run giamngheo verify, which says what mends it",
            "chạy giamngheo verify để biết cách sửa",
        )
    sync_file(target)


def accepted_folder(settings: Settings, submission_id: str) -> Path | None:
    """A local folder of a submission's accepted tables, None where they are not kept (any more).

    Raises StorageDown, DamagedFile (remote tables are not as they were written), OSError.
    """
    folder = settings.accepted / submission_id
    if not settings.accepted_url:
        return folder if _is_sealed(folder) else None
    sealed = accepted_file(settings, submission_id, TABLES_MANIFEST)
    if sealed is None:
        return None
    if not _is_whole(folder, sealed):
        _fetch_accepted(settings, submission_id, sealed)
    os.utime(folder)
    return folder


def keep_accepted(
    settings: Settings, submission_id: str, tables: dict[str, pl.DataFrame], *, anew: bool = False
) -> None:
    """Write a submission's accepted tables; those that are there were made of the same bytes and stay, but for `anew`.

    Remotely the manifest comes last: without it there are no tables. Raises StorageDown, OSError.
    """
    folder = settings.accepted / submission_id
    if settings.accepted_url:
        _private(settings.cache)
        if not anew and accepted_folder(settings, submission_id) is not None:
            return
    if anew or settings.accepted_url or not _is_sealed(folder):
        shutil.rmtree(folder, ignore_errors=True)
    accept.write_accepted(folder, tables)
    if settings.accepted_url:
        remote = _accepted(settings)
        if anew:  # or a killed upload would leave new tables under the old manifest
            remote.remove(f"{submission_id}/{TABLES_MANIFEST}")
        written = (path for path in folder.iterdir() if not is_clutter(path.name))
        for path in sorted(written, key=lambda path: (path.name == TABLES_MANIFEST, path.name)):
            remote.put(path, f"{submission_id}/{path.name}")


def accepted_file(settings: Settings, submission_id: str, name: str) -> bytes | None:
    """The bytes of one file of a submission's accepted tables as they are kept, None where it is missing.

    Raises StorageDown, OSError.
    """
    if not settings.accepted_url:
        path = settings.accepted / submission_id / name
        return path.read_bytes() if path.is_file() else None
    _private(settings.cache)
    with temporary_beside(settings.accepted / name) as temporary:
        found = _accepted(settings).get(f"{submission_id}/{name}", temporary)
        return temporary.read_bytes() if found else None


def sweep_storage(settings: Settings) -> None:
    """Remove what killed uploads left, and copies of which nobody made use for long. Raises OSError."""
    now = time.time()
    for remote in (
        *([_raw(settings)] if settings.raw_url else []),
        *([_accepted(settings)] if settings.accepted_url else []),
    ):
        try:
            remote.sweep(now)
        except StorageDown as fault:  # who needs it will say so
            tell_fault("storage.not_swept", fault)
    for folder in (settings.cache / "raw", settings.cache / "accepted"):
        for path in folder.iterdir() if folder.is_dir() else ():
            if now - path.stat().st_mtime > CACHE_DAYS * 86_400:
                shutil.rmtree(path) if path.is_dir() else path.unlink()


def _fetch_accepted(settings: Settings, submission_id: str, sealed: bytes) -> None:
    folder = settings.accepted / submission_id
    aside = settings.accepted / f".tmp-{secrets.token_hex(6)}"
    _private(settings.cache)
    try:
        for name in json.loads(sealed):
            _accepted(settings).get(f"{submission_id}/{name}", aside / name)
        (aside / TABLES_MANIFEST).write_bytes(sealed)
        if not _is_whole(aside, sealed):
            place = accepted_place(settings, submission_id)
            raise DamagedFile(
                f"the accepted tables {place} were changed",
                f"bảng đã chấp nhận {place} không còn như khi ghi",
                "run giamngheo rebuild",
                "chạy giamngheo rebuild",
            )
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(aside, folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _is_sealed(folder: Path) -> bool:
    """Whether local tables are as their own manifest says; otherwise they are as good as lost."""
    try:
        return _is_whole(folder, (folder / TABLES_MANIFEST).read_bytes())
    except OSError:
        return False


def _is_whole(folder: Path, sealed: bytes) -> bool:
    """Whether a local copy holds what the manifest says, and nothing that another manifest said."""
    try:
        same = (folder / TABLES_MANIFEST).read_bytes() == sealed
        return same and all(sha256_of(folder / name) == kept for name, kept in json.loads(sealed).items())
    except (OSError, ValueError):
        return False


def _is_at_hand(path: Path) -> bool:
    """Whether a local copy of a received file is what its name says."""
    if not path.is_file() or sha256_of(path) != path.name:
        return False
    os.utime(path)
    return True


def _private(cache: Path) -> None:
    """Copies hold personal data, as what they are copied from."""
    cache.mkdir(parents=True, exist_ok=True)
    cache.chmod(0o700)


def _raw(settings: Settings) -> Remote:
    return Remote(settings.raw_url, settings.storage_options)


def _accepted(settings: Settings) -> Remote:
    return Remote(settings.accepted_url, settings.storage_options)
