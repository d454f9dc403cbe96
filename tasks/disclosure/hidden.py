"""What is suppressed, by quantity, month and unit."""

from dataclasses import dataclass, field

import numpy as np
import polars as pl

from tasks.disclosure.blocks import Bools
from tasks.disclosure.counts import Places
from tasks.disclosure.sums import any_of


@dataclass
class Hidden:
    """The suppressed cells of each quantity: communes [month, commune] and districts [month, district].

    Where a district's sum is suppressed, so is the province's: less the other districts it would be the same.
    """

    places: Places
    _communes: dict[str, Bools] = field(default_factory=dict)
    _districts: dict[str, Bools] = field(default_factory=dict)

    def add(self, quantity: str, communes: Bools, districts: Bools | None = None) -> None:
        """Suppress further cells of a quantity."""
        for known, more in ((self._communes, communes), (self._districts, districts)):
            if more is not None and more.any():
                known[quantity] = known[quantity] | more if quantity in known else more.copy()

    def of(self, quantity: str) -> Bools:
        """The communes' suppressed cells of a quantity: [month, commune]."""
        none = np.zeros(self.places.present.shape, dtype=bool)
        return self._communes.get(quantity, none)

    def sums_of(self, quantity: str) -> Bools:
        """The districts' suppressed sums of a quantity: [month, district]."""
        none = np.zeros((len(self.places.periods), len(self.places.districts)), dtype=bool)
        return self._districts.get(quantity, none)

    def copy_to(self, quantity: str, other: str) -> None:
        """Suppress another quantity wherever this one is."""
        self.add(other, self.of(quantity), self.sums_of(quantity))

    def frame(self) -> pl.DataFrame:
        """One row per suppressed cell: quantity, period, unit_code."""
        rows = [self._rows("", np.zeros((0, 0), dtype=bool), [])]
        rows += [self._rows(name, cells, self.places.communes) for name, cells in self._communes.items()]
        for name, cells in self._districts.items():
            rows.append(self._rows(name, cells, self.places.districts))
            rows.append(self._rows(name, any_of(cells, axis=1)[:, None], [self.places.province]))
        return pl.concat(rows).sort("quantity", "period", "unit_code")

    def _rows(self, quantity: str, cells: Bools, codes: list[str]) -> pl.DataFrame:
        month, unit = np.nonzero(cells)
        return pl.DataFrame(
            {
                "quantity": [quantity] * len(unit),
                "period": [self.places.periods[place] for place in month],
                "unit_code": [codes[place] for place in unit],
            },
            schema={"quantity": pl.String, "period": pl.Date, "unit_code": pl.String},
        )
