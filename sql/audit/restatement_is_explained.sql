-- A restated number does not say what changed it, or what it calls known now is not what this release publishes.
with
restated as (select * from mart.restatement),

published as (
    select 'mart.indicator' as mart, period, unit_code, concat_ws('|', indicator, population) as mart_key,
           unnest(['numerator', 'denominator', 'value']) as mart_column, unnest([numerator, denominator, value]) as value
    from mart.indicator
    union all
    select 'mart.coverage', period, unit_code, policy, unnest(['eligible', 'served', 'coverage_pct']),
           unnest([eligible, served, coverage_pct])
    from mart.coverage
    union all
    select 'mart.movement', period, unit_code, concat_ws('|', class, measure), unnest(['opening', 'closing', 'net_change']),
           unnest([opening, closing, net_change])
    from mart.movement
    union all
    select 'mart.multidimensional_poverty', period, unit_code,
           concat_ws('|', weight, measure, coalesce(deprivation, '')), unnest(['numerator', 'denominator', 'value']),
           unnest([numerator, denominator, value])
    from mart.multidimensional_poverty
    union all
    select 'mart.special_area', period, unit_code, concat_ws('|', programme, indicator, population), 'value', value
    from mart.special_area
    union all
    select 'mart.target_vs_actual', period, unit_code, concat_ws('|', target, measure, basis),
           unnest(['baseline', 'actual', 'achieved_pct', 'remaining']), unnest([baseline, actual, achieved_pct, remaining])
    from mart.target_vs_actual
)

select restated.mart, restated.period, restated.unit_code, restated.mart_key, restated.mart_column,
       restated.published_in, restated.as_published, restated.as_known_now, published.value
from restated
left join published using (mart, period, unit_code, mart_key, mart_column)
where (restated.replaced is null and restated.caused_by is null)
   or restated.published_in is null
   or restated.cause is null
   or (restated.as_published, restated.verdict_published)
      is not distinct from (restated.as_known_now, restated.verdict_now)
   or restated.change is distinct from restated.as_known_now - restated.as_published
   or (published.period is not null and published.value is distinct from restated.as_known_now)
order by all
