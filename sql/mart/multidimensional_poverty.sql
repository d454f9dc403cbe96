-- How many of the households on the register are multidimensionally poor, and through what?
-- Alkire–Foster: ten deprivations of equal weight, poor with k = 3 or more of 10 (counted in whole numbers).
-- Grain: one row per month, unit that reported, weight, measure and, for the last three measures, deprivation.
-- H: share poor. A: average share of the ten that the poor are deprived in. M0 = H × A.
-- uncensored_headcount: share deprived; censored_headcount: share poor and deprived;
-- contribution: part of M0 that comes from the deprivation.
-- Caution: the whole is the register (N1, N2, CN), not the residents: only reviewed households have scores.
with
units      as (select * from core.unit_month where districts_reported > 0),
roll_up    as (select * from core.unit_roll_up),
dimensions as (select deprivation from core.deprivation),
register   as (select * from core.household_month where is_in_register),
weights(weight) as (values ('household'), ('person')),

scored as (
    select *,
        health_access::integer + health_insurance::integer + adult_education::integer + child_school::integer
        + housing_quality::integer + housing_area::integer + water::integer + toilet::integer
        + telecom::integer + info_assets::integer as deprived_in
    from register
),

weighted as (
    select scored.*, weights.weight, if(weights.weight = 'household', 1, persons) as heft, deprived_in >= 3 as is_poor
    from scored
    cross join weights
),

commune_totals as (
    select
        period, commune_code, weight,
        sum(heft)                                       as everyone,
        sum(heft) filter (where is_poor)                as poor,
        sum(heft * deprived_in) filter (where is_poor)  as poor_deprivations
    from weighted
    group by all
),

deprived_households as (
    select period, commune_code, weight, heft, is_poor,
        unnest([deprivation for deprivation in [
            if(health_access, 'health_access', null),
            if(health_insurance, 'health_insurance', null),
            if(adult_education, 'adult_education', null),
            if(child_school, 'child_school', null),
            if(housing_quality, 'housing_quality', null),
            if(housing_area, 'housing_area', null),
            if(water, 'water', null),
            if(toilet, 'toilet', null),
            if(telecom, 'telecom', null),
            if(info_assets, 'info_assets', null)
        ] if deprivation is not null]) as deprivation
    from weighted
),

commune_deprived as (
    select period, commune_code, weight, deprivation,
           sum(heft) as deprived, sum(heft) filter (where is_poor) as poor_and_deprived
    from deprived_households
    group by all
),

unit_sums as (
    select period, unit_code, weight,
           sum(everyone) as everyone, sum(poor) as poor, sum(poor_deprivations) as poor_deprivations
    from commune_totals
    join roll_up using (period, commune_code)
    group by all
),

unit_totals as (
    select
        units.period, units.unit_code, weights.weight,
        coalesce(everyone, 0)          as everyone,
        coalesce(poor, 0)              as poor,
        coalesce(poor_deprivations, 0) as poor_deprivations
    from units
    cross join weights
    left join unit_sums using (period, unit_code, weight)
),

unit_deprived as (
    select period, unit_code, weight, deprivation,
           sum(deprived) as deprived, sum(poor_and_deprived) as poor_and_deprived
    from commune_deprived
    join roll_up using (period, commune_code)
    group by all
),

by_deprivation as (
    select unit_totals.*, dimensions.deprivation,
           coalesce(deprived, 0) as deprived, coalesce(poor_and_deprived, 0) as poor_and_deprived
    from unit_totals
    cross join dimensions
    left join unit_deprived using (period, unit_code, weight, deprivation)
),

-- Every measure as one whole number over another.
measures as (
    select period, unit_code, weight, 'H' as measure, null as deprivation,
           poor as numerator, everyone as denominator
    from unit_totals
    union all
    select period, unit_code, weight, 'A', null, poor_deprivations, 10 * poor from unit_totals
    union all
    select period, unit_code, weight, 'M0', null, poor_deprivations, 10 * everyone from unit_totals
    union all
    select period, unit_code, weight, 'uncensored_headcount', deprivation, deprived, everyone from by_deprivation
    union all
    select period, unit_code, weight, 'censored_headcount', deprivation, poor_and_deprived, everyone
    from by_deprivation
    union all
    select period, unit_code, weight, 'contribution', deprivation, poor_and_deprived, poor_deprivations
    from by_deprivation
)

select
    units.period,
    units.unit_code,
    units.unit_name,
    units.level,
    measures.weight,
    measures.measure,
    measures.deprivation,
    measures.numerator::bigint                                                              as numerator,
    measures.denominator::bigint                                                            as denominator,
    if(measures.measure = 'M0', 1, 100) * measures.numerator::bigint
        / nullif(measures.denominator::bigint, 0)                                           as value,
    if(measures.measure = 'M0', 'index', 'percent')                                         as unit,
    units.districts_reported,
    units.districts_expected,
    units.provisional,
    units.districts_missing,
    units.districts_held,
    units.completeness_pct
from measures
join units using (period, unit_code)
order by units.period, units.unit_code, measures.weight, measures.measure, measures.deprivation
