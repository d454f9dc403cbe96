"""`ingest` and `publish` as Prefect flows: the same steps, with a record of every run, schedules and retries.

Nothing rests on Prefect's state: the ledger says what is done, the lock keeps runs apart, and a run may be
repeated, doubled or killed. Prefect is told what a run did without quoting the data (see prefect_runner).
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

# First, since it turns telemetry off before Prefect is imported.
from flows.prefect_runner import PrefectRunner, StepFault, told  # isort: split

import httpx
from prefect import flow
from prefect.client.schemas.objects import State as RunState
from prefect.runtime import flow_run
from prefect.states import Completed, Failed
from prefect.task_runners import TaskRunner

from errors import Fault
from flows.api import PrefectFails
from flows.ingest import FaultsOfTheSystem, IngestReport, ingest
from flows.notices import announce
from flows.prefect_artifacts import record_targets, record_verdicts
from flows.publish import NothingToPublish, Published, SmallChanges, publish
from flows.scheduled import publish_due
from flows.work import DASK
from ledger.states import derive_state
from settings import get_settings
from tasks.due import what_is_due
from tasks.inputs import accepted_periods
from tasks.ledgers import open_ledger
from tasks.locks import Busy
from tasks.release import WAREHOUSE, PublishBlocked
from tasks.small_changes import SmallChangeRefused

Outcome = TypeVar("Outcome")


def run_ingest(inbox: Path | None = None) -> IngestReport:
    """`flows.ingest.ingest`, recorded by Prefect. Raises what that raises, Busy among them.

    What Prefect itself can't do raises too; what the ledger holds by then stays done.
    """
    with _served():
        outcome = _outcome(ingest_flow(str(inbox.resolve()) if inbox else None, return_state=True))
        if isinstance(outcome, FaultsOfTheSystem):
            return outcome.report
        return _unless_raised(outcome, IngestReport)


def run_publish(
    as_of: str | None = None, to_current: bool = False, small: str = SmallChanges.REFUSE.value, by: str = ""
) -> Published:
    """`flows.publish.publish`, recorded by Prefect; `small` is one of SmallChanges. Raises what that raises."""
    with _served():
        return _unless_raised(_outcome(publish_flow(as_of, to_current, small, by, return_state=True)), Published)


def run_due() -> Published:
    """`flows.scheduled.publish_due`, recorded by Prefect. Raises what that raises."""
    return _unless_raised(_outcome(publish_flow(when_due=True, return_state=True)), Published)


def _ingest_run_name() -> str:
    return f"ingest {dt.datetime.now(ZoneInfo(get_settings().timezone)):%Y-%m-%d %H:%M}"


def _task_runner() -> "TaskRunner[Any] | None":
    """Of the settings of the process that runs the flow; None for Prefect's own."""
    settings = get_settings()
    if settings.work != DASK:
        return None
    from flows.prefect_cluster import dask_task_runner

    return dask_task_runner(settings)


@flow(name="ingest", flow_run_name=_ingest_run_name, persist_result=False, task_runner=_task_runner())
def ingest_flow(inbox: str | None = None) -> RunState[Any]:
    """Take what waits in the inbox, judge it, load what is accepted. Safe to run twice."""
    runner = PrefectRunner()
    try:
        with told():
            report = ingest(get_settings(), runner, inbox=Path(inbox) if inbox else None)
    except Exception as fault:
        return _end(fault)
    record_verdicts(report)
    if report.faults:
        message = f"{len(report.faults)} lỗi của hệ thống / faults of the system: {'; '.join(runner.faults)}"
        return Failed(message=message, data=FaultsOfTheSystem(report))
    message = f"{len(report.taken)} tệp đến, {len(report.judged)} kết luận / files received, verdicts"
    return Completed(message=message, data=report)


def _publish_run_name() -> str:
    parameters = flow_run.parameters
    as_of = parameters.get("as_of") or _last_month(bool(parameters.get("when_due")))
    return f"publish {as_of or 'nothing'}"


