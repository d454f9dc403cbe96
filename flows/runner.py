"""How a step is run: directly, or as a Prefect task (see `flows/prefect_flows.py`)."""

from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Runner(Protocol):
    """Runs one named step for each item; an exception takes the place of that item's result."""

    def each(
        self, step: str, function: Callable[[Item], Result], items: Iterable[Item], label: Callable[[Item], str]
    ) -> list[Result | Exception]: ...


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
