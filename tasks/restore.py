"""Write accepted tables again from what is durable."""

import hashlib

from ledger.states import Submission
from settings import Settings
from tasks import accept
from tasks.faults import SystemFault
from tasks.read import read_workbook


def restore_accepted(settings: Settings, submission: Submission, key: bytes) -> None:
    """Write an accepted submission's tables again from its raw bytes.

    Raises SystemFault where the raw file is gone or no longer what was received.
    """
    path = settings.raw / submission.submission_id
    if not path.is_file():
        raise SystemFault(f"the raw file {submission.submission_id[:12]} is missing")
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != submission.submission_id or submission.slot is None:
        raise SystemFault(f"the raw file {submission.submission_id[:12]} was changed")
    workbook = read_workbook(content, submission.file_name)
    tables = accept.accepted_tables(workbook, submission.submission_id, *submission.slot, key)
    accept.write_accepted(settings.accepted / submission.submission_id, tables)
