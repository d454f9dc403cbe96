"""A validator's decision and what follows from it, in one go: the event, then the judging that it changes.

The command line and the desk both come here.
"""

import datetime as dt
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from zoneinfo import ZoneInfo

from flows.ingest import describe, ingest_locked
from flows.notices import announce
from flows.runner import Runner
from ledger.events import Event
from ledger.states import State, Submission, derive_state, extend_state
from settings import Settings
from tasks import decide
from tasks.children import Readers
from tasks.judgements import read_findings
from tasks.ledgers import open_ledger
from tasks.locks import only_run
from tasks.pseudonym import root_key
from tasks.restore import restore_accepted
from tasks.runs import recorded
from telemetry.record import tell_fault
from telemetry.runs import Run

# How long a decision waits for a run that is under way.
PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Asked:
    """One decision on one submission, named by its id or the start of it.

    `action` is return, waive, accept, withdraw or reopen; a waiver is of a rule, or of findings by their ids. `seen` is
    the version of the submission that the validator looked at; None asks for no comparison.
    """

    submission_id: str
    action: str
    rule: str = ""
    finding_ids: tuple[str, ...] = ()
    seen: int | None = None


@dataclass
class Decided:
    """What was recorded, and what is known after the judging that followed.

    `faults` are the system's, met after the recording: the files concerned wait for the next run.
    """

    events: list[Event]
    state: State
    faults: list[str] = field(default_factory=list)


def decide_on(
    settings: Settings,
    runner: Runner,
    submission_id: str,
    action: str,
    *,
    by: str,
    reason: str,
    at: dt.datetime,
    rule: str = "",
    finding_id: str | None = None,
    until: dt.date | None = None,
    readers: Readers | None = None,
) -> State:
    """`decide_all` for one submission; returns what is known afterwards."""
    asked = Asked(submission_id, action, rule, (finding_id,) if finding_id else ())
    return decide_all(settings, runner, [asked], by=by, reason=reason, at=at, until=until, readers=readers).state


def decide_all(
    settings: Settings,
    runner: Runner,
    asked: Sequence[Asked],
    *,
    by: str,
    reason: str,
    at: dt.datetime,
    until: dt.date | None = None,
    readers: Readers | None = None,
    patience: float = PATIENCE_SECONDS,
) -> Decided:
    """Decide on one or many submissions for one reason, and judge again whatever depends on it.

    All are recorded or none. Several carry the same `together` in their payloads. Raises errors.NoSuch (no such
    submission), decide.NotAllowed, decide.Changed, tasks.locks.Busy; nothing was recorded then.
    """
    today = at.astimezone(ZoneInfo(settings.timezone)).date()

    def events(state: State, _: list[Event]) -> list[Event]:
        found: list[Event] = []
        for one in asked:
            submission = state.find(one.submission_id)
            made = _events(settings, state, submission, one, by, reason, at, until or today, today)
            # The next decision of the lot is held against what this one leaves.
            extend_state(state, made)
            found += made
        # What a validator accepts is on disk before the ledger says so, as for what the rules accept.
        accepted = [state.find(one.submission_id) for one in asked if one.action == "accept"]
        restore_accepted(settings, accepted, root_key(settings, state), readers)
        if len(found) > 1:
            together = secrets.token_hex(8)
            for event in found:
                event.payload["together"] = together
        return found

    seen = {one.submission_id: one.seen for one in asked if one.seen is not None}
    return _record(settings, runner, events, at, readers, seen, patience)


def undo(
    settings: Settings,
    runner: Runner,
    event_id: int,
    *,
    by: str,
    reason: str,
    at: dt.datetime,
    readers: Readers | None = None,
    patience: float = PATIENCE_SECONDS,
) -> Decided:
    """Take back the decision that an event recorded (tasks.decide.undo), and judge again what depends on it.

    Raises LookupError (no such event), decide.NotAllowed, tasks.locks.Busy; nothing was recorded then.
    """

    def events(state: State, recorded: list[Event]) -> list[Event]:
        return decide.undo(state, recorded, event_id, by, reason, at)

    return _record(settings, runner, events, at, readers, {}, patience)


