-- Which workbooks that an earlier release published have since been replaced, withdrawn, or have come late?
-- Grain: one row per earlier release, month and district whose submission is another now.
-- Releases that published a month alike are one: the first is named. Empty where nothing published has changed.
-- cause: correction (another file stands), withdrawal (none does), late_report (the district was missing).
with
restated as (select * from input.restated)

select
    release_id,
    published_at,
    period,
    district_code,
    published_submission_id,
    submission_id,
    cause,
    decision,
    event_id,
    decided_at,
    decided_by,
    reason,
    is_same_method
from restated
order by published_at, release_id, period, district_code
