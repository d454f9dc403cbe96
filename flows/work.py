"""Where files are read and judged: on this machine, or on the workers of a Dask cluster.

Verdicts, ledger and accepted tables stay with the run itself, in order. The files of a wave don't depend on each other,
so that its judging may be split anyhow.
"""

import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Protocol, cast

from flows.runner import Cluster, Runner
from ledger.states import Submission
from settings import Settings
from tasks.case import Case
from tasks.cases import judge_cases
from tasks.children import Readers, gate_limits
from tasks.faults import SystemFault, Unreadable
from tasks.findings import Judged
from tasks.on_worker import Job, JudgeJob, ReadJob, packed, unpacked
from tasks.read import ReadWorkbook
from tasks.storage import raw_file

Reading = Callable[[], ReadWorkbook | Unreadable]
DASK = "dask"


class Work(Protocol):
    """A file's reading is begun by `read`; what that returns waits for the end and raises the faults of the system."""

    def read(self, submission: Submission) -> Reading: ...

    def get_ready(self) -> None:
        """Prepare for judging while files are being read."""

    def judge(self, cases: list[Case], listed: int) -> list[Judged]: ...


@contextlib.contextmanager
def start_work(settings: Settings, runner: Runner, readers: Callable[[], Readers], *, here: bool) -> Iterator[Work]:
    """Where the settings say, unless the caller wants it `here`, where it keeps readers that are warm."""
    if here or settings.work != DASK:
        yield Here(settings, readers)
        return
    with contextlib.ExitStack() as stack:
        yield OnCluster(settings, lambda: stack.enter_context(runner.cluster(settings)))


class Here:
    """Files are read by `readers`, asked for when the first file comes, and judged in this process."""

    def __init__(self, settings: Settings, readers: Callable[[], Readers]) -> None:
        self._settings = settings
        self._readers = readers

    def read(self, submission: Submission) -> Reading:
        try:
            path = raw_file(self._settings, submission.submission_id)
            return self._readers().submit(path, submission.file_name).result
        except (OSError, SystemFault) as fault:
            failed: Future[ReadWorkbook | Unreadable] = Future()
            failed.set_exception(fault)
            return failed.result

    def get_ready(self) -> None:
        # It takes seconds to import.
        import tasks.validate  # noqa: F401

    def judge(self, cases: list[Case], listed: int) -> list[Judged]:
        return judge_cases(cases, listed)


class OnCluster:
    """Each file is a job; so is each worker's share of a wave. `start` is called when the first job comes."""

    def __init__(self, settings: Settings, start: Callable[[], Cluster]) -> None:
        self._settings = settings
        self._start = start
        self._cluster: Cluster | None = None

    def read(self, submission: Submission) -> Reading:
        own = self._settings
        job = ReadJob(
            submission.submission_id, submission.file_name, own.reader_seconds, own.reader_megabytes, gate_limits(own)
        )
        answer = self._submit("read", submission.short_id, job)
        return lambda: cast(ReadWorkbook | Unreadable, answer())

    def get_ready(self) -> None:
        """Nothing to do: each worker prepares itself."""

    def judge(self, cases: list[Case], listed: int) -> list[Judged]:
        shares = _shares(cases, max(1, self._at_hand().workers()))
        answers = [self._submit("validate", f"{len(share)} files", JudgeJob(share, listed)) for share in shares]
        found = {
            id(case): judged
            for share, answer in zip(shares, answers, strict=True)
            for case, judged in zip(share, cast(list[Judged], answer()), strict=True)
        }
        return [found[id(case)] for case in cases]

    def _submit(self, step: str, label: str, job: Job) -> Callable[[], object]:
        try:
            answer = self._at_hand().submit(step, label, packed(job))
        except SystemFault as fault:
            raised = fault
            return lambda: _raise(raised)

        def wait() -> object:
            done = unpacked(answer())
            return _raise(done.fault) if done.fault else done.value

        return wait

    def _at_hand(self) -> Cluster:
        if self._cluster is None:
            self._cluster = self._start()
        return self._cluster


def _shares(cases: list[Case], number: int) -> list[list[Case]]:
    """So many shares of about equal work, the largest files dealt out first; none is empty."""
    dealt = sorted(cases, key=lambda case: -sum(table.rows.height for table in case.workbook.tables.values()))
    return [share for share in (dealt[place::number] for place in range(number)) if share]


def _raise(fault: Exception) -> object:
    raise fault
