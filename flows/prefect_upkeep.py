"""The system looks after itself: what must last is checked every week and copied every day, as Prefect flows.

A run ends as Failed when something is damaged, so that the runs' page and whoever watches it show it.
"""

import datetime as dt
from collections import Counter
from pathlib import Path
from typing import Any

# First, since it turns telemetry off before Prefect is imported.
from flows.prefect_runner import StepFault, told  # isort: split

from prefect import flow
from prefect.client.schemas.objects import State as RunState
from prefect.states import Completed, Failed

from flows.upkeep import backup, verify
from settings import get_settings
from tasks.verify import Damage


@flow(name="verify", persist_result=False)
def verify_flow() -> RunState[Any]:
    """Read everything that must last. Failed where something is damaged; changes nothing."""
    try:
        with told():
            found = verify(get_settings(), _quiet)
    except Exception as fault:
        return _fault(fault)
    return _damaged(found, "giamngheo verify") or Completed(message="Mọi thứ còn nguyên / everything is whole")


@flow(name="backup", persist_result=False)
def backup_flow() -> RunState[Any]:
    """A new backup in the settings' folder, checked as soon as it is written. Skipped where there is no such folder."""
    settings = get_settings()
    if not settings.backup_folder:
        return Completed(name="Skipped", message="Chưa đặt GIAMNGHEO_BACKUP_FOLDER / no folder for backups is set")
    try:
        with told():
            copied, found = backup(settings, Path(settings.backup_folder), dt.datetime.now(dt.UTC), _quiet)
    except Exception as fault:
        return _fault(fault)
    return _damaged(found, f"GIAMNGHEO_LEDGER_URL= GIAMNGHEO_DATA={copied.data} giamngheo verify") or Completed(
        message=f"Đã sao lưu / backed up: {copied.data.name}"
    )


def _damaged(found: list[Damage], command: str) -> RunState[Any] | None:
    """Counts only: where what is damaged stands, is for the command on that machine to say."""
    if not found:
        return None
    counts = ", ".join(f"{part}: {count}" for part, count in Counter(one.part for one in found).items())
    return Failed(message=f"{len(found)} chỗ hỏng / places damaged ({counts}). Xem / see: {command}")


def _fault(fault: Exception) -> RunState[Any]:
    return Failed(message=f"Không xong / failed: {StepFault(fault)}")


def _quiet(stage: str, done: int, total: int) -> None:
    """Nobody watches a bar here."""
