-- A table holds two rows for one key, or a row without its key.
with
keys as (
    select 'core.unit' as table_name, [unit_code, valid_from::varchar] as key from core.unit
    union all select 'core.slot', [period::varchar, district_code] from core.slot
    union all select 'core.household_month', [period::varchar, household_id] from core.household_month
    union all select 'core.commune_month', [period::varchar, commune_code] from core.commune_month
    union all select 'core.movement_month', [period::varchar, commune_code, class, measure] from core.movement_month
    union all select 'core.policy_month', [period::varchar, commune_code, policy] from core.policy_month
    union all select 'core.unit_month', [period::varchar, unit_code] from core.unit_month
    union all select 'core.unit_count', [period::varchar, unit_code, indicator, population] from core.unit_count
    union all select 'core.plan_number', [item, unit_code] from core.plan_number
    union all select 'core.target', [unit_code, target, measure, basis] from core.target
    union all select 'mart.indicator', [period::varchar, unit_code, indicator, population] from mart.indicator
    union all select 'mart.special_area', [period::varchar, programme, unit_code, indicator, population]
              from mart.special_area
    union all select 'core.special_programme', [programme] from core.special_programme
    union all select 'core.special_area', [programme, unit_code] from core.special_area
    union all select 'core.unit_successor', [unit_code, successor_code] from core.unit_successor
    union all select 'mart.restatement', [period::varchar, unit_code, indicator, population, published_in]
              from mart.restatement
    union all select 'meta.restated_slot', [release_id, period::varchar, district_code] from meta.restated_slot
    union all select 'mart.movement', [period::varchar, unit_code, class, measure] from mart.movement
    union all select 'mart.coverage', [period::varchar, unit_code, policy] from mart.coverage
    union all select 'mart.multidimensional_poverty',
                     [period::varchar, unit_code, weight, measure, coalesce(deprivation, '')]
              from mart.multidimensional_poverty
    union all select 'mart.target_vs_actual', [period::varchar, unit_code, target, measure, basis]
              from mart.target_vs_actual
    union all select 'mart.plan_check', [item, unit_code] from mart.plan_check
    union all select 'meta.submission', [submission_id] from meta.submission
    union all select 'meta.rule', [rule] from meta.rule
    union all select 'meta.dictionary', [table_name, column_name] from meta.dictionary
)

select table_name, key, count(*) as times
from keys
group by all
having count(*) > 1 or list_contains(list_transform(key, lambda part: part is null), true)
order by table_name, key
