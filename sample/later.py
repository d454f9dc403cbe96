"""What befalls households in a year after the plan's: drawn by rates, since no totals are reported to be met.

The year goes on from the registers as they stand at its start and keeps the rules: a month's change stays within X06,
who relapses was listed before, who is new never was.
"""

from collections.abc import Sequence

import numpy as np

from sample.fates import (
    ENTRANTS_N2_SHARE,
    MONTHS,
    NET_PROFILE,
    Event,
    Fates,
    codes_taken,
    entry_months,
    model_of,
    newcomer,
)
from sample.household import FLAGS_N2, Household
from sample.names import id_numbers
from sample.population import EMPTY_ID_SHARE, Commune, Population

# Shares of a district's households of a class that move so within a year; each at least the number beside it.
# Fewer leave than in the plan's year.
_OUT_OF_POOR = {"N_CN": (0.06, 2), "N_KN": (0.08, 2), "N_GIAM": (0.01, 1)}
_OUT_OF_NEAR_POOR = {"CN_KN": (0.10, 2), "CN_GIAM": (0.01, 1), "CN_N": (0.01, 1)}
_NEW_POOR = {"MOI_N": (0.02, 2), "N_TANG": (0.005, 1)}
_NEW_NEAR_POOR = {"MOI_CN": (0.022, 2), "CN_TANG": (0.005, 1)}
# Of those that left in the year before by the movement beside it, so many come back.
_BACK = {"TAI_N": ("N_KN", 0.03), "TAI_CN": ("CN_KN", 0.03)}
_SWITCHED = (0.004, 1)
_SIZE_CHANGED = (0.03, 2)
_FIRST_SERIAL = 500_000


def later_fates(rng: np.random.Generator, population: Population, before: Fates) -> Fates:
    """The fates of a year, its months 1 to 12; `before` are those of the year that ended."""
    fates = Fates()
    taken = codes_taken(population)
    for code, own in population.households.items():
        communes = {key: one for key, one in population.communes.items() if one.unit.parent_code == code}
        poor, near_poor = [h for h in own if h.poor], [h for h in own if h.class_ == "CN"]
        fates.arrivals[code] = [
            *_new(rng, own, communes, taken, _NEW_POOR, len(poor), fates),
            *_new(rng, own, communes, taken, _NEW_NEAR_POOR, len(near_poor), fates),
        ]
        _move(rng, poor, _OUT_OF_POOR, fates)
        _move(rng, near_poor, _OUT_OF_NEAR_POOR, fates)
        _bring_back(rng, own, before, fates)
        _switch(rng, poor, fates)
        _change_sizes(rng, [*poor, *near_poor], fates)
    _number(rng, population, fates)
    return fates


def _count(rate: tuple[float, int], of: int) -> int:
    share, least = rate
    return max(least, round(share * of))


def _pick(rng: np.random.Generator, members: Sequence[Household], count: int) -> list[Household]:
    return [members[i] for i in rng.choice(len(members), size=min(count, len(members)), replace=False)]


def _poor_class(rng: np.random.Generator) -> str:
    return "N2" if rng.random() < ENTRANTS_N2_SHARE else "N1"


def _new(
    rng: np.random.Generator,
    own: list[Household],
    communes: dict[str, Commune],
    taken: dict[tuple[str, int], int],
    rates: dict[str, tuple[float, int]],
    of: int,
    fates: Fates,
) -> list[Household]:
    """Households never listed before: a new code in their hamlet, arriving in their month."""
    created = []
    for movement, rate in rates.items():
        for month in entry_months(rng, _count(rate, of), movement):
            class_ = _poor_class(rng) if rates is _NEW_POOR else "CN"
            model = model_of(rng, own, class_)
            household = newcomer(rng, communes[model.commune_code], taken, model)
            fates.events[household].append(Event(month, movement, class_))
            created.append(household)
    return created


def _move(
    rng: np.random.Generator, members: list[Household], rates: dict[str, tuple[float, int]], fates: Fates
) -> None:
    """Let households leave their class, most of them in the review from September on."""
    for movement, rate in rates.items():
        still = [h for h in members if h not in fates.events]
        for household in _pick(rng, still, _count(rate, len(members))):
            month = int(rng.choice(list(MONTHS), p=NET_PROFILE / NET_PROFILE.sum()))
            class_ = {"N_CN": "CN", "CN_N": _poor_class(rng)}.get(movement, "KN")
            fates.events[household].append(Event(month, movement, class_))


def _bring_back(rng: np.random.Generator, own: list[Household], before: Fates, fates: Fates) -> None:
    """Let some of those that left in the year before come back under their old code."""
    for movement, (left_by, share) in _BACK.items():
        gone = [h for h in own if h.class_ == "KN" and h in before.events]
        gone = [h for h in gone if before.events[h][-1].movement == left_by]
        back = _pick(rng, gone, _count((share, 1), len(gone)))
        for household, month in zip(back, entry_months(rng, len(back), movement), strict=True):
            class_ = _poor_class(rng) if movement == "TAI_N" else "CN"
            fates.events[household].append(Event(month, movement, class_))


def _switch(rng: np.random.Generator, poor: list[Household], fates: Fates) -> None:
    """Households that change between N1 and N2 and stay poor: no movement, another class."""
    still = [h for h in poor if h not in fates.events]
    for class_, other in (("N1", "N2"), ("N2", "N1")):
        able = [h for h in still if h.class_ == class_ and (class_ == "N2" or h.deprivations >= FLAGS_N2)]
        chosen = _pick(rng, able, _count(_SWITCHED, len(poor)))
        for household, month in zip(chosen, entry_months(rng, len(chosen), "KHONG_DOI"), strict=True):
            fates.events[household].append(Event(month, "KHONG_DOI", other))


def _change_sizes(rng: np.random.Generator, members: list[Household], fates: Fates) -> None:
    """Births and deaths in households that stay in their class."""
    stay = [h for h in members if h not in fates.events and 2 <= h.persons <= 9]
    for household in _pick(rng, stay, _count(_SIZE_CHANGED, len(members))):
        fates.sizes[household][int(rng.integers(1, 13))] = int(rng.choice([-1, 1]))


def _number(rng: np.random.Generator, population: Population, fates: Fates) -> None:
    """Give the newcomers ID numbers that nobody has."""
    known = {h.id_number for own in population.households.values() for h in own}
    created = [h for own in fates.arrivals.values() for h in own]
    # Twice as many as are needed: some serials of the range were given in earlier years.
    drawn = id_numbers(rng, 2 * len(created), EMPTY_ID_SHARE, _FIRST_SERIAL)
    free = [number for number in drawn if number is None or number not in known]
    for household, number in zip(created, free, strict=False):
        household.id_number = number
