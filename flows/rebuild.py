"""Make the warehouse again from what is durable: raw files, recorded decisions, plan and rule packs."""

from collections.abc import Callable

from flows.publish import Published, SmallChanges, publish
from flows.runner import Runner
from ledger.states import State, derive_state
from settings import Settings
from tasks.ledgers import open_ledger
from tasks.leftovers import sweep
from tasks.locks import only_run
from tasks.mend import remove_damaged, set_aside_damaged
from tasks.pseudonym import root_key
from tasks.publications import current_release, published_contents
from tasks.restore import restore_accepted
from tasks.runs import recorded
from telemetry.record import step


@recorded("rebuild")
def rebuild(settings: Settings, runner: Runner, on_progress: Callable[[str, int, int], None]) -> Published:
    """Read every accepted submission again from its raw bytes, write its tables anew, and publish.

    The release that readers have, damaged or not, stays until the new one is switched. `on_progress` hears of
    (stage, done, total). Raises SystemFault where a raw file is missing, was changed or can't be read within the
    limits of a received file, and what `publish` raises.
    """
    with only_run(settings, "publish"):
        set_aside_damaged(settings.releases, settings.current, published_contents(_state(settings)))
    with only_run(settings, "ingest"):
        sweep(settings, settings.inbox)
        state = _state(settings)
        standing = [one for one in state.submissions.values() if one.state == "accepted"]
        with step("restore", counts={"files": len(standing)}):
            restore_accepted(
                settings,
                standing,
                root_key(settings, state),
                anew=True,
                on_done=lambda done, total: on_progress("rebuild", done, total),
            )
        current = current_release(state)
    # What was left out of it until a new month comes stays out.
    published = publish(
        settings, runner, as_of=current.as_of if current else None, to_current=True, small=SmallChanges.HOLD
    )
    remove_damaged(settings.releases, settings.current)
    return published


def _state(settings: Settings) -> State:
    ledger = open_ledger(settings)
    try:
        return derive_state(ledger.events())
    finally:
        ledger.close()
