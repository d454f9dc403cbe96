"""Sheet Xã (frame `commune`): H01, F06, C01–C07, X05."""

from great_expectations import expectations as gxe
from great_expectations.expectations.expectation import Expectation

from expectations.common import at_least, at_most, equal, known_unit, meta, whole_counts
from forms.dictionary import COUNTED_FIELDS, sheets
from plan.reference import communes

COUNTS = [field.key for field in sheets()["commune"].of_type("count")]
PERSONS_PER_HOUSEHOLD_MAX = 10
CHANGE_PCT_MAX = 3


def suite(period: str) -> list[Expectation]:
    return [
        *known_unit(unit.code for unit in communes(period)),
        *whole_counts("C01", COUNTS),
        at_most("C02", "poor", "listed"),
        equal("C03", "income_poor", "kinds"),
        at_most("C04", "poor_social_protection", "poor_social_protection_within"),
        at_most("C04", "near_poor_social_protection", "near_poor_social_protection_within"),
        at_most("C04", "poor_khmer", "listed_khmer_within"),
        at_most("C04", "khmer_households", "khmer_households_within"),
        at_most("C04", "minority_households", "minority_households_within"),
        *[equal("C05", key, key, counted=f"{key}_expected") for key in COUNTED_FIELDS],
        at_least("C07", "minority_households", "minority_listed"),
        gxe.ExpectColumnValuesToBeBetween(
            column="residents_per_household",
            min_value=1,
            max_value=PERSONS_PER_HOUSEHOLD_MAX,
            **meta("C06", "persons", "residents_per_household"),
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="households_change_pct",
            min_value=-CHANGE_PCT_MAX,
            max_value=CHANGE_PCT_MAX,
            **meta("X05", "households", "households_change_pct"),
        ),
    ]
