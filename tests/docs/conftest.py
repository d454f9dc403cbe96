"""The pages, and a small release to try their queries on: the baseline and December 2020 of all nine districts."""

import datetime as dt
from collections.abc import Iterator

import duckdb
import pytest
from small_district import a_month

from flows.ingest import ingest
from flows.publish import publish
from flows.runner import DirectRunner
from forms.workbook import write_workbook
from ledger.events import Ledger
from ledger.states import State
from plan.reference import BASELINE_PERIOD, PLAN_YEAR, districts, next_period, periods_between
from settings import Settings
from tasks import decide

LAST_PERIOD = f"{PLAN_YEAR}-12"
AT = dt.datetime(2021, 1, 5, 3, tzinfo=dt.UTC)


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    settings = Settings(data=tmp_path_factory.mktemp("root"), ledger_url="", settle_seconds=0)
    for district in districts(BASELINE_PERIOD):
        baseline = a_month(district_code=district.code)
        december = a_month(LAST_PERIOD, previous=baseline, district_code=district.code)
        settings.inbox.mkdir(exist_ok=True)
        write_workbook(settings.inbox / f"{district.code}-1.xlsx", baseline)
        write_workbook(settings.inbox / f"{district.code}-2.xlsx", december)
    _excuse_what_is_between(settings)
    report = ingest(settings, DirectRunner(), clock=lambda: AT)
    states = {one.state for one in report.state.submissions.values()}
    assert (report.faults, states) == ([], {"accepted"})
    publish(settings, DirectRunner(), now=AT)
    warehouse = (settings.current / "warehouse.duckdb").resolve()
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        yield connection


def _excuse_what_is_between(settings: Settings) -> None:
    ledger = Ledger(settings.database_url)
    for period in periods_between(next_period(BASELINE_PERIOD), next_period(LAST_PERIOD, -1)):
        for district in districts(period):
            ledger.append(decide.excuse(State(), district.code, period, "Người thẩm định", "không gửi", AT))
    ledger.close()
