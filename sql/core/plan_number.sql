-- Which numbers does the plan print?
-- Grain: one row per printed number: an item and a unit.
-- Kept as printed, with the decimals it was printed with. Dates are left out.
-- Numbers about the communes in general stand at the province's code.
with
baseline     as (select * from input.baseline_2019 where unit <> 'date'),
deprivations as (select * from input.deprivation_baseline_2019),
targets      as (select * from input.targets_2020),

baseline_numbers as (
    select metric as item, '96' as unit_code, plan_section, value as printed_text, unit, note
    from baseline
),

deprivation_numbers as (
    select 'deprived_households:' || key, '96', 'I', poor_households_deprived, 'households', ''
    from deprivations
    union all
    select 'deprived_rate:' || key, '96', 'I', pct_of_poor_households, 'pct', ''
    from deprivations
),

target_numbers as (
    unpivot (select * exclude (tt, unit_name_in_plan) from targets)
    on columns(* exclude unit_code)
    into name item value printed_text
),

numbers as (
    from baseline_numbers
    union all from deprivation_numbers
    union all
    select item, unit_code, 'II.3', printed_text,
           case when item like '%reduction_pp%' then 'pp' when item like '%rate%' then 'pct' else 'households' end,
           ''
    from target_numbers
)

select
    item,
    unit_code,
    plan_section,
    printed_text,
    printed_text::double                                        as printed,
    length(regexp_extract(printed_text, '\.(\d+)$', 1))::integer as decimals,
    unit,
    nullif(note, '')                                            as note
from numbers
order by item, unit_code
