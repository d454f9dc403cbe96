"""Reading in threads: what comes out is what a child reads, and the gate refuses what it refuses there."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from small_district import a_month

from forms.workbook import write_workbook
from settings import Settings
from tasks.children import Readers, start_readers
from tasks.faults import Unreadable
from tasks.gate import limits
from tasks.read import ReadWorkbook
from tasks.threads import ThreadReaders


@pytest.fixture
def threads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Readers]:
    monkeypatch.setattr(limits, "current", limits.current)
    settings = Settings(data=tmp_path, work="threads", max_file_megabytes=1)
    with start_readers(settings) as readers:
        assert isinstance(readers, ThreadReaders)
        yield readers


def test_many_files_at_once_are_read_as_children_read_them(threads: Readers, tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.xlsx" for number in range(6)]
    for number, path in enumerate(paths):
        write_workbook(path, a_month(served=number + 1))
    started = [threads.submit(path, path.name) for path in paths]
    with Readers(1) as children:
        for path, one in zip(paths, started, strict=True):
            read, other = one.result(), children.read(path, path.name)
            assert isinstance(read, ReadWorkbook) and isinstance(other, ReadWorkbook)
            assert {name: table.rows.to_dicts() for name, table in read.tables.items()} == {
                name: table.rows.to_dicts() for name, table in other.tables.items()
            }


def test_the_gate_stands_and_faults_of_the_system_are_raised(threads: Readers, tmp_path: Path) -> None:
    (tmp_path / "large.xlsx").write_bytes(b"0" * (limits.MEGABYTE + 1))
    (tmp_path / "no workbook.xlsx").write_bytes(b"%PDF-1.7")
    assert isinstance(threads.read(tmp_path / "large.xlsx", "large.xlsx"), Unreadable)
    assert isinstance(threads.read(tmp_path / "no workbook.xlsx", "no workbook.xlsx"), Unreadable)
    with pytest.raises(Unreadable):
        threads.texts(tmp_path / "no workbook.xlsx", "no workbook.xlsx")
    with pytest.raises(FileNotFoundError):
        threads.read(tmp_path / "gone.xlsx", "gone.xlsx")
