-- A row stands at a commune that the unit list of its month does not have, or in another district.
with
source_rows as (select distinct period, district_code, commune_code, core_table from meta.lineage),
units       as (select * from core.unit_month where level = 'commune')

select source_rows.*, units.district_code as district_in_list
from source_rows
left join units on units.period = source_rows.period and units.unit_code = source_rows.commune_code
where units.district_code is distinct from source_rows.district_code
order by all
