"""The figures behind every report, read from a finished `warehouse.duckdb`.

One function for each table that a report shows: a query in, a Polars frame out. Nothing is computed here that
a mart already says; what no mart holds (groups, ethnic groups and causes at every level) is counted from
`core.household_month`. Units come in the order of the plan's table II.3, communes under their district.
"""

import contextlib
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

PROVINCE = "96"
# Where a submission comes from when the sample year is told (ledger).
SAMPLE_SOURCE = "sample"


@dataclass(frozen=True, slots=True)
class District:
    """A district that owed a workbook for the release's last month, and the file its figures rest on.

    `state` is that of the slot (contract, section 2); `received_on` and `submission_id` are None where no file
    is accepted. `on_time` is the slot's, by its first file, whether that one was accepted or not.
    """

    code: str
    name: str
    is_reported: bool
    state: str
    received_on: dt.date | None
    on_time: bool | None
    submission_id: str | None


@dataclass(frozen=True, slots=True)
class Release:
    """What the figures are of. `period` and `baseline` are the last days of their months."""

    release_id: str
    period: dt.date
    baseline: dt.date
    form: str
    is_synthetic: bool
    rate_denominator_excludes_social_protection: bool
    districts: tuple[District, ...]

    @property
    def reported(self) -> int:
        """How many districts the figures are of."""
        return sum(district.is_reported for district in self.districts)

    @property
    def districts_missing(self) -> tuple[str, ...]:
        return tuple(district.name for district in self.districts if not district.is_reported)

    @property
    def is_provisional(self) -> bool:
        return bool(self.districts_missing)


