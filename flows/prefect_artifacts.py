"""What a run leaves on its page in Prefect: the verdicts as a table, the plan's targets as Markdown."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
from prefect.artifacts import create_markdown_artifact, create_table_artifact

from flows.ingest import IngestReport, Taken
from labels.table import STATES, STATUSES, TARGETS, measure_words
from ledger.states import Submission
from reports.coverage import who
from reports.figures import open_warehouse, read_release, targets
from reports.verdicts import after_the_plan, decimals, districts_sentence, is_headline, sentences
from tasks.release import reading_release
from tasks.words import number_vi
from telemetry.record import tell_fault


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
    """The release's month of `mart.target_vs_actual`, province first, as a Markdown table under the plan's verdicts.

    Of a target's measures the one that its verdict stands on comes first.
    """
    with reading_release(warehouse.parent), open_warehouse(warehouse) as connection:
        release = read_release(connection)
        every = targets(connection, release.period)
    whose = f" ({who(release).vi})" if release.is_provisional else ""
    title = f"### Chỉ tiêu của kế hoạch và thực hiện đến {release.period:%m/%Y}{whose}"
    if every.is_empty():
        return f"{title}\n\n{after_the_plan().vi}"
    listed = every.filter(
        pl.col("level").is_in(["province", "district"]),
        pl.col("target").is_in(list(TARGETS)),
        pl.col("target_value").is_not_null(),
    ).to_dicts()
    order = list(TARGETS)
    listed.sort(
        key=lambda row: (
            row["level"] != "province",
            row["unit_code"],
            order.index(row["target"]),
            not is_headline(row),
            row["measure"],
            row["basis"],
        )
    )
    said = [*sentences(listed, release.baseline), districts_sentence(listed)]
    lines = [
        title,
        "",
        *(f"- {words.vi}" for words in said),
        "",
        "| Đơn vị | Chỉ tiêu | Cách đo | Kỳ gốc | Kế hoạch | Thực hiện | Thay đổi | Tình trạng |",
        "|---|---|---|---:|---:|---:|---:|---|",
    ]
    for row in listed:
        shown = (row[column] for column in ("baseline", "target_value", "actual", "change"))
        numbers = [number_vi(one, decimals(row["measure"])) for one in shown]
        how = measure_words(row["measure"], row["basis"]).vi
        cells = [row["unit_name"], TARGETS[row["target"]].vi, how, *numbers, STATUSES[row["status"]].vi]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _record(make: Callable[[], object]) -> None:
    """An artifact shows what was done; where it can't be written, that is said and the run goes on."""
    try:
        make()
    except Exception as fault:
        tell_fault("artifact.failed", fault)
