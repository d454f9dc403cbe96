"""Audits of a built warehouse: each file in `sql/audit/` is a query that returns the rows that are wrong."""

from dataclasses import dataclass
from pathlib import Path

import duckdb

AUDITS = Path(__file__).parent.parent / "sql" / "audit"


@dataclass(frozen=True, slots=True)
class AuditFailure:
    """An audit that found something: its name, what it means, how many rows, and the first of them."""

    audit: str
    meaning: str
    rows: int
    example: str

    def __str__(self) -> str:
        return f"{self.audit}: {self.rows} rows, e.g. {self.example}. {self.meaning}"


def audit_names() -> list[str]:
    """Every audit, in the order in which they run."""
    return sorted(path.stem for path in AUDITS.glob("*.sql"))


def run_audits(warehouse: Path | duckdb.DuckDBPyConnection) -> list[AuditFailure]:
    """The audits that found bad rows; empty where the warehouse is sound.

    An audit that cannot run raises: that is a fault of the system, not of the data.
    """
    if isinstance(warehouse, Path):
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            connection.execute("set enable_progress_bar = false")
            return run_audits(connection)
    failures = (_run_audit(warehouse, audit) for audit in audit_names())
    return [failure for failure in failures if failure is not None]


def _run_audit(connection: duckdb.DuckDBPyConnection, audit: str) -> AuditFailure | None:
    sql = (AUDITS / f"{audit}.sql").read_text(encoding="utf-8")
    result = connection.execute(sql)
    columns = [column[0] for column in result.description or ()]
    rows = result.fetchall()
    if not rows:
        return None
    example = ", ".join(f"{column}={value}" for column, value in zip(columns, rows[0], strict=True))
    return AuditFailure(audit, _head_comment(sql), len(rows), example)


def _head_comment(sql: str) -> str:
    """The comment at the head of the file, which says what a bad row means."""
    lines = []
    for line in sql.splitlines():
        if not line.startswith("--"):
            break
        lines.append(line.removeprefix("--").strip())
    return " ".join(lines)
