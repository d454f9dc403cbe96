"""What befalls which household in which month of 2020, planned so that the year ends on the reported totals.

The province's end of 2020 (`actuals_province`) is met exactly: how many leave is planned from the totals,
who leaves is drawn, and births and deaths close what the draw leaves open in persons.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from plan.reference import PLAN_YEAR, table
from sample.calibration import Ints, leaving_slope, pick_weighted, share_out
from sample.household import FLAGS_N2, Household
from sample.names import id_numbers
from sample.population import Commune, Population, hamlet_count, new_household, other_ethnicity

MONTHS = range(1, 13)
# The one month in which a district's poor fall by more than rule X06 allows: (district, month of 2020).
# Năm Căn settles its whole annual review in November.
STEP = ("971", 11)
STEP_SHARE = 0.15
# The review runs from September to December; exits recognised in between are few.
NET_PROFILE = np.array([3, 3, 3, 3, 3, 3, 3, 4, 12, 19, 24, 16], dtype=float)
_ENTRY_PROFILE = np.array([4, 5, 6, 6, 7, 7, 7, 8, 12, 13, 14, 11], dtype=float)
# A district's poor change by less than this in a month (X06 allows 10 % or 30 households).
_MOST_MONTHLY_SHARE, _MOST_MONTHLY = 0.095, 28
# Yearly entries as shares of the district's poor and near-poor households, each at least the number beside it.
_POOR_ENTRIES = {"MOI_N": (0.022, 4), "N_TANG": (0.005, 2), "TAI_N": (0.004, 1), "CN_N": (0.010, 2)}
_NEAR_ENTRIES = {"MOI_CN": (0.025, 4), "CN_TANG": (0.005, 2), "TAI_CN": (0.004, 1)}
ENTRANTS_N2_SHARE = 0.15
_TURNOVER_SHARE = 0.02


@dataclass(slots=True)
class Event:
    """One movement of a household in a month of 2020 (1 to 12), and the class it ends in."""

    month: int
    movement: str
    class_: str


@dataclass
class Fates:
    """The year's plan. Households without an entry in `events` and `sizes` stay as they are."""

    events: dict[Household, list[Event]] = field(default_factory=lambda: defaultdict(list))
    arrivals: dict[str, list[Household]] = field(default_factory=lambda: defaultdict(list))
    sizes: dict[Household, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))

    def event(self, household: Household, month: int) -> Event | None:
        """What happens to a household in a month; None where nothing does."""
        if household not in self.events:
            return None
        return next((event for event in self.events[household] if event.month == month), None)


@dataclass
class _Flows:
    """A district's planned year: the monthly net fall of the poor, and counts by movement."""

    code: str
    net: Ints
    services_net: int
    near_net: int
    months: dict[str, list[int]]
    to_n2: dict[str, int]
    n1_to_n2: int
    n2_to_n1: int

    def entered(self, class_: str) -> int:
        """Households that enter N1 or N2 from outside the poor."""
        into_n2 = sum(self.to_n2.values())
        poor = sum(len(self.months[movement]) for movement in _POOR_ENTRIES)
        return into_n2 if class_ == "N2" else poor - into_n2

    def entries_by_month(self, movements: Iterable[str]) -> Ints:
        """How many enter by these movements in each month, shape (12,)."""
        months = [month for movement in movements for month in self.months[movement]]
        return np.bincount(months, minlength=13)[1:].astype(np.int64)

    def leaving(self, class_: str) -> int:
        """Households that must leave the poor out of N1 or N2."""
        if class_ == "N2":
            return self.services_net + self.entered("N2") + self.n1_to_n2 - self.n2_to_n1
        return int(self.net.sum()) - self.services_net + self.entered("N1") + self.n2_to_n1 - self.n1_to_n2


def plan_fates(rng: np.random.Generator, population: Population) -> Fates:
    """Plan the year of every household of the baseline, and of those that will join it."""
    fates = Fates()
    households = population.households
    flows = _plan_flows(rng, households)
    entrants = _entrants(rng, population, flows, fates)

    switched = _switch(rng, households, flows, fates)
    free = {code: [h for h in own if h not in fates.events] for code, own in households.items()}
    from_cn = {code: _take_near_poor(rng, free[code], flows[code], fates) for code in households}
    slopes = {
        class_: _slope(
            class_, free, flows, [*entrants, *switched, *(h for own in from_cn.values() for h in own)], fates
        )
        for class_ in ("N1", "N2")
    }
    for code in households:
        leavers = []
        for class_ in ("N1", "N2"):
            members = [h for h in free[code] if h.class_ == class_]
            weights = [slopes[class_] * h.persons for h in members]
            leavers += [members[i] for i in pick_weighted(rng, weights, flows[code].leaving(class_))]
        _schedule(rng, free[code], leavers, flows[code], fates)
    _change_sizes(rng, population, entrants, fates)
    return fates


