"""Start everything, watch it, stop it in order."""

import contextlib
import datetime as dt
import hashlib
import os
import re
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil

from errors import Fault
from settings import REPOSITORY, Settings
from tasks.locks import Busy, only_one
from telemetry.faults import kind_of
from telemetry.record import tell as record
from up import lost_runs
from up.api import POOL, Api
from up.parts import NotReady, Part, Tell, stop

# Marks every process that comes of an `up`, with the data root it works for: so the next one finds what was left.
MARK = "GIAMNGHEO_UP"
LOOK_SECONDS = 10.0
# A run without a process is looked at once more before it is given up: it may just be saying how it ended.
SECOND_LOOK_SECONDS = 3.0
TICK_SECONDS = 0.25
PAGES = "pages"
# There while the work pool is paused because of us, and not by somebody on Prefect's page.
PAUSED = "paused-by-up"


class AlreadyUp(Fault):
    """Another `up` runs on this data root."""

    outcome = "busy"

    def __init__(self, data: str) -> None:
        super().__init__(
            f"another giamngheo up runs on this data root ({data})",
            f"chương trình giamngheo up đang chạy trên dữ liệu này rồi ({data})",
            "end that one first, or use it",
            "dừng lần đó trước, hoặc cứ dùng nó",
        )


class PortTaken(Fault):
    """Another program listens where a part wants to; `setting` names what to change."""

    outcome = "refused"

    def __init__(self, what: str, port: int, setting: str) -> None:
        option = f"--{setting.lower().replace('_', '-')}"
        super().__init__(
            f"another program uses port {port}",
            f"cổng {port} ({what}) đang có chương trình khác dùng",
            f"set GIAMNGHEO_{setting} or {option} to another port (0: any free one)",
            f"đặt GIAMNGHEO_{setting} hoặc {option} thành cổng khác (0: cổng trống bất kỳ)",
        )


def up(settings: Settings, tell: Tell) -> None:
    """Run all parts until SIGINT or SIGTERM; a second one doesn't wait for a run at work any longer.

    `tell` is given lines for the operator. Raises AlreadyUp and PortTaken before anything is started.
    """
    settings = settings.model_copy(update={"data": settings.data.absolute()})
    try:
        with only_one(settings.data, "up"), _signals() as signals:
            _end_leftovers(settings, tell)
            settings = settings.model_copy(
                update={
                    "prefect_port": _port("máy chủ Prefect", "127.0.0.1", settings.prefect_port, "PREFECT_PORT"),
                    "review_port": _port("bàn thẩm định", settings.review_host, settings.review_port, "REVIEW_PORT"),
                    "metrics_port": _port("số đo", settings.metrics_host, settings.metrics_port, "METRICS_PORT"),
                }
            )
            api = Api(f"http://127.0.0.1:{settings.prefect_port}/api")
            parts = parts_of(settings, api)
            _Watch(settings, api, parts, tell, signals).run()
    except Busy:
        raise AlreadyUp(str(settings.data)) from None


def parts_of(settings: Settings, api: Api) -> list[Part]:
    """What is started, in the order in which it is stopped. One more part is one more line here."""
    worker_name = name_of_worker(settings)

    def part(name: str, title: str, command: list[str], **more: object) -> Part:
        log_file = settings.data / "logs" / f"{name}.log"
        return Part(name, title, command, environment(settings, api), REPOSITORY, log_file, **more)  # type: ignore[arg-type]

    python = sys.executable
    prefect = [python, "-m", "prefect"]
    server = part(
        "prefect-server",
        "Máy chủ Prefect",
        [*prefect, "server", "start", "--host", "127.0.0.1", "--port", str(settings.prefect_port)],
        before=lambda: leave_out_new_pages(settings.data / "prefect"),
        answers=api.is_healthy,
        stop_seconds=20.0,
    )
    deploy = part(
        "prefect-deploy",
        "Việc nạp lịch chạy (prefect.yaml)",
        [*prefect, "--no-prompt", "deploy", "--all"],
        may_start=lambda: server.is_ready,
        before=_as_not_ready(api.make_pool),
        is_step=True,
    )
    worker = part(
        "worker",
        "Tiến trình chạy việc (worker)",
        [*prefect, "worker", "start", "--pool", POOL, "--type", "process", "--name", worker_name],
        may_start=lambda: server.is_ready and deploy.is_done,
        before=_as_not_ready(lambda: _before_worker(settings, api, worker_name)),
    )
    desk = part(
        "desk",
        "Bàn thẩm định",
        [python, "-m", "cli", "review", "--no-browser", "--port", str(settings.review_port)],
        answers=lambda: _answers(desk_address(settings)),
    )
    metrics = part(
        "metrics",
        "Số đo cho Prometheus",
        [python, "-m", "cli", "metrics", "--serve"],
        answers=lambda: _answers(metrics_address(settings)),
    )
    return [worker, deploy, desk, metrics, server]


