"""Writing so that a pulled plug leaves the old state or the new one, never half."""

import contextlib
import hashlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path


def write_bytes(path: Path, content: bytes, *, read_only: bool = False, secret: bool = False) -> None:
    """Write a file by way of a temporary name: temp → fsync → rename → fsync of the folder.

    A secret one is at no moment readable by others. Raises OSError; the file is then as it was before.
    """
    with temporary_beside(path) as temporary:
        if secret:
            temporary.touch(mode=0o600)
        with open(temporary, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if read_only:
            temporary.chmod(0o444)
        os.replace(temporary, path)
    sync_folder(path.parent)


@contextlib.contextmanager
def temporary_beside(path: Path) -> Iterator[Path]:
    """A temporary path in the same folder, which is made where needed; removed when something is left there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.parent / f".tmp-{secrets.token_hex(6)}-{path.name}"
    try:
        yield temporary
    except OSError as fault:
        # A write that fails does not say where.
        fault.filename = fault.filename or str(path.parent)
        raise
    finally:
        temporary.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Make renames in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync_file(path: Path) -> None:
    """Make a finished file durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
