"""A remote folder by way of fsspec: files are put whole, fetched whole, and never changed in place.

What its libraries say may quote an address with its password, so their words never leave this module.
"""

import contextlib
import errno
import secrets
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from errors import ProgramFault, SystemFault
from tasks.fault_words import as_ours
from tasks.files import sync_file, sync_folder
from telemetry.faults import kind_of

CONNECT_SECONDS = 10
# A store that kept us waiting is not asked again for so many times as long: a thousand files would wait one by one.
PAUSE_FACTOR = 3
# These show an object only when all of it is there, and can't rename; elsewhere a file is put aside and renamed.
PUT_IS_WHOLE = ("s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "oss", "hf", "memory")
UNFINISHED = ".tmp"
UNFINISHED_SECONDS = 86_400
# Of this machine's own disk.
_OURS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EMFILE)

Result = TypeVar("Result")

_own = threading.local()
_resting: dict[str, float] = {}


class StorageDown(SystemFault):
    """A remote place does not answer, or refuses; what needs it waits. Its words hold no credentials."""


class Remote:
    """A folder at an fsspec URL. `options` are what fsspec is given besides. For use by any thread."""

    def __init__(self, url: str, options: Mapping[str, Any]) -> None:
        self._url = url
        self._options = options
        self.shown = shown_url(url)

    def put(self, source: Path, name: str) -> None:
        """Write a file so that it is there whole or not at all. Raises StorageDown."""

        def act(files: Any, root: str) -> None:
            target = f"{root}/{name}"
            if _protocol(files) in PUT_IS_WHOLE:
                files.put_file(str(source), target)
                return
            aside = f"{root}/{UNFINISHED}/{secrets.token_hex(8)}"
            for folder in (f"{root}/{UNFINISHED}", target.rpartition("/")[0]):
                self._make_folder(files, folder)
            files.put_file(str(source), aside)
            if _protocol(files) == "file":
                sync_file(Path(aside))
            files.mv(aside, target)
            if _protocol(files) == "file":
                sync_folder(Path(target).parent)

        self._do(act)

    def get(self, name: str, target: Path) -> bool:
        """Copy a file to a local path; false where there is none. Raises StorageDown, and OSError of our own disk."""

        def act(files: Any, root: str) -> bool:
            try:
                files.get_file(f"{root}/{name}", str(target))
            except FileNotFoundError:
                target.unlink(missing_ok=True)
                return False
            return True

        target.parent.mkdir(parents=True, exist_ok=True)
        return self._do(act)

    def remove(self, name: str) -> None:
        """Remove a file if it is there. Raises StorageDown."""

        def act(files: Any, root: str) -> None:
            with contextlib.suppress(FileNotFoundError):
                files.rm_file(f"{root}/{name}")

        self._do(act)

    def names(self) -> list[str]:
        """The files of the folder itself, sorted. Raises StorageDown."""

        def act(files: Any, root: str) -> list[str]:
            files.invalidate_cache()
            try:
                found = files.ls(root, detail=True)
            except FileNotFoundError:
                return []
            return sorted(_name(one["name"]) for one in found if one["type"] == "file")

        return [name for name in self._do(act) if not name.startswith(".")]

    def sweep(self, now: float) -> None:
        """Remove what killed uploads left. Raises StorageDown."""

        def act(files: Any, root: str) -> None:
            with contextlib.suppress(FileNotFoundError):
                for path in files.ls(f"{root}/{UNFINISHED}", detail=False):
                    if now - files.modified(path).timestamp() > UNFINISHED_SECONDS:
                        files.rm_file(path)

        self._do(act)

    def _make_folder(self, files: Any, folder: str) -> None:
        """Each folder is asked for once by a connection: over SFTP that takes several trips."""
        known = _own.__dict__.setdefault("folders", {}).setdefault(self._url, set())
        if folder not in known:
            files.makedirs(folder, exist_ok=True)
            known.add(folder)

    def _do(self, act: Callable[[Any, str], Result]) -> Result:
        """Do something over this thread's connection; one that has gone stale since its last use is made anew."""
        if _resting.get(self._url, 0) > time.monotonic():
            raise _down(self.shown, "it has just not answered", "vừa không trả lời")
        connections: dict[str, tuple[Any, str]] = _own.__dict__.setdefault("connections", {})
        was_open = self._url in connections
        started = time.monotonic()
        try:
            if not was_open:
                connections[self._url] = _connect(self._url, self._options)
            return act(*connections[self._url])
        except Exception as fault:
            connections.pop(self._url, None)
            _own.__dict__.setdefault("folders", {}).pop(self._url, None)
            if isinstance(fault, OSError) and fault.errno in _OURS:
                raise
            kind, kind_vi = _kind(fault), _kind_vi(fault)
        # Outside of the handler: what the library said is not to be logged as the cause.
        if was_open:
            return self._do(act)
        spent = time.monotonic() - started
        if spent > CONNECT_SECONDS / 2:
            _resting[self._url] = time.monotonic() + PAUSE_FACTOR * spent
        raise _down(self.shown, kind, kind_vi)


