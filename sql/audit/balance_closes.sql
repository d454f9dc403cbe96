-- Households at closing are not opening less decreases plus increases.
-- Persons may differ by a validator's leave (M02), households never (M01).
select period, unit_code, class, opening, gross_exits, gross_entries, closing, closing_computed
from mart.movement
where measure = 'households' and not balanced
order by period, unit_code, class
