-- How many were eligible for each policy, and how many were served since 1 January?
-- Grain: one row per month, commune and policy.
-- Caution: served is cumulative within the calendar year: never add months.
with
policies as (select * from input.policy)

select
    period,
    district_code,
    commune_code,
    policy,
    eligible,
    served,
    submission_id,
    "row"
from policies
order by period, commune_code, policy, "row"
