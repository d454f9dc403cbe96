-- The status of a target does not follow from its numbers.
select period, unit_code, target, measure, basis, target_value, actual, remaining, status
from mart.target_vs_actual
cross join core.plan
where remaining < 0
   or (status = 'achieved' and remaining is distinct from 0)
   or (status in ('missed', 'in_progress') and coalesce(remaining, 0) = 0)
   or (status = 'missed' and period <> last_period)
   or (status = 'in_progress' and period = last_period)
   -- A month that the plan does not cover has no target.
   or period not between baseline_period and last_period
   or (status in ('achieved', 'missed', 'in_progress') and (actual is null or target_value is null))
   or (status = 'no_target' and target_value is not null)
   or status not in ('achieved', 'missed', 'in_progress', 'no_target', 'no_data')
order by period, unit_code, target, measure, basis
