"""A month on two Dask workers, against PostgreSQL and an SFTP server, ends as on one machine in folders."""

import datetime as dt
import pickle
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import distributed
import pytest
from dask_processes import DaskProcesses, running_dask
from postgresql_server import running_postgresql
from sftp_server import PASSWORD, running_sftp
from small_district import a_month

from flows import dask_cluster
from flows.ingest import IngestReport, ingest
from flows.runner import DirectRunner
from forms.month import DistrictMonth
from forms.workbook import write_workbook
from ledger.events import Ledger
from ledger.states import State, derive_state
from settings import REPOSITORY, Settings
from tasks import on_worker
from tasks.children import Readers
from tasks.faults import SystemFault
from tasks.identity import rule_pack
from tasks.inputs import build_inputs
from tasks.judgements import read_findings
from tasks.release import release_id
from tasks.verify import verify

AT = dt.datetime(2020, 2, 5, 3, tzinfo=dt.UTC)
DECEMBER, JANUARY = "2019-12", "2020-01"
DISTRICTS = ("964", "967", "969", "971")


def at_home(data: Path, **changes: Any) -> Settings:
    own = {"settle_seconds": 0, "ledger_url": "", "pseudonym_key": "k", "last_period": JANUARY}
    return Settings(data=data, _env_file=None, **(own | changes))  # type: ignore[call-arg]


def run(settings: Settings, readers: Readers | None = None) -> IngestReport:
    return ingest(settings, DirectRunner(), clock=lambda: AT, readers=readers)


def deliver(settings: Settings, **files: DistrictMonth) -> None:
    settings.inbox.mkdir(parents=True, exist_ok=True)
    for name, month in files.items():
        write_workbook(settings.inbox / f"{name}.xlsx", month)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Two months of four districts: a file that can't be opened, a rejected one, a held one, the others accepted."""
    settings = at_home(tmp_path_factory.mktemp("home") / "data")
    months = {f"{code}-12": a_month(district_code=code) for code in DISTRICTS}
    months |= {f"{code}-01": a_month(JANUARY, None, a_month(district_code=code), code) for code in DISTRICTS}
    months["964-01"].household[0]["persons"] = "nhiều"
    months["967-01"].household[0]["area"] = "Thành thị"
    deliver(settings, **months)
    (settings.inbox / "broken.xlsx").write_bytes(b"PK\x03\x04 and no more")
    with Readers(1) as readers:
        assert run(settings, readers).faults == []
    return settings


