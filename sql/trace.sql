-- From a published number to the rows of the senders' files that it counts.
-- Usage: from meta.trace('2020-06-30', '970', 'poor_rate', 'all')
-- Indicators and populations of mart.indicator; the flows of mart.movement as poor_households:decrease_1 (all); and
-- policy_served:bhyt, policy_eligible:bhyt, policy_coverage:bhyt (eligible) and jobs (all) of mart.coverage.
-- Returns one row per source row and part (numerator, denominator; a count is a numerator without denominator):
-- what it counts for, its commune, the household's pseudonym where it is one, and file, sheet and row.
-- counted adds up to the part; it is negative for what is taken off a denominator.
create macro meta.trace(of_period, of_unit, of_indicator, of_population) as table
with
definitions as (
    select * from core.indicator_definition where indicator = of_indicator and population = of_population
),

parts as (
    select 'numerator' as part, 1 as sign, indicator, population
    from definitions
    where unit <> 'percent'
    union all
    select 'numerator', 1, numerator_indicator, numerator_population
    from definitions
    where unit = 'percent'
    union all
    select 'denominator', 1, denominator_indicator, denominator_population
    from definitions
    where unit = 'percent'
    union all
    select 'denominator', -1, less_indicator, less_population
    from definitions
    where less_indicator is not null
),

policy_parts as (
    select policy, unnest(['numerator', 'denominator']) as part, unnest(['served', 'eligible']) as field
    from core.policy
    where of_indicator = 'policy_coverage:' || policy and of_population = 'eligible'
    union all
    select policy, 'numerator', if(of_indicator = 'policy_eligible:' || policy, 'eligible', 'served')
    from core.policy
    where (of_indicator in ('policy_eligible:' || policy, 'policy_served:' || policy) and of_population = 'eligible')
       or (of_indicator = policy and policy = 'jobs' and of_population = 'all')
),

communes as (
    select commune_code
    from core.unit_roll_up
    where period = of_period::date and unit_code = of_unit
),

households as (
    select * from core.household_month semi join communes using (commune_code)
    where period = of_period::date and is_in_register
),

residents as (
    select * from core.commune_month semi join communes using (commune_code) where period = of_period::date
),

movements as (
    select * from core.movement_month semi join communes using (commune_code) where period = of_period::date
),

policies as (
    select * from core.policy_month semi join communes using (commune_code) where period = of_period::date
),

counted_rows as (
    select
        parts.part, 'core.household_month' as core_table, households.commune_code, households.household_id,
        households.submission_id, households."row",
        parts.sign * if(parts.indicator like '%_persons', households.persons, 1)        as counted
    from parts
    join households
      on (parts.indicator in (class_group || '_households', class_group || '_persons')
          and list_contains(households.populations, parts.population))
      or (parts.indicator like 'deprived_households:%'
          and households.class_group = parts.population
          and list_contains(households.deprived_in, split_part(parts.indicator, ':', 2)))
    union all
    select
        parts.part, 'core.commune_month', residents.commune_code, null, residents.submission_id, residents."row",
        parts.sign * case
            when parts.indicator = 'persons' then residents.persons
            when parts.population = 'khmer' then residents.khmer_households
            when parts.population = 'minority' then residents.minority_households
            else residents.households
        end
    from parts
    join residents on  parts.indicator in ('households', 'persons')
                   and parts.population in ('all', 'khmer', 'minority', residents.area)
    union all
    select 'numerator', 'core.movement_month', commune_code, null, submission_id, "row", value
    from (
        unpivot movements
        on opening, decrease_1, decrease_2, decrease_3, increase_1, increase_2, increase_3, increase_4, closing
        into name flow value value
    )
    where of_population = 'all'
      and of_indicator = if(class = 'N', 'poor_', 'near_poor_') || measure || ':' || flow
    union all
    select policy_parts.part, 'core.policy_month', policies.commune_code, null, policies.submission_id, policies."row",
           if(policy_parts.field = 'served', policies.served, policies.eligible)
    from policy_parts
    join policies using (policy)
)

select
    counted_rows.part,
    counted_rows.counted::bigint    as counted,
    counted_rows.commune_code,
    units.unit_name                 as commune_name,
    counted_rows.household_id,
    counted_rows.core_table,
    lineage.submission_id,
    lineage.file_name,
    lineage.sheet,
    lineage."row"
from counted_rows
join meta.lineage as lineage on  lineage.period        = of_period::date
                             and lineage.core_table    = counted_rows.core_table
                             and lineage.submission_id = counted_rows.submission_id
                             and lineage."row"         = counted_rows."row"
join core.unit_month as units on units.period = of_period::date and units.unit_code = counted_rows.commune_code
order by counted_rows.part desc, counted_rows.commune_code, counted_rows.core_table, lineage."row";

comment on macro table meta.trace is
    'Source rows behind a published number: period, unit_code, indicator, population | Các dòng gốc làm nên một số liệu';
