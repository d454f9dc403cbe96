"""Child processes that open received files, since those are hostile until proven otherwise.

A child has limits on time and memory (`tasks/child.py`). It reads one file at a time, so when it dies that file
alone is to blame: the child is replaced, and the others never notice. Each child has a pipe and a thread of its
own in the parent; nothing is shared that a dying child could leave locked.
"""

import contextlib
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from multiprocessing import Pipe
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from tasks import child
from tasks.faults import SystemFault, Unreadable
from tasks.gate.limits import Limits

if TYPE_CHECKING:
    from settings import Settings
    from tasks.read import ReadWorkbook
    from tasks.read.texts import FileTexts

_START_SECONDS = 120
# The child's own clock rings first; the parent's is for one that can't hear it.
_GRACE_SECONDS = 5
_LONGEST_WORDS = 500
_ENDED = ("lần chạy đã dừng khi tệp chưa đọc xong", "run giamngheo ingest", "chạy lại giamngheo ingest")
# Children need no secrets, and threads of their own only cost them memory.
_WITHHELD = ("GIAMNGHEO_", "PREFECT_", "AWS_")
_SMALL = {"POLARS_MAX_THREADS": "1", "MALLOC_ARENA_MAX": "2"}

# What is to be done with a stored file: its name in `tasks/child.py`, the path, further arguments.
Request = tuple[str, Path, tuple[object, ...]]
Task = tuple["Future[Any]", Request]


class _Died(Exception):
    """A child ended instead of answering; `exit_code` as subprocess gives it."""

    def __init__(self, exit_code: int) -> None:
        super().__init__(exit_code)
        self.exit_code = exit_code


class _NotStarted(SystemFault):
    """A child ended before it could be asked anything."""


class Readers:
    """A few children, warm from the start. Use as a context manager; they end with it, whatever they do.

    `seconds` and `megabytes` are a file's limits; a file that exceeds them is Unreadable.
    """

    def __init__(
        self, processes: int, seconds: float = 60, megabytes: int = 1024, limits: Limits | None = None
    ) -> None:
        self._limits = seconds, megabytes, limits or Limits()
        self._waiting: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._closed = False
        self._children: list[_Child | None] = [_Child(*self._limits) for _ in range(processes)]
        self._threads = [
            threading.Thread(target=self._serve, args=(place,), name=f"reader-{place}", daemon=True)
            for place in range(processes)
        ]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> "Readers":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def submit(self, path: Path, file_name: str) -> "Future[ReadWorkbook | Unreadable]":
        """Read one file when a child is free. The future raises OSError or SystemFault: faults of the system."""
        return self._submit(("read", path, (file_name,)))

    def read(self, path: Path, file_name: str) -> "ReadWorkbook | Unreadable":
        """`submit`, and wait."""
        return self.submit(path, file_name).result()

    def annotate(
        self, path: Path, findings: Sequence[Mapping[str, Any]], counts: Mapping[str, int], verdict_vi: str
    ) -> bytes:
        """`tasks.annotate.annotate_file`; a file that exceeds the limits is Unreadable here, too.

        Raises Unreadable, and OSError or SystemFault: faults of the system.
        """
        answer = self._submit(("annotate", path, (findings, counts, verdict_vi))).result()
        if isinstance(answer, Unreadable):
            raise answer
        return cast(bytes, answer)

    def texts(self, path: Path, file_name: str) -> "FileTexts":
        """`tasks.read.texts.read_texts`: every cell of a file as text. Raises as `annotate` does."""
        answer = self._submit(("texts", path, (file_name,))).result()
        if isinstance(answer, Unreadable):
            raise answer
        return cast("FileTexts", answer)

    def close(self) -> None:
        """End every child at once; what waits is cancelled, what is being read fails."""
        with self._lock:
            self._closed = True
            children = [one for one in self._children if one]
        with contextlib.suppress(queue.Empty):
            while task := self._waiting.get_nowait():
                task[0].cancel()
        for one in children:
            one.kill()
        for _ in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            thread.join()

    def _submit(self, request: Request) -> "Future[Any]":
        future: Future[Any] = Future()
        with self._lock:
            if self._closed:
                raise RuntimeError("the readers are closed")
            self._waiting.put((future, request))
        return future

    def _serve(self, place: int) -> None:
        while task := self._waiting.get():
            future, request = task
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(self._answer(place, request))
            except BaseException as fault:
                future.set_exception(fault)
        self._discard(place)

    def _answer(self, place: int, request: Request) -> object:
        """Give a file to the child of this place; one that dies of it is replaced, and the file tried once more.

        The second attempt is for the file's sake: the first child may have been worn out by earlier ones, or
        ended by somebody else.
        """
        seconds, megabytes, _ = self._limits
        for attempt in (1, 2):
            try:
                return self._child(place).answer(request, seconds)
            except (_Died, _NotStarted) as death:
                self._discard(place)
                if self._closed:
                    raise SystemFault("the run ended while the file was being read", *_ENDED) from death
                if isinstance(death, _NotStarted):
                    if attempt == 2:
                        raise
                    continue
                if attempt == 2 or death.exit_code == -signal.SIGALRM:
                    return _verdict(death.exit_code, seconds, megabytes)
        raise AssertionError("unreachable")

    def _child(self, place: int) -> "_Child":
        with self._lock:
            if self._closed:
                raise SystemFault("the run ended before the file was read", *_ENDED)
            one = self._children[place]
            if one is None or not one.is_alive():
                if one is not None:
                    one.discard()
                one = self._children[place] = _Child(*self._limits)
            return one

    def _discard(self, place: int) -> None:
        with self._lock:
            one, self._children[place] = self._children[place], None
        if one is not None:
            one.discard()


