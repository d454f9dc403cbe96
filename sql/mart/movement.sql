-- How did the poor and the near poor change in each month: the form's table at every level?
-- Grain: one row per month, unit that reported, group (class) and measure.
-- Caution: net_change is closing less opening; gross exits and entries also count moves between poor and near poor.
-- Caution: opening of a provisional province row is that of the districts that have reported.
with
units     as (select * from core.unit_month where districts_reported > 0),
roll_up   as (select * from core.unit_roll_up),
movements as (select * from core.movement_month),

by_unit as (
    select
        period, unit_code, class, measure,
        sum(opening)::bigint    as opening,
        sum(decrease_1)::bigint as decrease_1,
        sum(decrease_2)::bigint as decrease_2,
        sum(decrease_3)::bigint as decrease_3,
        sum(increase_1)::bigint as increase_1,
        sum(increase_2)::bigint as increase_2,
        sum(increase_3)::bigint as increase_3,
        sum(increase_4)::bigint as increase_4,
        sum(closing)::bigint    as closing
    from movements
    join roll_up using (period, commune_code)
    group by all
),

balanced as (
    select *,
        decrease_1 + decrease_2 + decrease_3                as gross_exits,
        increase_1 + increase_2 + increase_3 + increase_4   as gross_entries
    from by_unit
    join units using (period, unit_code)
)

select
    period,
    unit_code,
    unit_name,
    level,
    class,
    if(class = 'N', 'poor', 'near_poor')                    as group_name,
    measure,
    opening,
    decrease_1,
    decrease_2,
    decrease_3,
    increase_1,
    increase_2,
    increase_3,
    increase_4,
    closing,
    opening - gross_exits + gross_entries                   as closing_computed,
    closing = opening - gross_exits + gross_entries         as balanced,
    gross_exits,
    gross_entries,
    closing - opening                                       as net_change,
    districts_reported,
    districts_expected,
    provisional,
    districts_missing,
    districts_held,
    completeness_pct
from balanced
order by period, unit_code, class, measure
