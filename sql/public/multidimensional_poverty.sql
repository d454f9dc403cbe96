-- mart.multidimensional_poverty for districts and the province. Communes stay inside: their censored counts are small,
-- and add up to what A and M0 publish. Where mart.indicator suppresses a unit's sum of one deprivation, that deprivation
-- and the sum over all go here; where it suppresses the poor or the near poor, all figures of the unit.
with
units_hidden as (
    select distinct period, unit_code
    from hidden
    where quantity in ('poor_households|all', 'near_poor_households|all')
),

deprivations_hidden as (
    select period, unit_code, list(split_part(split_part(quantity, '|', 1), ':', 2)) as keys
    from hidden
    where quantity like 'deprived_households:%'
    group by period, unit_code
),

marked as (
    select
        figures.*,
        units_hidden.unit_code is not null
        or (deprivations_hidden.unit_code is not null and measure in ('A', 'M0', 'contribution', 'contribution_absolute'))
        or (measure in ('uncensored_headcount', 'censored_headcount')
            and coalesce(list_contains(keys, deprivation), false)) as suppressed
    from mart.multidimensional_poverty as figures
    left join units_hidden using (period, unit_code)
    left join deprivations_hidden using (period, unit_code)
    where level <> 'commune'
)

select
    period,
    unit_code,
    unit_name,
    level,
    weight,
    measure,
    deprivation,
    if(suppressed, null, numerator)     as numerator,
    if(suppressed, null, denominator)   as denominator,
    if(suppressed, null, value)         as value,
    unit,
    districts_reported,
    districts_expected,
    provisional,
    districts_missing,
    districts_held,
    completeness_pct,
    suppressed
from marked
order by period, unit_code, weight, measure, deprivation
