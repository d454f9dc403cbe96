-- Which published numbers are known otherwise now: what was published, what is known, and why?
-- Grain: one row per number of a mart (month, unit, indicator, population) and earlier release that published another.
-- Every number and verdict of every mart is held against this release's. Those of mart.indicator keep their names;
-- others say where they stand: poor_households:decrease_1 (mart.movement), policy_served:bhyt (mart.coverage),
-- alkire_foster:H, special_area:… , target:… , plan_check:… . mart, mart_key and mart_column say it for all alike.
-- as_published is made from the workbooks that the earlier release was made from, by the models of this one;
-- is_same_method is false where program, libraries, plan or settings have changed since.
-- Caution: a number that was not published then is no restatement; one that is no longer known is NULL now.
with
figures      as (select * from input.restated_figure),
months       as (select * from input.restated_month),
periods      as (select * from core.period),
slots        as (select * from meta.restated_slot),
units        as (select * from core.unit_month),
submissions  as (select * from meta.submission),
policies     as (select * from core.policy),
definitions  as (select * from core.indicator_definition),
hidden       as (select * from input.restated_hidden),

-- A target is a month held against the baseline: the files of either may have changed it.
scopes(mart, mart_column, of_month, of_baseline) as (
    values
    ('mart.target_vs_actual', 'actual', true, false),
    ('mart.target_vs_actual', 'baseline', false, true),
    ('mart.target_vs_actual', null, true, true),
    (null, null, true, false)
),

scoped as (
    select
        figures.*,
        coalesce(of_column.of_month, of_mart.of_month, any_mart.of_month)           as of_month,
        coalesce(of_column.of_baseline, of_mart.of_baseline, any_mart.of_baseline)  as of_baseline
    from figures
    join scopes as any_mart on any_mart.mart is null
    left join scopes as of_mart on of_mart.mart = figures.mart and of_mart.mart_column is null
    left join scopes as of_column on of_column.mart = figures.mart and of_column.mart_column = figures.mart_column
),

-- The workbooks that a number's month and baseline had then and have no longer.
changed as (
    select months.release_id, months.period, true as of_month, periods.is_baseline as of_baseline,
           slots.* exclude (release_id, period)
    from months
    join periods using (period)
    join slots on slots.release_id = months.month_of and slots.period = months.period
    union all
    select months.release_id, months.period, false, true, slots.* exclude (release_id, period)
    from months
    join slots on slots.release_id = months.baseline_of and slots.period <> months.period
    join periods on periods.period = slots.period and periods.is_baseline
),

places as (select distinct release_id, period, unit_code, of_month, of_baseline from scoped),

affected as (
    select
        places.release_id, places.period, places.unit_code, places.of_month, places.of_baseline,
        any_value(units.unit_name)                                                      as unit_name,
        any_value(units.level)                                                          as level,
        any_value(units.districts_reported)                                             as districts_reported,
        any_value(units.districts_expected)                                             as districts_expected,
        any_value(units.provisional)                                                    as provisional,
        any_value(units.districts_missing)                                              as districts_missing,
        any_value(units.districts_held)                                                 as districts_held,
        any_value(units.completeness_pct)                                               as completeness_pct,
        any_value(units.districts_reported)
            + count(changed.published_submission_id) filter (where changed.of_month)
            - count(changed.submission_id) filter (where changed.of_month)              as districts_published,
        string_agg(distinct changed.cause, ', ' order by changed.cause)                 as cause,
        string_agg(changed.published_submission_id, ', ' order by changed.district_code, changed.event_id)
                                                                                        as replaced,
        string_agg(changed.submission_id, ', ' order by changed.district_code, changed.event_id)
                                                                                        as caused_by,
        string_agg(distinct submissions.kind, ', ' order by submissions.kind)           as kind,
        string_agg(distinct changed.decision, ', ' order by changed.decision)           as decision,
        string_agg(changed.event_id::varchar, ', ' order by changed.district_code, changed.event_id)
                                                                                        as event_ids,
        max(changed.decided_at)                                                         as decided_at,
        string_agg(distinct changed.decided_by, ', ' order by changed.decided_by)       as decided_by,
        string_agg(distinct changed.reason, '; ' order by changed.reason)               as reason
    from places
    join units using (period, unit_code)
    join changed on  changed.release_id = places.release_id
                 and changed.period     = places.period
                 and (changed.of_month and places.of_month or changed.of_baseline and places.of_baseline)
                 and (units.level = 'province' or units.district_code = changed.district_code)
    left join submissions using (submission_id)
    group by all
),

