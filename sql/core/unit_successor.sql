-- Into which unit of the list of July 2025 did each commune of the plan's list go?
-- Grain: one row per commune of 2020 and commune of 2025 that took a part of it.
-- Caution: a code of 2025 may be that of another commune in 2020 (is_code_reused): never join the two lists by code.
-- mapping: whole, split_default (the larger part of a divided commune), split_part (a smaller part).
with
crosswalk as (select * from input.units_2025_crosswalk),
reused    as (select code from input.code_reuse_2025)

select
    crosswalk.code_2020                                             as unit_code,
    crosswalk.name_2020                                             as unit_name,
    crosswalk.district_2020                                         as district_code,
    crosswalk.code_2025                                             as successor_code,
    crosswalk.name_2025                                             as successor_name,
    crosswalk.mapping_kind                                          as mapping,
    crosswalk.code_2020 in (select code from reused)                as is_code_reused
from crosswalk
order by unit_code, successor_code
