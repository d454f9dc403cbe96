"""All that was recorded of a slot or a submission, and the audit log: events, the last first."""

from collections.abc import Iterable
from dataclasses import dataclass

from ledger.events import Event
from ledger.states import State, Submission

# Events that a person decided; the others follow from files and rules.
DECISIONS = ("accepted", "waived", "unwaived", "returned", "withdrawn", "reopened", "excused", "closed")
KINDS = (
    "received",
    "received_again",
    "judged",
    "accepted",
    "superseded",
    "waived",
    "unwaived",
    "returned",
    "withdrawn",
    "reopened",
    "excused",
    "closed",
    "published",
    "rolled_back",
)
PAGE_SIZE = 100


@dataclass(frozen=True)
class AuditPage:
    """One page of the audit log; `pages` is at least 1."""

    events: tuple[Event, ...]
    matched: int
    page: int
    pages: int


def slot_history(events: Iterable[Event], state: State, slot: tuple[str, str]) -> list[Event]:
    """Everything about a slot: its files, from their arrival on, what was decided of the slot, and its closing."""
    files = {one.submission_id for one in state.submissions.values() if one.slot == slot}
    found = [
        event
        for event in events
        if event.submission_id in files
        or (event.submission_id is None and (event.district_code, event.period) == slot)
        or (event.kind == "closed" and event.period == slot[1])
    ]
    return found[::-1]


def submission_history(events: Iterable[Event], submission: Submission) -> list[Event]:
    """Everything about one file."""
    return [event for event in events if event.submission_id == submission.submission_id][::-1]


def audit_events(events: Iterable[Event], kind: str = "", text: str = "") -> list[Event]:
    """The events of a kind (`decision` for all that persons decided) that hold all words of a text."""
    kinds = DECISIONS if kind == "decision" else (kind,) if kind else KINDS
    words = text.casefold().split()
    found = [
        event
        for event in events
        if (not kind or event.kind in kinds) and all(word in _searched(event) for word in words)
    ]
    return found[::-1]


def audit_page(found: list[Event], page: int) -> AuditPage:
    """One page of events; a page past the end is the last one."""
    pages = max(1, -(-len(found) // PAGE_SIZE))
    page = min(max(1, page), pages)
    return AuditPage(tuple(found[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]), len(found), page, pages)


def _searched(event: Event) -> str:
    parts = (event.kind, event.by, event.reason, event.submission_id, event.district_code, event.period)
    file_name = event.payload.get("file_name", "")
    return "\n".join([*(part or "" for part in parts), str(file_name), str(event.payload.get("rule", ""))]).casefold()
