"""Somebody who takes it that little changes from month to month, and reckons with the months before and after.

What is suppressed of a district in one month may be published in the next. Two guesses are made of each suppressed
count from 1 to 4. *alone*: it is suppressed next month as well, and all that is suppressed with it now is not: they
are taken to be what they are then, and the sum leaves this one. *shown*: it is published next month: whatever the
district's sum has changed by, and no published commune has, is taken to be its own change. A guess that is not from 1
to 4 is dropped.
"""

from collections.abc import Iterator

import numpy as np
import polars as pl
from attacker import KEY

from tasks.disclosure.blocks import Bools, Ints
from tasks.disclosure.counts import Counts, Places
from tasks.disclosure.hidden import Hidden


def guesses(counts: Counts, places: Places, hidden: Hidden) -> pl.DataFrame:
    """Every guess: name, period, unit, truth, guess, way (alone, shown)."""
    rows = []
    for name, value in counts.items():
        if "households" in name and hidden.of(name).any():
            for district in range(len(places.districts)):
                is_open = hidden.sums_of(name)[:, district]
                for month in range(len(places.periods)):
                    mine = np.flatnonzero(places.present[month] & (places.district[month] == district))
                    near = [
                        other
                        for other in (month - 1, month + 1)
                        if 0 <= other < len(is_open)
                        and not is_open[[month, other]].any()
                        and places.present[other, mine].all()
                    ]
                    for place, guess, way in _of_district(value[:, mine], hidden.of(name)[:, mine], month, near):
                        unit = places.communes[mine[place]]
                        rows.append((name, places.periods[month], unit, int(value[month, mine[place]]), guess, way))
    schema = {
        **dict.fromkeys(KEY, pl.String),
        "period": pl.Date,
        "truth": pl.Int64,
        "guess": pl.Int64,
        "way": pl.String,
    }
    return pl.DataFrame(rows, schema=schema, orient="row").filter(pl.col("guess").is_between(1, 4)).unique()


def _of_district(value: Ints, hidden: Bools, month: int, near: list[int]) -> Iterator[tuple[int, int, str]]:
    """Guesses of one count in one district: the place of a commune, its value, and how it was found."""
    now = value[month]
    for one in np.flatnonzero(hidden[month] & (now >= 1) & (now <= 4)):
        others = hidden[month] & (np.arange(len(now)) != one)
        carried = {place: value[other, place] for other in near for place in np.flatnonzero(others & ~hidden[other])}
        if near and hidden[near, one].all() and len(carried) == others.sum():
            yield int(one), int(now[hidden[month]].sum() - sum(carried.values())), "alone"
        for other in near:
            if not hidden[other, one]:
                seen = ~hidden[month] & ~hidden[other]
                change = now.sum() - value[other].sum() - (now - value[other])[seen].sum()
                yield int(one), int(value[other, one] + change), "shown"
