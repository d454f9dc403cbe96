"""Words for codes, where a person reads them in Vietnamese: the command line, Prefect's page, the desk."""

from forms.numbers import number_vi
from plan.words import MEASURES_VI, SAMPLE_NOTE_VI, TARGET_STATUS_VI, TARGETS_VI, no_plan_vi

__all__ = [
    "CHANGES_VI",
    "LISTING_SHEET",
    "LISTING_TITLE",
    "MEASURES_VI",
    "SAMPLE_NOTE_VI",
    "SEVERITIES_VI",
    "TARGETS_VI",
    "TARGET_STATUS_VI",
    "no_plan_vi",
    "number_vi",
]

# The sheet of findings in a workbook that went back to a district, and what stands in its first cell: by these it is
# known again when the workbook is sent once more.
LISTING_SHEET, LISTING_TITLE = "Lỗi", "DANH SÁCH LỖI CỦA TỆP"
SEVERITIES_VI = {"critical": "nghiêm trọng", "warning": "cảnh báo", "info": "thông tin"}
# Cause in mart.restatement, and of what a release changed.
CHANGES_VI = {
    "new": "báo cáo kỳ mới",
    "late_report": "báo cáo muộn",
    "correction": "điều chỉnh",
    "withdrawal": "rút báo cáo",
}
