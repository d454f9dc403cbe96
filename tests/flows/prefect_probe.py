"""Flow runs in the caller's own process, as the command line makes them. Prints what they returned as JSON."""

import json
from collections import Counter
from unittest import mock

from flows import prefect_runner  # isort: split

from prefect import flow

from flows.prefect_flows import run_ingest, run_publish
from flows.prefect_runner import PrefectRunner
from flows.prefect_upkeep import backup_flow, verify_flow
from flows.publish import NothingToPublish
from settings import Settings, get_settings
from tasks.faults import Unreadable
from tasks.locks import Busy, only_one

SECRET = "Nguyễn Văn Bí Mật 096012345678"
calls: Counter[str] = Counter()


def _twice_lost(name: str) -> str:
    calls[name] += 1
    if name == "late.xlsx" and calls[name] < 3:
        raise TimeoutError(110, "Connection timed out", SECRET)
    return name.upper()


def _wrong(name: str) -> str:
    calls[name] += 1
    raise ValueError(SECRET)


@flow(name="probe", persist_result=False)
def probe() -> list[str]:
    """Every way in which a step can end."""
    runner = PrefectRunner()
    received = runner.each("receive", _twice_lost, ["{early}.xlsx", "late.xlsx"], str)
    checked = runner.each("validate", _wrong, ["wrong.xlsx"], str)
    unreadable = runner.each("read", lambda name: Unreadable(name, name), ["a value.xlsx"], str)
    return [*map(repr, [*received, *checked, *unreadable]), *runner.faults]


def main() -> None:
    prefect_runner.RETRY_DELAY_SECONDS[:] = [0, 0]
    settings = get_settings()
    found: dict[str, object] = {"steps": probe(), "calls": dict(calls)}
    try:
        run_publish()
    except NothingToPublish as nothing:
        found["publish"] = repr(nothing)
    with only_one(settings.data, "ingest"):
        try:
            run_ingest()
        except Busy as busy:
            found["busy"] = type(busy).__name__
    settings.inbox.mkdir()
    (settings.inbox / "lost.xlsx").write_bytes(b"")
    with mock.patch("tasks.receive.receive_file", side_effect=OSError(28, "No space left on device", SECRET)):
        found["faults"] = run_ingest().faults
    _upkeep(settings)
    print(json.dumps(found))


def _upkeep(settings: Settings) -> None:
    """A check and a backup while all is whole, and again when a received file is gone."""
    (settings.inbox / "lost.xlsx").write_bytes(b"no workbook")
    run_ingest()
    verify_flow(return_state=True)
    backup_flow(return_state=True)
    settings.backup_folder = str(settings.data.with_name("backups"))
    backup_flow(return_state=True)
    (received,) = settings.raw.iterdir()
    received.unlink()
    verify_flow(return_state=True)
    settings.backup_folder = str(settings.data.with_name("later-backups"))
    backup_flow(return_state=True)


if __name__ == "__main__":
    main()
