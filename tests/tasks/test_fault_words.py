"""What was raised is told by what happened: by the system's number and by the files, never by whose class it is."""

import errno
import sqlite3
from collections.abc import Callable
from pathlib import Path

import duckdb
import polars as pl
import psycopg
import pytest
import sqlalchemy as sa
from xlsxwriter.exceptions import FileCreateError

from errors import DamagedFile, ProgramFault, SystemFault
from ledger.events import Ledger
from tasks.fault_words import as_ours, in_words
from tasks.files import sha256_of, write_bytes
from tasks.judgements import write_judgement
from tasks.schemas import TABLES_MANIFEST
from tasks.stored import reading_accepted, reading_judgements
from telemetry.file import configure
from telemetry.record import tell_fault

AGAIN = "chạy lại giamngheo ingest"
OF_THE_PROGRAM = "Lỗi của chương trình. Dữ liệu không hỏng"


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (
            OSError(errno.ENOSPC, "No space left on device", "/d/raw"),
            f"Hết chỗ trên đĩa (/d/raw). Dọn bớt rồi {AGAIN}.",
        ),
        (
            PermissionError(errno.EACCES, "Permission denied", b"/d/\xff"),
            f"Không có quyền (/d/�). Cấp quyền cho người chạy chương trình, rồi {AGAIN}.",
        ),
        (
            OSError(errno.EROFS, "Read-only file system", "/d"),
            f"Đĩa hoặc thư mục chỉ cho đọc (/d). Gắn lại để ghi được, rồi {AGAIN}.",
        ),
        (MemoryError(), f"Hết bộ nhớ. Đóng bớt chương trình khác, rồi {AGAIN}."),
        (FileCreateError(OSError(errno.ENOSPC, "No space left on device")), f"Hết chỗ trên đĩa. Dọn bớt rồi {AGAIN}."),
        (
            pl.exceptions.ComputeError("underlying IO error: No space left on device (os error 28)"),
            f"Hết chỗ trên đĩa. Dọn bớt rồi {AGAIN}.",
        ),
        (
            duckdb.TransactionException("Failed to commit: Could not write file: Read-only file system"),
            f"Đĩa hoặc thư mục chỉ cho đọc. Gắn lại để ghi được, rồi {AGAIN}.",
        ),
        (
            SystemFault("a {brace}", "dấu {ngoặc} giữ nguyên", "", "sửa rồi {again}"),
            f"Dấu {{ngoặc}} giữ nguyên. Sửa rồi {AGAIN}.",
        ),
    ],
)
def test_says_what_and_what_now(fault: Exception, sentence: str) -> None:
    assert in_words(fault, AGAIN) == sentence


@pytest.mark.parametrize(
    "fault",
    [
        ValueError("a {brace}\nand more"),
        # Words that the machine would say, in a mistake of ours.
        KeyError("permission denied"),
        duckdb.BinderException('Referenced column "no space left on device" not found in parquet'),
        duckdb.ConversionException("Could not convert string 'No such file or directory' to INT32"),
        pl.exceptions.ColumnNotFoundError("household.parquet"),
        FileNotFoundError("the plan has no table x"),
        OSError(errno.EINVAL, "Invalid argument"),
        sqlite3.ProgrammingError("Cannot operate on a closed database."),
        psycopg.errors.UndefinedColumn("column x does not exist"),
        sa.exc.ProgrammingError("SELECT x", {}, psycopg.errors.UndefinedColumn("column x does not exist")),
    ],
    ids=lambda fault: type(fault).__name__,
)
def test_a_mistake_of_the_program_is_told_as_one(fault: Exception, tmp_path: Path) -> None:
    configure(tmp_path, 1, on_standard_error=False)
    tell_fault("step.failed", fault)
    sentence, log = in_words(fault), (tmp_path / "logs" / "giamngheo.jsonl").read_text(encoding="utf-8")
    assert sentence.startswith(OF_THE_PROGRAM)
    number = sentence.partition("bản ghi ")[2].partition(" ")[0]
    assert f'"record": "{number}"' in log
    assert "verify" not in sentence and "parquet" not in sentence


def test_a_cause_behind_another_exception_is_found() -> None:
    try:
        try:
            raise OSError(errno.ENOSPC, "No space left on device", "/d")
        except OSError as cause:
            raise RuntimeError("no report") from cause
    except RuntimeError as fault:
        assert in_words(fault).startswith("Hết chỗ trên đĩa (/d)")


