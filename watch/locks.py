"""Who holds a lock file on this machine, without touching it: asking for the lock could make a run find it taken."""

import contextlib
import os
import time
from pathlib import Path


def holders_of(path: Path) -> list[tuple[int, float]]:
    """The processes that hold a lock of a file (Linux), and how many seconds each has lived."""
    if not path.exists():
        return []
    status = path.stat()
    here = (os.major(status.st_dev), os.minor(status.st_dev), status.st_ino)
    found = []
    for line in Path("/proc/locks").read_text(encoding="ascii").splitlines():
        words = line.split()
        if words[1] == "FLOCK" and words[4] != "-1":
            major, minor, inode = words[5].split(":")
            if (int(major, 16), int(minor, 16), int(inode)) == here:
                found.append((int(words[4]), _age_of(int(words[4]))))
    return found


def is_held(path: Path) -> bool:
    """Whether some process holds a lock of a file."""
    return bool(holders_of(path))


def _age_of(process: int) -> float:
    with contextlib.suppress(OSError):
        return time.time() - Path(f"/proc/{process}").stat().st_mtime
    return 0.0
