"""Sheet Diễn biến (frame `movement`): H01, F06, C01, M01–M05."""

from great_expectations.expectations.expectation import Expectation

from expectations.common import equal, known_unit, whole_counts
from forms.dictionary import FLOWS, sheets
from plan.reference import communes

COUNTS = [field.key for field in sheets()["movement"].of_type("count")]


def suite(period: str) -> list[Expectation]:
    return [
        *known_unit(unit.code for unit in communes(period)),
        # The catalogue has no rule of its own for a number on this sheet: C01 says the same of its neighbour.
        *whole_counts("C01", COUNTS),
        equal("M01", "closing", "households_balance"),
        equal("M02", "closing", "persons_balance"),
        equal("M03", "decrease_1", "meeting_decrease_1", other="meeting_decrease_1_expected"),
        equal("M03", "decrease_2", "meeting_decrease_2", other="meeting_decrease_2_expected"),
        *[equal("M04", key, key, counted=f"{key}_expected") for key in (*FLOWS, "closing")],
        equal("M05", "opening", "opening"),
    ]
