-- Persons at closing are not opening less decreases plus increases, and M02 did not say so when the file was accepted.
-- A validator may let such rows stand: then they are published as stated, with balanced = false in mart.movement.
with
movements as (select * from core.movement_month),
counts    as (select * from meta.finding_count),

unbalanced as (
    select submission_id, count(*) as stated
    from movements
    where measure = 'persons'
      and closing <> opening - decrease_1 - decrease_2 - decrease_3 + increase_1 + increase_2 + increase_3 + increase_4
    group by all
),

let_stand as (
    select submission_id, count as found
    from counts
    semi join movements using (submission_id)
    where rule = 'M02'
)

select submission_id, coalesce(stated, 0) as unbalanced_rows, coalesce(found, 0) as findings
from unbalanced
full join let_stand using (submission_id)
where unbalanced_rows <> findings
order by submission_id
