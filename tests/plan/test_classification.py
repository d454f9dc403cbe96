"""The class that the two scores and the area lead to, at every boundary."""

import polars as pl
import pytest

from plan.classification import class_rule

PERIOD = "2019-12"


def class_of(area: str | None, b1: int | None, b2: int | None, period: str = PERIOD) -> str | None:
    household = pl.DataFrame(
        {"area": [area], "b1": [b1], "b2": [b2]}, schema={"area": pl.String, "b1": pl.Int64, "b2": pl.Int64}
    )
    found: str | None = household.select(class_rule(period, pl.col("area"), pl.col("b1"), pl.col("b2"))).item()
    return found


@pytest.mark.parametrize(
    ("area", "b1", "b2", "expected"),
    [
        ("rural", 0, 0, "N1"),
        ("rural", 120, 0, "N1"),
        ("rural", 120, 100, "N1"),
        ("rural", 121, 20, "CN"),
        ("rural", 121, 30, "N2"),
        ("rural", 150, 20, "CN"),
        ("rural", 150, 30, "N2"),
        ("rural", 151, 0, "KN"),
        ("rural", 151, 100, "KN"),
        ("urban", 121, 30, "N1"),
        ("urban", 140, 100, "N1"),
        ("urban", 141, 20, "CN"),
        ("urban", 141, 30, "N2"),
        ("urban", 175, 20, "CN"),
        ("urban", 175, 30, "N2"),
        ("urban", 176, 100, "KN"),
    ],
)
def test_boundaries(area: str, b1: int, b2: int, expected: str) -> None:
    assert class_of(area, b1, b2) == expected


def test_the_rule_is_kept_for_2021() -> None:
    """NĐ 07/2021, art. 2."""
    assert class_of("rural", 120, 0, "2021-12") == "N1"


def test_every_pair_of_scores_has_exactly_one_class() -> None:
    scores = pl.DataFrame({"area": ["rural", "urban"]}).join(
        pl.DataFrame({"b1": range(301)}).join(pl.DataFrame({"b2": range(0, 101, 10)}), how="cross"), how="cross"
    )
    classes = scores.select(class_rule(PERIOD, pl.col("area"), pl.col("b1"), pl.col("b2"))).to_series()
    assert classes.null_count() == 0
    assert set(classes) == {"N1", "N2", "CN", "KN"}


@pytest.mark.parametrize(("area", "b1", "b2"), [(None, 100, 0), ("rural", None, 0), ("rural", 130, None)])
def test_without_a_score_or_an_area_there_is_no_class(area: str | None, b1: int | None, b2: int | None) -> None:
    assert class_of(area, b1, b2) is None


@pytest.mark.parametrize("period", ["2022-01", "2027-01", "2015-12"])
def test_a_period_without_a_rule_for_this_form_is_refused(period: str) -> None:
    """From 2022 on the law no longer knows the two kinds of poor."""
    with pytest.raises(LookupError):
        class_of("rural", 100, 0, period)
