"""Is everything whole, and a copy of what can't be made again: each a recorded run that says what is damaged."""

import datetime as dt
from pathlib import Path

from settings import Settings
from tasks.backup import back_up
from tasks.runs import recorded
from tasks.verify import Damage, Progress
from tasks.verify import verify as find_damage
from telemetry.runs import Run


def _note_verify(run: Run, found: list[Damage]) -> None:
    run.counts = {"damaged": len(found)}
    run.outcome = "damaged" if found else run.outcome


def _note_backup(run: Run, done: tuple[Settings, list[Damage]]) -> None:
    _note_verify(run, done[1])


@recorded("verify", _note_verify)
def verify(settings: Settings, on_progress: Progress) -> list[Damage]:
    """`tasks.verify.verify`, recorded. Raises what that raises."""
    return find_damage(settings, on_progress)


@recorded("backup", _note_backup)
def backup(settings: Settings, out: Path, at: dt.datetime, on_progress: Progress) -> tuple[Settings, list[Damage]]:
    """A new backup under `out`, read again at once: the settings that lead to it, and what is damaged there.

    Raises what `tasks.backup.back_up` raises.
    """
    folder = back_up(settings, out, at, on_progress)
    copied = settings.model_copy(update={"data": folder, "ledger_url": "", "raw_url": ""})
    return copied, find_damage(copied, on_progress, warehouse=False)
