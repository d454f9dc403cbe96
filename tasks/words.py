"""Words for codes, where a person reads them in Vietnamese: the command line, Prefect's page, the desk."""

from forms.numbers import number_vi
from plan.words import MEASURES_VI, SAMPLE_NOTE_VI, TARGET_STATUS_VI, TARGETS_VI

__all__ = ["MEASURES_VI", "SAMPLE_NOTE_VI", "SEVERITIES_VI", "TARGETS_VI", "TARGET_STATUS_VI", "number_vi"]

SEVERITIES_VI = {"critical": "nghiêm trọng", "warning": "cảnh báo", "info": "thông tin"}
