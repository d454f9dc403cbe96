"""After a run: tell people what it changed, without holding the run up or failing it."""

import atexit
import contextvars
import datetime as dt
import threading
from zoneinfo import ZoneInfo

from ledger.states import State, derive_state
from settings import Settings
from tasks.given_table import WrongTable
from tasks.ledgers import open_ledger
from tasks.notices import (
    OLDEST_EVENT,
    Address,
    Notice,
    Outbox,
    addresses,
    deliver,
    late_notices,
    notices_of,
    trial_notice,
)
from tasks.reminders import (
    ADDRESSES_FILE,
    KEYS,
    KIND,
    district_addresses,
    reminders,
    with_districts,
)
from telemetry.record import tell, tell_fault

# A process that is done waits so long for what is still on its way; the rest goes out with the next run.
LAST_SECONDS = 15.0

_under_way: list[threading.Thread] = []


def tells_anybody(settings: Settings) -> bool:
    """Whether the settings or the data root name an address."""
    return bool(settings.notices) or (settings.data / ADDRESSES_FILE).exists()


def announce(settings: Settings, now: dt.datetime | None = None, *, remind: bool = False) -> threading.Thread | None:
    """Send, beside the caller, what is new and overdue. None where no address is named.

    Reminders of due days are made only where `remind` is true, once a day and in its light; those that could not be
    sent then are sent by any run. Never raises: what can't be told is logged, and told by the next run.
    """
    if not tells_anybody(settings):
        return None
    at = now or dt.datetime.now(dt.UTC)
    # A new thread knows nothing of the run that it is to name in its records.
    work = contextvars.copy_context().run
    thread = threading.Thread(target=work, args=(_tell, settings, at, remind), name="notices", daemon=True)
    thread.start()
    if not _under_way:
        atexit.register(_wait_for_the_last)
    _under_way[:] = [one for one in _under_way if one.is_alive()] + [thread]
    return thread


def send_trial(settings: Settings) -> dict[str, bool]:
    """Send a trial notice to each address; service → whether it took it. Raises WrongTable."""
    notice = trial_notice(dt.datetime.now(dt.UTC), settings.timezone)
    found: dict[str, bool] = {}
    to = with_districts(addresses(settings.notices), district_addresses(settings.data))
    for number, address in enumerate(to, start=1):
        found[f"{number}. {address.shown}"] = deliver(address, notice.title, notice.body)
    return found


def _tell(settings: Settings, at: dt.datetime, remind: bool) -> None:
    try:
        ledger = open_ledger(settings)
        try:
            events = ledger.events()
        finally:
            ledger.close()
        state, today = derive_state(events), at.astimezone(ZoneInfo(settings.timezone)).date()
        found = [*notices_of(events, at - OLDEST_EVENT), *late_notices(settings, state, today)]
        to = addresses(settings.notices)
        outbox = Outbox(settings.data)
        try:
            outbox.put(found, to)
            of_districts = _put_reminders(settings, outbox, state, today, to, remind)
            sent = outbox.send(with_districts(to, of_districts))
            if sent:
                tell("notice.sent", counts={"notices": sent})
        finally:
            outbox.close()
    except Exception as fault:
        # Its words may quote an address with its password.
        tell_fault("notice.failed", fault)


def _put_reminders(
    settings: Settings, outbox: Outbox, state: State, today: dt.date, to: list[Address], remind: bool
) -> dict[str, list[Address]]:
    """Lay reminders ready, and bring those that still wait up to date. Returns the districts' addresses."""
    for_all, for_districts = reminders(settings, state, today)
    try:
        of_districts = district_addresses(settings.data)
    except WrongTable as fault:
        # The others are told all the same; `giamngheo notify` says which line is off.
        tell_fault("notice.failed", fault)
        of_districts = {}
    # One address may follow the province and stand for several districts.
    wanted: dict[Address, list[Notice]] = {Address(one.url, (KIND,)): [] for one in to}
    for address in to:
        wanted[Address(address.url, (KIND,))] += for_all if KIND in address.kinds else []
    for code, own in of_districts.items():
        for address in own:
            wanted.setdefault(address, []).extend(for_districts.get(code, []))
    for address, notices in wanted.items():
        outbox.refresh(KEYS, notices, address)
        if remind:
            outbox.put(notices, [address])
    return of_districts


def _wait_for_the_last() -> None:
    for thread in _under_way:
        thread.join(LAST_SECONDS)
