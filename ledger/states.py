"""The state of every submission and slot, as it follows from the recorded events (contract, section 2)."""

import datetime as dt
from bisect import insort
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from errors import NoSuch
from ledger.events import Event

RECEIVED, UNREADABLE, WAITING, REJECTED, HELD, ACCEPTED = (
    "received",
    "unreadable",
    "waiting",
    "rejected",
    "held",
    "accepted",
)
RETURNED, WITHDRAWN, SUPERSEDED = "returned", "withdrawn", "superseded"
EXPECTED, EXCUSED = "expected", "excused"
# Judged again whenever that could change the verdict.
OPEN_STATES = (RECEIVED, WAITING, REJECTED, HELD)


@dataclass
class Waiver:
    """A validator's word that a finding, or a rule in one submission, may stand until a day. `event` gave it."""

    rule: str
    finding_id: str | None
    until: dt.date
    by: str
    reason: str
    at: dt.datetime
    event: int = 0


@dataclass
class Submission:
    """One received file. Times are UTC; `slot` is (district, period) once the cover has said so.

    `version` is the id of the last event that concerns it, `decision` of the one that gave it its state.
    """

    submission_id: str
    file_name: str
    received_at: dt.datetime
    order: int
    state: str = RECEIVED
    district_code: str | None = None
    period: str | None = None
    kind: str | None = None
    judgement: dict[str, Any] | None = None
    decided_at: dt.datetime | None = None
    decided_by: str | None = None
    reason: str = ""
    waivers: list[Waiver] = field(default_factory=list)
    received_again: list[dt.datetime] = field(default_factory=list)
    deliveries: list[dict[str, Any]] = field(default_factory=list)
    source: str = "inbox"
    version: int = 0
    decision: int = 0

    @property
    def short_id(self) -> str:
        """Enough of the id to name the submission to people and commands."""
        return self.submission_id[:12]

    @property
    def slot(self) -> tuple[str, str] | None:
        return (self.district_code, self.period) if self.district_code and self.period else None

    def counts(self, severity: str) -> int:
        """Findings of the last judgement with a severity that no waiver covers, plus waived ones."""
        counts: dict[str, int] = (self.judgement or {}).get("severities", {})
        return counts.get(severity, 0) + (len(self.received_again) if severity == "info" else 0)


@dataclass(frozen=True)
class Standing:
    """From `event` on, this submission stands for a slot; none where `submission_id` is None."""

    slot: tuple[str, str]
    submission_id: str | None
    event: Event


