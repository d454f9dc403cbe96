-- mart.restatement for the province and its districts, indicators only, without what may not leave the province.
-- What changed in one commune, and flows and policies of which an earlier release may have suppressed other parts,
-- stay inside; so do hashes of files, logins and words of validators.
select
    period,
    unit_code,
    figures.unit_name,
    figures.level,
    indicator,
    population,
    figures.unit,
    if(hidden_figure.numerator is null, figures.as_published, null) as as_published,
    if(hidden_figure.numerator is null, figures.as_known_now, null) as as_known_now,
    if(hidden_figure.numerator is null, figures.change, null)       as change,
    figures.published_in,
    figures.published_at,
    figures.districts_published,
    figures.cause,
    figures.kind,
    figures.decision,
    figures.decided_at,
    figures.is_same_method,
    figures.districts_reported,
    figures.districts_expected,
    figures.provisional,
    figures.districts_missing,
    figures.districts_held,
    figures.completeness_pct,
    hidden_figure.numerator is not null                             as suppressed
from mart.restatement as figures
semi join core.indicator_definition using (indicator, population)
left join hidden_figure using (indicator, population, period, unit_code)
where figures.mart = 'mart.indicator'
  and figures.mart_column = 'value'
  and figures.level <> 'commune'
order by period, unit_code, indicator, population, published_at, published_in
