-- A restated number does not say what changed it, or what it calls known now is not what this release publishes.
with
restated as (select * from mart.restatement),

published as (
    select period, unit_code, indicator, population, value from mart.indicator
    union all
    select period, unit_code, 'policy_coverage:' || policy, 'eligible', coverage_pct from mart.coverage
    union all
    select period, unit_code, group_name || '_' || measure || ':closing', 'all', closing from mart.movement
)

select restated.period, restated.unit_code, restated.indicator, restated.population, restated.published_in,
       restated.as_published, restated.as_known_now, published.value
from restated
left join published using (period, unit_code, indicator, population)
where (restated.replaced is null and restated.caused_by is null)
   or restated.published_in is null
   or restated.cause is null
   or restated.as_published is not distinct from restated.as_known_now and restated.districts_reported > 0
   or restated.change is distinct from restated.as_known_now - restated.as_published
   or (published.period is not null and published.value is distinct from restated.as_known_now)
order by all
