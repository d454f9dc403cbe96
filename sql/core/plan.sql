-- Which plan is in force, in which months, and against what are its targets held?
-- Grain: one row per plan. Months without a plan are published like any other, with no target rows.
-- A plan's months end with last_period: its year is over from then on.
with
plans as (select * from input.plan)

select
    id                                              as plan_id,
    number                                          as plan_number,
    title_vi                                        as plan_title_vi,
    title_en                                        as plan_title,
    province                                        as province_code,
    last_day(strptime(first_period, '%Y-%m')::date)    as first_period,
    last_day(strptime(last_period, '%Y-%m')::date)     as last_period,
    last_day(strptime(baseline_period, '%Y-%m')::date) as baseline_period,
    headline_measure,
    headline_basis
from plans
order by plan_id
