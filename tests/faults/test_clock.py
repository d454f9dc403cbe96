"""The clock of the machine jumps: the ledger goes by the order of its events, and due days by what was recorded."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from disturbed import Victim, assert_nothing_is_damaged, copied
from test_full_disk import DECISION, one

from ledger.events import Ledger

LIBRARY = next(iter(Path("/usr/lib").glob("*/faketime/libfaketime.so.1")), Path("/usr/lib/faketime"))


class Clocked(Victim):
    """A victim whose clock says what a file says; only how long something takes is still measured truly."""

    def __init__(self, clock: Path) -> None:
        self.clock = clock
        self.jump("2020-01-05 10:00:00")
        assert LIBRARY.is_file(), "these tests need Debian's faketime"
        faked = {
            "LD_PRELOAD": str(LIBRARY),
            "FAKETIME_TIMESTAMP_FILE": str(clock),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
            "TZ": "UTC",
        }
        super().__init__({**os.environ, **faked})

    def jump(self, to: str) -> None:
        self.clock.write_text(f"@{to}\n")
        # So long the library may go by what it has read before.
        time.sleep(1.1)


@pytest.fixture(scope="module")
def clocked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clocked]:
    victim = Clocked(tmp_path_factory.mktemp("clock") / "now")
    yield victim
    victim.end()


def status(victim: Victim, root: Path) -> dict[str, Any]:
    rows = json.loads(victim.run(["status", "--json"], root)["out"])
    return {row["submission_id"]: row for row in rows if row["submission_id"]}


def test_back_and_forth_between_every_step(clocked: Clocked, roots: dict[str, Path], tmp_path: Path) -> None:
    root = copied(roots["received"], tmp_path / "data")
    clocked.jump("2020-01-05 10:00:00")
    assert clocked.run(["ingest"], root, at="tasks/judgements write_judgement replace")["killed"]
    clocked.jump("2020-01-03 08:00:00")  # before it was received
    clocked.do(["ingest"], root)
    clocked.jump("2021-06-01 09:00:00")
    held = one(root, "held.xlsx")
    clocked.do(["accept", held, *DECISION], root)
    clocked.jump("2019-11-30 23:59:59")  # before the first event
    clocked.do(["publish"], root)
    clocked.do(["withdraw", held, *DECISION], root)
    clocked.do(["reopen", held, *DECISION], root)
    clocked.jump("2021-06-02 09:00:00")
    clocked.do(["publish"], root)
    assert_nothing_is_damaged(root)
    ledger = Ledger(f"sqlite:///{root / 'ledger.sqlite'}", as_it_is=True)
    events = ledger.events()
    ledger.close()
    assert [event.id for event in events] == sorted(event.id for event in events)
    assert [event.at for event in events] != sorted(event.at for event in events)
    # A year later, what came on the fifth of January is still in time, and what was decided last stands.
    known = status(clocked, root)
    good = one(root, "good.xlsx")
    assert (known[good]["received_at"][:10], known[good]["on_time"]) == ("2020-01-05", True)
    assert known[held]["state"] in ("held", "accepted")
