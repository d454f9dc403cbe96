-- The closing balance on sheet Diễn biến is not what the published indicator counts (M04).
with
closing    as (select period, unit_code, group_name || '_' || measure as indicator, closing from mart.movement),
indicators as (select period, unit_code, indicator, value from mart.indicator where population = 'all')

select *
from closing
join indicators using (period, unit_code, indicator)
where closing <> value
order by period, unit_code, indicator
