"""What is known after each kind of event."""

import datetime as dt
from dataclasses import replace

import pytest

from ledger.events import Event
from ledger.states import Submission, derive_state

AT = dt.datetime(2020, 1, 5, tzinfo=dt.UTC)
ONE, TWO = "a1" + "0" * 62, "b2" + "0" * 62
SLOT = ("964", "2019-12")


def received(submission_id: str = ONE, **payload: object) -> Event:
    delivery = {"file_name": "thang.xlsx", "size": 1, "mark": [1, 2, 3], "source": "inbox"}
    return Event("received", AT, submission_id=submission_id, payload=delivery | payload)


def judged(submission_id: str = ONE, verdict: str = "accepted", slot: tuple[str, str] | None = SLOT) -> Event:
    district_code, period = slot or (None, None)
    payload = {"verdict": verdict, "kind": "Tháng", "severities": {"critical": 0, "warning": 2, "info": 1}}
    return Event("judged", AT, submission_id=submission_id, district_code=district_code, period=period, payload=payload)


def decided(kind: str, submission_id: str = ONE, **payload: object) -> Event:
    return Event(kind, AT, by="Thẩm định viên", reason="lý do", submission_id=submission_id, payload=dict(payload))


def numbered(*events: Event) -> list[Event]:
    return [replace(event, id=number) for number, event in enumerate(events, start=1)]


def the_submission(*events: Event) -> Submission:
    return derive_state(numbered(*events)).submissions[ONE]


def test_no_events_is_nothing_known() -> None:
    state = derive_state([])
    assert (state.submissions, state.excused, state.closed, state.published) == ({}, {}, {}, [])


def test_received_is_a_submission_without_a_slot() -> None:
    submission = the_submission(received())
    assert (submission.state, submission.slot, submission.order) == ("received", None, 1)
    assert (submission.file_name, submission.received_at, submission.source) == ("thang.xlsx", AT, "inbox")


def test_received_again_is_a_delivery_and_one_more_info() -> None:
    again = Event("received_again", AT, submission_id=ONE, payload={"file_name": "gui-lai.xlsx"})
    submission = the_submission(received(), judged(), again)
    assert submission.state == "accepted"
    assert [delivery["file_name"] for delivery in submission.deliveries] == ["thang.xlsx", "gui-lai.xlsx"]
    assert [submission.counts(severity) for severity in ("critical", "warning", "info")] == [0, 2, 2]


@pytest.mark.parametrize("verdict", ["accepted", "held", "rejected", "waiting", "unreadable"])
def test_judged_takes_the_verdict_and_the_slot(verdict: str) -> None:
    slot = None if verdict == "unreadable" else SLOT
    submission = the_submission(received(), judged(verdict=verdict, slot=slot))
    assert (submission.state, submission.slot) == (verdict, slot)


def test_judged_again_replaces_the_verdict() -> None:
    assert the_submission(received(), judged(verdict="rejected"), judged()).state == "accepted"


def test_before_it_is_judged_it_has_no_findings() -> None:
    assert the_submission(received()).counts("critical") == 0


def test_waived_keeps_the_state_and_adds_a_waiver() -> None:
    submission = the_submission(
        received(), judged(verdict="held"), decided("waived", rule="X06", finding_id="f1", until="2020-02-01")
    )
    assert submission.state == "held"
    (waiver,) = submission.waivers
    assert (waiver.rule, waiver.finding_id, waiver.until) == ("X06", "f1", dt.date(2020, 2, 1))
    assert (waiver.by, waiver.reason) == ("Thẩm định viên", "lý do")


def test_one_waiver_of_several_findings_ends_as_one() -> None:
    several = decided("waived", rule="H12", finding_ids=["f1", "f2"], until="2020-02-01")
    events = [received(), judged(verdict="rejected"), several, decided("waived", rule="X06", until="2020-02-01")]
    waivers = the_submission(*events).waivers
    assert [(one.rule, one.finding_id, one.event) for one in waivers] == [
        ("H12", "f1", 3),
        ("H12", "f2", 3),
        ("X06", None, 4),
    ]
    (left,) = the_submission(*events, decided("unwaived", undoes=3)).waivers
    assert left.rule == "X06"


def test_the_version_is_the_last_event_and_the_decision_the_one_that_gave_the_state() -> None:
    waived = decided("waived", rule="X06", until="2020-02-01")
    again = Event("received_again", AT, submission_id=ONE, payload={"file_name": "gui-lai.xlsx"})
    submission = the_submission(received(), judged(verdict="held"), waived, received(TWO), again, judged(TWO))
    assert (submission.version, submission.decision) == (5, 2)


