-- What did each commune state on sheet Xã: residents, and its poor and near poor?
-- Grain: one row per month and commune that reported.
-- Source of the denominators of every rate.
with
communes as (select * from input.commune),
units    as (select * from core.unit where level = 'commune')

select
    communes.period,
    communes.district_code,
    communes.commune_code,
    units.area,
    communes.households,
    communes.persons,
    communes.minority_households,
    communes.khmer_households,
    communes.poor,
    communes.poor_persons,
    communes.income_poor,
    communes.services_deprived,
    communes.poor_social_protection,
    communes.poor_khmer,
    communes.near_poor,
    communes.near_poor_persons,
    communes.near_poor_social_protection,
    communes.near_poor_khmer,
    communes.submission_id,
    communes."row"
from communes
left join units on  units.unit_code = communes.commune_code
                and communes.period between units.valid_from and units.valid_to
order by communes.period, communes.commune_code, communes."row"
