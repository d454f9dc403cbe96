"""Take in many months at once, in any order and any folders, and end as if they had come one by one.

Each file is opened once ahead, to learn its month; then month after month is received, judged and, if asked,
published. Whatever is done is in the ledger: a run that was killed is simply run again.
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from flows.ingest import IngestReport, ingest
from flows.publish import NothingToPublish, SmallChanges, publish
from flows.runner import Runner
from ledger.events import Ledger
from ledger.states import State, derive_state
from settings import Settings
from tasks.cases import judged_period
from tasks.children import Readers, start_readers
from tasks.faults import Unreadable
from tasks.inputs import accepted_periods
from tasks.names import shown_name
from tasks.notices import BACKFILL
from tasks.publications import current_release
from tasks.receive import find_waiting

# Files that are being opened ahead; what they hold is dropped as soon as their month is known.
_AHEAD = 8


@dataclass(frozen=True)
class MonthDone:
    """What one month's turn did. `period` is None for files whose month can't be read; `states` counts its files."""

    period: str | None
    taken: int
    states: Counter[str]
    release_id: str | None = None


@dataclass
class Backfilled:
    """A backfill's outcome. `left` are files of other months, `refused` those that can't be taken, with the reason.

    After faults of the system the months that follow were not begun.
    """

    months: list[MonthDone] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    state: State = field(default_factory=State)


def waiting_files(settings: Settings, inbox: Path) -> tuple[list[Path], dict[Path, str]]:
    """The files of a folder that can be taken, and those that can't, with the reason."""
    waiting = find_waiting(inbox, settings.settle_seconds)
    return waiting.files, waiting.refused


def backfill(
    settings: Settings,
    runner: Runner,
    *,
    inbox: Path,
    received_at: Mapping[str, dt.datetime],
    first: str | None = None,
    last: str | None = None,
    publish_months: bool = False,
    clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    on_progress: Callable[[str, int, int], None] = lambda stage, done, total: None,
    on_month: Callable[[MonthDone], None] = lambda month: None,
    readers: Readers | None = None,
) -> Backfilled:
    """Ingest the files of `inbox` of the months from `first` to `last` (YYYY-MM), the earliest month first.

    `received_at` has the recorded arrival of files by their path under the inbox; others arrive now. With
    `publish_months` each month is published when it is in. `on_progress` hears of ("look", done, total), `on_month` of
    every month that is done. Raises what `ingest` and `publish` raise.
    """
    quick = settings.model_copy(update={"settle_seconds": 0})
    files, refused = waiting_files(settings, inbox)
    done = Backfilled(refused={shown_name(path.name): reason for path, reason in refused.items()})
    own = start_readers(settings) if readers is None else None
    children = readers or own
    assert children is not None
    try:
        # What a run that was killed had received is judged before anything new.
        report = ingest(quick, runner, clock=clock, take_files=False, readers=children)
        done.faults, done.state = report.faults, report.state
        by_month = _by_month(children, files, on_progress)
        for period in _months(by_month, done.state, first, last, publish_months):
            if done.faults:
                break
            mine = by_month.get(period, [])
            if mine:
                report = ingest(
                    quick,
                    runner,
                    inbox=inbox,
                    received_at=received_at,
                    only=frozenset(mine),
                    clock=clock,
                    source=BACKFILL,
                    readers=children,
                )
                done.faults, done.state = report.faults, report.state
            month = _month_done(period, report if mine else None, done.state)
            if publish_months and period is not None and not done.faults:
                month = replace(month, release_id=_publish(quick, runner, period, bool(mine), clock))
            done.months.append(month)
            on_month(month)
    finally:
        if own is not None:
            own.close()
    known = {path for month in done.months for path in by_month.get(month.period, [])}
    done.left = [str(path.relative_to(inbox)) for path in files if path not in known]
    return done


def _by_month(
    readers: Readers, files: list[Path], on_progress: Callable[[str, int, int], None]
) -> dict[str | None, list[Path]]:
    """The files by the month on their cover; None for those that name no slot or can't be opened."""
    found: dict[str | None, list[Path]] = {}
    for start in range(0, len(files), _AHEAD):
        some = files[start : start + _AHEAD]
        started = [readers.submit(path, shown_name(path.name)) for path in some]
        for place, (path, reading) in enumerate(zip(some, started, strict=True), start=start + 1):
            try:
                workbook = reading.result()
            except OSError:
                # Gone or locked meanwhile: receiving it says so.
                found.setdefault(None, []).append(path)
                continue
            period = None if isinstance(workbook, Unreadable) else judged_period(workbook)
            found.setdefault(period, []).append(path)
            on_progress("look", place, len(files))
    return found


def _months(
    by_month: Mapping[str | None, list[Path]], state: State, first: str | None, last: str | None, publishing: bool
) -> list[str | None]:
    """The months to go through, in order: those with files, and those that a killed run did not come to publish."""
    months = {period for period in by_month if period is not None}
    if publishing:
        months |= {period for period in accepted_periods(state) if period > _last_published(state)}
    chosen = sorted(period for period in months if (first or period) <= period <= (last or period))
    # What names no month waits for none, and would be left behind.
    return [*([None] if None in by_month else []), *chosen]


def _last_published(state: State) -> str:
    """The last month of what readers have; empty before anything was published."""
    current = current_release(state)
    return current.as_of if current else ""


def _month_done(period: str | None, report: IngestReport | None, state: State) -> MonthDone:
    if period is not None:
        states = Counter(one.state for one in state.submissions.values() if one.period == period)
    else:
        taken = {one.submission_id for one in report.taken} if report else set()
        states = Counter(one.state for one in state.submissions.values() if one.submission_id in taken)
    return MonthDone(period, len(report.taken) if report else 0, states)


def _publish(
    settings: Settings, runner: Runner, period: str, is_new: bool, clock: Callable[[], dt.datetime]
) -> str | None:
    """The release of a month, or of a later one that is out already and that these files change."""
    ledger = Ledger(settings.database_url)
    try:
        last = _last_published(derive_state(ledger.events()))
    finally:
        ledger.close()
    if period <= last and not is_new:
        return None
    try:
        published = publish(
            settings, runner, as_of=max(period, last), now=clock(), small=SmallChanges.HOLD, source=BACKFILL
        )
    except NothingToPublish:
        return None
    return published.release.release_id
