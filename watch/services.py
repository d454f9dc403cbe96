"""What runs beside: the child processes that open workbooks, and Prefect where it is configured."""

import datetime as dt
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx
import openpyxl

from flows.api import prefect_api_url
from settings import Settings
from tasks.children import start_readers
from tasks.faults import SystemFault, Unreadable
from tasks.read import ReadWorkbook
from watch.line import BROKEN, OK, WARNING, Line
from watch.locks import is_held

POOL = "giamngheo"
_ASK_SECONDS = 3
_LONG_RUN = dt.timedelta(hours=2)


def readers(settings: Settings) -> Iterator[Line]:
    """Whether a child process starts and reads a tiny workbook within its limits."""
    way = "xem các dòng về bộ nhớ và thư viện; nâng GIAMNGHEO_READER_MEGABYTES hoặc GIAMNGHEO_READER_SECONDS"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tiny.xlsx"
        openpyxl.Workbook().save(path)
        try:
            with start_readers(settings, 1) as children:
                found = children.read(path, path.name)
        except (SystemFault, OSError) as fault:
            yield Line("readers", BROKEN, f"Tiến trình mở tệp không chạy được: {fault}.", way)
            return
    if isinstance(found, ReadWorkbook):
        yield Line(
            "readers",
            OK,
            f"Tiến trình mở tệp chạy được ({settings.readers} tiến trình, mỗi cái {settings.reader_megabytes} MB).",
        )
    elif isinstance(found, Unreadable):
        yield Line("readers", BROKEN, f"Tiến trình mở tệp không đọc nổi một bảng tính nhỏ: {found.reason_vi}.", way)


def prefect(settings: Settings) -> Iterator[Line]:
    """The API, its version, the workers of our pool, and runs that are late or stuck."""
    url = prefect_api_url()
    if not url and is_held(settings.data / ".up.lock"):
        url = f"http://127.0.0.1:{settings.prefect_port}/api"
    if not url:
        yield Line("prefect", OK, "Chạy không qua Prefect (PREFECT_API_URL trống).")
        return
    with httpx.Client(base_url=url, timeout=_ASK_SECONDS, trust_env=False) as http:
        try:
            there = str(http.get("/admin/version").raise_for_status().json())
        except (httpx.HTTPError, ValueError):
            says = "Không hỏi được máy chủ Prefect."
            yield Line("prefect", BROKEN, says, "khởi động lại nó, hoặc bỏ PREFECT_API_URL để chạy không qua Prefect")
            return
        here = version("prefect")
        if there != here:
            yield Line(
                "prefect",
                WARNING,
                f"Máy chủ Prefect là bản {there}, chương trình dùng bản {here}.",
                "dùng cùng một bản",
            )
        else:
            yield Line("prefect", OK, f"Máy chủ Prefect {there} trả lời.")
        yield from _workers(http)
        yield from _runs(http)


def _workers(http: httpx.Client) -> Iterator[Line]:
    answer = http.post(f"/work_pools/{POOL}/workers/filter", json={})
    if answer.status_code == httpx.codes.NOT_FOUND:
        yield Line(
            "prefect_worker",
            WARNING,
            f"Prefect chưa có nhóm việc {POOL}.",
            f"prefect work-pool create {POOL} --type process",
        )
        return
    online = [one for one in answer.raise_for_status().json() if one.get("status") == "ONLINE"]
    if online:
        yield Line("prefect_worker", OK, f"{len(online)} worker đang nhận việc.")
    else:
        yield Line(
            "prefect_worker",
            BROKEN,
            "Không có worker nào đang nhận việc: lịch chạy sẽ không chạy.",
            f"prefect worker start --pool {POOL}",
        )


def _runs(http: httpx.Client) -> Iterator[Line]:
    late = _filter(http, {"state": {"name": {"any_": ["Late"]}}})
    if late:
        yield Line(
            "prefect_runs",
            WARNING,
            f"{len(late)} lượt chạy theo lịch bị trễ.",
            "xem worker có chạy không; lượt trễ tự chạy khi có worker",
        )
    before = (dt.datetime.now(dt.UTC) - _LONG_RUN).isoformat()
    stuck = _filter(http, {"state": {"type": {"any_": ["RUNNING"]}}, "start_time": {"before_": before}})
    if stuck:
        names = ", ".join(str(one["name"]) for one in stuck[:3])
        way = "nếu không còn tiến trình nào: prefect flow-run cancel MÃ; việc dở được lượt sau làm tiếp"
        yield Line("prefect_runs", WARNING, f"{len(stuck)} lượt chạy đã quá 2 giờ: {names}.", way)
    if not late and not stuck:
        yield Line("prefect_runs", OK, "Không có lượt chạy nào trễ hay kẹt.")


def _filter(http: httpx.Client, runs: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (
        http.post("/flow_runs/filter", json={"flow_runs": runs, "limit": 50}).raise_for_status().json()
    )
    return found
