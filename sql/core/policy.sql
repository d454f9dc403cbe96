-- Which policies does sheet Chính sách report on, what does the plan want, and who answers for it?
-- Grain: one row per policy.
-- Caution: labour_export has no target in the plan; jobs has a number for the province only.
-- accountable is NULL where the plan names nobody (legal_aid).
with
policies as (select * from input.policies_monitored)

select
    policy,
    label_vi                                                        as policy_name_vi,
    label_en                                                        as policy_name,
    unit,
    case when target = '100% of eligible' then 100 end::integer     as target_coverage_pct,
    target                                                          as target_printed,
    nullif(accountable_vi, '')                                      as accountable,
    plan_section
from policies
order by policy
