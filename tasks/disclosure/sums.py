"""Counts that are published with the sum over a district's communes: which to suppress so that none comes back.

A cell that must not be published takes its whole block with it (blocks.py). Then one count (say, poor Khmer
households) is looked at alone, all others kept as they truly are. A household may be moved, on paper, from one
commune of a block to another: the published sum stays, and so does every other published number, as long as each
count stays between what its own parts and its own whole allow (`low` and `high`). How far a count can be moved down
and up in this way is a lower bound of what any attacker has to leave open. So no linear program has to be solved
here; the test solves it.

What is suppressed of a district in a month depends on the key and on the counts of that district and month only. So a
later release, with more months or with a file that came late, suppresses the same cells again.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tasks.disclosure.blocks import Bools, Ints, any_in_block, sum_of_block
from tasks.disclosure.counts import Places


@dataclass(frozen=True)
class Cells:
    """Counts by month and commune: [quantity, month, commune].

    `sensitive` cells must not be published; each suppressed cell must keep `need` + 1 possible values. Cells without
    `has_room` are zero, as everybody can see, because a published number that they are part of is.
    """

    value: Ints
    low: Ints
    high: Ints
    sensitive: Bools
    need: Ints
    has_room: Bools


@dataclass(frozen=True)
class Suppressed:
    """What is suppressed: commune cells [quantity, month, commune] and district sums [quantity, month, district].

    `block` says between which of the communes households may be moved: blocks, some of them put together.
    """

    cells: Bools
    districts: Bools
    block: Ints


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
    """Suppress the blocks of the sensitive cells; a block in which a cell would not keep what it needs is put
    together with the next one of its district, and where there is none the district's sum is suppressed."""
    block = np.broadcast_to(places.block, cells.value.shape).copy()
    # Who has no other in its block would be known to be what the block is suppressed for, so these are put together
    # whatever they count, as all can see who has no room.
    _join(block, lambda: cells.has_room & (sum_of_block(cells.has_room, block) == 1), places)
    down, up = np.maximum(cells.value - cells.low, 0), np.maximum(cells.high - cells.value, 0)
    # A count that others fix altogether can only move with them: its sum is not to blame.
    need = np.minimum(cells.need, down + up)

    def failing() -> Bools:
        return np.asarray(any_in_block(cells.sensitive, block) & (_width(block, down, up) < need))

    districts = _join(block, failing, places)
    return Suppressed(any_in_block(cells.sensitive, block) & cells.has_room, districts, block)


def _join(block: Ints, failing: Callable[[], Bools], places: Places) -> Bools:
    """Put blocks in which a cell fails together with the next of their district, in place, until none does.

    Returns [quantity, month, district]: where one fails although the district is one block.
    """
    stuck = np.zeros((*block.shape[:2], len(places.districts)), dtype=bool)
    while True:
        left = ~np.take_along_axis(stuck, np.broadcast_to(places.district, block.shape), axis=2)
        quantities, months, communes = np.nonzero(failing() & left & places.present)
        if not quantities.size:
            return stuck
        sums = np.stack([quantities, months, places.district[months, communes]])
        for place in np.unique(sums, axis=1, return_index=True)[1]:
            quantity, month, district = sums[:, place]
            there = (quantity, month, places.present[month] & (places.district[month] == district))
            block[there], is_joined = _with_the_next(block[there], block[quantity, month, communes[place]])
            stuck[quantity, month, district] = not is_joined


def _with_the_next(block: Ints, one: int) -> tuple[Ints, bool]:
    """The blocks of a district, one of them joined to the next in their ring; false where there is no other."""
    others = np.unique(block[block != one])
    if not others.size:
        return block, False
    return np.where(block == one, others[np.searchsorted(others, one) % others.size], block), True


def _width(block: Ints, down: Ints, up: Ints) -> Ints:
    """How far each cell can be moved against the others of its block."""
    all_down, all_up = sum_of_block(down, block), sum_of_block(up, block)
    width: Ints = np.minimum(down, all_up - up) + np.minimum(up, all_down - down)
    return width
