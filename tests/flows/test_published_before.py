"""A number is published, then corrected: the next release says what was published, what is known now, and why."""

import datetime as dt
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from small_district import COMMUNE, DISTRICT, a_month, some_rows
from typer.testing import CliRunner

import cli
import terminal
from errors import WRONG_USAGE
from flows.decisions import decide_on, record
from flows.ingest import ingest
from flows.publish import Published, SmallChanges, publish, rollback
from flows.rebuild import rebuild
from flows.runner import DirectRunner
from forms.month import DistrictMonth
from forms.workbook import write_workbook
from ledger.events import Event, Ledger
from ledger.states import State, derive_state
from settings import Settings
from tasks import decide
from tasks.children import Readers
from tasks.notices import notices_of
from tasks.publications import Restated, current_release, release_changes, restated
from tasks.small_changes import SmallChangeRefused

DECEMBER, JANUARY = "2019-12", "2020-01"
AT = dt.datetime(2020, 2, 5, 3, tzinfo=dt.UTC)
BY, REASON = "Thẩm định viên", "gửi nhầm danh sách"


@pytest.fixture(scope="module")
def readers() -> Iterator[Readers]:
    with Readers(1) as started:
        yield started


class Office:
    """A data root, told what arrives, what is decided and when it publishes."""

    def __init__(self, data: Path, readers: Readers) -> None:
        self.settings = Settings(data=data, settle_seconds=0, ledger_url="", pseudonym_key="k", last_period=JANUARY)
        self.settings.inbox.mkdir(parents=True)
        self.readers = readers

    def take(self, name: str, month: DistrictMonth) -> str:
        write_workbook(self.settings.inbox / f"{name}.xlsx", month)
        report = ingest(self.settings, DirectRunner(), clock=lambda: AT, readers=self.readers)
        (one,) = [s for s in report.state.submissions.values() if s.file_name == f"{name}.xlsx"]
        assert (report.faults, one.state) == ([], "accepted"), name
        return one.submission_id

    def withdraw(self, submission_id: str) -> None:
        decide_on(
            self.settings, DirectRunner(), submission_id, "withdraw", by=BY, reason=REASON, at=AT, readers=self.readers
        )

    def close(self, period: str) -> None:
        record(
            self.settings,
            DirectRunner(),
            lambda state: decide.close(state, period, BY, "hết hạn", AT),
            AT,
            self.readers,
        )

    def publish(self, as_of: str | None = None, small: str = "publish", **how: Any) -> Published:
        return publish(self.settings, DirectRunner(), as_of=as_of, now=AT, small=SmallChanges(small), **how)

    @property
    def current(self) -> str:
        """The release that readers have; the ledger says the same."""
        name = self.settings.current.resolve().name
        known = current_release(self.state)
        assert known is not None and known.release_id == name
        return name

    @property
    def state(self) -> State:
        ledger = Ledger(self.settings.database_url)
        try:
            return derive_state(ledger.events())
        finally:
            ledger.close()

    def restated(self, columns: str, where: str = "true") -> list[tuple[Any, ...]]:
        warehouse = (self.settings.current / "warehouse.duckdb").resolve()
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            sql = f"select {columns} from mart.restatement where {where} order by all"
            return connection.execute(sql).fetchall()


@pytest.fixture
def office(tmp_path: Path, readers: Readers) -> Office:
    return Office(tmp_path / "data", readers)


def corrected_december() -> DistrictMonth:
    """One income-poor household fewer than in `a_month`, sent as a correction."""
    return a_month(rows=some_rows()[1:], kind="Điều chỉnh")


