"""The baseline register of the sample year: every household listed in December 2019.

Synthetic, and calibrated exactly: its totals are those of `baseline_2019`, `deprivation_baseline_2019`
and `sample_margins_2019` in `plan/data/`, so that the published warehouse can be held against the plan.
"""

from dataclasses import dataclass
from typing import cast

import numpy as np
from scipy.special import ndtri

from forms.dictionary import DEPRIVATIONS
from plan.reference import BASELINE_PERIOD, Unit, communes, districts, table
from sample.calibration import Floats, Ints, nearest_counts, share_out, tilted
from sample.household import FLAGS_N2, Household, draw_b1, draw_causes
from sample.names import head_name, id_numbers

# Khmer households of the province: 12.56 % and 6.20 % of them are 1,253 and 619 (domain notes: 9,976 to 9,980).
KHMER_HOUSEHOLDS = 9978
NEAR_POOR_PERSONS_PER_HOUSEHOLD = 3.9
EMPTY_ID_SHARE = 0.03

_SIZES = np.arange(1, 12)
_SIZE_SHARES = np.array([0.07, 0.12, 0.20, 0.26, 0.17, 0.10, 0.045, 0.02, 0.009, 0.004, 0.002])
_INSURANCE = DEPRIVATIONS.index("health_insurance")
_SCHOOL = DEPRIVATIONS.index("child_school")
# The near poor lack the same things, less often; two marks at most leave them near poor.
_NEAR_POOR_SHARE = 0.38


@dataclass
class Commune:
    """A commune's residents at the baseline; how many households of which class it lists."""

    unit: Unit
    households: int
    persons: int
    minority_households: int
    khmer_households: int


@dataclass
class Population:
    """Households listed at the baseline, by district code, and the communes they live in."""

    communes: dict[str, Commune]
    households: dict[str, list[Household]]


@dataclass
class _Draft:
    """A household before it has a commune: what the calibration gives it."""

    class_: str
    flags: list[bool]
    persons: int


def build_population(seed: int) -> Population:
    """The baseline register of all districts, the same for the same seed."""
    rng = np.random.Generator(np.random.PCG64(seed))
    units = [unit for district in districts(BASELINE_PERIOD) for unit in communes(BASELINE_PERIOD, district.code)]
    households, poor, near = _commune_totals(rng, units)
    services = share_out(
        _figure("poor_households_services_deprived"), poor * rng.uniform(0.5, 1.5, len(units)), 0, poor // 2
    )
    khmer_weights = _khmer_weights(rng, units, households)
    poor_khmer = share_out(
        _figure("poor_households_khmer"), khmer_weights * poor / households, 0, (0.6 * poor).astype(int)
    )
    near_khmer = share_out(
        _figure("near_poor_households_khmer"), khmer_weights * near / households, 0, (0.5 * near).astype(int)
    )

    drafts = _drafts(rng)
    listed: dict[str, list[Household]] = {district.code: [] for district in districts(BASELINE_PERIOD)}
    for i, unit in enumerate(units):
        dealt = {"N1": int(poor[i] - services[i]), "N2": int(services[i]), "CN": int(near[i])}
        here = [drafts[class_].pop() for class_, count in dealt.items() for _ in range(count)]
        khmer_left = {"N": int(poor_khmer[i]), "CN": int(near_khmer[i])}
        listed[unit.parent_code] += _settle(rng, unit, here, khmer_left, int(households[i]))

    for code, margins in _margins().items():
        _mark_social_protection(rng, listed[code], margins)
    everyone = [household for district in listed.values() for household in district]
    for household, number in zip(everyone, id_numbers(rng, len(everyone), EMPTY_ID_SHARE, 100_000), strict=True):
        household.id_number = number
    residents = _residents(rng, units, households, khmer_weights, poor_khmer + near_khmer, everyone)
    return Population(residents, listed)


def _figure(metric: str) -> int:
    return int(next(row["value"] for row in table("baseline_2019") if row["metric"] == metric))


def _margins() -> dict[str, dict[str, int]]:
    """District code → its calibrated totals (`sample_margins_2019`), without the province's row."""
    found = {row["unit_code"]: row for row in table("sample_margins_2019")}
    return {
        district.code: {key: int(value) for key, value in found[district.code].items() if value.isdigit()}
        for district in districts(BASELINE_PERIOD)
    }


def _commune_totals(rng: np.random.Generator, units: list[Unit]) -> tuple[Ints, Ints, Ints]:
    """Resident, poor and near-poor households by commune, each of shape (communes,).

    Within a district poverty is spread log-normally, so that some communes of the poorer districts
    exceed 5, 6 and 7 % (the plan has targets for those); towns lie at the lower end.
    """
    households, poor, near = [], [], []
    for code, margins in _margins().items():
        own = [unit for unit in units if unit.parent_code == code]
        resident = share_out(
            margins["households"], rng.uniform(0.75, 1.35, len(own)), margins["households"] // (2 * len(own))
        )
        spread = np.exp(0.5 * ndtri((np.arange(len(own)) + 0.5) / len(own)))
        rank = np.argsort(np.argsort([rng.random() + (unit.area == "rural") * 0.5 for unit in own]))
        factor = spread[rank]
        households.append(resident)
        poor.append(share_out(margins["poor_households"], resident * factor, 1))
        near.append(share_out(margins["near_poor_households"], resident * factor**0.6, 1))
    return np.concatenate(households), np.concatenate(poor), np.concatenate(near)