@dataclass
class State:
    """Everything that is known after the last event, which has the id `position`.

    `standings` is what stood for every slot over time, oldest first.
    """

    submissions: dict[str, Submission] = field(default_factory=dict)
    excused: dict[tuple[str, str], Event] = field(default_factory=dict)
    closed: dict[str, dt.datetime] = field(default_factory=dict)
    published: list[Event] = field(default_factory=list)
    standings: list[Standing] = field(default_factory=list)
    position: int = 0
    # District → period → what is accepted, kept by the fold: asked of every file, and there may be ten years of them.
    _accepted: dict[str, dict[str, list[Submission]]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        for submission in self.submissions.values():
            if submission.state == ACCEPTED:
                self._stand(submission)

    def accepted(self, slot: tuple[str, str]) -> Submission | None:
        """The submission that stands for a slot, or None. Of two, until one is superseded, the first received."""
        here = self._accepted.get(slot[0], {}).get(slot[1])
        return here[0] if here else None

    def accepted_of(self, district_code: str) -> dict[str, Submission]:
        """Period → the accepted submission of a district."""
        return {period: here[0] for period, here in self._accepted.get(district_code, {}).items() if here}

    def previous(self, slot: tuple[str, str]) -> Submission | None:
        """The district's accepted submission for the latest period before the slot's."""
        district_code, period = slot
        before = {p: s for p, s in self.accepted_of(district_code).items() if p < period}
        return before[max(before)] if before else None

    def newer_accepted(self, submission: Submission) -> bool:
        """Whether a file received later already stands for the same slot."""
        standing = self.accepted(submission.slot) if submission.slot else None
        return standing is not None and standing.order > submission.order

    def _stand(self, submission: Submission) -> None:
        if submission.slot:
            here = self._accepted.setdefault(submission.slot[0], {}).setdefault(submission.slot[1], [])
            if submission.state == ACCEPTED:
                insort(here, submission, key=lambda one: one.order)
            else:
                here[:] = [one for one in here if one.submission_id != submission.submission_id]

    def find(self, prefix: str) -> Submission:
        """The one submission whose id starts so. Raises NoSuch for none or several."""
        found = [s for key, s in self.submissions.items() if key.startswith(prefix.casefold())]
        if len(found) != 1 or not prefix:
            raise NoSuch(
                f"không tìm thấy đúng một tệp có mã bắt đầu bằng “{prefix}”",
                en=f"{len(found)} submissions begin with {prefix!r}",
            )
        return found[0]


def derive_state(events: Iterable[Event]) -> State:
    """Fold the events, oldest first, into what is known now."""
    state = State()
    extend_state(state, events)
    return state


def extend_state(state: State, events: Iterable[Event]) -> None:
    """Fold newer events into a state that is known."""
    for event in events:
        state.position = event.id
        if event.kind == "excused" and event.district_code and event.period:
            state.excused[(event.district_code, event.period)] = event
        elif event.kind == "closed" and event.period:
            state.closed[event.period] = event.at
        elif event.kind in ("published", "rolled_back"):
            state.published.append(event)
        elif event.kind == "received" and event.submission_id:
            state.submissions[event.submission_id] = Submission(
                submission_id=event.submission_id,
                file_name=event.payload["file_name"],
                received_at=event.at,
                order=event.id,
                deliveries=[event.payload],
                source=event.payload.get("source", "inbox"),
                version=event.id,
                decision=event.id,
            )
        elif event.submission_id:
            submission = state.submissions[event.submission_id]
            stood = submission.state == ACCEPTED
            _apply(submission, event)
            _note_standing(state, submission, stood, event)


def _note_standing(state: State, submission: Submission, stood: bool, event: Event) -> None:
    stands = submission.state == ACCEPTED
    if submission.slot is None or stood == stands:
        return
    state._stand(submission)
    # A file that was superseded no longer stood: its successor was recorded first.
    if stands or state.accepted(submission.slot) is None:
        standing = submission.submission_id if stands else None
        state.standings.append(Standing(submission.slot, standing, event))


def _apply(submission: Submission, event: Event) -> None:
    submission.version = event.id
    if event.kind == "received_again":
        submission.received_again.append(event.at)
        submission.deliveries.append(event.payload)
    elif event.kind == "judged":
        submission.judgement = event.payload
        submission.state = event.payload["verdict"]
        submission.district_code = event.district_code
        submission.period = event.period
        submission.kind = event.payload.get("kind")
        _decided(submission, event)
    elif event.kind == "waived":
        one: list[str | None] = [event.payload.get("finding_id")]
        submission.waivers += [
            Waiver(
                rule=event.payload["rule"],
                finding_id=finding_id,
                until=dt.date.fromisoformat(event.payload["until"]),
                by=event.by,
                reason=event.reason,
                at=event.at,
                event=event.id,
            )
            for finding_id in event.payload.get("finding_ids") or one
        ]
    elif event.kind == "unwaived":
        submission.waivers = [waiver for waiver in submission.waivers if waiver.event != event.payload["undoes"]]
    elif event.kind in ("accepted", "superseded", "returned", "withdrawn", "reopened"):
        submission.state = RECEIVED if event.kind == "reopened" else event.kind
        _decided(submission, event)


def _decided(submission: Submission, event: Event) -> None:
    submission.decided_at, submission.decided_by, submission.reason = event.at, event.by, event.reason
    submission.decision = event.id
