"""One household of the sample register, its score, and its row on sheet Hộ."""

from dataclasses import dataclass, field

import numpy as np

from forms.dictionary import DEPRIVATIONS
from forms.month import Row
from plan.reference import BASELINE_PERIOD, regime, table

AREA_VI = {"urban": "Thành thị", "rural": "Nông thôn"}
_SUBCLASS = {"income_poor": "N1", "services_deprived": "N2"}


@dataclass(slots=True, eq=False)
class Household:
    """A household as it stands at the moment; identity is the object itself.

    `flags` holds the ten deprivations in the form's order. `class_` is N1, N2, CN or KN.
    """

    commune_code: str
    commune_name: str
    hamlet_no: int
    number: int
    head_name: str
    birth_year: int
    sex: str
    id_number: str | None
    ethnicity: str
    persons: int
    area: str
    class_: str
    flags: list[bool]
    social_protection: bool = False
    causes: list[int] = field(default_factory=list)
    b1: int = 0

    @property
    def poor(self) -> bool:
        return self.class_ in ("N1", "N2")

    @property
    def deprivations(self) -> int:
        return sum(self.flags)

    @property
    def order(self) -> tuple[str, int, int]:
        """Where the household stands on sheet Hộ; also its key."""
        return (self.commune_code, self.hamlet_no, self.number)

    def row(self, stt: int, class_previous: str, movement: str, scored: bool = True) -> Row:
        """The household's row on sheet Hộ; without score and marks where nobody scored it any more."""
        row: Row = {
            "stt": stt,
            "commune_code": self.commune_code,
            "commune_name": self.commune_name,
            "hamlet": f"{'Khóm' if self.area == 'urban' else 'Ấp'} {self.hamlet_no}",
            "household_code": f"{self.number:04d}",
            "head_name": self.head_name,
            "head_birth_year": self.birth_year,
            "head_sex": self.sex,
            "head_id_number": self.id_number,
            "ethnicity": self.ethnicity,
            "persons": self.persons,
            "area": AREA_VI[self.area],
            "b1_points": self.b1 if scored else None,
            "b2_points": 10 * self.deprivations if scored else None,
        }
        for key, deprived in zip(DEPRIVATIONS, self.flags, strict=True):
            row[key] = "x" if deprived and scored else None
        row["class"] = self.class_
        row["class_previous"] = class_previous
        row["movement"] = movement
        row["social_protection"] = "x" if self.social_protection else None
        row["merit"] = None
        row["causes"] = ",".join(str(cause) for cause in sorted(self.causes)) or None
        row["note"] = None
        return row


def _b1_bands() -> dict[tuple[str, str], tuple[int, int]]:
    """(class, area) → the B1 points it may have: above the first, up to the second (classification_rules)."""
    bands = {}
    for rule in table("classification_rules"):
        if rule["period"] == regime(BASELINE_PERIOD):
            class_ = _SUBCLASS.get(rule["subclass"]) or {"near_poor": "CN", "not_poor": "KN"}[rule["class"]]
            low = int(rule["b1_gt"] or 0)
            bands[class_, rule["area"]] = (low, int(rule["b1_le"] or low + 40))
    return bands


B1_BANDS = _b1_bands()
# A household needs this many deprivations for class N2 and fewer for CN.
FLAGS_N2 = min(int(r["b2_ge"]) for r in table("classification_rules") if r["subclass"] == "services_deprived") // 10
CAUSES = [int(r["no"]) for r in table("poverty_causes") if r["regime"] == "2016-2020"]
# Lack of capital, land and work are named most often; the last two hardly ever.
_CAUSE_WEIGHTS = np.array([24, 20, 9, 11, 8, 12, 10, 13, 1, 1, 3], dtype=float)
# Which deprivation comes first when a household's lot gets worse: the ones most often seen.
_LIKELY_FLAGS = (1, 4, 7, 2, 5, 9)


def draw_causes(rng: np.random.Generator) -> list[int]:
    """One to three causes of poverty, numbered as in poverty_causes.csv."""
    count = int(rng.choice([1, 2, 3], p=[0.45, 0.4, 0.15]))
    weights = _CAUSE_WEIGHTS / _CAUSE_WEIGHTS.sum()
    return [int(cause) for cause in rng.choice(CAUSES, size=count, replace=False, p=weights)]


def draw_b1(rng: np.random.Generator, class_: str, area: str) -> int:
    """B1 points within the band of a class; the income poor crowd below their line."""
    low, high = B1_BANDS[class_, area]
    return high - int(min(rng.exponential(22.0), high - 20)) if class_ == "N1" else int(rng.integers(low + 1, high + 1))


def reclassify(household: Household, class_: str, rng: np.random.Generator) -> None:
    """Move a household into a class with a score that puts it there, at the least change of its marks."""
    household.class_ = class_
    household.b1 = draw_b1(rng, class_, household.area)
    while class_ == "N2" and household.deprivations < FLAGS_N2:
        household.flags[next(i for i in _LIKELY_FLAGS if not household.flags[i])] = True
    while class_ == "CN" and household.deprivations >= FLAGS_N2:
        relieve(household, rng)
    if class_ == "KN":
        household.flags = [deprived and rng.random() < 0.4 for deprived in household.flags]
    if household.poor and not household.causes:
        household.causes = draw_causes(rng)


def relieve(household: Household, rng: np.random.Generator) -> None:
    """Take one deprivation off a household that has any."""
    marked = [i for i, deprived in enumerate(household.flags) if deprived]
    household.flags[marked[rng.integers(len(marked))]] = False
