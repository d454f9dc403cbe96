-- A unit that reported lacks an indicator: a count of nobody must be a row with 0.
with
units       as (select * from core.unit_month where districts_reported > 0),
definitions as (select * from core.indicator_definition),
indicators  as (select * from mart.indicator)

select units.period, units.unit_code, definitions.indicator, definitions.population
from units
cross join definitions
anti join indicators using (period, unit_code, indicator, population)
order by all
