-- A row comes from another submission than the one accepted for its month and district,
-- or that submission is not in the state accepted.
with
slots       as (select * from core.slot),
submissions as (select * from meta.submission),
source_rows as (select distinct period, district_code, core_table, submission_id from meta.lineage)

select source_rows.*, slots.accepted_submission_id, submissions.state
from source_rows
left join slots using (period, district_code)
left join submissions using (submission_id)
where source_rows.submission_id is distinct from slots.accepted_submission_id
   or submissions.state is distinct from 'accepted'
order by all
