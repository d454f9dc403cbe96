"""From findings to a verdict, and when a verdict must be found anew (contract, section 2)."""

import datetime as dt
from collections import Counter
from dataclasses import replace

import pytest

from ledger.events import Event
from ledger.states import State, Submission, Waiver, derive_state
from tasks.judge import decide, mark_waived, severities, waivers_in_force
from tasks.judging import judging_inputs, needs_judging, needs_look, waits_for_month_before

AT = dt.datetime(2020, 3, 5, tzinfo=dt.UTC)
FIRST = "2019-12"


def verdict(
    counts: dict[str, int], *, rules: set[str] | None = None, findings: list[dict[str, object]] | None = None,
    waits: bool = False,
) -> str:  # fmt: skip
    return decide(Counter(counts), findings or [], rules or set(), waits)


def a_finding(rule: str = "X06", finding_id: str = "f1", waived: bool = False) -> dict[str, object]:
    return {"rule": rule, "finding_id": finding_id, "waived": waived}


class TestDecide:
    @pytest.mark.parametrize(
        ("counts", "expected"),
        [
            ({}, "accepted"),
            ({"H07": 3, "F11": 1, "F07": 1}, "accepted"),
            ({"H09": 1}, "held"),
            ({"H09": 1, "H07": 2}, "held"),
            ({"H12": 1}, "rejected"),
            ({"H12": 1, "H09": 1}, "rejected"),
        ],
    )
    def test_the_worst_finding_decides(self, counts: dict[str, int], expected: str) -> None:
        assert verdict(counts) == expected

    @pytest.mark.parametrize(
        ("counts", "expected"), [({}, "waiting"), ({"H09": 1}, "waiting"), ({"H12": 1}, "rejected")]
    )
    def test_what_waits_waits_unless_something_else_is_critical(self, counts: dict[str, int], expected: str) -> None:
        assert verdict(counts, waits=True) == expected

    def test_a_waived_rule_does_not_count(self) -> None:
        assert verdict({"X06": 1}, rules={"X06"}) == "accepted"
        assert verdict({"H12": 5, "X06": 1}, rules={"H12"}) == "held"

    def test_a_waived_finding_covers_itself_only(self) -> None:
        waived = a_finding(waived=True)
        assert verdict({"X06": 1}, findings=[waived]) == "accepted"
        assert verdict({"X06": 2}, findings=[waived, a_finding(finding_id="f2")]) == "held"

    def test_findings_that_are_counted_but_not_listed_are_not_waived(self) -> None:
        """A listing that was cut at 1,000 of 12,345 says nothing of the others."""
        assert verdict({"H12": 12_345}, findings=[a_finding("H12", str(n), True) for n in range(1000)]) == "rejected"


class TestWaivers:
    def a_waiver(self, **changes: object) -> Waiver:
        values: dict[str, object] = {"rule": "X06", "finding_id": None, "until": AT.date(), "by": "a", "reason": "b"}
        return Waiver(**(values | {"at": AT} | changes))  # type: ignore[arg-type]

    def test_holds_up_to_and_on_its_last_day(self) -> None:
        assert waivers_in_force([self.a_waiver()], AT.date()) == ({"X06"}, set())
        assert waivers_in_force([self.a_waiver()], AT.date() + dt.timedelta(days=1)) == (set(), set())

    def test_of_one_finding_names_it(self) -> None:
        assert waivers_in_force([self.a_waiver(finding_id="f1")], AT.date()) == (set(), {"f1"})

    def test_of_a_rule_that_may_not_be_waived_is_void(self) -> None:
        assert waivers_in_force([self.a_waiver(rule="H11")], AT.date()) == (set(), set())

    def test_mark_what_they_cover(self) -> None:
        found = mark_waived([a_finding(), a_finding("H12", "f2"), a_finding("H12", "f3")], {"X06"}, {"f3"})
        assert [finding["waived"] for finding in found] == [True, False, True]


def test_severities_count_every_finding() -> None:
    counted = severities(Counter({"H12": 2, "X06": 1, "F11": 4}))
    assert counted == {"critical": 2, "warning": 1, "info": 4}
    assert severities(Counter()) == {"critical": 0, "warning": 0, "info": 0}


