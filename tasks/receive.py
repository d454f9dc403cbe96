"""Take what waits in the inbox: the bytes are safe before anything else is done with them."""

import contextlib
import datetime as dt
import hashlib
import logging
import os
import shutil
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from errors import Fault
from ledger.events import Event
from ledger.states import State
from tasks.faults import SystemFault
from tasks.files import sha256_of, sync_folder, temporary_beside, write_bytes
from tasks.names import is_clutter, shown_name
from telemetry.faults import safe_words
from telemetry.record import tell

DONE_FOLDER = ".done"
NOTE_SUFFIX = ".ghi-chu.txt"
STILL_CHANGING = "tệp còn đang được ghi; sẽ nhận ở lần chạy sau"
# A folder with such a name was meant as a file, or is made to look like one.
_FILE_SUFFIXES = {".xlsx", ".xls", ".ods", ".zip"}
_PIECE_BYTES = 1 << 20
_NAME_BYTES, _TEMPORARY_BYTES = 255, 18

# Takes copied bytes and their hash to another place where they are kept.
Keep = Callable[[Path, str], None]


class StillChanging(Fault):
    """The file changed while it was copied; it is left for the next run."""

    outcome = "left"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} is still being written",
            f"tệp {name} còn đang được ghi",
            "the next run takes it",
            "sẽ nhận ở lần chạy sau",
        )


@dataclass
class Waiting:
    """What an inbox holds: files to take, and files that can't be taken with the reason in Vietnamese."""

    files: list[Path] = field(default_factory=list)
    refused: dict[Path, str] = field(default_factory=dict)


def find_waiting(inbox: Path, settle_seconds: float) -> Waiting:
    """The files of an inbox, in name order, that have stopped growing.

    Hidden ones, notes and what no office sends (tasks.names.is_clutter) are passed over.

    A file that changed less than `settle_seconds` ago is watched for that long, and left if it still changes.
    Links are never followed, pipes and devices never opened.
    """
    found = Waiting()
    if not inbox.is_dir():
        return found

    def unlisted(fault: OSError) -> None:
        if Path(fault.filename) == inbox:
            raise fault
        found.refused[Path(fault.filename)] = "không có quyền mở thư mục"

    for folder, folders, names in os.walk(inbox, onerror=unlisted):
        folders[:] = sorted(name for name in folders if not _is_passed_over(name))
        for name in list(folders):
            if reason := _folder_refusal(Path(folder) / name):
                folders.remove(name)
                found.refused[Path(folder) / name] = reason
        for name in sorted(names):
            path = Path(folder) / name
            if _is_passed_over(name) or name.endswith(NOTE_SUFFIX):
                continue
            with contextlib.suppress(FileNotFoundError):  # gone again meanwhile
                if reason := _file_refusal(path):
                    found.refused[path] = reason
                else:
                    found.files.append(path)
    _leave_growing(found, settle_seconds)
    return found


def find_unhidden(inbox: Path) -> Iterator[tuple[Path, bool]]:
    """Every file of an inbox that is not passed over, and whether it is a note of ours.

    For looking: nothing is opened.
    """
    for folder, folders, names in os.walk(inbox):
        folders[:] = [name for name in folders if not _is_passed_over(name)]
        for name in names:
            if not _is_passed_over(name):
                yield Path(folder) / name, name.endswith(NOTE_SUFFIX)


def _is_passed_over(name: str) -> bool:
    return name.startswith(".") or is_clutter(name)


def _folder_refusal(path: Path) -> str:
    if path.is_symlink():
        return "là liên kết đến thư mục khác"
    if path.suffix.casefold() in _FILE_SUFFIXES:
        return "là thư mục, không phải tệp"
    return ""


def _file_refusal(path: Path) -> str:
    if not stat.S_ISREG(path.lstat().st_mode):
        return "không phải tệp thông thường (liên kết hoặc thiết bị)"
    if not os.access(path, os.R_OK):
        return "không có quyền đọc tệp"
    return ""


def _leave_growing(found: Waiting, settle_seconds: float) -> None:
    marks = {path: _mark_or_none(path) for path in found.files}
    now = time.time()
    fresh = {path: mark for path, mark in marks.items() if mark is None or abs(now - mark[1] / 1e9) < settle_seconds}
    if fresh:
        time.sleep(settle_seconds)
    for path, mark in fresh.items():
        after = _mark_or_none(path)
        if after is None or after != mark:
            found.files.remove(path)
        if after is not None and after != mark:
            found.refused[path] = STILL_CHANGING


