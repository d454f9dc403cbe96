-- mart.coverage for districts and the province: of a commune a policy reaches few, so communes stay inside.
select
    period,
    unit_code,
    unit_name,
    level,
    policy,
    policy_name,
    policy_name_vi,
    unit,
    eligible,
    served,
    coverage_pct,
    accountable,
    plan_section,
    districts_reported,
    districts_expected,
    provisional,
    districts_missing,
    districts_held,
    completeness_pct,
    false as suppressed
from mart.coverage
where level <> 'commune'
order by period, unit_code, policy
