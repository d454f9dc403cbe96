-- What leaves one group for the other does not arrive there (M03).
with
poor      as (select * from mart.movement where class = 'N'),
near_poor as (select * from mart.movement where class = 'CN')

select poor.period, poor.unit_code, poor.measure,
       poor.decrease_1 as poor_out, near_poor.increase_1 as near_poor_in,
       near_poor.decrease_2 as near_poor_out, poor.increase_1 as poor_in
from poor
join near_poor using (period, unit_code, measure)
where poor.decrease_1 <> near_poor.increase_1 or near_poor.decrease_2 <> poor.increase_1
order by poor.period, poor.unit_code, poor.measure
