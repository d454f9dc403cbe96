"""The machine: Python and its libraries, memory, clock, time zone, letters, ports."""

import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import httpx
from packaging.markers import Marker

from settings import REPOSITORY, Settings
from tasks.inputs import code_version
from watch.known import Known, ledger_path, look
from watch.line import BROKEN, OK, WARNING, Line, age, gigabytes

_REQUIREMENT = re.compile(r"^([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?==([^\s;\\]+)(?:\s*;\s*([^\\]+?))?\s*\\?$")
_SHOWN = 4
# A publication of a province takes this much, with DuckDB's own limit (docs/benchmarks.md).
_ENOUGH_MEMORY, _LEAST_MEMORY = 2e9, 7e8
_CLOCK_SLACK_SECONDS = 120
_IMPORT_SECONDS = 60
_ASK_SECONDS = 2


def python(settings: Settings) -> Iterator[Line]:
    """The interpreter's version, and ours; an interpreter that is too old does not get this far."""
    here = ".".join(map(str, sys.version_info[:3]))
    yield Line("python", OK, f"Giảm Nghèo {code_version()} trên Python {here}.")


def libraries(settings: Settings) -> Iterator[Line]:
    """Whether what is installed is what the lock names."""
    lock = REPOSITORY / "requirements.lock"
    if not lock.is_file():
        yield Line(
            "libraries", WARNING, "Không có requirements.lock để đối chiếu thư viện.", "chạy từ thư mục mã nguồn"
        )
        return
    wanted, missing, other = _installed(lock)
    way = "cài lại đúng bản khoá: rm .venv/.ready && make .venv/.ready"
    if missing:
        yield Line("libraries", BROKEN, f"Thiếu {len(missing)} thư viện: {_some(missing)}.", way)
    if other:
        yield Line("libraries", WARNING, f"{len(other)} thư viện khác bản đã khoá: {_some(other)}.", way)
    if not missing and not other:
        yield Line("libraries", OK, f"{wanted} thư viện đúng bản đã khoá.")


@cache
def _installed(lock: Path) -> tuple[int, list[str], list[str]]:
    """How many libraries a lock names, which of them are missing, and which are there in another version."""
    missing, other = [], []
    wanted = locked(lock.read_text(encoding="utf-8"))
    for name, number in wanted.items():
        try:
            here = version(name)
        except PackageNotFoundError:
            missing.append(name)
            continue
        if here != number:
            other.append(f"{name} {here} (khoá {number})")
    return len(wanted), missing, other


def locked(text: str) -> dict[str, str]:
    """Name → version of the lines of a lock that are meant for this machine."""
    found = {}
    for line in text.splitlines():
        if match := _REQUIREMENT.match(line):
            name, number, marker = match.groups()
            if not marker or Marker(marker).evaluate():
                found[name] = number
    return found