def _khmer_weights(rng: np.random.Generator, units: list[Unit], households: Ints) -> Floats:
    """Where Khmer households live: mostly in some forty communes, a few everywhere."""
    weights = rng.lognormal(0.0, 0.8, len(units))
    weights[rng.permutation(len(units))[40:]] *= 0.03
    return np.asarray(weights * households, dtype=float)


def _residents(
    rng: np.random.Generator,
    units: list[Unit],
    households: Ints,
    khmer_weights: Floats,
    listed_khmer: Ints,
    listed: list[Household],
) -> dict[str, Commune]:
    """Residents by commune code; minorities leave room for those on the register."""
    khmer = share_out(KHMER_HOUSEHOLDS, khmer_weights, 2 * listed_khmer + 5, (0.4 * households).astype(int))
    others = dict.fromkeys((unit.code for unit in units), 3)
    for household in listed:
        if household.ethnicity not in ("Kinh", "Khmer"):
            others[household.commune_code] += 4
    found = {}
    for i, unit in enumerate(units):
        minority = int(khmer[i]) + others[unit.code] + int(households[i] * rng.uniform(0.001, 0.01))
        persons = int(households[i] * rng.uniform(3.7, 4.1))
        found[unit.code] = Commune(unit, int(households[i]), persons, minority, int(khmer[i]))
    return found


def _drafts(rng: np.random.Generator) -> dict[str, list[_Draft]]:
    """The households of each class in random order, with deprivations and sizes that meet the plan's totals."""
    n1, n2 = (_figure("poor_households_income_poor"), _figure("poor_households_services_deprived"))
    patterns = _poor_patterns(rng, n1, n2)
    uninsured = [p for p in patterns["N2"] if p[_INSURANCE]]
    insured = [p for p in patterns["N2"] if not p[_INSURANCE]]
    persons_uninsured = _figure("services_deprived_persons_lacking_bhyt")
    near = sum(margins["near_poor_households"] for margins in _margins().values())
    groups = [
        ("N1", patterns["N1"], _figure("poor_persons_income_poor")),
        ("N2", uninsured, persons_uninsured),
        ("N2", insured, _figure("poor_persons_services_deprived") - persons_uninsured),
        ("CN", _near_poor_patterns(rng, near), round(near * NEAR_POOR_PERSONS_PER_HOUSEHOLD)),
    ]
    drafts: dict[str, list[_Draft]] = {"N1": [], "N2": [], "CN": []}
    for class_, flags, persons in groups:
        sizes = draw_sizes(rng, len(flags), persons)
        _give_schoolchildren_room(flags, sizes)
        drafts[class_] += [_Draft(class_, f, s) for f, s in zip(flags, sizes, strict=True)]
    return {class_: [own[i] for i in rng.permutation(len(own))] for class_, own in drafts.items()}


def draw_sizes(rng: np.random.Generator, households: int, persons: int) -> list[int]:
    """Sizes of 1 to 11 persons for so many households, in random order, that sum to `persons`."""
    shares = tilted(_SIZE_SHARES / _SIZE_SHARES.sum(), _SIZES, persons / households)
    counts = nearest_counts(
        rng.multinomial(households, shares).astype(np.int64),
        np.vstack([np.ones(len(_SIZES)), _SIZES]),
        [households, persons],
    )
    return [int(size) for size in rng.permutation(np.repeat(_SIZES, counts))]


def _deprivation_totals() -> Ints:
    return np.array([int(row["poor_households_deprived"]) for row in table("deprivation_baseline_2019")])


def _poor_patterns(rng: np.random.Generator, n1: int, n2: int) -> dict[str, list[list[bool]]]:
    """Deprivation patterns of the poor: ten totals, and those of N2 without insurance, met exactly.

    Patterns are drawn at random first; an integer programme then finds the nearest counts of patterns.
    """
    totals = _deprivation_totals()
    rates = totals / (n1 + n2)
    drawn2 = rng.random((6 * n2, 10)) < rates
    drawn2 = drawn2[drawn2.sum(axis=1) >= FLAGS_N2][:n2]
    drawn1 = rng.random((n1, 10)) < (totals - drawn2.sum(axis=0)) / n1
    pool1, counts1 = np.unique(drawn1, axis=0, return_counts=True)
    pool2, counts2 = np.unique(drawn2, axis=0, return_counts=True)
    in_n1 = np.concatenate([np.ones(len(pool1)), np.zeros(len(pool2))])
    pool = np.vstack([pool1, pool2])
    features = np.vstack([in_n1, 1 - in_n1, pool.T, (1 - in_n1) * pool[:, _INSURANCE]])
    wanted = [n1, n2, *totals, _figure("services_deprived_households_lacking_bhyt")]
    counts = nearest_counts(np.concatenate([counts1, counts2]).astype(np.int64), features, wanted)
    split = len(pool1)
    return {"N1": _repeat(rng, pool[:split], counts[:split]), "N2": _repeat(rng, pool[split:], counts[split:])}


