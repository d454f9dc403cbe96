"""A data root with a validator before it, and months that need one."""

import datetime as dt
import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from small_district import a_household, a_month, some_rows

from flows.decisions import decide_on, record
from flows.ingest import ingest
from flows.runner import DirectRunner
from forms.month import DistrictMonth
from forms.workbook import write_workbook
from ledger.events import Event, Ledger
from ledger.states import State, Submission, derive_state
from settings import Settings
from tasks.children import Readers
from tasks.decide import NotAllowed
from tasks.judgements import read_findings

AT = dt.datetime(2020, 3, 5, 3, tzinfo=dt.UTC)
DECEMBER, JANUARY = "2019-12", "2020-01"
UNTIL = dt.date(2020, 12, 31)
BY, REASON = "Thẩm định viên", "đã kiểm tra tại xã"


class Desk:
    """A data root and a validator before it."""

    def __init__(self, data: Path, readers: Readers) -> None:
        self.settings = Settings(data=data, settle_seconds=0, ledger_url="", pseudonym_key="k")
        self.settings.inbox.mkdir(parents=True, exist_ok=True)
        self.readers = readers

    def take(self, **files: DistrictMonth) -> None:
        for name, month in files.items():
            write_workbook(self.settings.inbox / f"{name}.xlsx", month)
        report = ingest(self.settings, DirectRunner(), clock=lambda: AT, readers=self.readers)
        assert report.faults == []

    def decide(self, name: str, action: str, **changes: object) -> State:
        options: dict[str, object] = {"by": BY, "reason": REASON, "at": AT, "readers": self.readers}
        submission = self.one(name).submission_id
        return decide_on(self.settings, DirectRunner(), submission[:12], action, **(options | changes))  # type: ignore[arg-type]

    def findings(self, name: str) -> pl.DataFrame:
        return read_findings(self.settings.judgements, self.state, self.one(name), self.settings.timezone)

    def of_slot(self, make: Callable[[State], list[object]]) -> State:
        return record(self.settings, DirectRunner(), make, AT, self.readers)  # type: ignore[arg-type]

    @property
    def state(self) -> State:
        ledger = Ledger(self.settings.database_url)
        try:
            return derive_state(ledger.events())
        finally:
            ledger.close()

    def events(self) -> list[Event]:
        ledger = Ledger(self.settings.database_url)
        try:
            assert ledger.damaged() is None
            return ledger.events()
        finally:
            ledger.close()

    def kinds(self) -> list[str]:
        return [event.kind for event in self.events()]

    def one(self, name: str) -> Submission:
        (found,) = [one for one in self.state.submissions.values() if one.file_name == f"{name}.xlsx"]
        return found

    def states(self) -> dict[str, str]:
        return {one.file_name.removesuffix(".xlsx"): one.state for one in self.state.submissions.values()}

    def refused(self, name: str, action: str, **changes: object) -> str:
        """The reason of a refusal, after which nothing is recorded."""
        before = self.kinds()
        with pytest.raises(NotAllowed) as caught:
            self.decide(name, action, **changes)
        assert self.kinds() == before
        return str(caught.value)


def copied(desk: Desk, to: Path) -> Desk:
    """The same data root once more, to decide on."""
    shutil.copytree(desk.settings.data, to)
    return Desk(to, desk.readers)


def rejected() -> DistrictMonth:
    """H12: a household above the income line is listed as income poor."""
    month = a_month()
    month.household[0]["b1_points"] = 121
    return month


def held() -> DistrictMonth:
    """H09: a household of a xã as urban."""
    month = a_month()
    month.household[0]["area"] = "Thành thị"
    return month


def january(more_poor: int = 0) -> DistrictMonth:
    """X06 holds it when more than thirty households are new."""
    new = [
        a_household(household_code=f"{9000 + at}", class_previous="MOI", movement="MOI_N") for at in range(more_poor)
    ]
    return a_month(JANUARY, [*some_rows(), *new], previous=a_month())


def one_rejected_one_held(data: Path, readers: Readers) -> Desk:
    """File a is rejected for two cells (H12), b of another district held for one (H09)."""
    month, other = rejected(), a_month(district_code="973")
    month.household[1]["b1_points"] = 122
    other.household[0]["area"] = "Thành thị"
    desk = Desk(data, readers)
    desk.take(a=month, b=other)
    assert desk.states() == {"a": "rejected", "b": "held"}
    return desk
