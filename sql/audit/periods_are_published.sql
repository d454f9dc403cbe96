-- A row lies before the baseline or after the release's as_of.
with
build as (select * from meta.build)

select distinct lineage.period, lineage.core_table
from meta.lineage as lineage
cross join build
where lineage.period not between build.first_period and build.as_of
order by all
