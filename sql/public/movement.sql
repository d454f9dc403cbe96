-- mart.movement for districts and the province. Communes stay inside, and so do other decreases (decrease_3), other
-- increases (increase_4) and what adds them up: a commune's net change is published, and where nothing else were
-- open it would tell who left.
with
stocks_hidden as (
    select distinct unit_code, indicator
    from hidden_figure
    where population = 'all'
)

select
    period,
    figures.unit_code,
    unit_name,
    level,
    class,
    group_name,
    measure,
    if(indicator is null, opening, null)            as opening,
    decrease_1,
    decrease_2,
    increase_1,
    increase_2,
    increase_3,
    if(indicator is null, closing, null)            as closing,
    if(indicator is null, closing_computed, null)   as closing_computed,
    balanced,
    if(indicator is null, net_change, null)         as net_change,
    districts_reported,
    districts_expected,
    provisional,
    districts_missing,
    districts_held,
    completeness_pct,
    indicator is not null                           as suppressed
from mart.movement as figures
left join stocks_hidden on  stocks_hidden.unit_code = figures.unit_code
                        and stocks_hidden.indicator = figures.group_name || '_' || figures.measure
where level <> 'commune'
order by period, figures.unit_code, class, measure
