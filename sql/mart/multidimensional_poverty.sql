-- How many of the households on the register are multidimensionally poor, and through what?
-- Alkire–Foster: ten deprivations of equal weight, poor with k = 3 or more of 10 (counted in whole numbers).
-- Grain: one row per month, unit that reported, weight, measure and, for the last four measures, deprivation.
-- H: share poor. A: average share of the ten that the poor are deprived in. M0 = H × A.
-- uncensored_headcount: share deprived; censored_headcount: share poor and deprived;
-- contribution: part of M0 that comes from the deprivation, in percent; contribution_absolute: the same as an
-- index, so that the ten add up to M0.
-- Caution: the whole is the register (N1, N2, CN), not the residents: only reviewed households have scores.
-- The measures are made by the macro core.alkire_foster, which serves other weights and another k too.
with
units      as (select * from core.unit_month where districts_reported > 0),
roll_up    as (select * from core.unit_roll_up),
register   as (select * from core.household_month where is_in_register),
weights(weight) as (values ('household'), ('person')),

dimensions as (select deprivation as dimension, 1 as importance from core.deprivation),

-- Households alike in their deprivations are counted together first: there are far fewer patterns than households.
patterns as (
    select period, commune_code, deprived_in, count(*) as households, sum(persons)::bigint as persons
    from register
    group by all
),

-- A unit without anybody on the register stays in, at weight 0.
observations as (
    select
        {'period': period, 'unit_code': unit_code, 'weight': weights.weight}    as place,
        if(weights.weight = 'household', households, persons)                   as weight,
        deprived_in
    from patterns
    join roll_up using (period, commune_code)
    cross join weights
    union all
    select {'period': period, 'unit_code': unit_code, 'weight': weight}, 0, []
    from units
    cross join weights
),

measures as (
    select place.*, measure, dimension as deprivation, numerator::bigint as numerator, denominator::bigint as denominator,
           measure in ('M0', 'contribution_absolute') as is_index
    from core.alkire_foster(observations, dimensions, 3)
)

select
    units.period,
    units.unit_code,
    units.unit_name,
    units.level,
    measures.weight,
    measures.measure,
    measures.deprivation,
    measures.numerator,
    measures.denominator,
    if(is_index, 1, 100) * measures.numerator / nullif(measures.denominator, 0) as value,
    if(is_index, 'index', 'percent')                                            as unit,
    units.districts_reported,
    units.districts_expected,
    units.provisional,
    units.districts_missing,
    units.districts_held,
    units.completeness_pct
from measures
join units using (period, unit_code)
order by units.period, units.unit_code, measures.weight, measures.measure, measures.deprivation
