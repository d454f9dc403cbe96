-- A rate counts more above the line than below it.
-- The rates of minority households are left out: no rule of the form holds the poor of a minority
-- against the commune's minority households, so a validator could not have known.
select period, unit_code, indicator, population, numerator, denominator
from mart.indicator
where unit = 'percent'
  and population <> 'minority'
  and numerator > denominator
order by period, unit_code, indicator, population
