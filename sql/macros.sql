-- Rounding as the plan prints: half up, on exact integers and never on a float.
-- 1.005 is a little less than 1.005 in a float; 1005 over 1000 is not.
create macro core.round_half_up(numerator, denominator, decimals) as (
    (2 * numerator::hugeint * (10 ** decimals)::hugeint + denominator::hugeint) // (2 * denominator::hugeint)
) / (10 ** decimals);

comment on macro core.round_half_up is
    'numerator / denominator, rounded half up on whole numbers, as the plan prints | Làm tròn như trong kế hoạch';

-- Alkire and Foster (2011), "Counting and multidimensional poverty measurement", Journal of Public Economics 95:
-- the adjusted headcount ratio and its parts, for any deprivation matrix, weights of dimensions and cutoff k.
-- observations names a table (place, weight, deprived_in): one row per household or person, or one for many
--   alike; place is any key to count by, weight how many it stands for, deprived_in the list of its dimensions.
--   A place with nobody has one row of weight 0.
-- dimensions names a table (dimension, importance): what each deprivation counts for.
-- k: whoever is deprived in dimensions that count k or more together is poor.
-- Returns one row per place, measure and, where it is about one, dimension: the measure is numerator / denominator.
--   H, A, M0; uncensored_headcount, censored_headcount; contribution: share of M0 that comes from the dimension;
--   contribution_absolute: that part of M0 itself. Whole numbers stay whole.
create macro core.alkire_foster(observations, dimensions, k) as table
with
patterns as (
    select place, deprived_in, sum(weight) as weight
    from query_table(observations)
    group by all
),

weighed as (select dimension, importance from query_table(dimensions)),

whole as (select sum(importance) as importance from weighed),

scores as (
    select deprived_in, coalesce(sum(importance), 0) as score
    from (select distinct deprived_in from patterns)
    left join weighed on list_contains(deprived_in, dimension)
    group by deprived_in
),

judged as (
    select place, deprived_in, weight, score, if(score >= k, weight, 0) as poor_weight
    from patterns
    join scores using (deprived_in)
),

totals as (
    select place, sum(weight) as everyone, sum(poor_weight) as poor, sum(poor_weight * score) as poor_score
    from judged
    group by place
),

deprived as (
    select place, dimension, sum(weight) as deprived, sum(poor_weight) as poor_and_deprived
    from (select place, weight, poor_weight, unnest(deprived_in) as dimension from judged)
    group by all
),

by_dimension as (
    select totals.*, weighed.dimension, weighed.importance,
           coalesce(deprived, 0) as deprived, coalesce(poor_and_deprived, 0) as poor_and_deprived
    from totals
    cross join weighed
    left join deprived using (place, dimension)
)

select place, 'H' as measure, null::varchar as dimension, poor as numerator, everyone as denominator
from totals
union all
select place, 'A', null, poor_score, whole.importance * poor
from totals, whole
union all
select place, 'M0', null, poor_score, whole.importance * everyone
from totals, whole
union all
select place, 'uncensored_headcount', dimension, deprived, everyone
from by_dimension
union all
select place, 'censored_headcount', dimension, poor_and_deprived, everyone
from by_dimension
union all
select place, 'contribution', dimension, importance * poor_and_deprived, poor_score
from by_dimension
union all
select place, 'contribution_absolute', dimension, by_dimension.importance * poor_and_deprived,
       whole.importance * everyone
from by_dimension, whole;

comment on macro table core.alkire_foster is
    'Alkire–Foster measures of any table of (place, weight, deprived_in) by a table of (dimension, importance) and a '
    'cutoff k | Các thước đo nghèo đa chiều Alkire–Foster';