def environment(settings: Settings, api: Api) -> dict[str, str]:
    """What the parts and their runs find in their environment: these settings, and a Prefect that calls nobody."""
    home = settings.data / "prefect"
    prefect = {
        "PREFECT_HOME": str(home),
        "PREFECT_API_URL": api.url,
        # As the page itself is reached, so that it works through a tunnel too.
        "PREFECT_UI_API_URL": "/api",
        "PREFECT_UI_STATIC_DIRECTORY": str(home / PAGES),
        "PREFECT_SERVER_UI_V2_ENABLED": "false",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        # The slots of runs at work are known again after the server was started again; in memory they would be lost.
        "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
        # Finished runs leave Prefect's database after its 90 days; the ledger keeps what was done.
        "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
        "PREFECT_RUNNER_AUTO_INSTALL_DEPENDENCIES": "false",
    }
    if settings.prefect_database_url:
        prefect["PREFECT_SERVER_DATABASE_CONNECTION_URL"] = settings.prefect_database_url
    proxies = os.environ.get("NO_PROXY", os.environ.get("no_proxy", ""))
    return {
        **os.environ,
        **settings.as_environment(),
        **prefect,
        "GIAMNGHEO_DATA": str(settings.data),
        "GIAMNGHEO_HOME": str(REPOSITORY),
        MARK: str(settings.data),
        "DO_NOT_TRACK": "1",
        "GX_ANALYTICS_ENABLED": "false",
        "NO_PROXY": ",".join(filter(None, ["127.0.0.1,localhost", proxies])),
        "PYTHONUNBUFFERED": "1",
    }


def leave_out_new_pages(home: Path) -> None:
    """Keep the server from offering its second set of pages: they send what is clicked to a service on the web.

    No setting turns that off. The server copies each set into a folder of its own and offers what could be copied; a
    link that leads nowhere, in that folder's place, can't be copied to. Raises OSError.
    """
    link = home / PAGES / "v2"
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.is_symlink():
        link.symlink_to("left-out-by-giamngheo")


def desk_address(settings: Settings) -> str:
    host = settings.review_host
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.review_port}/"


def metrics_address(settings: Settings) -> str:
    host = settings.metrics_host
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.metrics_port}/metrics"


def name_of_worker(settings: Settings) -> str:
    return lost_runs.worker_name(hashlib.sha256(os.fsencode(settings.data)).hexdigest()[:8])


def drop_old_deployments(api: Api) -> list[str]:
    """Forget what an earlier version had deployed and this one has not: its schedules would go on for ever.

    Returns their names. What others have put into the pool, without our tag, is theirs. Raises httpx.HTTPError.
    """
    ours = deployed_names()
    old = [one for one in api.deployments() if POOL in one["tags"] and one["name"] not in ours]
    for one in old:
        api.drop_deployment(one["id"])
    return [one["name"] for one in old]


def deployed_names() -> set[str]:
    """The names that stand in prefect.yaml, those of deployments among them."""
    return set(
        re.findall(r"^    name: (\S+)$", (REPOSITORY / "prefect.yaml").read_text(encoding="utf-8"), re.MULTILINE)
    )


