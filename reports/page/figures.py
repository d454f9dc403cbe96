"""What the page shows beyond reports/figures.py, asked of a finished release by SQL: plain rows, no words yet."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from reports.figures import Release, open_warehouse, read_release

Row = dict[str, Any]

_REDUCTIONS = "target in ('poor_reduction', 'near_poor_reduction')"

_PROVINCE = """
    select target, measure, basis, baseline, target_value, actual, change, achieved_pct, remaining, status,
           accountable, plan_section
    from mart.target_vs_actual
    where level = 'province' and period = $period
"""

_QUERIES = {
    "reductions": f"""
        {_PROVINCE} and {_REDUCTIONS}
        order by target desc, basis = 'all', measure = 'end_rate', measure = 'percentage_points'
    """,
    "policies": f"""
        with target as ({_PROVINCE} and (target = 'jobs' or starts_with(target, 'policy_coverage:')))
        select target.*, policy.policy_name_vi, policy.policy_name
        from target
        join core.policy on policy.policy = replace(target.target, 'policy_coverage:', '')
        order by target.target = 'jobs' desc, policy.policy
    """,
    "districts": f"""
        select unit_code, unit_name, target, baseline, target_value, actual, change, achieved_pct, remaining, status
        from mart.target_vs_actual
        join core.unit using (unit_code, unit_name, level)
        where level = 'district' and period = $period and {_REDUCTIONS}
          and measure = 'households' and basis = 'all'
        order by target desc, plan_order
    """,
    # A row for every district and month that was due; without a value where nobody reported.
    "rates": """
        select due.period, due.unit_code, due.unit_name, asked.indicator, rate.value,
               due.districts_reported > 0 as is_reported
        from core.unit_month as due
        cross join (values ('poor_rate'), ('near_poor_rate')) as asked(indicator)
        left join mart.indicator as rate on  rate.period     = due.period
                                         and rate.unit_code  = due.unit_code
                                         and rate.indicator  = asked.indicator
                                         and rate.population = 'all'
        where due.level = 'district'
        order by asked.indicator desc, due.unit_code, due.period
    """,
    "province_rates": """
        select period, indicator, numerator, value, districts_reported, districts_expected
        from mart.indicator
        where level = 'province' and population = 'all' and indicator in ('poor_rate', 'near_poor_rate')
        order by period, indicator desc
    """,
    "deprivations": """
        with now as (
            select * from mart.indicator
            where level = 'province' and period = $period and starts_with(indicator, 'deprived_households:')
        ),
        baseline as (
            select * from mart.indicator
            where level = 'province' and period = (select first_period from meta.build)
              and starts_with(indicator, 'deprived_households:')
        )
        select deprivation.number, deprivation.deprivation, deprivation.deprivation_name_vi,
               deprivation.deprived_when_en, deprivation.accountable, now.population,
               baseline.value as baseline, now.value as actual,
               now_rate.value as actual_rate, baseline_rate.value as baseline_rate
        from core.deprivation
        join now on now.indicator = 'deprived_households:' || deprivation.deprivation
        left join baseline on baseline.indicator = now.indicator and baseline.population = now.population
        left join mart.indicator as now_rate
               on  now_rate.period = now.period and now_rate.unit_code = now.unit_code
               and now_rate.indicator = 'deprived_rate:' || deprivation.deprivation
               and now_rate.population = now.population
        left join mart.indicator as baseline_rate
               on  baseline_rate.period = baseline.period and baseline_rate.unit_code = baseline.unit_code
               and baseline_rate.indicator = now_rate.indicator and baseline_rate.population = now.population
        order by now.population = 'near_poor', deprivation.number
    """,
    # The opening of the year's first month, the flows of all months since, the closing of the last. A district that
    # was silent in a month leaves a gap between one month's closing and the next one's opening: it is shown as such.
    "movements": """
        with year as (
            select * from mart.movement
            where level = 'province' and measure = 'households' and period <= $period
              and year(period) = year($period::date) and period <> (select first_period from meta.build)
        )
        select group_name, min(period) as first_month, max(period) as last_month,
               arg_min(opening, period) as opening, sum(decrease_1)::bigint as decrease_1,
               sum(decrease_2)::bigint as decrease_2, sum(decrease_3)::bigint as decrease_3,
               sum(increase_1)::bigint as increase_1, sum(increase_2)::bigint as increase_2,
               sum(increase_3)::bigint as increase_3, sum(increase_4)::bigint as increase_4,
               arg_max(closing, period) as closing
        from year
        group by group_name
        order by group_name desc
    """,
    "slots": """
        select slot.period, slot.district_code, slot.district_name, slot.state, slot.is_reported,
               slot.on_time, submission.received_at
        from core.slot
        left join mart.submission_status as submission
               on submission.submission_id = slot.accepted_submission_id and submission.is_published
        order by slot.district_code, slot.period
    """,
}


@dataclass(frozen=True)
class Figures:
    """The rows behind the page, each a dict with the column names of its query."""

    release: Release
    reductions: list[Row]
    policies: list[Row]
    districts: list[Row]
    rates: list[Row]
    province_rates: list[Row]
    deprivations: list[Row]
    movements: list[Row]
    slots: list[Row]


def read_figures(warehouse: Path) -> Figures:
    """All that the page needs, from the `warehouse.duckdb` of a release. Raises duckdb.Error where it is none."""
    with open_warehouse(warehouse) as connection:
        release = read_release(connection)
        period = {"period": release.period}
        found = {
            name: _rows(connection, query, period if "$period" in query else None) for name, query in _QUERIES.items()
        }
    return Figures(release, **found)


def _rows(connection: duckdb.DuckDBPyConnection, query: str, values: dict[str, Any] | None) -> list[Row]:
    result = connection.execute(query, values)
    names = [column[0] for column in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
