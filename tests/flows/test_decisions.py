"""A validator decides: what follows at once, and what is refused without a trace."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from deciding import AT, BY, DECEMBER, JANUARY, REASON, UNTIL, Desk, copied, held, january, rejected
from small_district import a_month, some_rows

from flows.decisions import decide_on
from flows.publish import publish
from flows.runner import DirectRunner
from forms.month import DistrictMonth
from tasks import decide
from tasks.children import Readers
from tasks.decide import NotAllowed
from tasks.judging import needs_look


@pytest.fixture(scope="module")
def readers() -> Iterator[Readers]:
    with Readers(1) as started:
        yield started


@pytest.fixture
def desk(tmp_path: Path, readers: Readers) -> Desk:
    return Desk(tmp_path / "data", readers)


def prepared(tmp_path_factory: pytest.TempPathFactory, readers: Readers, **files: DistrictMonth) -> Desk:
    desk = Desk(tmp_path_factory.mktemp("desk") / "data", readers)
    desk.take(**files)
    return desk


@pytest.fixture(scope="module")
def rejected_once(tmp_path_factory: pytest.TempPathFactory, readers: Readers) -> Desk:
    return prepared(tmp_path_factory, readers, a=rejected())


@pytest.fixture(scope="module")
def held_once(tmp_path_factory: pytest.TempPathFactory, readers: Readers) -> Desk:
    return prepared(tmp_path_factory, readers, a=held())


@pytest.fixture(scope="module")
def accepted_once(tmp_path_factory: pytest.TempPathFactory, readers: Readers) -> Desk:
    return prepared(tmp_path_factory, readers, a=a_month())


@pytest.fixture
def desk_rejected(rejected_once: Desk, tmp_path: Path) -> Desk:
    """File a is rejected for H12, which may be waived."""
    return copied(rejected_once, tmp_path / "data")


@pytest.fixture
def desk_held(held_once: Desk, tmp_path: Path) -> Desk:
    """File a is held for H09."""
    return copied(held_once, tmp_path / "data")


@pytest.fixture
def desk_accepted(accepted_once: Desk, tmp_path: Path) -> Desk:
    """File a, December, is accepted."""
    return copied(accepted_once, tmp_path / "data")


class TestWaive:
    def test_a_waived_rule_lets_the_file_be_accepted(self, desk_rejected: Desk) -> None:
        assert desk_rejected.one("a").state == "rejected"
        desk_rejected.decide("a", "waive", rule="H12", until=UNTIL)
        submission = desk_rejected.one("a")
        assert submission.state == "accepted"
        findings = desk_rejected.findings("a")
        assert findings.select("rule", "waived").rows() == [("H12", True)]
        assert (desk_rejected.settings.accepted / submission.submission_id).is_dir()

    def test_one_finding_alone_may_be_waived(self, desk: Desk) -> None:
        month = rejected()
        month.household[1]["b1_points"] = 121
        desk.take(a=month)
        findings = desk.findings("a")
        for left, finding_id in zip((1, 0), findings.get_column("finding_id"), strict=True):
            desk.decide("a", "waive", rule="H12", finding_id=finding_id, until=UNTIL)
            assert desk.one("a").state == ("rejected" if left else "accepted")

    def test_a_held_jump_is_waived(self, desk: Desk) -> None:
        desk.take(a=a_month(), b=january(31))
        assert desk.states() == {"a": "accepted", "b": "held"}
        desk.decide("b", "waive", rule="X06", until=UNTIL)
        assert desk.one("b").state == "accepted"

    def test_another_rule_of_the_file_still_stands(self, desk: Desk) -> None:
        month = rejected()
        month.household[1]["area"] = "Thành thị"
        desk.take(a=month)
        desk.decide("a", "waive", rule="H12", until=UNTIL)
        assert desk.one("a").state == "held"

    def test_a_rule_that_may_not_be_waived_is_refused(self, desk: Desk) -> None:
        desk.take(a=a_month(total_poor=9))
        assert "F09" in desk.refused("a", "waive", rule="F09", until=UNTIL)
        assert desk.one("a").state == "rejected"

    def test_a_day_that_has_passed_is_refused(self, desk_rejected: Desk) -> None:
        desk_rejected.refused("a", "waive", rule="H12", until=dt.date(2020, 3, 4))


class TestPersonsThatDoNotBalance:
    """M02: sheet Diễn biến states 33 persons at opening where 32 stay; nothing is held against a baseline's opening."""

    @pytest.fixture
    def desk_unbalanced(self, desk: Desk) -> Desk:
        month = a_month()
        [row] = [row for row in month.movement if (row["class"], row["opening"]) == ("N", 32)]
        assert (row["measure"], row["closing"]) == ("Nhân khẩu", 32)
        row["opening"] = 33
        desk.take(a=month)
        assert desk.one("a").state == "held"
        return desk

    @pytest.mark.parametrize("leave", [{"action": "waive", "rule": "M02", "until": UNTIL}, {"action": "accept"}])
    def test_are_published_as_stated_and_marked(self, desk_unbalanced: Desk, leave: dict[str, object]) -> None:
        desk_unbalanced.decide("a", **leave)  # type: ignore[arg-type]
        assert desk_unbalanced.one("a").state == "accepted"
        release = publish(desk_unbalanced.settings, DirectRunner()).release
        with duckdb.connect(str(release.path / "warehouse.duckdb"), read_only=True) as connection:
            rows = connection.execute(
                "select level, measure, opening, closing, closing_computed, balanced from mart.movement "
                "where class = 'N' and opening > 0 order by level, measure"
            ).fetchall()
        for level in ("commune", "district", "province"):
            assert (level, "households", 8, 8, 8, True) in rows
            assert (level, "persons", 33, 32, 33, False) in rows
        assert len(rows) == 6


