"""A decision is taken back by new events; one on a submission that changed meanwhile is refused."""

import datetime as dt
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from deciding import AT, BY, REASON, UNTIL, Desk, copied, held, one_rejected_one_held
from small_district import a_month

from flows.decisions import Asked, Decided, decide_all, undo
from flows.runner import DirectRunner
from forms.dictionary import KIND_CORRECTION
from tasks import decide
from tasks.children import Readers
from tasks.decide import Changed, NotAllowed
from tasks.locks import Busy, only_one


@pytest.fixture(scope="module")
def readers() -> Iterator[Readers]:
    with Readers(1) as started:
        yield started


@pytest.fixture(scope="module")
def two_districts(tmp_path_factory: pytest.TempPathFactory, readers: Readers) -> Desk:
    return one_rejected_one_held(tmp_path_factory.mktemp("desk") / "data", readers)


@pytest.fixture
def desk(two_districts: Desk, tmp_path: Path) -> Desk:
    return copied(two_districts, tmp_path / "data")


def decided(desk: Desk, *asked: Asked, until: dt.date = UNTIL, by: str = BY, patience: float = 60) -> Decided:
    return decide_all(
        desk.settings,
        DirectRunner(),
        asked,
        by=by,
        reason=REASON,
        at=AT,
        until=until,
        readers=desk.readers,
        patience=patience,
    )


def undone(desk: Desk, event_id: int) -> Decided:
    return undo(desk.settings, DirectRunner(), event_id, by=BY, reason="nhầm", at=AT, readers=desk.readers)


def asked(desk: Desk, name: str, action: str, **how: object) -> Asked:
    return replace(Asked(desk.one(name).submission_id, action), **how)  # type: ignore[arg-type]


class TestUndo:
    def test_a_return_is_reopened_and_judged_again(self, desk: Desk) -> None:
        (event,) = decided(desk, asked(desk, "b", "return")).events
        done = undone(desk, event.id)
        assert [(one.kind, one.payload["undoes"], one.reason) for one in done.events] == [
            ("reopened", event.id, "nhầm")
        ]
        assert desk.one("b").state == "held"

    def test_a_waiver_ends_and_the_file_it_let_in_is_judged_again(self, desk: Desk) -> None:
        (event,) = decided(desk, asked(desk, "a", "waive", rule="H12")).events
        assert desk.one("a").state == "accepted"
        assert [one.kind for one in undone(desk, event.id).events] == ["unwaived", "withdrawn", "reopened"]
        assert (desk.one("a").state, desk.one("a").waivers) == ("rejected", [])

    def test_a_waiver_that_was_not_enough_just_ends(self, desk: Desk) -> None:
        first = desk.findings("a").item(0, "finding_id")
        (event,) = decided(desk, asked(desk, "a", "waive", finding_ids=(first,))).events
        assert desk.findings("a").get_column("waived").to_list() == [True, False]
        assert [one.kind for one in undone(desk, event.id).events] == ["unwaived"]
        assert desk.findings("a").get_column("waived").to_list() == [False, False]

    def test_an_acceptance_gives_its_place_back_to_what_it_superseded(self, tmp_path: Path, readers: Readers) -> None:
        desk = Desk(tmp_path / "data", readers)
        correction = held()
        correction.cover["kind"] = KIND_CORRECTION
        desk.take(a=a_month())
        desk.take(b=correction)
        assert desk.states() == {"a": "accepted", "b": "held"}
        event, superseded = decided(desk, asked(desk, "b", "accept")).events
        assert desk.states() == {"a": "superseded", "b": "accepted"}
        events = undone(desk, event.id).events
        assert [(one.kind, one.payload["undoes"]) for one in events] == [
            ("withdrawn", event.id),
            ("reopened", event.id),
            ("reopened", superseded.id),
        ]
        assert desk.states() == {"a": "accepted", "b": "held"}

    def test_a_withdrawal_is_reopened(self, desk: Desk) -> None:
        decided(desk, asked(desk, "b", "accept"))
        (event,) = decided(desk, asked(desk, "b", "withdraw")).events
        undone(desk, event.id)
        assert desk.one("b").state == "held"

    def test_only_once_and_only_while_the_decision_stands(self, desk: Desk) -> None:
        (first,) = decided(desk, asked(desk, "b", "return")).events
        assert first.id in decide.undoable(desk.state, desk.events())
        (reopened,) = undone(desk, first.id).events
        (second,) = decided(desk, asked(desk, "b", "return")).events
        before = desk.kinds()
        for event_id in (first.id, reopened.id, 1):
            with pytest.raises(NotAllowed):
                undone(desk, event_id)
        with pytest.raises(LookupError):
            undone(desk, 10_000)
        assert desk.kinds() == before
        assert decide.undoable(desk.state, desk.events()) == {second.id}


