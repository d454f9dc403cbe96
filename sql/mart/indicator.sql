-- How many poor and near-poor households and persons, what rates, and which deprivations?
-- Grain: one row per month, unit that reported, indicator and population.
-- Caution: provisional rows sum the districts that have reported; districts_reported says how many,
-- districts_missing which not.
-- Caution: rates are unrounded percentages; a rate over no households is NULL.
with
units  as (select * from core.unit_month),
counts as (select {'period': period, 'unit_code': unit_code} as place, * from core.unit_count),

all_rows as (select * from input.counts_and_rates(counts, core.indicator_definition))

select
    units.period,
    units.unit_code,
    units.unit_name,
    units.level,
    all_rows.indicator,
    all_rows.population,
    all_rows.numerator,
    all_rows.denominator,
    all_rows.value,
    all_rows.unit,
    units.districts_reported,
    units.districts_expected,
    units.provisional,
    units.districts_missing,
    units.districts_held,
    units.completeness_pct
from all_rows
join units on units.period = all_rows.place.period and units.unit_code = all_rows.place.unit_code
order by units.period, units.unit_code, all_rows.indicator, all_rows.population
