"""Reading in threads of this process, for machines that may not start children.

What the gate refuses is refused as anywhere. Limits on a file's time and memory can't be kept: a file that kills its
reader kills the run.
"""

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from tasks import child
from tasks.children import Readers, Request
from tasks.faults import SystemFault, Unreadable
from tasks.gate import limits


class ThreadReaders(Readers):
    """As `Readers`, without children."""

    def __init__(self, threads: int, gate: limits.Limits) -> None:
        # For all threads of the process: whoever opens files in it does so by the same settings.
        limits.current = gate
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="reader")

    def close(self) -> None:
        """End when what is being read has been read; what waits is cancelled."""
        self._pool.shutdown(cancel_futures=True)

    def _submit(self, request: Request) -> "Future[Any]":
        return self._pool.submit(_answer, request)


def _answer(request: Request) -> object:
    what, path, arguments = request
    try:
        answer = child.outcome(what, path, arguments)
    except MemoryError as fault:
        raise SystemFault(
            "no memory left for a workbook that is read in a thread",
            "hết bộ nhớ khi mở một tệp",
            "set GIAMNGHEO_WORK=processes, which bounds each file, then {again}",
            "đặt GIAMNGHEO_WORK=processes để giới hạn từng tệp, rồi {again}",
        ) from fault
    if isinstance(answer, Exception) and not isinstance(answer, Unreadable):
        raise answer
    return answer
