-- A file is said to be in time, or late, where its month and district are said to be otherwise: the first file that
-- could be opened decides for all of them.
with
slots       as (select * from core.slot),
submissions as (select * from mart.submission_status where submission_id is not null)

select submissions.period, submissions.district_code, submissions.submission_id, submissions.on_time,
       slots.on_time as slot_on_time
from submissions
join slots using (period, district_code)
where submissions.on_time is distinct from slots.on_time
   or (slots.on_time is not null and slots.on_time is distinct from slots.received_on <= slots.due)
order by all
