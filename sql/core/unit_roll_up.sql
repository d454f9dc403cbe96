-- Into which units does a commune that reported count?
-- Grain: one row per month, commune that reported and unit: itself, its district, the province.
with
units as (select * from core.unit_month where districts_reported > 0)

select
    commune.period,
    commune.unit_code as commune_code,
    whole.unit_code
from units as commune
join units as whole on  whole.period = commune.period
                    and (whole.level = 'province' or whole.unit_code in (commune.unit_code, commune.district_code))
where commune.level = 'commune'
order by commune.period, commune_code, whole.unit_code
