-- mart.restatement for the province and its districts, indicators only, without what may not leave the province.
-- What changed in one commune, and numbers of other marts, of which an earlier release may have suppressed other parts,
-- stay inside, and so does what that release's own public tables did not show; hashes of files, logins and words of
-- validators too.
with
figures as (
    select restated.*, hidden_figure.numerator is null as is_open
    from mart.restatement as restated
    left join hidden_figure using (indicator, population, period, unit_code)
    where restated.mart = 'mart.indicator'
      and restated.mart_column = 'value'
      and restated.level <> 'commune'
)

select
    period,
    unit_code,
    unit_name,
    level,
    indicator,
    population,
    unit,
    if(is_open and was_public, as_published, null)                  as as_published,
    if(is_open, as_known_now, null)                                 as as_known_now,
    if(is_open and was_public, change, null)                        as change,
    published_in,
    published_at,
    districts_published,
    cause,
    kind,
    decision,
    decided_at,
    is_same_method,
    districts_reported,
    districts_expected,
    provisional,
    districts_missing,
    districts_held,
    completeness_pct,
    not (is_open and was_public)                                    as suppressed
from figures
order by period, unit_code, indicator, population, published_at, published_in
