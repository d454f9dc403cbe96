"""A data root where everything went wrong once and then well, with somebody's name and ID number in every place."""

import contextlib
import datetime as dt
import io
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from small_district import a_month, some_rows

from flows import publish as publishing
from flows.decisions import decide_on
from flows.ingest import ingest
from flows.publish import publish
from flows.runner import DirectRunner
from forms.workbook import write_workbook
from review.access.users import add_user
from review.store import Desk
from settings import Settings
from tasks import accept, receive, validate
from tasks.children import Readers
from telemetry.file import configure
from telemetry.runs import running

NAME, NUMBER = "Nguyễn Thị Bí Mật", "096312345678"
SECRET = f"{NAME} {NUMBER}"
AT = dt.datetime(2020, 1, 5, 3, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Told:
    """A data root, and what its log wrote to standard error meanwhile."""

    settings: Settings
    log: str
    standard_error: str


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def settings_of(data: Path) -> Settings:
    return Settings(
        data=data,
        settle_seconds=0,
        ledger_url="",
        last_period="2019-12",
        review_port=free_port(),
        metrics_port=free_port(),
        prefect_port=free_port(),
        _env_file=None,  # type: ignore[call-arg]
    )


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    settings = settings_of(tmp_path_factory.mktemp("told") / "data")
    written = io.StringIO()
    with contextlib.redirect_stderr(written):
        configure(settings.data, 5, on_standard_error=True)
    _happen(settings)
    log = (settings.data / "logs" / "giamngheo.jsonl").read_text(encoding="utf-8")
    yield Told(settings, log, written.getvalue())


def _happen(settings: Settings) -> None:
    settings.inbox.mkdir(parents=True)
    _month(settings.inbox / f"Báo cáo {SECRET}.xlsx", "971")
    bad = a_month(rows=some_rows("970"), district_code="970")
    bad.household[0] |= {"head_name": NAME, "head_id_number": NUMBER, "persons": SECRET}
    write_workbook(settings.inbox / f"Sai {SECRET}.xlsx", bad)
    with Readers(1) as readers, pytest.MonkeyPatch.context() as patch:

        def run() -> list[str]:
            return ingest(settings, DirectRunner(), clock=lambda: AT, readers=readers).faults

        for module, name, fault in (
            (receive, "receive_file", OSError(28, "No space left on device", SECRET)),
            (validate, "validate_wave", ValueError(f"could not convert {SECRET}")),
            (accept, "accepted_tables", KeyError(SECRET)),
        ):
            with patch.context() as one:
                one.setattr(module, name, _raising(fault))
                assert run()
        assert run() == []
        with patch.context() as one, pytest.raises(RuntimeError):
            one.setattr(publishing, "make_release", _raising(RuntimeError(SECRET)))
            publish(settings, DirectRunner(), now=AT)
        (rejected,) = [path.name for path in settings.raw.iterdir() if _is_rejected(settings, path.name)]
        decide_on(settings, DirectRunner(), rejected, "return", by="Trần Thị B", reason=SECRET, at=AT, readers=readers)
        publish(settings, DirectRunner(), now=AT)
    add_user(Desk(settings.data), "Trần Thị B", "validator", "mat khau rat dai", by="dòng lệnh")
    for upkeep in ("verify", "backup"):
        with running(settings.data, upkeep):
            pass


def _month(path: Path, district: str) -> None:
    month = a_month(rows=some_rows(district), district_code=district)
    month.household[0] |= {"head_name": NAME, "head_id_number": NUMBER, "note": SECRET}
    month.cover["prepared_by"] = NAME
    write_workbook(path, month)


def _is_rejected(settings: Settings, submission_id: str) -> bool:
    from ledger.events import Ledger
    from ledger.states import derive_state

    ledger = Ledger(settings.database_url)
    try:
        return derive_state(ledger.events()).submissions[submission_id].state == "rejected"
    finally:
        ledger.close()


def _raising(fault: Exception) -> object:
    def fail(*_: object, **__: object) -> None:
        raise fault

    return fail
