-- mart.indicator without what may not leave the province.
select
    period,
    unit_code,
    figures.unit_name,
    figures.level,
    indicator,
    population,
    if(hidden_figure.numerator, null, figures.numerator)        as numerator,
    if(hidden_figure.denominator, null, figures.denominator)    as denominator,
    if(hidden_figure.numerator is null, figures.value, null)    as value,
    figures.unit,
    figures.districts_reported,
    figures.districts_expected,
    figures.provisional,
    figures.districts_missing,
    figures.districts_held,
    figures.completeness_pct,
    hidden_figure.numerator is not null                         as suppressed
from mart.indicator as figures
left join hidden_figure using (indicator, population, period, unit_code)
order by period, unit_code, indicator, population