def _before_worker(settings: Settings, api: Api, worker: str) -> None:
    drop_old_deployments(api)
    # Nobody works for this worker now, so what has no process is lost, whatever state it is in.
    clear_lost(api, worker)
    mark = settings.data / "prefect" / PAUSED
    if mark.exists():
        api.pause(False)
        mark.unlink()


def clear_lost(api: Api, worker: str) -> None:
    """End what has no process any more and free its slots. Raises httpx.HTTPError."""
    lost_runs.end_lost(api, lost_runs.find_lost(api, worker))
    lost_runs.free_slots(api)


class _Signals:
    """How often we were asked to stop."""

    def __init__(self) -> None:
        self.asked = 0

    def note(self, *_: object) -> None:
        self.asked += 1


@contextlib.contextmanager
def _signals() -> Iterator[_Signals]:
    signals = _Signals()
    wanted = [signal.SIGINT, signal.SIGTERM]
    # A terminal that is closed; `nohup` has asked to ignore that.
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        wanted.append(signal.SIGHUP)
    before = {one: signal.signal(one, signals.note) for one in wanted}
    try:
        yield signals
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


class _Watch:
    """The parts at work, and what was seen of them at the last look."""

    def __init__(self, settings: Settings, api: Api, parts: list[Part], tell: Tell, signals: _Signals) -> None:
        self._settings, self._api, self._parts, self._tell, self._signals = settings, api, parts, tell, signals
        self._worker = name_of_worker(settings)
        self._said = False
        self._suspects: set[str] = set()
        self._next_look = 0.0

    def run(self) -> None:
        self._tell(f"Đang khởi động, dữ liệu ở {self._settings.data} (khoảng nửa phút; dừng: Ctrl+C)…")
        record("up.started")
        try:
            while not self._signals.asked:
                for part in self._parts:
                    part.look(self._tell)
                self._say_where()
                self._look_after_runs()
                time.sleep(TICK_SECONDS)
        finally:
            self._stop()

    def _say_where(self) -> None:
        if not self._said and all(part.is_ready for part in self._parts):
            self._said = True
            record("up.ready")
            for line in where(self._settings):
                self._tell(line)

    def _look_after_runs(self) -> None:
        worker = self._parts[0]
        if not worker.is_ready:
            self._next_look = 0.0
        if not worker.is_ready or time.monotonic() < self._next_look:
            return
        try:
            found = lost_runs.find_lost(self._api, self._worker)
            # A pending one has no process yet while its worker starts it.
            gone = [run for run in found if run["id"] in self._suspects and run["state_type"] != "PENDING"]
            for name in lost_runs.end_lost(self._api, gone) if gone else []:
                self._tell(f"Lượt chạy “{name}” đã mất tiến trình: ghi là Crashed. Việc dở dang làm tiếp ở lượt sau.")
            for name in lost_runs.repeat_crashed(self._api, dt.datetime.now(dt.UTC)):
                self._tell(f"Lượt chạy “{name}” bị đứt giữa chừng: chạy lại một lần.")
            self._suspects = {run["id"] for run in found}
        except httpx.HTTPError as fault:
            record("prefect.silent", because=kind_of(fault))
            self._suspects = set()
        self._next_look = time.monotonic() + (SECOND_LOOK_SECONDS if self._suspects else LOOK_SECONDS)

    def _stop(self) -> None:
        """The worker first, so that no run loses its server; a run at work may end, for as long as the settings say."""
        worker, *others = self._parts
        is_served = others[-1].is_ready
        if is_served and worker.is_ready:
            self._let_runs_end()
        stop([worker])
        _end(process for process, _ in _ours(self._settings, runs=True))
        if is_served:
            with contextlib.suppress(httpx.HTTPError):
                clear_lost(self._api, self._worker)
        for part in others:
            stop([part])
        _end(process for process, _ in _ours(self._settings, runs=False))
        self._tell("Đã dừng.")
        record("up.stopped")

    def _let_runs_end(self) -> None:
        """Give out no more runs, and wait for those at work. A worker that is stopped would take its runs with it."""
        seconds = self._settings.stop_seconds
        self._tell(f"Đang dừng: chờ lượt đang chạy nhiều nhất {seconds:g} giây (Ctrl+C lần nữa: dừng ngay)…")
        asked, give_up = self._signals.asked, time.monotonic() + seconds
        try:
            if not self._api.is_paused():
                (self._settings.data / "prefect" / PAUSED).touch()
                self._api.pause(True)
            # What the worker was given a moment before is pending soon.
            time.sleep(TICK_SECONDS * 2)
            while self._has_runs() and self._signals.asked == asked and time.monotonic() < give_up:
                time.sleep(TICK_SECONDS)
        except (httpx.HTTPError, OSError) as fault:
            record("prefect.silent", because=kind_of(fault))

    def _has_runs(self) -> bool:
        if any(_ours(self._settings, runs=True)):
            return True
        return any(run["state_type"] == "PENDING" for run in lost_runs.find_lost(self._api, self._worker))


