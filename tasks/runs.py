"""A run on a data root, told to the log with what made it."""

import functools
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, ParamSpec, TypeVar

from settings import Settings
from tasks.identity import rule_pack
from tasks.inputs import code_version
from telemetry.runs import Run, running

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def run_of(settings: Settings, flow: str) -> AbstractContextManager[Run]:
    """`telemetry.runs.running` on the data root of the settings; says which code and rule pack are at work."""
    return running(settings.data, flow, code_version=code_version(), rule_pack=rule_pack())


def recorded(
    flow: str, note: Callable[[Run, Any], None] | None = None
) -> Callable[[Callable[Arguments, Result]], Callable[Arguments, Result]]:
    """A function, its first argument the settings, whose every call is a run; `note` says of its result how it went."""

    def of(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
        @functools.wraps(function)
        def call(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
            settings = args[0]
            assert isinstance(settings, Settings)
            with run_of(settings, flow) as run:
                result = function(*args, **kwargs)
                if note is not None:
                    note(run, result)
                return result

        return call

    return of
