"""Children read under limits of time and memory; one that dies takes nothing with it but the file's verdict."""

import os
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from small_district import a_month, some_rows

from forms.workbook import write_workbook
from tasks.annotate import annotate
from tasks.children import Readers
from tasks.faults import SystemFault, Unreadable
from tasks.findings import finding
from tasks.gate import Limits
from tasks.read import ReadWorkbook

ENOUGH_MEGABYTES, TOO_FEW_MEGABYTES = 1024, 130


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("good") / "good.xlsx"
    write_workbook(path, a_month())
    return path


@pytest.fixture(scope="module")
def huge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An honest workbook of very many households: slow to read, and not small in memory."""
    path = tmp_path_factory.mktemp("huge") / "huge.xlsx"
    write_workbook(path, a_month(rows=some_rows() * 4000))
    return path


def too_few_seconds(work: Callable[[Readers], object]) -> float:
    """A third of what a piece of work takes on this machine, and more than enough for a small file."""
    with Readers(1) as readers:
        begun = time.monotonic()
        work(readers)
        return round((time.monotonic() - begun) / 3, 2)


def reader_processes() -> list[psutil.Process]:
    found = []
    for process in psutil.Process().children(recursive=True):
        try:
            if "tasks.child" in process.cmdline():
                found.append(process)
        except psutil.NoSuchProcess:
            continue
    return found


@pytest.fixture(autouse=True)
def no_child_is_left() -> Iterator[None]:
    yield
    assert reader_processes() == []


def test_reads_files_and_survives_bad_ones(good: Path, tmp_path: Path) -> None:
    (tmp_path / "bad").write_bytes(b"abc")
    with Readers(2) as readers:
        futures = [readers.submit(path, path.name) for path in (tmp_path / "bad", good, tmp_path / "bad", good)]
        kinds = [type(future.result()) for future in futures]
        assert kinds == [Unreadable, ReadWorkbook, Unreadable, ReadWorkbook]


def test_marks_a_workbook_as_it_reads_one(good: Path, tmp_path: Path) -> None:
    findings, counts = [finding("s", "H04", {"label": "Ấp/khóm"}, sheet="Hộ", cell="D4", row=4)], {"H04": 1}
    (tmp_path / "bad").write_bytes(b"abc")
    with Readers(1) as readers:
        with pytest.raises(Unreadable, match="không phải là bảng tính"):
            readers.annotate(tmp_path / "bad", findings, counts, "TRẢ LẠI")
        with pytest.raises(FileNotFoundError):
            readers.annotate(tmp_path / "none", findings, counts, "TRẢ LẠI")
        marked = readers.annotate(good, findings, counts, "TRẢ LẠI")
        assert isinstance(readers.read(good, "good.xlsx"), ReadWorkbook)
    assert marked == annotate(good.read_bytes(), "xlsx", findings, counts, "TRẢ LẠI")


def test_a_workbook_that_takes_too_long_to_mark_is_unreadable_and_alone(huge: Path, good: Path) -> None:
    seconds = too_few_seconds(lambda readers: readers.annotate(huge, [], {}, "TRẢ LẠI"))
    with Readers(1, seconds=seconds) as readers:
        with pytest.raises(Unreadable, match=re.escape(f"đọc quá {seconds} giây")):
            readers.annotate(huge, [], {}, "TRẢ LẠI")
        assert isinstance(readers.read(good, "good.xlsx"), ReadWorkbook)


def test_a_stored_file_that_is_missing_is_our_fault(tmp_path: Path, good: Path) -> None:
    with Readers(1) as readers:
        with pytest.raises(FileNotFoundError):
            readers.read(tmp_path / "none", "none.xlsx")
        assert isinstance(readers.read(good, "good.xlsx"), ReadWorkbook)


def test_a_file_that_takes_too_long_is_unreadable_and_alone(huge: Path, good: Path) -> None:
    seconds = too_few_seconds(lambda readers: readers.read(huge, "huge.xlsx"))
    with Readers(1, seconds=seconds) as readers:
        slow, after = readers.submit(huge, "huge.xlsx"), readers.submit(good, "good.xlsx")
        fault = slow.result()
        assert isinstance(fault, Unreadable)
        assert fault.reason_vi == f"đọc quá {seconds} giây"
        assert isinstance(after.result(), ReadWorkbook)


def test_a_file_that_needs_too_much_memory_is_unreadable_and_alone(huge: Path, good: Path) -> None:
    with Readers(1, megabytes=TOO_FEW_MEGABYTES) as readers:
        large, after = readers.submit(huge, "huge.xlsx"), readers.submit(good, "good.xlsx")
        fault = large.result()
        assert isinstance(fault, Unreadable)
        assert "tệp quá lớn" in fault.reason_vi
        assert isinstance(after.result(), ReadWorkbook)


def test_the_same_file_is_read_within_the_usual_limits(huge: Path) -> None:
    with Readers(1, megabytes=ENOUGH_MEGABYTES) as readers:
        workbook = readers.read(huge, "huge.xlsx")
        assert isinstance(workbook, ReadWorkbook)
        assert workbook.tables["household"].rows.height == 4000 * len(some_rows())


def test_a_file_over_the_cap_is_never_loaded(tmp_path: Path) -> None:
    path = tmp_path / "sparse"
    with open(path, "wb") as file:
        file.truncate(8 << 30)
    with Readers(1, megabytes=200, limits=Limits(file_megabytes=100)) as readers:
        fault = readers.read(path, "sparse.xlsx")
        assert isinstance(fault, Unreadable)
        assert "trên 100 MB" in fault.reason_vi


def test_the_limits_of_the_gate_reach_the_children(good: Path) -> None:
    with Readers(1, limits=Limits(cells=10)) as readers:
        fault = readers.read(good, "good.xlsx")
        assert isinstance(fault, Unreadable)
        assert "quá nhiều ô" in fault.reason_vi


def test_a_child_killed_by_somebody_else_is_replaced_and_the_file_read(huge: Path) -> None:
    with Readers(1) as readers:
        reading = readers.submit(huge, "huge.xlsx")
        time.sleep(0.3)
        reader_processes()[0].kill()
        assert isinstance(reading.result(), ReadWorkbook)


def test_a_file_whose_every_child_is_killed_is_unreadable(huge: Path, good: Path) -> None:
    with Readers(1) as readers:
        reading = readers.submit(huge, "huge.xlsx")
        done = threading.Event()

        def kill() -> None:
            while not done.wait(0.1):
                for process in reader_processes():
                    process.kill()

        killer = threading.Thread(target=kill)
        killer.start()
        try:
            assert isinstance(reading.exception() or reading.result(), Unreadable | SystemFault)
        finally:
            done.set()
            killer.join()
        assert isinstance(readers.read(good, "good.xlsx"), ReadWorkbook)


def test_ctrl_c_is_the_parents_to_answer(good: Path) -> None:
    with Readers(1) as readers:
        readers.read(good, "good.xlsx")
        reader_processes()[0].send_signal(signal.SIGINT)
        time.sleep(0.1)
        assert isinstance(readers.read(good, "good.xlsx"), ReadWorkbook)


def test_children_see_no_secret_and_leave_no_core(monkeypatch: pytest.MonkeyPatch, good: Path) -> None:
    monkeypatch.setenv("GIAMNGHEO_PSEUDONYM_KEY", "secret")
    with Readers(1) as readers:
        readers.read(good, "good.xlsx")
        child = reader_processes()[0]
        assert "GIAMNGHEO_PSEUDONYM_KEY" not in child.environ()
        assert child.rlimit(psutil.RLIMIT_CORE) == (0, 0)
        assert child.rlimit(psutil.RLIMIT_DATA) == (1024 << 20, 1024 << 20)


def test_children_that_cannot_start_are_a_fault_of_the_system(good: Path) -> None:
    with Readers(1, megabytes=5) as readers, pytest.raises(SystemFault, match="does not start"):
        readers.read(good, "good.xlsx")


def test_closing_ends_what_is_under_way(huge: Path) -> None:
    readers = Readers(1)
    running, waiting = readers.submit(huge, "a.xlsx"), readers.submit(huge, "b.xlsx")
    while not running.running():
        time.sleep(0.01)
    time.sleep(0.2)
    readers.close()
    assert isinstance(running.exception(), SystemFault)
    assert waiting.cancelled()
    with pytest.raises(RuntimeError, match="closed"):
        readers.submit(huge, "c.xlsx")


def test_children_end_when_their_parent_is_killed(good: Path, tmp_path: Path) -> None:
    ours, theirs = os.pipe()
    parent = os.fork()
    if parent == 0:
        readers = Readers(1)
        readers.read(good, "good.xlsx")
        os.write(theirs, str(reader_processes()[0].pid).encode())
        time.sleep(60)
        os._exit(0)
    child = psutil.Process(int(os.read(ours, 20)))
    os.kill(parent, signal.SIGKILL)
    os.waitpid(parent, 0)
    for descriptor in (ours, theirs):
        os.close(descriptor)
    assert psutil.wait_procs([child], timeout=10)[1] == []
