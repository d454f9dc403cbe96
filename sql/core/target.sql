-- What does the plan want of whom by the end of 2020, and who answers for it?
-- Grain: one row per unit, target, measure and basis.
-- Percentage points, households and end rate are printed separately and disagree (S2, S3, S4):
-- none is derived from another. A target without a number in the plan is a row with NULL.
-- Caution: the communes with a high rate are found from the baseline's unrounded rates, so a commune
-- whose district has no accepted baseline has no such target.
-- reading: how a level is held against the number (reduction, level_at_most, level_at_least).
-- target_value_high: the upper end where the plan prints a range (1 to 2 points); target_value is the lower one.
-- indicator and population name the level that is compared.
with
setting          as (select * from input.setting),
printed          as (select * from core.plan_number),
responsibilities as (select * from input.responsibilities),
policies         as (select * from core.policy),
deprivations     as (select * from core.deprivation),
counts           as (select * from core.unit_count),
units            as (select * from core.unit_month),

plan_units as (
    select unit_code, level
    from units
    join setting on units.period = setting.baseline_period
    where level in ('province', 'district')
),

responsible as (
    select item_key, accountable_vi as accountable, plan_section
    from responsibilities
    where item_type = 'target'
),

-- The plan words its targets without BTXH households (II.1); the review of December reports households with
-- them, so the household targets stand on both bases with the same number.
reduction_measures(class_group, measure, basis, reading, item) as (
    values
    ('poor',      'percentage_points', 'excluding_social_protection', 'reduction', 'poor_reduction_pp_2020'),
    ('poor',      'households', 'excluding_social_protection', 'reduction', 'poor_reduction_households_2020'),
    ('poor',      'households', 'all', 'reduction', 'poor_reduction_households_2020'),
    ('poor',      'end_rate', 'excluding_social_protection', 'level_at_most', 'forecast_poor_rate_end2020_pct'),
    ('near_poor', 'percentage_points', 'excluding_social_protection', 'reduction', 'near_poor_reduction_pp_2020'),
    ('near_poor', 'households', 'excluding_social_protection', 'reduction', 'near_poor_reduction_households_2020'),
    ('near_poor', 'households', 'all', 'reduction', 'near_poor_reduction_households_2020'),
    ('near_poor', 'end_rate', 'excluding_social_protection', 'level_at_most',
     'forecast_near_poor_rate_end2020_pct')
),

reductions as (
    select
        plan_units.unit_code,
        plan_units.level,
        class_group || '_reduction'                                             as target,
        reduction_measures.measure,
        reduction_measures.basis,
        reduction_measures.reading,
        class_group || if(measure = 'households', '_households', '_rate')       as indicator,
        reduction_measures.basis                                                as population,
        printed.printed_text::decimal(18, 2)                                    as target_value,
        null::decimal(18, 2)                                                    as target_value_high,
        responsible.accountable,
        responsible.plan_section,
        case
            when plan_units.unit_code = '969' and class_group = 'near_poor' and measure = 'end_rate'
                then 'the plan prints 1.69 where 2.19 - 0.53 gives 1.66'
            when plan_units.level = 'province' and measure = 'end_rate'
                then 'the end rate follows the points, not the households'
            when plan_units.level = 'province'
                then 'points and households of the plan disagree'
        end                                                                     as note
    from plan_units
    cross join reduction_measures
    join printed on printed.unit_code = plan_units.unit_code and printed.item = reduction_measures.item
    left join responsible on responsible.item_key
        = if(plan_units.level = 'province', class_group || '_reduction', 'district_reduction')
),

baseline_rates as (
    select unit_code, poor.value as poor, residents.value - if(
               setting.rate_denominator_excludes_social_protection, social_protection.value, 0) as residents
    from setting
    join counts as poor on poor.period = setting.baseline_period
    join counts as residents using (period, unit_code)
    join counts as social_protection using (period, unit_code)
    join units using (period, unit_code)
    where units.level = 'commune'
      and poor.indicator = 'poor_households' and poor.population = 'excluding_social_protection'
      and residents.indicator = 'households' and residents.population = 'all'
      and social_protection.indicator = 'poor_households' and social_protection.population = 'social_protection'
),

-- II.1: 5 to 6 % → 1 to 2 points, 7 % and more → 3 points; nothing is said of more than 6 and less than 7 % (S9).
high_poverty as (
    select
        unit_code, 'commune' as level, 'commune_high_poverty' as target, 'percentage_points' as measure,
        'excluding_social_protection' as basis, 'reduction' as reading,
        'poor_rate' as indicator, 'excluding_social_protection' as population,
        case when 100 * poor <= 6 * residents then 1.00 when 100 * poor >= 7 * residents then 3.00 end
            ::decimal(18, 2) as target_value,
        case when 100 * poor <= 6 * residents then 2.00 end::decimal(18, 2) as target_value_high,
        responsible.accountable, responsible.plan_section,
        case
            when 100 * poor <= 6 * residents
                then 'baseline 5 to 6 %: 1 to 2 points, held against 1; rates compared unrounded'
            when 100 * poor < 7 * residents
                then 'baseline over 6 and under 7 %: not stated by the plan; rates compared unrounded'
            else 'baseline 7 % or more: 3 points; rates compared unrounded'
        end as note
    from baseline_rates
    left join responsible on responsible.item_key = 'commune_high_rate'
    where residents > 0 and 100 * poor >= 5 * residents
),

coverages as (
    select
        plan_units.unit_code, plan_units.level, 'policy_coverage:' || policy, 'coverage_pct', 'eligible',
        'level_at_least', 'policy_coverage:' || policy, 'eligible', target_coverage_pct::decimal(18, 2),
        null, accountable, plan_section,
        'served since 1 January of the year; the baseline is the whole year before'
            || if(accountable is null, '; the plan names nobody to answer for it', '')
    from policies
    cross join plan_units
    where policy <> 'jobs'
),

jobs as (
    select
        '96', 'province', 'jobs', 'persons', 'all', 'level_at_least', 'jobs', 'all',
        printed.printed_text::decimal(18, 2), null, policies.accountable, policies.plan_section,
        'served since 1 January of the year; the baseline is the whole year before'
    from policies
    join printed on printed.item = 'target_jobs'
    where policies.policy = 'jobs'
),

deprived as (
    select
        plan_units.unit_code, plan_units.level, 'deprivation:' || deprivation, measure, 'poor',
        'reduction', if(measure = 'rate', 'deprived_rate:', 'deprived_households:') || deprivation, 'poor',
        null::decimal(18, 2), null, accountable, plan_section, null
    from deprivations
    cross join plan_units
    cross join (values ('households'), ('rate')) as measures(measure)
),

targets as (
    from reductions
    union all from high_poverty
    union all from coverages
    union all from jobs
    union all from deprived
)

select *
from targets
order by unit_code, target, measure, basis
