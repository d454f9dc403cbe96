"""What arrives: every slot ends with one good candidate, and the three incidents are told."""

import datetime as dt
from pathlib import Path
from typing import cast

import pytest
from openpyxl import load_workbook  # type: ignore[import-untyped]

from forms.dictionary import DEPRIVATIONS, KIND_CORRECTION
from plan.reference import period_end
from sample.scale import enlarged
from sample.story import ACCEPTED_BY_HAND, CORRECTED, REJECTED_FIRST, Delivery, Story, story, write_deliveries
from sample.summaries import summarise
from sample.year import YearOfMonths


@pytest.fixture(scope="module")
def told() -> Story:
    return story()


def _of(told: Story, slot: tuple[str, str]) -> list[Delivery]:
    return [one for one in told.deliveries if (one.period, one.district_code) == slot]


def test_every_slot_ends_with_the_years_month(told: Story, year: YearOfMonths) -> None:
    assert len(told.deliveries) == len(year) + 2
    for slot, month in year.items():
        last = _of(told, slot)[-1].month
        assert (last.household, last.commune, last.movement, last.policy) == (
            month.household,
            month.commune,
            month.movement,
            month.policy,
        )


def test_in_time_order(told: Story) -> None:
    times = [one.received_at for one in told.deliveries]
    assert times == sorted(times)
    for district in {one.district_code for one in told.deliveries}:
        first_files = [_of(told, slot)[0] for slot in sorted({(d.period, district) for d in told.deliveries})]
        assert [one.received_at for one in first_files] == sorted(one.received_at for one in first_files)


def test_received_in_office_hours_and_mostly_on_time(told: Story) -> None:
    late = 0
    for one in told.deliveries:
        assert str(one.received_at)[-6:] == "+07:00"
        assert 7 <= one.received_at.hour <= 16
        assert one.received_at.weekday() < 5
        assert one.received_at.date() >= cast(dt.date, one.month.cover["prepared_on"])
        days = (one.received_at.date() - period_end(one.period)).days
        late += days > 10
        assert days <= 12 or (one.period, one.district_code) == CORRECTED
    assert 2 <= late <= 15


def test_rejected_first(told: Story) -> None:
    wrong, right = _of(told, REJECTED_FIRST)
    assert (right.received_at - wrong.received_at).days == 2
    wrong_rows = [
        row
        for row in wrong.month.household
        if row["b2_points"] not in (None, 10 * sum(row[k] == "x" for k in DEPRIVATIONS))
    ]
    assert len(wrong_rows) == 3
    assert sum(row["class"] == "NI" for row in wrong.month.household) == 1
    assert sum(isinstance(row["persons"], str) for row in wrong.month.household) == 1


def test_accepted_by_hand(told: Story) -> None:
    (decision,) = told.decisions
    (delivery,) = _of(told, ACCEPTED_BY_HAND)
    assert (decision.period, decision.district_code) == ACCEPTED_BY_HAND
    assert decision.action == "accept"
    assert decision.at > delivery.received_at


def test_corrected_after_the_fact(told: Story, year: YearOfMonths) -> None:
    first, correction = _of(told, CORRECTED)
    assert correction.month.cover["kind"] == KIND_CORRECTION
    assert f"{correction.received_at:%d/%m}" == "25/06"
    changed = [(a, b) for a, b in zip(first.month.household, correction.month.household, strict=True) if a != b]
    assert 3 <= len(changed) <= 10
    for before, after in changed:
        assert {key for key in after if before[key] != after[key]} == {"health_insurance", "b2_points"}
        assert before["b2_points"] == 10 * sum(before[key] == "x" for key in DEPRIVATIONS)
    assert first.month.policy != correction.month.policy
    # June follows from what was first reported too, and services never fall.
    june = year["2020-06", CORRECTED[1]]
    assert summarise(june, first.month) == june
    april = year["2020-04", CORRECTED[1]]
    for earlier, one, later in zip(april.policy, first.month.policy, june.policy, strict=True):
        assert cast(int, earlier["served"]) <= cast(int, one["served"]) <= cast(int, later["served"])


def test_a_shorter_story_is_part_of_the_longer(told: Story) -> None:
    short = story(first="2020-01", last="2020-02")
    assert short.deliveries == [one for one in told.deliveries if one.period in ("2020-01", "2020-02")]
    assert short.decisions == []


@pytest.mark.parametrize("workers", [1, 2])
def test_write_deliveries(told: Story, tmp_path: Path, workers: int) -> None:
    done: list[int] = []
    paths = write_deliveries(tmp_path, told.deliveries[:2], workers, done.append)
    assert done == [1, 2]
    assert [path.exists() for path in paths] == [True, True]
    book = load_workbook(paths[0], read_only=True)
    assert book.sheetnames == ["Bìa", "Hộ", "Xã", "Diễn biến", "Chính sách"]


def test_enlarged_month_is_counted_as_declared(year: YearOfMonths) -> None:
    before, month = year["2020-03", "972"], year["2020-04", "972"]
    large = enlarged(month, 3)
    assert len(large.household) == 3 * len(month.household)
    assert len({(r["commune_code"], r["hamlet"], r["household_code"]) for r in large.household}) == len(large.household)
    assert summarise(large, enlarged(before, 3)) == large
