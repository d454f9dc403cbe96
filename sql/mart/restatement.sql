-- Which published numbers are known otherwise now: what was published, what is known, and why?
-- Grain: one row per month, unit, indicator, population and earlier release that published another value.
-- Indicators and populations are those of mart.indicator; besides, the flows of mart.movement
-- (poor_households:decrease_1 …) and policy_eligible, policy_served and policy_coverage of mart.coverage.
-- as_published is made from the workbooks that the earlier release was made from, by the models of this one;
-- is_same_method is false where program, libraries, plan or settings have changed since.
-- Caution: a number that was not published then is no restatement; one that is no longer known is NULL now.
with
slots        as (select * from meta.restated_slot),
units        as (select * from core.unit_month),
submissions  as (select * from meta.submission),
policies     as (select * from core.policy),

-- What stood then, and what stands now, in the slots that have changed.
then_households as (select * from input.household_rows(input.replaced_household)),
then_communes   as (select * from input.commune_rows(input.replaced_commune)),
now_households  as (select * from core.household_month semi join slots using (submission_id)),
now_communes    as (select * from core.commune_month semi join slots using (submission_id)),
now_movements   as (select * from core.movement_month semi join slots using (submission_id)),
now_policies    as (select * from core.policy_month semi join slots using (submission_id)),

then_figures as (
    select * from input.commune_figures(
        then_households, then_communes, input.replaced_movement, input.replaced_policy)
),

now_figures as (
    select * from input.commune_figures(now_households, now_communes, now_movements, now_policies)
),

definitions as (
    select indicator, population, unit, numerator_indicator, numerator_population,
           denominator_indicator, denominator_population, less_indicator, less_population
    from core.indicator_definition
    union all
    select 'policy_coverage:' || policy, 'eligible', 'percent', 'policy_served:' || policy, 'eligible',
           'policy_eligible:' || policy, 'eligible', null, null
    from policies
    union all
    select unnest(['policy_eligible:' || policy, 'policy_served:' || policy]), 'eligible', unit,
           null, null, null, null, null, null
    from policies
    union all
    select class_group || '_' || measure || ':' || flow, 'all', measure, null, null, null, null, null, null
    from (values ('poor'), ('near_poor')) as class_groups(class_group)
    cross join (values ('households'), ('persons')) as measures(measure)
    cross join (values ('opening'), ('decrease_1'), ('decrease_2'), ('decrease_3'), ('increase_1'), ('increase_2'),
                       ('increase_3'), ('increase_4'), ('closing')) as flows(flow)
),

-- The units whose numbers may differ, and on how many districts they rested then.
affected as (
    select
        slots.release_id, slots.published_at, slots.period, units.unit_code, units.unit_name, units.level,
        units.districts_reported, units.districts_expected, units.provisional, units.districts_missing,
        units.districts_held, units.completeness_pct,
        any_value(units.districts_reported)
            + count(slots.published_submission_id) - count(slots.submission_id)         as districts_published,
        string_agg(distinct slots.cause, ', ' order by slots.cause)                     as cause,
        string_agg(slots.published_submission_id, ', ' order by slots.district_code)    as replaced,
        string_agg(slots.submission_id, ', ' order by slots.district_code)              as caused_by,
        string_agg(distinct submissions.kind, ', ' order by submissions.kind)           as kind,
        string_agg(distinct slots.decision, ', ' order by slots.decision)               as decision,
        string_agg(slots.event_id::varchar, ', ' order by slots.district_code)          as event_ids,
        max(slots.decided_at)                                                           as decided_at,
        string_agg(distinct slots.decided_by, ', ' order by slots.decided_by)           as decided_by,
        string_agg(distinct slots.reason, '; ' order by slots.reason)                   as reason,
        bool_and(slots.is_same_method)                                                  as is_same_method
    from slots
    left join submissions using (submission_id)
    join units on  units.period = slots.period
               and (units.level = 'province' or units.district_code = slots.district_code)
    group by all
),

changes as (
    select slots.release_id, figures.period, figures.commune_code, figures.indicator, figures.population,
           figures.value::bigint as value
    from slots
    join then_figures as figures on figures.submission_id = slots.published_submission_id
    union all
    select slots.release_id, figures.period, figures.commune_code, figures.indicator, figures.population,
           -figures.value::bigint
    from slots
    join now_figures as figures on figures.submission_id = slots.submission_id
),

unit_changes as (
    select changes.release_id, changes.period, whole.unit_code, changes.indicator, changes.population,
           sum(changes.value)::bigint as value
    from changes
    join units as commune on commune.period = changes.period and commune.unit_code = changes.commune_code
    join units as whole on  whole.period = changes.period
                        and (whole.level = 'province' or whole.unit_code in (commune.unit_code, commune.district_code))
    group by all
),

known_now as (
    select period, unit_code, indicator, population, numerator as value
    from mart.indicator
    where unit <> 'percent'
    union all
    select period, unit_code, unnest(['policy_eligible:' || policy, 'policy_served:' || policy]), 'eligible',
           unnest([eligible, served])
    from mart.coverage
    union all
    select period, unit_code, group_name || '_' || measure || ':' || flow, 'all', value
    from (
        unpivot (select period, unit_code, group_name, measure, opening, decrease_1, decrease_2, decrease_3,
                        increase_1, increase_2, increase_3, increase_4, closing from mart.movement)
        on opening, decrease_1, decrease_2, decrease_3, increase_1, increase_2, increase_3, increase_4, closing
        into name flow value value
    )
),

counts as (
    select
        {'release_id': affected.release_id, 'period': affected.period, 'unit_code': affected.unit_code} as place,
        definitions.indicator, definitions.population,
        if(affected.districts_reported > 0, coalesce(known_now.value, 0), null)             as now_value,
        coalesce(known_now.value, 0) + coalesce(unit_changes.value, 0)                      as then_value
    from affected
    cross join definitions
    left join known_now using (period, unit_code, indicator, population)
    left join unit_changes using (release_id, period, unit_code, indicator, population)
    where definitions.unit <> 'percent'
      and affected.districts_published > 0
),

then_counts as (select place, indicator, population, then_value as value from counts),
now_counts  as (select place, indicator, population, now_value as value from counts where now_value is not null),

then_values as (select * from input.counts_and_rates(then_counts, definitions)),
now_values  as (select * from input.counts_and_rates(now_counts, definitions)),

differing as (
    select place, indicator, population, then_values.value as as_published, now_values.value as as_known_now
    from then_values
    left join now_values using (place, indicator, population)
    where then_values.value is distinct from now_values.value
       or now_values.place is null
)

select
    affected.period,
    affected.unit_code,
    affected.unit_name,
    affected.level,
    differing.indicator,
    differing.population,
    definitions.unit,
    differing.as_published,
    differing.as_known_now,
    differing.as_known_now - differing.as_published             as change,
    affected.release_id                                         as published_in,
    affected.published_at,
    affected.districts_published::integer                       as districts_published,
    affected.cause,
    affected.replaced,
    affected.caused_by,
    affected.kind,
    affected.decision,
    affected.event_ids,
    affected.decided_at,
    affected.decided_by,
    affected.reason,
    affected.is_same_method,
    affected.districts_reported,
    affected.districts_expected,
    affected.provisional,
    affected.districts_missing,
    affected.districts_held,
    affected.completeness_pct
from differing
join affected on  affected.release_id = differing.place.release_id
              and affected.period     = differing.place.period
              and affected.unit_code  = differing.place.unit_code
join definitions using (indicator, population)
order by affected.period, affected.unit_code, differing.indicator, differing.population, affected.published_at,
         affected.release_id