class TestSeveral:
    def test_all_are_recorded_together_with_one_reason(self, desk: Desk) -> None:
        events = decided(desk, asked(desk, "a", "return"), asked(desk, "b", "return")).events
        assert [(one.kind, one.reason) for one in events] == [("returned", REASON)] * 2
        assert len({one.payload["together"] for one in events}) == 1
        assert desk.states() == {"a": "returned", "b": "returned"}
        assert len(list((desk.settings.data / "returned").rglob("*.xlsx"))) == 2

    def test_or_none_of_them(self, desk: Desk) -> None:
        before = desk.kinds()
        with pytest.raises(NotAllowed):
            decided(desk, asked(desk, "b", "accept"), asked(desk, "a", "accept"))
        assert desk.kinds() == before

    def test_findings_are_waived_in_one_event_for_each_rule(self, desk: Desk) -> None:
        both = tuple(desk.findings("a").get_column("finding_id"))
        (event,) = decided(desk, asked(desk, "a", "waive", finding_ids=both)).events
        assert event.payload["finding_ids"] == sorted(both)
        assert desk.one("a").state == "accepted"

    def test_an_unknown_finding_is_refused(self, desk: Desk) -> None:
        with pytest.raises(NotAllowed, match="không có lỗi"):
            decided(desk, asked(desk, "a", "waive", finding_ids=("0" * 16,)))


class TestChangedMeanwhile:
    def test_is_refused_with_both_versions(self, desk: Desk) -> None:
        seen = desk.one("b").version
        decided(desk, asked(desk, "b", "accept", seen=seen), by="Người thứ nhất")
        before = desk.kinds()
        with pytest.raises(Changed) as caught:
            decided(desk, asked(desk, "b", "return", seen=seen))
        changed = caught.value
        assert changed.was is not None
        assert (changed.was.state, changed.now.state) == ("held", "accepted")
        assert [(one.kind, one.by) for one in changed.since] == [("accepted", "Người thứ nhất")]
        assert "Người thứ nhất" in str(changed)
        assert desk.kinds() == before

    def test_what_happens_elsewhere_is_no_change(self, desk: Desk) -> None:
        seen = desk.one("b").version
        decided(desk, asked(desk, "a", "return"))
        decided(desk, asked(desk, "b", "accept", seen=seen))
        assert desk.one("b").state == "accepted"

    def test_of_two_validators_at_once_one_decides(self, desk: Desk) -> None:
        seen = desk.one("b").version
        ready = threading.Barrier(2)
        ends: dict[str, object] = {}

        def go(action: str) -> None:
            ready.wait()
            try:
                ends[action] = decided(desk, asked(desk, "b", action, seen=seen), by=action).events[0].kind
            except Changed as fault:
                ends[action] = fault

        threads = [threading.Thread(target=go, args=(action,)) for action in ("accept", "return")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        [(winner, kind)] = [(action, end) for action, end in ends.items() if isinstance(end, str)]
        [refused] = [end for end in ends.values() if isinstance(end, Changed)]
        assert refused.since[-1].by == winner
        assert desk.one("b").state == kind
        assert [one.by for one in desk.events() if one.by in ("accept", "return")] == [winner]

    def test_while_a_run_is_under_way_nothing_is_recorded(self, desk: Desk) -> None:
        before = desk.kinds()
        with only_one(desk.settings.data, "ingest"), pytest.raises(Busy):
            decided(desk, asked(desk, "b", "accept"), patience=0.1)
        assert desk.kinds() == before
