"""Sheet Bìa (frame `cover`): F04, F05, F08, F09, F16, X06."""

from great_expectations import expectations as gxe
from great_expectations.expectations.expectation import Expectation

from expectations.common import equal, meta


def suite() -> list[Expectation]:
    return [
        gxe.ExpectColumnValuesToBeInSet(column="cell_valid", value_set=[1], **meta("F04", "", "value")),
        gxe.ExpectColumnValuesToBeInSet(column="period_open", value_set=[1], **meta("F05", "", "value")),
        gxe.ExpectColumnValuesToBeInSet(column="form_fits", value_set=[1], **meta("F08", "", "value", period="period")),
        gxe.ExpectColumnValuesToBeInSet(
            column="period_ended",
            value_set=[1],
            **meta("F16", "", "value", "last_day", said_value="received_day", said_expected="last_day"),
        ),
        equal("F09", "", "control", declared="control_given", counted="control_expected"),
        gxe.ExpectColumnValuesToBeInSet(
            column="poor_change_excess", value_set=[0], **meta("X06", "", "poor_change", "poor_change_allowed")
        ),
    ]
