"""What a worker of a Dask cluster does for a run: read a file, or judge a share of a wave.

Both ways only bytes travel, so that neither Dask nor Prefect looks into them, logs them or shows them. What is raised
here travels back the same way. A worker has settings of its own, with its own credentials, and its own code, which must
find what the coordinator's finds: their rule packs are compared.
"""

import pickle
import socket
import threading
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Protocol

from errors import ProgramFault
from settings import get_settings
from tasks.faults import SystemFault, Unreadable
from tasks.gate.limits import Limits
from tasks.identity import rule_pack
from telemetry.faults import described

if TYPE_CHECKING:
    from tasks.case import Case
    from tasks.children import Readers
    from tasks.findings import Judged
    from tasks.read import ReadWorkbook

# The validation library is not made for threads.
_judging = threading.Lock()


class Job(Protocol):
    """One piece of work; it holds all that it needs but the received files."""

    def do(self) -> object: ...


@dataclass(frozen=True)
class ReadJob:
    """Read a received file in a limited child of the worker; the limits are the coordinator's."""

    submission_id: str
    file_name: str
    seconds: float
    megabytes: int
    gate: Limits

    def do(self) -> "ReadWorkbook | Unreadable":
        from tasks.storage import raw_file

        path = raw_file(get_settings(), self.submission_id)
        if not path.is_file():
            host = socket.gethostname()
            raise SystemFault(
                f"the worker {host} has no raw file {self.submission_id[:12]}",
                f"máy đọc {host} không thấy tệp gốc {self.submission_id[:12]}",
                "let it share the data root (GIAMNGHEO_DATA) or the store of received files (GIAMNGHEO_RAW_URL), then "
                "run giamngheo ingest",
                "cho máy đó dùng chung thư mục dữ liệu (GIAMNGHEO_DATA) hoặc kho tệp gốc (GIAMNGHEO_RAW_URL), rồi chạy "
                "lại giamngheo ingest",
            )
        return _readers(self.seconds, self.megabytes, self.gate).read(path, self.file_name)


@dataclass(frozen=True)
class JudgeJob:
    """Hold some files of one wave against the rules."""

    cases: "list[Case]"
    listed: int

    def do(self) -> "list[Judged]":
        from tasks.cases import judge_cases

        with _judging:
            return judge_cases(self.cases, self.listed)


@dataclass(frozen=True)
class Done:
    """What came of a job: a value, or what was raised."""

    value: object = None
    fault: Exception | None = None


def packed(job: Job) -> bytes:
    """A job on its way to a worker."""
    # The job by itself: other code could not even unpack it, and could not say why.
    return pickle.dumps((rule_pack(), pickle.dumps(job, pickle.HIGHEST_PROTOCOL)))


def perform(sent: bytes) -> bytes:
    """Do a job; returns a packed Done and never raises."""
    try:
        # What comes over the cluster's own connections is trusted: whoever may use them may run any code here.
        pack, packed_job = pickle.loads(sent)  # noqa: S301
        here = rule_pack()
        if pack != here:
            host = socket.gethostname()
            raise SystemFault(
                f"the worker {host} has rule pack {here}, the coordinator {pack}: code, rules or libraries differ",
                f"máy đọc {host} có bộ quy tắc {here}, khác với {pack} của máy điều phối: mã nguồn, quy tắc, thư viện "
                "hoặc Python không giống nhau",
                "install the same program and libraries on both and restart the worker, then {again}",
                "cài cùng một chương trình và thư viện, khởi động lại máy đọc, rồi {again}",
            )
        job: Job = pickle.loads(packed_job)  # noqa: S301
        return pickle.dumps(Done(job.do()), pickle.HIGHEST_PROTOCOL)
    except Exception as fault:
        return _packed_fault(fault)


def unpacked(received: bytes) -> Done:
    """What `perform` sent."""
    done: Done = pickle.loads(received)  # noqa: S301 - from our own worker
    return done


def _packed_fault(fault: Exception) -> bytes:
    try:
        sent = pickle.dumps(Done(fault=fault), pickle.HIGHEST_PROTOCOL)
        pickle.loads(sent)  # noqa: S301 - what we have just written; some exceptions can't be made again
    except Exception:
        sent = pickle.dumps(Done(fault=ProgramFault(described(fault))), pickle.HIGHEST_PROTOCOL)
    return sent


@cache
def _readers(seconds: float, megabytes: int, gate: Limits) -> "Readers":
    """This worker's child, warm for all files; it ends with the worker, however that ends."""
    from tasks.children import Readers

    return Readers(1, seconds, megabytes, gate)
