"""A part of what runs: one child process, started when it may be, started again when it dies, with its own log file."""

import contextlib
import ctypes
import logging
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from errors import SystemFault
from tasks.fault_words import as_ours
from telemetry.record import tell as record

Tell = Callable[[str], None]


class NotReady(SystemFault):
    """What a part needs does not answer yet; it is tried again."""

    usual_do_vi = "chờ: sẽ tự thử lại"
    usual_do_en = "wait: it is tried again"


FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 60.0
# A part that lived so long has started well: its next end is a first one again.
WELL_AFTER_SECONDS = 120.0
# So many ends in a row, and a person has to look.
FAILING_AFTER = 4
# Asked so often whether it answers; silent for so long, it is taken for hung and started again.
HEALTH_SECONDS = 10.0
HUNG_AFTER_SECONDS = 180.0
LOG_BYTES = 10_000_000

_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def _always() -> bool:
    return True


def _nothing() -> None:
    return None


@dataclass
class Part:
    """What to start and how to know that it works.

    `name` names the log file, `title` is what the operator reads. `may_start` is asked before every start, `before`
    is done then (it may raise OSError: the start is tried again later). `answers` says whether it does its work; a
    part without it works as long as it lives. `is_step` is a part that ends: with 0 it is done for good.
    `stop_seconds` is how long it may take to end when it is asked to.
    """

    name: str
    title: str
    command: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    log: Path
    may_start: Callable[[], bool] = _always
    before: Callable[[], None] = _nothing
    answers: Callable[[], bool] | None = None
    is_step: bool = False
    stop_seconds: float = 15.0

    is_ready: bool = field(default=False, init=False)
    is_done: bool = field(default=False, init=False)
    process: "subprocess.Popen[bytes] | None" = field(default=None, init=False)
    _ends: int = field(default=0, init=False)
    _started: float = field(default=0.0, init=False)
    _next_start: float = field(default=0.0, init=False)
    _next_question: float = field(default=0.0, init=False)
    _last_answer: float = field(default=0.0, init=False)

    def look(self, tell: Tell) -> None:
        """Do what is due now: start it, hear whether it works, notice its end. Returns soon; never raises OSError."""
        now = time.monotonic()
        if self.is_done:
            return
        if self.process is None:
            if now >= self._next_start and self.may_start():
                self._start(tell)
        elif self.process.poll() is not None:
            self._ended(self.process.returncode, tell)
        else:
            self._ask(now, tell)
            keep_small(self.log)

    def ask_to_end(self) -> None:
        """SIGTERM, where it runs."""
        if self.process is not None:
            self.process.terminate()

    def is_over(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def kill(self) -> None:
        """End it and wait for its end."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def _start(self, tell: Tell) -> None:
        try:
            self.before()
            self.log.parent.mkdir(parents=True, exist_ok=True)
            keep_small(self.log)
            with open(self.log, "ab") as output:
                self.process = subprocess.Popen(  # noqa: S603 - our own commands
                    self.command,
                    cwd=self.folder,
                    env=dict(self.environment),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    # Ctrl+C is for `up` alone, which ends its parts in order.
                    start_new_session=True,
                    preexec_fn=_die_with(os.getpid()),
                )
        except (OSError, NotReady) as fault:
            self._pause(f"chưa khởi động được ({as_ours(fault).vi})", tell)
            return
        now = self._started = self._last_answer = time.monotonic()
        self._next_question = now
        self.is_ready = False
        record("part.started", part=self.name)

    def _ask(self, now: float, tell: Tell) -> None:
        if now - self._started > WELL_AFTER_SECONDS:
            self._ends = 0
        if self.is_step:
            return
        if self.answers is None:
            self.is_ready = True
            return
        if now < self._next_question:
            return
        if self.answers():
            self.is_ready = True
            self._last_answer = now
        # While it starts, whoever waits for it wants to know at once.
        self._next_question = now + (HEALTH_SECONDS if self.is_ready else 0.5)
        if now - self._last_answer > HUNG_AFTER_SECONDS:
            self.kill()
            self._pause(f"đã bị dừng (không trả lời trong {HUNG_AFTER_SECONDS:g} giây)", tell)

    def _ended(self, code: int, tell: Tell) -> None:
        self.process = None
        if self.is_step and code == 0:
            self.is_ready = self.is_done = True
            return
        self._pause(f"đã dừng ({_words(code)})", tell)

    def _pause(self, what: str, tell: Tell) -> None:
        self.is_ready = False
        self._ends += 1
        record("part.ended", logging.ERROR, part=self.name, ends=self._ends)
        seconds = min(FIRST_PAUSE_SECONDS * 2 ** (self._ends - 1), LONGEST_PAUSE_SECONDS)
        self._next_start = time.monotonic() + seconds
        if self._ends < FAILING_AFTER:
            tell(f"{self.title} {what}; khởi động lại sau {seconds:g} giây.")
        elif self._ends == FAILING_AFTER:
            tell(
                f"{self.title} {what}, đã {self._ends} lần liền: xem {self.log}. Các phần khác vẫn chạy; "
                f"vẫn thử lại, nhiều nhất {LONGEST_PAUSE_SECONDS:g} giây một lần."
            )


def stop(parts: Sequence[Part]) -> None:
    """Ask parts to end, together; kill those that take longer than they may."""
    started = time.monotonic()
    for part in parts:
        part.ask_to_end()
    while waiting := [part for part in parts if not part.is_over()]:
        for part in waiting:
            if time.monotonic() - started > part.stop_seconds:
                part.kill()
        time.sleep(0.1)


def keep_small(log: Path, most_bytes: int = LOG_BYTES) -> None:
    """Move what a log holds to `NAME.1` once it is too long: a part's log takes twice `most_bytes` at most.

    The file itself stays, since the part goes on writing to it; a line written meanwhile may be lost.
    """
    with contextlib.suppress(OSError):
        if log.stat().st_size > most_bytes:
            shutil.copyfile(log, log.with_name(f"{log.name}.1"))
            os.truncate(log, 0)


def _words(code: int) -> str:
    if code >= 0:
        return f"mã thoát {code}"
    try:
        return f"bị kết thúc bởi {signal.Signals(-code).name}"
    except ValueError:
        return f"bị kết thúc bởi tín hiệu {-code}"


def _die_with(parent: int) -> Callable[[], None]:
    """To be called in a new child: it is told to end when its parent dies, however that dies (Linux)."""

    def prepare() -> None:
        _libc.prctl(_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return prepare
