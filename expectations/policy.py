"""Sheet Chính sách (frame `policy`): H01, F06, P01–P07."""

from great_expectations import expectations as gxe
from great_expectations.expectations.expectation import Expectation

from expectations.common import at_least, at_most, known_unit, meta, whole_counts
from forms.dictionary import sheets
from plan.reference import communes, table

COUNTS = [field.key for field in sheets()["policy"].of_type("count")]


def suite(period: str) -> list[Expectation]:
    return [
        *known_unit(unit.code for unit in communes(period)),
        gxe.ExpectColumnValuesToBeInSet(
            column="policy_given",
            value_set=[row["policy"] for row in table("policies_monitored")],
            **meta("P01", "policy", "policy"),
        ),
        *whole_counts("P01", COUNTS),
        at_most("P02", "served", "served_within"),
        at_least("P03", "served", "served_since"),
        at_most("P04", "eligible", "eligible_residents"),
        at_most("P04", "served", "served_residents"),
        at_least("P05", "eligible", "insured"),
        gxe.ExpectColumnValuesToBeInSet(
            column="eligible_change_excess",
            value_set=[0],
            **meta(
                "P06",
                "eligible",
                "eligible",
                "eligible_allowed",
                said_value="district_eligible",
                said_expected="district_eligible_before",
            ),
        ),
        gxe.ExpectColumnValuesToBeInSet(
            column="lacking_though_all_served",
            value_set=[0],
            **meta("P07", "served", "served", "lacking_insurance"),
        ),
    ]
