-- Does every number that the plan prints come out again?
-- Grain: one row per printed number (item and unit); a number that can be had in two ways has a second row,
-- its item marked :sum_of_districts or :by_households.
-- Recomputed from the baseline's accepted data, or from the plan's own numbers where it says sum, rate less points.
-- Caution: agrees is NULL where nothing can be recomputed (a decision, a change against 2018, a missing district).
-- Rounded half up on whole numbers to the decimals printed.
with
setting    as (select * from input.setting),
printed    as (select * from core.plan_number),
units      as (select units.* from core.unit_month as units join setting on units.period = setting.baseline_period),
known      as (select * from core.inconsistency),
indicators as (
    select published.*
    from mart.indicator as published
    join setting on published.period = setting.baseline_period
    where not provisional
),

-- What the accepted data of the baseline say about an item.
item_indicators(item, indicator, population) as (
    values
    ('poor_households', 'poor_households', 'all'),
    ('poor_rate_incl_btxh', 'poor_rate', 'all'),
    ('poor_rate_excl_btxh', 'poor_rate', 'excluding_social_protection'),
    ('poor_households_khmer', 'poor_households', 'khmer'),
    ('poor_rate_khmer', 'poor_rate', 'khmer'),
    ('near_poor_households', 'near_poor_households', 'all'),
    ('near_poor_rate_incl_btxh', 'near_poor_rate', 'all'),
    ('near_poor_rate_excl_btxh', 'near_poor_rate', 'excluding_social_protection'),
    ('near_poor_households_khmer', 'near_poor_households', 'khmer'),
    ('near_poor_rate_khmer', 'near_poor_rate', 'khmer'),
    ('poor_households_btxh', 'poor_households', 'social_protection'),
    ('poor_households_nguoi_co_cong', 'poor_households', 'merit'),
    ('poor_households_income_poor', 'poor_households', 'income_poor'),
    ('poor_persons_income_poor', 'poor_persons', 'income_poor'),
    ('poor_households_services_deprived', 'poor_households', 'services_deprived'),
    ('poor_persons_services_deprived', 'poor_persons', 'services_deprived'),
    ('services_deprived_households_lacking_bhyt', 'poor_households', 'services_deprived_no_insurance'),
    ('services_deprived_persons_lacking_bhyt', 'poor_persons', 'services_deprived_no_insurance'),
    ('poor_households_total_incl_btxh', 'poor_households', 'all'),
    ('poor_rate_excl_btxh_pct', 'poor_rate', 'excluding_social_protection'),
    ('near_poor_households_total_incl_btxh', 'near_poor_households', 'all'),
    ('near_poor_rate_excl_btxh_pct', 'near_poor_rate', 'excluding_social_protection')
),

from_data as (
    select printed.item, printed.unit_code, '' as way,
           indicators.numerator::hugeint * if(indicators.unit = 'percent', 100, 1) as numerator,
           coalesce(indicators.denominator, 1)::hugeint                             as denominator,
           'from the accepted data of the baseline'                                 as note
    from printed
    join item_indicators using (item)
    join indicators on  indicators.unit_code  = printed.unit_code
                    and indicators.indicator  = item_indicators.indicator
                    and indicators.population = item_indicators.population
    union all
    select printed.item, printed.unit_code, '',
           indicators.numerator::hugeint * if(indicators.unit = 'percent', 100, 1),
           coalesce(indicators.denominator, 1)::hugeint, 'from the accepted data of the baseline'
    from printed
    join indicators on  indicators.unit_code  = printed.unit_code
                    and indicators.indicator  = printed.item
                    and indicators.population = 'poor'
),

-- Total rows of table II.3, and the household numbers of II.1, are sums of the nine districts.
sums(item, summed_item, way) as (
    values
    ('poor_households_total_incl_btxh', 'poor_households_total_incl_btxh', ':sum_of_districts'),
    ('near_poor_households_total_incl_btxh', 'near_poor_households_total_incl_btxh', ':sum_of_districts'),
    ('poor_reduction_households_2020', 'poor_reduction_households_2020', ''),
    ('near_poor_reduction_households_2020', 'near_poor_reduction_households_2020', ''),
    ('target_poor_reduction_households', 'poor_reduction_households_2020', ''),
    ('target_near_poor_reduction_households', 'near_poor_reduction_households_2020', '')
),

from_sums as (
    select sums.item, '96', sums.way, sum(printed.printed_text::hugeint), 1, 'sum of the nine districts in II.3'
    from sums
    join printed on printed.item = sums.summed_item and printed.unit_code <> '96'
    group by all
),

-- Forecast = rate less points, from the two numbers printed beside it (both have two decimals).
forecasts(item, rate_item, points_item) as (
    values
    ('forecast_poor_rate_end2020_pct', 'poor_rate_excl_btxh_pct', 'poor_reduction_pp_2020'),
    ('forecast_near_poor_rate_end2020_pct', 'near_poor_rate_excl_btxh_pct', 'near_poor_reduction_pp_2020')
),

