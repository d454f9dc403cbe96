"""Judge every known submission by the present rule pack, from its raw bytes, and say what that would change.

Nothing is recorded: no event, no judgement. What a submission was judged under (the month's closing, the previous
register, waivers) is taken as it stood at its judging event, so that only rules and code can make a difference.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from zoneinfo import ZoneInfo

from flows.ingest import CHUNK
from ledger.events import Event
from ledger.states import UNREADABLE, State, Submission, derive_state, extend_state
from settings import Settings
from tasks import judge
from tasks.case import Case
from tasks.cases import judge_cases, judged_period, make_case
from tasks.children import Readers, start_readers
from tasks.fault_words import in_words
from tasks.faults import SystemFault, Unreadable
from tasks.findings import Judged
from tasks.inputs import code_version
from tasks.judging import at_slot, judging_inputs
from tasks.ledgers import open_ledger
from tasks.pseudonym import pseudonym_key
from tasks.read import ReadWorkbook
from tasks.replay import Judgement, Replay, compare, judged_before, judgement
from tasks.restore import restore_accepted, submit_raw
from tasks.storage import accepted_folder
from telemetry.record import tell_fault

NEVER_JUDGED = "chưa được kiểm tra lần nào; giamngheo ingest sẽ kiểm tra"


def replay(
    settings: Settings,
    *,
    period: str | None = None,
    district: str | None = None,
    on_progress: Callable[[str, int, int], None] = lambda stage, done, total: None,
    readers: Readers | None = None,
) -> Replay:
    """Judge again, for the listing alone, every submission that was judged before: accepted, superseded, rejected,
    held, waiting, unreadable, returned and withdrawn ones; or those of a month (YYYY-MM) or district.

    `on_progress` hears of ("replay", done, total). A submission that can't be judged for a reason of ours is among
    the faults; the others go on. The tables of an earlier register are written again where they were lost.
    """
    ledger = open_ledger(settings)
    try:
        events = ledger.events()
    finally:
        ledger.close()
    state = derive_state(events)
    found = Replay(judge.rule_pack(), code_version())
    chosen = [
        one
        for one in state.submissions.values()
        if period in (None, one.period) and district in (None, one.district_code)
    ]
    found.left_out = [
        {"submission_id": one.submission_id, "file_name": one.file_name, "why": NEVER_JUDGED}
        for one in chosen
        if one.judgement is None
    ]
    asked = [one for one in chosen if one.judgement is not None]
    found.rule_packs = Counter(one.judgement["rule_pack"] for one in asked if one.judgement)
    if not asked:
        return found
    with nullcontext(readers) if readers else start_readers(settings, min(settings.readers, len(asked))) as children:
        run = _Replaying(settings, events, state, found, children)
        done = 0
        for lot, reading in run.ahead(list(_lots(asked))):
            run.judge(lot, reading)
            done += len(lot)
            on_progress("replay", done, len(asked))
    found.changes.sort(key=lambda change: (change.period or "", change.district_code or "", change.file_name))
    return found


def _lots(submissions: list[Submission]) -> Iterator[list[Submission]]:
    """Submissions of one month, so many at a time as fit into memory."""
    by_month = sorted(submissions, key=lambda one: (one.period or "", one.order))
    for _, month in groupby(by_month, key=lambda one: one.period):
        rest = list(month)
        for start in range(0, len(rest), CHUNK):
            yield rest[start : start + CHUNK]


@dataclass
class _Then:
    """A submission as it was when it was last judged."""

    case: Case
    slot: tuple[str, str] | None
    waits: bool
    at: Event
    submission: Submission


Reading = dict[str, "Future[ReadWorkbook | Unreadable] | Exception"]


class _Replaying:
    """One replay: the events, what they come to, and the children that read."""

    def __init__(
        self, settings: Settings, events: Sequence[Event], state: State, found: Replay, readers: Readers
    ) -> None:
        self.settings = settings
        self.events = events
        self.state = state
        self.found = found
        self.readers = readers
        self.last = {event.submission_id: event.id for event in events if event.kind == "judged"}

    def ahead(self, lots: list[list[Submission]]) -> Iterator[tuple[list[Submission], Reading]]:
        """Each lot with its reading under way; the next one's begins before this one is judged."""
        next_one = self._read(lots[0])
        for place, lot in enumerate(lots):
            reading, next_one = next_one, self._read(lots[place + 1]) if place + 1 < len(lots) else {}
            yield lot, reading

    def _read(self, lot: list[Submission]) -> Reading:
        started: Reading = {}
        for one in lot:
            try:
                started[one.submission_id] = submit_raw(self.settings, one, self.readers)
            except (OSError, SystemFault) as fault:
                started[one.submission_id] = fault
        return started

    def judge(self, lot: list[Submission], reading: Reading) -> None:
        workbooks: dict[str, ReadWorkbook] = {}
        for submission in lot:
            started = reading[submission.submission_id]
            try:
                if isinstance(started, Exception):
                    raise started
                workbook = started.result()
            except Exception as fault:
                self._note(submission, fault)
                continue
            if isinstance(workbook, Unreadable):
                now = judgement(UNREADABLE, None, Counter({"F01": 1}), [])
                self._compare(submission, now)
            else:
                workbooks[submission.submission_id] = workbook
        made = self._as_then(workbooks)
        by_period: dict[str | None, list[_Then]] = {}
        for then in made:
            by_period.setdefault(judged_period(then.case.workbook), []).append(then)
        for group in by_period.values():
            self._judge_group(group)

    def _as_then(self, workbooks: dict[str, ReadWorkbook]) -> list[_Then]:
        """The cases of some workbooks, each with what was recorded when it was last judged."""
        made = []
        state = State()
        for event in self.events:
            if event.submission_id in workbooks and self.last.get(event.submission_id) == event.id:
                submission = state.submissions[event.submission_id]
                try:
                    made.append(self._case(state, submission, event, workbooks[event.submission_id]))
                except Exception as fault:
                    self._note(submission, fault)
            extend_state(state, [event])
        return made

    def _case(self, state: State, submission: Submission, event: Event, workbook: ReadWorkbook) -> _Then:
        case = make_case(self.settings, state, submission, workbook, self._accepted)
        slot = (case.district_code, case.period) if case.district_code and case.period else None
        here = at_slot(submission, slot)
        waits = bool(judging_inputs(state, here, self.settings.first_period).get("waits"))
        return _Then(case, slot, waits, event, here)

    def _accepted(self, submission: Submission) -> Path:
        folder = accepted_folder(self.settings, submission.submission_id)
        if folder is None:
            key = pseudonym_key(self.settings.data, self.settings.pseudonym_key)
            restore_accepted(self.settings, [submission], key, self.readers)
        return folder or self.settings.accepted / submission.submission_id

    def _judge_group(self, group: list[_Then]) -> None:
        try:
            outcomes = judge_cases([then.case for then in group], self.settings.listed_findings)
        except Exception as fault:
            if len(group) == 1:
                self._note(group[0].submission, fault)
                return
            # One file breaks a rule's computing: the others are judged without it.
            for then in group:
                self._judge_group([then])
            return
        for then, judged in zip(group, outcomes, strict=True):
            self._compare(self.state.submissions[then.submission.submission_id], self._concluded(then, judged))

    def _concluded(self, then: _Then, judged: Judged) -> Judgement:
        on = then.at.at.astimezone(ZoneInfo(self.settings.timezone)).date()
        listed, verdict = judge.conclude(judged.counts, judged.listed, then.submission.waivers, on, then.waits)
        rows = [(row["rule"], row["finding_id"], row["severity"]) for row in listed]
        return judgement(verdict, then.slot, judged.counts, rows)

    def _compare(self, submission: Submission, now: Judgement) -> None:
        self.found.judged += 1
        change = compare(self.state, submission, judged_before(self.settings.judgements, submission), now)
        if change is not None:
            self.found.changes.append(change)

    def _note(self, submission: Submission, fault: Exception) -> None:
        tell_fault("replay.failed", fault, submission=submission.submission_id)
        file = f"Tệp {submission.file_name} ({submission.submission_id[:12]})"
        self.found.faults.append(f"{file}: {in_words(fault)}")
