"""A Dask cluster without Prefect: the one whose scheduler the settings name, or one of this machine for the run."""

import contextlib
import logging
import time
from collections.abc import Callable, Iterator
from typing import Any, cast

import distributed

from settings import Settings
from tasks.faults import SystemFault
from tasks.on_worker import perform
from telemetry.faults import kind_of

CONNECT_SECONDS = 30
# A cluster may lose its last worker and get another one; it is not waited for longer.
WORKERLESS_SECONDS = 60
_LOOK_SECONDS = 2


@contextlib.contextmanager
def dask_cluster(settings: Settings) -> Iterator["DirectCluster"]:
    """The cluster's client for as long as a run lasts. Raises SystemFault where it does not answer."""
    # What fails there is told by us; its own words may quote what it was given.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    with contextlib.ExitStack() as stack:
        try:
            address: Any = settings.dask_scheduler
            if not address:
                address = stack.enter_context(distributed.LocalCluster(**local_cluster(settings)))
            client = stack.enter_context(distributed.Client(address, timeout=CONNECT_SECONDS, set_as_default=False))
        except (OSError, TimeoutError) as fault:
            raise no_scheduler(settings, fault) from fault
        yield DirectCluster(settings, client)


def local_cluster(settings: Settings) -> dict[str, Any]:
    """A cluster of as many worker processes as there are readers, on loopback; they get this process's settings."""
    return {
        "n_workers": settings.readers,
        "threads_per_worker": 1,
        "processes": True,
        "host": "127.0.0.1",
        "dashboard_address": None,
        "env": settings.as_environment(),
    }


class DirectCluster:
    """Jobs as plain Dask tasks."""

    def __init__(self, settings: Settings, client: distributed.Client) -> None:
        self._settings = settings
        self._client = client
        wait_for_workers(settings, client)

    def workers(self) -> int:
        return count_workers(self._client)

    def submit(self, step: str, label: str, sent: bytes) -> Callable[[], bytes]:
        future = self._client.submit(perform, sent, pure=False)
        return lambda: cast(bytes, answer_of(self._settings, future))


def wait_for_workers(settings: Settings, client: distributed.Client) -> None:
    """Raises SystemFault where the cluster has no worker for a while."""
    try:
        client.wait_for_workers(1, timeout=CONNECT_SECONDS)
    except (OSError, TimeoutError) as fault:
        raise no_worker(settings) from fault


def count_workers(client: distributed.Client) -> int:
    """How many worker processes the cluster has now."""
    return len(client.scheduler_info(n_workers=-1)["workers"])


def answer_of(settings: Settings, future: distributed.Future) -> object:
    """What a job came to, however often its worker died. Raises SystemFault where no worker can do it."""
    alone_since: float | None = None
    while True:
        try:
            return future.result(timeout=_LOOK_SECONDS)
        except distributed.TimeoutError:
            if count_workers(future.client):
                alone_since = None
                continue
            alone_since = alone_since or time.monotonic()
            if time.monotonic() - alone_since < WORKERLESS_SECONDS:
                continue
            future.cancel()
            raise no_worker(settings) from None
        except Exception as fault:
            kind = kind_of(fault)
        raise SystemFault(
            f"the Dask cluster {_place(settings)} lost a job: {kind}",
            f"cụm Dask {_place(settings)} làm hỏng hoặc mất việc",
            "see whether its workers still run, then run giamngheo ingest",
            "xem các máy đọc còn chạy không, rồi chạy lại giamngheo ingest",
        )


def no_scheduler(settings: Settings, fault: Exception) -> SystemFault:
    """The scheduler does not answer."""
    return SystemFault(
        f"no Dask scheduler at {_place(settings)}: {kind_of(fault)}",
        f"không tới được cụm Dask {_place(settings)}",
        "check GIAMNGHEO_DASK_SCHEDULER and the scheduler, or set GIAMNGHEO_WORK=processes, then run giamngheo ingest",
        "kiểm tra GIAMNGHEO_DASK_SCHEDULER và dask scheduler, hoặc đặt GIAMNGHEO_WORK=processes, rồi chạy lại "
        "giamngheo ingest",
    )


def no_worker(settings: Settings) -> SystemFault:
    """Nobody is there to do a job."""
    return SystemFault(
        f"the Dask cluster {_place(settings)} has no worker",
        f"cụm Dask {_place(settings)} không có máy đọc nào",
        "start dask workers, or set GIAMNGHEO_WORK=processes, then run giamngheo ingest",
        "khởi động dask worker, hoặc đặt GIAMNGHEO_WORK=processes, rồi chạy lại giamngheo ingest",
    )


def _place(settings: Settings) -> str:
    return settings.dask_scheduler or "của máy này"
