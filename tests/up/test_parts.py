"""A part is started again when it ends, less and less eagerly, and its log stays within bounds."""

import errno
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from up import parts
from up.parts import NotReady, Part, keep_small, stop


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "FIRST_PAUSE_SECONDS", 0.01)


def a_part(folder: Path, program: str, **more: object) -> Part:
    command = [sys.executable, "-c", program]
    return Part("probe", "Phần thử", command, {}, folder, folder / "logs" / "probe.log", **more)  # type: ignore[arg-type]


def look_until(part: Part, is_so: Callable[[], object]) -> list[str]:
    """What it says until something is so."""
    said: list[str] = []
    give_up = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < give_up, said
        part.look(said.append)
        time.sleep(0.01)
    return said


def test_one_that_keeps_failing_is_said_once(tmp_path: Path) -> None:
    part = a_part(tmp_path, "print('no'); raise SystemExit(3)")
    log = tmp_path / "logs" / "probe.log"
    said = look_until(part, lambda: log.exists() and log.read_text() == "no\n" * 7)
    assert said[0] == "Phần thử đã dừng (mã thoát 3); khởi động lại sau 0.01 giây."
    assert said[1] == "Phần thử đã dừng (mã thoát 3); khởi động lại sau 0.02 giây."
    assert said[3].startswith("Phần thử đã dừng (mã thoát 3), đã 4 lần liền: xem ")
    assert str(log) in said[3]
    assert len(said) == 4
    stop([part])


def test_a_start_that_is_not_possible_is_tried_again(tmp_path: Path) -> None:
    refusals = [OSError(errno.ENOSPC, "No space left on device", "/d"), NotReady("not yet", "chưa")]

    def before() -> None:
        if refusals:
            raise refusals.pop()

    part = a_part(tmp_path, "", before=before, is_step=True)
    said = look_until(part, lambda: part.is_done)
    assert [line.partition(";")[0] for line in said] == [
        "Phần thử chưa khởi động được (chưa)",
        "Phần thử chưa khởi động được (hết chỗ trên đĩa (/d))",
    ]


def test_one_that_no_longer_answers_is_started_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "HUNG_AFTER_SECONDS", 0.2)
    part = a_part(tmp_path, "import time; time.sleep(600)", answers=lambda: False)
    (said,) = look_until(part, lambda: part.process is None and (tmp_path / "logs").exists())
    assert said == "Phần thử đã bị dừng (không trả lời trong 0.2 giây); khởi động lại sau 0.01 giây."


def test_one_that_does_not_want_to_end_is_killed(tmp_path: Path) -> None:
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('!', flush=True); time.sleep(600)"
    part = a_part(tmp_path, deaf, stop_seconds=0.2)
    log = tmp_path / "logs" / "probe.log"
    look_until(part, lambda: log.exists() and log.read_text() == "!\n")
    stop([part])
    assert part.is_over()


def test_a_log_takes_twice_its_bound_at_most(tmp_path: Path) -> None:
    log = tmp_path / "probe.log"
    with open(log, "ab") as writer:
        for line in range(100):
            writer.write(b"%04d\n" % line)
            writer.flush()
            keep_small(log, most_bytes=50)
    lines = ((tmp_path / "probe.log.1").read_bytes() + log.read_bytes()).split()
    assert lines[-1] == b"0099"
    assert lines == [b"%04d" % line for line in range(100 - len(lines), 100)]
    assert 10 <= len(lines) <= 21
