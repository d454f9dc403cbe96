"""What earlier releases published, as the ledger tells it, and where that differs from what is accepted now.

A release remembers itself by its event: its id, the last month, and the position in the ledger up to which it knew.
What stood for each slot then follows from the events, so nothing of it is lost with `warehouse/`.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from ledger.states import Standing, State
from plan.reference import period_end

Slot = tuple[str, str]  # district code, period (YYYY-MM)


@dataclass(frozen=True)
class Publication:
    """One publication: the release, its last month (YYYY-MM), when, and the last event that it knew.

    `method` stands for everything but the data that made it: program, libraries, plan, settings; None where it was not
    recorded.
    """

    release_id: str
    as_of: str
    at: dt.datetime
    position: int
    method: str | None


@dataclass(frozen=True)
class ChangedSlot:
    """A slot for which another submission stands than at an earlier time; None where none stood or stands.

    `steps` are the changes between the two, oldest first.
    """

    slot: Slot
    then: str | None
    now: str | None
    steps: tuple[Standing, ...]

    @property
    def cause(self) -> str:
        """late_report (nothing stood), withdrawal (nothing stands), or correction."""
        if self.then is None:
            return "late_report"
        return "withdrawal" if self.now is None else "correction"

    @property
    def decision(self) -> str:
        """The kind of the event that made what is known now; a verdict of the rules counts as accepted."""
        kind = self.steps[-1].event.kind
        return "accepted" if kind == "judged" else kind

    @property
    def decided_by(self) -> str:
        return self.steps[-1].event.by

    def reason(self, state: State) -> str:
        """The reasons given with the changes, and with waivers without which the new file would not stand."""
        given = [step.event.reason for step in self.steps]
        if self.now:
            given += [waiver.reason for waiver in state.submissions[self.now].waivers]
        return "; ".join(dict.fromkeys(reason for reason in given if reason))


def publications(state: State) -> list[Publication]:
    """Every publication, oldest first. Going back to an older release publishes nothing new."""
    return [
        Publication(
            release_id=event.payload["release_id"],
            as_of=event.payload["as_of"],
            at=event.at,
            position=event.payload.get("position", event.id),
            method=event.payload.get("method"),
        )
        for event in state.published
        if event.kind == "published"
    ]


def published_contents(state: State) -> dict[str, str]:
    """By release, the hash of what it held (tasks.release.content_hash), where that was recorded."""
    return {
        event.payload["release_id"]: event.payload["content"] for event in state.published if "content" in event.payload
    }


def standing_at(state: State, position: int, first_period: str, as_of: str) -> dict[Slot, str]:
    """The submission that stood for each slot of some months after the event with the id `position`."""
    stood: dict[Slot, str | None] = {}
    for standing in state.standings:
        if standing.event.id <= position and first_period <= standing.slot[1] <= as_of:
            stood[standing.slot] = standing.submission_id
    return {slot: submission_id for slot, submission_id in stood.items() if submission_id}


def release_changes(state: State, first_period: str) -> dict[str, list[dict[str, Any]]]:
    """By release, what its last publication changed against all that had been published before it.

    Each change: period, district_code, was and now (submission ids or None), cause (new for a month that had not
    been published, otherwise as ChangedSlot.cause), decision, decided_by, reason.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    published: dict[Slot, str] = {}
    since = 0
    for one in publications(state):
        contents = standing_at(state, one.position, first_period, one.as_of)
        before = {slot: submission_id for slot, submission_id in published.items() if slot[1] <= one.as_of}
        months = {period for _, period in published}
        found[one.release_id] = [
            {
                "period": changed.slot[1],
                "district_code": changed.slot[0],
                "was": changed.then,
                "now": changed.now,
                "cause": changed.cause if changed.slot[1] in months else "new",
                "decision": changed.decision,
                "decided_by": changed.decided_by,
                "reason": changed.reason(state),
            }
            for changed in _changed(state, before, contents, since, one.position)
        ]
        published = {slot: known for slot, known in published.items() if slot not in before} | contents
        since = one.position
    return found


def restated_slots(state: State, first_period: str, as_of: str, method: str) -> list[dict[str, Any]]:
    """One row per slot that an earlier release published otherwise than it is known now (tasks.build.RESTATED).

    Releases that published a month alike are one: the first of them is named. A month of which an earlier release
    had no district at all is no restatement.
    """
    rows: list[dict[str, Any]] = []
    seen: set[frozenset[tuple[Slot, str | None]]] = set()
    for one in publications(state):
        last = min(as_of, one.as_of)
        then = standing_at(state, one.position, first_period, last)
        now = standing_at(state, state.position, first_period, last)
        changed = _changed(state, then, now, one.position, state.position)
        for period in sorted({period for _, period in then}):
            here = [slot for slot in changed if slot.slot[1] == period]
            published = frozenset((slot.slot, slot.then) for slot in here)
            if published not in seen:
                seen.add(published)
                rows += [_row(state, one, slot, method) for slot in here]
    return rows


def _changed(state: State, then: dict[Slot, str], now: dict[Slot, str], since: int, until: int) -> list[ChangedSlot]:
    """The slots that differ, by period and district, with what happened to each between two events."""
    differing = {slot for slot in then.keys() | now.keys() if then.get(slot) != now.get(slot)}
    history: dict[Slot, list[Standing]] = {slot: [] for slot in differing}
    for standing in state.standings:
        if standing.slot in differing and standing.event.id <= until:
            history[standing.slot].append(standing)
    return [
        ChangedSlot(
            slot,
            then.get(slot),
            now.get(slot),
            # What had been accepted before, but lay after the last month published, has its last step only.
            tuple(one for one in history[slot] if one.event.id > since) or tuple(history[slot][-1:]),
        )
        for slot in sorted(differing, key=lambda slot: (slot[1], slot[0]))
    ]


def _row(state: State, publication: Publication, changed: ChangedSlot, method: str) -> dict[str, Any]:
    last = changed.steps[-1].event
    return {
        "release_id": publication.release_id,
        "published_at": publication.at,
        "period": period_end(changed.slot[1]),
        "district_code": changed.slot[0],
        "published_submission_id": changed.then,
        "submission_id": changed.now,
        "cause": changed.cause,
        "decision": changed.decision,
        "event_id": last.id,
        "decided_at": last.at,
        "decided_by": changed.decided_by,
        "reason": changed.reason(state) or None,
        "is_same_method": None if publication.method is None else publication.method == method,
    }
