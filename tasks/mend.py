"""Make way for what `rebuild` makes anew."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from tasks.release import ABANDONED, MANIFEST, switch, verify_release

_DAMAGED = ".damaged-"


def set_aside_damaged(releases: Path, current: Path, published: Mapping[str, str]) -> None:
    """Free the current release's name where it is not as it was sealed or published, so that it can be made anew.

    `published` as for `tasks.release.make_release`.
    Readers keep seeing it, by its other name, until the new one is switched to. The caller holds the lock.
    """
    shown = current.resolve()
    if shown.parent != releases.resolve() or not shown.is_dir():
        return
    release = releases / shown.name.removeprefix(_DAMAGED)
    aside = releases / f"{_DAMAGED}{release.name}"
    if shown != aside.resolve():
        if _is_whole(release, published):
            return
        # The same files by another name first: at no moment does `current` point to nothing.
        shutil.rmtree(aside, ignore_errors=True)
        shutil.copytree(release, aside, symlinks=True, copy_function=os.link)
        switch(current, aside)
    if release.is_dir() and not _is_whole(release, published):
        # Under a name that the next build sweeps away, if this is cut off.
        gone = releases / f"{ABANDONED}{release.name}-{os.getpid()}"
        os.replace(release, gone)
        shutil.rmtree(gone)


def remove_damaged(releases: Path, current: Path) -> None:
    """Remove what was set aside and is not shown to readers any more."""
    for path in releases.glob(f"{_DAMAGED}*"):
        if path.resolve() != current.resolve():
            shutil.rmtree(path)


def _is_whole(release: Path, published: Mapping[str, str]) -> bool:
    return (release / MANIFEST).is_file() and not verify_release(release, published)
