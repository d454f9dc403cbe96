-- A figure of a list of special areas is not the sum of the communes that are on the list in that month.
with
units   as (select * from core.unit_month),
figures as (select * from mart.special_area where unit <> 'percent'),

listed as (
    select units.period, areas.programme, units.unit_code as commune_code, units.district_code
    from core.special_area as areas
    join units on units.unit_code = areas.unit_code and units.period between areas.valid_from and areas.valid_to
    where areas.is_listed
),

expected as (
    select listed.period, listed.programme, whole.unit_code, counts.indicator, counts.population,
           sum(counts.value) as value, count(*) as areas
    from listed
    join units as whole on  whole.period = listed.period
                        and (whole.level = 'province' or whole.unit_code in (listed.district_code, listed.commune_code))
    join mart.indicator as counts on  counts.period    = listed.period
                                  and counts.unit_code = listed.commune_code
                                  and counts.unit      <> 'percent'
    group by all
)

select *, figures.value as published, expected.value as summed
from expected
full join figures using (period, programme, unit_code, indicator, population)
where figures.value is distinct from expected.value
   or figures.areas_reported is distinct from expected.areas
order by all