@pytest.mark.parametrize("kind", ["accepted", "superseded", "returned", "withdrawn"])
def test_a_decision_names_the_state_and_who_and_why(kind: str) -> None:
    submission = the_submission(received(), judged(verdict="held"), decided(kind))
    assert (submission.state, submission.decided_by, submission.reason) == (kind, "Thẩm định viên", "lý do")


def test_reopened_waits_for_a_verdict_again() -> None:
    assert the_submission(received(), judged(), decided("withdrawn"), decided("reopened")).state == "received"


def test_excused_and_closed_are_of_slots_and_periods() -> None:
    state = derive_state(
        [Event("excused", AT, district_code="964", period="2019-12"), Event("closed", AT, period="2020-01")]
    )
    assert list(state.excused) == [SLOT]
    assert state.closed == {"2020-01": AT}


def test_publications_are_kept_in_order() -> None:
    state = derive_state(
        [Event("published", AT, payload={"release_id": "1"}), Event("rolled_back", AT, payload={"release_id": "0"})]
    )
    assert [event.payload["release_id"] for event in state.published] == ["1", "0"]


class TestSuperseding:
    def test_the_newer_accepted_submission_stands_for_the_slot(self) -> None:
        state = derive_state(numbered(received(), judged(), received(TWO), judged(TWO), decided("superseded", by=TWO)))
        standing = state.accepted(SLOT)
        assert standing is not None
        assert standing.submission_id == TWO
        assert state.submissions[ONE].state == "superseded"
        assert list(state.accepted_of("964").values()) == [standing]

    def test_an_earlier_file_knows_that_a_newer_one_stands(self) -> None:
        state = derive_state(numbered(received(), judged(verdict="held"), received(TWO), judged(TWO)))
        assert state.newer_accepted(state.submissions[ONE])
        assert not state.newer_accepted(state.submissions[TWO])

    def test_a_withdrawn_submission_stands_for_nothing(self) -> None:
        state = derive_state(numbered(received(), judged(), decided("withdrawn")))
        assert state.accepted(SLOT) is None
        assert state.accepted_of("964") == {}


class TestPrevious:
    def test_is_the_latest_accepted_month_before(self) -> None:
        state = derive_state(
            numbered(
                received(),
                judged(),
                received(TWO),
                judged(TWO, slot=("964", "2020-02")),
                received("c3"),
                judged("c3", slot=("966", "2020-03")),
            )
        )
        before_march = state.previous(("964", "2020-03"))
        assert before_march is not None
        assert before_march.submission_id == TWO
        before_february = state.previous(("964", "2020-02"))
        assert before_february is not None
        assert before_february.submission_id == ONE

    def test_is_none_before_the_first_month(self) -> None:
        state = derive_state(numbered(received(), judged()))
        assert state.previous(SLOT) is None

    def test_leaves_out_what_is_only_held(self) -> None:
        state = derive_state(numbered(received(), judged(verdict="held")))
        assert state.previous(("964", "2020-01")) is None


class TestFind:
    def test_by_the_start_of_its_id(self) -> None:
        state = derive_state(numbered(received(), received(TWO)))
        assert state.find("A1").submission_id == ONE

    @pytest.mark.parametrize("prefix", ["", "ff"])
    def test_none_is_an_error(self, prefix: str) -> None:
        with pytest.raises(LookupError):
            derive_state(numbered(received(), received(TWO))).find(prefix)

    def test_several_are_an_error(self) -> None:
        with pytest.raises(LookupError) as raised:
            derive_state(numbered(received(), received("a1" + "1" * 62))).find("a1")
        assert "2 submissions" in raised.value.en  # type: ignore[attr-defined]


def test_an_event_of_a_submission_that_was_never_received_is_an_error() -> None:
    with pytest.raises(KeyError):
        derive_state([judged()])


def standings(*events: Event) -> list[tuple[str | None, int]]:
    state = derive_state(numbered(*events))
    assert state.position == len(events)
    return [(one.submission_id, one.event.id) for one in state.standings]


def test_what_stood_for_a_slot_is_remembered() -> None:
    first = [received(), judged()]
    assert standings(*first) == [(ONE, 2)]
    assert standings(*first, decided("withdrawn")) == [(ONE, 2), (None, 3)]
    superseded = [*first, received(TWO), judged(TWO), decided("superseded", by=TWO)]
    assert standings(*superseded) == [(ONE, 2), (TWO, 4)]
    assert standings(*superseded, decided("withdrawn", TWO)) == [(ONE, 2), (TWO, 4), (None, 6)]


def test_what_was_never_accepted_never_stood() -> None:
    assert standings(received(), judged(verdict="held"), decided("returned")) == []
    assert standings(received(), judged(verdict="held"), decided("accepted")) == [(ONE, 3)]
