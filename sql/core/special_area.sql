-- Which communes are on a list of areas in special difficulty, from which day to which, and who says so?
-- Grain: one row per list and commune.
-- Caution: rows at not_listed say that a commune is known to have left the list; count is_listed only.
with
areas as (select * from input.special_areas)

select
    programme,
    unit_code,
    unit_name,
    status,
    status = 'listed'                                           as is_listed,
    case active when 'yes' then true when 'no' then false end   as is_active,
    valid_from::date                                            as valid_from,
    valid_to::date                                              as valid_to,
    source,
    nullif(note, '')                                            as note
from areas
order by programme, unit_code
