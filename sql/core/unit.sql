-- What are the units, and between which days does a code carry a name?
-- Grain: one row per code and validity.
-- Caution: codes were given to other units after 2025-06-30; join on the code and the period.
with
units  as (select * from input.units),
ordered as (select unit_code, row_number() over (order by try_cast(tt as integer) nulls last) as plan_order
            from (select tt, unit_code from input.targets_2020))

select
    units.code                                                              as unit_code,
    units.name_vi                                                           as unit_name,
    units.level,
    units.type,
    nullif(units.parent_code, '')                                           as parent_code,
    case when units.level = 'commune'
        then if(units.type in ('phường', 'thị trấn'), 'urban', 'rural') end as area,
    ordered.plan_order::integer                                             as plan_order,
    units.valid_from::date                                                  as valid_from,
    units.valid_to::date                                                    as valid_to
from units
left join ordered on ordered.unit_code = units.code
order by units.code, valid_from
