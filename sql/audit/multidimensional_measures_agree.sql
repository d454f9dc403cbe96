-- The Alkire–Foster measures of a unit contradict each other: M0 is H × A and the sum of the contributions,
-- and whoever is poor and deprived is deprived.
with
measures as (select * from mart.multidimensional_poverty),

wholes as (
    select
        period, unit_code, weight,
        any_value(numerator)   filter (where measure = 'H')             as poor,
        any_value(denominator) filter (where measure = 'A')             as poor_times_ten,
        any_value(numerator)   filter (where measure = 'A')             as poor_score,
        any_value(numerator)   filter (where measure = 'M0')            as adjusted,
        sum(numerator)         filter (where measure = 'contribution')  as contributions,
        sum(numerator)         filter (where measure = 'contribution_absolute') as contributions_absolute
    from measures
    group by all
),

headcounts as (
    select
        period, unit_code, weight, deprivation,
        any_value(numerator) filter (where measure = 'uncensored_headcount')    as deprived,
        any_value(numerator) filter (where measure = 'censored_headcount')      as poor_and_deprived
    from measures
    where deprivation is not null
    group by all
)

select wholes.*, headcounts.deprivation, headcounts.deprived, headcounts.poor_and_deprived
from wholes
left join headcounts on  headcounts.period    = wholes.period
                     and headcounts.unit_code = wholes.unit_code
                     and headcounts.weight    = wholes.weight
                     and headcounts.poor_and_deprived > headcounts.deprived
where headcounts.deprivation is not null
   or wholes.poor_times_ten is distinct from 10 * wholes.poor
   or wholes.adjusted is distinct from wholes.poor_score
   or wholes.adjusted is distinct from wholes.contributions
   or wholes.adjusted is distinct from wholes.contributions_absolute
order by all
