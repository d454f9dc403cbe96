"""A district's months made larger, to measure a bigger province, or smaller, to look at single rules."""

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from forms.month import DistrictMonth, Row
from sample.summaries import key_of, summarise

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


def thinned(months: Sequence[DistrictMonth], hamlets: int = 1) -> list[DistrictMonth]:
    """A district's consecutive months with the first hamlets of each commune, and every household that ever moves.

    The first month is taken as the baseline. Residents and policies stay as they are; the rest is counted again.
    """
    moved = {key_of(row) for month in months for row in month.household if row["movement"] != "KHONG_DOI"}
    first = {f"{kind} {number}" for kind in ("Ấp", "Khóm") for number in range(1, hamlets + 1)}
    small: list[DistrictMonth] = []
    for month in months:
        rows = [row for row in month.household if row["hamlet"] in first or key_of(row) in moved]
        numbered = [row | {"stt": stt} for stt, row in enumerate(rows, start=1)]
        small.append(summarise(replace(month, household=numbered), small[-1] if small else None))
    return small
