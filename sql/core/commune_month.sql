-- What did each commune state on sheet Xã: residents, and its poor and near poor?
-- Grain: one row per month and commune that reported.
-- Source of the denominators of every rate.
select *
from input.commune_rows(input.commune)
order by period, commune_code, "row"