named as (
    select
        *,
        case mart
            when 'mart.indicator' then mart_key[1]
            when 'mart.movement' then if(mart_key[1] = 'N', 'poor_', 'near_poor_') || mart_key[2] || ':' || mart_column
            when 'mart.coverage'
                then 'policy_' || if(mart_column = 'coverage_pct', 'coverage', mart_column) || ':' || mart_key[1]
            when 'mart.multidimensional_poverty' then concat_ws(':', 'alkire_foster', mart_key[2], mart_key[3])
            when 'mart.special_area' then concat_ws(':', 'special_area', mart_key[1], mart_key[2])
            when 'mart.target_vs_actual' then concat_ws(':', 'target', mart_key[1], mart_key[2], mart_column)
            else concat_ws(':', mart_table, mart_key[1], mart_column)
        end || if(has_value and mart_column <> 'value', ':' || mart_column, '')     as indicator,
        case mart
            when 'mart.indicator' then mart_key[2]
            when 'mart.coverage' then 'eligible'
            when 'mart.multidimensional_poverty' then mart_key[1]
            when 'mart.special_area' then mart_key[3]
            when 'mart.target_vs_actual' then mart_key[3]
            else 'all'
        end                                                                         as population,
        -- The indicator that the row is about, if it is about one.
        case mart when 'mart.indicator' then mart_key[1] when 'mart.special_area' then mart_key[2] end
                                                                                    as defined_indicator
    from (
        select *, replace(mart, 'mart.', '') as mart_table,
               mart in ('mart.indicator', 'mart.special_area', 'mart.multidimensional_poverty') as has_value
        from scoped
    )
),

described as (
    select
        named.*,
        case
            when named.verdict_published is not null or named.verdict_now is not null then null
            when named.mart in ('mart.indicator', 'mart.special_area')
                then if(named.mart_column = 'value', whole.unit, coalesce(part.unit, whole.unit))
            when named.mart = 'mart.movement' then named.mart_key[2]
            when named.mart = 'mart.coverage'
                then if(named.mart_column = 'coverage_pct', 'percent', policies.unit)
            when named.mart = 'mart.multidimensional_poverty' and named.mart_column = 'value'
                then if(named.mart_key[2] in ('M0', 'contribution_absolute'), 'index', 'percent')
            when named.mart = 'mart.target_vs_actual'
                then if(named.mart_key[2] in ('households', 'persons') and named.mart_column <> 'achieved_pct',
                        named.mart_key[2], 'percent')
        end                                                                         as unit
    from named
    left join definitions as whole on  whole.indicator  = named.defined_indicator
                                   and whole.population = named.population
    left join definitions as part on  part.indicator  = whole.numerator_indicator
                                  and part.population = whole.numerator_population
    left join policies on named.mart = 'mart.coverage' and policies.policy = named.mart_key[1]
)

select
    described.period,
    described.unit_code,
    affected.unit_name,
    affected.level,
    described.indicator,
    described.population,
    described.unit,
    described.as_published,
    described.as_known_now,
    described.as_known_now - described.as_published             as change,
    described.release_id                                        as published_in,
    months.published_at,
    affected.districts_published::integer                       as districts_published,
    affected.cause,
    affected.replaced,
    affected.caused_by,
    affected.kind,
    affected.decision,
    affected.event_ids,
    affected.decided_at,
    affected.decided_by,
    affected.reason,
    months.is_same_method,
    affected.districts_reported,
    affected.districts_expected,
    affected.provisional,
    affected.districts_missing,
    affected.districts_held,
    affected.completeness_pct,
    described.mart,
    array_to_string(list_transform(described.mart_key, lambda part: coalesce(part, '')), '|')   as mart_key,
    described.mart_column,
    described.verdict_published,
    described.verdict_now,
    described.mart = 'mart.indicator' and described.mart_column = 'value' and affected.level <> 'commune'
        and hidden.release_id is null                           as was_public
from described
join months on months.release_id = described.release_id and months.period = described.period
left join affected on  affected.release_id  = described.release_id
                   and affected.period      = described.period
                   and affected.unit_code   = described.unit_code
                   and affected.of_month    = described.of_month
                   and affected.of_baseline = described.of_baseline
left join hidden on  hidden.release_id = described.release_id
                 and hidden.period     = described.period
                 and hidden.unit_code  = described.unit_code
                 and hidden.indicator  = described.indicator
                 and hidden.population = described.population
order by described.period, described.unit_code, described.indicator, described.population, months.published_at,
         described.release_id
