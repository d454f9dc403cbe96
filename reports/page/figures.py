"""What the page shows beyond reports/figures.py, asked of a finished release by SQL: plain rows, no words yet."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from plan.reference import plan
from reports.coverage import Compared, like_for_like
from reports.figures import PROVINCE, Release, movements, open_warehouse, read_release
from reports.words import year_start

Row = dict[str, Any]

_REDUCTIONS = "target in ('poor_reduction', 'near_poor_reduction')"

_PROVINCE = """
    select level, target, measure, basis, baseline, target_value, actual, change, achieved_pct, remaining, status,
           accountable, plan_section, districts_reported, districts_expected
    from mart.target_vs_actual
    where level = 'province' and period = $period
"""

_QUERIES = {
    "reductions": f"""
        {_PROVINCE} and {_REDUCTIONS}
        order by target desc, (measure, basis) <> ($measure, $basis), basis = 'all', measure = 'end_rate'
    """,
    "policies": f"""
        with target as ({_PROVINCE} and (target = 'jobs' or starts_with(target, 'policy_coverage:')))
        select target.*, policy.policy_name_vi, policy.policy_name, coverage.register_deprived_households
        from target
        join core.policy on policy.policy = replace(target.target, 'policy_coverage:', '')
        left join mart.coverage as coverage
               on coverage.policy = policy.policy and coverage.level = 'province' and coverage.period = $period
        order by target.target = 'jobs' desc, policy.policy
    """,
    # For months without targets.
    "coverage": """
        select policy, policy_name_vi, policy_name, eligible, served, coverage_pct, accountable
        from mart.coverage
        where level = 'province' and period = $period
        order by policy = 'jobs' desc, policy
    """,
    "districts": f"""
        select unit_code, unit_name, level, target, measure, basis, baseline, target_value, actual, change,
               achieved_pct, remaining, status
        from mart.target_vs_actual
        join core.unit using (unit_code, unit_name, level)
        where level = 'district' and period = $period and {_REDUCTIONS}
          and measure = $measure and basis = $basis
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
        select number, deprivation, deprivation_name_vi, deprived_when_en, accountable, population
        from core.deprivation
        cross join (values ('poor'), ('near_poor')) as populations(population)
        order by population = 'near_poor', number
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
    coverage: list[Row]
    districts: list[Row]
    rates: list[Row]
    province_rates: list[Row]
    deprivations: list[Row]
    slots: list[Row]
    movements: list[Row]
    compared: Compared | None


def read_figures(warehouse: Path) -> Figures:
    """All that the page needs, from the `warehouse.duckdb` of a release. Raises duckdb.Error where it is none."""
    with open_warehouse(warehouse) as connection:
        release = read_release(connection)
        known = {"period": release.period, "measure": plan().headline_measure, "basis": plan().headline_basis}
        found = {name: _rows(connection, query, known) for name, query in _QUERIES.items()}
        compared = like_for_like(connection, release)
        movements = _movements(connection, release)
    found["deprivations"] = [_compared(row, compared) for row in found["deprivations"]]
    return Figures(release, **found, movements=movements, compared=compared)


def _compared(row: Row, compared: Compared | None) -> Row:
    """A deprivation with its households and rate now and at the baseline, of the same districts."""
    count, rate = (
        f"{kind}:{row['deprivation']}/{row['population']}" for kind in ("deprived_households", "deprived_rate")
    )
    now, then = (compared.now, compared.then) if compared else ({}, {})
    return row | {
        "actual": now.get(count),
        "actual_rate": now.get(rate),
        "baseline": then.get(count),
        "baseline_rate": then.get(rate),
    }


def _movements(connection: duckdb.DuckDBPyConnection, release: Release) -> list[Row]:
    """The year's way of the poor and of the near poor, of the districts that reported the release's month.

    The same rows as form 2 and 3 of report.xlsx, but that `closing` is the last month's list: it differs from what
    the flows come to where an earlier month was corrected afterwards.
    """
    if release.period == release.baseline:
        return []
    first = year_start(release.period, release.baseline)
    rows = movements(connection, first, release.period).filter(
        pl.col("unit_code") == PROVINCE, pl.col("measure") == "households"
    )
    groups = {"N": "poor", "CN": "near_poor"}
    return [
        row
        | {"group_name": groups[row["class"]], "closing": row["register"]}
        | {"first_month": first, "last_month": release.period}
        for row in rows.sort("class", descending=True).iter_rows(named=True)
    ]


def _rows(connection: duckdb.DuckDBPyConnection, query: str, known: dict[str, Any]) -> list[Row]:
    """The rows of a query, given those of the known values that it names."""
    result = connection.execute(query, {name: value for name, value in known.items() if f"${name}" in query})
    names = [column[0] for column in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
