"""What must be there (frame `presence`): F02, F03, F10–F14, X01."""

from great_expectations import expectations as gxe
from great_expectations.expectations.expectation import Expectation

from expectations.common import meta

_DUE_ONCE = {"F02": "sheets_found", "F03": "columns_found", "F10": "lines_found"}


def suite() -> list[Expectation]:
    due = [
        gxe.ExpectColumnValuesToBeInSet(column=column, value_set=[1], **meta(rule, "", "value"))
        for rule, column in _DUE_ONCE.items()
    ]
    return [
        *due,
        gxe.ExpectColumnValuesToBeInSet(column="unknown_found", value_set=[0], **meta("F11", "", "value")),
        gxe.ExpectColumnValuesToBeInSet(
            column="converted_found", value_set=[0], **meta("F12", "", "value", encoding="value")
        ),
        gxe.ExpectColumnValuesToBeInSet(column="hidden_found", value_set=[0], **meta("F13", "", "value")),
        gxe.ExpectColumnValuesToBeInSet(
            column="errors_found", value_set=[0], **meta("F14", "", "value", expected_text="giá trị")
        ),
        gxe.ExpectColumnValuesToBeInSet(column="households_found", value_set=[1], **meta("X01", "", "value")),
    ]
