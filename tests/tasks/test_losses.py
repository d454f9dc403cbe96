"""tasks.losses: what readers lose by another release, said before it is switched."""

import pytest

from tasks.losses import Shown, reader_losses

NINE = frozenset(["964", "965", "966", "967", "968", "969", "970", "971", "973"])
DECEMBER, JANUARY = "2020-12", "2021-01"


def shown(poor: int = 1000, **months: frozenset[str]) -> Shown:
    """Months by name (y2020_12=…): the districts that have reported, of nine."""
    reported = {name.removeprefix("y").replace("_", "-"): districts for name, districts in months.items()}
    counts = {
        (month, unit, "poor_households"): poor * (len(districts) if unit == "96" else 1)
        for month, districts in reported.items()
        for unit in (*districts, "96")
    }
    return Shown(reported, dict.fromkeys(reported, NINE), counts)


def told(then: Shown, now: Shown) -> list[tuple[str, str, int]]:
    return [(loss.kind, loss.period, len(loss.districts)) for loss in reader_losses(then, now)]


def test_one_early_sender_turns_nine_of_nine_to_one_of_nine_with_words() -> None:
    then, now = shown(y2020_12=NINE), shown(y2020_12=NINE, y2021_01=frozenset(["970"]))
    (loss,) = reader_losses(then, now)
    assert (loss.kind, loss.period, len(loss.districts)) == ("last_month", JANUARY, 8)
    assert "Tháng 01/2021 mới có 1/9 huyện" in loss.sentence_vi
    assert "đến tháng 12/2020, có 9/9" in loss.sentence_vi
    assert "Huyện U Minh" in loss.sentence_vi and "Đầm Dơi" not in loss.sentence_vi


@pytest.mark.parametrize("then", [shown(y2020_12=NINE), shown(y2020_12=NINE - {"970"})])
def test_what_came_is_no_loss(then: Shown) -> None:
    assert told(then, shown(y2020_12=NINE)) == []
    assert told(then, shown(y2020_12=NINE, y2021_01=NINE)) == []
    # As many districts are missing in the newest month as were before: readers are no worse off.
    assert told(shown(y2020_12=NINE - {"970"}), shown(y2020_12=NINE, y2021_01=NINE - {"971"})) == []


def test_a_district_that_is_withdrawn_and_months_that_go_are_named() -> None:
    assert told(shown(y2020_12=NINE), shown(y2020_12=NINE - {"970", "971"})) == [("districts", DECEMBER, 2)]
    assert told(shown(y2020_11=NINE, y2020_12=NINE), shown(y2020_11=NINE)) == [("months", DECEMBER, 0)]


def test_a_count_that_is_another_by_a_tenth_is_named_where_the_same_is_counted() -> None:
    found = reader_losses(shown(y2020_12=NINE), shown(poor=899, y2020_12=NINE))
    assert [loss.kind for loss in found] == ["total"] * 10
    assert "Huyện Đầm Dơi: hộ nghèo từ 1.000 thành 899" in " ".join(loss.sentence_vi for loss in found)
    assert told(shown(y2020_12=NINE), shown(poor=901, y2020_12=NINE)) == []
    # Fewer than twenty households are no large change, however few there were.
    assert told(shown(poor=10, y2020_12=frozenset(["970"])), shown(poor=25, y2020_12=frozenset(["970"]))) == []