class TestAcceptAndReturn:
    def test_a_held_file_is_accepted_with_its_tables(self, desk_held: Desk) -> None:
        desk_held.decide("a", "accept")
        submission = desk_held.one("a")
        assert (submission.state, submission.decided_by, submission.reason) == ("accepted", BY, REASON)
        assert (desk_held.settings.accepted / submission.submission_id / "household.parquet").is_file()

    def test_the_months_that_waited_for_it_are_judged_at_once(self, desk: Desk) -> None:
        month = held()
        after = a_month(JANUARY, [row | {"area": "Nông thôn"} for row in month.household], previous=month)
        desk.take(a=month, b=after)
        assert desk.states() == {"a": "held", "b": "waiting"}
        desk.decide("a", "accept")
        assert desk.states() == {"a": "accepted", "b": "accepted"}

    @pytest.mark.parametrize("action", ["accept", "withdraw", "reopen"])
    def test_a_rejected_file_can_only_be_returned_or_waived(self, desk_rejected: Desk, action: str) -> None:
        assert "rejected" in desk_rejected.refused("a", action) or desk_rejected.one("a").state == "rejected"

    def test_a_returned_file_is_final_until_it_is_reopened(self, desk_held: Desk) -> None:
        desk_held.decide("a", "return")
        assert desk_held.one("a").state == "returned"
        desk_held.refused("a", "accept")
        desk_held.refused("a", "return")
        content = (desk_held.settings.inbox / ".done" / "a.xlsx").read_bytes()
        (desk_held.settings.inbox / "a.xlsx").write_bytes(content)
        desk_held.take()
        assert desk_held.one("a").state == "returned"
        assert len(desk_held.one("a").received_again) == 1
        desk_held.decide("a", "reopen")
        assert desk_held.one("a").state == "held"

    def test_nothing_is_decided_without_a_name_and_a_reason(self, desk_held: Desk) -> None:
        desk_held.refused("a", "accept", reason=" ")
        desk_held.refused("a", "accept", by="")
        assert desk_held.one("a").state == "held"


class TestWithdraw:
    def test_a_withdrawn_month_is_to_be_looked_at_from_the_next_one(self, desk: Desk) -> None:
        desk.take(a=a_month(), b=january())
        state = desk.decide("a", "withdraw")
        assert desk.states() == {"a": "withdrawn", "b": "accepted"}
        assert needs_look(state, desk.one("b"), DECEMBER)
        desk.refused("a", "withdraw")

    def test_reopened_it_is_judged_and_accepted_again(self, desk_accepted: Desk) -> None:
        desk_accepted.decide("a", "withdraw")
        state = desk_accepted.decide("a", "reopen")
        assert desk_accepted.states() == {"a": "accepted"}
        assert state.accepted(("971", DECEMBER)) is not None


class TestExcuseAndClose:
    def test_an_excused_month_lets_the_next_one_be_judged(self, desk: Desk) -> None:
        rows = some_rows()
        desk.take(a=a_month(), c=a_month("2020-02", rows, previous=a_month()))
        assert desk.states() == {"a": "accepted", "c": "waiting"}
        desk.of_slot(lambda state: decide.excuse(state, "971", JANUARY, BY, REASON, AT))  # type: ignore[arg-type]
        assert desk.states() == {"a": "accepted", "c": "accepted"}

    def test_an_accepted_month_can_not_be_excused(self, desk_accepted: Desk) -> None:
        before = desk_accepted.kinds()
        with pytest.raises(NotAllowed, match="đã có tệp"):
            desk_accepted.of_slot(lambda state: decide.excuse(state, "971", DECEMBER, BY, REASON, AT))  # type: ignore[arg-type]
        assert desk_accepted.kinds() == before

    def test_a_file_that_comes_after_all_is_judged_as_usual(self, desk: Desk) -> None:
        desk.take(a=a_month(), c=a_month("2020-02", some_rows(), previous=a_month()))
        desk.of_slot(lambda state: decide.excuse(state, "971", JANUARY, BY, REASON, AT))  # type: ignore[arg-type]
        desk.take(b=january())
        assert desk.states() == {"a": "accepted", "b": "accepted", "c": "accepted"}
        assert needs_look(desk.state, desk.one("c"), DECEMBER)

    def test_closing_a_period_judges_what_is_open_again(self, desk_held: Desk) -> None:
        desk_held.of_slot(lambda state: decide.close(state, DECEMBER, BY, REASON, AT))  # type: ignore[arg-type]
        assert desk_held.one("a").state == "rejected"
        with pytest.raises(NotAllowed):
            desk_held.of_slot(lambda state: decide.close(state, DECEMBER, BY, REASON, AT))  # type: ignore[arg-type]

    def test_a_closed_period_may_be_waived_open_for_one_file(self, desk: Desk) -> None:
        desk.of_slot(lambda state: decide.close(state, DECEMBER, BY, REASON, AT))  # type: ignore[arg-type]
        desk.take(a=a_month())
        assert desk.one("a").state == "rejected"
        desk.decide("a", "waive", rule="F05", until=UNTIL)
        assert desk.one("a").state == "accepted"


def test_an_unknown_submission_is_an_error(desk_accepted: Desk) -> None:
    with pytest.raises(LookupError):
        decide_on(
            desk_accepted.settings,
            DirectRunner(),
            "ffff",
            "return",
            by=BY,
            reason=REASON,
            at=AT,
            readers=desk_accepted.readers,
        )


def test_an_unknown_decision_is_an_error(desk_accepted: Desk) -> None:
    with pytest.raises(ValueError, match="no such decision"):
        desk_accepted.decide("a", "forget")
