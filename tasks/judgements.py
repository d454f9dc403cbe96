"""The findings of every judgement, kept beside the ledger as immutable Parquet."""

import datetime as dt
import hashlib
import io
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl

from ledger.states import Submission
from tasks.files import write_bytes
from tasks.findings import SCHEMA, finding, to_frame


def write_judgement(folder: Path, submission_id: str, findings: pl.DataFrame) -> str:
    """Keep the listed findings of one judgement; returns the file's name, which is made from its content."""
    buffer = io.BytesIO()
    findings.write_parquet(buffer, compression="zstd")
    content = buffer.getvalue()
    name = f"{submission_id}/{hashlib.sha256(content).hexdigest()[:16]}.parquet"
    if not (folder / name).exists():
        write_bytes(folder / name, content, read_only=True)
    return name


def read_findings(folder: Path, submission: Submission, timezone: str) -> pl.DataFrame:
    """The findings of a submission's last judgement with the contract's columns, F07 of later deliveries last.

    Empty before it was judged. Raises OSError where the stored findings are gone.
    """
    parts = [pl.DataFrame(schema=SCHEMA)]
    if submission.judgement is not None:
        parts.append(pl.read_parquet(folder / submission.judgement["findings"]))
    received = _day(submission.received_at, timezone)
    again = [
        finding(submission.submission_id, "F07", {"date": received}, value=_day(at, timezone))
        for at in submission.received_again
    ]
    return pl.concat([*parts, to_frame(again)])


def _day(at: dt.datetime, timezone: str) -> str:
    return at.astimezone(ZoneInfo(timezone)).strftime("%d/%m/%Y")
