"""A run on a data root, told to the log with what made it."""

import functools
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Concatenate, ParamSpec, TypeVar

from expectations.catalogue import rule_pack
from settings import Settings
from tasks.inputs import code_version
from telemetry.file import configure
from telemetry.runs import Run, running

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def run_of(settings: Settings, flow: str, **about: Any) -> AbstractContextManager[Run]:
    """`telemetry.runs.running` on the data root of the settings; says which code and rule pack are at work."""
    return running(settings.data, flow, code_version=code_version(), rule_pack=rule_pack(), **about)


def recorded(
    flow: str, note: Callable[[Run, Result], None] = lambda run, result: None
) -> Callable[[Callable[Concatenate[Settings, Arguments], Result]], Callable[Concatenate[Settings, Arguments], Result]]:
    """A function on settings whose every call is a run; `note` says of its result how the run went."""

    def of(
        function: Callable[Concatenate[Settings, Arguments], Result],
    ) -> Callable[Concatenate[Settings, Arguments], Result]:
        @functools.wraps(function)
        def call(settings: Settings, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
            with run_of(settings, flow) as run:
                result = function(settings, *args, **kwargs)
                note(run, result)
                return result

        return call

    return of


def start_log(settings: Settings) -> None:
    """Write this process's records to the log of the settings' data root."""
    configure(settings.data, settings.log_megabytes * 1_000_000, on_standard_error=settings.log_stderr)
