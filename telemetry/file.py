"""The log file: many processes append to it, each record whole, and it never grows past its bound."""

import fcntl
import itertools
import logging
import os
import sys
from pathlib import Path

from telemetry.record import LOGGER, JsonLines

LOG_FILE = "giamngheo.jsonl"
FOLDER = "logs"
# The file at hand and so many older ones share the bound.
_OLDER = 4


class AppendedFile(logging.Handler):
    """Appends each record by one write, so that lines of several processes never mix.

    A full file is renamed to NAME.1, .1 to .2 and so on. A record that another process writes at that moment goes
    to the renamed file, whole. What can't be written is lost and stops nobody.
    """

    def __init__(self, path: Path, most_bytes: int) -> None:
        super().__init__()
        self.path = path
        self.written = 0
        self._limit = most_bytes // (_OLDER + 1)
        self.setFormatter(JsonLines())

    def emit(self, record: logging.LogRecord) -> None:
        try:
            # Half characters of a file's name or an argument become JSON's own escapes.
            if self._append(self.format(record).encode("utf-8", "backslashreplace") + b"\n") >= self._limit:
                self._make_room()
            self.written += 1
        except Exception:
            # A full disk, a folder that is read-only: the work matters more than its log.
            return

    def _append(self, line: bytes) -> int:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            size = os.fstat(descriptor).st_size
            # A disk that was full left half a line: it stays alone.
            if size and os.pread(descriptor, 1, size - 1) != b"\n":
                line = b"\n" + line
            return size + os.write(descriptor, line)
        finally:
            os.close(descriptor)

    def _make_room(self) -> None:
        descriptor = os.open(self.path.with_name(f".{self.path.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if self.path.stat().st_size < self._limit:  # another process was first
                return
            older = [self.path, *(Path(f"{self.path}.{number}") for number in range(1, _OLDER + 1))]
            for source, target in reversed(list(itertools.pairwise(older))):
                if source.exists():
                    os.replace(source, target)
        except BlockingIOError:
            return
        finally:
            os.close(descriptor)


class _StandardError(logging.StreamHandler):  # type: ignore[type-arg]
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the library's name
        """A closed pipe stops nobody, and its complaint would quote the record."""


def configure(data: Path, megabytes: int, *, on_standard_error: bool) -> None:
    """Write the records of this process to the data root's log, which takes so much at most.

    Asked again, it changes to another data root.
    """
    log = logging.getLogger(LOGGER)
    path = data / FOLDER / LOG_FILE
    at_hand = _handler()
    if at_hand is not None and at_hand.path == path:
        return
    for handler in [one for one in log.handlers if isinstance(one, (AppendedFile, _StandardError))]:
        log.removeHandler(handler)
    log.addHandler(AppendedFile(path, megabytes * 1_000_000))
    if on_standard_error:
        second = _StandardError(sys.stderr)
        second.setFormatter(JsonLines())
        log.addHandler(second)
    log.setLevel(logging.INFO)
    # What others do with the records of the root logger (Prefect sends them away) is not for these.
    log.propagate = False


def log_path() -> Path | None:
    """The file that this process writes to, once it has written anything."""
    handler = _handler()
    return handler.path if handler is not None and handler.written else None


def _handler() -> AppendedFile | None:
    return next((one for one in logging.getLogger(LOGGER).handlers if isinstance(one, AppendedFile)), None)
