-- Which units should have a figure for a month, and on how many districts does it rest?
-- Grain: one row per month and unit that was due (province, district, commune), reported or not.
-- Districts and communes rest on one district, their own; the province on all that were due.
-- Nothing is carried forward: a district that has not reported is left out, and named in districts_missing.
with
periods as (select * from core.period),
units   as (select * from core.unit),
slots   as (select * from core.slot),

due as (
    select
        periods.period, units.unit_code, units.unit_name, units.level, units.area,
        case units.level when 'district' then units.unit_code when 'commune' then units.parent_code end
            as district_code
    from periods
    join units on periods.period between units.valid_from and units.valid_to
),

province as (
    select
        period,
        count(*) filter (where is_reported)                                         as districts_reported,
        count(*)                                                                    as districts_expected,
        string_agg(district_name, ', ' order by district_code)
            filter (where not is_reported)                                          as districts_missing,
        string_agg(district_name, ', ' order by district_code)
            filter (where state = 'held')                                           as districts_held
    from slots
    group by period
),

reporting as (
    select
        due.*,
        coalesce(if(due.level = 'province', province.districts_reported, slots.is_reported::integer), 0)
                                                                                    as districts_reported,
        if(due.level = 'province', coalesce(province.districts_expected, 0), 1)     as districts_expected,
        if(due.level = 'province', province.districts_missing, if(slots.is_reported, null, slots.district_name))
                                                                                    as districts_missing,
        if(due.level = 'province', province.districts_held, if(slots.state = 'held', slots.district_name, null))
                                                                                    as districts_held
    from due
    left join slots using (period, district_code)
    left join province using (period)
)

select
    period,
    unit_code,
    unit_name,
    level,
    area,
    district_code,
    districts_reported::integer                 as districts_reported,
    districts_expected::integer                 as districts_expected,
    districts_reported < districts_expected     as provisional,
    districts_missing,
    districts_held,
    100 * districts_reported / nullif(districts_expected, 0)    as completeness_pct
from reporting
order by period, unit_code
