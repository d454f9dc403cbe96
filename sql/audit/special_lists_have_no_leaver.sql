-- A commune is counted in a list of special areas in a month in which it is not on the list, or has left it.
with
figures    as (select distinct period, programme, unit_code from mart.special_area where level = 'commune'),
areas      as (select * from core.special_area),
programmes as (select * from core.special_programme)

select figures.*, areas.status, areas.valid_from, areas.valid_to
from figures
left join areas using (programme, unit_code)
left join programmes using (programme)
where areas.unit_code is null
   or areas.status = 'not_listed'
   or areas.valid_to is null
   or figures.period not between areas.valid_from and areas.valid_to
   or figures.period > programmes.valid_to
   or (areas.is_active is false and areas.valid_to >= programmes.valid_to)
order by all