def record(
    settings: Settings,
    runner: Runner,
    make: Callable[[State], list[Event]],
    at: dt.datetime,
    readers: Readers | None = None,
) -> State:
    """Record the events that `make` draws from the present state, then judge again what they change."""
    return _record(settings, runner, lambda state, _: make(state), at, readers, {}, PATIENCE_SECONDS).state


@recorded("decision", lambda run, done: _note(run, done))
def _record(
    settings: Settings,
    runner: Runner,
    make: Callable[[State, list[Event]], list[Event]],
    at: dt.datetime,
    readers: Readers | None,
    seen: Mapping[str, int],
    patience: float,
) -> Decided:
    """Under one lock from the look at what is known to the last verdict, so that no other run comes between."""
    with only_run(settings, "ingest", patience):
        ledger = open_ledger(settings)
        try:
            known = ledger.events()
            state = derive_state(known)
            _refuse_changed(state, known, seen)
            recorded = ledger.append(make(state, known))
            try:
                report = ingest_locked(settings, runner, clock=lambda: at, take_files=False, readers=readers)
            except Exception as fault:
                # The decision stands: what it changes is judged by the next run.
                tell_fault("step.failed", fault, step="judge")
                done = Decided(recorded, derive_state(ledger.events()), [describe(fault)])
            else:
                done = Decided(recorded, report.state, report.faults)
        finally:
            ledger.close()
    announce(settings)
    return done


def _note(run: Run, done: Decided) -> None:
    run.counts = {"events": len(done.events), "faults": len(done.faults)}
    run.outcome = "faults" if done.faults else run.outcome


def _refuse_changed(state: State, known: Sequence[Event], seen: Mapping[str, int]) -> None:
    """Raises decide.Changed for the first submission that has another version than was seen."""
    for submission_id, version in seen.items():
        now = state.find(submission_id)
        if now.version == version:
            continue
        was = derive_state(event for event in known if event.id <= version).submissions.get(now.submission_id)
        mine = [event for event in known if event.submission_id == now.submission_id]
        raise decide.Changed(was, now, [event for event in mine if event.id > version] or mine[-1:])


def _events(
    settings: Settings,
    state: State,
    submission: Submission,
    asked: Asked,
    by: str,
    reason: str,
    at: dt.datetime,
    until: dt.date,
    today: dt.date,
) -> list[Event]:
    """What one decision records."""
    if asked.action == "return":
        return decide.return_(submission, by, reason, at)
    if asked.action == "withdraw":
        return decide.withdraw(submission, by, reason, at)
    if asked.action == "reopen":
        return decide.reopen(state, submission, by, reason, at)
    if asked.action == "waive":
        found: list[Event] = []
        for rule, finding_ids in _by_rule(settings, state, submission, asked):
            found += decide.waive(
                state, submission, by, reason, at, rule=rule, until=until, finding_ids=finding_ids, today=today
            )
        return found
    if asked.action == "accept":
        return decide.accept_held(state, submission, by, reason, at)
    raise ValueError(f"no such decision: {asked.action}")


def _by_rule(
    settings: Settings, state: State, submission: Submission, asked: Asked
) -> list[tuple[str, tuple[str, ...]]]:
    """The rule asked for, or the findings asked for by their rules. Raises NotAllowed for one that is not listed."""
    if not asked.finding_ids:
        return [(asked.rule, ())]
    listed = read_findings(settings.judgements, state, submission, settings.timezone)
    rule_of = dict(listed.select("finding_id", "rule").iter_rows())
    unknown = [one for one in asked.finding_ids if one not in rule_of]
    if unknown:
        raise decide.NotAllowed(f"tệp này không có lỗi {', '.join(unknown[:3])}")
    chosen = sorted(set(asked.finding_ids), key=lambda one: (rule_of[one], one))
    return [(rule, tuple(ids)) for rule, ids in groupby(chosen, key=rule_of.__getitem__)]
