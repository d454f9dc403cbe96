-- Which communes are on a list of areas in special difficulty, from which day to which, and who says so?
-- Grain: one row per list and commune.
-- A commune is on a list in the months that end between valid_from and valid_to, and in none where is_listed is false.
-- Caution: a commune that left on a day which nobody says (the plan invests no longer, yet no day is given) may have
-- been gone in any month: valid_to is NULL, is_listed false, and no list has it.
with
areas      as (select * from input.special_areas),
programmes as (select * from input.special_programmes),

dated as (
    select
        areas.*,
        areas.status = 'listed' and areas.active = 'no' and areas.valid_to >= programmes.valid_to as left_some_day
    from areas
    join programmes using (programme)
)

select
    programme,
    unit_code,
    unit_name,
    if(status = 'listed' and active = 'no', 'left', status)     as status,
    status = 'listed' and not left_some_day                     as is_listed,
    case active when 'yes' then true when 'no' then false end   as is_active,
    valid_from::date                                            as valid_from,
    if(left_some_day, null, valid_to)::date                     as valid_to,
    source,
    nullif(note, '')                                            as note
from dated
order by programme, unit_code
