-- How many households and persons does every count of the contract find?
-- Grain: one row per month, unit that reported, count and population.
-- A count that finds nobody is a row with 0; a unit that has not reported has no row.
-- Poor and near poor are counted on the register (sheet Hộ), residents come from sheet Xã.
with
units   as (select * from core.unit_month where districts_reported > 0),
counts  as (select * from core.indicator_definition where unit <> 'percent'),
roll_up as (select * from core.unit_roll_up),

unit_counts as (
    select period, unit_code, indicator, population, sum(value) as value
    from input.commune_counts(core.household_month, core.commune_month)
    join roll_up using (period, commune_code)
    group by all
)

-- Left join from what a unit that reported owes, so that a count of nobody is a zero.
select
    units.period,
    units.unit_code,
    counts.indicator,
    counts.population,
    coalesce(unit_counts.value, 0)::bigint  as value,
    counts.unit
from units
cross join counts
left join unit_counts using (period, unit_code, indicator, population)
order by units.period, units.unit_code, counts.indicator, counts.population
