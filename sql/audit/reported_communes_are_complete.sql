-- A district that reported lacks a commune, a balance or a policy, or has one too many (F10).
with
due       as (select * from core.unit_month where level = 'commune' and districts_reported = 1),
communes  as (select period, commune_code, count(*) as found from core.commune_month group by all),
movements as (select period, commune_code, count(*) as found from core.movement_month group by all),
policies  as (select period, commune_code, count(*) as found from core.policy_month group by all),
asked     as (select count(*) as policies from core.policy)

select due.period, due.unit_code, communes.found as commune_rows, movements.found as movement_rows,
       policies.found as policy_rows
from due
left join communes  on communes.period  = due.period and communes.commune_code  = due.unit_code
left join movements on movements.period = due.period and movements.commune_code = due.unit_code
left join policies  on policies.period  = due.period and policies.commune_code  = due.unit_code
cross join asked
where communes.found is distinct from 1
   or movements.found is distinct from 4
   or policies.found is distinct from asked.policies
order by due.period, due.unit_code
