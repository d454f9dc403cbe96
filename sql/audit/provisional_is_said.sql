-- The province's rows do not say how many districts they rest on, or a silent unit has a row.
with
figures as (
    select 'mart.indicator' as mart, period, unit_code, districts_reported, districts_expected, provisional
    from mart.indicator
    union
    select 'mart.movement', period, unit_code, districts_reported, districts_expected, provisional from mart.movement
    union
    select 'mart.coverage', period, unit_code, districts_reported, districts_expected, provisional from mart.coverage
    union
    select 'mart.multidimensional_poverty', period, unit_code, districts_reported, districts_expected, provisional
    from mart.multidimensional_poverty
),

slots as (
    select period, district_code, count(*) filter (where is_reported) as reported, count(*) as expected
    from core.slot
    group by grouping sets ((period), (period, district_code))
),

units as (select * from core.unit_month)

select figures.*, slots.reported, slots.expected
from figures
join units using (period, unit_code)
left join slots on slots.period = figures.period and slots.district_code is not distinct from units.district_code
where slots.reported = 0
   or (figures.districts_reported, figures.districts_expected) is distinct from (slots.reported, slots.expected)
   or figures.provisional is distinct from (slots.reported < slots.expected)
order by all
