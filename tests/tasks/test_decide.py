"""A validator's decisions: what each records, and when it is refused."""

import datetime as dt
from collections.abc import Callable

import pytest

from ledger.events import Event
from ledger.states import State, Submission
from tasks import decide
from tasks.decide import NotAllowed

AT = dt.datetime(2020, 3, 5, 9, tzinfo=dt.UTC)
WHO = ("Thẩm định viên", "đã kiểm tra hồ sơ")
STATES = ("received", "unreadable", "waiting", "rejected", "held", "accepted", "returned", "withdrawn", "superseded")


def a_submission(state: str = "held", submission_id: str = "a", order: int = 1) -> Submission:
    return Submission(
        submission_id=submission_id,
        file_name="thang.xlsx",
        received_at=AT,
        order=order,
        state=state,
        district_code="964",
        period="2019-12",
        judgement={"counts": {"X06": 1}, "findings": "a/b.parquet", "inputs": {"waits": False}},
    )


def state_of(*submissions: Submission) -> State:
    return State(submissions={one.submission_id: one for one in submissions})


def waive(submission: Submission, **changes: object) -> list[Event]:
    values: dict[str, object] = {"rule": "X06", "until": AT.date()}
    return decide.waive(state_of(submission), submission, *WHO, AT, **(values | changes))  # type: ignore[arg-type]


DECISIONS: dict[str, tuple[Callable[[Submission], list[Event]], tuple[str, ...]]] = {
    "returned": (
        lambda one: decide.return_(one, *WHO, AT),
        ("received", "unreadable", "waiting", "rejected", "held"),
    ),
    "accepted": (lambda one: decide.accept_held(state_of(one), one, *WHO, AT), ("held",)),
    "withdrawn": (lambda one: decide.withdraw(one, *WHO, AT), ("accepted",)),
    "reopened": (lambda one: decide.reopen(state_of(one), one, *WHO, AT), ("returned", "withdrawn", "superseded")),
    "waived": (waive, ("received", "waiting", "rejected", "held")),
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("kind", DECISIONS)
def test_each_decision_fits_its_states_only(kind: str, state: str) -> None:
    make, allowed = DECISIONS[kind]
    if state not in allowed:
        with pytest.raises(NotAllowed) as caught:
            make(a_submission(state))
        assert str(caught.value)
        return
    (event,) = make(a_submission(state))
    assert (event.kind, event.by, event.reason, event.at) == (kind, *WHO, AT)
    assert (event.submission_id, event.district_code, event.period) == ("a", "964", "2019-12")
    assert len(event.payload["rule_pack"]) == 16
    assert event.payload["state"] == state


@pytest.mark.parametrize("who", [("", "lý do"), ("tên", ""), ("  ", "lý do"), ("tên", "\n")])
def test_no_decision_without_a_name_and_a_reason(who: tuple[str, str]) -> None:
    one = a_submission()
    attempts: list[Callable[[], list[Event]]] = [
        lambda: decide.return_(one, *who, AT),
        lambda: decide.accept_held(state_of(one), one, *who, AT),
        lambda: decide.withdraw(a_submission("accepted"), *who, AT),
        lambda: decide.reopen(State(), a_submission("returned"), *who, AT),
        lambda: decide.waive(State(), one, *who, AT, rule="X06", until=AT.date()),
        lambda: decide.excuse(State(), "964", "2020-01", *who, AT),
        lambda: decide.close(State(), "2020-01", *who, AT),
    ]
    for attempt in attempts:
        with pytest.raises(NotAllowed, match="lý do"):
            attempt()


class TestAcceptHeld:
    def test_an_approval_names_what_it_approves(self) -> None:
        (event,) = decide.accept_held(state_of(a_submission()), a_submission(), *WHO, AT)
        assert event.payload["counts"] == {"X06": 1}
        assert event.payload["findings"] == "a/b.parquet"
        assert event.payload["rule_pack"]

    def test_supersedes_what_stood_before(self) -> None:
        standing, held = a_submission("accepted", "old", 1), a_submission("held", "new", 2)
        accepted, superseded = decide.accept_held(state_of(standing, held), held, *WHO, AT)
        assert (accepted.kind, accepted.submission_id) == ("accepted", "new")
        assert (superseded.kind, superseded.submission_id) == ("superseded", "old")
        assert superseded.payload["by"] == "new"

    def test_is_refused_where_a_newer_file_stands(self) -> None:
        held, newer = a_submission("held", "old", 1), a_submission("accepted", "new", 2)
        with pytest.raises(NotAllowed, match="gửi sau"):
            decide.accept_held(state_of(held, newer), held, *WHO, AT)


class TestWaive:
    def test_records_the_rule_the_finding_and_the_day(self) -> None:
        (event,) = waive(a_submission(), finding_ids=["f1"], until=dt.date(2020, 12, 31))
        assert {key: event.payload[key] for key in ("rule", "finding_id", "until")} == {
            "rule": "X06",
            "finding_id": "f1",
            "until": "2020-12-31",
        }

    def test_several_findings_are_one_decision(self) -> None:
        (event,) = waive(a_submission(), finding_ids=["f2", "f1", "f2"])
        assert (event.payload["finding_id"], event.payload["finding_ids"]) == (None, ["f1", "f2"])

    def test_is_refused_where_a_newer_file_stands(self) -> None:
        held, newer = a_submission("held", "old", 1), a_submission("accepted", "new", 2)
        with pytest.raises(NotAllowed, match="gửi sau"):
            decide.waive(state_of(held, newer), held, *WHO, AT, rule="X06", until=AT.date())

    @pytest.mark.parametrize("rule", ["H11", "F02", "F07", "Z99", ""])
    def test_is_refused_for_a_rule_that_may_not_be_waived(self, rule: str) -> None:
        with pytest.raises(NotAllowed, match="không được phép"):
            waive(a_submission(), rule=rule)

    def test_is_refused_for_a_day_that_has_passed(self) -> None:
        with pytest.raises(NotAllowed, match="04/03/2020"):
            waive(a_submission(), until=dt.date(2020, 3, 4))


class TestExcuse:
    def test_names_the_slot(self) -> None:
        (event,) = decide.excuse(State(), "964", "2020-01", *WHO, AT)
        assert (event.kind, event.district_code, event.period, event.submission_id) == (
            "excused", "964", "2020-01", None,
        )  # fmt: skip

    @pytest.mark.parametrize("code", ["999", "32194", ""])
    def test_is_refused_where_no_such_slot_is(self, code: str) -> None:
        with pytest.raises(NotAllowed, match="không có huyện"):
            decide.excuse(State(), code, "2020-01", *WHO, AT)

    def test_is_refused_where_something_is_accepted(self) -> None:
        with pytest.raises(NotAllowed, match="đã có tệp"):
            decide.excuse(state_of(a_submission("accepted")), "964", "2019-12", *WHO, AT)


class TestClose:
    def test_names_the_period(self) -> None:
        (event,) = decide.close(State(), "2020-01", *WHO, AT)
        assert (event.kind, event.period, event.district_code) == ("closed", "2020-01", None)

    def test_is_refused_twice(self) -> None:
        with pytest.raises(NotAllowed, match="đã khoá sổ"):
            decide.close(State(closed={"2020-01": AT}), "2020-01", *WHO, AT)