def actual(metric: str) -> int:
    """A reported figure of the province at the end of the plan's year."""
    period = f"{PLAN_YEAR}-12"
    return int(next(r["value"] for r in table("actuals_province") if (r["as_of"], r["metric"]) == (period, metric)))


def _plan_flows(rng: np.random.Generator, households: dict[str, list[Household]]) -> dict[str, _Flows]:
    """How much each district's classes fall: by the plan's targets, with better and worse districts."""
    codes = list(households)
    targets = {row["unit_code"]: row for row in table("targets_2020")}
    n1, n2, near = (
        np.array([sum(h.class_ == c for h in households[code]) for code in codes]) for c in ("N1", "N2", "CN")
    )
    poor = n1 + n2
    wanted = np.array([int(targets[code]["poor_reduction_households_2020"]) for code in codes])
    wanted_near = np.array([int(targets[code]["near_poor_reduction_households_2020"]) for code in codes])
    effort = rng.permutation(np.linspace(0.5, 1.4, len(codes)))
    effort_near = rng.permutation(np.linspace(0.5, 1.4, len(codes)))

    least = (np.where([code == STEP[0] for code in codes], 0.28, 0.08) * poor).astype(int)
    net = share_out(int(poor.sum()) - actual("poor_households"), wanted * effort, least, (0.36 * poor).astype(int))
    services_total = int(n2.sum()) - actual("poor_households_services_deprived")
    services = share_out(services_total, net * n2 / poor, 0, np.minimum(0.6 * n2, 0.7 * net).astype(int))
    near_net = share_out(
        int(near.sum()) - actual("near_poor_households"), wanted_near * effort_near, 0, (0.3 * near).astype(int)
    )
    flows = {}
    for i, code in enumerate(codes):
        entries = {move: max(few, round(share * poor[i])) for move, (share, few) in _POOR_ENTRIES.items()}
        entries |= {move: max(few, round(share * near[i])) for move, (share, few) in _NEAR_ENTRIES.items()}
        flows[code] = _Flows(
            code=code,
            net=_monthly_net(rng, code, int(poor[i]), int(net[i])),
            services_net=int(services[i]),
            near_net=int(near_net[i]),
            months={move: entry_months(rng, count, move) for move, count in entries.items()},
            to_n2={move: int(rng.binomial(entries[move], ENTRANTS_N2_SHARE)) for move in _POOR_ENTRIES},
            n1_to_n2=max(1, round(0.004 * poor[i])),
            n2_to_n1=max(1, round(0.006 * poor[i])),
        )
    return flows


def _monthly_net(rng: np.random.Generator, code: str, poor: int, net: int) -> Ints:
    """By how much a district's poor fall each month, shape (12,), within the limit of rule X06."""
    most = np.full(12, max(_MOST_MONTHLY, int(_MOST_MONTHLY_SHARE * (poor - net))))
    least = np.ones(12, dtype=int)
    if code == STEP[0]:
        most[STEP[1] - 1] = least[STEP[1] - 1] = round(STEP_SHARE * poor)
    return share_out(net, NET_PROFILE * rng.uniform(0.6, 1.4, 12), least, most)


def entry_months(rng: np.random.Generator, count: int, movement: str) -> list[int]:
    """Months of so many entries; who relapses must have left before, so that comes with the autumn's review."""
    profile = _ENTRY_PROFILE * (np.arange(12) >= 8) if movement.startswith("TAI") else _ENTRY_PROFILE
    return [int(m) for m in rng.choice(list(MONTHS), size=count, p=profile / profile.sum())]


