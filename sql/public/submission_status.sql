-- mart.submission_status without the file's hash and the validator's words, which may speak of a household.
select
    period,
    district_code,
    district_name,
    state,
    kind,
    received_at,
    due,
    on_time,
    critical,
    warning,
    info,
    is_published,
    false as suppressed
from mart.submission_status
order by period, district_code, received_at, kind, critical, warning, info
