"""A process that loads everything once, and then forks children that do one piece of work each and may be killed at it.

Reads orders from standard input, a JSON object a line: `work` and `root`, and either `at` and `nth` (die by SIGKILL
just before the nth time of that durable step) or `after` (die so many seconds into the work). Answers each with a line:
{"killed": bool, "exit": int, "steps": [label of every durable step that was done]}.

A durable step is what a reader of the disk could see: a rename, a link, a removal, a commit to the ledger. Its label
is the function of the project that asked for it, and what it did.
"""

import datetime as dt
import json
import os
import shutil
import signal
import sys
import threading
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import tasks.validate  # noqa: F401 - takes seconds, and is the same for every child
from flows.decisions import decide_on
from flows.ingest import ingest
from flows.publish import publish, rollback
from flows.rebuild import rebuild
from flows.runner import DirectRunner
from ledger.events import Ledger
from ledger.states import derive_state
from settings import REPOSITORY, Settings
from tasks import decide
from tasks.release import list_releases

AT = dt.datetime(2020, 2, 5, 3, tzinfo=dt.UTC)
BY, REASON = "Thẩm định viên", "thử rút điện"
# A step is named by who asked for it, not by the helper that does it.
HELPERS = (REPOSITORY / "tasks" / "files.py", REPOSITORY / "ledger" / "events.py")


def settings_of(root: Path) -> Settings:
    return Settings(data=root, settle_seconds=0, ledger_url="", pseudonym_key="k", last_period="2020-01", readers=1)


def do_ingest(settings: Settings) -> None:
    report = ingest(settings, DirectRunner(), clock=lambda: AT)
    if report.faults:
        raise RuntimeError(report.faults)


def do_decision(action: str, file_name: str, **how: Any) -> Callable[[Settings], None]:
    """A decision; where it stands already, since only what follows was cut off, the run that any schedule brings."""

    def work(settings: Settings) -> None:
        ledger = Ledger(settings.database_url)
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


WORKS: dict[str, Callable[[Settings], None]] = {
    "ingest": do_ingest,
    "return": do_decision("return", "bad.xlsx"),
    "waive": do_decision("waive", "held.xlsx", rule="X05", until=dt.date(2020, 12, 31)),
    "accept": do_decision("accept", "held.xlsx"),
    "withdraw": do_decision("withdraw", "good.xlsx"),
    "publish": do_publish,
    "rollback": do_rollback,
    "rebuild": do_rebuild,
}


class Steps:
    """Watches the durable steps of this process; kills it just before one of them."""

    def __init__(self, root: Path, trace: int, at: str | None, nth: int) -> None:
        self.root, self.trace, self.at, self.nth = root, trace, at, nth
        self.seen: Counter[str] = Counter()

    def watch(self) -> None:
        for module, name in ((os, "replace"), (os, "rename"), (os, "symlink"), (os, "unlink"), (shutil, "rmtree")):
            setattr(module, name, self._watched(name, getattr(module, name)))
        Ledger.append = self._watched("append", Ledger.append)  # type: ignore[method-assign]

    def _watched(self, name: str, step: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*arguments: Any, **options: Any) -> Any:
            asker = _asker()
            if asker is None or not self._lasts(name, arguments):
                return step(*arguments, **options)
            label = f"{asker} {name}"
            self.seen[label] += 1
            if label == self.at and self.seen[label] == self.nth:
                os.kill(os.getpid(), signal.SIGKILL)
            result = step(*arguments, **options)
            os.write(self.trace, f"{label}\n".encode())
            return result

        return watched

    def _lasts(self, name: str, arguments: tuple[Any, ...]) -> bool:
        """Whether it is about the data root, not a temporary folder; what isn't there can't be removed."""
        if name == "append":
            return True
        path = Path(arguments[1 if name == "symlink" else 0])
        return path.is_relative_to(self.root) and (name not in ("unlink", "rmtree") or os.path.lexists(path))


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


def child(order: dict[str, Any], trace: int) -> int:
    root = Path(order["root"])
    Steps(root, trace, order.get("at"), order.get("nth", 1)).watch()
    try:
        WORKS[order["work"]](settings_of(root))
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def main() -> None:
    for line in sys.stdin:
        order = json.loads(line)
        read, write = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(read)
            os._exit(child(order, write))
        os.close(write)
        if "after" in order:
            threading.Timer(order["after"], lambda pid=pid: os.kill(pid, signal.SIGKILL)).start()
        with open(read, encoding="utf-8") as trace:
            steps = trace.read().splitlines()
        _, status = os.waitpid(pid, 0)
        print(
            json.dumps({"killed": os.WIFSIGNALED(status), "exit": os.waitstatus_to_exitcode(status), "steps": steps}),
            flush=True,
        )


if __name__ == "__main__":
    main()
