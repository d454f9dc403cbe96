"""Who a number is of: a sentence about the province names the districts that it rests on where some are missing.

A change is only ever that of the districts whose figures stand in both months, and says so where they are not all.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from labels.table import Words
from reports.figures import Release


def who(release: Release) -> Words:
    """toàn tỉnh, or 8/9 huyện đã báo cáo."""
    reported, expected = release.reported, len(release.districts)
    if reported == expected:
        return Words("toàn tỉnh", "the province")
    return Words(
        f"{reported}/{expected} huyện đã báo cáo", f"the {reported} of {expected} districts that have reported"
    )


@dataclass(frozen=True, slots=True)
class Compared:
    """A release's month beside the baseline, of the districts that stand in both (by `indicator/population`).

    `districts` is how many those are, `expected` how many owed the month. A rate over no households is None.
    """

    now: Mapping[str, float | None]
    then: Mapping[str, float | None]
    districts: int
    expected: int

    @property
    def whose(self) -> Words | None:
        """Of whom the change is; None where it is the province's."""
        if self.districts == self.expected:
            return None
        return Words(
            f"chỉ so {self.districts}/{self.expected} huyện có số liệu ở cả hai kỳ",
            f"of the {self.districts} of {self.expected} districts with figures in both months",
        )


def like_for_like(connection: duckdb.DuckDBPyConnection, release: Release) -> Compared | None:
    """The province's figures now and at the baseline, counted over the districts of both; None where there are none."""
    rows = connection.execute(
        """
        with known as (
            select * from mart.indicator where level = 'district' and period in ($period, $baseline)
        ),
        both_months as (
            select unit_code from known
            group by unit_code
            having bool_or(period = $period) and bool_or(period = $baseline)
        )
        select period, indicator || '/' || population as key,
               if(any_value(unit) = 'percent', 100 * sum(numerator) / nullif(sum(denominator), 0), sum(value))::double,
               (select count(*) from both_months)
        from known
        where unit_code in (from both_months)
        group by period, key
        """,
        {"period": release.period, "baseline": release.baseline},
    ).fetchall()
    if not rows:
        return None
    now, then = (
        {key: value for period, key, value, _ in rows if period == day} for day in (release.period, release.baseline)
    )
    return Compared(now, then, rows[0][3], len(release.districts))
