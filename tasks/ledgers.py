"""The ledger of a data root, and a witness that tells when it has lost something.

SQLite opens what is left of a deleted, emptied or cut-off ledger as if nothing had been. So the last event is noted
beside it, in `ledger.last`: a ledger that does not know it any more is refused, never begun anew.
"""

import logging
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

import sqlalchemy as sa

from ledger.events import Event, Ledger
from ledger.versions import LedgerFaulty
from settings import Settings
from tasks.names import is_received_name

LAST_FILE = "ledger.last"
_WAY_ON = (
    "no new ledger is begun, nothing was changed. Keep the data root as it is, copy ledger.sqlite from the newest "
    f"backup, remove {LAST_FILE}, and put into inbox/ again what came after that backup (docs/data-team.md)",
    "không bắt đầu sổ mới, chưa thay đổi gì. Giữ nguyên thư mục dữ liệu và chép lại ledger.sqlite từ bản sao lưu mới "
    f"nhất, xoá {LAST_FILE}, rồi bỏ lại vào inbox/ những tệp nhận sau bản sao lưu đó (docs/data-team.md)",
)

log = logging.getLogger("giamngheo")


class WitnessedLedger(Ledger):
    """A ledger whose last event is noted in a file."""

    def __init__(self, url: str, last: Path) -> None:
        super().__init__(url)
        self._last = last

    def append(self, events: Iterable[Event]) -> list[Event]:
        recorded = super().append(events)
        if recorded:
            _note(self._last, recorded[-1].id)
        return recorded


def open_ledger(settings: Settings) -> Ledger:
    """The ledger of the settings; a new one in a data root that never had any.

    Raises LedgerFaulty where events are gone that were there before, and what the database raises.
    """
    file = _sqlite_file(settings.database_url)
    if file is not None and not _has_bytes(file) and (last_noted(settings) or has_received(settings.raw)):
        raise LedgerFaulty(
            f"the ledger {file.name} is gone or empty, and what was received is there",
            f"sổ sự kiện {file.name} đã mất hoặc trống, mà dữ liệu đã nhận còn đó",
            *_WAY_ON,
        )
    ledger = WitnessedLedger(settings.database_url, settings.data / LAST_FILE)
    try:
        what = lost(settings, ledger)
    except BaseException:
        ledger.close()
        raise
    if what:
        ledger.close()
        raise LedgerFaulty("the ledger has lost events", what, *_WAY_ON)
    return ledger


def lost(settings: Settings, ledger: Ledger) -> str:
    """What a ledger that opens has lost nevertheless, in Vietnamese; empty where it has all that is known of."""
    noted = last_noted(settings)
    if noted and not ledger.knows(noted):
        return f"sổ sự kiện thiếu những sự kiện cuối: đã từng ghi đến sự kiện {noted}"
    if not noted and _has_judgements(settings.judgements) and ledger.is_empty():
        return "sổ sự kiện trống, mà kết quả kiểm tra đã ghi còn đó"
    return ""


def last_noted(settings: Settings) -> int:
    """The number of the last event that is known to have been recorded; 0 where none is noted."""
    try:
        return int((settings.data / LAST_FILE).read_text(encoding="ascii"))
    except (FileNotFoundError, ValueError):
        # Written without waiting for the disk: after a power cut it may be empty, and says nothing then.
        return 0


def _note(last: Path, number: int) -> None:
    """The event is durable already: what is noted may lag behind, so no failure here is one of the run."""
    temporary = last.with_name(f".tmp-{secrets.token_hex(6)}-{last.name}")
    try:
        temporary.write_text(str(number), encoding="ascii")
        os.replace(temporary, last)
    except OSError as fault:
        log.warning("the last event could not be noted: %s", fault.strerror)


def _sqlite_file(url: str) -> Path | None:
    parsed = sa.make_url(url)
    named = parsed.get_backend_name() == "sqlite" and parsed.database and parsed.database != ":memory:"
    return Path(str(parsed.database)) if named else None


def _has_bytes(file: Path) -> bool:
    return file.is_file() and file.stat().st_size > 0


def has_received(raw: Path) -> bool:
    """Whether a folder holds a received file; what else may lie there (`.gitkeep`, `Thumbs.db`) says nothing."""
    return raw.is_dir() and any(is_received_name(path.name) for path in raw.iterdir())


def _has_judgements(folder: Path) -> bool:
    return any(not path.name.startswith(".") for path in folder.rglob("*.parquet"))
