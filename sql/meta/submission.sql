-- Which files are known, and in which state is each?
-- Grain: one row per received file, up to the release's as_of; unreadable files too.
with
submissions as (select * from input.submissions),
setting     as (select * from input.setting)

select
    submissions.submission_id,
    submissions.sha256,
    submissions.file_name,
    submissions.source,
    submissions.district_code,
    submissions.period,
    submissions.kind,
    submissions.state,
    submissions.received_at,
    submissions.due,
    submissions.on_time,
    submissions.decided_at,
    submissions.decided_by,
    submissions.reason,
    submissions.rule_pack,
    submissions.critical,
    submissions.warning,
    submissions.info
from submissions
cross join setting
where submissions.period is null or submissions.period <= setting.as_of_period
order by submissions.received_at, submissions.submission_id
