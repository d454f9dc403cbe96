"""What `giamngheo publish` prints of a month that no plan covers: the levels themselves, in place of the targets."""

import datetime as dt
from typing import TYPE_CHECKING

from rich.table import Table

from reports.verdicts import no_plan
from tasks.words import number_vi
from terminal import print_plain, say

if TYPE_CHECKING:
    import duckdb

_LEVELS = """
    select month.unit_name, poor.numerator, poor.value, near_poor.numerator, near_poor.value
    from core.unit_month as month
    join core.unit as unit
         on  unit.unit_code = month.unit_code and month.period between unit.valid_from and unit.valid_to
    left join mart.indicator as poor
              on  poor.period = month.period and poor.unit_code = month.unit_code
              and poor.indicator = 'poor_rate' and poor.population = 'all'
    left join mart.indicator as near_poor
              on  near_poor.period = month.period and near_poor.unit_code = month.unit_code
              and near_poor.indicator = 'near_poor_rate' and near_poor.population = 'all'
    where month.period = ? and month.level <> 'commune'
    order by month.level <> 'province', unit.plan_order
"""


def print_without_plan(connection: "duckdb.DuckDBPyConnection", period: dt.date, provisional: str) -> None:
    """That the month has no plan, then poor and near-poor households by district; empty where none were reported.

    `connection` is a release, `period` the last day of its last month; `provisional` ends the title.
    """
    rows = connection.execute(_LEVELS, [period]).fetchall()
    say(no_plan(period).vi)
    table = Table(title=f"Hộ nghèo, hộ cận nghèo đến {period:%m/%Y}{provisional}", title_justify="left")
    table.add_column("Đơn vị")
    for name in ("Hộ nghèo", "Tỷ lệ (%)", "Hộ cận nghèo", "Tỷ lệ (%)"):
        table.add_column(name, justify="right")
    for name, poor, poor_rate, near_poor, near_poor_rate in rows:
        counts = (number_vi(poor), number_vi(poor_rate, 2), number_vi(near_poor), number_vi(near_poor_rate, 2))
        table.add_row(name, *counts)
    print_plain(table)
