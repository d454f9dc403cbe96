"""What is known of a data root, kept between two looks: the ledger's events are folded as they come."""

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path

from ledger.events import Ledger
from ledger.states import State, extend_state
from settings import Settings


@dataclass
class Known:
    """The state after the last look, the number of events, the time of the last one, and the bytes received."""

    state: State = field(default_factory=State)
    events: int = 0
    last_at: dt.datetime | None = None
    raw_bytes: int = 0
    place: tuple[int, int] | None = None


def look(settings: Settings, known: Known) -> Known:
    """Add what the ledger has more by now, or begin anew where it is another file.

    Raises what the database raises; a SQLite ledger that is not there is an empty one, and is not made.
    """
    place = _place(settings)
    if place is None and not settings.ledger_url:
        return Known()
    found = known if place == known.place else Known(place=place)
    ledger = Ledger(settings.database_url, as_it_is=True)
    try:
        events = ledger.events(after=found.state.position)
    finally:
        ledger.close()
    extend_state(found.state, events)
    found.events += len(events)
    found.raw_bytes += sum(event.payload.get("size", 0) for event in events if event.kind == "received")
    found.last_at = events[-1].at if events else found.last_at
    return found


def ledger_path(settings: Settings) -> Path | None:
    """The SQLite file of the ledger; None for one elsewhere."""
    return None if settings.ledger_url else settings.data / "ledger.sqlite"


def _place(settings: Settings) -> tuple[int, int] | None:
    path = ledger_path(settings)
    if path is None or not path.is_file():
        return None
    status = path.stat()
    return status.st_dev, status.st_ino