def start_readers(settings: "Settings", processes: int | None = None) -> Readers:
    """As many children as the settings say, unless told otherwise, with their limits; or threads in place of them."""
    if settings.work == "threads":
        from tasks.threads import ThreadReaders

        return ThreadReaders(processes or settings.readers, gate_limits(settings))
    limits = gate_limits(settings)
    return Readers(processes or settings.readers, settings.reader_seconds, settings.reader_megabytes, limits)


def gate_limits(settings: "Settings") -> Limits:
    """What passes the gate, as the settings say."""
    return Limits(file_megabytes=settings.max_file_megabytes, cells=settings.max_cells)


class _Child:
    """One process and the pipe to it."""

    def __init__(self, seconds: float, megabytes: int, limits: Limits) -> None:
        self._connection, theirs = Pipe()
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the child
        self._is_ready = False
        arguments = [theirs.fileno(), seconds, megabytes, limits.file_megabytes, limits.cells]
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own module with numbers
                [sys.executable, "-P", "-m", child.__name__, *map(str, arguments)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._log,
                pass_fds=[theirs.fileno()],
                env=_environment(),
            )

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def answer(self, request: Request, seconds: float) -> object:
        """Raises _Died, what the child met that is no fault of the file, or SystemFault if it doesn't start."""
        self._wait_until_ready()
        try:
            self._connection.send(request)
            if not self._connection.poll(seconds + _GRACE_SECONDS):
                raise _Died(-signal.SIGALRM)
            answer = self._connection.recv()
        except (EOFError, OSError) as death:
            raise _Died(self._process.wait()) from death
        if isinstance(answer, Exception) and not isinstance(answer, Unreadable):
            raise answer
        return answer

    def kill(self) -> None:
        """End the process and wait for its end; whoever is reading from it learns that it died."""
        self._process.kill()
        self._process.wait()

    def discard(self) -> None:
        """`kill`, and close what belonged to it. For the thread that reads from it only."""
        self.kill()
        self._connection.close()
        self._log.close()

    def _wait_until_ready(self) -> None:
        if self._is_ready:
            return
        try:
            self._is_ready = self._connection.poll(_START_SECONDS) and self._connection.recv() == child.READY
        except (EOFError, OSError):
            self._is_ready = False
        if not self._is_ready:
            self.kill()
            said = self._last_words()
            raise _NotStarted(
                f"a reader process does not start: {said}",
                "tiến trình đọc tệp không khởi động được",
                "check the memory, then run giamngheo ingest",
                "kiểm tra bộ nhớ, rồi chạy lại giamngheo ingest",
            )

    def _last_words(self) -> str:
        self._log.seek(0)
        lines = self._log.read().decode("utf-8", errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "it says nothing")[:_LONGEST_WORDS]


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_WITHHELD)}
    return kept | _SMALL | {"PYTHONPATH": os.pathsep.join(path or str(Path.cwd()) for path in sys.path)}


def _verdict(exit_code: int, seconds: float, megabytes: int) -> Unreadable:
    """What a child's end says about the file that it read."""
    if exit_code == -signal.SIGALRM:
        return Unreadable(f"đọc quá {seconds:g} giây", f"reading takes more than {seconds:g} seconds")
    if exit_code in (child.NO_MEMORY, -signal.SIGABRT, -signal.SIGKILL):
        return Unreadable(
            f"tệp quá lớn: đọc cần hơn {megabytes} MB bộ nhớ",
            f"the file is too large: reading it takes more than {megabytes} MB of memory",
        )
    return Unreadable("tệp làm hỏng trình đọc", f"the file kills its reader (exit code {exit_code})")
