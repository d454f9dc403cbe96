"""What a foreign reader does to its own process stays in a child, and the file is refused (rule F01)."""

import struct
from collections.abc import Iterator
from pathlib import Path

import old_excel
import pytest
import seeds

from tasks.children import Readers
from tasks.faults import Unreadable
from tasks.gate import Limits
from tasks.read import ReadWorkbook


@pytest.fixture(scope="module")
def readers() -> Iterator[Readers]:
    # No gate stands before the reader here.
    with Readers(1, seconds=20, megabytes=600, limits=Limits(cells=10**12)) as children:
        yield children


@pytest.fixture
def good(tmp_path: Path) -> Path:
    (tmp_path / "good").write_bytes(seeds.xls()[0])
    return tmp_path / "good"


def a_panic() -> bytes:
    """A shared text's record of one byte: the reader counts on two, and panics past `Exception`."""
    found = old_excel.records(seeds.xls()[0])
    at = next(number for number, (kind, _) in enumerate(found) if kind == old_excel.SHARED_LABEL)
    found[at] = old_excel.SHARED_LABEL, b"\0"
    return old_excel.from_records(found)


def no_end_of_cells() -> bytes:
    """Two cells far apart: room for four thousand million is asked for, and the process aborted."""
    far = old_excel.NUMBER, struct.pack("<HHHd", 65_535, 65_535, 0, 1.0)
    return old_excel.workbook({"Hộ": [["a"]]}, more=[far])


@pytest.mark.parametrize(("content", "reason"), [(a_panic(), "hỏng"), (no_end_of_cells(), "quá lớn")])
def test_a_reader_that_breaks_down_refuses_the_file(
    readers: Readers, good: Path, tmp_path: Path, content: bytes, reason: str
) -> None:
    (tmp_path / "bad").write_bytes(content)
    refused = readers.read(tmp_path / "bad", "a.xls")
    assert isinstance(refused, Unreadable)
    assert reason in refused.reason_vi
    with pytest.raises(Unreadable):
        readers.annotate(tmp_path / "bad", [], {}, "")
    assert isinstance(readers.read(good, "a.xls"), ReadWorkbook)
