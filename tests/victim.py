"""A process that loads everything once, and then forks children that do one piece of work each and may fail at it.

Reads orders from standard input, a JSON list a line; those of one line are done at the same time. An order has `root`
and `work`, a name of WORKS or a command line as a list of words, and may have

- `at` and `nth`: die by SIGKILL just before the nth time of that durable step; with `full`, the disk is full from
  there to the end of the work instead
- `after`: die so many seconds into the work
- `environment`: variables besides the settings of the harness; `humble`: root opens only what the rights of the
  code's owner allow
- `reports`: whether a publication's reports are the real ones. They cost two thirds of it, have no durable step of
  their own and end as files of the folder that is renamed when all is done; otherwise short files stand in for them.

Answers each order in a JSON list: {"killed": bool, "exit": int, "steps": [label of every durable step that was done],
"out": str, "err": str}.

A durable step is what a reader of the disk could see: a rename, a link, a removal, a commit to the ledger. Its label
is the function of the project that asked for it, and what it did.
"""

import ctypes
import datetime as dt
import errno
import json
import os
import shutil
import signal
import sqlite3
import sys
import tempfile
import threading
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import sqlalchemy as sa

import cli
import flows.prefect_flows
import flows.publish
import tasks.validate  # noqa: F401 - takes seconds
from flows.decisions import decide_on
from flows.ingest import ingest
from flows.notices import announce
from flows.publish import publish, rollback
from flows.rebuild import rebuild
from flows.runner import DirectRunner
from ledger.events import Ledger
from ledger.states import derive_state
from settings import REPOSITORY, Settings, get_settings
from tasks import backup, decide
from tasks.ledgers import LAST_FILE, open_ledger
from tasks.release import list_releases

AT = dt.datetime(2020, 2, 5, 3, tzinfo=dt.UTC)
BY, REASON = "Thẩm định viên", "thử rút điện"
# A step is named by who asked for it, not by the helper that does it.
HELPERS = tuple(REPOSITORY / helper for helper in ("tasks/files.py", "tasks/ledgers.py", "ledger/events.py"))


def settings_of(root: Path) -> Settings:
    """Without those of the environment but where notices go."""
    return Settings(data=root, settle_seconds=0, ledger_url="", pseudonym_key="k", last_period="2020-01", readers=1)


def do_ingest(settings: Settings) -> None:
    report = ingest(settings, DirectRunner(), clock=lambda: AT)
    if report.faults:
        raise RuntimeError(report.faults)


def do_decision(action: str, file_name: str, **how: Any) -> Callable[[Settings], None]:
    """A decision; where it stands already, since only what follows was cut off, the run that any schedule brings."""

    def work(settings: Settings) -> None:
        ledger = open_ledger(settings)
        state = derive_state(ledger.events())
        ledger.close()
        (one,) = [one for one in state.submissions.values() if one.file_name == file_name]
        if action == "waive" and one.waivers:
            return do_ingest(settings)
        try:
            decide_on(settings, DirectRunner(), one.submission_id, action, by=BY, reason=REASON, at=AT, **how)
        except decide.NotAllowed:
            do_ingest(settings)

    return work


def do_publish(settings: Settings) -> None:
    publish(settings, DirectRunner(), now=AT)


def do_rollback(settings: Settings) -> None:
    (older,) = [
        one["release_id"] for one in list_releases(settings.releases, settings.current) if one["as_of"] == "2019-12"
    ]
    rollback(settings, older, BY, REASON)


def do_rebuild(settings: Settings) -> None:
    rebuild(settings, DirectRunner(), lambda stage, done, total: None)


def do_backup(settings: Settings) -> None:
    """Beside the data root, as the copy must be."""
    backup.back_up(settings, beside(settings.data), AT, lambda stage, done, total: None)


def do_restore(settings: Settings) -> None:
    (kept,) = (settings.data / ".kept").iterdir()
    backup.restore(settings, kept, lambda stage, done, total: None)


