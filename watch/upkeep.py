"""The ledger, the release, the upkeep, and who is told: lines about what the system has done so far."""

import datetime as dt
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from errors import ProgramFault
from ledger.events import Ledger
from ledger.states import State, derive_state
from ledger.versions import NEWEST, version_of
from review.store import DESK_FILE
from settings import Settings
from tasks.due import is_published, what_is_due
from tasks.fault_words import as_ours
from tasks.ledgers import has_received
from tasks.notices import addresses, given_up_and_waiting
from tasks.release import NotAsSealed, reading_release
from telemetry.faults import described
from telemetry.file import FOLDER, LOG_FILE
from telemetry.runs import DONE, LastRun, last_runs
from watch.known import ledger_path
from watch.line import BROKEN, OK, WARNING, Line, age

_DAY = 86400
_BACKUP_DAYS, _VERIFY_DAYS = 2, 8
_CONNECT_SECONDS = 3
RESTORE = "giữ nguyên tệp, xem giamngheo verify; chép lại sổ từ bản sao lưu (docs/data-team.md, mục Backup)"


def read_ledger(settings: Settings) -> tuple[list[Line], State | None]:
    """Lines about the ledger, and what it says; None where it says nothing."""
    path = ledger_path(settings)
    if path is not None and not path.exists():
        if has_received(settings.raw):
            return [Line("ledger", BROKEN, "Mất sổ sự kiện (ledger.sqlite), mà tệp đã nhận còn đó.", RESTORE)], None
        return [Line("ledger", OK, "Chưa có sổ sự kiện; lần chạy đầu sẽ tạo.")], State()
    try:
        return _read(settings)
    except Exception as fault:
        # What a stored event holds is no value any more: damage. Anything else that nothing explains is our mistake.
        if isinstance(as_ours(fault), ProgramFault) and not isinstance(fault, ValueError):
            says = f"Không kiểm tra được sổ sự kiện: {as_ours(fault).vi} ({described(fault)})."
            return [Line("ledger", BROKEN, says, "báo cho người phát triển")], None
        if path is not None:
            return [Line("ledger", BROKEN, f"Không đọc được sổ sự kiện ({described(fault)}).", RESTORE)], None
        way = "kiểm tra máy chủ PostgreSQL và GIAMNGHEO_LEDGER_URL"
        return [Line("ledger", BROKEN, f"Không tới được sổ sự kiện ở PostgreSQL ({described(fault)}).", way)], None


def _read(settings: Settings) -> tuple[list[Line], State | None]:
    url = sa.make_url(settings.database_url)
    where = "SQLite"
    if url.get_backend_name() == "postgresql":
        url = url.update_query_dict({"connect_timeout": str(_CONNECT_SECONDS)})
    engine = sa.create_engine(url, execution_options={"giamngheo_reading": True})
    try:
        with engine.connect() as connection:
            found = version_of(connection)
            if url.get_backend_name() == "postgresql":
                where = f"PostgreSQL {connection.exec_driver_sql('show server_version').scalar_one()}"
    finally:
        engine.dispose()
    if found is None:
        return [Line("ledger", OK, f"Sổ sự kiện ({where}) còn trống; lần chạy đầu sẽ tạo bảng.")], State()
    if found > NEWEST:
        says = f"Sổ sự kiện do phiên bản mới hơn của chương trình ghi (dạng {found}, bản này đọc đến {NEWEST})."
        return [Line("ledger", BROKEN, says, "cập nhật chương trình")], None
    ledger = Ledger(url.render_as_string(hide_password=False), as_it_is=True)
    try:
        events = ledger.events()
        broken = ledger.damaged()
    finally:
        ledger.close()
    lines = []
    if broken is not None:
        lines.append(
            Line("ledger", BROKEN, f"Chuỗi mã băm của sổ đứt ở sự kiện {broken}: sổ đã bị sửa từ bên ngoài.", RESTORE)
        )
    else:
        lines.append(Line("ledger", OK, f"Sổ sự kiện ({where}) có {len(events)} sự kiện, chuỗi mã băm liền mạch."))
    if found < NEWEST:
        lines.append(
            Line(
                "ledger_version",
                WARNING,
                f"Sổ còn ở dạng cũ ({found}).",
                "giamngheo upgrade (lệnh khác cũng tự nâng cấp)",
            )
        )
    return lines, derive_state(events)


