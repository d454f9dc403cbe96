"""How a step is run: directly, or as a Prefect task (see `flows/prefect_flows.py`)."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

from settings import Settings

Item = TypeVar("Item")
Result = TypeVar("Result")


class Cluster(Protocol):
    """Workers that take jobs of `tasks/on_worker.py`."""

    def submit(self, step: str, label: str, sent: bytes) -> Callable[[], bytes]:
        """Give a job away; step and label name it. What is returned waits for the answer.

        That raises SystemFault where no worker can do the job.
        """

    def workers(self) -> int:
        """How many there are now."""


class Runner(Protocol):
    """Runs one named step for each item; an exception takes the place of that item's result."""

    def each(
        self, step: str, function: Callable[[Item], Result], items: Iterable[Item], label: Callable[[Item], str]
    ) -> list[Result | Exception]: ...

    def cluster(self, settings: Settings) -> AbstractContextManager[Cluster]:
        """The Dask cluster that the settings name. Raises SystemFault where it can't be had."""


class DirectRunner:
    """Runs the steps here and now. `on_progress` hears of every finished item: step, done, total."""

    def __init__(self, on_progress: Callable[[str, int, int], None] | None = None) -> None:
        self._on_progress = on_progress

    def each(
        self, step: str, function: Callable[[Item], Result], items: Iterable[Item], label: Callable[[Item], str]
    ) -> list[Result | Exception]:
        waiting = list(items)
        results: list[Result | Exception] = []
        for done, item in enumerate(waiting, start=1):
            try:
                results.append(function(item))
            except Exception as fault:
                results.append(fault)
            if self._on_progress:
                self._on_progress(step, done, len(waiting))
        return results

    def cluster(self, settings: Settings) -> AbstractContextManager[Cluster]:
        # Dask takes a second to import.
        from flows.dask_cluster import dask_cluster

        return dask_cluster(settings)
