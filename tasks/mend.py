"""Make way for what `rebuild` makes anew."""

import os
import shutil
from pathlib import Path

from tasks.files import sync_folder
from tasks.release import MANIFEST, verify_release

_DAMAGED = ".damaged-"


def set_aside_damaged(releases: Path, current: Path) -> None:
    """Take the current release's name from it where it is not as it was sealed, so that it can be made anew.

    Readers keep seeing it, by its other name, until the new one is switched to. The caller holds the lock.
    """
    release = current.resolve()
    if release.parent != releases.resolve() or not release.is_dir() or _is_whole(release):
        return
    aside = releases / f"{_DAMAGED}{release.name.removeprefix(_DAMAGED)}"
    if aside == release:
        return
    shutil.rmtree(aside, ignore_errors=True)
    os.replace(release, aside)
    link = current.with_name(f".{current.name}{_DAMAGED}{os.getpid()}")
    link.unlink(missing_ok=True)
    link.symlink_to(os.path.relpath(aside, current.parent), target_is_directory=True)
    os.replace(link, current)
    sync_folder(current.parent)
    sync_folder(releases)


def remove_damaged(releases: Path, current: Path) -> None:
    """Remove what was set aside and is not shown to readers any more."""
    for path in releases.glob(f"{_DAMAGED}*"):
        if path.resolve() != current.resolve():
            shutil.rmtree(path)


def _is_whole(release: Path) -> bool:
    try:
        return (release / MANIFEST).is_file() and not verify_release(release)
    except (ValueError, KeyError, TypeError):
        return False
