"""Every fuzzer for some seconds, from the same seed each time. `make fuzz` lets them run for longer."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from run import NOT_HERE, WATCHED
from targets import LIMITS, TARGETS

from tasks.gate import limits

RUN = Path(__file__).parent / "run.py"


def test_every_target_is_run() -> None:
    assert set(WATCHED) == set(TARGETS)


@pytest.mark.parametrize("name", WATCHED)
def test_no_input_breaks_it(name: str, tmp_path: Path) -> None:
    runs = TARGETS[name].runs
    command = [sys.executable, str(RUN), name, "--runs", str(runs), "--minutes", "5", "--into", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=600)
    if sys.platform == "linux":
        assert done.returncode == 0, done.stderr[-5000:]
        executed = re.search(r"stat::number_of_executed_units: (\d+)", done.stderr)
        assert executed is not None
        assert int(executed[1]) >= runs
    else:
        assert (done.returncode, done.stderr.strip()) == (2, NOT_HERE)


@pytest.mark.parametrize("name", WATCHED)
def test_every_seed_passes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "current", LIMITS)
    for content in TARGETS[name].seeds():
        TARGETS[name].run(content)
