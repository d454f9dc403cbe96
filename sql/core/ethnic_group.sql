-- Which ethnic groups are there, and which count as a minority?
-- Grain: one row per group of the list of 54.
with
groups as (select * from input.ethnic_groups)

select
    code            as ethnic_group_code,
    name            as ethnicity,
    name <> 'Kinh'  as is_minority
from groups
order by ethnic_group_code
