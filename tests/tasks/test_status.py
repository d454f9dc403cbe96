"""Which district owes what, and what became of what came."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from ledger.events import Event
from ledger.states import State, Submission
from settings import Settings
from tasks.status import due_date, expected_periods, slot_rows, status_rows

RECEIVED = dt.datetime(2020, 1, 5, 3, tzinfo=dt.UTC)
TODAY = dt.date(2020, 1, 8)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path, last_period="2020-01")


def a_submission(state: str = "accepted", submission_id: str = "a", **changes: Any) -> Submission:
    values: dict[str, Any] = {"district_code": "964", "period": "2019-12", "received_at": RECEIVED}
    severities = {"critical": 0, "warning": 2, "info": 0}
    judgement = {"severities": severities, "inputs": {"previous": None, "waits": False}}
    return Submission(
        submission_id=submission_id,
        file_name="thang.xlsx",
        order=1,
        state=state,
        **({"judgement": judgement} | values | changes),
    )


def state_of(*submissions: Submission, **more: Any) -> State:
    return State(submissions={one.submission_id: one for one in submissions}, **more)


def test_a_workbook_is_due_ten_days_after_its_month(settings: Settings) -> None:
    assert due_date(settings, "2019-12") == dt.date(2020, 1, 10)
    assert due_date(settings.model_copy(update={"due_days": 0}), "2020-02") == dt.date(2020, 2, 29)


def test_a_month_may_have_a_due_day_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIAMNGHEO_DUE_DATES", '{"2020-01": "2020-02-17"}')
    settings = Settings(data=tmp_path, last_period="2020-01")
    assert [due_date(settings, month) for month in ("2019-12", "2020-01")] == [
        dt.date(2020, 1, 10),
        dt.date(2020, 2, 17),
    ]
    rows = status_rows(settings, state_of(a_submission(period="2020-01", received_at=dt.datetime(2020, 2, 16))), TODAY)
    assert [(row["due"], row["on_time"]) for row in rows if row["submission_id"]] == [("2020-02-17", True)]


def test_months_are_due_up_to_the_last_planned_one_or_the_last_received(settings: Settings) -> None:
    assert expected_periods(settings, State(), dt.date(2020, 5, 4)) == ["2019-12", "2020-01"]
    assert expected_periods(settings, state_of(a_submission(period="2020-03")), TODAY)[-1] == "2020-03"


class TestStatusRows:
    def test_without_anything_every_slot_is_expected(self, settings: Settings) -> None:
        rows = status_rows(settings, State(), TODAY)
        assert len(rows) == 18
        assert {row["state"] for row in rows} == {"expected"}
        assert rows[0] | {"due": "2020-01-10", "on_time": None, "submission_id": None, "period": "2019-12"} == rows[0]

    def test_what_has_not_come_is_late_after_its_day(self, settings: Settings) -> None:
        def late(day: int) -> object:
            return status_rows(settings, State(), dt.date(2020, 1, day), "2019-12")[0]["on_time"]

        assert (late(10), late(11)) == (None, False)

    def test_a_submission_stands_in_its_slot(self, settings: Settings) -> None:
        rows = status_rows(settings, state_of(a_submission()), TODAY, "2019-12")
        assert len(rows) == 9
        (row,) = [row for row in rows if row["district_code"] == "964"]
        assert row == {
            "period": "2019-12",
            "district_code": "964",
            "state": "accepted",
            "submission_id": "a",
            "received_at": "2020-01-05T10:00:00+07:00",
            "due": "2020-01-10",
            "on_time": True,
            "findings": {"critical": 0, "warning": 2, "info": 0},
            "file_name": "thang.xlsx",
            "needs_look": False,
            "version": 0,
        }

    @pytest.mark.parametrize(
        ("received_at", "on_time"),
        [
            (dt.datetime(2020, 1, 10, 16, 59, tzinfo=dt.UTC), True),
            (dt.datetime(2020, 1, 10, 17, 0, tzinfo=dt.UTC), False),  # the 11th in Cà Mau
        ],
    )
    def test_on_time_goes_by_the_clock_of_the_province(
        self, settings: Settings, received_at: dt.datetime, on_time: bool
    ) -> None:
        rows = status_rows(settings, state_of(a_submission(received_at=received_at)), TODAY, "2019-12")
        assert rows[0]["on_time"] is on_time

    def test_every_submission_of_a_slot_has_its_row(self, settings: Settings) -> None:
        rows = status_rows(settings, state_of(a_submission("superseded"), a_submission("accepted", "b")), TODAY)
        here = [row["state"] for row in rows if (row["district_code"], row["period"]) == ("964", "2019-12")]
        assert here == ["superseded", "accepted"]

    def test_what_has_no_slot_is_listed_but_under_no_period(self, settings: Settings) -> None:
        lost = a_submission("unreadable", district_code=None, period=None)
        assert status_rows(settings, state_of(lost), TODAY)[0]["submission_id"] == "a"
        assert all(row["submission_id"] is None for row in status_rows(settings, state_of(lost), TODAY, "2019-12"))

    def test_an_excused_slot_is_neither_expected_nor_late(self, settings: Settings) -> None:
        excused = {("964", "2019-12"): Event("excused", RECEIVED)}
        row = status_rows(settings, State(excused=excused), dt.date(2021, 1, 1), "2019-12")[0]
        assert (row["state"], row["on_time"]) == ("excused", None)

    def test_a_file_before_the_baseline_is_listed_too(self, settings: Settings) -> None:
        rows = status_rows(settings, state_of(a_submission("rejected", period="2019-11")), TODAY)
        assert [row["period"] for row in rows if row["submission_id"]] == ["2019-11"]


class TestSlotRows:
    def slot(self, settings: Settings, state: State) -> dict[str, Any]:
        (row,) = [
            row
            for row in slot_rows(settings, state, ["2019-12"])
            if (row["district_code"], row["period"]) == ("964", dt.date(2019, 12, 31))
        ]
        return row

    def test_one_row_per_slot(self, settings: Settings) -> None:
        assert len(slot_rows(settings, State(), ["2019-12", "2020-01"])) == 18
        row = self.slot(settings, State())
        assert (row["state"], row["accepted_submission_id"], row["due"]) == ("expected", None, dt.date(2020, 1, 10))

    @pytest.mark.parametrize(
        ("states", "expected"),
        [
            (["accepted"], "accepted"),
            (["superseded", "accepted"], "accepted"),
            (["rejected", "held"], "held"),
            (["rejected", "waiting"], "waiting"),
            (["withdrawn", "returned"], "returned"),
        ],
    )
    def test_the_file_that_says_most_stands_for_the_slot(
        self, settings: Settings, states: list[str], expected: str
    ) -> None:
        state = state_of(*[a_submission(name, str(at)) for at, name in enumerate(states)])
        row = self.slot(settings, state)
        assert row["state"] == expected
        assert (row["accepted_submission_id"] is not None) == (expected == "accepted")

    def test_an_excused_slot_stays_so_until_something_is_accepted(self, settings: Settings) -> None:
        excused = {("964", "2019-12"): Event("excused", RECEIVED)}
        assert self.slot(settings, state_of(a_submission("rejected"), excused=excused))["state"] == "excused"
        assert self.slot(settings, state_of(a_submission(), excused=excused))["state"] == "accepted"
