"""Whether all that must last is as it was written: ledger, raw files, judgements, accepted tables, releases.

Nothing is changed here. What can be made again from what is whole is mended by `giamngheo rebuild`.
"""

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import sqlalchemy as sa

from errors import DatabaseDamaged
from ledger.events import Event, Ledger
from ledger.states import ACCEPTED, OPEN_STATES, State, derive_state
from settings import Settings
from tasks.derive.common import household_key
from tasks.fault_words import as_ours
from tasks.files import sha256_of
from tasks.ledgers import last_noted, lost
from tasks.pseudonym import KEY_FILE, pseudonym_key, pseudonyms
from tasks.publications import published_contents
from tasks.release import MANIFEST, verify_release
from tasks.schemas import ACCEPTED as ACCEPTED_TABLES
from tasks.schemas import TABLES_MANIFEST
from tasks.storage import accepted_file, accepted_place, raw_names, raw_place, raw_sha256

FROM_BACKUP = "chép lại từ bản sao lưu"
SEND_AGAIN = "chép lại từ bản sao lưu, hoặc bỏ lại đúng tệp đã nhận vào inbox/ rồi chạy: giamngheo ingest"
REBUILD = "giamngheo rebuild"

Progress = Callable[[str, int, int], None]
Read = Callable[[str], bytes | None]


@dataclass(frozen=True)
class Damage:
    """One thing that is not as it was written.

    `part` is ledger, raw, judgement, accepted or release; `place` a path under the data root, or an
    address where files are kept elsewhere; `what` and
    `remedy` are sentences for who runs the system.
    """

    part: str
    place: str
    what: str
    remedy: str


def verify(settings: Settings, on_progress: Progress, *, warehouse: bool = True) -> list[Damage]:
    """Read everything that must last and say what is damaged; empty where all is whole.

    Without `warehouse`, only what can't be made again, which is what a backup holds. `on_progress` hears of
    (stage, done, total). Raises OSError where a folder can't be read at all, and
    StorageDown where a remote place does not answer.
    """
    on_progress("verify", 0, 1)
    ledger, events = _ledger(settings)
    if events is None:
        return ledger
    state = derive_state(events)
    checks: list[Callable[[], Iterator[Damage]]] = [
        *(lambda one=one: _raw(settings, one) for one in state.submissions),
        lambda: _judgements(settings, events, state),
    ]
    if warehouse:
        checks += [lambda: _accepted(settings, state), lambda: _releases(settings, published_contents(state))]
    found = list(ledger)
    for done, check in enumerate(checks, start=1):
        found += check()
        on_progress("verify", done, len(checks))
    return found


def _ledger(settings: Settings) -> tuple[list[Damage], list[Event] | None]:
    """What is wrong with the ledger, and what it says; None where it says nothing any more."""
    path = settings.data / "ledger.sqlite"
    place = "ledger.sqlite" if not settings.ledger_url else "GIAMNGHEO_LEDGER_URL"
    damage: list[Damage] = []
    try:
        if not settings.ledger_url and not _is_begun(path):
            if raw_names(settings) or last_noted(settings):
                return [Damage("ledger", place, "thiếu sổ sự kiện, mà tệp đã nhận còn đó", FROM_BACKUP)], None
            return [], []
        if not settings.ledger_url:
            with closing(sqlite3.connect(path)) as connection:
                pages = connection.execute("pragma integrity_check").fetchone()[0]
            if pages != "ok":
                damage.append(Damage("ledger", place, f"tệp SQLite hỏng: {pages.splitlines()[0]}", FROM_BACKUP))
        ledger = Ledger(settings.database_url, as_it_is=True)
        try:
            broken = ledger.damaged()
            events = ledger.events()
            gone = lost(settings, ledger)
        finally:
            ledger.close()
    except (sqlite3.DatabaseError, sa.exc.DatabaseError, ValueError) as fault:
        if not isinstance(fault, ValueError) and not isinstance(as_ours(fault), DatabaseDamaged):
            raise  # a server that can't be reached, a full disk or a mistake of ours is no damage
        reason = str(getattr(fault, "orig", None) or fault).splitlines()[0]
        return [Damage("ledger", place, f"không đọc được sổ sự kiện: {reason}", FROM_BACKUP)], None
    if broken is not None:
        what = f"chuỗi mã băm đứt ở sự kiện {broken}: sự kiện này đã bị sửa, xoá hoặc chen vào"
        damage.append(Damage("ledger", place, what, FROM_BACKUP))
    if gone:
        damage.append(Damage("ledger", place, gone, FROM_BACKUP))
    return damage, events


def _is_begun(path: Path) -> bool:
    """Whether a ledger's file holds anything: its making may have met a full disk."""
    if not path.exists():
        return False
    with closing(sqlite3.connect(path)) as connection:
        return bool(connection.execute("select count(*) from sqlite_master").fetchone()[0])


