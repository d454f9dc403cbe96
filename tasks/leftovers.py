"""Remove what killed runs left half written; the whole of it was written anew, or never needed."""

import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from settings import Settings
from tasks.storage import sweep_storage

# The temporary names of tasks/files.py and tasks/accept.py.
_TEMPORARY = re.compile(r"\.tmp-[0-9a-f]{12}(-.*)?", re.DOTALL)
# Whatever is written under a temporary name is finished within seconds; another run may be at it now.
OLD_SECONDS = 3600


def sweep(settings: Settings, inbox: Path) -> None:
    """Remove temporary files and folders under the data root that no run can be at any more. Raises OSError."""
    sweep_storage(settings)
    now = time.time()
    for folder in _written_to(settings, inbox):
        for path in folder.glob(".tmp-*"):
            if not _TEMPORARY.fullmatch(path.name) or path.is_symlink() or now - path.stat().st_mtime < OLD_SECONDS:
                continue
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()


def _written_to(settings: Settings, inbox: Path) -> Iterator[Path]:
    yield from (inbox, settings.data, settings.raw, settings.accepted)
    yield from _folders(settings.judgements)
    returned = settings.data / "returned"
    for period in _folders(returned):
        yield from (period, *_folders(period))


def _folders(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []
