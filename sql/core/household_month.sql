-- Which households were on the register at a month's end, and which left it in that month?
-- Grain: one row per month and household (pseudonym).
-- Caution: rows at class KN have left the register: keep is_in_register when counting poor or near poor.
-- Caution: area follows the commune's type; area_reported is what the sender wrote.
-- populations and deprived_in: under which populations and deprivations of mart.indicator the household counts.
select *
from input.household_rows(input.household)
order by period, commune_code, household_id, "row"
