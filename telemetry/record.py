"""One log record per event, with the run, submission and district that it belongs to.

A record holds what is named here by its fields: ids, codes, counts, times. It never holds the name of a file or a
person of a register, a cell, or the words of an exception that may quote one (`telemetry/faults.py`).
"""

import datetime as dt
import json
import logging
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from telemetry.faults import frames, kind_of, outcome_of, safe_words

LOGGER = "giamngheo"
_FIELDS = "giamngheo_fields"
_TOLD, _RECORD = "_giamngheo_told", "_giamngheo_record"

_log = logging.getLogger(LOGGER)
_bound: ContextVar[Mapping[str, Any]] = ContextVar("giamngheo_bound", default={})  # noqa: B039 - never changed in place


@contextmanager
def bound(**fields: Any) -> Iterator[None]:
    """Give every record of this thread (or task) these fields, as long as it lasts; None takes one away."""
    known = {**_bound.get(), **fields}
    token = _bound.set({name: value for name, value in known.items() if value is not None})
    try:
        yield
    finally:
        _bound.reset(token)


def bound_fields() -> Mapping[str, Any]:
    """What records are given at present."""
    return _bound.get()


def tell(event: str, level: int = logging.INFO, /, **fields: Any) -> None:
    """Record an event by its stable English name. Fields that are None are left out."""
    given = {name: value for name, value in {**_bound.get(), **fields}.items() if value is not None}
    # The message is for who reads records without our format: pytest, a debugger.
    _log.log(level, "%s", event, extra={_FIELDS: {"event": event, **given}}, stacklevel=2)


def tell_fault(event: str, fault: BaseException, **fields: Any) -> None:
    """Record a fault of the system by its kind, place and safe words; once, however often it is passed on.

    The record has a number, by which a person who reads of the fault finds it: `record_of`.
    """
    if getattr(fault, _TOLD, False):
        return
    number, before = _new_number(), _written()
    words = safe_words(fault) or None
    tell(event, logging.ERROR, record=number, **fields, fault=kind_of(fault), words=words, trace=frames(fault))
    fault.__dict__[_TOLD] = True
    fault.__dict__[_RECORD] = number if _written() > before else None


def record_of(fault: BaseException) -> str | None:
    """The number of the log's record of a fault; None where none was written."""
    number = getattr(fault, _RECORD, None)
    return number if isinstance(number, str) else None


def _new_number() -> str:
    """Short enough to be read out: 4821-0937."""
    digits = f"{secrets.randbelow(10**8):08d}"
    return f"{digits[:4]}-{digits[4:]}"


def _written() -> int:
    """How many records the log's files have taken from this process."""
    return sum(getattr(handler, "written", 0) for handler in _log.handlers)


@contextmanager
def step(name: str, **fields: Any) -> Iterator[dict[str, Any]]:
    """Record `step.finished` with its seconds, or `step.failed`; what is raised goes on.

    What is put into the dictionary that it gives is told at the end. An exception whose class has an `outcome`
    (errors.py) is a way to end, not a fault.
    """
    begun = time.monotonic()
    found: dict[str, Any] = {}
    with bound(step=name, **fields):
        try:
            yield found
        except Exception as fault:
            seconds = _since(begun)
            if outcome := outcome_of(fault):
                tell("step.finished", **{**found, "seconds": seconds, "outcome": outcome})
            else:
                tell_fault("step.failed", fault, **{**found, "seconds": seconds})
            raise
        tell("step.finished", **{**found, "seconds": _since(begun)})


def _since(begun: float) -> float:
    return round(time.monotonic() - begun, 3)


class JsonLines(logging.Formatter):
    """A record as one line of JSON: time (UTC), level, event, and its fields.

    Of a record that `tell` did not make, only its place in the code: its words may hold anything.
    """

    def format(self, record: logging.LogRecord) -> str:
        at = dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds")
        fields: Mapping[str, Any] = getattr(record, _FIELDS, None) or {
            "event": "other.logged",
            **_bound.get(),
            "logger": record.name,
            "place": f"{record.module}:{record.lineno}",
        }
        line = {"time": at, "level": record.levelname.lower(), **fields}
        return json.dumps(line, ensure_ascii=False, default=lambda value: type(value).__name__)
