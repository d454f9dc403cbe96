"""Sheet Chính sách of the sample year: who may have what, and who has had it since 1 January."""

from collections import Counter
from collections.abc import Sequence
from typing import cast

import numpy as np

from forms.month import Row
from plan.reference import table
from sample.calibration import Floats, Ints, share_out
from sample.population import Commune

# What a policy's eligible are counted from, and which share of it. Shares are made up for the sample.
_ELIGIBLE = {
    "bhyt": ("listed_persons", 1.0),
    "housing": ("poor", 0.06),
    "credit": ("listed", 0.35),
    "education": ("listed_persons", 0.16),
    "health_care": ("listed_persons", 0.30),
    "water": ("listed", 0.05),
    "sanitation": ("poor", 0.12),
    "information": ("listed", 0.10),
    "legal_aid": ("listed_persons", 0.02),
    "vocational": ("listed_persons", 0.04),
    "livelihood": ("listed", 0.12),
    "social_assistance": ("listed", 0.30),
}
# How far communes lie from that share. Everyone listed has a claim to a health-insurance card, and some more have.
_SPREAD, _SPREAD_INSURANCE = (0.85, 1.15), (1.0, 1.1)
_INSURANCE = "bhyt"
# Programmes without eligible persons of their own: the province's total at the end of a year, later ones like the last.
_PROVINCE_SERVED = {"jobs": {2019: 38_900, 2020: 39_460}, "labour_export": {2019: 455, 2020: 388}}
# Where a policy ends the year well short of everyone, in the sample.
_SHORT = {"housing": 0.90, "credit": 0.93, "vocational": 0.94}
# The share of a year's services given by the end of each month.
_PACE = np.cumsum([3, 4, 8, 8, 9, 9, 9, 9, 10, 11, 10, 10]) / 100


def policy_rows(
    seed: int, year: int, communes: Sequence[Commune], listed: dict[str, dict[str, int]]
) -> dict[int, dict[str, list[Row]]]:
    """Month (1 to 12) → district code → the rows of sheet Chính sách.

    `listed` counts by commune code: poor, listed (poor and near poor households), listed_persons.
    Served is cumulative and never falls; eligible grows a little over the year.
    """
    rng = np.random.Generator(np.random.PCG64([seed, year]))
    rows: dict[int, dict[str, list[Row]]] = {month: {} for month in range(1, 13)}
    residents = np.array([commune.persons for commune in communes], dtype=float)
    sheets = {}
    for policy in (row["policy"] for row in table("policies_monitored")):
        if policy in _ELIGIBLE:
            base, share = _ELIGIBLE[policy]
            counts = np.array([listed[commune.unit.code][base] for commune in communes])
            spread = _SPREAD_INSURANCE if policy == _INSURANCE else _SPREAD
            sheets[policy] = _covered(rng, counts * share * rng.uniform(*spread, len(communes)), _SHORT.get(policy))
        else:
            totals = _PROVINCE_SERVED[policy]
            total = totals[min(year, max(totals))]
            sheets[policy] = _programme(rng, share_out(total, residents * rng.uniform(0.7, 1.3, len(communes))))
    for month, districts in rows.items():
        for i, commune in enumerate(communes):
            district = districts.setdefault(commune.unit.parent_code, [])
            for policy, (eligible, served) in sheets.items():
                district.append(
                    {
                        "commune_code": commune.unit.code,
                        "commune_name": commune.unit.name,
                        "policy": policy,
                        "eligible": int(eligible[month - 1, i]),
                        "served": int(served[month - 1, i]),
                    }
                )
    return rows


def with_insurance(rows: list[Row], register: Sequence[Row], before: list[Row] | None) -> list[Row]:
    """A district's month of `policy_rows` with health insurance brought in line with its register.

    Whoever is listed is eligible for a card to the year's end (rule P05), and of each household that lacks insurance
    somebody has none yet (rule P07). `before` are the rows of the month before in the same year, which no number falls
    below (rule P03).
    """
    persons, lacking = Counter[str](), Counter[str]()
    for household in register:
        commune = cast(str, household["commune_code"])
        persons[commune] += cast(int, household["persons"])
        lacking[commune] += household["health_insurance"] == "x"
    was = {cast(str, row["commune_code"]): row for row in before or [] if row["policy"] == _INSURANCE}
    found = []
    for row in rows:
        commune = cast(str, row["commune_code"])
        if row["policy"] == _INSURANCE:
            earlier = was.get(commune, {"eligible": 0, "served": 0})
            eligible = max(cast(int, row["eligible"]), persons[commune], cast(int, earlier["eligible"]))
            served = min(cast(int, row["served"]), eligible - lacking[commune])
            row = row | {"eligible": eligible, "served": max(served, cast(int, earlier["served"]))}
        found.append(row)
    return found


def _covered(rng: np.random.Generator, expected: Floats, short: float | None) -> tuple[Ints, Ints]:
    """Eligible and served of a policy meant for everyone, each of shape (12, communes)."""
    growth = np.linspace(1.0, 1.02, 12)[:, None]
    eligible = np.floor(expected * growth).astype(np.int64)
    coverage = np.minimum(1.0, rng.uniform(0.955, 1.02, len(expected)))
    coverage = coverage * short if short else coverage
    served = np.floor(expected * growth * _PACE[:, None] * coverage + 0.3).astype(np.int64)
    return eligible, np.minimum(served, eligible)


def _programme(rng: np.random.Generator, yearly: Ints) -> tuple[Ints, Ints]:
    """Eligible and served of a programme that counts results; served may exceed the eligible there."""
    seeking = np.ceil(yearly * rng.uniform(0.97, 1.2, len(yearly))).astype(np.int64)
    served = np.rint(yearly * _PACE[:, None]).astype(np.int64)
    return np.tile(seeking, (12, 1)), served
