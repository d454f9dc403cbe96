-- mart.plan_check without what may not leave the province: where any indicator of the unit is suppressed at the
-- baseline, nothing recomputed is shown for it.
with
units_hidden as (
    select distinct unit_code
    from hidden_figure
    semi join (from core.period where is_baseline) as baseline using (period)
)

select
    item,
    plan_section,
    unit_code,
    figures.unit_name,
    figures.printed,
    figures.decimals,
    if(units_hidden.unit_code is null, figures.recomputed, null)            as recomputed,
    if(units_hidden.unit_code is null, figures.recomputed_rounded, null)    as recomputed_rounded,
    if(units_hidden.unit_code is null, figures.agrees, null)                as agrees,
    figures.inconsistency_id,
    figures.note,
    units_hidden.unit_code is not null and figures.recomputed is not null   as suppressed
from mart.plan_check as figures
left join units_hidden using (unit_code)
order by plan_section, item, unit_code