def _last_month(when_due: bool) -> str | None:
    settings = get_settings()
    ledger = open_ledger(settings)
    try:
        state = derive_state(ledger.events())
    finally:
        ledger.close()
    if when_due:
        return what_is_due(settings, state, dt.datetime.now(ZoneInfo(settings.timezone)).date()).as_of
    return max(accepted_periods(state), default=None)


@flow(name="publish", flow_run_name=_publish_run_name, persist_result=False)
def publish_flow(
    as_of: str | None = None,
    to_current: bool = False,
    small: str = SmallChanges.HOLD.value,
    by: str = "",
    when_due: bool = False,
) -> RunState[Any]:
    """Build, audit and switch a release of all months up to `as_of` (YYYY-MM; the latest accepted one).

    An older month than readers have does not take theirs away unless `to_current`. A run that nobody started by hand
    leaves corrections of few households out until a new month is published (`small`: hold, publish or refuse).
    With `when_due`, as the schedule has it, and no `as_of`, only what is due by now is published (tasks/due.py).
    """
    try:
        with told():
            if when_due and as_of is None:
                published = publish_due(get_settings(), PrefectRunner())
            else:
                published = publish(
                    get_settings(),
                    PrefectRunner(),
                    as_of=as_of,
                    to_current=to_current,
                    small=SmallChanges(small),
                    by=by,
                )
    except Exception as fault:
        return _end(fault)
    release = published.release
    record_targets(release.path / WAREHOUSE, release.release_id)
    done = "Đã phát hành / published" if release.created else "Không có gì mới / nothing new, published already:"
    message = f"{done} {release.release_id}"
    if published.losses:
        message += f"; người đọc mất / readers lose: {len(published.losses)}"
    if published.held:
        message += f"; để lại / held back: {len(published.small_changes)}"
    return Completed(message=message, data=published)


def _remind_run_name() -> str:
    return f"remind {dt.datetime.now(ZoneInfo(get_settings().timezone)):%Y-%m-%d}"


@flow(name="remind", flow_run_name=_remind_run_name, persist_result=False)
def remind_flow() -> RunState[Any]:
    """Remind of due days, and tell what is new and overdue. Safe to run twice: nothing is told twice."""
    sending = announce(get_settings(), remind=True)
    if sending is None:
        return Completed(name="Skipped", message="Chưa có địa chỉ nào / no address is named")
    sending.join()
    return Completed(message="Đã gửi những tin còn chờ / what waited was sent")


def _end(fault: Exception) -> RunState[Any]:
    """How a run ends that could not do its work. The fault itself stays in this process and its log."""
    if isinstance(fault, Busy):
        message = "Một lượt chạy khác đang làm việc này / another run has this work"
        return Completed(name="Skipped", message=message, data=fault)
    if isinstance(fault, NothingToPublish):
        message = f"{fault.sentence()} / nothing to publish"
        return Completed(name="Skipped", message=message, data=fault)
    if isinstance(fault, SmallChangeRefused):
        message = "Điều chỉnh quá nhỏ, chưa công bố / a correction of few households, not published"
        return Completed(name="Refused", message=message, data=fault)
    message = f"Không xong / failed: {StepFault(fault)}"
    if isinstance(fault, PublishBlocked) and fault.failures:
        found = "; ".join(f"{failure.audit}: {failure.rows} rows" for failure in fault.failures)
        message = f"Kiểm toán chặn phát hành / audits found bad rows, nothing was switched: {found}"
    return Failed(message=message, data=fault)


@contextmanager
def _served() -> Iterator[None]:
    """What Prefect's client raises because of its server, as PrefectFails."""
    try:
        yield
    except Exception as fault:
        causes = [one for one in (fault, fault.__cause__) if isinstance(one, httpx.HTTPError)]
        if not causes or isinstance(fault, Fault):
            raise
        answer = getattr(causes[0], "response", None)
        raise PrefectFails(answer.status_code if isinstance(answer, httpx.Response) else None) from fault


def _outcome(state: RunState[Any]) -> object:
    return state.result(raise_on_failure=False)


def _unless_raised(outcome: object, kind: type[Outcome]) -> Outcome:
    if isinstance(outcome, kind):
        return outcome
    if isinstance(outcome, Exception):
        raise outcome
    raise PrefectFails