def _entrants(
    rng: np.random.Generator, population: Population, flows: dict[str, _Flows], fates: Fates
) -> list[Household]:
    """Households never listed before: a new code in their hamlet, arriving in their month."""
    taken = codes_taken(population)
    created = []
    for code, flow in flows.items():
        here = [commune for commune in population.communes.values() if commune.unit.parent_code == code]
        listed = population.households[code]
        for movement in ("MOI_N", "N_TANG", "MOI_CN", "CN_TANG"):
            months, into_n2 = flow.months[movement], flow.to_n2.get(movement, 0)
            for i, month in enumerate(months):
                class_ = "CN" if movement in _NEAR_ENTRIES else "N2" if i < into_n2 else "N1"
                model = model_of(rng, listed, class_)
                commune = next(c for c in here if c.unit.code == model.commune_code)
                household = newcomer(rng, commune, taken, model)
                fates.events[household].append(Event(month, movement, class_))
                fates.arrivals[code].append(household)
                created.append(household)
    for household, number in zip(created, id_numbers(rng, len(created), 0.03, 500_000), strict=True):
        household.id_number = number
    return created


def codes_taken(population: Population) -> dict[tuple[str, int], int]:
    """(commune code, hamlet) → the highest household code in it."""
    taken: dict[tuple[str, int], int] = defaultdict(int)
    for own in population.households.values():
        for household in own:
            place = (household.commune_code, household.hamlet_no)
            taken[place] = max(taken[place], household.number)
    return taken


def model_of(rng: np.random.Generator, listed: list[Household], class_: str) -> Household:
    """A household of a class: a newcomer's marks, size and commune are like its own."""
    while True:
        household = listed[rng.integers(len(listed))]
        if household.class_ == class_:
            return household


def newcomer(
    rng: np.random.Generator, commune: Commune, taken: dict[tuple[str, int], int], model: Household
) -> Household:
    """A household under the next free code of a hamlet; `taken` is as `codes_taken` gives it, and goes on."""
    hamlet = int(rng.integers(1, hamlet_count(commune.households) + 1))
    taken[commune.unit.code, hamlet] += 1
    ethnicity = "Khmer" if model.ethnicity == "Khmer" else other_ethnicity(rng)
    number = taken[commune.unit.code, hamlet]
    flags = list(model.flags)
    return new_household(rng, commune.unit, hamlet, number, ethnicity, model.class_, model.persons, flags)


def _switch(
    rng: np.random.Generator, households: dict[str, list[Household]], flows: dict[str, _Flows], fates: Fates
) -> list[Household]:
    """Households that change between N1 and N2 and stay poor: no movement, another class."""
    switched = []
    for code, flow in flows.items():
        to_n2 = [h for h in households[code] if h.class_ == "N1" and h.deprivations >= FLAGS_N2]
        to_n1 = [h for h in households[code] if h.class_ == "N2"]
        for members, count, class_ in ((to_n2, flow.n1_to_n2, "N2"), (to_n1, flow.n2_to_n1, "N1")):
            for i in rng.choice(len(members), size=count, replace=False):
                fates.events[members[i]].append(Event(entry_months(rng, 1, "KHONG_DOI")[0], "KHONG_DOI", class_))
                switched.append(members[i])
    return switched


def _take_near_poor(rng: np.random.Generator, free: list[Household], flow: _Flows, fates: Fates) -> list[Household]:
    """The near-poor households that fall into poverty."""
    members = [h for h in free if h.class_ == "CN"]
    months = flow.months["CN_N"]
    taken = [members[i] for i in rng.choice(len(members), size=len(months), replace=False)]
    for i, (household, month) in enumerate(zip(taken, months, strict=True)):
        fates.events[household].append(Event(month, "CN_N", "N2" if i < flow.to_n2["CN_N"] else "N1"))
    return taken


def _final_class(household: Household, fates: Fates) -> str:
    events = fates.events.get(household)
    return events[-1].class_ if events else household.class_


def _slope(
    class_: str, free: dict[str, list[Household]], flows: dict[str, _Flows], moved: Iterable[Household], fates: Fates
) -> float:
    """How much likelier larger households are to leave a class, for its persons to end near their total."""
    stock = [h for own in free.values() for h in own if h.class_ == class_]
    joining = sum(h.persons for h in moved if _final_class(h, fates) == class_)
    metric = "poor_persons_income_poor" if class_ == "N1" else "poor_persons_services_deprived"
    sizes = np.arange(1, 13)
    counts = np.bincount([h.persons for h in stock], minlength=13)[1:13]
    leavers = sum(flow.leaving(class_) for flow in flows.values())
    leaving_persons = sum(h.persons for h in stock) + joining - actual(metric)
    return leaving_slope(counts, sizes, leavers, leaving_persons)