def do_notify(settings: Settings) -> None:
    sending = announce(settings, AT)
    assert sending is not None
    sending.join()


def beside(root: Path) -> Path:
    """Where what leaves a data root goes."""
    return root.with_name(f"{root.name}-out")


WORKS: dict[str, Callable[[Settings], None]] = {
    "ingest": do_ingest,
    "return": do_decision("return", "bad.xlsx"),
    "waive": do_decision("waive", "held.xlsx", rule="X05", until=dt.date(2020, 12, 31)),
    "accept": do_decision("accept", "held.xlsx"),
    "withdraw": do_decision("withdraw", "good.xlsx"),
    "publish": do_publish,
    "rollback": do_rollback,
    "rebuild": do_rebuild,
    "backup": do_backup,
    "restore": do_restore,
    "notify": do_notify,
}


class Steps:
    """Watches the durable steps of this process, and disturbs it just before one of them."""

    def __init__(self, root: Path, trace: int, order: dict[str, Any]) -> None:
        self.places = (root, beside(root))
        self.trace = trace
        self.at, self.nth, self.fills = order.get("at"), order.get("nth", 1), order.get("full", False)
        self.seen: Counter[str] = Counter()
        self.is_full = False

    def watch(self) -> None:
        for module, name in ((os, "replace"), (os, "rename"), (os, "symlink"), (os, "unlink"), (shutil, "rmtree")):
            setattr(module, name, self._watched(name, getattr(module, name)))
        Ledger.append = self._watched("append", Ledger.append)  # type: ignore[method-assign]
        sa.event.listen(sa.Engine, "commit", self._commit)
        os.fsync = self._synced(os.fsync)

    def _watched(self, name: str, step: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*arguments: Any, **options: Any) -> Any:
            asker = _asker()
            if asker is None or not self._lasts(name, arguments):
                return step(*arguments, **options)
            label = f"{asker} {name}"
            self._reach(label, name)
            result = step(*arguments, **options)
            self._note(label)
            return result

        return watched

    def _commit(self, connection: sa.Connection) -> None:
        """Of a store that is no ledger; those have `append`."""
        if not str(connection.engine.url.database).endswith(LEDGER):
            label = f"{_asker()} commit"
            self._reach(label, "commit")
            self._note(label)

    def _reach(self, label: str, name: str) -> None:
        self.seen[label] += 1
        if label == self.at and self.seen[label] == self.nth:
            if not self.fills:
                os.kill(os.getpid(), signal.SIGKILL)
            self.is_full = True
        # What is removed makes room.
        if self.is_full and name not in ("unlink", "rmtree"):
            self._note(f"FULL {label}")
            raise _full_database() if name in ("append", "commit") else _full_disk()

    def _synced(self, step: Callable[[int], None]) -> Callable[[int], None]:
        def synced(descriptor: int) -> None:
            if self.is_full:
                raise _full_disk()
            step(descriptor)

        return synced

    def _note(self, label: str) -> None:
        os.write(self.trace, f"{label}\n".encode())

    def _lasts(self, name: str, arguments: tuple[Any, ...]) -> bool:
        """Whether it is about the data root, not a temporary folder; what isn't there can't be removed.

        What the ledger's witness says may lag behind: it is no step.
        """
        if name == "append":
            return True
        path = Path(arguments[1 if name == "symlink" else 0])
        return (
            any(path.is_relative_to(place) for place in self.places)
            and not path.name.endswith(LAST_FILE)
            and (name not in ("unlink", "rmtree") or os.path.lexists(path))
        )


LEDGER = "ledger.sqlite"


def _full_disk() -> OSError:
    """As a write says it: without a file's name."""
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _full_database() -> Exception:
    inner = sqlite3.OperationalError("database or disk is full")
    inner.sqlite_errorcode = sqlite3.SQLITE_FULL
    return sa.exc.OperationalError("INSERT", {}, inner)


