"""The findings of every judgement, kept beside the ledger as immutable Parquet."""

import datetime as dt
import hashlib
import io
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from ledger.states import State, Submission
from tasks.cross import cross_findings
from tasks.files import sha256_of, write_bytes
from tasks.findings import SCHEMA, finding, to_frame
from tasks.stored import reading_judgements


def write_judgement(folder: Path, submission_id: str, table: pl.DataFrame) -> str:
    """Keep a table of one judgement (findings, hashed ID numbers); returns its name, made from its content."""
    buffer = io.BytesIO()
    table.write_parquet(buffer, compression="zstd")
    content = buffer.getvalue()
    name = f"{submission_id}/{hashlib.sha256(content).hexdigest()[:16]}.parquet"
    # What a bad disk has changed since is mended by judging again.
    if not (folder / name).exists() or sha256_of(folder / name)[:16] != (folder / name).stem:
        write_bytes(folder / name, content, read_only=True)
    return name


def read_findings(folder: Path, state: State, submission: Submission, timezone: str) -> pl.DataFrame:
    """The findings of a submission's last judgement with the contract's columns, then those that came later.

    Empty before it was judged. Raises DamagedFile where the stored findings are gone or changed.
    """
    parts = [pl.DataFrame(schema=SCHEMA)]
    if submission.judgement is not None:
        path = folder / submission.judgement["findings"]
        with reading_judgements([path]):
            parts.append(pl.read_parquet(path).select(list(SCHEMA)))
    return pl.concat([*parts, to_frame(later_findings(folder, state, [submission], timezone))])


def exact_counts(submission: Submission, findings: pl.DataFrame) -> Counter[str]:
    """How many findings of each rule a submission has; `findings` (of `read_findings`) may list fewer.

    What came later is in no judgement, and listed whole.
    """
    return Counter(findings.get_column("rule").to_list()) | Counter((submission.judgement or {}).get("counts", {}))


def later_findings(
    folder: Path, state: State, submissions: Iterable[Submission], timezone: str
) -> list[dict[str, Any]]:
    """What is no part of a judgement, since it comes of other files: F07 (the same bytes again) and X04."""
    asked = list(submissions)
    again = [
        finding(one.submission_id, "F07", {"date": _day(one.received_at, timezone)}, value=_day(at, timezone))
        for one in asked
        for at in one.received_again
    ]
    return [*again, *cross_findings(folder, state, asked)]


def _day(at: dt.datetime, timezone: str) -> str:
    return at.astimezone(ZoneInfo(timezone)).strftime("%d/%m/%Y")
