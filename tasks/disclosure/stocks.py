"""The poor and the near poor of a commune as a whole: suppressed where there are 1 to 4 of them.

All that they are made of goes with them, in the second commune as well, so that on paper whole households may be
moved between the two, with everything that is counted about them.
"""

from dataclasses import replace

import numpy as np

from tasks.disclosure.counts import Counts, Places
from tasks.disclosure.hidden import Hidden
from tasks.disclosure.sums import Bools, Cells, is_small, need_of, protect, remainder

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
    cells = Cells(value[None], 0 * value[None], room[None], small[None], need_of(value, rest)[None])
    # The urban and the rural communes of a district have sums of their own. Where these have no second commune, they
    # are suppressed too, and one of the other area serves.
    sensitive = np.zeros_like(cells.sensitive)
    joined = np.zeros((len(places.periods), len(places.districts)), dtype=bool)
    for is_area in (places.urban, ~places.urban):
        of_area = protect(cells, replace(places, present=places.present & is_area))
        sensitive |= of_area.cells
        joined |= of_area.districts[0]
    found = protect(replace(cells, sensitive=sensitive), places)
    communes, districts = found.cells[0], found.districts[0]
    joined |= districts | _districts(communes & ~sensitive[0], places)
    hidden.add(name, communes, districts)
    for area in AREAS:
        hidden.add(f"{group}_households|{area}", communes & (places.urban == (area == "urban")), joined)
    for part in counts:
        kind, _, population = part.partition("|")
        of_class = kind == f"{group}_households" and population not in ("all", *AREAS)
        if of_class or population == group:
            hidden.add(part, communes & _in_district(communes & (counts[part] > 0), places), districts)


def _districts(cells: Bools, places: Places) -> Bools:
    """[month, district]: the districts of some communes."""
    found = np.zeros((len(places.periods), len(places.districts)), dtype=bool)
    month, commune = np.nonzero(cells)
    found[month, places.district[month, commune]] = True
    return found


def _in_district(cells: Bools, places: Places) -> Bools:
    """[month, commune]: whether any commune of the same district has it."""
    return np.take_along_axis(_districts(cells, places), places.district, axis=1)
