"""receive → read → derive → validate → judge → accept, for everything that waits.

One bad file never stops the others, and a fault of the system leaves its file waiting. Nothing here knows
a rule of the domain.
"""

import datetime as dt
import logging
import os
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any
from zoneinfo import ZoneInfo

from errors import SystemFault
from flows.notices import announce
from flows.runner import Runner
from flows.work import start_work
from ledger.events import Event, Ledger
from ledger.states import ACCEPTED, UNREADABLE, State, Submission, derive_state, extend_state
from settings import Settings
from tasks import accept, judge, receive
from tasks.case import Case
from tasks.cases import judged_period, make_case
from tasks.children import Readers, start_readers
from tasks.cover import read_cover
from tasks.cross import id_numbers
from tasks.fault_words import in_words
from tasks.faults import Unreadable
from tasks.files import sha256_of
from tasks.findings import Judged, finding, to_frame, with_household_id
from tasks.identity import check_unchanged
from tasks.judgements import read_findings, write_judgement
from tasks.judging import at_slot, judging_inputs, needs_judging
from tasks.ledgers import open_ledger
from tasks.leftovers import sweep
from tasks.locks import only_run
from tasks.names import shown_name
from tasks.pseudonym import fingerprint, root_key
from tasks.read import ReadWorkbook
from tasks.restore import restore_accepted
from tasks.returned import note_answered, unanswered, write_returned
from tasks.runs import run_of
from tasks.storage import keep_accepted, keep_raw
from telemetry.record import step, tell, tell_fault

# Workbooks held in memory at a time; the end does not depend on it, since files are judged again as needed.
CHUNK = 200


@dataclass
class Taken:
    """One file of the inbox: what became of it on arrival."""

    file_name: str
    submission_id: str | None
    duplicate: bool = False
    refused: str = ""


@dataclass
class IngestReport:
    """What a run did. `judged` names submissions in the order of their verdicts; `faults` are the system's."""

    taken: list[Taken] = field(default_factory=list)
    judged: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    state: State = field(default_factory=State)

    def counts(self) -> dict[str, int]:
        """Files taken and refused, verdicts by kind, faults of the system."""
        verdicts = Counter(self.state.submissions[one].state for one in dict.fromkeys(self.judged))
        refused = sum(bool(one.refused) for one in self.taken)
        return {
            "received": len(self.taken) - refused,
            "refused": refused,
            **dict(sorted(verdicts.items())),
            "faults": len(self.faults),
        }


def ingest(
    settings: Settings,
    runner: Runner,
    *,
    inbox: Path | None = None,
    received_at: Mapping[str, dt.datetime] | None = None,
    clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    source: str = "inbox",
    only: frozenset[Path] | None = None,
    again: frozenset[str] = frozenset(),
    take_files: bool = True,
    readers: Readers | None = None,
) -> IngestReport:
    """Take what waits in an inbox (unless `take_files` is false), then judge all that waits for a verdict.

    `received_at` gives the recorded arrival of a file by its name or its path under the inbox, where it is not now.
    `only` names the files to take, where it is not all of them. `again` names submissions to judge even if nothing that
    their verdict depends on has changed. `readers` are child processes that the caller keeps for several runs.

    Raises Busy when another run holds the data root.
    """
    with run_of(settings, "ingest" if take_files else "rejudge") as run:
        with only_run(settings, "ingest"):
            report = ingest_locked(
                settings,
                runner,
                inbox=inbox,
                received_at=received_at,
                clock=clock,
                source=source,
                only=only,
                again=again,
                take_files=take_files,
                readers=readers,
            )
        run.counts = report.counts()
        run.outcome = "faults" if report.faults else run.outcome
        announce(settings)
    return report


