-- How did each commune's poor and near poor change in the month, as stated on sheet Diễn biến?
-- Grain: one row per month, commune, group (N poor, CN near poor) and measure (households, persons).
with
movements as (select * from input.movement)

select
    period,
    district_code,
    commune_code,
    class,
    measure,
    opening,
    decrease_1,
    decrease_2,
    decrease_3,
    increase_1,
    increase_2,
    increase_3,
    increase_4,
    closing,
    submission_id,
    "row"
from movements
order by period, commune_code, class, measure, "row"
