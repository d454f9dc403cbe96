"""After a run: tell people what it changed, without holding the run up or failing it."""

import atexit
import contextvars
import datetime as dt
import threading
from zoneinfo import ZoneInfo

from ledger.events import Ledger
from ledger.states import derive_state
from settings import Settings
from tasks.notices import OLDEST_EVENT, Outbox, addresses, deliver, late_notices, notices_of, trial_notice
from telemetry.record import tell, tell_fault

# A process that is done waits so long for what is still on its way; the rest goes out with the next run.
LAST_SECONDS = 15.0

_under_way: list[threading.Thread] = []


def announce(settings: Settings, now: dt.datetime | None = None) -> threading.Thread | None:
    """Send, beside the caller, what is new and overdue. None where the settings name no address.

    Never raises: what can't be told is logged, and told by the next run.
    """
    if not settings.notices:
        return None
    at = now or dt.datetime.now(dt.UTC)
    # A new thread knows nothing of the run that it is to name in its records.
    work = contextvars.copy_context().run
    thread = threading.Thread(target=work, args=(_tell, settings, at), name="notices", daemon=True)
    thread.start()
    if not _under_way:
        atexit.register(_wait_for_the_last)
    _under_way[:] = [one for one in _under_way if one.is_alive()] + [thread]
    return thread


def send_trial(settings: Settings) -> dict[str, bool]:
    """Send a trial notice to each address; service → whether it took it."""
    notice = trial_notice(dt.datetime.now(dt.UTC), settings.timezone)
    found: dict[str, bool] = {}
    for number, address in enumerate(addresses(settings.notices), start=1):
        found[f"{number}. {address.shown}"] = deliver(address, notice.title, notice.body)
    return found


def _tell(settings: Settings, at: dt.datetime) -> None:
    try:
        ledger = Ledger(settings.database_url)
        try:
            events = ledger.events()
        finally:
            ledger.close()
        today = at.astimezone(ZoneInfo(settings.timezone)).date()
        found = [*notices_of(events, at - OLDEST_EVENT), *late_notices(settings, derive_state(events), today)]
        to = addresses(settings.notices)
        outbox = Outbox(settings.data)
        try:
            outbox.put(found, to)
            sent = outbox.send(to)
            if sent:
                tell("notice.sent", counts={"notices": sent})
        finally:
            outbox.close()
    except Exception as fault:
        # Its words may quote an address with its password.
        tell_fault("notice.failed", fault)


def _wait_for_the_last() -> None:
    for thread in _under_way:
        thread.join(LAST_SECONDS)