def receive_file(
    path: Path, raw: Path, at: dt.datetime, state: State, source: str = "inbox", keep: Keep = lambda copy, name: None
) -> Event | None:
    """Keep the bytes of one file and say what happened: `received`, or `received_again` for known bytes (F07).

    `keep` is called before anything says that the file was received. The caller records the event and then calls
    `set_aside`. Returns None when this very delivery is recorded already and only the move is left to do. The file is
    copied in pieces, so its size does not matter here. Raises StillChanging, OSError and what `keep` raises: the file
    stays where it is.
    """
    submission_id, mark = _keep(path, raw, keep)
    delivery = {"file_name": shown_name(path.name), "size": mark[2], "mark": mark, "source": source}
    known = state.submissions.get(submission_id)
    if known is None:
        return Event("received", at, submission_id=submission_id, payload=delivery)
    if any(_same_delivery(delivery, earlier) for earlier in known.deliveries):
        return None
    return Event("received_again", at, submission_id=submission_id, payload=delivery)


def _keep(path: Path, raw: Path, keep: Keep) -> tuple[str, list[int]]:
    """Copy a file to `raw/` under the hash of its bytes, as they are copied; returns the hash and its mark."""
    # What was a file a moment ago may be a link or a pipe by now: neither is followed or waited for.
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with open(descriptor, "rb", buffering=0) as source, temporary_beside(raw / "received") as temporary:
        before = os.fstat(descriptor)
        if not stat.S_ISREG(before.st_mode):
            raise StillChanging(shown_name(path.name))
        digest = hashlib.sha256()
        with open(temporary, "wb") as copy:
            while piece := source.read(_PIECE_BYTES):
                digest.update(piece)
                copy.write(piece)
            copy.flush()
            os.fsync(copy.fileno())
            size = copy.tell()
        mark = _mark(before)
        if _mark(os.fstat(descriptor)) != mark or size != before.st_size:
            raise StillChanging(shown_name(path.name))
        keep(temporary, digest.hexdigest())
        kept = raw / digest.hexdigest()
        # A kept file that a bad disk has changed is mended by the same file coming again.
        if not kept.exists() or sha256_of(kept) != kept.name:
            temporary.chmod(0o444)
            os.replace(temporary, kept)
            sync_folder(raw)
    return digest.hexdigest(), mark


def set_aside(path: Path, inbox: Path, submission_id: str, mark: list[int] | None = None) -> None:
    """Move a taken file to `.done/` of its inbox, under a name that no earlier one has.

    One that was removed since is no loss: its bytes are kept. One that took its place since, as the delivery's `mark`
    tells, was not received: it goes back and waits for the next run.
    """
    done = inbox / DONE_FOLDER
    done.mkdir(exist_ok=True)
    if done.is_symlink():
        raise SystemFault(
            f"{done} is a link; what is taken must stay in the inbox",
            f"{done} là liên kết đến nơi khác",
            "put a plain folder in its place, then run giamngheo ingest",
            "thay bằng thư mục thường rồi chạy lại giamngheo ingest",
        )
    target = done / path.name
    if os.path.lexists(target):
        tag = f".{submission_id[:8]}.{time.time_ns()}"
        target = done / (_cut(path.stem, len(os.fsencode(tag + path.suffix))) + tag + path.suffix)
    try:
        shutil.move(path, target)
    except FileNotFoundError:
        if os.path.lexists(path):
            raise
    else:
        # Asked after the move, since before it another could still come. Where a disk of its own holds `.done/`, the
        # inode is another one.
        if mark is not None and _mark(target.lstat())[1:] != mark[1:]:
            shutil.move(target, path if not os.path.lexists(path) else path.with_name(target.name))
    sync_folder(done)
    _note_of(path).unlink(missing_ok=True)


def leave_note(path: Path, reason: str) -> None:
    """Say beside a file why it was not taken. A folder where nothing can be written gets no note."""
    note = _note_of(path)
    text = f"Chưa nhận được tệp này: {reason}.\n".encode()
    try:
        if note.is_symlink() or not note.is_file() or note.stat().st_size != len(text) or note.read_bytes() != text:
            write_bytes(note, text)
    except OSError as fault:
        tell("note.failed", logging.WARNING, words=safe_words(fault))


def _note_of(path: Path) -> Path:
    return path.with_name(_cut(path.name, len(NOTE_SUFFIX)) + NOTE_SUFFIX)


def _cut(name: str, taken: int) -> str:
    """As much of a name as a folder takes beside so many bytes more; a cut one ends in a mark of the whole."""
    whole = os.fsencode(name)
    # Room for the prefix of a temporary name, too.
    most = _NAME_BYTES - taken - _TEMPORARY_BYTES
    if len(whole) <= most:
        return name
    mark = f"~{hashlib.sha256(whole).hexdigest()[:8]}"
    return whole[: most - len(mark)].decode(errors="ignore") + mark


def _mark(status: os.stat_result) -> list[int]:
    """What tells one delivery from the next one of the same bytes."""
    return [status.st_ino, status.st_mtime_ns, status.st_size]


def _mark_or_none(path: Path) -> list[int] | None:
    try:
        return _mark(path.lstat())
    except FileNotFoundError:
        return None


def _same_delivery(delivery: dict[str, Any], earlier: dict[str, Any]) -> bool:
    return bool(delivery["file_name"] == earlier["file_name"] and delivery["mark"] == earlier["mark"])
