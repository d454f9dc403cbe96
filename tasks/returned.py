"""What goes back to the district: its own workbook with the cells at fault marked (`returned/PERIOD/DISTRICT/`)."""

from collections.abc import Iterable
from contextlib import nullcontext
from pathlib import Path

import polars as pl

from labels.table import NEXT_FOR_DISTRICT, STATES
from ledger.events import Event
from ledger.states import HELD, REJECTED, RETURNED, UNREADABLE, State, Submission
from settings import Settings
from tasks.children import Readers, start_readers
from tasks.files import write_bytes
from tasks.storage import raw_file

# What a district gets back; a file that can't be opened has no workbook to mark.
ANSWERED = (REJECTED, HELD, RETURNED)


def unanswered(settings: Settings, events: Iterable[Event], state: State) -> list[tuple[Submission, int]]:
    """What was judged or returned and has no marked workbook for that yet, with the event to be answered.

    Also where the run that recorded the event was killed before it wrote the workbook.
    """
    last = {event.submission_id: event.id for event in events if event.kind in ("judged", "returned")}
    return [
        (submission, last[submission.submission_id])
        for submission in state.submissions.values()
        if submission.state in ANSWERED
        and submission.judgement is not None
        and submission.judgement["verdict"] != UNREADABLE
        and _answered(settings, submission) != str(last[submission.submission_id])
    ]


def note_answered(settings: Settings, submission: Submission, event_id: int) -> None:
    """Remember that an event needs no answer any more. Raises OSError."""
    write_bytes(_note(settings, submission), str(event_id).encode())


def _answered(settings: Settings, submission: Submission) -> str:
    note = _note(settings, submission)
    return note.read_text() if note.is_file() else ""


def _note(settings: Settings, submission: Submission) -> Path:
    return settings.data / "returned" / ".answered" / submission.submission_id


def returned_path(settings: Settings, submission: Submission) -> Path:
    """Where the annotated workbook of a submission goes; a slot that is not known is written `khong-ro`."""
    folder = settings.data / "returned" / (submission.period or "khong-ro") / (submission.district_code or "khong-ro")
    return folder / f"{Path(submission.file_name).stem[:80]} [{submission.submission_id[:8]}].xlsx"


def verdict_vi(submission: Submission) -> str:
    """The first line of a marked workbook: the state, and what the district does next or why it was returned."""
    after = NEXT_FOR_DISTRICT.get(submission.state)
    words = submission.reason if submission.state == RETURNED else after.vi if after else ""
    return " — ".join(filter(None, (STATES[submission.state].vi.upper(), words)))


def write_returned(
    settings: Settings, submission: Submission, findings: pl.DataFrame, readers: Readers | None = None
) -> Path:
    """Write the sender's workbook with its findings marked, and the validator's reason where it was returned.

    The workbook is opened by a child of `readers`, or by one of its own: it is the sender's, and hostile until proven
    otherwise. Raises tasks.faults.Unreadable for a file that can't be opened (rule F01), OSError from the disk.
    """
    verdict = verdict_vi(submission)
    counts: dict[str, int] = dict((submission.judgement or {}).get("counts", {}))
    with nullcontext(readers) if readers else start_readers(settings, processes=1) as children:
        content = children.annotate(raw_file(settings, submission.submission_id), findings.to_dicts(), counts, verdict)
    path = returned_path(settings, submission)
    write_bytes(path, content)
    return path
