"""The log: every line whole, whoever writes beside it, and nothing in it that could be a person's."""

import json
import logging
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from errors import Busy
from telemetry.faults import described, frames, safe_words
from telemetry.file import AppendedFile, configure, log_path
from telemetry.record import LOGGER, bound, record_of, step, tell, tell_fault
from telemetry.runs import LastRun, last_runs, running

SECRET = "Nguyễn Văn Bí Mật 096012345678"
WRITER = """
import resource, signal, sys
from pathlib import Path
from telemetry.file import configure
from telemetry.record import tell

folder, megabytes, who, count, most = sys.argv[1:]
if int(most):
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(most), int(most)))
configure(Path(folder), 1, on_standard_error=False)
import logging
logging.getLogger("giamngheo").handlers[0]._limit = int(megabytes)
for number in range(int(count)):
    tell("probe.written", who=int(who), number=number, padding="đ" * (number % 90))
"""


@pytest.fixture(autouse=True)
def log(tmp_path: Path) -> Iterator[Path]:
    """A log of the test's own; the next one to ask gets another."""
    configure(tmp_path, 1, on_standard_error=False)
    yield tmp_path / "logs" / "giamngheo.jsonl"
    logger = logging.getLogger(LOGGER)
    for handler in [one for one in logger.handlers if isinstance(one, AppendedFile)]:
        logger.removeHandler(handler)


def lines(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]


def writer(folder: Path, limit: int, who: int, count: int, most: int = 0) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", WRITER, *map(str, (folder, limit, who, count, most))])


def test_a_record_says_when_what_and_of_what(log: Path) -> None:
    with bound(run="r1", submission="ab12"), bound(district="971", submission=None):
        tell("file.judged", counts={"critical": 2}, seconds=None)
    (line,) = lines(log)
    assert line.pop("time").endswith("+00:00")
    assert line == {"level": "info", "event": "file.judged", "run": "r1", "district": "971", "counts": {"critical": 2}}


def test_lines_of_many_processes_do_not_mix_and_a_full_file_makes_room_without_losing_one(log: Path) -> None:
    others = [writer(log.parents[1], 60_000, who, 300) for who in range(4)]
    assert [other.wait(60) for other in others] == [0, 0, 0, 0]
    files = sorted(log.parent.glob("giamngheo.jsonl*"))
    # How large each is depends on when the one that makes room is given the processor.
    assert len(files) > 1
    # A blank line is where one process looked while another's was half in the file.
    texts = [line for path in files for line in path.read_text(encoding="utf-8").split("\n") if line]
    told = [(one["who"], one["number"]) for one in map(json.loads, texts)]
    assert sorted(told) == [(who, number) for who in range(4) for number in range(300)]


def test_it_never_takes_more_than_its_bound(log: Path) -> None:
    assert writer(log.parents[1], 2_000, 1, 400).wait(60) == 0
    files = sorted(log.parent.glob("giamngheo.jsonl*"))
    assert len(files) == 5
    assert sum(path.stat().st_size for path in files) < 5 * 2_500


def test_a_full_disk_stops_nobody_and_half_a_line_stays_alone(log: Path) -> None:
    assert writer(log.parents[1], 1_000_000, 1, 200, most=10_000).wait(60) == 0
    assert log.stat().st_size == 10_000
    tell("probe.after")
    *whole, half, last = log.read_bytes().splitlines()
    assert json.loads(last)["event"] == "probe.after"
    assert len([json.loads(line) for line in whole]) > 50
    with pytest.raises(ValueError, match=r"codec|Unterminated|Expecting"):
        json.loads(half)


def test_a_log_that_can_not_be_written_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    configure(tmp_path / "file", 1, on_standard_error=False)
    tell("probe.lost")
    lost = ValueError()
    tell_fault("probe.failed", lost)
    assert record_of(lost) is None
    with running(tmp_path / "file", "verify") as run:
        run.counts = {"damaged": 0}
    assert log_path() is None


def test_what_others_log_is_told_by_its_place_alone(log: Path) -> None:
    logging.getLogger(LOGGER).error(SECRET, exc_info=ValueError(SECRET))
    (line,) = lines(log)
    assert line["event"] == "other.logged"
    assert line["place"].startswith("test_log:")
    assert "Bí Mật" not in str(line)


def quoting() -> None:
    try:
        raise KeyError(SECRET)
    except KeyError as cause:
        raise ValueError(f"could not convert {SECRET}") from cause


def test_a_fault_is_told_once_by_kind_and_place(log: Path) -> None:
    with pytest.raises(ValueError, match="could not"), bound(submission="ab12"), step("validate"):
        quoting()
    try:
        quoting()
    except ValueError as fault:
        tell_fault("step.failed", fault)
        tell_fault("command.failed", fault)
        fault_of_two = fault
        assert described(fault).startswith("ValueError: tests/telemetry/test_log.py:")
    first, second = lines(log)
    assert (first["event"], first["step"], first["submission"]) == ("step.failed", "validate", "ab12")
    assert second["event"] == "step.failed"
    assert second["fault"] == "ValueError"
    # Each has a number of its own, by which a message that names it is found in the log.
    assert second["record"] == record_of(fault_of_two)
    assert first["record"] != second["record"]
    assert re.fullmatch(r"\d{4}-\d{4}", second["record"])
    assert [one for one in second["trace"] if ":" not in one] == ["KeyError", "ValueError"]
    assert SECRET not in log.read_text(encoding="utf-8")
    assert "096012345678" not in log.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (OSError(28, "No space left on device", SECRET), "No space left on device"),
        (ValueError(SECRET), ""),
        (ImportError("no module named x"), "no module named x"),
    ],
)
def test_only_words_that_quote_nothing_are_kept(fault: Exception, words: str) -> None:
    assert safe_words(fault) == words
    assert SECRET not in str(frames(fault))


def test_a_run_is_kept_past_its_process_with_its_last_success(log: Path) -> None:
    data = log.parents[1]
    with running(data, "ingest", code_version="1") as run:
        run.counts = {"received": 2}
    good = last_runs(data)["ingest"]
    assert (good.outcome, good.counts, good.succeeded_at) == ("done", {"received": 2}, good.finished_at)
    with pytest.raises(RuntimeError), running(data, "ingest"):
        raise RuntimeError(SECRET)
    bad = last_runs(data)["ingest"]
    assert (bad.outcome, bad.succeeded_at) == ("failed", good.succeeded_at)
    (data / "logs" / "runs" / "half.json").write_text("{", encoding="utf-8")
    assert list(last_runs(data)) == ["ingest"]
    events = [(line["event"], line["run"], line.get("outcome")) for line in lines(log)]
    assert events == [
        ("run.started", good.run, None),
        ("run.finished", good.run, "done"),
        ("run.started", bad.run, None),
        ("run.failed", bad.run, None),
        ("run.finished", bad.run, "failed"),
    ]
    assert SECRET not in log.read_text(encoding="utf-8")


def test_a_run_that_met_a_lock_is_no_run(log: Path) -> None:
    with pytest.raises(Busy), running(log.parents[1], "ingest"):
        raise Busy
    assert last_runs(log.parents[1]) == {}
    assert [line.get("outcome") for line in lines(log)] == [None, "busy"]


def test_a_run_inside_of_another_has_its_id(log: Path) -> None:
    with running(log.parents[1], "rebuild"), running(log.parents[1], "publish"):
        pass
    told: dict[str, LastRun] = last_runs(log.parents[1])
    assert told["rebuild"].run == told["publish"].run
    assert [line["flow"] for line in lines(log)] == ["rebuild", "publish", "publish", "rebuild"]
