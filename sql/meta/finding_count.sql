-- How often was each rule broken in each file?
-- Grain: one row per submission and rule. Exact, also where the listing of meta.finding was cut.
with
counts      as (select * from input.finding_counts),
submissions as (select * from meta.submission)

select
    submission_id,
    rule,
    severity,
    count::bigint as count
from counts
semi join submissions using (submission_id)
order by submission_id, rule, severity
