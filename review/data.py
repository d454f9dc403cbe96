"""What the pages stand on: the live ledger, the findings last looked at, and the files' cells."""

import contextlib
import datetime as dt
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from zoneinfo import ZoneInfo

from fastapi import Request

from ledger.states import ACCEPTED, Submission
from review.kept import Kept
from review.live import Known, LiveLedger
from review.queries.findings import Table, read_table
from review.queries.months import MonthGrid, Waiting, month_grid, queue
from review.sheets import OpenFile, SheetStore
from settings import Settings
from tasks.children import Readers, start_readers
from tasks.faults import SystemFault, Unreadable
from tasks.ledgers import open_ledger

# Findings of so many submissions stay in memory; 50,000 of one file take some 60 MB.
_TABLES = 4
# A page waits so long for a file's own values; without them it shows masks.
_MOMENT_SECONDS = 0.1


class DeskData:
    """One for a running desk; safe for threads. `clock` tells the moment."""

    def __init__(self, settings: Settings, clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)) -> None:
        self.settings = settings
        self._clock = clock
        self._ledger = open_ledger(settings)
        self.live = LiveLedger(self._ledger)
        self._tables: Kept[Table] = Kept(_TABLES)
        self._home: Kept[tuple[MonthGrid, list[Waiting]]] = Kept(2)
        self._lock = threading.Lock()
        self._readers: Readers | None = None
        self._sheets: SheetStore | None = None
        self._being_read: set[str] = set()
        self._background = ThreadPoolExecutor(1, thread_name_prefix="desk-files")

    def today(self) -> dt.date:
        """The day where the data root counts its days."""
        return self._clock().astimezone(ZoneInfo(self.settings.timezone)).date()

    def readers(self) -> Readers:
        """A limited child that opens files, started when it is first needed."""
        with self._lock:
            if self._readers is None:
                self._readers = start_readers(self.settings, processes=1)
            return self._readers

    def sheets(self) -> SheetStore:
        """The cells of files."""
        readers = self.readers()
        with self._lock:
            if self._sheets is None:
                self._sheets = SheetStore(self.settings, readers)
            return self._sheets

    def home(self, known: Known) -> tuple[MonthGrid, list[Waiting]]:
        """The grid of months and the queue, made once for a state and a day."""
        today = self.today()
        return self._home.get(
            (known.position, today),
            lambda: (month_grid(self.settings, known.state, today), queue(self.settings, known.state, today)),
        )

    def table(self, known: Known, submission: Submission) -> Table:
        """The findings of a submission. Raises OSError where the stored ones are gone."""
        # What came later depends on the accepted files of the month besides (rule X04).
        others = tuple(
            one.submission_id
            for one in known.state.submissions.values()
            if one.state == ACCEPTED and one.period == submission.period and one.period
        )
        judged = (submission.judgement or {}).get("findings")
        key = (submission.submission_id, judged, len(submission.received_again), others)
        settings = self.settings
        return self._tables.get(
            key, lambda: read_table(settings.judgements, known.state, submission, settings.timezone)
        )

    def at_hand(self, submission: Submission) -> OpenFile | None:
        """A file's cells where they were read before, or are in a moment; otherwise they are ready on the next page."""
        store = self.sheets()
        found = store.at_hand(submission.submission_id)
        if found is not None or submission.submission_id in self._being_read:
            return found
        # Later pages don't wait for what the first one has set going.
        self._being_read.add(submission.submission_id)
        reading = self._background.submit(self._warm, submission)
        with contextlib.suppress(TimeoutError):
            reading.result(_MOMENT_SECONDS)
        return store.at_hand(submission.submission_id)

    def warm_up(self) -> None:
        """Have the child that opens files ready before it is asked."""
        self._background.submit(self.sheets)

    def _warm(self, submission: Submission) -> None:
        try:
            # Whoever opens the file hears of what is wrong with it.
            with contextlib.suppress(Unreadable, OSError, SystemFault, RuntimeError):
                self.sheets().open(submission.submission_id, submission.file_name)
        finally:
            self._being_read.discard(submission.submission_id)

    def close(self) -> None:
        self._background.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            readers, self._readers, self._sheets = self._readers, None, None
        if readers is not None:
            readers.close()
        self._ledger.close()


def data_of(request: Request) -> DeskData:
    """The data of the application that answers."""
    data: DeskData = request.app.state.data
    return data