from_forecasts as (
    select forecasts.item, rate.unit_code, '',
           (100 * (rate.printed_text::decimal(18, 2) - points.printed_text::decimal(18, 2)))::hugeint, 100,
           'printed rate less printed points'
    from forecasts
    join printed as rate on rate.item = forecasts.rate_item
    join printed as points on points.item = forecasts.points_item and points.unit_code = rate.unit_code
),

-- The province's points and forecast once more, from its household targets over its residents.
household_ways(item, households_item, class_group, way) as (
    values
    ('poor_reduction_pp_2020', 'poor_reduction_households_2020', 'poor', ''),
    ('near_poor_reduction_pp_2020', 'near_poor_reduction_households_2020', 'near_poor', ''),
    ('target_poor_reduction_pp_min', 'poor_reduction_households_2020', 'poor', ''),
    ('target_near_poor_reduction_pp', 'near_poor_reduction_households_2020', 'near_poor', ''),
    ('forecast_poor_rate_end2020_pct', 'poor_reduction_households_2020', 'poor', ':by_households'),
    ('forecast_near_poor_rate_end2020_pct', 'near_poor_reduction_households_2020', 'near_poor', ':by_households')
),

from_households as (
    select ways.item, '96', ways.way,
           100 * if(ways.way = '', reduction.printed_text::hugeint,
                    level.numerator - reduction.printed_text::hugeint),
           level.denominator::hugeint,
           if(ways.way = '', 'household target over residents', 'households less household target, over residents')
    from household_ways as ways
    join printed as reduction on reduction.item = ways.households_item and reduction.unit_code = '96'
    join indicators as level on  level.unit_code  = '96'
                             and level.indicator  = ways.class_group || '_rate'
                             and level.population = 'excluding_social_protection'
),

recomputed as (
    from from_data
    union all from from_sums
    union all from from_forecasts
    union all from from_households
),

-- The rows a reader should find: every printed number, and the second ways.
checks as (
    select item, unit_code, '' as way from printed
    union all
    select item, '96', way from sums where way <> ''
    union all
    select item, '96', way from household_ways where way <> ''
),

doubted(item, unit_code, inconsistency_id) as (
    values
    ('forecast_near_poor_rate_end2020_pct', '969', 'S1'),
    ('poor_reduction_pp_2020', '96', 'S2'),
    ('target_poor_reduction_pp_min', '96', 'S2'),
    ('near_poor_reduction_pp_2020', '96', 'S3'),
    ('target_near_poor_reduction_pp', '96', 'S3'),
    ('forecast_poor_rate_end2020_pct:by_households', '96', 'S4'),
    ('forecast_near_poor_rate_end2020_pct:by_households', '96', 'S4'),
    ('poor_rate_excl_btxh_change_vs_2018', '96', 'S6'),
    ('poor_rate_khmer_change_vs_2018', '96', 'S7'),
    ('poor_households_khmer_change_vs_2018', '96', 'S7'),
    ('poor_reduction_pp_2020', '966', 'S8'),
    ('poor_reduction_pp_2020', '972', 'S8'),
    ('poor_reduction_pp_2020', '973', 'S8'),
    ('poor_reduction_pp_2020', '971', 'S8'),
    ('target_commune_7pct_plus_reduction_pp', '96', 'S9'),
    ('coastal_special_communes_active', '96', 'S11'),
    ('special_hamlets_active', '96', 'S11')
),

rounded as (
    select
        checks.item || checks.way as item, printed.plan_section, printed.unit_code, printed.printed, printed.decimals,
        recomputed.numerator / nullif(recomputed.denominator, 0) as recomputed,
        core.round_half_up(recomputed.numerator, nullif(recomputed.denominator, 0), printed.decimals)
            as recomputed_rounded,
        recomputed.note
    from checks
    join printed using (item, unit_code)
    left join recomputed using (item, unit_code, way)
)

select
    rounded.item,
    rounded.plan_section,
    rounded.unit_code,
    units.unit_name,
    rounded.printed,
    rounded.decimals,
    rounded.recomputed,
    rounded.recomputed_rounded,
    rounded.recomputed_rounded = rounded.printed    as agrees,
    doubted.inconsistency_id,
    concat_ws('; ',
        case
            when rounded.recomputed is not null then rounded.note
            when rounded.item in (select item from item_indicators) or rounded.item like 'deprived_%'
                then 'no accepted baseline of ' || coalesce(units.districts_missing, units.unit_name)
            else 'nothing to recompute it from'
        end,
        known.what
    )                                               as note
from rounded
left join units using (unit_code)
left join doubted using (item, unit_code)
left join known using (inconsistency_id)
order by rounded.plan_section, rounded.item, rounded.unit_code
