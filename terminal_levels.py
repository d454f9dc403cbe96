"""What `giamngheo publish` prints of a month that no plan covers: the levels themselves, in place of the targets."""

import datetime as dt
from typing import TYPE_CHECKING

from rich.table import Table

from forms.numbers import number_vi
from labels.table import GROUPS
from terminal import print_plain

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


def print_levels(connection: "duckdb.DuckDBPyConnection", period: dt.date) -> None:
    """Poor and near-poor households and their rates (%) of the province and its districts; empty where not reported.

    `connection` is a release, `period` the last day of its last month.
    """
    table = Table()
    table.add_column("Đơn vị")
    for group in ("poor", "near_poor"):
        table.add_column(f"{GROUPS[group].vi} (gồm BTXH)", justify="right")
        table.add_column("%", justify="right")
    rows = connection.execute(_LEVELS, [period]).fetchall()
    reported, expected = sum(poor is not None for _, poor, *_ in rows[1:]), len(rows) - 1
    for place, (name, poor, poor_rate, near_poor, near_poor_rate) in enumerate(rows):
        whose = f" ({reported}/{expected} huyện đã báo cáo)" if place == 0 and reported < expected else ""
        counts = (number_vi(poor), number_vi(poor_rate, 2), number_vi(near_poor), number_vi(near_poor_rate, 2))
        table.add_row(name + whose, *counts)
    print_plain(table)
