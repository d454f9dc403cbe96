"""What goes back to the district: its own workbook with the cells at fault marked (`returned/PERIOD/DISTRICT/`)."""

from pathlib import Path

import polars as pl

from ledger.states import Submission
from settings import Settings
from tasks.annotate import annotate
from tasks.files import write_bytes
from tasks.gate import recognise

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


def write_returned(settings: Settings, submission: Submission, findings: pl.DataFrame, reason: str = "") -> Path:
    """Write the sender's workbook with its findings marked; `reason` is the validator's, where there is one.

    Raises tasks.faults.Unreadable for a file that can't be opened (rule F01), OSError from the disk.
    """
    content = (settings.raw / submission.submission_id).read_bytes()
    verdict = VERDICTS_VI.get(submission.state, submission.state.upper())
    if reason:
        verdict += f" — {reason}"
    counts: dict[str, int] = dict((submission.judgement or {}).get("counts", {}))
    path = returned_path(settings, submission)
    write_bytes(path, annotate(content, recognise(content), findings.to_dicts(), counts, verdict))
    return path
