"""The data root: where it lies, what holds it, what waits there, and whether everything that it names is there.

Quick looks only, no hashing: `giamngheo verify` reads every byte.
"""

import fcntl
import os
import pwd
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from ledger.states import ACCEPTED, State
from settings import Settings
from tasks.fault_words import as_ours
from tasks.leftovers import OLD_SECONDS
from tasks.pseudonym import KEY_FILE
from tasks.receive import find_unhidden
from tasks.remote import StorageDown, shown_url
from tasks.storage import raw_names
from watch.line import BROKEN, OK, WARNING, Line, age, gigabytes
from watch.locks import holders_of

_NETWORK = (
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "9p",
    "fuse.sshfs",
    "fuse.s3fs",
    "fuse.rclone",
    "ceph",
    "glusterfs",
    "afs",
)
_LEAST_FREE, _ENOUGH_FREE = 5e8, 5e9
_STUCK_SECONDS = 6 * 3600
_LONG_RUN_SECONDS = 2 * 3600
FROM_BACKUP = "chép lại từ bản sao lưu, hoặc bỏ lại đúng tệp đó vào inbox/; giamngheo verify nói rõ từng tệp"


def place(settings: Settings) -> Iterator[Line]:
    """Whether it is there, ours, writable, and on a disk that keeps the promises that writing rests on."""
    data = settings.data
    if not data.exists():
        parent = next(one for one in data.parents if one.exists())
        if os.access(parent, os.W_OK):
            yield Line(
                "root",
                WARNING,
                f"Chưa có thư mục dữ liệu {data}; lần chạy đầu sẽ tạo.",
                "xem lại GIAMNGHEO_DATA nếu đã có dữ liệu",
            )
        else:
            yield Line(
                "root",
                BROKEN,
                f"Chưa có thư mục dữ liệu {data} và không tạo được.",
                "tạo nó, hoặc xem lại GIAMNGHEO_DATA",
            )
        return
    if not data.is_dir():
        yield Line("root", BROKEN, f"{data} không phải thư mục.", "xem lại GIAMNGHEO_DATA")
        return
    fault = _write_fault(data)
    if fault:
        yield Line(
            "root",
            BROKEN,
            f"Không ghi được vào {data}: {fault}.",
            f"cấp quyền ghi cho người chạy ({_name(os.geteuid())}), hoặc gắn lại đĩa để ghi được",
        )
    else:
        yield Line("root", OK, f"Thư mục dữ liệu {data} ghi được, giữ được khoá và đổi tên.")
    if not fault:
        yield from _owner(data)
    yield from _file_system(settings)


def _write_fault(data: Path) -> str:
    """What keeps a file from being written, made durable, locked, renamed and removed; empty where nothing does."""
    try:
        with tempfile.TemporaryDirectory(prefix=".tmp-doctor-", dir=data) as folder:
            first, second = Path(folder) / "a", Path(folder) / "b"
            with open(first, "wb") as file:
                file.write(b"x")
                file.flush()
                os.fsync(file.fileno())
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.replace(first, second)
            Path(folder, "c").symlink_to(second)
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
    except OSError as fault:
        return as_ours(fault).vi
    return ""


def _owner(data: Path) -> Iterator[Line]:
    mine = os.geteuid()
    others = {path.name for path in (data, *data.iterdir()) if path.lstat().st_uid != mine}
    if others:
        owner = _name(data.stat().st_uid)
        says = f"Đang chạy bằng tài khoản {_name(mine)}, nhưng {len(others)} mục trong {data} là của tài khoản khác"
        says += f" (thư mục: {owner})."
        yield Line("owner", WARNING, says, f"luôn chạy bằng một tài khoản: chown -R TÀI_KHOẢN {data}")
    else:
        yield Line("owner", OK, f"Mọi thứ thuộc tài khoản đang chạy ({_name(mine)}).")


