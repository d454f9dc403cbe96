"""A district's month made larger, to measure how the pipeline does with a bigger province."""

from dataclasses import replace
from typing import cast

from forms.month import DistrictMonth, Row

_COUNTS_ON_COVER = ("total_poor", "total_near_poor")


def enlarged(month: DistrictMonth, times: int) -> DistrictMonth:
    """The same month with every household `times` times and every count multiplied; as valid as it was.

    Copies get codes of their own and no ID number. A month on month change grows too, so that only rule
    X06's 30 households may be exceeded where the original was not.
    """
    households: list[Row] = []
    for row in month.household:
        for copy in range(times):
            number = {"stt": len(households) + 1}
            own = {"household_code": f"{row['household_code']}-{copy}", "head_id_number": None} if copy else {}
            households.append({**row, **number, **own})
    cover = month.cover | {key: times * cast(int, month.cover[key]) for key in _COUNTS_ON_COVER}
    return replace(
        month,
        cover=cover,
        household=households,
        commune=[_multiplied(row, times) for row in month.commune],
        movement=[_multiplied(row, times) for row in month.movement],
        policy=[_multiplied(row, times) for row in month.policy],
    )


def _multiplied(row: Row, times: int) -> Row:
    return {key: times * value if isinstance(value, int) else value for key, value in row.items()}
