"""What may be said of an exception where others read it: its kind, its place, and words that quote no data."""

import re
import sqlite3
import sys
import traceback
from pathlib import Path

from errors import Fault

REPOSITORY = Path(__file__).resolve().parents[1]
# A run of digits this long may be an ID number; none of our own words has one.
_DIGITS = re.compile(r"\d{9,}")
_LONGEST_WORDS = 300
_MOST_FRAMES = 40


def kind_of(fault: BaseException) -> str:
    """The name of its class, of what it wraps where that says more: OperationalError(DiskFull)."""
    cause = getattr(fault, "orig", None)
    name = type(fault).__name__
    return f"{name}({type(cause).__name__})" if isinstance(cause, BaseException) else name


def outcome_of(fault: BaseException) -> str | None:
    """How a run ended that raised this on purpose: the `outcome` of the exception's class (errors.py)."""
    return fault.outcome if isinstance(fault, Fault) else None


def safe_words(fault: BaseException) -> str:
    """The words of kinds that are known to quote no data, else nothing.

    Those are the operating system's own, a database's that can't work, an import's that fails, and exceptions whose
    class says `is_safe_to_log`.
    """
    inner = getattr(fault, "orig", None)
    if isinstance(inner, BaseException):  # SQLAlchemy puts statement and values around the driver's words
        return safe_words(inner)
    if isinstance(fault, OSError):
        words = fault.strerror or ""
    elif (
        (isinstance(fault, Fault) and fault.is_safe_to_log)
        or isinstance(fault, (sqlite3.OperationalError, ImportError))
        or _quotes_no_data(fault)
    ):
        words = fault.en if isinstance(fault, Fault) else str(fault)
    else:
        words = ""
    first = next(iter(words.splitlines()), "")
    return _DIGITS.sub("•••", first)[:_LONGEST_WORDS]


def _quotes_no_data(fault: BaseException) -> bool:
    """Whether a library that is loaded raised it about a file or a server."""
    if "duckdb" in sys.modules:
        import duckdb

        if isinstance(fault, duckdb.IOException):
            return True
    if "psycopg" in sys.modules:
        import psycopg

        return isinstance(fault, psycopg.OperationalError)
    return False


def described(fault: BaseException) -> str:
    """A fault in one sentence: its kind, and safe words or the place in our code where it was raised."""
    said = safe_words(fault) or place_of(fault)
    return f"{kind_of(fault)}: {said}" if said else kind_of(fault)


def place_of(fault: BaseException) -> str:
    """The last line of ours on the way to where it was raised, `tasks/read/rows.py:12`; empty where none was."""
    ours = [one for one in _frames(fault) if not one.startswith(("<", "/", ".venv"))]
    return ours[-1].partition(" ")[0] if ours else ""


def frames(fault: BaseException) -> list[str]:
    """A traceback without the exception's words: each exception's kind, then its lines, the cause first."""
    told: list[str] = []
    seen: set[int] = set()
    one: BaseException | None = fault
    chain = []
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        chain.append(one)
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
    for link in reversed(chain):
        told += [*_frames(link), kind_of(link)]
    return told[-_MOST_FRAMES:]


def _frames(fault: BaseException) -> list[str]:
    found = []
    for frame, line in traceback.walk_tb(fault.__traceback__):
        path = Path(frame.f_code.co_filename)
        shown = path.relative_to(REPOSITORY) if path.is_relative_to(REPOSITORY) else path
        found.append(f"{shown}:{line} {frame.f_code.co_name}")
    return found
