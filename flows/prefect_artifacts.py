"""What a run leaves on its page in Prefect: the verdicts as a table, the plan's targets as Markdown."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import polars as pl
from prefect.artifacts import create_markdown_artifact, create_table_artifact

from flows.ingest import IngestReport, Taken
from labels.table import STATES, STATUSES, TARGETS, measure_words
from ledger.states import Submission
from tasks.release import reading_release
from tasks.words import number_vi
from telemetry.record import tell_fault

PERCENT_MEASURES = ("percentage_points", "end_rate")


def record_verdicts(report: IngestReport) -> None:
    """Artifact `verdicts`: one row per file that the run judged or did not take."""
    rows = verdict_rows(report)
    description = f"{len(rows)} tệp trong lượt chạy này / files in this run"
    _record(lambda: create_table_artifact(key="verdicts", table=rows, description=description))


def verdict_rows(report: IngestReport) -> list[dict[str, str]]:
    """Start of the id, district, month, verdict and numbers of findings, every cell as text."""
    rows = [_judged_row(report.state.submissions[one]) for one in dict.fromkeys(report.judged)]
    return rows + [_taken_row(taken) for taken in report.taken if taken.refused or taken.duplicate]


def _judged_row(submission: Submission) -> dict[str, str]:
    verdict = (submission.judgement or {}).get("verdict", submission.state)
    slot = (submission.district_code or "", submission.period or "")
    counts = [str(submission.counts(severity)) for severity in ("critical", "warning", "info")]
    return _row(submission.short_id, *slot, STATES[verdict].vi, *counts)


def _taken_row(taken: Taken) -> dict[str, str]:
    verdict = f"chưa nhận: {taken.refused}" if taken.refused else "đã nhận trước đây"
    return _row((taken.submission_id or "")[:12], "", "", verdict, "", "", "")


def _row(
    short_id: str, district: str, period: str, verdict: str, critical: str, warning: str, info: str
) -> dict[str, str]:
    return {
        "Mã tệp": short_id,
        "Huyện": district,
        "Kỳ": period,
        "Kết quả": verdict,
        "Nghiêm trọng": critical,
        "Cảnh báo": warning,
        "Thông tin": info,
    }


def record_targets(warehouse: Path, release_id: str) -> None:
    """Artifact `targets`: target versus actual of the province and its districts in a release."""

    def record() -> None:
        markdown = f"{targets_markdown(warehouse)}\n\nBản phát hành / release: `{release_id}`\n"
        create_markdown_artifact(key="targets", markdown=markdown, description="Chỉ tiêu và thực hiện")

    _record(record)


def targets_markdown(warehouse: Path) -> str:
    """The last month of `mart.target_vs_actual`, province first, as a Markdown table."""
    with reading_release(warehouse.parent), duckdb.connect(str(warehouse), read_only=True) as connection:
        rows = connection.table("mart.target_vs_actual").pl()
    rows = rows.filter(
        pl.col("period") == pl.col("period").max(),
        pl.col("level").is_in(["province", "district"]),
        pl.col("target").is_in(list(TARGETS)),
        pl.col("target_value").is_not_null(),
    ).sort(
        pl.col("level") != "province", "unit_code", pl.col("target").cast(pl.Enum(list(TARGETS))), "measure", "basis"
    )
    months = rows.get_column("period").dt.strftime("%m/%Y").unique().to_list()
    lines = [
        f"### Chỉ tiêu của kế hoạch và thực hiện đến {', '.join(months) or '…'}",
        "",
        "| Đơn vị | Chỉ tiêu | Cách đo | Kỳ gốc | Kế hoạch | Thực hiện | Thay đổi | Tình trạng |",
        "|---|---|---|---:|---:|---:|---:|---|",
    ]
    for row in rows.iter_rows(named=True):
        places = 2 if row["measure"] in PERCENT_MEASURES else 0
        numbers = [number_vi(row[column], places) for column in ("baseline", "target_value", "actual", "change")]
        measure = measure_words(row["measure"], row["basis"]).vi
        status = STATUSES[row["status"]].vi
        lines.append(f"| {' | '.join([row['unit_name'], TARGETS[row['target']].vi, measure, *numbers, status])} |")
    return "\n".join(lines)


def _record(make: Callable[[], object]) -> None:
    """An artifact shows what was done; where it can't be written, that is said and the run goes on."""
    try:
        make()
    except Exception as fault:
        tell_fault("artifact.failed", fault)