def release(settings: Settings, state: State) -> Iterator[Line]:
    """Whether the release that readers see opens."""
    if not settings.current.is_symlink():
        if state.published:
            yield Line("release", BROKEN, "Mất bản đang dùng (warehouse/current).", "giamngheo rebuild")
        elif any(one.state == "accepted" for one in state.submissions.values()):
            yield Line("release", WARNING, "Chưa công bố lần nào, dù đã có tệp được chấp nhận.", "giamngheo publish")
        else:
            yield Line("release", OK, "Chưa có gì để công bố.")
        return
    name = settings.current.resolve().name
    path = settings.current / "warehouse.duckdb"
    if not path.is_file():
        yield Line("release", BROKEN, f"Bản đang dùng ({name}) không còn tệp warehouse.duckdb.", "giamngheo rebuild")
        return
    if path.with_name("warehouse.duckdb.wal").exists():
        yield Line(
            "release",
            BROKEN,
            f"Có tệp lạ .wal bên cạnh bản đang dùng ({name}).",
            "giamngheo rebuild; không mở tệp đã công bố để ghi",
        )
        return
    import duckdb

    try:
        with reading_release(path.parent), duckdb.connect(str(path), read_only=True) as connection:
            connection.execute("select max(period) from mart.indicator").fetchone()
    except (NotAsSealed, duckdb.Error) as fault:
        ours = as_ours(fault)
        is_mistake = isinstance(ours, ProgramFault)
        says = f"Bản đang dùng ({name}) không mở được: {ours.vi}{f' ({described(fault)})' if is_mistake else ''}."
        yield Line("release", BROKEN, says, "báo cho người phát triển" if is_mistake else "giamngheo rebuild")
        return
    yield Line("release", OK, f"Bản đang dùng {name} mở được.")


def schedule(settings: Settings, state: State) -> Iterator[Line]:
    """Whether what was to be published by schedule is: a month once it was due or complete, and what came later."""
    try:
        now = dt.datetime.now(ZoneInfo(settings.timezone))
    except (OSError, KeyError, ValueError):
        return  # watch.machine.time_zone says so
    due = what_is_due(settings, state, now.date())
    if due.as_of is None:
        yield Line("schedule", OK, f"Theo lịch chưa công bố gì: {due.why}.")
        return
    month = f"{due.as_of[5:]}/{due.as_of[:4]}"
    changed = max(one.event.at for one in state.standings)
    last = last_runs(settings.data).get("publish")
    # A run that ended well has seen everything: a correction of a few households it leaves to the next month.
    has_run = last is not None and last.succeeded_at and dt.datetime.fromisoformat(last.succeeded_at) > changed
    if has_run or is_published(settings, state, due.as_of):
        yield Line("schedule", OK, f"Đã công bố những gì đến hạn (đến kỳ {month}).")
        return
    if now - changed < dt.timedelta(days=1):
        yield Line("schedule", OK, f"Có số liệu mới, chờ lượt công bố theo lịch (đến kỳ {month}).")
        return
    way = "giamngheo publish-due; xem vì sao lịch không chạy (giamngheo up, hoặc giamngheo-publish.timer)"
    yield Line("schedule", WARNING, f"Quá một ngày mà chưa công bố những gì đến hạn (đến kỳ {month}).", way)