def test_a_correction_after_closing_is_a_restatement_that_survives_the_warehouse(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = office.take("december", a_month())
    office.take("january", a_month(JANUARY, previous=a_month()))
    first = office.publish()
    assert office.restated("*") == []
    office.close(DECEMBER)
    after = office.take("corrected", corrected_december())
    second = office.publish()

    poor = "unit_code = '971' and indicator = 'poor_households' and population = 'all'"
    columns = "period::varchar, as_published, as_known_now, change, published_in, cause, kind, replaced, caused_by"
    restated = ("2019-12-31", 8, 7, -1, first.release.release_id, "correction", "Điều chỉnh", before, after)
    assert office.restated(columns, poor) == [restated]
    # Targets of January start from the baseline, so they are others too.
    assert office.restated("distinct mart, period::varchar, is_same_method", "period > '2019-12-31'") == [
        ("mart.target_vs_actual", "2020-01-31", True)
    ]
    # The event that is named is that of the ledger which made the correction stand.
    ((event_id,),) = office.restated("event_ids", poor)
    (event,) = [one.event for one in office.state.standings if one.submission_id == after]
    assert (event_id, event.kind) == (str(event.id), "judged")

    # Publishing again changes nothing, and the same comes back when the warehouse is gone.
    assert office.publish().release.release_id == second.release.release_id
    everything = office.restated("*")
    for path in office.settings.warehouse.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    shutil.rmtree(office.settings.warehouse)
    again = rebuild(office.settings, DirectRunner(), lambda *_: None)
    assert again.release.release_id == second.release.release_id
    assert office.restated("*") == everything

    # The command says what each release changed.
    monkeypatch.setattr(cli, "_settings", lambda: office.settings)
    listed = json.loads(CliRunner().invoke(cli.app, ["releases", "--json"]).stdout)
    assert [(row["release_id"], row["current"]) for row in listed] == [(second.release.release_id, True)]
    (change,) = listed[0]["changes"]
    assert (change["period"], change["district_code"], change["cause"]) == (DECEMBER, DISTRICT, "correction")
    assert (change["was"], change["now"]) == (before, after)
    shown = CliRunner().invoke(cli.app, ["releases"]).stdout
    assert f"{DECEMBER} {DISTRICT} điều chỉnh, tệp {after[:12]}" in shown


def test_what_was_withdrawn_is_no_longer_known_and_says_why(office: Office) -> None:
    office.take("december", a_month())
    january = office.take("january", a_month(JANUARY, previous=a_month()))
    first = office.publish()
    office.withdraw(january)
    second = office.publish(JANUARY)
    rows = office.restated(
        "as_published, as_known_now, published_in, cause, decision, decided_by, reason",
        "unit_code = '971' and indicator = 'poor_households' and population = 'all'",
    )
    assert rows == [(8, None, first.release.release_id, "withdrawal", "withdrawn", BY, REASON)]
    changes = release_changes(office.state, DECEMBER)
    assert [(one["period"], one["cause"]) for one in changes[first.release.release_id]] == [
        (DECEMBER, "new"),
        (JANUARY, "new"),
    ]
    assert [(one["period"], one["cause"], one["reason"]) for one in changes[second.release.release_id]] == [
        (JANUARY, "withdrawal", REASON)
    ]

    # Readers go back to the baseline; made again from nothing, it is still the baseline that they see.
    baseline = office.publish(DECEMBER)
    assert (baseline.is_current, office.current) == (False, second.release.release_id)
    assert office.publish(JANUARY).release.release_id == second.release.release_id
    rollback(office.settings, baseline.release.release_id, BY, "chỉ công bố kỳ gốc")
    again = rebuild(office.settings, DirectRunner(), lambda *_: None)
    assert (again.release.release_id, again.as_of) == (baseline.release.release_id, DECEMBER)


def test_an_older_month_is_made_beside_what_readers_have(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.take("december", a_month())
    office.take("january", a_month(JANUARY, previous=a_month()))
    year = (first := office.publish().release).release_id
    office.close(DECEMBER)
    office.take("corrected", corrected_december())
    monkeypatch.setattr(cli, "_settings", lambda: office.settings)

    yes = ["publish", "--as-of", DECEMBER, "--yes-publish-small-change"]
    nobody = CliRunner().invoke(cli.app, yes)
    assert isinstance(nobody.exception, cli.WrongUsage) and len(office.state.published) == 1
    said = CliRunner().invoke(cli.app, [*yes, "--by", BY])
    assert said.exit_code == 0, said.output
    assert "bản đang dùng giữ" in said.stdout and "--current" in said.stdout
    event = office.state.published[-1]
    december = event.payload["release_id"]
    assert (event.payload["current"], event.by) == (False, BY)
    assert [one["period"] for one in event.payload["small_changes"]] == [DECEMBER]
    assert office.current == year
    # Who subtracts two public tables sees the one household: that is what the word was needed for.
    shown, now = (households_of(one) for one in (first.path, office.settings.releases / december))
    seen = {value - shown[key] for key, value in now.items() if key in shown and key[1] == DISTRICT}
    assert seen == {0, -1}
    assert "giữ nguyên" in notices_of([event], AT)[0].body
    # Again: nothing is new. And made from nothing, readers have the release that they had the month of.
    before = len(office.state.published)
    assert office.publish(DECEMBER).release.release_id == december
    assert len(office.state.published) == before
    again = rebuild(office.settings, DirectRunner(), lambda *_: None)
    assert (again.as_of, again.is_current) == (JANUARY, True)
    assert office.current == again.release.release_id

    # Each release keeps what it changed.
    changes = release_changes(office.state, DECEMBER)
    assert [(one["period"], one["cause"]) for one in changes[year]] == [(DECEMBER, "new"), (JANUARY, "new")]
    assert [(one["period"], one["cause"]) for one in changes[december]] == [(DECEMBER, "correction")]
    assert changes[again.release.release_id] == []

    # Asked for, readers get it, and are told what they lose.
    asked = json.loads(CliRunner().invoke(cli.app, ["publish", "--as-of", DECEMBER, "--current", "--json"]).stdout)
    assert (asked["release_id"], asked["current"], office.current) == (december, True, december)
    assert [(loss["kind"], loss["period"]) for loss in asked["losses"]] == [("months", JANUARY)]


def households_of(folder: Path) -> dict[tuple[str, ...], int]:
    """What anybody finds in a release's public CSV: the poor households of each district and commune."""
    table = pl.read_csv(folder / "public" / "mart.indicator.csv", infer_schema=False)
    counts = table.filter(pl.col("indicator").str.contains("households"), pl.col("numerator").is_not_null())
    keys = counts.select("period", "unit_code", "indicator", "population").rows()
    return dict(zip(keys, counts["numerator"].cast(pl.Int64), strict=True))


def test_a_correction_of_one_household_needs_a_word_or_waits_for_the_next_month(office: Office) -> None:
    before = office.take("december", a_month())
    first = office.publish().release
    office.close(DECEMBER)
    after = office.take("corrected", corrected_december())

    # By hand it is refused, where it is is named, and what it is is not.
    with pytest.raises(SmallChangeRefused) as refused:
        office.publish(small="refuse")
    assert [one.told() for one in refused.value.changes] == [
        {"district_code": DISTRICT, "period": DECEMBER, "communes": [COMMUNE], "submission_id": after}
    ]
    assert office.current == first.release_id
    said, exit_code = terminal.explain(refused.value)
    assert exit_code == WRONG_USAGE and "Năm Căn, kỳ 12/2019" in said and "--yes-publish-small-change" in said

    # Held back, the release is the one that readers have; what is made from nothing holds it back too.
    for held in (office.publish(small="hold"), rebuild(office.settings, DirectRunner(), lambda *_: None)):
        assert (held.held, held.release.release_id) == (True, first.release_id)
    assert len(office.state.published) == 1

    # What comes late is published at once, the correction is not; a new month takes it along without a word.
    there = {"commune_code": "32248", "commune_name": "Xã Đất Mũi"}
    late = a_month(district_code="973", kind="Điều chỉnh", rows=[row | there for row in some_rows()])
    office.take("other", late)
    held = office.publish(small="hold")
    assert held.held and held.release.created
    assert [one["submission_id"] for one in office.state.published[-1].payload["held"]] == [before]
    office.take("january", a_month(JANUARY, rows=some_rows()[1:], previous=corrected_december()))
    published = office.publish(small="refuse")
    assert (published.held, [one.slot for one in published.small_changes]) == (False, [(DISTRICT, DECEMBER)])
    poor = "unit_code = '971' and indicator = 'poor_households' and population = 'all'"
    assert office.restated("distinct as_published, as_known_now", poor) == [(8, 7)]


# The rest needs no files: what the ledger's events say.

ONE, TWO, THREE = (digit * 64 for digit in "123")


def arrival(submission_id: str) -> Event:
    return Event("received", AT, submission_id=submission_id, payload={"file_name": "thang.xlsx"})


def accepted(submission_id: str, period: str = DECEMBER, district_code: str = DISTRICT) -> Event:
    return Event(
        "judged",
        AT,
        submission_id=submission_id,
        district_code=district_code,
        period=period,
        payload={"verdict": "accepted"},
    )


def published(release_id: str, as_of: str, **payload: Any) -> Event:
    return Event("published", AT, payload={"release_id": release_id, "as_of": as_of, **payload})


def told(*events: Event) -> State:
    return derive_state(Event(**{**event.__dict__, "id": number}) for number, event in enumerate(events, start=1))


def test_what_was_accepted_while_a_release_was_built_is_not_in_it() -> None:
    state = told(arrival(ONE), accepted(ONE), arrival(TWO), accepted(TWO), published("r1", DECEMBER, position=3))
    (row,) = restated(state, DECEMBER, DECEMBER, "m").slots
    assert (row["published_submission_id"], row["submission_id"]) == (ONE, TWO)


def test_releases_that_published_a_month_alike_are_one_restatement() -> None:
    state = told(
        arrival(ONE),
        accepted(ONE),
        published("r1", DECEMBER, method="old"),
        published("r2", JANUARY, method="m"),
        arrival(TWO),
        accepted(TWO),
        published("r3", JANUARY, method="m"),
        arrival(THREE),
        accepted(THREE),
    )
    rows = restated(state, DECEMBER, JANUARY, "m").slots
    assert [(row["release_id"], row["published_submission_id"], row["submission_id"]) for row in rows] == [
        ("r1", ONE, THREE),
        ("r3", TWO, THREE),
    ]
    assert [row["is_same_method"] for row in rows] == [False, True]


def test_a_month_that_was_not_published_is_no_restatement_and_a_missing_district_is_one() -> None:
    state = told(
        arrival(ONE),
        accepted(ONE),
        published("r1", JANUARY),
        arrival(TWO),
        accepted(TWO, district_code="964"),
        arrival(THREE),
        accepted(THREE, JANUARY),
    )
    rows = restated(state, DECEMBER, JANUARY, "m").slots
    assert [(row["period"].month, row["district_code"], row["cause"]) for row in rows] == [(12, "964", "late_report")]
    assert rows[0]["is_same_method"] is None


def test_going_back_to_an_earlier_month_changes_nothing_that_was_published() -> None:
    state = told(
        arrival(ONE),
        accepted(ONE),
        arrival(TWO),
        accepted(TWO, JANUARY),
        published("year", JANUARY),
        published("baseline", DECEMBER),
        published("year", JANUARY),
    )
    changes = release_changes(state, DECEMBER)
    assert [(one["period"], one["now"]) for one in changes["year"]] == [(DECEMBER, ONE), (JANUARY, TWO)]
    assert changes["baseline"] == []
    assert restated(state, DECEMBER, JANUARY, "m") == Restated([], [])
