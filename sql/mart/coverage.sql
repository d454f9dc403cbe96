-- How many of those eligible for a policy have been served since 1 January, and what does the register say beside it?
-- Grain: one row per month, unit that reported and policy.
-- register_… count the poor and near-poor households of sheet Hộ, whatever was reported on sheet Chính sách.
-- Caution: served starts again from zero every January. For jobs and labour_export served may exceed eligible.
with
units    as (select * from core.unit_month where districts_reported > 0),
roll_up  as (select * from core.unit_roll_up),
policies as (select * from core.policy),
reports  as (select * from core.policy_month),
register as (select * from core.household_month where is_in_register),
provided as (select policy, list(deprivation) as deprivations from input.policy_deprivations group by policy),

by_unit as (
    select period, unit_code, policy, sum(eligible)::bigint as eligible, sum(served)::bigint as served
    from reports
    join roll_up using (period, commune_code)
    group by all
),

register_by_unit as (
    select period, unit_code, count(*) as households, sum(persons)::bigint as persons
    from register
    join roll_up using (period, commune_code)
    group by all
),

deprived_by_unit as (
    select period, unit_code, policy, count(*) as households
    from register
    join roll_up using (period, commune_code)
    join provided on list_has_any(deprived_in, deprivations)
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
    coalesce(register_by_unit.households, 0)                as register_households,
    coalesce(register_by_unit.persons, 0)                   as register_persons,
    if(provided.policy is null, null, coalesce(deprived_by_unit.households, 0)) as register_deprived_households,
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
left join register_by_unit using (period, unit_code)
left join deprived_by_unit using (period, unit_code, policy)
left join provided using (policy)
order by units.period, units.unit_code, policies.policy