def _schedule(
    rng: np.random.Generator, free: list[Household], leavers: list[Household], flow: _Flows, fates: Fates
) -> None:
    """Give the poor who leave a month and a movement, choose the near poor who leave, and let some come back."""
    out = np.repeat(MONTHS, flow.net + flow.entries_by_month(_POOR_ENTRIES))
    leavers = [leavers[i] for i in rng.permutation(len(leavers))]
    near = [h for h in free if h.class_ == "CN" and h not in fates.events]
    # The fewer marks a household has, the likelier it is near poor once its income has risen.
    to_near = int(min(0.38 * len(leavers), 0.35 * len(near)))
    gone = max(2, round(0.06 * len(leavers)))
    by_marks = pick_weighted(rng, [-0.8 * h.deprivations for h in leavers], len(leavers))
    movements = np.empty(len(leavers), dtype=object)
    movements[by_marks] = ["N_CN"] * to_near + ["N_GIAM"] * gone + ["N_KN"] * (len(leavers) - to_near - gone)
    for household, month, movement in zip(leavers, out, movements, strict=True):
        fates.events[household].append(Event(int(month), movement, "CN" if movement == "N_CN" else "KN"))
    poor_leavers = [h for h, movement in zip(leavers, movements, strict=True) if movement != "N_CN"]
    _bring_back(rng, poor_leavers, "TAI_N", flow, fates)

    near_entries = sum(len(flow.months[move]) for move in _NEAR_ENTRIES)
    count = flow.near_net + near_entries + to_near - len(flow.months["CN_N"])
    near = [near[i] for i in rng.choice(len(near), size=count, replace=False)]
    gone = max(2, round(0.06 * count))
    out = np.sort(rng.choice(list(MONTHS), size=count, p=NET_PROFILE / NET_PROFILE.sum()))
    # Some leave early whatever the draw says: those who come back later in the year have to.
    out[: 2 * len(flow.months["TAI_CN"])] = 2
    for i, (household, month) in enumerate(zip(near, out, strict=True)):
        movement = "CN_GIAM" if i % (count // gone) == 1 else "CN_KN"
        fates.events[household].append(Event(int(month), movement, "KN"))
    _bring_back(rng, near, "TAI_CN", flow, fates)


def _bring_back(rng: np.random.Generator, leavers: list[Household], movement: str, flow: _Flows, fates: Fates) -> None:
    """Let early leavers come back under their old code: a relapse in autumn."""
    for i, month in enumerate(flow.months[movement]):
        early = [h for h in leavers if len(fates.events[h]) == 1 and fates.events[h][0].month < month - 1]
        household = early[rng.integers(len(early))]
        class_ = "CN" if movement == "TAI_CN" else "N2" if i < flow.to_n2[movement] else "N1"
        fates.events[household].append(Event(month, movement, class_))


def _change_sizes(rng: np.random.Generator, population: Population, entrants: list[Household], fates: Fates) -> None:
    """Births and deaths in households that stay in their class; they close the gap to the reported persons."""
    everyone = [h for own in population.households.values() for h in own] + entrants
    final = {"N1": actual("poor_persons_income_poor"), "N2": actual("poor_persons_services_deprived"), "CN": None}
    for class_, persons in final.items():
        members = [h for h in everyone if _final_class(h, fates) == class_]
        gap = 0 if persons is None else persons - sum(h.persons for h in members)
        turnover = round(_TURNOVER_SHARE * len(members))
        stay = [h for h in members if h not in fates.events and 2 <= h.persons <= 9]
        changing = rng.choice(len(stay), size=2 * turnover + abs(gap), replace=False)
        births = turnover + max(0, gap)
        for i, member in enumerate(changing):
            fates.sizes[stay[member]][int(rng.integers(1, 13))] = 1 if i < births else -1
    # Where a household becomes near poor because someone left or was born, both numbers count (contract 1).
    for household, events in list(fates.events.items()):
        if events[0].movement in ("N_CN", "CN_KN") and household.persons > 2 and rng.random() < 0.04:
            fates.sizes[household][events[0].month] = int(rng.choice([-1, 1]))