def shown_url(url: str) -> str:
    """An URL as it may be shown: without user and password."""
    try:
        parts = urlsplit(url)
        place = f"{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}"
    except ValueError:
        return f"{url.partition('://')[0]}://…"
    return f"{parts.scheme}://{place}{parts.path}" if parts.scheme else parts.path


def _down(shown: str, reason: str, reason_vi: str) -> StorageDown:
    return StorageDown(
        f"the store {shown} can't be used now: {reason}",
        f"kho lưu trữ {shown} không dùng được lúc này ({reason_vi}), việc cần đến kho sẽ chờ",
        "check the store's server and GIAMNGHEO_RAW_URL, GIAMNGHEO_ACCEPTED_URL, GIAMNGHEO_STORAGE_OPTIONS, then "
        "{again}",
        "kiểm tra máy chủ kho và GIAMNGHEO_RAW_URL, GIAMNGHEO_ACCEPTED_URL, GIAMNGHEO_STORAGE_OPTIONS, rồi {again}",
    )


def _kind(fault: Exception) -> str:
    if isinstance(fault, ImportError):
        return f"ImportError {fault.name or ''}".strip()
    if isinstance(fault, OSError) and fault.strerror:
        return fault.strerror
    return kind_of(fault)


def _kind_vi(fault: Exception) -> str:
    if isinstance(fault, ImportError):
        return f"thiếu thư viện {fault.name or ''}".strip()
    if "paramiko" in sys.modules:
        import paramiko

        if isinstance(fault, paramiko.AuthenticationException):
            return "máy chủ không nhận tên, khoá hoặc mật khẩu"
    ours = as_ours(fault)
    if not isinstance(ours, ProgramFault):
        return ours.vi
    # A connection that fails over all addresses of a host has no number of the system's.
    return "không kết nối được" if isinstance(fault, OSError) else "máy chủ từ chối; nhật ký nói rõ hơn"


def _connect(url: str, options: Mapping[str, Any]) -> tuple[Any, str]:
    """The file system of an URL and the path in it; not one that fsspec keeps, which would stay dead once it died."""
    import fsspec

    given = dict(options)
    if url.partition("://")[0] in ("sftp", "ssh"):
        from tasks.sftp import connection_options

        given = connection_options(given, CONNECT_SECONDS)
    files, root = fsspec.core.url_to_fs(url, skip_instance_cache=True, **given)
    if hasattr(files, "ftp"):
        files.ftp.get_channel().settimeout(6 * CONNECT_SECONDS)
    return files, root.rstrip("/")


def _protocol(files: Any) -> str:
    return str(files.protocol if isinstance(files.protocol, str) else files.protocol[0])


def _name(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2]
