"""Steps as Prefect task runs, for their names, times and retries. What they work on never reaches Prefect.

A task run knows a label (the start of the submission's id, never a file's name) and, where it failed, the kind of
fault. The item, the result and the words of an exception stay in this process: workbooks hold personal data, and
exceptions may quote them.
"""

import os
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

# Before Prefect is imported: this program reports to nobody.
os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
os.environ.setdefault("DO_NOT_TRACK", "1")

from prefect import Task
from prefect.cache_policies import NO_CACHE
from prefect.runtime import flow_run
from sqlalchemy.exc import OperationalError

from errors import ProgramFault, SystemFault
from flows.api import PrefectFails
from flows.runner import Cluster, Item, Result
from settings import Settings, get_settings
from tasks.fault_words import as_ours
from tasks.remote import StorageDown
from telemetry.faults import kind_of, safe_words
from telemetry.file import configure
from telemetry.record import bound, record_of, tell_fault

# Disks, shares and a locked ledger recover. Computing does not, and a release that failed wants a person first.
RETRIES = {"receive": 2, "read": 2, "accept": 2}
RETRY_DELAY_SECONDS = [2.0, 10.0]
RECOVERABLE = (OSError, OperationalError, StorageDown)


class StepFault(SystemFault):
    """A step failed; says of what kind the fault is and where the log has it, and nothing that may quote the data."""

    def __init__(self, fault: BaseException) -> None:
        tell_fault("step.failed", fault)
        words, record = safe_words(fault), record_of(fault)
        kind = "a fault of the program" if isinstance(as_ours(fault), ProgramFault) else "a fault of the system"
        said = f"{kind}, {kind_of(fault)}{f': {words}' if words else ''}"
        super().__init__(
            f"{said} (record {record})" if record else said,
            "việc này không xong",
            "look for the record in logs/giamngheo.jsonl",
            "tìm bản ghi trong logs/giamngheo.jsonl",
        )
        # Prefect shows what an exception was made of.
        self.args = (self.en,)


def told() -> AbstractContextManager[None]:
    """Our log names the run as Prefect does."""
    settings = get_settings()
    configure(settings.data, settings.log_megabytes, on_standard_error=settings.log_stderr)
    return bound(run=str(flow_run.id) if flow_run.id else None)


class PrefectRunner:
    """Runs each item as a task run of the flow run at hand.

    One after the other: what can run side by side (reading) does so in child processes already, and the
    ledger is written in order.
    """

    def __init__(self) -> None:
        # What failed, in words that Prefect may keep.
        self.faults: list[str] = []

    def each(
        self, step: str, function: Callable[[Item], Result], items: Iterable[Item], label: Callable[[Item], str]
    ) -> list[Result | Exception]:
        return [self._run(step, function, item, f"{step}: {label(item)}") for item in items]

    def cluster(self, settings: Settings) -> AbstractContextManager[Cluster]:
        from flows.prefect_cluster import PrefectCluster

        return nullcontext(PrefectCluster(settings))

    def _run(self, step: str, function: Callable[[Item], Result], item: Item, name: str) -> Result | Exception:
        results: list[Result] = []
        faults: list[Exception] = []

        def attempt() -> None:
            try:
                results.append(function(item))
                return
            except Exception as fault:
                faults.append(fault)
            # Raised outside of the handler, or Prefect would log the fault with all that it says.
            raise StepFault(faults[-1])

        def may_pass(*_: Any) -> bool:
            return isinstance(faults[-1], RECOVERABLE)

        Task(
            attempt,
            name=step,
            task_run_name=lambda: name,
            retries=RETRIES.get(step, 0),
            retry_delay_seconds=RETRY_DELAY_SECONDS,
            retry_condition_fn=may_pass,
            cache_policy=NO_CACHE,
            persist_result=False,
        )(return_state=True)
        # What the step did counts, not what Prefect made of it.
        if results:
            return results[0]
        fault = faults[-1] if faults else PrefectFails()
        self.faults.append(f"{name} ({StepFault(fault)})")
        return fault