def upkeep(settings: Settings) -> Iterator[Line]:
    """How long ago a backup and a check of everything went well, and whether the last runs did."""
    runs = last_runs(settings.data)
    yield _old("backup", "sao lưu", runs.get("backup"), _BACKUP_DAYS, "giamngheo backup --out THƯ_MỤC (đĩa khác)")
    yield _old("verify", "kiểm tra toàn bộ", runs.get("verify"), _VERIFY_DAYS, "giamngheo verify")
    for flow in ("ingest", "publish", "rebuild", "restore"):
        last = runs.get(flow)
        if last and last.outcome in ("failed", "faults", "blocked", "stopped"):
            what = {"blocked": "bị kiểm tra cuối chặn", "stopped": "bị dừng"}.get(last.outcome, "gặp lỗi hệ thống")
            says = f"Lần {flow} cuối ({_when(last.finished_at)}) {what}."
            way = f"xem {FOLDER}/{LOG_FILE} (run {last.run[:8]}), khắc phục rồi chạy lại giamngheo {flow}"
            yield Line(f"last_{flow}", WARNING, says, way)


def _old(check: str, what: str, last: LastRun | None, days: int, way: str) -> Line:
    if last and last.outcome == "damaged":
        return Line(
            check,
            BROKEN,
            f"Lần {what} cuối ({_when(last.finished_at)}) thấy có chỗ hỏng.",
            "giamngheo verify: nói rõ chỗ nào và cách sửa",
        )
    if last is None or last.succeeded_at is None:
        return Line(check, WARNING, f"Chưa thấy lần {what} nào thành công.", way)
    seconds = time.time() - dt.datetime.fromisoformat(last.succeeded_at).timestamp()
    says = f"Lần {what} tốt gần nhất cách đây {age(seconds)}"
    if last.outcome != DONE:
        return Line(check, WARNING, f"{says}, lần sau đó không xong.", way)
    return Line(check, WARNING if seconds > days * _DAY else OK, f"{says}.", way if seconds > days * _DAY else "")


def _when(at: str) -> str:
    return f"{dt.datetime.fromisoformat(at):%d/%m/%Y %H:%M} UTC"


def log(settings: Settings) -> Iterator[Line]:
    """Whether the log can be written to."""
    folder = settings.data / FOLDER
    path = folder / LOG_FILE
    target = path if path.exists() else folder if folder.exists() else None
    if target is not None and not os.access(target, os.W_OK):
        yield Line("log", WARNING, f"Không ghi được nhật ký {path}.", "cấp quyền ghi cho người chạy chương trình")


def notices(settings: Settings) -> Iterator[Line]:
    """Whether notices can go out."""
    if not settings.notices:
        yield Line("notices", OK, "Không gửi thông báo (GIAMNGHEO_NOTICES trống).")
        return
    import apprise

    known = addresses(settings.notices)
    bad = [number for number, one in enumerate(known, start=1) if not apprise.Apprise().add(one.url)]
    given_up, waiting = given_up_and_waiting(settings.data)
    way = "thử: giamngheo notify --test"
    if bad:
        numbers = ", ".join(map(str, bad))
        yield Line(
            "notices",
            BROKEN,
            f"Địa chỉ thông báo thứ {numbers} trong GIAMNGHEO_NOTICES không đúng dạng.",
            "sửa địa chỉ; " + way,
        )
    if given_up:
        yield Line("notices", WARNING, f"{given_up} thông báo gửi nhiều lần không được, đã thôi gửi.", way)
    if not bad and not given_up:
        yield Line("notices", OK, f"{len(known)} địa chỉ nhận thông báo, {waiting} tin chờ gửi.")


def desk_users(settings: Settings) -> Iterator[Line]:
    """Whether anybody can sign in to the desk."""
    path = settings.data / DESK_FILE
    count = 0
    if path.is_file():
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            count = connection.execute("select count(*) from user where not disabled").fetchone()[0]
    if count or settings.oidc_issuer:
        way = " và OpenID Connect" if settings.oidc_issuer else ""
        yield Line("desk_users", OK, f"Bàn thẩm định có {count} người dùng{way}.")
    else:
        yield Line(
            "desk_users", WARNING, "Chưa ai vào được bàn thẩm định.", "giamngheo user add TÊN --role administrator"
        )
