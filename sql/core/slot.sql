-- Which workbooks were due, and what became of each?
-- Grain: one row per month and district that was due, whether anything came or not.
-- Caution: an excused slot stays due: its district is missing from the province's figure.
with
periods as (select * from core.period),
units   as (select * from core.unit where level = 'district'),
slots   as (select * from input.slots)

select
    periods.period,
    units.unit_code                                                         as district_code,
    units.unit_name                                                         as district_name,
    coalesce(slots.state, 'expected')                                       as state,
    slots.accepted_submission_id,
    slots.accepted_submission_id is not null                                as is_reported,
    slots.due,
    slots.received_on,
    slots.on_time
from periods
join units on periods.period between units.valid_from and units.valid_to
left join slots on slots.period = periods.period and slots.district_code = units.unit_code
order by periods.period, units.plan_order
