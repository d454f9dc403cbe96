-- How many poor and near-poor households and persons, what rates, and which deprivations?
-- Grain: one row per month, unit that reported, indicator and population.
-- Caution: provisional rows sum the districts that have reported; districts_reported says how many.
-- Caution: rates are unrounded percentages; a rate over no households is NULL.
with
units       as (select * from core.unit_month),
counts      as (select * from core.unit_count),
definitions as (select * from core.indicator_definition),

count_rows as (
    select period, unit_code, indicator, population, value as numerator, null::bigint as denominator,
           value::double as value, unit
    from counts
),

rate_parts as (
    select
        above.period, above.unit_code, definitions.indicator, definitions.population,
        above.value                                         as numerator,
        below.value - coalesce(less.value, 0)               as denominator
    from definitions
    join counts as above on  above.indicator  = definitions.numerator_indicator
                         and above.population = definitions.numerator_population
    join counts as below on  below.indicator  = definitions.denominator_indicator
                         and below.population = definitions.denominator_population
                         and below.period     = above.period
                         and below.unit_code  = above.unit_code
    left join counts as less on  less.indicator  = definitions.less_indicator
                             and less.population = definitions.less_population
                             and less.period     = above.period
                             and less.unit_code  = above.unit_code
),

rate_rows as (
    select period, unit_code, indicator, population, numerator, denominator,
           100 * numerator / nullif(denominator, 0), 'percent'
    from rate_parts
),

all_rows as (
    from count_rows
    union all from rate_rows
)

select
    all_rows.period,
    all_rows.unit_code,
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
join units using (period, unit_code)
order by all_rows.period, all_rows.unit_code, all_rows.indicator, all_rows.population
