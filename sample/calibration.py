"""Whole numbers that meet given totals: the three tools that the sample year is calibrated with."""

import numpy as np
import numpy.typing as npt
from scipy.optimize import Bounds, LinearConstraint, brentq, milp, root

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def share_out(total: int, weights: npt.ArrayLike, lower: npt.ArrayLike = 0, upper: npt.ArrayLike | None = None) -> Ints:
    """Whole numbers that sum to `total`, as near to proportional to `weights` as the bounds allow.

    `weights` has shape (n,) and is positive; bounds are whole numbers, scalar or (n,).
    Raises ValueError where the bounds leave no room for the total.
    """
    w = np.asarray(weights, dtype=float)
    low = np.broadcast_to(np.asarray(lower, dtype=float), w.shape)
    high = np.broadcast_to(np.asarray(total if upper is None else upper, dtype=float), w.shape)
    if not low.sum() <= total <= high.sum():
        raise ValueError(f"{total} does not fit between {low.sum():.0f} and {high.sum():.0f}")

    def shares(scale: float) -> Floats:
        return np.clip(scale * w, low, high)

    most = float(np.max(high / w)) + 1.0
    scale = brentq(lambda s: float(shares(s).sum()) - total, 0.0, most, xtol=1e-12, rtol=1e-14)
    exact = shares(float(scale))
    whole = np.floor(exact + 1e-9)
    # The largest remainders take what rounding down left over.
    order = np.argsort(-(exact - whole) + (whole >= high) * 2.0, kind="stable")
    whole[order[: int(total - whole.sum())]] += 1
    return whole.astype(np.int64)


def nearest_counts(drawn: Ints, features: npt.ArrayLike, totals: npt.ArrayLike) -> Ints:
    """The counts nearest to `drawn` (n,) for which `features` (k, n) @ counts equals `totals` (k,).

    A small integer programme over the additions and removals; a move costs less where more was drawn.
    Raises ValueError where no counts meet the totals.
    """
    f = np.asarray(features, dtype=float)
    n = len(drawn)
    missing = np.asarray(totals, dtype=float) - f @ drawn
    cost = 1.0 / np.sqrt(np.maximum(drawn, 0.25))
    # Beyond twice what was drawn the distribution would no longer be the one that was drawn.
    most_added = np.maximum(3, drawn)
    solved = milp(
        c=np.concatenate([cost, cost]),
        integrality=np.ones(2 * n),
        bounds=Bounds(np.zeros(2 * n), np.concatenate([most_added, drawn])),
        constraints=LinearConstraint(np.hstack([f, -f]), missing, missing),
        options={"mip_rel_gap": 0.02},
    )
    if solved.x is None:
        raise ValueError(f"no counts meet the totals: {solved.message}")
    moves = np.rint(solved.x).astype(np.int64)
    counts: Ints = drawn + moves[:n] - moves[n:]
    return counts


def tilted(shares: npt.ArrayLike, values: npt.ArrayLike, mean: float) -> Floats:
    """The distribution over `values` nearest to `shares` (relative entropy) that has the given mean."""
    p = np.asarray(shares, dtype=float)
    x = np.asarray(values, dtype=float)

    def at(slope: float) -> Floats:
        q = p * np.exp(slope * (x - mean))
        return np.asarray(q / q.sum(), dtype=float)

    return at(float(brentq(lambda slope: float(at(slope) @ x) - mean, -3.0, 3.0)))


def leaving_slope(members: npt.ArrayLike, values: npt.ArrayLike, leavers: int, leaving_total: float) -> float:
    """How steeply the odds of leaving must rise with a value for the leavers to sum to a total.

    `members` (n,) counts those who could leave, by value; each leaves with odds exp(a + slope * value).
    """
    m = np.asarray(members, dtype=float)
    x = np.asarray(values, dtype=float)

    def misses(unknown: Floats) -> Floats:
        leaving = m / (1.0 + np.exp(-(unknown[0] + unknown[1] * (x - 4.0))))
        return np.array([leaving.sum() - leavers, leaving @ x - leaving_total])

    share = leavers / m.sum()
    solved = root(misses, np.array([np.log(share / (1 - share)), 0.0]))
    if not solved.success:
        raise ValueError(f"no slope lets {leavers} leavers sum to {leaving_total:.0f}")
    return float(solved.x[1])


def pick_weighted(rng: np.random.Generator, log_weights: npt.ArrayLike, count: int) -> Ints:
    """Indices of `count` different members, drawn with probability proportional to exp(log_weights)."""
    keys = np.asarray(log_weights, dtype=float)
    keys = keys + rng.gumbel(size=keys.shape)
    return np.argsort(-keys, kind="stable")[:count].astype(np.int64)
