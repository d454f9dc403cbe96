-- How many households and persons does every count of the contract find?
-- Grain: one row per month, unit that reported, count and population.
-- A count that finds nobody is a row with 0; a unit that has not reported has no row.
-- Poor and near poor are counted on the register (sheet Hộ), residents come from sheet Xã.
with
units       as (select * from core.unit_month where districts_reported > 0),
counts      as (select * from core.indicator_definition where unit <> 'percent'),
communes    as (select * from core.commune_month),
roll_up     as (select * from core.unit_roll_up),
register    as (
    select *, if(class in ('N1', 'N2'), 'poor', 'near_poor') as class_group
    from core.household_month
    where is_in_register
),

-- One row for each population that a household belongs to.
household_populations as (
    select
        period, commune_code, class_group, persons,
        unnest([population for population in [
            'all',
            if(not social_protection, 'excluding_social_protection', null),
            if(ethnicity = 'Khmer', 'khmer', null),
            if(is_minority, 'minority', null),
            if(social_protection, 'social_protection', null),
            if(merit, 'merit', null),
            if(head_sex = 'female', 'female_headed', null),
            area,
            if(class = 'N1', 'income_poor', null),
            if(class = 'N2', 'services_deprived', null),
            if(class = 'N2' and health_insurance, 'services_deprived_no_insurance', null)
        ] if population is not null]) as population
    from register
),

household_deprivations as (
    select
        period, commune_code, class_group,
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
    from register
),

commune_counts as (
    select period, commune_code, class_group || '_households' as indicator, population, count(*) as value
    from household_populations
    group by all
    union all
    select period, commune_code, class_group || '_persons', population, sum(persons)
    from household_populations
    group by all
    union all
    select period, commune_code, 'deprived_households:' || deprivation, class_group, count(*)
    from household_deprivations
    group by all
    union all
    select period, commune_code, 'households', unnest(['all', 'khmer', 'minority', area]),
           unnest([households, khmer_households, minority_households, households])
    from communes
    union all
    select period, commune_code, 'persons', unnest(['all', area]), unnest([persons, persons])
    from communes
),

unit_counts as (
    select period, unit_code, indicator, population, sum(value) as value
    from commune_counts
    join roll_up using (period, commune_code)
    group by all
)

-- Left join from what a unit that reported owes, so that a count of nobody is a zero.
select
    units.period,
    units.unit_code,
    counts.indicator,
    counts.population,
    coalesce(unit_counts.value, 0)::bigint  as value,
    counts.unit
from units
cross join counts
left join unit_counts using (period, unit_code, indicator, population)
order by units.period, units.unit_code, counts.indicator, counts.population
