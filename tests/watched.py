"""A process that makes a release, or judges files, and tells all that it imported and opened.

`python watched.py release INPUTS FOLDER TOLD` makes a release of pickled BuildInputs; `python watched.py judge ROOT
TOLD FILE…` reads received files of a data root and holds them against the rules. TOLD is the JSON that it leaves. What
the program opens only to hash itself is left out.
"""

import json
import os
import pickle
import sys
import types
from pathlib import Path
from typing import Any

# What the interpreter itself has brought along is nobody's choice here.
BEFORE = set(sys.modules)
OPENED: set[str] = set()
HASHING = [False]


def _note(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and not HASHING[0] and isinstance(arguments[0], str | bytes):
        OPENED.add(os.path.realpath(os.fsdecode(arguments[0])))


def _hash_unseen() -> None:
    HASHING[0] = True
    from tasks import identity

    hashes = identity._hashes

    def unseen() -> tuple[str, str]:
        HASHING[0] = True
        try:
            return hashes()
        finally:
            HASHING[0] = False

    identity._hashes = unseen
    HASHING[0] = False


def make(inputs: str, folder: str) -> str:
    import duckdb

    from reports.files import write_reports
    from tasks import build
    from tasks.release import make_release

    connect = duckdb.connect

    def connected(*arguments: Any, **options: Any) -> duckdb.DuckDBPyConnection:
        """A machine of another number of processors."""
        connection = connect(*arguments, **options)
        connection.execute("set threads = 3")
        return connection

    duckdb.connect = connected
    build.THREADS = 3
    place = Path(folder)
    with open(inputs, "rb") as file:
        made = make_release(place / "releases", place / "current", pickle.load(file), [write_reports])
    return made.release_id


def judge(root: str, *files: str) -> dict[str, dict[str, int]]:
    from ledger.events import Ledger
    from ledger.states import derive_state
    from settings import Settings
    from tasks.cases import judge_cases, make_case
    from tasks.child import outcome
    from tasks.judge import conclude
    from tasks.read import ReadWorkbook

    settings = Settings(data=Path(root), ledger_url="", _env_file=None)
    ledger = Ledger(settings.database_url)
    state = derive_state(ledger.events())
    ledger.close()
    found = {}
    for name in files:
        submission = state.submissions[name]
        workbook = outcome("read", settings.raw / name, (submission.file_name,))
        assert isinstance(workbook, ReadWorkbook), workbook
        case = make_case(settings, state, submission, workbook, lambda one: settings.accepted / one.submission_id)
        (judged,) = judge_cases([case], settings.listed_findings)
        conclude(judged.counts, judged.listed, submission.waivers, case.received_on, case.lacks_previous)
        found[name] = dict(judged.counts)
    return found


def imported() -> dict[str, str]:
    """The file of every module imported since; those that load when they are first used are left as they are."""
    modules = [(name, module) for name, module in list(sys.modules.items()) if isinstance(module, types.ModuleType)]
    files = {name: object.__getattribute__(module, "__dict__").get("__file__") for name, module in modules}
    return {name: os.path.realpath(file) for name, file in files.items() if file and name not in BEFORE}


if __name__ == "__main__":
    what, *words = sys.argv[1:]
    sys.addaudithook(_note)
    _hash_unseen()
    if what == "release":
        inputs, folder, told = words
        result: object = make(inputs, folder)
    else:
        root, told, *names = words
        result = judge(root, *names)
    Path(told).write_text(json.dumps({"result": result, "imported": imported(), "opened": sorted(OPENED)}))
