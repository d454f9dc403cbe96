"""Which communes of a district are suppressed together: two and two, by a secret key, whatever they count.

The partners of a commune are the same for every count, every month and every release. So what is suppressed says of
a block that it holds a count that has to be, and neither which nor how large it is; and no partner is published next
month while the count that it hides is not.
"""

import hashlib
import hmac

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def deal(communes: list[str], present: Bools, district: Ints, urban: Bools, key: bytes) -> Ints:
    """The block of each commune, [month, commune]; -1 where it is not present.

    Blocks are numbered within a month, those of a district one after the other. Urban communes stand with urban ones
    and rural with rural ones, which have sums of their own; a lone town is in the last block of the others.
    """
    rank = np.argsort([hmac.new(key, code.encode(), hashlib.sha256).digest() for code in communes])
    found = np.full(present.shape, -1, dtype=np.int64)
    for month, there in enumerate(present):
        number = 0
        for one in np.unique(district[month, there]):
            here = rank[(there & (district[month] == one))[rank]]
            is_urban = urban[month, here]
            for block in _blocks(here[is_urban], here[~is_urban]):
                found[month, block] = number
                number += 1
    return found


def _blocks(*areas: Ints) -> list[Ints]:
    """Urban and rural communes, in the order of the key, two and two; of an odd number the last block has three."""
    dealt = [block for area in areas if len(area) > 1 for block in np.split(area, range(2, len(area) - 1, 2))]
    lone = [area for area in areas if len(area) == 1]
    return [*dealt[:-1], np.concatenate([*dealt[-1:], *lone])] if lone else dealt


def any_in_block(cells: Bools, block: Ints) -> Bools:
    """[…, month, commune]: whether any is true in the block of each; false where there is no block (-1)."""
    return _by_block(cells, block) > 0


def sum_of_block(values: Ints | Bools, block: Ints) -> Ints:
    """[…, month, commune]: the sum over the block of each; 0 where there is no block (-1)."""
    return _by_block(values, block)


def _by_block(values: Ints | Bools, block: Ints) -> Ints:
    block = np.broadcast_to(block, values.shape).reshape(-1, values.shape[-1])
    # Of each row the first place takes those without a block.
    width = block.max(initial=-1) + 2
    place = block + 1 + width * np.arange(len(block))[:, None]
    total = np.bincount(place.ravel(), values.ravel(), width * len(block)).astype(np.int64)
    total[::width] = 0
    return np.asarray(total[place].reshape(values.shape))
