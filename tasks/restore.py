"""Write accepted tables again from what is durable."""

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import nullcontext

from errors import DamagedFile, ProgramFault, SystemFault
from ledger.states import Submission
from settings import Settings
from tasks import accept
from tasks.children import Readers, start_readers
from tasks.faults import Unreadable
from tasks.files import sha256_of
from tasks.read import ReadWorkbook
from tasks.storage import accepted_folder, keep_accepted, raw_file

# Workbooks that wait, read, for the one before them: the children are never idle, and few are in memory.
_AHEAD = 4
_SEND_AGAIN = (
    "copy it from the backup, or put that very file into inbox/ and run giamngheo ingest",
    "chép lại từ bản sao lưu, hoặc bỏ lại đúng tệp đó vào inbox/ rồi chạy giamngheo ingest",
)


def restore_accepted(
    settings: Settings,
    submissions: Sequence[Submission],
    key: bytes,
    readers: Readers | None = None,
    *,
    anew: bool = False,
    on_done: Callable[[int, int], None] = lambda done, total: None,
) -> None:
    """Write the tables of accepted submissions again from their raw bytes: those that were lost, or all `anew`.

    That a file was accepted once makes it no friend: children of `readers`, or of our own, open it within the limits
    of any received file. What is kept remotely is at hand in `settings.accepted` afterwards. `on_done` hears of
    (done, total). Raises SystemFault where a raw file is gone, is no longer what was received, or can't be read within
    the limits, and StorageDown; tables that are there then stay.
    """
    due = [one for one in submissions if anew or accepted_folder(settings, one.submission_id) is None]
    if not due:
        return
    with nullcontext(readers) if readers else start_readers(settings, min(settings.readers, len(due))) as children:
        reading: deque[Future[ReadWorkbook | Unreadable]] = deque()
        for done, submission in enumerate(due):
            for one in due[done + len(reading) : done + _AHEAD]:
                reading.append(submit_raw(settings, one, children))
            _write(settings, submission, reading.popleft().result(), key)
            on_done(done + 1, len(due))


def submit_raw(settings: Settings, submission: Submission, readers: Readers) -> "Future[ReadWorkbook | Unreadable]":
    """Have a received file read again, from exactly the bytes that were received. Raises SystemFault and OSError."""
    path = raw_file(settings, submission.submission_id)
    if not path.is_file():
        raise DamagedFile(
            f"the raw file {submission.submission_id[:12]} is missing",
            f"thiếu tệp đã nhận {submission.submission_id[:12]} trong raw/",
            *_SEND_AGAIN,
        )
    if sha256_of(path) != submission.submission_id:
        raise DamagedFile(
            f"the raw file {submission.submission_id[:12]} was changed",
            f"tệp đã nhận {submission.submission_id[:12]} trong raw/ đã bị sửa",
            *_SEND_AGAIN,
        )
    return readers.submit(path, submission.file_name)


def _write(settings: Settings, submission: Submission, workbook: ReadWorkbook | Unreadable, key: bytes) -> None:
    if isinstance(workbook, Unreadable):
        raise SystemFault(
            f"the raw file {submission.submission_id[:12]} was accepted and can't be read again: {workbook.reason_en}",
            f"tệp {submission.submission_id[:12]} đã chấp nhận mà nay không đọc lại được ({workbook.reason_vi})",
            "raise GIAMNGHEO_READER_SECONDS or GIAMNGHEO_READER_MEGABYTES and {again}, or withdraw the submission",
            "nâng GIAMNGHEO_READER_SECONDS hoặc GIAMNGHEO_READER_MEGABYTES rồi {again}, hoặc rút tệp này lại",
        )
    if submission.slot is None:
        raise ProgramFault(
            f"the submission {submission.submission_id[:12]} is accepted for no district and month",
            f"tệp {submission.submission_id[:12]} được chấp nhận mà không rõ huyện và kỳ",
        )
    tables = accept.accepted_tables(workbook, submission.submission_id, *submission.slot, key)
    keep_accepted(settings, submission.submission_id, tables, anew=True)