def _raw(settings: Settings, submission_id: str) -> Iterator[Damage]:
    place = raw_place(settings, submission_id)
    found = raw_sha256(settings, submission_id)
    if found is None:
        yield Damage("raw", place, "thiếu tệp đã nhận", SEND_AGAIN)
    elif found != submission_id:
        yield Damage("raw", place, "tệp đã nhận không còn đúng từng byte", SEND_AGAIN)


def _judgements(settings: Settings, events: list[Event], state: State) -> Iterator[Damage]:
    """What every judgement found, those of earlier attempts too: decisions were made on them."""
    rejudged = {
        name: f"giamngheo rejudge {submission.submission_id[:12]}"
        for submission in state.submissions.values()
        if submission.state in OPEN_STATES and not state.newer_accepted(submission)
        for name in _tables(submission.judgement or {})
    }
    names = dict.fromkeys(name for event in events if event.kind == "judged" for name in _tables(event.payload))
    for name in names:
        path, place, remedy = settings.judgements / name, f"judgements/{name}", rejudged.get(name, FROM_BACKUP)
        if not path.is_file():
            yield Damage("judgement", place, "thiếu kết quả kiểm tra", remedy)
        elif not sha256_of(path).startswith(path.stem):
            yield Damage("judgement", place, "kết quả kiểm tra đã bị sửa", remedy)


def _tables(judgement: dict[str, Any]) -> list[str]:
    return [judgement[key] for key in ("findings", "id_numbers") if key in judgement]


def _accepted(settings: Settings, state: State) -> Iterator[Damage]:
    standing = [submission for submission in state.submissions.values() if submission.state == ACCEPTED]
    key = None
    if settings.pseudonym_key or (settings.data / KEY_FILE).is_file():
        key = pseudonym_key(settings.data, settings.pseudonym_key)
    elif standing:
        yield Damage("accepted", KEY_FILE, "thiếu khoá tạo mã hộ", FROM_BACKUP)
    for submission in standing:
        read = partial(accepted_file, settings, submission.submission_id)
        place = accepted_place(settings, submission.submission_id)
        faults = list(_tables_faults(read))
        for what in faults:
            yield Damage("accepted", place, what, REBUILD)
        if not faults and key is not None and not _has_key(read, key):
            what = f"mã hộ trong bảng được tạo bằng khoá khác với khoá đang dùng ({KEY_FILE})"
            yield Damage("accepted", place, what, f"chép lại {KEY_FILE} từ bản sao lưu")


def _tables_faults(read: Read) -> Iterator[str]:
    """`read` gives the bytes of one of the tables' files, None where it is missing."""
    manifest = read(TABLES_MANIFEST)
    names = [f"{name}.parquet" for name in ACCEPTED_TABLES]
    if manifest is None:
        yield "thiếu bảng đã chấp nhận" if not any(map(read, names)) else f"thiếu {TABLES_MANIFEST}"
        return
    try:
        sealed = json.loads(manifest)
    except ValueError:
        yield f"{TABLES_MANIFEST} không đọc được"
        return
    for name in names:
        table = read(name)
        if table is None:
            yield f"thiếu {name}"
        elif sealed.get(name) != hashlib.sha256(table).hexdigest():
            yield f"{name} không còn như khi ghi" if name in sealed else f"{name} chưa có mã băm"


def _has_key(read: Read, key: bytes) -> bool:
    """Whether the first household's pseudonym is what this key makes of it."""
    first = pl.read_parquet(read("household.parquet") or b"", n_rows=1)
    keys = first.select(household_key()).to_series()
    return pseudonyms(key, "household", keys) == first.get_column("household_id").to_list()


def _releases(settings: Settings, published: dict[str, str]) -> Iterator[Damage]:
    """What is no longer as it was sealed, or not what the ledger says was published under that id."""
    current = settings.current.resolve() if settings.current.is_symlink() else None
    if current is not None and not (current / MANIFEST).is_file():
        yield Damage("release", "warehouse/current", "không trỏ tới bản công bố nào còn đủ", REBUILD)
    for manifest in sorted(settings.releases.glob(f"*/{MANIFEST}")):
        release = manifest.parent
        if release.name.startswith("."):
            continue
        remedy = REBUILD if release.resolve() == current else f"{FROM_BACKUP}, hoặc xoá thư mục này (bản cũ)"
        for fault in verify_release(release, published):
            yield Damage("release", f"warehouse/releases/{release.name}", _in_vietnamese(fault), remedy)


def _in_vietnamese(fault: str) -> str:
    for english, vietnamese in (
        (" is missing", " đã mất"),
        (" has changed", " không còn như khi niêm phong"),
        (" does not belong to it", " là tệp lạ"),
    ):
        if fault.endswith(english):
            return fault.removesuffix(english) + vietnamese
    return fault
