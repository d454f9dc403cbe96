-- A household stands twice in one month.
select period, household_id, count(*) as times
from core.household_month
group by all
having count(*) > 1
order by period, household_id