@pytest.fixture(scope="module")
def away(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A coordinator with nothing of its own but the data root: ledger, files and work are elsewhere."""
    base = tmp_path_factory.mktemp("away")
    (base / "sftp").mkdir()
    with running_sftp(base / "sftp") as store, running_postgresql() as postgres:
        places = {"raw_url": store.url("raw"), "accepted_url": store.url("accepted"), "storage_options": store.options}
        worker = at_home(base / "worker", **places)
        environment = worker.as_environment() | {"PYTHONPATH": str(REPOSITORY)}
        with running_dask(base, environment) as cluster:
            cluster.add_worker("one")
            cluster.add_worker("two")
            scheduled = {"work": "dask", "dask_scheduler": cluster.address}
            settings = at_home(base / "data", ledger_url=postgres.create("ledger"), **places, **scheduled)
            settings.inbox.mkdir(parents=True)
            object.__setattr__(settings, "processes", cluster)
            yield settings


def cluster_of(settings: Settings) -> DaskProcesses:
    found: DaskProcesses = settings.processes  # type: ignore[attr-defined]
    return found


def state_of(settings: Settings) -> State:
    ledger = Ledger(settings.database_url)
    try:
        assert ledger.damaged() is None
        return derive_state(ledger.events())
    finally:
        ledger.close()


def end_of(settings: Settings) -> dict[str, Any]:
    """Verdict and findings of each file by its name."""
    state = state_of(settings)
    end = {}
    for one in state.submissions.values():
        findings = read_findings(settings.judgements, state, one, settings.timezone)
        end[one.file_name] = (one.state, sorted(findings.rows(), key=str))
    return end


def test_a_month_ends_the_same(undisturbed: Settings, away: Settings) -> None:
    def reads() -> bool:
        """Whether the worker that is asked has a child that reads."""
        return on_worker._readers.cache_info().currsize == 1

    for path in (undisturbed.inbox / ".done").iterdir():
        shutil.copy2(path, away.inbox / path.name)
    with distributed.Client(cluster_of(away).address, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=60)
        assert run(away).faults == []
        assert set(client.run(reads).values()) == {True}
    found = end_of(away)
    assert {name: state for name, (state, _) in found.items()} == {
        **{f"{code}-12.xlsx": "accepted" for code in DISTRICTS},
        "964-01.xlsx": "rejected",
        "967-01.xlsx": "held",
        "969-01.xlsx": "accepted",
        "971-01.xlsx": "accepted",
        "broken.xlsx": "unreadable",
    }
    assert found == end_of(undisturbed)
    tables = {path.relative_to(undisturbed.accepted): path.read_bytes() for path in undisturbed.accepted.rglob("*.*")}
    store = cluster_of(away).base / "sftp" / "store" / "accepted"
    assert {path: (store / path).read_bytes() for path in tables} == tables
    # All that a release is made from, its numbers and the accepted tables among it.
    ids = [release_id(build_inputs(one, state_of(one), JANUARY)) for one in (undisturbed, away)]
    assert ids[0] == ids[1]
    assert verify(away, lambda *_: None) == []


def test_a_worker_that_dies_takes_no_file_with_it(away: Settings) -> None:
    """It is killed while it reads; the others do its work."""
    processes = cluster_of(away)
    processes.add_worker("doomed")
    deliver(away, **{f"{code}-late": a_month(district_code=code) for code in ("968", "970", "972", "973")})
    reports: list[IngestReport] = []
    with distributed.Client(processes.address, set_as_default=False) as client:
        client.wait_for_workers(3, timeout=60)
        running = threading.Thread(target=lambda: reports.append(run(away)))
        running.start()
        doomed = next(at for at, one in client.scheduler_info()["workers"].items() if one["name"] == "doomed")
        give_up = time.monotonic() + 60
        while not client.processing()[doomed]:
            assert running.is_alive() and time.monotonic() < give_up
        processes.kill("doomed")
        running.join()
    (report,) = reports
    assert report.faults == []
    states = {one.file_name: one.state for one in report.state.submissions.values()}
    assert {states[f"{code}-late.xlsx"] for code in ("968", "970", "972", "973")} == {"accepted"}


def test_a_file_that_is_over_the_limits_harms_no_worker(away: Settings) -> None:
    """The limits are the coordinator's; the worker's child ends, the worker goes on."""
    deliver(away, slow=a_month(district_code="966"))
    report = run(away.model_copy(update={"reader_seconds": 0.001}))
    assert report.faults == []
    (slow,) = [one for one in report.state.submissions.values() if one.file_name == "slow.xlsx"]
    assert slow.state == "unreadable"
    again = ingest(away, DirectRunner(), clock=lambda: AT, again=frozenset({slow.submission_id}))
    assert again.faults == []
    assert again.state.submissions[slow.submission_id].state == "accepted"


def test_without_a_cluster_the_file_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_cluster, "CONNECT_SECONDS", 2)
    settings = at_home(tmp_path / "data", work="dask", dask_scheduler="tcp://127.0.0.1:1")
    deliver(settings, waiting=a_month())
    (fault,) = run(settings).faults
    assert fault.startswith("Tệp waiting.xlsx chưa đọc được. Không tới được cụm Dask tcp://127.0.0.1:1. ")
    assert run(settings.model_copy(update={"work": "processes"})).state.submissions.popitem()[1].state == "accepted"


def test_a_cluster_without_workers_is_not_waited_for(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dask_cluster, "CONNECT_SECONDS", 5)
    with running_dask(tmp_path_factory.mktemp("idle"), {}) as idle:
        settings = at_home(tmp_path / "data", work="dask", dask_scheduler=idle.address)
        deliver(settings, waiting=a_month())
        (fault,) = run(settings).faults
    assert "không có máy đọc nào" in fault


def test_a_worker_of_other_code_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = on_worker.packed(on_worker.JudgeJob([], 1))
    assert on_worker.unpacked(on_worker.perform(sent)) == on_worker.Done([])
    monkeypatch.setattr(on_worker, "rule_pack", lambda: "of another year")
    fault = on_worker.unpacked(on_worker.perform(sent)).fault
    assert isinstance(fault, SystemFault)
    assert f"có bộ quy tắc of another year, khác với {rule_pack()} của máy điều phối" in fault.sentence()
    # What it could not even unpack is told the same way: the job is looked into last.
    torn = pickle.dumps((rule_pack(), b"a job of a class that is not here"))
    assert on_worker.unpacked(on_worker.perform(torn)).fault.args == fault.args  # type: ignore[union-attr]


class _CantTravel(Exception):
    def __init__(self, one: str, two: str) -> None:
        super().__init__(one)


class _Fails:
    def do(self) -> object:
        raise _CantTravel(PASSWORD, "")


def test_what_can_not_travel_is_told_without_its_words() -> None:
    fault = on_worker.unpacked(on_worker.perform(on_worker.packed(_Fails()))).fault
    assert "_CantTravel" in str(fault)
    assert PASSWORD not in str(fault)
