"""The register's counts by commune: populations, deprivations, and the residents they are part of."""

from dataclasses import dataclass

import numpy as np

from tasks.disclosure.blocks import Bools, Ints, any_in_block
from tasks.disclosure.counts import Counts, Places
from tasks.disclosure.hidden import Hidden
from tasks.disclosure.stocks import AREAS, CLASSES
from tasks.disclosure.sums import Cells, any_of, is_small, need_of, protect, remainder


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
# The largest small count.
MARGIN = 4
_LACKS = "deprived_households:"


@dataclass(frozen=True)
class _Share:
    """A count that is part of others.

    of: the counts that it is published as a part of. wholes: what it cannot exceed, and what remains of which tells
    as much; caps: what else it cannot exceed; low: what it cannot fall below. beside: what remains of its class where
    that is published. whole: the population that it is within besides, and part: the one within it; whoever is moved
    may be of both.
    """

    name: str
    of: tuple[str, ...]
    wholes: tuple[Ints, ...]
    caps: tuple[Ints, ...] = ()
    low: Ints | int = 0
    beside: tuple[str, ...] = ()
    whole: str = ""
    part: str = ""


def suppress_shares(counts: Counts, places: Places, hidden: Hidden) -> None:
    """Suppress populations and deprivations of the poor and the near poor, and of the residents.

    An indicator or a population that is not known here stays inside.
    """
    kinds = ("households", *(f"{group}_households" for group in CLASSES))
    persons = [kind.replace("households", "persons") for kind in kinds]
    shares: dict[str, _Share] = {}
    for name in counts:
        indicator, _, population = name.partition("|")
        if indicator in kinds and population in POPULATIONS:
            shares[name] = _population(indicator, population, counts)
        elif indicator.startswith(_LACKS) and population in CLASSES:
            shares[name] = _deprivation(name, population, counts)
        elif not (indicator in (*kinds, *persons) and population in _KNOWN):
            hidden.add(name, places.present)
    # What went with its class as a whole moves with whole households, and is open already.
    open_already = {name: hidden.of(name) for name in shares}
    for is_within in (False, True):
        these = [share for share in shares.values() if bool(share.whole) == is_within]
        if these:
            _suppress(these, shares, open_already, counts, places, hidden)


def _population(kind: str, population: str, counts: Counts) -> _Share:
    about = POPULATIONS[population]
    beside, part = f"{kind}|{about.rest}", f"{kind}|{about.part}"
    return _Share(
        f"{kind}|{population}",
        tuple(name for name in (f"{kind}|all", f"households|{population}") if name in counts),
        (counts[f"{kind}|all"], *_residents(kind, population, counts)),
        _caps(population, counts),
        beside=(beside,) if beside in counts else (),
        whole="" if about.whole == "all" else f"{kind}|{about.whole}",
        part=part if part in counts else "",
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
    of = (f"{group}_households|all",)
    whole = counts[of[0]]
    others = np.sum(
        [value for other, value in counts.items() if _is_deprivation(other, group) and other != name], axis=0
    )
    if group == "near_poor":
        return _Share(name, of, (whole,), (2 * whole - others,))
    services = counts["poor_households|services_deprived"]
    uninsured = counts["poor_households|services_deprived_no_insurance"]
    insurance = (uninsured,) if name.startswith(f"{_LACKS}health_insurance") else ()
    return _Share(name, of, (whole,), low=np.max([3 * services - others, *insurance], axis=0))


def _is_deprivation(name: str, group: str) -> bool:
    return name.startswith(_LACKS) and name.endswith(f"|{group}")


def _suppress(
    these: list[_Share],
    shares: dict[str, _Share],
    open_already: dict[str, Bools],
    counts: Counts,
    places: Places,
    hidden: Hidden,
) -> None:
    """Suppress shares that are small or whose remainder is small, and the part of what is suppressed with it."""
    sensitive = {share.name: _is_small(share, counts) | hidden.of(share.name) for share in these}
    bounds = [_bounds(share, sensitive[share.name], shares, counts, places, hidden) for share in these]
    need = [np.where(open_already[share.name], 0, _need(share, counts, places)) for share in these]
    cells = Cells(
        np.stack([counts[share.name] for share in these]),
        np.stack([low for low, _ in bounds]),
        np.stack([high for _, high in bounds]),
        np.stack([sensitive[share.name] for share in these]),
        np.stack(need),
        ~np.stack([_is_known_zero(share, counts, hidden) for share in these]),
    )
    found = protect(cells, places)
    for number, share in enumerate(these):
        for name in (share.name, *share.beside):
            hidden.add(name, found.cells[number], found.districts[number])
        if share.part:
            hidden.add(share.part, found.cells[number] & any_in_block(counts[share.part] > 0, found.block[number]))


def _is_known_zero(share: _Share, counts: Counts, hidden: Hidden) -> Bools:
    """Where a whole that is published is zero, so that its part need not be hidden: it is zero as well."""
    wholes = [name for name in (*share.of, share.whole) if name and name != share.name]
    return any_of(np.array([(counts[name] == 0) & ~hidden.of(name) for name in wholes]), axis=0)


def _told(share: _Share, counts: Counts) -> list[Ints]:
    """What a share tells: itself and what remains of its wholes."""
    wholes = [*share.wholes, *([counts[share.whole]] if share.whole else [])]
    return [counts[share.name], *(remainder(whole, counts[share.name]) for whole in wholes)]


def _need(share: _Share, counts: Counts, places: Places) -> Ints:
    """How far from exact a share must stay: as a count, and as what remains of its class where that is published.

    In a block with a class so small that both could be from 1 to 4, as everybody can see, a small count is to be open
    altogether, in whichever commune it is: how much is suppressed may not tell.
    """
    value, need = counts[share.name], need_of(counts[share.name])
    if not share.beside:
        return need
    whole = counts[share.of[0]]
    both = any_in_block((whole > 0) & (whole <= 2 * MARGIN), places.block)
    return np.where(both & is_small(value), MARGIN, np.maximum(need, need_of(remainder(whole, value))))


def _is_small(share: _Share, counts: Counts) -> Bools:
    return any_of(is_small(np.array(_told(share, counts))), axis=0)


def _room(share: _Share, counts: Counts) -> Ints:
    """Up to what a share may rise if the population that it is within may rise too."""
    room: Ints = np.maximum(np.min([*share.wholes, *share.caps], axis=0), counts[share.name])
    return room


def _bounds(
    share: _Share, sensitive: Bools, shares: dict[str, _Share], counts: Counts, places: Places, hidden: Hidden
) -> tuple[Ints, Ints]:
    """Between what a share may lie; where its part or its whole is suppressed too, households of both are moved."""
    value, high = counts[share.name], _room(share, counts)
    low = np.maximum(share.low, 0 * value)
    if share.whole:
        whole = shares[share.whole]
        limit = np.where(hidden.of(share.whole), _room(whole, counts), counts[share.whole])
        high = np.minimum(high, limit)
    if share.part:
        part = shares[share.part]
        moving = any_in_block(sensitive | _is_small(part, counts) | hidden.of(part.name), places.block)
        low = np.where(moving, low, np.maximum(low, counts[part.name]))
        with_part = np.minimum(high, value + _room(part, counts) - counts[part.name])
        high = np.where(any_in_block(counts[part.name] > 0, places.block), with_part, high)
    return low, high
