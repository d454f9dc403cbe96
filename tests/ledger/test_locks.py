"""One run at a time on a ledger that several machines share: each has a data root of its own here."""

import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest
from postgresql_server import PostgresServer

from settings import REPOSITORY, Settings
from tasks.locks import Busy, only_run

HOLD = """
import sys, time
from pathlib import Path
from settings import Settings
from tasks.locks import only_run
with only_run(Settings(data=Path(sys.argv[1]), ledger_url=sys.argv[2]), "ingest"):
    print("held", flush=True)
    time.sleep(float(sys.argv[3]))
"""


@pytest.fixture
def settings(postgresql: PostgresServer, tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "here", ledger_url=postgresql.create(f"ledger-{uuid.uuid4().hex}"))


def other_machine(settings: Settings, tmp_path: Path, seconds: float) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "there"), settings.ledger_url, str(seconds)],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    return process


def test_a_second_machine_is_refused_and_told_who_is_at_work(settings: Settings, tmp_path: Path) -> None:
    with other_machine(settings, tmp_path, 60) as other:
        with pytest.raises(Busy, match=rf"giamngheo ingest .* {other.pid}\)"), only_run(settings, "ingest"):
            pass
        with only_run(settings, "publish"):  # other work goes on
            pass
        other.kill()
        other.wait()
        # The server notices a closed connection at once.
        with only_run(settings, "ingest", wait_seconds=10):
            pass


def test_who_waits_gets_its_turn(settings: Settings, tmp_path: Path) -> None:
    with other_machine(settings, tmp_path, 0.5):
        began = time.monotonic()
        with only_run(settings, "ingest", wait_seconds=20):
            assert time.monotonic() - began < 20


def test_a_run_that_failed_leaves_no_lock(settings: Settings) -> None:
    with pytest.raises(RuntimeError), only_run(settings, "ingest"):
        raise RuntimeError("in the middle")
    with only_run(settings, "ingest"):
        pass
