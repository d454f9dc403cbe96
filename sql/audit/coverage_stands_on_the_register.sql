-- The register beside a policy's figures is not the poor and near poor of the same month and unit.
select coverage.period, coverage.unit_code, coverage.policy, coverage.register_households, coverage.register_persons
from mart.coverage as coverage
left join (
    select period, unit_code,
           sum(value) filter (where indicator in ('poor_households', 'near_poor_households'))  as households,
           sum(value) filter (where indicator in ('poor_persons', 'near_poor_persons'))        as persons
    from mart.indicator
    where population = 'all'
    group by all
) as counted using (period, unit_code)
where coverage.register_households is distinct from counted.households
   or coverage.register_persons is distinct from counted.persons
   or coverage.register_deprived_households > coverage.register_households
order by all
