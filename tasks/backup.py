"""Copy what can't be made again to another place, while runs go on, and bring it back.

What can't be made again: the ledger, the raw files, the findings of every judgement, the keys, and the desk's
users. The warehouse, its accepted tables and the returned workbooks are made from these. Received files are copied
from wherever they are kept.
"""

import datetime as dt
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

from ledger.events import Ledger
from settings import Settings
from tasks.faults import SystemFault
from tasks.files import sync_file, sync_folder, temporary_beside
from tasks.ledgers import LAST_FILE
from tasks.leftovers import sweep
from tasks.names import is_in_clutter
from tasks.reminders import ADDRESSES_FILE
from tasks.storage import copy_raw, keep_raw, raw_names

LEDGER = "ledger.sqlite"
KEPT_FOLDERS = ("raw", "judgements")
_UNFINISHED = ".tmp-"

Progress = Callable[[str, int, int], None]
Copy = Callable[[Path], None]


def back_up(settings: Settings, out: Path, at: dt.datetime, on_progress: Progress) -> Path:
    """Write a new folder under `out`, named by the time in UTC, and return it; it is a data root in itself.

    A file that the last backup in `out` has already is linked, not copied, so that a series costs little more
    than one. The ledger is copied first: whatever it names was on disk before it said so. Raises OSError
    and SystemFault; an unfinished folder is removed by the next backup.
    """
    if out.resolve().is_relative_to(settings.data.resolve()):
        raise SystemFault(
            f"a backup inside of the data root {settings.data} would be lost with it",
            f"bản sao lưu nằm trong {settings.data} sẽ mất cùng dữ liệu",
            "choose an --out on another disk",
            "chọn --out ở ổ đĩa khác",
        )
    if not settings.ledger_url and not (settings.data / LEDGER).is_file():
        raise SystemFault(
            f"{settings.data} has no {LEDGER}: there is nothing to back up",
            f"{settings.data} không có {LEDGER} nên không có gì để sao lưu",
            "check GIAMNGHEO_DATA",
            "kiểm tra GIAMNGHEO_DATA",
        )
    out.mkdir(parents=True, exist_ok=True)
    for abandoned in out.glob(f"{_UNFINISHED}*"):
        shutil.rmtree(abandoned)
    earlier = last_backup(out)
    name = f"{at.astimezone(dt.UTC):%Y-%m-%dT%H%M%SZ}"
    aside, final = out / f"{_UNFINISHED}{name}", out / name
    if final.exists():
        raise SystemFault(
            f"there is a backup of this second already: {final}",
            f"giây này đã có một bản sao lưu ({final})",
            "{again}",
            "{again}",
        )
    aside.mkdir()
    _copy_ledger(settings.database_url, f"sqlite:///{aside / LEDGER}")
    for path in sorted(settings.data.glob("*.sqlite")):
        if path.name != LEDGER:
            _copy_sqlite(path, aside / path.name)
    for path in sorted([*settings.data.glob("*.key"), *settings.data.glob(ADDRESSES_FILE)]):
        _copy_file(path, aside / path.name)
    copies = [*_raw_copies(settings), *_judgement_copies(settings)]
    for done, (place, copy) in enumerate(copies, start=1):
        _link_or_make(earlier / place if earlier else None, aside / place, copy)
        on_progress("backup", done, len(copies))
    for folder in {path.parent for path in aside.rglob("*")}:
        sync_folder(folder)
    os.replace(aside, final)
    sync_folder(out)
    return final


