"""A fault of the system is one Vietnamese sentence that says what and what now, whichever library met it."""

import errno
import sqlite3
from pathlib import Path

import duckdb
import polars as pl
import pytest
import sqlalchemy as sa
from xlsxwriter.exceptions import FileCreateError

from ledger.events import Ledger
from tasks.fault_words import in_words
from tasks.faults import SystemFault
from tasks.files import write_bytes

AGAIN = "chạy lại giamngheo ingest"


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (
            OSError(errno.ENOSPC, "No space left on device", "/d/raw"),
            f"Hết chỗ trên đĩa (/d/raw): dọn bớt rồi {AGAIN}.",
        ),
        (
            PermissionError(errno.EACCES, "Permission denied", b"/d/\xff"),
            f"Không có quyền (/d/�): cấp quyền cho người chạy chương trình, rồi {AGAIN}.",
        ),
        (
            OSError(errno.EROFS, "Read-only file system", "/d"),
            f"Đĩa hoặc thư mục chỉ cho đọc (/d): gắn lại để ghi được, rồi {AGAIN}.",
        ),
        (MemoryError(), f"Hết bộ nhớ: đóng bớt chương trình khác, rồi {AGAIN}."),
        (
            FileCreateError(OSError(errno.ENOSPC, "No space left on device")),
            f"Hết chỗ trên đĩa: dọn bớt rồi {AGAIN}.",
        ),
        (
            pl.exceptions.ComputeError("underlying IO error: No space left on device (os error 28)"),
            f"Hết chỗ trên đĩa: dọn bớt rồi {AGAIN}.",
        ),
        (
            duckdb.TransactionException("Failed to commit: Could not write file: Read-only file system"),
            f"Đĩa hoặc thư mục chỉ cho đọc: gắn lại để ghi được, rồi {AGAIN}.",
        ),
        (SystemFault("a {brace}", "dấu {ngoặc} giữ nguyên"), "Dấu {ngoặc} giữ nguyên."),
        (
            ValueError("a {brace}\nand more"),
            f"Lỗi chương trình (ValueError): báo cho người phát triển kèm nhật ký lỗi, rồi {AGAIN}.",
        ),
    ],
)
def test_says_what_and_what_now(fault: Exception, sentence: str) -> None:
    assert in_words(fault, AGAIN) == sentence


def test_a_cause_behind_another_exception_is_found() -> None:
    try:
        try:
            raise OSError(errno.ENOSPC, "No space left on device", "/d")
        except OSError as cause:
            raise RuntimeError("no report") from cause
    except RuntimeError as fault:
        assert in_words(fault).startswith("Hết chỗ trên đĩa (/d)")


def test_what_a_damaged_ledger_raises(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(b"no database at all" * 300)
    with pytest.raises(sa.exc.DatabaseError) as raised:
        Ledger(f"sqlite:///{path}")
    assert "hỏng, không đọc được" in in_words(raised.value)
    assert "bản sao lưu" in in_words(raised.value)


def test_what_a_database_without_its_folder_raises(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError) as raised:
        sqlite3.connect(tmp_path / "nowhere" / "x.sqlite")
    assert in_words(raised.value).startswith("Không mở được sổ")


@pytest.mark.parametrize("read", [pl.read_parquet, lambda path: duckdb.sql(f"from read_parquet('{path}')").fetchall()])
def test_what_a_truncated_table_raises(tmp_path: Path, read: object) -> None:
    path = tmp_path / "household.parquet"
    pl.DataFrame({"a": [1]}).write_parquet(path)
    path.write_bytes(path.read_bytes()[:20])
    with pytest.raises((pl.exceptions.PolarsError, duckdb.Error)) as raised:
        read(path)  # type: ignore[operator]
    assert "(.parquet) hỏng hoặc không đọc được: chạy giamngheo verify" in in_words(raised.value)


def test_a_write_that_fails_names_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError) as raised:
        write_bytes(tmp_path / "a", b"a")
    assert in_words(raised.value).startswith(f"Hết chỗ trên đĩa ({tmp_path})")
    assert list(tmp_path.iterdir()) == []
