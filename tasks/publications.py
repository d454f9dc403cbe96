"""What earlier releases published, as the ledger tells it, and where that differs from what is accepted now.

A release remembers itself by its event: its id, the last month, and the position in the ledger up to which it knew.
What stood for each slot then follows from the events, so nothing of it is lost with `warehouse/`.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ledger.states import ACCEPTED, Standing, State
from plan.reference import period_end

Slot = tuple[str, str]  # district code, period (YYYY-MM)
# What a release shows of a slot in place of what is accepted: an older submission, or none.
Held = Mapping[Slot, str | None]


@dataclass(frozen=True)
class Publication:
    """One publication: the release, its last month (YYYY-MM), when, and the last event that it knew.

    `method` stands for everything but the data that made it: program, libraries, plan, settings; None where it was not
    recorded. `held` are the corrections that it left out.
    """

    release_id: str
    as_of: str
    at: dt.datetime
    position: int
    method: str | None
    held: Held = field(default_factory=dict)


@dataclass(frozen=True)
class Current:
    """The release that readers have, by the ledger: its id and its last month (YYYY-MM)."""

    release_id: str
    as_of: str


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
            held={(one["district_code"], one["period"]): one["submission_id"] for one in event.payload.get("held", [])},
        )
        for event in state.published
        if event.kind == "published"
    ]


def published_contents(state: State) -> dict[str, str]:
    """By release, the hash of what it held (tasks.release.content_hash), where that was recorded."""
    return {
        event.payload["release_id"]: event.payload["content"] for event in state.published if "content" in event.payload
    }


def current_release(state: State) -> Current | None:
    """The release that was last switched to; one that was published beside it is none."""
    for event in reversed(state.published):
        if event.payload.get("current", True):
            # A rollback recorded by an old version names no month; a release's name begins with it.
            release_id = event.payload["release_id"]
            return Current(release_id, event.payload.get("as_of") or release_id.rpartition("-")[0])
    return None


def standing_at(
    state: State, position: int, first_period: str, as_of: str, held: Held | None = None
) -> dict[Slot, str]:
    """The submission that stood for each slot of some months after the event with the id `position`.

    For the slots of `held` it is the one that stands there.
    """
    stood: dict[Slot, str | None] = {}
    for standing in state.standings:
        if standing.event.id <= position and first_period <= standing.slot[1] <= as_of:
            stood[standing.slot] = standing.submission_id
    stood |= {slot: submission_id for slot, submission_id in (held or {}).items() if slot in stood}
    return {slot: submission_id for slot, submission_id in stood.items() if submission_id}


def without(state: State, held: Held) -> State:
    """The state as it would be if the files that stand for the slots of `held` had not come."""
    submissions = dict(state.submissions)
    for slot, shown in held.items():
        now = state.accepted(slot)
        if now is not None and now.submission_id != shown:
            del submissions[now.submission_id]
        if shown is not None:
            events = [one.event for one in state.standings if (one.slot, one.submission_id) == (slot, shown)]
            last = events[-1]
            submissions[shown] = replace(
                submissions[shown], state=ACCEPTED, decided_at=last.at, decided_by=last.by, reason=last.reason
            )
    return replace(state, submissions=submissions) if held else state


def contents_of(state: State, publication: Publication, first_period: str, as_of: str | None = None) -> dict[Slot, str]:
    """The submissions that a publication showed, of its months or of those up to `as_of`."""
    last = min(as_of or publication.as_of, publication.as_of)
    return standing_at(state, publication.position, first_period, last, publication.held)


def release_changes(state: State, first_period: str) -> dict[str, list[dict[str, Any]]]:
    """By release, what its first publication changed against what had last been published of each month before it.

    Publishing it again, or a release of fewer months, takes nothing from that. Each change: period, district_code, was
    and now (submission ids or None), cause (new for a month that had not been published, otherwise as
    ChangedSlot.cause), decision, decided_by, reason.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    published: dict[str, dict[Slot, str]] = {}  # by month, as last published
    since: dict[str, int] = {}  # and what of the ledger was known then
    for one in publications(state):
        contents = contents_of(state, one, first_period)
        months = {period for _, period in contents} | {period for period in published if period <= one.as_of}
        changes = []
        for period in sorted(months):
            before = published.get(period, {})
            after = {slot: submission_id for slot, submission_id in contents.items() if slot[1] == period}
            changes += [
                _change(state, changed, is_new=not before)
                for changed in _changed(state, before, after, since.get(period, 0), one.position)
            ]
            published[period], since[period] = after, one.position
        found.setdefault(one.release_id, changes)
    return found


def _change(state: State, changed: ChangedSlot, *, is_new: bool) -> dict[str, Any]:
    return {
        "period": changed.slot[1],
        "district_code": changed.slot[0],
        "was": changed.then,
        "now": changed.now,
        "cause": "new" if is_new else changed.cause,
        "decision": changed.decision,
        "decided_by": changed.decided_by,
        "reason": changed.reason(state),
    }


@dataclass(frozen=True)
class Restated:
    """What earlier releases published otherwise: `slots` has a row for each file (tasks.build.RESTATED), `months` one
    for each release and month (tasks.build.RESTATED_MONTH)."""

    slots: list[dict[str, Any]]
    months: list[dict[str, Any]]


def restated(state: State, first_period: str, as_of: str, method: str, held: Held | None = None) -> Restated:
    """What earlier releases published otherwise than a release of now, which leaves out `held`, does.

    Releases that published a month alike are one: the first of them is named. What targets say of a month follows
    from the baseline's files too: where those differ, the month is another as well. A month of which an earlier
    release had no district at all is no restatement.
    """
    found = Restated([], [])
    first: dict[tuple[str, frozenset[tuple[Slot, str | None]]], str] = {}
    met: set[tuple[str, str | None, str | None]] = set()
    for one in publications(state):
        last = min(as_of, one.as_of)
        then = contents_of(state, one, first_period, last)
        now = standing_at(state, state.position, first_period, last, held)
        by_month: dict[str, list[ChangedSlot]] = {}
        for changed in _changed(state, then, now, one.position, state.position):
            by_month.setdefault(changed.slot[1], []).append(changed)
        published = {period for _, period in then}
        whose: dict[str, str] = {}
        for period in sorted(published & by_month.keys()):
            here = by_month[period]
            files = (period, frozenset((slot.slot, slot.then) for slot in here))
            if files not in first:
                found.slots.extend(_row(state, one, slot, method) for slot in here)
            whose[period] = first.setdefault(files, one.release_id)
        for period in sorted(published):
            month = (period, whose.get(period), whose.get(first_period))
            if month[1:] != (None, None) and month not in met:
                met.add(month)
                found.months.append(
                    {
                        "release_id": one.release_id,
                        "published_at": one.at,
                        "period": period_end(period),
                        "month_of": month[1],
                        "baseline_of": month[2],
                        "is_same_method": _is_same_method(one, method),
                    }
                )
    return found


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
        "is_same_method": _is_same_method(publication, method),
    }


def _is_same_method(publication: Publication, method: str) -> bool | None:
    return None if publication.method is None else publication.method == method
