-- Where does the plan contradict itself?
-- Grain: one row per known inconsistency. They are kept as printed and never repaired.
with
inconsistencies as (select * from input.inconsistencies)

select
    id                  as inconsistency_id,
    "where"             as place,
    what,
    evidence,
    suggested_handling  as handling
from inconsistencies
order by inconsistency_id
