-- Which households were on the register at a month's end, and which left it in that month?
-- Grain: one row per month and household (pseudonym).
-- Caution: rows at class KN have left the register: keep is_in_register when counting poor or near poor.
-- Caution: area follows the commune's type; area_reported is what the sender wrote.
with
households as (select * from input.household),
units      as (select * from core.unit where level = 'commune'),
groups     as (select * from core.ethnic_group)

select
    households.period,
    households.district_code,
    households.commune_code,
    households.household_id,
    households.class,
    households.class_previous,
    households.movement,
    households.class in ('N1', 'N2', 'CN')          as is_in_register,
    households.persons,
    households.head_sex,
    households.ethnicity,
    coalesce(groups.is_minority, true)              as is_minority,
    units.area,
    households.area                                 as area_reported,
    households.b1_points,
    households.b2_points,
    households.health_access,
    households.health_insurance,
    households.adult_education,
    households.child_school,
    households.housing_quality,
    households.housing_area,
    households.water,
    households.toilet,
    households.telecom,
    households.info_assets,
    households.social_protection,
    households.merit,
    households.causes,
    households.submission_id,
    households."row"
from households
left join units on  units.unit_code = households.commune_code
                and households.period between units.valid_from and units.valid_to
left join groups using (ethnicity)
order by households.period, households.commune_code, households.household_id, households."row"
