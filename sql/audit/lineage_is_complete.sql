-- A row of core cannot be traced to a file, a sheet and a row.
with
lineage as (select * from meta.lineage),

counted as (
    select 'core.household_month' as core_table, submission_id, count(*) as stored
    from core.household_month group by all
    union all select 'core.commune_month', submission_id, count(*) from core.commune_month group by all
    union all select 'core.movement_month', submission_id, count(*) from core.movement_month group by all
    union all select 'core.policy_month', submission_id, count(*) from core.policy_month group by all
),

traced as (
    select core_table, submission_id, count(*) as traced
    from lineage
    where file_name is not null and sheet is not null and "row" is not null
    group by all
)

select *
from counted
full join traced using (core_table, submission_id)
where stored is distinct from traced
order by core_table, submission_id