def ingest_locked(
    settings: Settings,
    runner: Runner,
    *,
    inbox: Path | None = None,
    received_at: Mapping[str, dt.datetime] | None = None,
    clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    source: str = "inbox",
    only: frozenset[Path] | None = None,
    again: frozenset[str] = frozenset(),
    take_files: bool = True,
    readers: Readers | None = None,
) -> IngestReport:
    """`ingest` for who holds the lock already. Raises SystemFault where the program was replaced under this process."""
    check_unchanged()
    ledger = open_ledger(settings)
    try:
        report = IngestReport()
        sweep(settings, inbox or settings.inbox)
        if take_files:
            at = received_at or {}
            _receive(settings, runner, ledger, inbox or settings.inbox, report, at, clock, source, only)
        with _Judging(settings, runner, ledger, report, clock, readers) as judging:
            judging.run(again)
            report.state = judging.answer()
        return report
    finally:
        ledger.close()


def _receive(
    settings: Settings,
    runner: Runner,
    ledger: Ledger,
    inbox: Path,
    report: IngestReport,
    received_at: Mapping[str, dt.datetime],
    clock: Callable[[], dt.datetime],
    source: str,
    only: frozenset[Path] | None,
) -> None:
    waiting = receive.find_waiting(inbox, settings.settle_seconds)
    for path, reason in waiting.refused.items():
        if only is not None and path not in only:
            continue
        receive.leave_note(path, reason)
        report.taken.append(Taken(shown_name(path.name), None, refused=reason))
        tell("file.refused", logging.WARNING, because=reason)
    state = derive_state(ledger.events())

    keep = partial(keep_raw, settings)
    files = [path for path in waiting.files if only is None or path in only]
    arrivals = {path: received_at.get(str(path.relative_to(inbox))) or received_at.get(path.name) for path in files}

    def take(path: Path) -> Taken:
        with step("receive") as told:
            event = receive.receive_file(path, settings.raw, arrivals[path] or clock(), state, source, keep)
            if event is None:  # recorded by a run that was stopped before the move
                submission_id = told["submission"] = sha256_of(path)
                receive.set_aside(path, inbox, submission_id)
                return Taken(shown_name(path.name), submission_id)
            told["submission"] = event.submission_id
            ledger.append([event])
            _remember(state, event)
            assert event.submission_id
            receive.set_aside(path, inbox, event.submission_id, event.payload["mark"])
            return Taken(shown_name(path.name), event.submission_id, duplicate=event.kind == "received_again")

    files.sort(key=lambda path: (arrivals[path] or dt.datetime.max.replace(tzinfo=dt.UTC), path))
    # Names of files may hold names of people, and who hears of a step keeps its label.
    numbers = {path: f"{number} of {len(files)}" for number, path in enumerate(files, start=1)}
    outcomes = runner.each("receive", take, files, numbers.__getitem__)
    for path, outcome in zip(files, outcomes, strict=True):
        if isinstance(outcome, receive.StillChanging):
            receive.leave_note(path, receive.STILL_CHANGING)
            report.taken.append(Taken(shown_name(path.name), None, refused=receive.STILL_CHANGING))
            tell("file.refused", logging.WARNING, because=receive.STILL_CHANGING)
        elif isinstance(outcome, FileNotFoundError) and not os.path.lexists(path):
            tell("file.refused", logging.WARNING, because="removed before it was taken")
        elif isinstance(outcome, Exception):
            _note_fault(report, f"Tệp {shown_name(path.name)} chưa nhận được", outcome)
        else:
            report.taken.append(outcome)


def _remember(state: State, event: Event) -> None:
    """Keep the state of arrivals current, so that the same bytes twice in one inbox are one submission."""
    assert event.submission_id
    if event.kind == "received":
        state.submissions[event.submission_id] = Submission(
            event.submission_id, event.payload["file_name"], event.at, 0, deliveries=[event.payload]
        )
    else:
        state.submissions[event.submission_id].deliveries.append(event.payload)


