"""Counts that are published with the sum over a district's communes: which to suppress so that none comes back.

One count (say, poor Khmer households) is looked at alone, all others kept as they truly are. A household may then be
moved, on paper, from one suppressed commune to another of the same district: the published sum stays, and so does
every other published number, as long as each count stays between what its own parts and its own whole allow (`low`
and `high`). How far a count can be moved down and up in this way is a lower bound of what any attacker has to
leave open. So no linear program has to be solved here; the test solves it.

What is suppressed of a district in a month depends on the counts of that district and month only. So a later release,
with more months or with a file that came late, suppresses the same cells again.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.disclosure.counts import Places

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Cells:
    """Counts by month and commune: [quantity, month, commune].

    `sensitive` cells must not be published; each suppressed cell must keep `need` + 1 possible values.
    """

    value: Ints
    low: Ints
    high: Ints
    sensitive: Bools
    need: Ints


@dataclass(frozen=True)
class Suppressed:
    """What is suppressed: commune cells [quantity, month, commune] and district sums [quantity, month, district]."""

    cells: Bools
    districts: Bools


def any_of(cells: Bools, axis: int | tuple[int, ...]) -> Bools:
    """Where any is true along an axis."""
    return np.asarray(cells.any(axis=axis))


def is_small(count: Ints) -> Bools:
    """1 to 4 (contract, section 6)."""
    return (count >= 1) & (count <= 4)


def remainder(whole: Ints, part: Ints) -> Ints:
    """What remains of a whole beside a part; 0 where there is no part, since the whole then speaks for itself."""
    return np.where(part > 0, whole - part, 0)


def need_of(*counts: Ints) -> Ints:
    """How far from exact a cell must stay: a lone household may be one or none, from 2 to 4 keep three values.

    counts: what would make the cell sensitive, itself and what remains of its wholes.
    """
    need: Ints = np.max([np.where(is_small(count), np.minimum(count, 2), 1) for count in counts], axis=0)
    return need


def protect(cells: Cells, places: Places) -> Suppressed:
    """Suppress the sensitive cells, and others until each keeps the values it needs."""
    suppressed = cells.sensitive & places.present
    districts = np.zeros((*suppressed.shape[:2], len(places.districts)), dtype=bool)
    quantities, months, communes = np.nonzero(suppressed)
    sums = np.stack([quantities, months, places.district[months, communes]], axis=1)
    for quantity, month, district in np.unique(sums, axis=0):
        mine = np.flatnonzero(places.present[month] & (places.district[month] == district))
        here = (quantity, month, mine)
        value = cells.value[here]
        down, up = np.maximum(value - cells.low[here], 0), np.maximum(cells.high[here] - value, 0)
        # A count that others fix altogether can only move with them: its sum is not to blame.
        need = np.minimum(cells.need[here], down + up)
        found = _complete(suppressed[here], value, down, up, need)
        if found is None:
            districts[quantity, month, district] = True
        else:
            suppressed[here] = found
    return Suppressed(suppressed, districts)


def _complete(hidden: Bools, value: Ints, down: Ints, up: Ints, need: Ints) -> Bools | None:
    """Suppress further communes of one district until no cell fails; None where all of them together do not do."""
    hidden = hidden.copy()
    while True:
        failing = np.flatnonzero(hidden & (_width(hidden, down, up) < need))
        if not failing.size:
            return hidden
        candidates = np.flatnonzero(~hidden & (up + down > 0))
        if not candidates.size:
            return None
        hidden[_partner(candidates, failing, hidden, value, down, up, need)] = True


def _width(hidden: Bools, down: Ints, up: Ints) -> Ints:
    """How far each cell can be moved against all other suppressed ones."""
    all_down, all_up = (down * hidden).sum(), (up * hidden).sum()
    width: Ints = np.minimum(down, all_up - up) + np.minimum(up, all_down - down)
    return width


def _partner(candidates: Ints, failing: Ints, hidden: Bools, value: Ints, down: Ints, up: Ints, need: Ints) -> int:
    """The commune to suppress with the failing ones: of those that serve most, a small one, but for choice no zero.

    Sizes are compared by powers of two and then by code, so that the choice does not change with every household.
    """
    all_down, all_up = (down * hidden).sum(), (up * hidden).sum()
    own_down, own_up = down[failing, None], up[failing, None]
    width = np.minimum(own_down, all_up - own_up + up[candidates]) + np.minimum(
        own_up, all_down - own_down + down[candidates]
    )
    enough = np.minimum(width, need[failing, None]).sum(axis=0)
    size = np.frexp(value[candidates])[1]
    return int(candidates[np.lexsort((candidates, size, size == 0, -enough))[0]])