@contextlib.contextmanager
def open_warehouse(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A finished warehouse, for reading only. Times come in Vietnam's zone."""
    with duckdb.connect(str(path), read_only=True) as connection:
        # The progress bar writes to stdout, which belongs to the command's own output.
        connection.execute("set enable_progress_bar = false; set timezone = 'Asia/Ho_Chi_Minh'")
        yield connection


def read_release(connection: duckdb.DuckDBPyConnection) -> Release:
    """Which release this is, of which month, and what it rests on."""
    as_of, baseline, form, excludes, digest = _one(
        connection,
        "select as_of, first_period, form, rate_denominator_excludes_social_protection, input_hash from meta.build",
    )
    (synthetic,) = _one(
        connection,
        "select count(*) > 0 from core.slot join meta.submission on submission_id = accepted_submission_id"
        " where source = ?",
        SAMPLE_SOURCE,
    )
    districts = connection.execute(
        "select slot.district_code, slot.district_name, slot.is_reported, slot.state,"
        " received_at::date, slot.on_time, accepted_submission_id"
        " from core.slot as slot"
        " left join meta.submission as submission on submission.submission_id = slot.accepted_submission_id"
        " join core.unit as unit on unit.unit_code = slot.district_code"
        "      and slot.period between unit.valid_from and unit.valid_to"
        " where slot.period = ? order by unit.plan_order",
        [as_of],
    ).fetchall()
    return Release(
        # As tasks/release.py names its folder.
        release_id=f"{as_of:%Y-%m}-{digest[:12]}",
        period=as_of,
        baseline=baseline,
        form=form,
        is_synthetic=bool(synthetic),
        rate_denominator_excludes_social_protection=bool(excludes),
        districts=tuple(District(*row) for row in districts),
    )


def _one(connection: duckdb.DuckDBPyConnection, query: str, *values: object) -> tuple[Any, ...]:
    row = connection.execute(query, list(values)).fetchone()
    if row is None:
        raise LookupError(f"the warehouse has no row for: {query}")
    return row


def units(connection: duckdb.DuckDBPyConnection, period: dt.date) -> pl.DataFrame:
    """The units of a month: unit_code, unit_name, level, district_code, is_reported.

    Province first, then each district in the plan's order with its communes by code. A province is reported
    where any district is.
    """
    return connection.execute(
        """
        select month.unit_code, month.unit_name, month.level, month.district_code,
               month.districts_reported > 0 as is_reported
        from core.unit_month as month
        left join core.unit as district on  district.unit_code = month.district_code
                                        and month.period between district.valid_from and district.valid_to
        where month.period = ?
        order by month.level <> 'province', district.plan_order, month.level <> 'district', month.unit_code
        """,
        [period],
    ).pl()


def indicators(connection: duckdb.DuckDBPyConnection, period: dt.date) -> pl.DataFrame:
    """mart.indicator of one month, a row for each unit that reported and a column for each indicator.

    Columns: unit_code, and `indicator/population` for every pair, e.g. `poor_rate/khmer` (float; null for a rate
    over no households).
    """
    rows = connection.execute(
        "select unit_code, indicator || '/' || population as key, value from mart.indicator where period = ?"
        " order by unit_code, key",
        [period],
    ).pl()
    keys = connection.execute(
        "select indicator || '/' || population from core.indicator_definition order by all"
    ).fetchall()
    wide = rows.pivot(on="key", index="unit_code", values="value")
    # A month for which nobody reported has every column and no row.
    return wide.select(
        "unit_code", *(pl.col(key) if key in wide.columns else pl.lit(None, pl.Float64).alias(key) for (key,) in keys)
    )


def movements(connection: duckdb.DuckDBPyConnection, first: dt.date, last: dt.date) -> pl.DataFrame:
    """The movements of all months from first to last together, of the units that reported the last.

    Columns: unit_code, class (N, CN), measure (households, persons), opening (of the earliest month each commune
    reported), the seven flows, closing (opening less decreases plus increases), register (closing as the last month
    states it), gross_exits, gross_entries, net_change. `closing` and `register` differ only where a month was
    corrected after the next was accepted. A district that was silent before is there with the months it did report.
    """
    return connection.execute(
        """
        with communes as (
            select commune_code, class, measure,
                   arg_min(opening, period) as opening,
                   sum(decrease_1) as decrease_1, sum(decrease_2) as decrease_2, sum(decrease_3) as decrease_3,
                   sum(increase_1) as increase_1, sum(increase_2) as increase_2, sum(increase_3) as increase_3,
                   sum(increase_4) as increase_4,
                   arg_max(closing, period) as register
            from core.movement_month
            where period between $first and $last
            group by all
        ),
        by_unit as (
            select unit_code, class, measure,
                   sum(columns(* exclude (commune_code, period, unit_code, class, measure)))::bigint
            from communes
            join core.unit_roll_up using (commune_code)
            where period = $last
            group by all
        ),
        gross as (
            select *, decrease_1 + decrease_2 + decrease_3              as gross_exits,
                      increase_1 + increase_2 + increase_3 + increase_4 as gross_entries
            from by_unit
        )
        select *, opening - gross_exits + gross_entries as closing, gross_entries - gross_exits as net_change
        from gross
        order by unit_code, class, measure
        """,
        {"first": first, "last": last},
    ).pl()


def target_groups(connection: duckdb.DuckDBPyConnection, period: dt.date) -> pl.DataFrame:
    """The poor and the near poor by target group; a household stands in every group that it belongs to.

    Columns: unit_code, class_group (poor, near_poor), measure (households, persons), total, minority,
    social_protection, merit, female_headed, other (neither minority nor social protection nor merit), income_poor,
    services_deprived, services_deprived_no_insurance. A unit of whom nobody is listed has no row.
    """
    return connection.execute(
        f"""
        with weighted as (
            select *, if(measure = 'households', 1, persons) as heft
            from ({_REGISTER})
            cross join (values ('households'), ('persons')) as measures(measure)
        )
        select unit_code, class_group, measure,
               sum(heft)::bigint                                                                       as total,
               sum(if(is_minority, heft, 0))::bigint                                                   as minority,
               sum(if(social_protection, heft, 0))::bigint                                    as social_protection,
               sum(if(merit, heft, 0))::bigint                                                         as merit,
               sum(if(head_sex = 'female', heft, 0))::bigint                                      as female_headed,
               sum(if(not is_minority and not social_protection and not merit, heft, 0))::bigint       as other,
               sum(if(class = 'N1', heft, 0))::bigint                                               as income_poor,
               sum(if(class = 'N2', heft, 0))::bigint                                         as services_deprived,
               sum(if(class = 'N2' and health_insurance, heft, 0))::bigint       as services_deprived_no_insurance
        from weighted
        group by all
        order by all
        """,
        [period],
    ).pl()


def ethnic_groups(connection: duckdb.DuckDBPyConnection, period: dt.date) -> pl.DataFrame:
    """Households of the register by ethnic group: unit_code, class_group, ethnicity, is_minority, households.

    Groups that nobody belongs to have no row.
    """
    return connection.execute(
        f"select unit_code, class_group, ethnicity, is_minority, count(*) as households from ({_REGISTER})"
        " group by all order by all",
        [period],
    ).pl()


def causes(connection: duckdb.DuckDBPyConnection, period: dt.date) -> pl.DataFrame:
    """Households of the register by cause of poverty: unit_code, class_group, cause, households.

    Several causes are allowed, so they add up to more than the households. `cause` is null for households that
    name none; causes of nobody have no row.
    """
    return connection.execute(
        f"""
        with named as (
            select unit_code, class_group, unnest(if(len(causes) > 0, list_distinct(causes), [null])) as cause
            from ({_REGISTER})
        )
        select unit_code, class_group, cause, count(*) as households
        from named
        group by all
        order by all
        """,
        [period],
    ).pl()


def cause_names(connection: duckdb.DuckDBPyConnection) -> dict[int, str]:
    """The causes of the forms of 2016-2020 by number, in Vietnamese."""
    return dict(connection.execute("select cause, cause_name_vi from core.poverty_cause order by cause").fetchall())


# The households on the register of one month, once for every unit they count in. One parameter: the period.
_REGISTER = """
    select roll_up.unit_code, if(class in ('N1', 'N2'), 'poor', 'near_poor') as class_group, household.*
    from core.household_month as household
    join core.unit_roll_up as roll_up using (period, commune_code)
    where household.is_in_register and household.period = ?
"""


def deprivations(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """The ten deprivations in the form's order: deprivation, deprivation_name_vi, accountable, plan_section."""
    return connection.execute(
        "select deprivation, deprivation_name_vi, accountable, plan_section from core.deprivation order by number"
    ).pl()


def targets(connection: duckdb.DuckDBPyConnection, period: dt.date) -> pl.DataFrame:
    """mart.target_vs_actual of one month, with `reading` (how a level is held against the number, core.target).

    Empty after the plan's year.
    """
    return connection.execute(
        """
        select actual.*, target.reading
        from mart.target_vs_actual as actual
        join core.target as target using (unit_code, target, measure, basis)
        where actual.period = ?
        order by actual.level, actual.unit_code, actual.target, actual.measure, actual.basis
        """,
        [period],
    ).pl()


def coverage(connection: duckdb.DuckDBPyConnection, period: dt.date) -> pl.DataFrame:
    """mart.coverage of one month, province and districts: eligible and served since 1 January by policy."""
    return connection.execute(
        "select * from mart.coverage where period = ? and level <> 'commune' order by unit_code, policy", [period]
    ).pl()


def plan_differences(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Numbers of the plan that do not come out again: mart.plan_check where it disagrees."""
    return connection.execute(
        "select * from mart.plan_check where not agrees order by inconsistency_id nulls last, item, unit_code"
    ).pl()


def silent_slots(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """What was due and is not accepted: period, district_code, district_name, state, due."""
    return connection.execute(
        "select period, district_code, district_name, state, due from core.slot"
        " join core.unit on unit_code = district_code and period between valid_from and valid_to"
        " where not is_reported order by period, plan_order"
    ).pl()