class Story:
    """A ledger told in short: `judged` records a verdict under the inputs of its moment."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def add(self, event: Event) -> "Story":
        self.events.append(replace(event, id=len(self.events) + 1))
        return self

    @property
    def state(self) -> State:
        return derive_state(self.events)

    def one(self, submission_id: str) -> Submission:
        return self.state.submissions[submission_id]

    def received(self, submission_id: str) -> "Story":
        return self.add(Event("received", AT, submission_id=submission_id, payload={"file_name": "a.xlsx"}))

    def again(self, submission_id: str) -> "Story":
        return self.add(Event("received_again", AT, submission_id=submission_id, payload={"file_name": "b.xlsx"}))

    def judged(self, submission_id: str, period: str, verdict: str = "accepted") -> "Story":
        placed = replace(self.one(submission_id), district_code="964", period=period)
        payload = {"verdict": verdict, "inputs": judging_inputs(self.state, placed, FIRST)}
        event = Event("judged", AT, submission_id=submission_id, district_code="964", period=period, payload=payload)
        return self.add(event)

    def decided(self, kind: str, submission_id: str, **payload: object) -> "Story":
        return self.add(Event(kind, AT, submission_id=submission_id, payload=dict(payload)))

    def excused(self, period: str) -> "Story":
        return self.add(Event("excused", AT, district_code="964", period=period))

    def closed(self, period: str) -> "Story":
        return self.add(Event("closed", AT, period=period))

    def due(self) -> list[str]:
        state = self.state
        return [key for key, one in state.submissions.items() if needs_judging(state, one, FIRST)]

    def to_look_at(self) -> list[str]:
        state = self.state
        return [key for key, one in state.submissions.items() if needs_look(state, one, FIRST)]


@pytest.fixture
def story() -> Story:
    return Story()


class TestWaits:
    def test_the_baseline_waits_for_nothing(self, story: Story) -> None:
        assert not waits_for_month_before(story.state, "964", FIRST, FIRST)

    def test_a_month_waits_until_the_one_before_is_accepted(self, story: Story) -> None:
        assert waits_for_month_before(story.state, "964", "2020-01", FIRST)
        story.received("a").judged("a", FIRST, "held")
        assert waits_for_month_before(story.state, "964", "2020-01", FIRST)
        story.decided("accepted", "a")
        assert not waits_for_month_before(story.state, "964", "2020-01", FIRST)
        assert waits_for_month_before(story.state, "966", "2020-01", FIRST)

    def test_an_excused_month_is_not_waited_for(self, story: Story) -> None:
        assert not waits_for_month_before(story.excused(FIRST).state, "964", "2020-01", FIRST)

    def test_an_excused_month_is_passed_over_to_the_one_before_it(self, story: Story) -> None:
        story.excused("2020-01").excused("2020-02")
        assert waits_for_month_before(story.state, "964", "2020-03", FIRST)
        story.received("a").judged("a", FIRST)
        assert not waits_for_month_before(story.state, "964", "2020-03", FIRST)


class TestNeedsJudging:
    def test_what_was_never_judged(self, story: Story) -> None:
        assert story.received("a").due() == ["a"]

    @pytest.mark.parametrize("verdict", ["rejected", "held", "waiting", "accepted", "unreadable"])
    def test_not_twice_under_the_same_inputs(self, story: Story, verdict: str) -> None:
        assert story.received("a").judged("a", FIRST, verdict).due() == []

    def test_when_the_same_bytes_come_again(self, story: Story) -> None:
        assert story.received("a").judged("a", FIRST, "rejected").again("a").due() == ["a"]

    def test_never_silently_once_it_is_accepted(self, story: Story) -> None:
        assert story.received("a").judged("a", FIRST).again("a").due() == []

    def test_when_a_waiver_is_given(self, story: Story) -> None:
        story.received("a").judged("a", FIRST, "held")
        assert story.decided("waived", "a", rule="H09", until="2020-12-31").due() == ["a"]

    def test_when_the_month_before_is_accepted_superseded_or_withdrawn(self, story: Story) -> None:
        story.received("feb").judged("feb", "2020-01", "waiting")
        story.received("dec").judged("dec", FIRST)
        assert story.due() == ["feb"]
        story.judged("feb", "2020-01", "rejected")
        assert story.due() == []
        story.received("dec2").judged("dec2", FIRST).decided("superseded", "dec")
        assert story.due() == ["feb"]
        story.judged("feb", "2020-01", "rejected").decided("withdrawn", "dec2")
        assert story.due() == ["feb"]

    def test_when_the_month_before_is_excused(self, story: Story) -> None:
        assert story.received("a").judged("a", "2020-01", "waiting").excused(FIRST).due() == ["a"]

    def test_when_its_period_closes(self, story: Story) -> None:
        assert story.received("a").judged("a", FIRST, "held").closed(FIRST).due() == ["a"]

    def test_not_for_another_districts_or_a_later_months_news(self, story: Story) -> None:
        story.received("a").judged("a", FIRST, "rejected")
        story.received("b").judged("b", "2020-01", "waiting")
        assert story.due() == []

    @pytest.mark.parametrize("kind", ["returned", "withdrawn"])
    def test_final_bytes_only_after_they_are_reopened(self, story: Story, kind: str) -> None:
        story.received("a").judged("a", FIRST, "held").decided(kind, "a").again("a")
        assert story.due() == []
        assert story.decided("reopened", "a").due() == ["a"]

    def test_not_while_a_newer_file_stands_for_the_slot(self, story: Story) -> None:
        story.received("a").judged("a", FIRST, "rejected").received("b").judged("b", FIRST)
        assert story.again("a").due() == []


class TestNeedsLook:
    @pytest.fixture
    def two_months(self, story: Story) -> Story:
        return story.received("dec").judged("dec", FIRST).received("jan").judged("jan", "2020-01")

    def test_not_while_nothing_changed_under_it(self, two_months: Story) -> None:
        assert two_months.to_look_at() == []

    def test_after_the_month_before_was_superseded(self, two_months: Story) -> None:
        two_months.received("dec2").judged("dec2", FIRST).decided("superseded", "dec")
        assert two_months.to_look_at() == ["jan"]
        assert two_months.one("jan").state == "accepted"

    def test_after_the_month_before_was_withdrawn(self, two_months: Story) -> None:
        assert two_months.decided("withdrawn", "dec").to_look_at() == ["jan"]

    def test_after_an_excused_month_came_after_all(self, story: Story) -> None:
        story.received("dec").judged("dec", FIRST).excused("2020-01").received("feb").judged("feb", "2020-02")
        assert story.to_look_at() == []
        assert story.received("jan").judged("jan", "2020-01").to_look_at() == ["feb"]

    def test_only_what_is_accepted(self, story: Story) -> None:
        story.received("dec").judged("dec", FIRST).received("jan").judged("jan", "2020-01", "held")
        assert story.decided("withdrawn", "dec").to_look_at() == []
