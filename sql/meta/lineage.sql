-- From which file, sheet and row does each row of core come?
-- Grain: one row per source row of the four monthly tables.
-- A published number is traced by its month and unit to the rows here, and from there to the sender's file.
with
submissions as (select * from meta.submission),
households  as (select * from core.household_month),
communes    as (select * from core.commune_month),
movements   as (select * from core.movement_month),
policies    as (select * from core.policy_month),
sheets      as (select distinct sheet, sheet_vi from input.fields),

source_rows as (
    select period, district_code, commune_code, 'core.household_month' as core_table, 'household' as sheet_key,
           household_id, submission_id, "row"
    from households
    union all
    select period, district_code, commune_code, 'core.commune_month', 'commune', null, submission_id, "row"
    from communes
    union all
    select period, district_code, commune_code, 'core.movement_month', 'movement', null, submission_id, "row"
    from movements
    union all
    select period, district_code, commune_code, 'core.policy_month', 'policy', null, submission_id, "row"
    from policies
)

select
    source_rows.period,
    source_rows.district_code,
    source_rows.commune_code,
    source_rows.core_table,
    source_rows.household_id,
    source_rows.submission_id,
    submissions.file_name,
    sheets.sheet_vi as sheet,
    source_rows."row"
from source_rows
left join submissions using (submission_id)
left join sheets on sheets.sheet = source_rows.sheet_key
order by source_rows.period, source_rows.district_code, source_rows.core_table, source_rows."row",
         source_rows.household_id
