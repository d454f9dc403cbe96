-- How far is each unit with each target of the plan?
-- Grain: one row per month of the plan (its baseline to its last month), unit, target, measure and basis; every target
-- has a row for every such month, whether its unit has reported or not. A month after the plan has no rows.
-- baseline and actual are levels; change is actual less baseline, so a reduction is negative.
-- Caution: no straight line is drawn through the year: reviews concentrate in September to December.
-- Caution: the province has a figure only when all districts have reported (no_data otherwise).
-- A target counts as met on exact whole numbers, never on a rounded rate.
with
setting    as (select * from input.setting),
plan       as (select * from core.plan),
periods    as (
    select period.*, period = plan.last_period as is_last
    from core.period as period
    join plan on period.period between plan.baseline_period and plan.last_period
),
targets    as (select * from core.target),
units      as (select * from core.unit_month),
indicators as (select * from mart.indicator where not provisional),
coverage   as (select * from mart.coverage where not provisional),

-- A level is scale × numerator / denominator: counts over 1, rates in percent.
levels as (
    select period, unit_code, indicator, population, numerator, coalesce(denominator, 1) as denominator,
           if(unit = 'percent', 100, 1) as scale
    from indicators
    union all
    select period, unit_code, 'policy_coverage:' || policy, 'eligible', served, eligible, 100
    from coverage
    union all
    select period, unit_code, 'jobs', 'all', served, 1, 1
    from coverage
    where policy = 'jobs'
),

known_levels as (
    select *, scale * numerator / denominator as value
    from levels
    where denominator > 0
),

due as (
    select periods.period, periods.is_baseline, periods.is_last, units.unit_name, units.districts_reported, units.districts_expected,
           units.provisional, units.districts_missing, units.districts_held, units.completeness_pct,
           baseline_units.districts_missing as baseline_missing, targets.*
    from periods
    cross join targets
    join units on units.period = periods.period and units.unit_code = targets.unit_code
    cross join setting
    left join units as baseline_units on  baseline_units.period    = setting.baseline_period
                                      and baseline_units.unit_code = targets.unit_code
),

compared as (
    select
        due.*,
        baseline.value                  as baseline,
        actual.value                    as actual,
        baseline.value - actual.value   as reduction,
        100 * due.target_value          as hundredths,
        actual.scale::hugeint           as scale,
        baseline.numerator::hugeint     as baseline_numerator,
        baseline.denominator::hugeint   as baseline_denominator,
        actual.numerator::hugeint       as actual_numerator,
        actual.denominator::hugeint     as actual_denominator
    from due
    cross join setting
    left join known_levels as baseline on  baseline.period     = setting.baseline_period
                                       and baseline.unit_code  = due.unit_code
                                       and baseline.indicator  = due.indicator
                                       and baseline.population = due.population
    left join known_levels as actual on  actual.period     = due.period
                                     and actual.unit_code  = due.unit_code
                                     and actual.indicator  = due.indicator
                                     and actual.population = due.population
),

judged as (
    select *,
        case reading
            when 'reduction' then
                100 * scale * (baseline_numerator * actual_denominator - actual_numerator * baseline_denominator)
                >= hundredths::hugeint * baseline_denominator * actual_denominator
            when 'level_at_most' then 100 * scale * actual_numerator <= hundredths::hugeint * actual_denominator
            -- What was served by the baseline's end belongs to the year before the plan.
            when 'level_at_least' then
                not is_baseline and 100 * scale * actual_numerator >= hundredths::hugeint * actual_denominator
        end as is_met,
        actual is null or (reading = 'reduction' and baseline is null) as is_unknown
    from compared
)

select
    period,
    unit_code,
    unit_name,
    level,
    target,
    measure,
    basis,
    baseline,
    target_value::double                                        as target_value,
    actual,
    actual - baseline                                           as change,
    case
        when is_unknown or target_value is null then null
        when reading = 'reduction' then 100 * reduction / nullif(target_value, 0)
        when reading = 'level_at_most' and baseline > target_value then 100 * reduction / (baseline - target_value)
        when reading = 'level_at_least' and not is_baseline then 100 * actual / target_value
    end::double                                                 as achieved_pct,
    case
        when is_unknown or target_value is null then null
        when is_met then 0
        when reading = 'reduction' then target_value - reduction
        when reading = 'level_at_most' then actual - target_value
        when is_baseline then target_value
        else target_value - actual
    end::double                                                 as remaining,
    case
        when is_unknown then 'no_data'
        when target_value is null then 'no_target'
        when is_met then 'achieved'
        when is_last then 'missed'
        else 'in_progress'
    end                                                         as status,
    accountable,
    plan_section,
    nullif(concat_ws('; ',
        note,
        case
            when provisional then 'not reported: ' || districts_missing
            when actual is null then 'nobody to count'
        end,
        case when baseline is null and baseline_missing is not null
            then 'no baseline, not reported: ' || baseline_missing end
    ), '')                                                      as note,
    target_value_high::double                                   as target_value_high,
    districts_reported,
    districts_expected,
    provisional,
    districts_missing,
    districts_held,
    completeness_pct
from judged
order by period, unit_code, target, measure, basis
