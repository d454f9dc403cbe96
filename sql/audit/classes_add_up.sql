-- Populations that divide a class do not add up to it: income poor and services deprived,
-- with and without social protection, urban and rural.
with
counts as (
    select * from mart.indicator
    where indicator in ('poor_households', 'poor_persons', 'near_poor_households', 'near_poor_persons')
),

added as (
    select
        period, unit_code, indicator,
        sum(value) filter (where population = 'all')                                                as everyone,
        sum(value) filter (where population in ('income_poor', 'services_deprived'))                as by_kind,
        sum(value) filter (where population in ('social_protection', 'excluding_social_protection')) as by_protection,
        sum(value) filter (where population in ('urban', 'rural'))                                  as by_area
    from counts
    group by all
)

select *
from added
where everyone is distinct from by_protection
   or everyone is distinct from by_area
   or (indicator like 'poor_%' and everyone is distinct from by_kind)
order by period, unit_code, indicator