def where(settings: Settings) -> list[str]:
    """What runs where, for the operator."""
    logs = settings.data / "logs"
    database = settings.prefect_database_url.split("@")[-1] or settings.data / "prefect" / "prefect.db"
    return [
        "Đã chạy:",
        f"  {'bàn thẩm định':<20} {desk_address(settings)}",
        f"  {'trang Prefect':<20} http://127.0.0.1:{settings.prefect_port}/ (không có mật khẩu: chỉ dùng trên máy này)",
        f"  {'số đo':<20} {metrics_address(settings)} (cho Prometheus)",
        f"  {'dữ liệu':<20} {settings.data}",
        f"  {'hộp nhận tệp':<20} {settings.inbox}",
        f"  {'sổ sự kiện':<20} {settings.database_url.split('@')[-1].removeprefix('sqlite:///')}",
        f"  {'cơ sở dữ liệu Prefect':<20} {database}",
        f"  {'nhật ký':<20} {logs} (giamngheo.jsonl; desk.log, metrics.log, prefect-server.log, worker.log)",
        f"  {'dừng':<20} Ctrl+C, hoặc: kill {os.getpid()}",
    ]


def _port(what: str, host: str, port: int, setting: str) -> int:
    """The port, or a free one for 0. Raises PortTaken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            raise PortTaken(what, port, setting) from None
        return int(probe.getsockname()[1])


def _answers(address: str) -> bool:
    try:
        return httpx.get(address, timeout=3, trust_env=False).status_code < httpx.codes.INTERNAL_SERVER_ERROR
    except httpx.HTTPError:
        return False


def _as_not_ready(work: Callable[[], object]) -> Callable[[], None]:
    """What a part's `before` may raise, in place of a server's silence."""

    def run() -> None:
        try:
            work()
        except httpx.HTTPError as fault:
            raise NotReady("Prefect's server does not answer", "máy chủ Prefect không trả lời") from fault

    return run


def _ours(settings: Settings, runs: bool) -> Iterator[tuple[psutil.Process, str]]:
    """Processes of an `up` on this data root: those of flow runs, or all others."""
    of_runs = {process.pid for process, _ in lost_runs.processes_with(lost_runs.RUN_VARIABLE)}
    for process, data in lost_runs.processes_with(MARK):
        if data == str(settings.data) and (process.pid in of_runs) == runs and process.pid != os.getpid():
            yield process, data


def _end_leftovers(settings: Settings, tell: Tell) -> None:
    """End the parts that an earlier `up` left, which was killed. A run at work may end: its lock guards it."""
    left = [process for process, _ in _ours(settings, runs=False)]
    if left:
        tell(f"Lần chạy trước bị ngắt: kết thúc {len(left)} tiến trình còn lại của nó.")
        _end(iter(left))


def _end(processes: Iterator[psutil.Process]) -> None:
    """SIGTERM, five seconds, SIGKILL."""
    found = list(processes)
    for process in found:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
    _, alive = psutil.wait_procs(found, timeout=5)
    for process in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive, timeout=5)
