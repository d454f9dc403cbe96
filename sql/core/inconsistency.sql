-- Where does the plan contradict itself?
-- Grain: one row per known inconsistency. They are kept as printed and never repaired.
-- What has no Vietnamese text is about how the plan was read and not about the plan: it stays inside.
with
inconsistencies as (select * from input.inconsistencies)

select
    id                  as inconsistency_id,
    "where"             as place,
    what,
    evidence,
    handling,
    where_vi            as place_vi,
    what_vi
from inconsistencies
where what_vi <> ''
order by inconsistency_id
