-- What has come for every month and district, and in which state is it?
-- Grain: one row per submission, and one for every slot for which nothing came (submission_id NULL).
-- A file whose cover could not be read has no month and district.
with
slots       as (select * from core.slot),
submissions as (select * from meta.submission),

received as (
    select
        submissions.period, submissions.district_code, submissions.state, submissions.submission_id,
        submissions.kind, submissions.received_at, coalesce(submissions.due, slots.due) as due,
        submissions.on_time, submissions.critical, submissions.warning, submissions.info, submissions.reason,
        coalesce(submissions.submission_id = slots.accepted_submission_id, false) as is_published
    from submissions
    left join slots using (period, district_code)
),

silent as (
    select slots.period, slots.district_code, slots.state, null, null, null, slots.due, null, 0, 0, 0, null, false
    from slots
    anti join submissions using (period, district_code)
),

all_rows as (
    from received
    union all from silent
)

select
    all_rows.period,
    all_rows.district_code,
    units.unit_name as district_name,
    all_rows.state,
    all_rows.submission_id,
    all_rows.kind,
    all_rows.received_at,
    all_rows.due,
    all_rows.on_time,
    all_rows.critical,
    all_rows.warning,
    all_rows.info,
    all_rows.reason,
    all_rows.is_published
from all_rows
left join core.unit as units on  units.unit_code = all_rows.district_code
                             and all_rows.period between units.valid_from and units.valid_to
order by all_rows.period, all_rows.district_code, all_rows.received_at, all_rows.submission_id