class _Judging:
    """One run's judging: child readers, workbooks at hand, and what failed for reasons of our own."""

    def __init__(
        self,
        settings: Settings,
        runner: Runner,
        ledger: Ledger,
        report: IngestReport,
        clock: Callable[[], dt.datetime],
        readers: Readers | None,
    ) -> None:
        self.settings = settings
        self.runner = runner
        self.ledger = ledger
        self.report = report
        self.clock = clock
        self.readers = readers
        self.keeps_readers = readers is not None
        self.stack = ExitStack()
        self.work = self.stack.enter_context(start_work(settings, runner, self._own_readers, here=self.keeps_readers))
        self.workbooks: dict[str, ReadWorkbook | Unreadable] = {}
        self.failed: set[str] = set()
        self.key = root_key(settings, derive_state(ledger.events()))

    def __enter__(self) -> "_Judging":
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self.stack.__exit__(kind, fault, at)
        if self.readers is not None and not self.keeps_readers:
            self.readers.__exit__(kind, fault, at)

    def _own_readers(self) -> Readers:
        self.readers = self.readers or start_readers(self.settings)
        return self.readers

    def run(self, again: frozenset[str]) -> None:
        """Judge until nothing that is recorded asks for a judgement any more."""
        forced = set(again)
        while True:
            state = derive_state(self.ledger.events())
            due = [
                submission
                for submission in state.submissions.values()
                if submission.submission_id not in self.failed
                and (submission.submission_id in forced or needs_judging(state, submission, self.settings.first_period))
            ]
            if not due:
                return
            self._read([one for one in due if one.submission_id not in self.workbooks][:CHUNK])
            wave = self._wave(due)
            forced -= {submission.submission_id for submission in wave}
            if wave:
                self._judge(state, wave)

    def _read(self, submissions: list[Submission]) -> None:
        """Open the files, in limited children or on a cluster; what they hold stays at hand until they are accepted."""
        if not submissions:
            return
        started = {one.submission_id: self.work.read(one) for one in submissions}
        self.work.get_ready()

        def wait(submission: Submission) -> ReadWorkbook | Unreadable:
            first = started.pop(submission.submission_id, None)
            with step("read", submission=submission.submission_id) as told:
                # Another attempt of this step reads anew.
                found = (first or self.work.read(submission))()
                told["outcome"] = "unreadable" if isinstance(found, Unreadable) else None
                return found

        outcomes = self.runner.each("read", wait, submissions, lambda one: one.short_id)
        for submission, outcome in zip(submissions, outcomes, strict=True):
            if isinstance(outcome, Exception) and not isinstance(outcome, Unreadable):
                self.failed.add(submission.submission_id)
                _note_fault(self.report, f"Tệp {submission.file_name} chưa đọc được", outcome)
            else:
                self.workbooks[submission.submission_id] = outcome

    def _wave(self, due: list[Submission]) -> list[Submission]:
        """Submissions to judge at once: all of the earliest period, the first received first.

        Files for one slot may be in it together: none is another's previous register.
        """
        periods = {one.submission_id: self._period(one) or "" for one in due if one.submission_id in self.workbooks}
        earliest = min(periods.values(), default="")
        wave = [one for one in due if periods.get(one.submission_id) == earliest]
        return sorted(wave, key=lambda one: one.order)

    def _period(self, submission: Submission) -> str | None:
        """The month to judge a submission in; None where its cover names no slot that the form serves."""
        workbook = self.workbooks[submission.submission_id]
        if isinstance(workbook, Unreadable):
            return None
        return judged_period(workbook)

    def _judge(self, state: State, wave: list[Submission]) -> None:
        unreadable = [one for one in wave if isinstance(self.workbooks[one.submission_id], Unreadable)]
        for submission in unreadable:
            self._refuse(submission)
        readable = [one for one in wave if one not in unreadable]
        if not readable:
            return
        outcomes = self.runner.each(
            "validate", lambda some: self._validate(state, some), [readable], lambda some: f"{len(some)} files"
        )
        if isinstance(outcomes[0], Exception):
            # Somebody's file breaks a rule's computing: find whose, the others go on.
            outcomes = self.runner.each(
                "validate",
                lambda some: self._validate(state, some),
                [[one] for one in readable],
                lambda some: some[0].short_id,
            )
            groups = [[one] for one in readable]
        else:
            groups = [readable]
        for group, outcome in zip(groups, outcomes, strict=True):
            if isinstance(outcome, Exception):
                for submission in group:
                    self.failed.add(submission.submission_id)
                    _note_fault(self.report, f"Tệp {submission.file_name} chưa kiểm tra được", outcome)
                continue
            pairs = list(zip(group, *outcome, strict=True))
            ends = self.runner.each(
                "accept", lambda pair: self._conclude(state, *pair), pairs, lambda pair: pair[0].short_id
            )
            for submission, end in zip(group, ends, strict=True):
                if isinstance(end, Exception):
                    self.failed.add(submission.submission_id)
                    _note_fault(self.report, f"Tệp {submission.file_name} chưa nạp được", end)

    def _validate(self, state: State, submissions: list[Submission]) -> tuple[list[Case], list[Judged]]:
        alone = submissions[0].submission_id if len(submissions) == 1 else None
        with step("validate", submission=alone) as told:
            cases = [self._case(state, submission) for submission in submissions]
            period = next((case.period for case in cases if case.is_judgeable), None)
            told |= {"period": period, "counts": {"files": len(cases)}}
            return cases, self.work.judge(cases, self.settings.listed_findings)

    def _case(self, state: State, submission: Submission) -> Case:
        workbook = self.workbooks[submission.submission_id]
        assert isinstance(workbook, ReadWorkbook)
        return make_case(self.settings, state, submission, workbook, self._accepted)

    def _accepted(self, submission: Submission) -> Path:
        """The folder of an accepted submission, written again from the raw bytes where it was lost."""
        restore_accepted(self.settings, [submission], self.key, self.readers)
        return self.settings.accepted / submission.submission_id

    def _conclude(self, state: State, submission: Submission, case: Case, judged: Judged) -> str:
        """Record the verdict, in the ledger and in `state`; what is accepted is on disk before the ledger says so."""
        about = {"submission": submission.submission_id, "district": case.district_code, "period": case.period}
        with step("accept", **about) as told:
            verdict = told["outcome"] = self._record(state, submission, case, judged)
            return verdict

    def _record(self, state: State, submission: Submission, case: Case, judged: Judged) -> str:
        at = self.clock()
        slot = (case.district_code, case.period) if case.district_code and case.period else None
        inputs = judging_inputs(state, at_slot(submission, slot), self.settings.first_period)
        today = at.astimezone(ZoneInfo(self.settings.timezone)).date()
        waits = bool(inputs.get("waits"))
        listed, verdict = judge.conclude(judged.counts, judged.listed, submission.waivers, today, waits)
        events = [self._judged_event(submission, case, judged.counts, listed, verdict, inputs, at)]
        if verdict == ACCEPTED and case.district_code and case.period:
            tables = accept.accepted_tables(
                case.workbook, submission.submission_id, case.district_code, case.period, self.key
            )
            keep_accepted(self.settings, submission.submission_id, tables)
            standing = state.accepted((case.district_code, case.period))
            if standing is not None:
                events.append(
                    Event(
                        "superseded",
                        at,
                        submission_id=standing.submission_id,
                        district_code=case.district_code,
                        period=case.period,
                        payload={"by": submission.submission_id},
                    )
                )
        self.ledger.append(events)
        extend_state(state, events)
        self.report.judged.append(submission.submission_id)
        if verdict == ACCEPTED:  # not judged again; a national month would not fit in memory
            self.workbooks.pop(submission.submission_id, None)
        return verdict

    def answer(self) -> State:
        """Lay a marked workbook ready for whatever was judged or returned, by this run or one that was cut off.

        It can be made again, so its failing changes no verdict: the next run tries again, unless it is the file
        itself that can't be marked. Returns what is known after the run.
        """
        events = self.ledger.events()
        state = derive_state(events)
        for submission, event_id in unanswered(self.settings, events, state):
            what = f"Chưa ghi được bản đánh dấu lỗi của tệp {submission.file_name}"
            try:
                with step("answer", submission=submission.submission_id):
                    findings = read_findings(self.settings.judgements, state, submission, self.settings.timezone)
                    write_returned(self.settings, submission, findings, readers=self._own_readers())
                    note_answered(self.settings, submission, event_id)
            except Unreadable as fault:
                _note_fault(self.report, what, fault)
                note_answered(self.settings, submission, event_id)
            except Exception as fault:
                _note_fault(self.report, what, fault)
        return state

    def _judged_event(
        self,
        submission: Submission,
        case: Case,
        counts: Counter[str],
        listed: list[dict[str, Any]],
        verdict: str,
        inputs: dict[str, Any],
        at: dt.datetime,
    ) -> Event:
        findings = with_household_id(to_frame(listed), self.key)
        name = write_judgement(self.settings.judgements, submission.submission_id, findings)
        numbers = id_numbers(case.workbook, self.key)
        numbers_name = write_judgement(self.settings.judgements, submission.submission_id, numbers)
        return Event(
            "judged",
            at,
            submission_id=submission.submission_id,
            district_code=case.district_code,
            period=case.period,
            payload={
                "verdict": verdict,
                "kind": read_cover(case.workbook).kind,
                "inputs": inputs,
                "counts": dict(counts),
                "severities": judge.severities(counts),
                "findings": name,
                "id_numbers": numbers_name,
                "rule_pack": judge.rule_pack(),
                "key": fingerprint(self.key),
            },
        )

    def _refuse(self, submission: Submission) -> None:
        """F01: what can't be opened is kept, named, and waits for nobody."""
        fault = self.workbooks[submission.submission_id]
        assert isinstance(fault, Unreadable)
        listed = [finding(submission.submission_id, "F01", {"reason": fault.reason_vi})]
        english = finding(submission.submission_id, "F01", {"reason": fault.reason_en})["message_en"]
        listed[0]["message_en"] = english
        counts = Counter({"F01": 1})
        event = Event(
            "judged",
            self.clock(),
            submission_id=submission.submission_id,
            payload={
                "verdict": UNREADABLE,
                "kind": None,
                "inputs": {},
                "counts": dict(counts),
                "severities": judge.severities(counts),
                "findings": write_judgement(
                    self.settings.judgements, submission.submission_id, with_household_id(to_frame(listed), self.key)
                ),
                "rule_pack": judge.rule_pack(),
                "key": fingerprint(self.key),
            },
        )
        self.ledger.append([event])
        self.report.judged.append(submission.submission_id)


class FaultsOfTheSystem(SystemFault):
    """A run that went on past faults of the system; `report` says what was done and what was not."""

    outcome = "faults"

    def __init__(self, report: IngestReport) -> None:
        super().__init__(
            f"{len(report.faults)} faults of the system",
            f"{len(report.faults)} lỗi của hệ thống",
            "see each of them below",
            "xem từng lỗi ở dưới",
        )
        self.report = report

    @property
    def details(self) -> list[str]:
        """The sentence of each."""
        return self.report.faults


def _note_fault(report: IngestReport, what: str, fault: Exception) -> None:
    # What a step has told already is not told again; its record's number is in the sentence.
    tell_fault("step.failed", fault)
    report.faults.append(f"{what}. {describe(fault)}")


def describe(fault: Exception) -> str:
    """A fault of the system in one sentence, with the way on."""
    return in_words(fault, "chạy lại giamngheo ingest")
