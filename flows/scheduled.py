"""Publishing by schedule: the run decides by itself whether something is to be published (tasks/due.py)."""

import datetime as dt
from zoneinfo import ZoneInfo

from flows.publish import NothingToPublish, Published, SmallChanges, publish
from flows.runner import Runner
from ledger.states import derive_state
from settings import Settings
from tasks.due import what_is_due
from tasks.ledgers import open_ledger


def publish_due(settings: Settings, runner: Runner, *, now: dt.datetime | None = None) -> Published:
    """Publish what the schedule allows on a day; safe to run as often as one likes.

    Equal inputs find the finished release; corrections of a few households wait for the next month. Raises
    NothingToPublish, which says why, and what `publish` raises.
    """
    at = now or dt.datetime.now(dt.UTC)
    ledger = open_ledger(settings)
    try:
        due = what_is_due(settings, derive_state(ledger.events()), at.astimezone(ZoneInfo(settings.timezone)).date())
    finally:
        ledger.close()
    if due.as_of is None:
        raise NothingToPublish(due.why)
    return publish(settings, runner, as_of=due.as_of, small=SmallChanges.HOLD, now=now)