def _repeat(rng: np.random.Generator, pool: np.ndarray, counts: Ints) -> list[list[bool]]:
    return cast(list[list[bool]], rng.permutation(np.repeat(pool, counts, axis=0)).tolist())


def _near_poor_patterns(rng: np.random.Generator, count: int) -> list[list[bool]]:
    rates = _NEAR_POOR_SHARE * _deprivation_totals() / sum(m["poor_households"] for m in _margins().values())
    drawn = rng.random((3 * count, 10)) < rates
    return cast(list[list[bool]], drawn[drawn.sum(axis=1) < FLAGS_N2][:count].tolist())


def _give_schoolchildren_room(flags: list[list[bool]], sizes: list[int]) -> None:
    """Swap sizes so that a household with a child out of school has at least two persons."""
    large = [i for i, size in enumerate(sizes) if size >= 2 and not flags[i][_SCHOOL]]
    for i, size in enumerate(sizes):
        if flags[i][_SCHOOL] and size < 2:
            other = large.pop()
            sizes[i], sizes[other] = sizes[other], sizes[i]


def _settle(
    rng: np.random.Generator, unit: Unit, drafts: list[_Draft], khmer_left: dict[str, int], residents: int
) -> list[Household]:
    """Give a commune's households a hamlet, a code and a head. `khmer_left`: Khmer heads by N and CN."""
    hamlets = hamlet_count(residents)
    numbers = [0] * (hamlets + 1)
    settled = []
    # Drafts of a class stand in random order already: the first ones are the Khmer households.
    for draft in drafts:
        group = "CN" if draft.class_ == "CN" else "N"
        khmer = khmer_left[group] > 0
        khmer_left[group] -= khmer
        hamlet = int(rng.integers(1, hamlets + 1))
        numbers[hamlet] += 1
        settled.append(
            new_household(
                rng,
                unit,
                hamlet,
                numbers[hamlet],
                "Khmer" if khmer else other_ethnicity(rng),
                draft.class_,
                draft.persons,
                draft.flags,
            )
        )
    # Codes are given as the hamlet was walked, not class by class.
    for hamlet in range(1, hamlets + 1):
        own = [household for household in settled if household.hamlet_no == hamlet]
        for household, number in zip(own, rng.permutation(len(own)), strict=True):
            household.number = int(number) + 1
    return sorted(settled, key=lambda household: household.order)


def hamlet_count(residents: int) -> int:
    """How many hamlets a commune has, by its resident households."""
    return max(3, residents // 350)


def other_ethnicity(rng: np.random.Generator) -> str:
    """The ethnicity of a household that is not Khmer; few are not Kinh."""
    return str(rng.choice(["Kinh", "Hoa", "Chăm", "Tày"], p=[0.985, 0.012, 0.002, 0.001]))


def new_household(
    rng: np.random.Generator,
    unit: Unit,
    hamlet: int,
    number: int,
    ethnicity: str,
    class_: str,
    persons: int,
    flags: list[bool],
) -> Household:
    """A household with a made-up head and a score that fits its class; the ID number is left out."""
    sex = "Nữ" if rng.random() < 0.3 else "Nam"
    return Household(
        commune_code=unit.code,
        commune_name=unit.name,
        hamlet_no=hamlet,
        number=number,
        head_name=head_name(rng, sex, ethnicity),
        birth_year=int(np.clip(rng.normal(1966, 12), 1930, 1995)),
        sex=sex,
        id_number=None,
        ethnicity=ethnicity,
        persons=persons,
        area=unit.area,
        class_=class_,
        flags=flags,
        causes=draw_causes(rng) if class_ != "CN" or rng.random() < 0.85 else [],
        b1=draw_b1(rng, class_, unit.area),
    )


def _mark_social_protection(rng: np.random.Generator, households: list[Household], margins: dict[str, int]) -> None:
    """Mark a district's BTXH households: small ones, where no other member can work."""
    for poor, key in ((True, "poor_social_protection_households"), (False, "near_poor_social_protection_households")):
        members = [household for household in households if household.poor == poor]
        keys = np.array([household.persons for household in members]) * -0.8 + rng.gumbel(size=len(members))
        for i in np.argsort(-keys, kind="stable")[: margins[key]]:
            members[i].social_protection = True
