"""A validator's decision and what follows from it, in one go: the event, then the judging that it changes."""

import datetime as dt
from collections.abc import Callable
from zoneinfo import ZoneInfo

from flows.ingest import ingest
from flows.runner import Runner
from ledger.events import Event, Ledger
from ledger.states import UNREADABLE, State, Submission, derive_state
from settings import Settings
from tasks import decide
from tasks.children import Readers
from tasks.judgements import read_findings
from tasks.locks import only_one
from tasks.pseudonym import pseudonym_key
from tasks.restore import restore_accepted
from tasks.returned import write_returned

# How long a decision waits for a run that is under way.
PATIENCE_SECONDS = 60


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
    """Return, waive, accept, withdraw or reopen a submission, named by its id or the start of it.

    Then judges again whatever depends on it. Raises LookupError (no such submission), decide.NotAllowed,
    Busy.
    """

    def events(state: State) -> list[Event]:
        submission = state.find(submission_id)
        if action in ("reopen", "waive") and state.newer_accepted(submission):
            raise decide.NotAllowed("đã có tệp gửi sau được chấp nhận cho kỳ này")
        if action == "return":
            return decide.return_(submission, by, reason, at)
        if action == "withdraw":
            return decide.withdraw(submission, by, reason, at)
        if action == "reopen":
            return decide.reopen(submission, by, reason, at)
        if action == "waive":
            today = at.astimezone(ZoneInfo(settings.timezone)).date()
            return decide.waive(
                submission, by, reason, at, rule=rule, finding_id=finding_id, until=until or today, today=today
            )
        if action == "accept":
            found = decide.accept_held(state, submission, by, reason, at)
            _write_tables(settings, submission)
            return found
        raise ValueError(f"no such decision: {action}")

    state = record(settings, runner, events, at, readers)
    if action == "return":
        _send_back(settings, state, state.find(submission_id), reason, readers)
    return state


def record(
    settings: Settings,
    runner: Runner,
    make: Callable[[State], list[Event]],
    at: dt.datetime,
    readers: Readers | None = None,
) -> State:
    """Record the events that `make` draws from the present state, then judge again what they change."""
    with only_one(settings.data, "ingest", PATIENCE_SECONDS):
        ledger = Ledger(settings.database_url)
        try:
            ledger.append(make(derive_state(ledger.events())))
        finally:
            ledger.close()
    return ingest(settings, runner, clock=lambda: at, take_files=False, readers=readers).state


def _send_back(settings: Settings, state: State, submission: Submission, reason: str, readers: Readers | None) -> None:
    """The district's own workbook, marked, with the validator's reason; a file that can't be opened has none."""
    if submission.judgement is None or submission.judgement["verdict"] == UNREADABLE:
        return
    findings = read_findings(settings.judgements, state, submission, settings.timezone)
    write_returned(settings, submission, findings, reason, readers)


def _write_tables(settings: Settings, submission: Submission) -> None:
    """What a validator accepts is on disk before the ledger says so, as for what the rules accept."""
    if not (settings.accepted / submission.submission_id).exists():
        restore_accepted(settings, submission, pseudonym_key(settings.data, settings.pseudonym_key))
