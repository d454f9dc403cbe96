-- A target that the plan prints is missing from a month of the plan.
with
periods as (
    select period.* from core.period as period
    join core.plan as plan on period.period between plan.baseline_period and plan.last_period
),
printed as (select * from core.plan_number where plan_section = 'II.3'),
actual  as (select * from mart.target_vs_actual),

printed_measures(pattern, measure) as (
    values ('%reduction_pp_2020', 'percentage_points'), ('%reduction_households_2020', 'households'),
           ('forecast_%', 'end_rate')
),

asked as (
    select printed.unit_code, if(printed.item like '%near_poor%', 'near_poor', 'poor') || '_reduction' as target,
           printed_measures.measure, printed.printed as target_value
    from printed
    join printed_measures on printed.item like printed_measures.pattern
    union all
    select '96', 'jobs', 'persons', printed from core.plan_number where item = 'target_jobs'
    union all
    select '96', 'policy_coverage:' || policy, 'coverage_pct', target_coverage_pct from core.policy
    where policy <> 'jobs'
    union all
    select '96', 'deprivation:' || deprivation, unnest(['households', 'rate']), null from core.deprivation
)

select periods.period, asked.*
from periods
cross join asked
left join actual on  actual.period    = periods.period
                 and actual.unit_code = asked.unit_code
                 and actual.target    = asked.target
                 and actual.measure   = asked.measure
where actual.status is null
   or actual.target_value is distinct from asked.target_value::double
order by all
