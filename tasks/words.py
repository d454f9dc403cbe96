"""Words for codes, where a person reads them in Vietnamese: the command line, Prefect's page, the desk."""

from forms.numbers import number_vi
from plan.words import MEASURES_VI, SAMPLE_NOTE_VI, TARGET_STATUS_VI, TARGETS_VI

__all__ = [
    "CHANGES_VI",
    "MEASURES_VI",
    "SAMPLE_NOTE_VI",
    "SEVERITIES_VI",
    "TARGETS_VI",
    "TARGET_STATUS_VI",
    "number_vi",
]

SEVERITIES_VI = {"critical": "nghiêm trọng", "warning": "cảnh báo", "info": "thông tin"}
# Cause in mart.restatement, and of what a release changed.
CHANGES_VI = {
    "new": "báo cáo kỳ mới",
    "late_report": "báo cáo muộn",
    "correction": "điều chỉnh",
    "withdrawal": "rút báo cáo",
}
