"""Take what waits in the inbox: the bytes are safe before anything else is done with them."""

import datetime as dt
import hashlib
import os
import shutil
import stat
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ledger.events import Event
from ledger.states import State
from tasks.files import sync_folder, write_bytes

DONE_FOLDER = ".done"
NOTE_SUFFIX = ".ghi-chu.txt"


@dataclass
class Waiting:
    """What an inbox holds: files to take, and files that can't be taken with the reason in Vietnamese."""

    files: list[Path] = field(default_factory=list)
    refused: dict[Path, str] = field(default_factory=dict)


def find_waiting(inbox: Path, settle_seconds: float) -> Waiting:
    """The files of an inbox, in name order, that have stopped growing. Hidden ones and notes are passed over.

    A file that changed less than `settle_seconds` ago is watched for that long, and left if it still changes.
    """
    found = Waiting()
    if not inbox.is_dir():
        return found
    for folder, folders, names in os.walk(inbox):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(folder) / name
            if name.startswith(".") or name.endswith(NOTE_SUFFIX):
                continue
            status = path.lstat()
            if not stat.S_ISREG(status.st_mode):
                found.refused[path] = "không phải tệp thông thường (liên kết hoặc thiết bị)"
            elif not os.access(path, os.R_OK):
                found.refused[path] = "không có quyền đọc tệp"
            else:
                found.files.append(path)
    fresh = {path: _mark(path) for path in found.files if _age(path) < settle_seconds}
    if fresh:
        time.sleep(settle_seconds)
        for path, mark in fresh.items():
            if _mark(path) != mark:
                found.files.remove(path)
                found.refused[path] = "tệp còn đang được ghi; sẽ nhận ở lần chạy sau"
    return found


def submission_id_of(path: Path) -> str:
    """The SHA-256 of a file's bytes, by which a submission is known."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def receive_file(path: Path, raw: Path, at: dt.datetime, state: State, source: str = "inbox") -> Event | None:
    """Keep the bytes of one file and say what happened: `received`, or `received_again` for known bytes (F07).

    The caller records the event and then calls `set_aside`. Returns None when this very delivery is recorded
    already and only the move is left to do. Raises OSError: the file stays where it is.
    """
    content = path.read_bytes()
    submission_id = hashlib.sha256(content).hexdigest()
    kept = raw / submission_id
    if not kept.exists():
        write_bytes(kept, content, read_only=True)
    delivery = {"file_name": path.name, "size": len(content), "mark": _mark(path), "source": source}
    known = state.submissions.get(submission_id)
    if known is None:
        return Event("received", at, submission_id=submission_id, payload=delivery)
    if any(_same_delivery(delivery, earlier) for earlier in known.deliveries):
        return None
    return Event("received_again", at, submission_id=submission_id, payload=delivery)


def set_aside(path: Path, inbox: Path, submission_id: str) -> None:
    """Move a taken file to `.done/` of its inbox, under a name that no earlier one has."""
    done = inbox / DONE_FOLDER
    done.mkdir(exist_ok=True)
    target = done / path.name
    if target.exists():
        target = done / f"{path.stem}.{submission_id[:8]}.{time.time_ns()}{path.suffix}"
    shutil.move(path, target)
    sync_folder(done)
    path.with_name(path.name + NOTE_SUFFIX).unlink(missing_ok=True)


def leave_note(path: Path, reason: str) -> None:
    """Say beside a file why it was not taken."""
    note = path.with_name(path.name + NOTE_SUFFIX)
    text = f"Chưa nhận được tệp này: {reason}.\n"
    if not note.is_file() or note.read_text(encoding="utf-8") != text:
        write_bytes(note, text.encode())


def _mark(path: Path) -> list[int]:
    """What tells one delivery from the next one of the same bytes."""
    status = path.stat()
    return [status.st_ino, status.st_mtime_ns, status.st_size]


def _same_delivery(delivery: dict[str, Any], earlier: dict[str, Any]) -> bool:
    return bool(delivery["file_name"] == earlier["file_name"] and delivery["mark"] == earlier["mark"])


def _age(path: Path) -> float:
    return abs(time.time() - path.stat().st_mtime)
