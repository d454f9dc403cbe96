-- A commune's counts on sheet Xã are not what its register counts (C05).
with
communes as (select * from core.commune_month),
register as (select * from core.household_month where is_in_register),

counted as (
    select
        period, commune_code,
        count(*) filter (where class in ('N1', 'N2'))                           as poor,
        sum(persons) filter (where class in ('N1', 'N2'))                       as poor_persons,
        count(*) filter (where class = 'N1')                                    as income_poor,
        count(*) filter (where class = 'N2')                                    as services_deprived,
        count(*) filter (where class in ('N1', 'N2') and social_protection)     as poor_social_protection,
        count(*) filter (where class in ('N1', 'N2') and ethnicity = 'Khmer')   as poor_khmer,
        count(*) filter (where class = 'CN')                                    as near_poor,
        sum(persons) filter (where class = 'CN')                                as near_poor_persons,
        count(*) filter (where class = 'CN' and social_protection)              as near_poor_social_protection,
        count(*) filter (where class = 'CN' and ethnicity = 'Khmer')            as near_poor_khmer
    from register
    group by all
)

select communes.period, communes.commune_code,
       communes.poor as poor_stated, counted.poor as poor_counted,
       communes.near_poor as near_poor_stated, counted.near_poor as near_poor_counted
from communes
full join counted using (period, commune_code)
where (communes.poor, communes.poor_persons, communes.income_poor, communes.services_deprived,
       communes.poor_social_protection, communes.poor_khmer, communes.near_poor, communes.near_poor_persons,
       communes.near_poor_social_protection, communes.near_poor_khmer)
    is distinct from
      (coalesce(counted.poor, 0), coalesce(counted.poor_persons, 0), coalesce(counted.income_poor, 0),
       coalesce(counted.services_deprived, 0), coalesce(counted.poor_social_protection, 0),
       coalesce(counted.poor_khmer, 0), coalesce(counted.near_poor, 0), coalesce(counted.near_poor_persons, 0),
       coalesce(counted.near_poor_social_protection, 0), coalesce(counted.near_poor_khmer, 0))
order by communes.period, communes.commune_code
