-- Which lists of areas in special difficulty does the plan work with, and how much of each is known here?
-- Grain: one row per list (a decision of the Prime Minister) and its years.
-- areas_listed and areas_active are the plan's own numbers (III.1); areas_known counts communes of core.special_area
-- that are on the list on some day.
-- Caution: where areas_known is less than areas_listed, a figure for the list is one for its known part only.
with
programmes as (select * from input.special_programmes),
known      as (select programme, count(*) as areas from core.special_area where is_listed group by programme)

select
    programmes.programme,
    programmes.name_vi                          as programme_name_vi,
    programmes.name_en                          as programme_name,
    programmes.legal_basis,
    programmes.area_kind,
    programmes.valid_from::date                 as valid_from,
    programmes.valid_to::date                   as valid_to,
    nullif(programmes.listed, '')::integer      as areas_listed,
    nullif(programmes.active, '')::integer      as areas_active,
    coalesce(known.areas, 0)::integer           as areas_known,
    nullif(programmes.plan_section, '')         as plan_section,
    programmes.source
from programmes
left join known using (programme)
order by programmes.programme