def _some(names: list[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (" …" if len(names) > _SHOWN else "")


def imports(settings: Settings) -> Iterator[Line]:
    """Whether the heavy libraries start, in a process of their own."""
    code = "import duckdb, polars, great_expectations; duckdb.sql('select 1').fetchall()"
    begun = time.monotonic()
    try:
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=_IMPORT_SECONDS, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        says = f"Great Expectations và DuckDB chưa khởi động xong sau {_IMPORT_SECONDS} giây."
        yield Line("imports", BROKEN, says, "máy quá tải hoặc đĩa quá chậm: xem tải của máy")
        return
    if done.returncode:
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:] or [f"mã {done.returncode}"]
        kind = last[0].partition(":")[0]
        says = f"Great Expectations hoặc DuckDB không khởi động được ({kind})."
        yield Line("imports", BROKEN, says, "cài lại thư viện: rm .venv/.ready && make .venv/.ready")
        return
    took = f"{time.monotonic() - begun:.1f}".replace(".", ",")
    yield Line("imports", OK, f"Great Expectations và DuckDB khởi động được ({took} giây).")


def memory(settings: Settings) -> Iterator[Line]:
    """What is left of the memory, under a container's limit too."""
    text = Path("/proc/meminfo").read_text(encoding="ascii")
    free = float(re.findall(r"^MemAvailable:\s+(\d+) kB", text, flags=re.MULTILINE)[0]) * 1024
    limit, used = Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")
    if limit.is_file() and used.is_file() and (most := limit.read_text(encoding="ascii").strip()) != "max":
        free = min(free, float(most) - float(used.read_text(encoding="ascii")))
    says = f"Bộ nhớ còn {gigabytes(free)}"
    way = "đóng bớt chương trình, thêm bộ nhớ, hoặc giảm GIAMNGHEO_READERS"
    if free < _LEAST_MEMORY:
        yield Line("memory", BROKEN, f"{says}, không đủ để mở tệp và công bố.", way)
    elif free < _ENOUGH_MEMORY:
        yield Line("memory", WARNING, f"{says}; công bố có thể cần đến {gigabytes(_ENOUGH_MEMORY)}.", way)
    else:
        yield Line("memory", OK, f"{says}.")


def clock(settings: Settings) -> Iterator[Line]:
    """The clock against what was recorded: it must not stand before either."""
    now = time.time()
    behind = []
    try:
        last = look(settings, Known()).last_at
    except Exception:
        last = None  # the ledger has its own line
    if last and last.timestamp() > now + _CLOCK_SLACK_SECONDS:
        behind.append(f"sự kiện cuối trong sổ {age(last.timestamp() - now)}")
    for path in [one for one in (ledger_path(settings), settings.current) if one is not None and one.exists()]:
        ahead = path.lstat().st_mtime - now
        if ahead > _CLOCK_SLACK_SECONDS:
            behind.append(f"{path.name} {age(ahead)}")
            break
    if behind:
        way = "chỉnh đồng hồ (timedatectl set-ntp true); ngày nhận tệp tính theo nó"
        yield Line("clock", BROKEN, f"Đồng hồ của máy chậm hơn {' và '.join(behind)}.", way)
    else:
        yield Line(
            "clock",
            OK,
            f"Đồng hồ không chậm hơn những gì đã ghi ({time.strftime('%d/%m/%Y %H:%M UTC', time.gmtime())}).",
        )


def time_zone(settings: Settings) -> Iterator[Line]:
    """Whether the time zone in which days are counted is known."""
    try:
        ZoneInfo(settings.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        way = "đặt GIAMNGHEO_TIMEZONE=Asia/Ho_Chi_Minh, hoặc cài gói tzdata"
        yield Line("time_zone", BROKEN, f"Không có múi giờ “{settings.timezone}” trên máy này.", way)
        return
    yield Line("time_zone", OK, f"Ngày tính theo múi giờ {settings.timezone}.")


def letters(settings: Settings) -> Iterator[Line]:
    """Whether names of files and the terminal know Vietnamese."""
    found = {"tên tệp": sys.getfilesystemencoding(), "màn hình": getattr(sys.stdout, "encoding", None) or "utf-8"}
    poor = [f"{what} ({code})" for what, code in found.items() if code.lower().replace("-", "") != "utf8"]
    if poor:
        says = f"Bảng mã không phải UTF-8: {', '.join(poor)}; chữ tiếng Việt có thể hiện sai."
        yield Line("letters", WARNING, says, "đặt LC_ALL=C.UTF-8")
    else:
        yield Line("letters", OK, "Bảng mã là UTF-8.")


def ports(settings: Settings) -> Iterator[Line]:
    """Whether the ports of desk, metrics and Prefect's server are free, or taken by what belongs there."""
    desk = (settings.review_host, settings.review_port, "/sign-in", "desk.css")
    metrics = (settings.metrics_host, settings.metrics_port, "/metrics", "giamngheo_")
    prefect = ("127.0.0.1", settings.prefect_port, "/api/health", "true")
    for check, what, (host, port, page, sign) in (
        ("review_port", "bàn thẩm định", desk),
        ("metrics_port", "số đo", metrics),
        ("prefect_port", "máy chủ Prefect", prefect),
    ):
        if _is_free(host, port):
            yield Line(check, OK, f"Cổng {port} ({what}) còn trống.")
        elif _answers(host, port, page, sign):
            yield Line(check, OK, f"Cổng {port}: {what} đang chạy.")
        else:
            says = f"Cổng {port} ({what}) bị chương trình khác dùng, hoặc không mở được."
            way = f"tìm chương trình đó (ss -ltnp), hoặc đặt GIAMNGHEO_{check.upper()} thành cổng khác"
            yield Line(check, WARNING, says, way)


def _is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As servers do: a connection that ended a moment ago does not hold the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _answers(host: str, port: int, page: str, sign: str) -> bool:
    shown = f"[{host}]" if ":" in host else host
    try:
        answer = httpx.get(f"http://{shown}:{port}{page}", timeout=_ASK_SECONDS, trust_env=False)
    except httpx.HTTPError:
        return False
    return sign in answer.text
