"""The register's counts by commune: populations, deprivations, and the residents they are part of."""

from dataclasses import dataclass

import numpy as np

from tasks.disclosure.counts import Counts, Places
from tasks.disclosure.hidden import Hidden
from tasks.disclosure.stocks import AREAS, CLASSES
from tasks.disclosure.sums import Cells, Ints, any_of, is_small, need_of, protect, remainder


@dataclass(frozen=True)
class _Population:
    """A population within another one; `rest` is what remains of that one where it is published too."""

    whole: str = "all"
    rest: str = ""
    part: str = ""


POPULATIONS = {
    "social_protection": _Population(rest="excluding_social_protection"),
    "minority": _Population(part="khmer"),
    "merit": _Population(),
    "female_headed": _Population(),
    "services_deprived": _Population(rest="income_poor", part="services_deprived_no_insurance"),
    "khmer": _Population(whole="minority"),
    "services_deprived_no_insurance": _Population(whole="services_deprived"),
}
_KNOWN = {"all", *AREAS, *POPULATIONS, *(population.rest for population in POPULATIONS.values())}
_LACKS = "deprived_households:"


@dataclass(frozen=True)
class _Share:
    """A count that is part of others.

    beside: names of what remains of the count that it is a part of. wholes, parts, caps: the counts that it is
    published as a part of, that are parts of it, and other numbers that it cannot exceed.
    """

    name: str
    beside: tuple[str, ...]
    wholes: tuple[Ints, ...]
    parts: tuple[Ints, ...] = ()
    caps: tuple[Ints, ...] = ()


def suppress_shares(counts: Counts, places: Places, hidden: Hidden) -> None:
    """Suppress populations and deprivations of the poor and the near poor, and of the residents.

    An indicator or a population that is not known here stays inside.
    """
    kinds = ("households", *(f"{group}_households" for group in CLASSES))
    persons = [kind.replace("households", "persons") for kind in kinds]
    outer: list[_Share] = []
    inner: list[_Share] = []
    for name in counts:
        indicator, _, population = name.partition("|")
        if indicator in kinds and population in POPULATIONS:
            nested = POPULATIONS[population].whole != "all"
            (inner if nested else outer).append(_population(indicator, population, counts))
        elif indicator.startswith(_LACKS) and population in CLASSES:
            outer.append(_deprivation(name, population, counts))
        elif not (indicator in (*kinds, *persons) and population in _KNOWN):
            hidden.add(name, places.present)
    _suppress(outer, counts, places, hidden)
    _suppress(inner, counts, places, hidden)


def _population(kind: str, population: str, counts: Counts) -> _Share:
    about = POPULATIONS[population]
    whole = f"{kind}|{about.whole}"
    beside = f"{kind}|{about.rest}"
    part = f"{kind}|{about.part}"
    return _Share(
        f"{kind}|{population}",
        (beside,) if beside in counts else (),
        (counts[whole], *_residents(kind, population, counts)),
        (counts[part],) if part in counts else (),
        _caps(population, counts),
    )


def _residents(kind: str, population: str, counts: Counts) -> tuple[Ints, ...]:
    """Of how many residents a population of the register can be, the other class of the register taken off."""
    residents = counts.get(f"households|{population}")
    if residents is None or kind == "households":
        return ()
    other = "near_poor_households" if kind == "poor_households" else "poor_households"
    return (residents - counts[f"{other}|{population}"],)


def _caps(population: str, counts: Counts) -> tuple[Ints, ...]:
    """Whoever is poor by lack of services has three deprivations or more."""
    if population == "services_deprived":
        lacks = [value for name, value in counts.items() if _is_deprivation(name, "poor")]
        return (np.sum(lacks, axis=0) // 3,) if lacks else ()
    if population == "services_deprived_no_insurance":
        return (counts[f"{_LACKS}health_insurance|poor"],)
    return ()


def _deprivation(name: str, group: str, counts: Counts) -> _Share:
    """The near poor have two deprivations at most; whoever is poor by lack of services has three or more."""
    whole = counts[f"{group}_households|all"]
    others = np.sum(
        [value for other, value in counts.items() if _is_deprivation(other, group) and other != name], axis=0
    )
    if group == "near_poor":
        return _Share(name, (), (whole,), caps=(2 * whole - others,))
    services = counts["poor_households|services_deprived"]
    uninsured = counts["poor_households|services_deprived_no_insurance"]
    insurance = (uninsured,) if name.startswith(f"{_LACKS}health_insurance") else ()
    return _Share(name, (), (whole,), (3 * services - others, *insurance))


def _is_deprivation(name: str, group: str) -> bool:
    return name.startswith(_LACKS) and name.endswith(f"|{group}")


def _suppress(shares: list[_Share], counts: Counts, places: Places, hidden: Hidden) -> None:
    """Suppress shares that are small or whose remainder is small."""
    value = np.stack([counts[share.name] for share in shares])
    low = np.stack([np.max([0 * counts[share.name], *share.parts], axis=0) for share in shares])
    high = np.stack([np.min([*share.wholes, *share.caps], axis=0) for share in shares])
    told = [[counts[share.name], *(remainder(whole, counts[share.name]) for whole in share.wholes)] for share in shares]
    small = np.stack([any_of(is_small(np.array(one)), axis=0) for one in told])
    # What went with its whole moves with whole households, and is open already.
    gone = np.stack([hidden.of(share.name) for share in shares])
    need = np.where(gone, 0, np.stack([need_of(*one) for one in told]))
    found = protect(Cells(value, low, high, small | gone, need), places)
    for number, share in enumerate(shares):
        for name in (share.name, *share.beside):
            hidden.add(name, found.cells[number], found.districts[number])
