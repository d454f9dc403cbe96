"""The poor and the near poor of a commune as a whole: suppressed where there are 1 to 4 of them.

All that they are made of goes with them, in the other communes of the block as well, so that on paper whole
households may be moved between them, with everything that is counted about them.
"""

import numpy as np

from tasks.disclosure.blocks import Bools, any_in_block
from tasks.disclosure.counts import Counts, Places
from tasks.disclosure.hidden import Hidden
from tasks.disclosure.sums import Cells, is_small, need_of, protect, remainder

CLASSES = ("poor", "near_poor")
# The commune's own area: all of its households, or none.
AREAS = ("urban", "rural")


def suppress_stocks(counts: Counts, places: Places, hidden: Hidden) -> None:
    """Suppress both classes, with all that they are made of."""
    for group, other in (CLASSES, CLASSES[::-1]):
        _suppress_class(group, other, counts, places, hidden)


def _suppress_class(group: str, other: str, counts: Counts, places: Places, hidden: Hidden) -> None:
    name = f"{group}_households|all"
    value, residents = counts[name], counts["households|all"]
    rest = remainder(residents, value)
    room = np.maximum(residents - counts[f"{other}_households|all"], value)
    small = is_small(value) | is_small(rest)
    has_room = (residents > 0)[None]
    need = need_of(value, rest)[None]
    found = protect(Cells(value[None], 0 * value[None], room[None], small[None], need, has_room), places)
    communes, districts, block = found.cells[0], found.districts[0], found.block[0]
    hidden.add(name, communes, districts)
    # The urban and the rural communes of a district have sums of their own, that go where a block has both.
    both = communes & any_in_block(places.urban, block) & any_in_block(~places.urban, block)
    mixed = districts | _districts(both, places)
    for area in AREAS:
        hidden.add(f"{group}_households|{area}", communes & (places.urban == (area == "urban")), mixed)
    for part in counts:
        kind, _, population = part.partition("|")
        of_class = kind == f"{group}_households" and population not in ("all", *AREAS)
        if of_class or population == group:
            hidden.add(part, communes & any_in_block(counts[part] > 0, block), districts)


def _districts(cells: Bools, places: Places) -> Bools:
    """[month, district]: the districts of some communes."""
    found = np.zeros((len(places.periods), len(places.districts)), dtype=bool)
    month, commune = np.nonzero(cells)
    found[month, places.district[month, commune]] = True
    return found
