"""Whether a stored file is damaged is found by looking at it, not by what a library says that failed to read it.

What is raised while one is read goes on as it is where the files are whole: it was no damage.
"""

import contextlib
import json
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from errors import DamagedFile, Fault
from tasks.files import sha256_of
from tasks.schemas import TABLES_MANIFEST

# Tables of judgements are named by the start of their hash (tasks/judgements.py).
_HASHED_NAME = re.compile(r"[0-9a-f]{16}")
_PARQUET = b"PAR1"


@contextlib.contextmanager
def held_against(look: Callable[[], None]) -> Iterator[None]:
    """Where something is raised inside, `look` at the stored files: it raises what is to be told of their damage."""
    try:
        yield
    except (Fault, KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException:  # a library written in Rust panics past Exception
        look()
        raise


def reading_judgements(paths: Iterable[Path]) -> AbstractContextManager[None]:
    """For reading tables of judgements: raises DamagedFile where one of them is damaged."""
    return held_against(lambda: _refuse_judgements(paths))


def reading_accepted(folders: Iterable[Path]) -> AbstractContextManager[None]:
    """For reading accepted tables, a folder for each submission: raises DamagedFile where one of them is damaged."""
    return held_against(lambda: _refuse_accepted(folders))


def is_parquet(path: Path) -> bool:
    """Whether a file begins and ends as one of Parquet; one that was cut off does not."""
    content = path.read_bytes()
    return len(content) > 2 * len(_PARQUET) and content.startswith(_PARQUET) and content.endswith(_PARQUET)


def missing_or_changed(path: Path, is_whole: Callable[[Path], bool]) -> tuple[str, str] | None:
    """What is wrong with a file, in English and Vietnamese; None where nothing is. Raises OSError."""
    if not path.is_file():
        return "is missing", "đã mất"
    return None if is_whole(path) else ("is damaged", "hỏng, không còn như khi ghi")


def _refuse_judgements(paths: Iterable[Path]) -> None:
    for path in paths:
        wrong = missing_or_changed(path, _is_as_named)
        if wrong:
            name = f"judgements/{path.parent.name}/{path.name}"
            raise DamagedFile(
                f"the stored findings {name} {wrong[0]}",
                f"kết quả kiểm tra đã lưu {name} {wrong[1]}",
                "run giamngheo verify, which says what mends it (giamngheo rejudge, or the backup), then {again}",
                "chạy giamngheo verify để biết cách sửa (giamngheo rejudge, hoặc bản sao lưu), rồi {again}",
            )


def _is_as_named(path: Path) -> bool:
    if _HASHED_NAME.fullmatch(path.stem):
        return sha256_of(path).startswith(path.stem)
    return is_parquet(path)


def _refuse_accepted(folders: Iterable[Path]) -> None:
    for folder in folders:
        name, wrong = _accepted_damage(folder)
        if wrong:
            raise DamagedFile(
                f"the accepted table {folder.name}/{name} {wrong[0]}",
                f"bảng đã chấp nhận {folder.name}/{name} {wrong[1]}",
                "run giamngheo rebuild, then {again}",
                "chạy giamngheo rebuild, rồi {again}",
            )


def _accepted_damage(folder: Path) -> tuple[str, tuple[str, str] | None]:
    manifest = folder / TABLES_MANIFEST
    if not manifest.is_file():
        return manifest.name, ("is missing", "đã mất")
    try:
        sealed = dict(json.loads(manifest.read_bytes()))
    except (ValueError, TypeError):
        return manifest.name, ("is damaged", "hỏng, không còn như khi ghi")
    for name, kept in sealed.items():
        wrong = missing_or_changed(folder / name, lambda path, kept=kept: sha256_of(path) == kept)  # type: ignore[misc]
        if wrong:
            return name, wrong
    return "", None
