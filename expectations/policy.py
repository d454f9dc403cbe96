"""Sheet Chính sách (frame `policy`): H01, F06, P01–P03."""

from great_expectations import expectations as gxe
from great_expectations.expectations.expectation import Expectation

from expectations.common import at_most, known_unit, meta, whole_counts
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
        gxe.ExpectColumnPairValuesAToBeGreaterThanB(
            column_A="served_since_given",
            column_B="served_since_expected",
            or_equal=True,
            **meta("P03", "served", "served_since_given", "served_since_expected"),
        ),
    ]
