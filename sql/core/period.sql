-- Which months does this release cover?
-- Grain: one row per month from the baseline to the release's as_of, both included.
with
setting as (select * from input.setting)

select
    last_day(month_start)::date                             as period,
    strftime(month_start, '%Y-%m')                          as month,
    last_day(month_start)::date = setting.baseline_period   as is_baseline
from setting,
    unnest(generate_series(
        date_trunc('month', setting.baseline_period)::timestamp, setting.as_of_period::timestamp, interval 1 month
    )) as months(month_start)
order by period
