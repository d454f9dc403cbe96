"""The ledger as a running server knows it: read once, then only what came after."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, replace

from ledger.events import Event, Ledger
from ledger.states import State, extend_state


@dataclass(frozen=True)
class Known:
    """The ledger at one moment. Shared by threads and never changed: what comes later makes a new one."""

    state: State
    events: tuple[Event, ...]

    @property
    def position(self) -> int:
        """The id of the last event; what is drawn from this moment may be kept under it."""
        return self.state.position


class LiveLedger:
    """Asked on every request; costs one query for the events past the last known."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._lock = threading.Lock()
        self._known = Known(State(), ())

    def now(self) -> Known:
        """What the ledger holds now. Raises sqlalchemy's errors where it can't be read."""
        with self._lock:
            newer = self._ledger.events(after=self._known.position)
            if newer:
                self._known = Known(extended(self._known.state, newer), (*self._known.events, *newer))
            return self._known

    def intact(self) -> bool:
        """Whether every recorded event still fits the one before it."""
        return self._ledger.damaged() is None


def extended(state: State, events: Iterable[Event]) -> State:
    """A state with newer events; the given one stays as it is, for whoever still reads it."""
    newer = list(events)
    submissions = dict(state.submissions)
    for submission_id in {event.submission_id for event in newer if event.submission_id in submissions}:
        assert submission_id is not None
        one = submissions[submission_id]
        submissions[submission_id] = replace(
            one,
            waivers=list(one.waivers),
            received_again=list(one.received_again),
            deliveries=list(one.deliveries),
        )
    new = replace(
        state,
        submissions=submissions,
        excused=dict(state.excused),
        closed=dict(state.closed),
        published=list(state.published),
        standings=list(state.standings),
    )
    extend_state(new, newer)
    return new
