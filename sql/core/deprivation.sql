-- Which ten deprivations does the line of 2016-2021 measure, and who answers for each?
-- Grain: one row per deprivation.
with
indicators       as (select * from input.deprivation_indicators where period = '2016-2021'),
responsibilities as (select * from input.responsibilities
                     where item_type = 'deprivation_indicator' and role = 'accountable')

select
    indicators.key                                              as deprivation,
    indicators.no::integer                                      as number,
    indicators.dimension,
    indicators.name_vi                                          as deprivation_name_vi,
    indicators.deprived_when_en,
    indicators.deprived_when_vi,
    responsibilities.accountable_vi                             as accountable,
    responsibilities.plan_section
from indicators
left join responsibilities on responsibilities.item_key = indicators.no || ' ' || indicators.key
order by number
