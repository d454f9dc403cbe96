"""The child process that opens received files: `python -m tasks.child`, started by `tasks/children.py` only.

It confines itself before it imports a reader: memory, time for each file, no core dumps, nothing to write.
"""

import os
import pickle
import resource
import signal
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from errors import ProgramFault
from telemetry.faults import described

MEGABYTE = 1024 * 1024
READY = "ready"
NO_MEMORY = 70
# Libraries reserve far more addresses than they fill; what they fill counts as data.
_RESERVED_MEGABYTES = 4096
_LOG_BYTES = MEGABYTE


Work = Callable[..., object]


def outcome(what: str, path: Path, arguments: tuple[object, ...]) -> object:
    """Do with a stored file what is asked for: "read", "annotate" or "texts".

    Returns what came of it, an Unreadable, or the fault of the system that it met. Raises MemoryError.
    """
    from tasks.read import read_file

    works: dict[str, Work] = {"read": read_file, "annotate": _annotate, "texts": _texts}
    return _outcome(works[what], path, arguments)


def serve(connection: Connection, seconds: float, file_megabytes: int, cells: int) -> None:
    """Answer each request, (what, path, further arguments), with what `outcome` makes of it."""
    import tasks.read  # noqa: F401 - before it says that it is ready
    from tasks.gate import limits

    limits.current = limits.Limits(file_megabytes=file_megabytes, cells=cells)
    connection.send(READY)
    while True:
        try:
            what, path, arguments = connection.recv()
        except EOFError:
            return
        # The default action ends this process wherever it is, in a library's loop too.
        signal.setitimer(signal.ITIMER_REAL, seconds)
        try:
            answer = _pickled(outcome(what, path, arguments))
        except MemoryError:
            os._exit(NO_MEMORY)
        connection.send_bytes(answer)
        signal.setitimer(signal.ITIMER_REAL, 0)


def _annotate(path: Path, *arguments: Any) -> bytes:
    # Imported when it is first asked for: most children only read.
    from tasks.annotate import annotate_file

    return annotate_file(path, *arguments)


def _texts(path: Path, *arguments: Any) -> object:
    from tasks.read.texts import read_texts

    return read_texts(path, *arguments)


def _outcome(work: Work, path: Path, arguments: tuple[object, ...]) -> object:
    from tasks.gate import check_size

    try:
        check_size(path.stat().st_size)
        return work(path, *arguments)
    except Exception as fault:  # an Unreadable among them
        if _is_for_want_of_memory(fault):
            raise MemoryError from fault
        return fault


def _is_for_want_of_memory(fault: BaseException | None) -> bool:
    """Whether memory ran out, and what was raised is that or came of it: a file that could not be closed, say."""
    while fault is not None and not isinstance(fault, MemoryError):
        fault = fault.__cause__ or fault.__context__
    return fault is not None


def _pickled(answer: object) -> bytes:
    try:
        return pickle.dumps(answer, pickle.HIGHEST_PROTOCOL)
    except MemoryError:
        raise
    except Exception:
        return pickle.dumps(
            ProgramFault(described(answer) if isinstance(answer, Exception) else "an answer can't be sent")
        )


def _confine(megabytes: int) -> None:
    _lower(resource.RLIMIT_DATA, megabytes * MEGABYTE)
    _lower(resource.RLIMIT_AS, (megabytes + _RESERVED_MEGABYTES) * MEGABYTE)
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_FSIZE, _LOG_BYTES)
    # Ctrl-C reaches the whole group; the parent decides what becomes of its children.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _lower(limit: int, value: int) -> None:
    _, most = resource.getrlimit(limit)
    value = value if most == resource.RLIM_INFINITY else min(value, most)
    resource.setrlimit(limit, (value, value))


def main(arguments: list[str]) -> None:
    descriptor, seconds, megabytes, file_megabytes, cells = arguments
    _confine(int(megabytes))
    serve(Connection(int(descriptor)), float(seconds), int(file_megabytes), int(cells))


if __name__ == "__main__":
    main(sys.argv[1:])
