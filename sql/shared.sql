-- Steps that several models share. These macros serve the build only and are not in the finished file.

-- Rows of sheet Hộ, each with the groups that it is counted in.
create macro input.household_rows(household_table) as table
with
reported as (select * from query_table(household_table)),
units    as (select * from core.unit where level = 'commune'),
groups   as (select * from core.ethnic_group)

select
    reported.period,
    reported.district_code,
    reported.commune_code,
    reported.household_id,
    reported.class,
    reported.class_previous,
    reported.movement,
    reported.class in ('N1', 'N2', 'CN')                                            as is_in_register,
    case when reported.class in ('N1', 'N2') then 'poor' when reported.class = 'CN' then 'near_poor' end
                                                                                    as class_group,
    reported.persons,
    reported.head_sex,
    reported.ethnicity,
    coalesce(groups.is_minority, true)                                              as is_minority,
    units.area,
    reported.area                                                                   as area_reported,
    if(reported.class = 'KN', [], list_concat(
        ['all'],
        if(not social_protection, ['excluding_social_protection'], []),
        if(ethnicity = 'Khmer', ['khmer'], []),
        if(coalesce(groups.is_minority, true), ['minority'], []),
        if(social_protection, ['social_protection'], []),
        if(merit, ['merit'], []),
        if(head_sex = 'female', ['female_headed'], []),
        if(units.area is not null, [units.area], []),
        if(class = 'N1', ['income_poor'], []),
        if(class = 'N2', ['services_deprived'], []),
        if(class = 'N2' and health_insurance, ['services_deprived_no_insurance'], [])
    ))                                                                              as populations,
    reported.b1_points,
    reported.b2_points,
    reported.health_access,
    reported.health_insurance,
    reported.adult_education,
    reported.child_school,
    reported.housing_quality,
    reported.housing_area,
    reported.water,
    reported.toilet,
    reported.telecom,
    reported.info_assets,
    list_concat(
        if(health_access, ['health_access'], []),
        if(health_insurance, ['health_insurance'], []),
        if(adult_education, ['adult_education'], []),
        if(child_school, ['child_school'], []),
        if(housing_quality, ['housing_quality'], []),
        if(housing_area, ['housing_area'], []),
        if(water, ['water'], []),
        if(toilet, ['toilet'], []),
        if(telecom, ['telecom'], []),
        if(info_assets, ['info_assets'], [])
    )                                                                               as deprived_in,
    reported.social_protection,
    reported.merit,
    reported.causes,
    reported.submission_id,
    reported."row"
from reported
left join units on  units.unit_code = reported.commune_code
                and reported.period between units.valid_from and units.valid_to
left join groups using (ethnicity);

-- Rows of sheet Xã, each with its area.
create macro input.commune_rows(commune_table) as table
with
communes as (select * from query_table(commune_table)),
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
                and communes.period between units.valid_from and units.valid_to;

-- What each commune's rows count: poor and near poor on the register (sheet Hộ), residents (sheet Xã).
create macro input.commune_counts(household_table, commune_table) as table
with
register  as (select * from query_table(household_table) where is_in_register),
residents as (select * from query_table(commune_table)),

household_populations as (
    select submission_id, period, commune_code, class_group, persons, unnest(populations) as population
    from register
),

household_deprivations as (
    select submission_id, period, commune_code, class_group, unnest(deprived_in) as deprivation
    from register
)

select submission_id, period, commune_code, class_group || '_households' as indicator, population, count(*) as value
from household_populations
group by all
union all
select submission_id, period, commune_code, class_group || '_persons', population, sum(persons)
from household_populations
group by all
union all
select submission_id, period, commune_code, 'deprived_households:' || deprivation, class_group, count(*)
from household_deprivations
group by all
union all
select submission_id, period, commune_code, 'households', unnest(['all', 'khmer', 'minority', area]),
       unnest([households, khmer_households, minority_households, households])
from residents
union all
select submission_id, period, commune_code, 'persons', unnest(['all', area]), unnest([persons, persons])
from residents;

-- Any set of counts with the rates that they make: count_table has (place, indicator, population, value), place being
-- a key of any kind; definition_table has the columns of core.indicator_definition. Parts are whole numbers; a rate is
-- 100 × numerator / denominator, NULL over no households.
create macro input.counts_and_rates(count_table, definition_table) as table
with
counts      as (select place, indicator, population, value from query_table(count_table)),
definitions as (select * from query_table(definition_table)),

rates as (
    select
        above.place,
        definitions.indicator,
        definitions.population,
        above.value                             as numerator,
        below.value - coalesce(less.value, 0)   as denominator,
        definitions.unit
    from definitions
    join counts as above on  above.indicator  = definitions.numerator_indicator
                         and above.population = definitions.numerator_population
    join counts as below on  below.indicator  = definitions.denominator_indicator
                         and below.population = definitions.denominator_population
                         and below.place      = above.place
    left join counts as less on  less.indicator  = definitions.less_indicator
                             and less.population = definitions.less_population
                             and less.place      = above.place
)

select counts.place, counts.indicator, counts.population, counts.value as numerator, null::bigint as denominator,
       counts.value::double as value, definitions.unit
from counts
join definitions using (indicator, population)
union all
select place, indicator, population, numerator, denominator, 100 * numerator / nullif(denominator, 0), unit
from rates;
