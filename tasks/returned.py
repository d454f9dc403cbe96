"""What goes back to the district: its own workbook with the cells at fault marked (`returned/PERIOD/DISTRICT/`)."""

from contextlib import nullcontext
from pathlib import Path

import polars as pl

from ledger.states import Submission
from settings import Settings
from tasks.children import Readers, start_readers
from tasks.files import write_bytes

VERDICTS_VI = {
    "rejected": "KHÔNG ĐẠT — sửa các lỗi nghiêm trọng rồi gửi lại",
    "held": "TẠM GIỮ — chờ thẩm định, hoặc sửa rồi gửi lại",
    "returned": "TRẢ LẠI",
    "accepted": "ĐÃ CHẤP NHẬN — còn điểm cần lưu ý",
    "waiting": "CHỜ KỲ TRƯỚC — tệp của tháng trước chưa được chấp nhận",
}


def returned_path(settings: Settings, submission: Submission) -> Path:
    """Where the annotated workbook of a submission goes; a slot that is not known is written `khong-ro`."""
    folder = settings.data / "returned" / (submission.period or "khong-ro") / (submission.district_code or "khong-ro")
    return folder / f"{Path(submission.file_name).stem[:80]} [{submission.submission_id[:8]}].xlsx"


def write_returned(
    settings: Settings,
    submission: Submission,
    findings: pl.DataFrame,
    reason: str = "",
    readers: Readers | None = None,
) -> Path:
    """Write the sender's workbook with its findings marked; `reason` is the validator's, where there is one.

    The workbook is opened by a child of `readers`, or by one of its own: it is the sender's, and hostile until proven
    otherwise. Raises tasks.faults.Unreadable for a file that can't be opened (rule F01), OSError from the disk.
    """
    verdict = VERDICTS_VI.get(submission.state, submission.state.upper())
    if reason:
        verdict += f" — {reason}"
    counts: dict[str, int] = dict((submission.judgement or {}).get("counts", {}))
    with nullcontext(readers) if readers else start_readers(settings, processes=1) as children:
        content = children.annotate(settings.raw / submission.submission_id, findings.to_dicts(), counts, verdict)
    path = returned_path(settings, submission)
    write_bytes(path, content)
    return path