def _name(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return str(user)


def _file_system(settings: Settings) -> Iterator[Line]:
    kind = file_system_of(settings.data)
    parts = [one for one in (settings.raw, settings.judgements, settings.warehouse) if one.exists()]
    apart = [one.name for one in parts if one.stat().st_dev != settings.data.stat().st_dev]
    if kind in _NETWORK:
        yield Line(
            "file_system",
            WARNING,
            f"Thư mục dữ liệu nằm trên đĩa mạng ({kind}): khoá và đổi tên có thể không chắc.",
            "chuyển về đĩa của máy này",
        )
    elif apart:
        yield Line(
            "file_system",
            WARNING,
            f"Nằm trên đĩa khác với thư mục dữ liệu: {', '.join(apart)}.",
            "để tất cả trên một đĩa: có bước đổi tên từ thư mục này sang thư mục kia",
        )
    else:
        yield Line("file_system", OK, f"Tất cả nằm trên một đĩa của máy này ({kind}).")


def file_system_of(path: Path, mounts: str = "/proc/mounts") -> str:
    """The kind of file system that a path is on, as the kernel calls it."""
    here = str(path.resolve())
    found = ("", "không rõ loại")
    for line in Path(mounts).read_text(encoding="utf-8").splitlines():
        _, point, kind = line.split(" ")[:3]
        point = point.replace("\\040", " ")
        if (here == point or here.startswith(point.rstrip("/") + "/")) and len(point) >= len(found[0]):
            found = (point, kind)
    return found[1]


def disk(settings: Settings) -> Iterator[Line]:
    """Free space against what the next publication and backup may need."""
    here = next(one for one in (settings.data, *settings.data.parents) if one.exists())
    free = shutil.disk_usage(here).free
    release = settings.current
    size = sum(path.stat().st_size for path in release.rglob("*") if path.is_file()) if release.exists() else 0
    need = max(_ENOUGH_FREE, 3.0 * size)
    way = "dọn bớt: bản công bố cũ trong warehouse/releases, inbox/.done, bản sao lưu cũ; hoặc chuyển sang đĩa lớn hơn"
    counts = os.statvfs(here)
    if counts.f_files and counts.f_favail < 10_000:
        yield Line("disk", WARNING, f"Đĩa chỉ còn chỗ cho {counts.f_favail} tệp (inode).", way)
    elif free < _LEAST_FREE:
        yield Line("disk", BROKEN, f"Đĩa chỉ còn {gigabytes(free)}: lần chạy tới có thể dừng vì hết chỗ.", way)
    elif free < need:
        yield Line("disk", WARNING, f"Đĩa còn {gigabytes(free)}; nên có {gigabytes(need)}.", way)
    else:
        yield Line("disk", OK, f"Đĩa còn {gigabytes(free)}.")


def holders(settings: Settings) -> Iterator[Line]:
    """Who holds the locks on this machine; the locks themselves are not touched."""
    found = False
    for purpose in ("up", "ingest", "publish"):
        for process, seconds in holders_of(settings.data / f".{purpose}.lock"):
            found = True
            since = f"(tiến trình {process}, đã {age(seconds)})"
            if purpose == "up":
                yield Line("up", OK, f"Đang chạy giamngheo up {since}.")
            elif seconds > _LONG_RUN_SECONDS:
                way = f"nếu nó không còn làm gì: kill {process}; khoá tự rơi, chạy lại là tiếp tục"
                yield Line("locks", WARNING, f"Một lượt {purpose} chạy quá lâu {since}.", way)
            else:
                yield Line("locks", OK, f"Đang có một lượt {purpose} {since}.")
    if not found:
        yield Line("locks", OK, "Không có lượt chạy nào đang giữ khoá.")


def keys(settings: Settings, state: State) -> Iterator[Line]:
    """The pseudonym key: there once anything was judged, and nobody else's to read. The desk's files likewise."""
    path = settings.data / KEY_FILE
    accepted = any(one.state == ACCEPTED for one in state.submissions.values())
    if settings.pseudonym_key:
        yield Line("key", OK, "Khoá tạo mã hộ lấy từ GIAMNGHEO_PSEUDONYM_KEY.")
    elif not path.is_file():
        if accepted:
            yield Line(
                "key",
                BROKEN,
                f"Mất khoá tạo mã hộ ({KEY_FILE}): mã hộ mới sẽ không khớp mã cũ.",
                f"chép lại {KEY_FILE} từ bản sao lưu trước khi chạy gì khác",
            )
        else:
            yield Line("key", OK, "Khoá tạo mã hộ sẽ được tạo khi nhận tệp đầu tiên.")
    elif not path.read_bytes().strip():
        yield Line(
            "key",
            BROKEN,
            f"Khoá tạo mã hộ ({KEY_FILE}) trống.",
            f"chép lại {KEY_FILE} từ bản sao lưu trước khi chạy gì khác",
        )
    else:
        yield Line("key", OK, "Có khoá tạo mã hộ.")
    secret = [one for one in (path, settings.data / "desk.key", settings.data / "desk.sqlite") if one.is_file()]
    open_ones = [one for one in secret if stat.S_IMODE(one.stat().st_mode) & 0o077]
    if open_ones:
        names = " ".join(str(one) for one in open_ones)
        yield Line(
            "secrets",
            WARNING,
            f"Người khác trên máy đọc được: {', '.join(one.name for one in open_ones)}.",
            f"chmod 600 {names}",
        )


def named_files(settings: Settings, state: State) -> Iterator[Line]:
    """Whether the files that the ledger names are there, with their sizes where that is quick, and no others."""
    try:
        kept = set(raw_names(settings))
    except StorageDown:
        says = f"Không tới được kho tệp gốc ở {shown_url(settings.raw_url)}."
        yield Line("raw", BROKEN, says, "kiểm tra mạng, GIAMNGHEO_RAW_URL và quyền ở kho đó")
        kept = None
    if kept is not None:
        yield from _raw(settings, state, kept)
    judged = [one.judgement["findings"] for one in state.submissions.values() if one.judgement]
    lost = [name for name in judged if not (settings.judgements / name).is_file()]
    if lost:
        says = f"Mất {len(lost)} trong {len(judged)} kết quả kiểm tra (judgements/)."
        yield Line("judgements", BROKEN, says, FROM_BACKUP)
    else:
        yield Line("judgements", OK, f"Đủ {len(judged)} kết quả kiểm tra.")
    accepted = [one.submission_id for one in state.submissions.values() if one.state == ACCEPTED]
    gone = [] if settings.accepted_url else [one for one in accepted if not (settings.accepted / one).is_dir()]
    if gone:
        says = f"Thiếu bảng của {len(gone)} trong {len(accepted)} tệp đã chấp nhận."
        yield Line("accepted", WARNING, says, "giamngheo rebuild")


def _raw(settings: Settings, state: State, kept: set[str]) -> Iterator[Line]:
    count = len(state.submissions)
    missing = [name for name in state.submissions if name not in kept]
    sizes = [] if settings.raw_url else [name for name in state.submissions if _has_other_size(settings, state, name)]
    strangers = kept - state.submissions.keys()
    if missing:
        says = f"Mất {len(missing)} trong {count} tệp đã nhận (raw/), ví dụ {missing[0][:12]}."
        yield Line("raw", BROKEN, says, FROM_BACKUP)
    if sizes:
        says = f"{len(sizes)} tệp trong raw/ không còn đúng cỡ, ví dụ {sizes[0][:12]}."
        yield Line("raw", BROKEN, says, FROM_BACKUP)
    if strangers:
        says = f"{len(strangers)} tệp trong raw/ chưa có trong sổ (lượt chạy bị ngắt giữa chừng)."
        way = "giamngheo ingest ghi tiếp nếu tệp còn trong inbox/; nếu vẫn còn dòng này, báo cho người phát triển"
        yield Line("raw", WARNING, says, way)
    if not (missing or sizes or strangers):
        yield Line("raw", OK, f"Đủ {count} tệp đã nhận như trong sổ.")


def _has_other_size(settings: Settings, state: State, submission_id: str) -> bool:
    path = settings.raw / submission_id
    received = state.submissions[submission_id].deliveries
    return bool(received) and path.is_file() and path.stat().st_size != received[0].get("size", path.stat().st_size)


def inbox(settings: Settings) -> Iterator[Line]:
    """What waits, for how long, and what can't be taken."""
    if not settings.inbox.is_dir():
        yield Line("inbox", OK, "Chưa có inbox/; lần nhận đầu sẽ tạo.")
        return
    if not os.access(settings.inbox, os.R_OK | os.W_OK | os.X_OK):
        yield Line(
            "inbox",
            BROKEN,
            f"Không có quyền trong {settings.inbox}.",
            "cấp quyền đọc và ghi cho người chạy chương trình",
        )
        return
    files = list(find_unhidden(settings.inbox))
    waiting = [path for path, is_note in files if not is_note]
    notes = len(files) - len(waiting)
    oldest = max((time.time() - path.lstat().st_mtime for path in waiting), default=0.0)
    if notes:
        yield Line(
            "inbox", WARNING, f"{notes} tệp trong inbox/ chưa nhận được.", "đọc ghi chú .ghi-chu.txt bên cạnh từng tệp"
        )
    if waiting and oldest > _STUCK_SECONDS:
        yield Line(
            "inbox",
            WARNING,
            f"{len(waiting)} tệp chờ trong inbox/, tệp lâu nhất đã {age(oldest)}.",
            "giamngheo ingest; nếu có lịch chạy thì xem vì sao không chạy",
        )
    elif not notes:
        yield Line("inbox", OK, f"{len(waiting)} tệp chờ trong inbox/." if waiting else "inbox/ không có tệp nào chờ.")


def leftovers(settings: Settings) -> Iterator[Line]:
    """Half-written files of killed runs; the next run sweeps them."""
    now = time.time()
    folders = [one for one in (settings.data, settings.raw, settings.accepted, settings.releases) if one.is_dir()]
    old = [path for folder in folders for path in folder.glob(".tmp-*") if now - path.lstat().st_mtime > OLD_SECONDS]
    if old:
        yield Line(
            "leftovers",
            WARNING,
            f"{len(old)} tệp tạm của lượt chạy bị ngắt.",
            "không cần làm gì: giamngheo ingest và publish tự dọn",
        )
