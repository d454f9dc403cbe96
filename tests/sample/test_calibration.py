"""The three calibration tools meet their totals and say so where they cannot."""

import numpy as np
import pytest

from sample.calibration import leaving_slope, nearest_counts, share_out, tilted


def test_share_out_is_proportional_and_whole() -> None:
    assert share_out(10, [1, 1, 2]).tolist() in ([3, 2, 5], [2, 3, 5])
    assert share_out(0, [1, 2]).tolist() == [0, 0]


def test_share_out_keeps_bounds() -> None:
    shares = share_out(10, [1, 1, 8], lower=[3, 0, 0], upper=[10, 10, 4])
    assert shares.sum() == 10
    assert shares[0] >= 3
    assert shares[2] <= 4


def test_share_out_refuses_what_does_not_fit() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        share_out(10, [1, 1], upper=4)


def test_nearest_counts_meets_totals() -> None:
    features = np.array([[1, 1, 1], [1, 2, 3]])
    counts = nearest_counts(np.array([10, 10, 10]), features, [30, 58])
    assert (features @ counts).tolist() == [30, 58]
    assert abs(counts - 10).sum() <= 4


def test_nearest_counts_refuses_the_impossible() -> None:
    with pytest.raises(ValueError, match="no counts"):
        nearest_counts(np.array([1, 1]), [[2, 2]], [5])


def test_tilted_has_the_mean() -> None:
    shares = tilted([0.5, 0.3, 0.2], [1, 2, 3], 2.2)
    assert shares @ np.array([1, 2, 3]) == pytest.approx(2.2)


def test_leaving_slope_rises_with_what_must_leave() -> None:
    members, sizes = [100, 100, 100], [3, 4, 5]
    assert leaving_slope(members, sizes, 90, 360) == pytest.approx(0, abs=1e-6)
    assert leaving_slope(members, sizes, 90, 400) > 0
