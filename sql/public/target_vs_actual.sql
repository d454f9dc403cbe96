-- mart.target_vs_actual without what may not leave the province.
-- A commune has a row for its high rate only where the baseline is published: that there is a row, and which points
-- it asks for, tells between which rates the baseline lies.
with
baseline_period as (select period from core.period where is_baseline),

marked as (
    select
        figures.*,
        baseline_hidden.unit_code is not null as baseline_hidden,
        actual_hidden.unit_code is not null as actual_hidden,
        definitions.indicator is not null as is_indicator
    from mart.target_vs_actual as figures
    join core.target as targets using (unit_code, target, measure, basis)
    left join core.indicator_definition as definitions on  definitions.indicator  = targets.indicator
                                                        and definitions.population = targets.population
    left join (select * exclude (period) from hidden_figure semi join baseline_period using (period)) as baseline_hidden
        on  baseline_hidden.indicator  = targets.indicator
        and baseline_hidden.population = targets.population
        and baseline_hidden.unit_code  = figures.unit_code
    left join hidden_figure as actual_hidden on  actual_hidden.indicator  = targets.indicator
                                            and actual_hidden.population = targets.population
                                            and actual_hidden.unit_code  = figures.unit_code
                                            and actual_hidden.period     = figures.period
)

select
    period,
    unit_code,
    unit_name,
    level,
    target,
    measure,
    basis,
    if(baseline_hidden, null, baseline)                         as baseline,
    target_value,
    if(actual_hidden, null, actual)                             as actual,
    if(baseline_hidden or actual_hidden, null, change)          as change,
    if(baseline_hidden or actual_hidden, null, achieved_pct)    as achieved_pct,
    if(baseline_hidden or actual_hidden, null, remaining)       as remaining,
    if(baseline_hidden or actual_hidden, null, status)          as status,
    accountable,
    plan_section,
    if(baseline_hidden or actual_hidden, null, note)            as note,
    target_value_high,
    districts_reported,
    districts_expected,
    provisional,
    districts_missing,
    districts_held,
    completeness_pct,
    baseline_hidden or actual_hidden                            as suppressed
from marked
where level <> 'commune' or (is_indicator and not baseline_hidden)
order by period, unit_code, target, measure, basis
