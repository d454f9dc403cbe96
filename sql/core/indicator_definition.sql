-- Which indicators are published for which population, and how is each rate made?
-- Grain: one row per indicator and population.
-- A count has no numerator; a rate names the count above the line and the count below it, and
-- what is taken off the denominator where the setting says so.
with
setting      as (select * from input.setting),
deprivations as (select deprivation from core.deprivation),

class_groups(class_group, indicator_prefix) as (values ('poor', 'poor'), ('near_poor', 'near_poor')),

class_populations(population, poor_only, has_rate, residents) as (
    values
    ('all',                            false, true,  'all'),
    ('excluding_social_protection',    false, true,  'all'),
    ('khmer',                          false, true,  'khmer'),
    ('minority',                       false, true,  'minority'),
    ('social_protection',              false, false, null),
    ('merit',                          false, false, null),
    ('female_headed',                  false, false, null),
    ('urban',                          false, true,  'urban'),
    ('rural',                          false, true,  'rural'),
    ('income_poor',                    true,  false, null),
    ('services_deprived',              true,  false, null),
    ('services_deprived_no_insurance', true,  false, null)
),

class_counts as (
    select indicator_prefix || '_' || measure as indicator, population, measure as unit,
           null as numerator_indicator, null as numerator_population,
           null as denominator_indicator, null as denominator_population,
           null as less_indicator, null as less_population
    from class_groups
    join class_populations on class_group = 'poor' or not poor_only
    cross join (values ('households'), ('persons')) as measures(measure)
),

class_rates as (
    select indicator_prefix || '_rate', population, 'percent',
           indicator_prefix || '_households', population,
           'households', residents,
           if(less, indicator_prefix || '_households', null), if(less, 'social_protection', null)
    from class_groups
    cross join class_populations
    cross join lateral (
        select population = 'excluding_social_protection'
               and (select rate_denominator_excludes_social_protection from setting) as less
    )
    where has_rate
),

residents as (
    select indicator, population, indicator, null, null, null, null, null, null
    from (values
        ('households', 'all'), ('households', 'khmer'), ('households', 'minority'),
        ('households', 'urban'), ('households', 'rural'),
        ('persons', 'all'), ('persons', 'urban'), ('persons', 'rural')
    ) as resident_counts(indicator, population)
),

deprived_counts as (
    select 'deprived_households:' || deprivation, class_group, 'households', null, null, null, null, null, null
    from class_groups
    cross join deprivations
),

deprived_rates as (
    select 'deprived_rate:' || deprivation, class_group, 'percent',
           'deprived_households:' || deprivation, class_group,
           indicator_prefix || '_households', 'all', null, null
    from class_groups
    cross join deprivations
),

definitions as (
    from class_counts
    union all from class_rates
    union all from residents
    union all from deprived_counts
    union all from deprived_rates
)

select *
from definitions
order by indicator, population
