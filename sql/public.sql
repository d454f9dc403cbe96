-- What the public tables read besides the warehouse: hidden (quantity, period, unit_code) has every suppressed count
-- (tasks/disclosure). A published number is suppressed when any count that it is made from is.

-- Grain: one row per indicator, population, month and unit with a suppressed part.
create temp table hidden_figure as
with
parts as (
    select indicator, population, true as is_above,
           coalesce(numerator_indicator, indicator) || '|' || coalesce(numerator_population, population) as quantity
    from core.indicator_definition
    union all
    select indicator, population, false, denominator_indicator || '|' || denominator_population
    from core.indicator_definition
    where denominator_indicator is not null
    union all
    select indicator, population, false, less_indicator || '|' || less_population
    from core.indicator_definition
    where less_indicator is not null
)

select indicator, population, period, unit_code, bool_or(is_above) as numerator, bool_or(not is_above) as denominator
from parts
join hidden using (quantity)
group by indicator, population, period, unit_code;
