-- A row does not say how many districts it rests on, or which are missing or held, or a silent unit has a figure.
with
figures as (
    select 'mart.indicator' as mart, period, unit_code, districts_reported, districts_expected, provisional,
           districts_missing, districts_held, completeness_pct
    from mart.indicator
    union
    select 'mart.movement', period, unit_code, districts_reported, districts_expected, provisional,
           districts_missing, districts_held, completeness_pct
    from mart.movement
    union
    select 'mart.coverage', period, unit_code, districts_reported, districts_expected, provisional,
           districts_missing, districts_held, completeness_pct
    from mart.coverage
    union
    select 'mart.multidimensional_poverty', period, unit_code, districts_reported, districts_expected, provisional,
           districts_missing, districts_held, completeness_pct
    from mart.multidimensional_poverty
    union
    select 'mart.target_vs_actual', period, unit_code, districts_reported, districts_expected, provisional,
           districts_missing, districts_held, completeness_pct
    from mart.target_vs_actual
    where actual is not null
),

slots as (
    select
        period, district_code, count(*) filter (where is_reported) as reported, count(*) as expected,
        string_agg(district_name, ', ' order by district_code) filter (where not is_reported)   as missing,
        string_agg(district_name, ', ' order by district_code) filter (where state = 'held')    as held
    from core.slot
    group by grouping sets ((period), (period, district_code))
),

units as (select * from core.unit_month)

select figures.*, slots.reported, slots.expected, slots.missing, slots.held
from figures
join units using (period, unit_code)
left join slots on slots.period = figures.period and slots.district_code is not distinct from units.district_code
where slots.reported = 0
   or (figures.districts_reported, figures.districts_expected) is distinct from (slots.reported, slots.expected)
   or figures.provisional is distinct from (slots.reported < slots.expected)
   or figures.districts_missing is distinct from slots.missing
   or figures.districts_held is distinct from slots.held
   or figures.completeness_pct is distinct from 100 * slots.reported / slots.expected
order by all
