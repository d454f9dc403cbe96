-- A province's count is not the sum of its districts, or a district's not that of its communes.
with
indicators as (select * from mart.indicator where unit <> 'percent'),
units      as (select * from core.unit),

parts as (
    select indicators.period, units.parent_code as unit_code, indicators.indicator, indicators.population,
           sum(indicators.value) as parts
    from indicators
    join units on  units.unit_code = indicators.unit_code
               and indicators.period between units.valid_from and units.valid_to
    where units.parent_code is not null
    group by all
)

select indicators.period, indicators.unit_code, indicators.indicator, indicators.population,
       indicators.value as whole, parts.parts
from indicators
left join parts using (period, unit_code, indicator, population)
where indicators.level <> 'commune'
  and indicators.value is distinct from parts.parts
order by indicators.period, indicators.unit_code, indicators.indicator, indicators.population