def test_a_mistake_in_handling_a_missing_file_is_no_missing_file() -> None:
    try:
        try:
            raise FileNotFoundError(errno.ENOENT, "No such file or directory", "/d")
        except OSError:
            {}["x"]
    except KeyError as fault:
        assert isinstance(as_ours(fault), ProgramFault)


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


def test_a_query_that_is_wrong_is_no_damaged_ledger(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError) as raised:
        sqlite3.connect(":memory:").execute("select no_such from nothing")
    assert isinstance(as_ours(raised.value), ProgramFault)


def library_faults() -> list[type[BaseException]]:
    """Every exception class of Polars and of DuckDB that can be made of a text."""
    found = []
    for module in (pl.exceptions, duckdb):
        for kind in vars(module).values():
            if isinstance(kind, type) and issubclass(kind, BaseException) and not issubclass(kind, Warning):
                found.append(kind)
    return sorted(set(found), key=lambda kind: (kind.__module__, kind.__name__))


def test_every_class_of_polars_and_duckdb_is_damage_where_a_file_is_damaged_and_nowhere_else(tmp_path: Path) -> None:
    name = write_judgement(tmp_path / "judgements", "s", pl.DataFrame({"a": [1]}))
    judgement = tmp_path / "judgements" / name
    accepted = tmp_path / "accepted" / "s"
    accepted.mkdir(parents=True)
    table = accepted / "household.parquet"
    pl.DataFrame({"a": [1]}).write_parquet(table)
    (accepted / TABLES_MANIFEST).write_text(f'{{"household.parquet": "{sha256_of(table)}"}}')
    readings: list[tuple[Path, Callable[[], object], str]] = [
        (judgement, lambda: reading_judgements([judgement]), "giamngheo verify"),
        (table, lambda: reading_accepted([accepted]), "giamngheo rebuild"),
    ]
    kinds = library_faults()
    assert len(kinds) > 45
    for path, reading, remedy in readings:
        whole = path.read_bytes()
        path.chmod(0o644)
        for content in (whole, whole[:20], b"", None):
            path.unlink(missing_ok=True)
            if content is not None:
                path.write_bytes(content)
            for kind in kinds:
                with pytest.raises(BaseException) as raised, reading():  # type: ignore[attr-defined]
                    raise kind("parquet: magic bytes, corrupt, could not read")
                told = as_ours(raised.value)
                if content == whole:
                    expected = NoMemoryHere if kind is duckdb.OutOfMemoryException else ProgramFault
                    assert isinstance(told, expected), kind
                else:
                    assert isinstance(told, DamagedFile), kind
                    assert path.name in told.vi and remedy in told.do_vi
        path.write_bytes(whole)


NoMemoryHere = type(as_ours(duckdb.OutOfMemoryException("x")))


@pytest.mark.parametrize("read", [pl.read_parquet, lambda path: duckdb.sql(f"from read_parquet('{path}')").fetchall()])
def test_a_truncated_table_is_named_with_what_mends_it(tmp_path: Path, read: Callable[[Path], object]) -> None:
    name = write_judgement(tmp_path / "judgements", "s", pl.DataFrame({"a": [1]}))
    path = tmp_path / "judgements" / name
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(DamagedFile) as raised, reading_judgements([path]):
        read(path)
    assert in_words(raised.value).startswith(f"Kết quả kiểm tra đã lưu judgements/{name} hỏng")
    assert "giamngheo verify" in in_words(raised.value)


def test_a_disk_that_fails_is_not_taken_for_a_damaged_file(tmp_path: Path) -> None:
    """Nor is what only looking at the file brings to light."""
    name = write_judgement(tmp_path / "judgements", "s", pl.DataFrame({"a": [1]}))
    with pytest.raises(OSError) as raised, reading_judgements([tmp_path / "judgements" / name]):
        raise OSError(errno.EIO, "Input/output error", "x.parquet")
    assert in_words(raised.value).startswith("Đĩa báo lỗi khi đọc hoặc ghi (x.parquet)")


def test_a_write_that_fails_names_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError) as raised:
        write_bytes(tmp_path / "a", b"a")
    assert in_words(raised.value).startswith(f"Hết chỗ trên đĩa ({tmp_path})")
    assert list(tmp_path.iterdir()) == []