def _asker() -> str | None:
    """The nearest function of the project that is no helper, as module.function; None where there is none."""
    frame = sys._getframe(2)
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(REPOSITORY):
            place = path.relative_to(REPOSITORY)
            if place.parts[0] not in (".venv", "tests") and path not in HELPERS:
                return f"{place.with_suffix('').as_posix()} {frame.f_code.co_name}"
        frame = frame.f_back  # type: ignore[assignment]
    return None


def stand_in_reports(release: Path) -> None:
    for name in ("report.xlsx", "report.docx", "report.html"):
        (release / name).write_bytes(b"a report")


def child(order: dict[str, Any], trace: int, out: int, err: int) -> int:
    """One piece of work in a process of its own; returns its exit code."""
    os.dup2(out, 1)
    os.dup2(err, 2)
    root = Path(order["root"])
    os.environ.update(order.get("environment", {}))
    if order.get("humble"):
        give_up_override()
    if not order.get("reports"):
        flows.publish.write_reports = stand_in_reports
    Steps(root, trace, order).watch()
    try:
        if isinstance(order["work"], list):
            return command_line(order["work"], root)
        WORKS[order["work"]](settings_of(root))
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def give_up_override() -> None:
    """Let root meet the rights of files and folders like anybody, as the owner of the code; others do so anyway.

    The code may lie in a home that nobody else may enter. Where root itself owns it, root gives up the right to open
    whatever it likes (capabilities(7)).
    """
    if os.geteuid() != 0:
        return
    if owner := REPOSITORY.stat().st_uid:
        os.setgroups([])
        os.setgid(REPOSITORY.stat().st_gid)
        os.setuid(owner)
        return
    version_3, dac_override, dac_read_search = 0x20080522, 1, 2
    system = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(version_3, 0)
    # Effective, permitted, inheritable; then the same of capabilities from 32 on.
    sets = (ctypes.c_uint32 * 6)()
    if system.capget(header, sets) == 0:
        for place in range(3):
            sets[place] &= ~(1 << dac_override | 1 << dac_read_search)
        if system.capset(header, sets) == 0:
            return
    raise OSError(ctypes.get_errno(), "capabilities could not be given up")


def command_line(words: list[str], root: Path) -> int:
    """`giamngheo WORDS` on a data root; what is set already stays."""
    os.environ.setdefault("GIAMNGHEO_DATA", str(root))
    for name, value in {"SETTLE_SECONDS": 0, "PSEUDONYM_KEY": "k", "LAST_PERIOD": "2020-01", "READERS": 1}.items():
        os.environ.setdefault(f"GIAMNGHEO_{name}", str(value))
    # What was imported may have asked already.
    get_settings.cache_clear()
    sys.argv = ["giamngheo", *words]
    try:
        cli.main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


def started(order: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """Begin a piece of work; call what is returned to wait for its end."""
    read, write = os.pipe()
    # Closed when they were read.
    out, err = tempfile.TemporaryFile(), tempfile.TemporaryFile()  # noqa: SIM115
    pid = os.fork()
    if pid == 0:
        os.close(read)
        code = 1
        try:
            code = child(order, write, out.fileno(), err.fileno())
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(code)
    os.close(write)
    if "after" in order:
        threading.Timer(order["after"], _kill, (pid,)).start()

    def wait() -> dict[str, Any]:
        with open(read, encoding="utf-8") as trace:
            steps = trace.read().splitlines()
        _, status = os.waitpid(pid, 0)
        return {
            "killed": os.WIFSIGNALED(status),
            "exit": os.waitstatus_to_exitcode(status),
            "steps": steps,
            "out": _said(out),
            "err": _said(err),
        }

    return wait


def _kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def _said(file: IO[bytes]) -> str:
    with file:
        file.seek(0)
        return file.read().decode(errors="replace")


def main() -> None:
    for line in sys.stdin:
        waits = [started(order) for order in json.loads(line)]
        print(json.dumps([wait() for wait in waits]), flush=True)


if __name__ == "__main__":
    main()
