-- How many of those eligible for a policy have been served since 1 January?
-- Grain: one row per month, unit that reported and policy.
-- Caution: served starts again from zero every January. For jobs and labour_export served may exceed eligible.
with
units    as (select * from core.unit_month where districts_reported > 0),
roll_up  as (select * from core.unit_roll_up),
policies as (select * from core.policy),
reports  as (select * from core.policy_month),

by_unit as (
    select period, unit_code, policy, sum(eligible)::bigint as eligible, sum(served)::bigint as served
    from reports
    join roll_up using (period, commune_code)
    group by all
)

select
    units.period,
    units.unit_code,
    units.unit_name,
    units.level,
    policies.policy,
    policies.policy_name,
    policies.policy_name_vi,
    policies.unit,
    coalesce(by_unit.eligible, 0)                           as eligible,
    coalesce(by_unit.served, 0)                             as served,
    100 * by_unit.served / nullif(by_unit.eligible, 0)      as coverage_pct,
    policies.accountable,
    policies.plan_section,
    units.districts_reported,
    units.districts_expected,
    units.provisional,
    units.districts_missing,
    units.districts_held,
    units.completeness_pct
from units
cross join policies
left join by_unit using (period, unit_code, policy)
order by units.period, units.unit_code, policies.policy
