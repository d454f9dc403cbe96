"""Run the suites of Great Expectations over a wave's frames.

The library costs seconds to import and tenths of a second per run, whatever the size: it is imported here and in
`tasks/questions.py` only, kept warm, and given all submissions of a period at once.
"""

import contextlib
import gc
import importlib.util
import logging
import os
import re
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

# Before the library is imported: it reports home otherwise.
os.environ["GX_ANALYTICS_ENABLED"] = "false"


def _load_when_used(name: str) -> None:
    """Put off a module's import until something of it is used (importlib.util.LazyLoader)."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.loader is None or name in sys.modules:
        return
    spec.loader = importlib.util.LazyLoader(spec.loader)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    package, _, last = name.rpartition(".")
    setattr(sys.modules[package], last, module)


# The library needs it for one expectation that we do not use; it is a fifth of the import.
_load_when_used("scipy.stats")
# Garbage is looked for after every few hundred new objects, and an import makes nothing but new objects.
gc.disable()

import great_expectations as gx
import polars as pl
from great_expectations.core import ExpectationValidationResult
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

from errors import ProgramFault
from expectations import commune, cover, household, movement, policy, presence
from tasks.derive import Frames
from tasks.failure import Failure
from tasks.questions import Asked, Question, ask, put_together, side_by_side

gc.enable()
# What was imported stays to the end: without this the interpreter walks all of it once more when it leaves.
gc.freeze()

logging.getLogger("great_expectations").setLevel(logging.ERROR)


def validate_wave(frames: Frames, period: str | None) -> list[Failure]:
    """Hold every frame against its suite; `period` is None where no slot is known.

    Raises SystemFault when an expectation could not be computed: that is never a pass.
    """
    tables = {name: frame for name, frame in frames.items() if frame.height}
    return answer([one for name in tables for one in _asked(name, period)], tables)


def answer(asked: Iterable[Asked], tables: Mapping[str, pl.DataFrame]) -> list[Failure]:
    """The expectations that some rows do not meet, with all of these rows. Raises SystemFault as `validate_wave`."""
    return [failure for group in put_together(asked, tables) for failure in _answer_group(group, tables)]


@cache
def _asked(name: str, period: str | None) -> list[Asked]:
    return ask(name, _suite(name, period))


def _suite(name: str, period: str | None) -> list[Expectation]:
    always: dict[str, Callable[[], list[Expectation]]] = {"cover": cover.suite, "presence": presence.suite}
    if name in always:
        return always[name]()
    if period is None:
        raise ProgramFault(
            f"sheet {name} can't be validated without a period",
            f"trang {name} không kiểm tra được vì chưa rõ kỳ",
        )
    by_period: dict[str, Callable[[str], list[Expectation]]] = {
        "household": household.suite,
        "commune": commune.suite,
        "movement": movement.suite,
        "policy": policy.suite,
    }
    return by_period[name](period)


def _answer_group(questions: list[Question], tables: Mapping[str, pl.DataFrame]) -> list[Failure]:
    """First ask of every question only whether it holds; then, of the few that do not, which values fail.

    The first costs less than half of the second. The second is asked without index columns: it then returns
    plain positions, where index columns build a dictionary per failing value.
    """
    data = side_by_side(questions).to_pandas(use_pyarrow_extension_array=True)
    batch = _batch_definition().get_batch(batch_parameters={"dataframe": data})
    outcomes = _run(batch, questions, range(len(questions)), {"result_format": "BOOLEAN_ONLY"})
    unmet = [number for number, outcome in outcomes.items() if not outcome.success]
    if not unmet:
        return []
    failures = []
    told = _run(batch, questions, unmet, {"result_format": "COMPLETE", "include_unexpected_rows": False})
    for number, outcome in sorted(told.items()):
        failures += questions[number].failures(outcome.result["unexpected_index_list"], tables)
    return failures


def _run(
    batch: Any, questions: Sequence[Question], numbers: Collection[int], result_format: dict[str, Any]
) -> dict[int, ExpectationValidationResult]:
    """The outcome of every question by its number. Raises ProgramFault when one of them could not be computed."""
    suite = gx.ExpectationSuite(
        name="questions", expectations=[questions[number].expectation(number) for number in numbers]
    )
    with _configurations_built_once():
        results: list[ExpectationValidationResult] = batch.validate(suite, result_format=result_format).results
    outcomes = {}
    for outcome in results:
        # Results come back in another order than the suite.
        assert outcome.expectation_config is not None
        number = (outcome.expectation_config.meta or {})["question"]
        raised = _raised(outcome)
        if raised is not None:
            rule = questions[number].rule
            raise ProgramFault(
                f"rule {rule} could not be computed ({raised})", f"quy tắc {rule} không tính được trên tệp này"
            )
        outcomes[number] = outcome
    if outcomes.keys() != set(numbers):
        silent = len(numbers) - len(outcomes)
        raise ProgramFault(f"{silent} rules gave no answer", f"{silent} quy tắc không cho kết quả")
    return outcomes


def _raised(outcome: ExpectationValidationResult) -> str | None:
    """The kind of fault that kept an expectation from being computed, None where nothing did.

    The library tells it in two ways. The fault's words may quote the data, so they end here.
    """
    told = outcome.exception_info
    each = [told] if "raised_exception" in told else list(told.values())
    return next((_kind(str(one.get("exception_traceback"))) for one in each if one.get("raised_exception")), None)


def _kind(traceback: str) -> str:
    """The exception's name from the line under the last frame."""
    found = re.findall(r"^([A-Za-z_][\w.]*)(?::|$)", traceback, flags=re.MULTILINE)
    return found[-1] if found else "Exception"


@contextlib.contextmanager
def _configurations_built_once() -> Iterator[None]:
    """Let each expectation build its configuration once in a run.

    The library builds it anew whenever it looks at it, some 10,000 times for our suites, which took half of
    the run. Expectations do not change in a run, so the first is as good; the way back is to delete this.
    """
    original: property = vars(Expectation)["configuration"]
    build: Callable[[Expectation], ExpectationConfiguration] = original.fget  # type: ignore[assignment]
    # The expectation itself is kept beside its configuration: an id is only good while its object lives.
    built: dict[int, tuple[Expectation, ExpectationConfiguration]] = {}

    def configuration(expectation: Expectation) -> ExpectationConfiguration:
        known = built.get(id(expectation))
        if known is None:
            known = built[id(expectation)] = (expectation, build(expectation))
        return known[1]

    Expectation.configuration = property(configuration)  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        Expectation.configuration = original  # type: ignore[method-assign, assignment]


@cache
def _context() -> Any:
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return context


@cache
def _batch_definition() -> Any:
    """One for all frames: the data comes with each call, and every definition costs the library a project file."""
    source = _context().data_sources.add_pandas("frames")
    return source.add_dataframe_asset("frame").add_batch_definition_whole_dataframe("frame")