def restore(settings: Settings, backup: Path, on_progress: Progress) -> None:
    """Fill an empty data root from a backup; the warehouse is then made by `flows.rebuild`.

    A restore of the same backup that was cut off is carried on. Raises SystemFault where `backup` is none, or the data
    root or its ledger holds something else already, and OSError.
    """
    if not (backup / LEDGER).is_file():
        raise SystemFault(
            f"{backup} is no backup: it has no {LEDGER}",
            f"{backup} không phải bản sao lưu (không có {LEDGER})",
            "choose a folder that giamngheo backup wrote",
            "chọn thư mục do giamngheo backup tạo",
        )
    taken = _not_of(backup, settings.data)
    if taken:
        found = ", ".join(taken[:3])
        raise SystemFault(
            f"{settings.data} is not empty ({found})",
            f"{settings.data} đã có dữ liệu ({found})",
            "restore into an empty data root (GIAMNGHEO_DATA)",
            "đặt GIAMNGHEO_DATA tới một thư mục trống rồi khôi phục",
        )
    if settings.ledger_url and _holds_events(settings.ledger_url):
        raise SystemFault(
            "the ledger of GIAMNGHEO_LEDGER_URL is not empty",
            "sổ sự kiện ở GIAMNGHEO_LEDGER_URL đã có dữ liệu",
            "restore into an empty database",
            "khôi phục vào một cơ sở dữ liệu trống",
        )
    settings.data.mkdir(parents=True, exist_ok=True)
    sweep(settings, settings.inbox)
    files = [path for path in _finished(backup) if path.name != LEDGER]
    for done, path in enumerate(files, start=1):
        place = path.relative_to(backup)
        if place.parts[0] == "raw" and settings.raw_url:
            keep_raw(settings, path, path.name)
        else:
            _copy_whole(path, settings.data / place)
        on_progress("restore", done, len(files))
    # What an earlier ledger of this place noted says nothing of this one.
    (settings.data / LAST_FILE).unlink(missing_ok=True)
    # Last: as long as there is no ledger, this is no data root.
    if settings.ledger_url:
        _copy_ledger(f"sqlite:///{backup / LEDGER}", settings.database_url)
    else:
        # Nobody writes to it: its bytes are all of it, also where the backup lies on a read-only disk.
        _copy_whole(backup / LEDGER, settings.data / LEDGER)
    sync_folder(settings.data)


def last_backup(out: Path) -> Path | None:
    """The newest finished backup in a folder."""
    return max((path.parent for path in out.glob(f"*/{LEDGER}") if not path.parent.name.startswith(".")), default=None)


def _not_of(backup: Path, data: Path) -> list[str]:
    """What a data root holds that no restore of this backup, cut off before its last step, has put there."""
    if (data / LEDGER).exists():
        return [LEDGER]
    kept = [path.relative_to(data) for folder in KEPT_FOLDERS for path in _finished(data / folder)]
    return [place.as_posix() for place in kept if not (backup / place).is_file()]


def _finished(folder: Path) -> list[Path]:
    """Every file under a folder that is not one of a write in progress, and none that a desktop left there."""
    found = (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    return sorted(path for path in found if not is_in_clutter(path.relative_to(folder)))


def _holds_events(url: str) -> bool:
    ledger = Ledger(url)
    try:
        return bool(ledger.events())
    finally:
        ledger.close()


def _copy_ledger(source_url: str, target_url: str) -> None:
    prefix = "sqlite:///"
    if source_url.startswith(prefix) and target_url.startswith(prefix):
        _copy_sqlite(Path(source_url.removeprefix(prefix)), Path(target_url.removeprefix(prefix)))
        return
    source, target = Ledger(source_url), Ledger(target_url)
    try:
        source.copy_to(target)
    finally:
        source.close()
        target.close()


def _copy_sqlite(source: Path, target: Path) -> None:
    """By SQLite's online backup: a writer at work neither waits nor is seen by half."""
    with closing(sqlite3.connect(source)) as read, closing(sqlite3.connect(target)) as write:
        read.backup(write)
    sync_file(target)


def _raw_copies(settings: Settings) -> Iterator[tuple[Path, Copy]]:
    """Where each received file goes in a backup, and how it gets there, from wherever it is kept."""
    for name in raw_names(settings):
        how = partial(copy_raw, settings, name) if settings.raw_url else partial(_copy_file, settings.raw / name)
        yield Path("raw") / name, how


def _judgement_copies(settings: Settings) -> Iterator[tuple[Path, Copy]]:
    for path in _finished(settings.judgements):
        yield path.relative_to(settings.data), partial(_copy_file, path)


def _link_or_make(earlier: Path | None, target: Path, copy: Copy) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if earlier is not None and earlier.is_file():
        try:
            os.link(earlier, target)
            return
        except OSError:  # a file system without links
            pass
    copy(target)


def _copy_whole(source: Path, target: Path) -> None:
    """So that a file has its name only when it is complete."""
    with temporary_beside(target) as temporary:
        _copy_file(source, temporary)
        os.replace(temporary, target)
    sync_folder(target.parent)


def _copy_file(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source, target)
    sync_file(target)
