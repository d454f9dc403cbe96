-- What do the numbers in household_month.causes stand for?
-- Grain: one row per cause of the forms of 2016-2020.
with
causes as (select * from input.poverty_causes where regime = '2016-2020')

select
    no::integer as cause,
    key         as cause_key,
    vi          as cause_name_vi
from causes
order by cause
