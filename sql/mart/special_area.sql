-- How do the communes in special difficulty fare: coastal communes and those of Programme 135?
-- Grain: one row per month, list, unit (province, district, commune), indicator and population.
-- A list counts in the months between its days; a unit counts its communes that are on the list then, and none that
-- has left it. areas_listed is what the list was approved with, less what has left it by then.
-- Indicators and populations are those of mart.indicator.
-- Caution: areas_known of areas_listed communes are known; is_whole_list says whether the province's row is the list's.
-- Caution: districts_* speak of the districts with a known commune of the list.
with
units      as (select * from core.unit_month),
programmes as (select * from core.special_programme),
counts     as (select * from core.unit_count),

-- The communes that are on a list in a month, whether they have reported or not.
communes as (
    select units.period, units.unit_code as commune_code, units.district_code, units.districts_reported = 1 as is_reported,
           areas.programme
    from units
    join core.special_area as areas on  areas.unit_code = units.unit_code
                                    and areas.is_listed
                                    and units.period between areas.valid_from and areas.valid_to
    where units.level = 'commune'
),

-- How many communes of the province are on the list in a month, known by name or not.
sizes as (
    select months.period, programmes.programme,
           programmes.areas_listed - count(left_before.unit_code) as areas_listed
    from (select distinct period from units) as months
    join programmes on months.period between programmes.valid_from and programmes.valid_to
    left join core.special_area as left_before
           on  left_before.programme = programmes.programme
           and left_before.status <> 'not_listed'
           and (left_before.valid_to is null or left_before.valid_to < months.period)
    group by months.period, programmes.programme, programmes.areas_listed
),

listed as (
    select communes.period, communes.programme, units.unit_code, communes.commune_code, communes.district_code,
           communes.is_reported
    from communes
    join units on  units.period = communes.period
               and (units.level = 'province' or units.unit_code in (communes.district_code, communes.commune_code))
),

districts as (
    select listed.period, listed.programme, listed.unit_code, listed.district_code,
           slots.district_name, slots.is_reported, slots.state, count(*) as communes
    from listed
    join core.slot as slots using (period, district_code)
    group by all
),

coverage as (
    select
        period, programme, unit_code,
        sum(communes)                                                                           as areas_known,
        sum(communes) filter (where is_reported)                                                as areas_reported,
        count(*) filter (where is_reported)                                                     as districts_reported,
        count(*)                                                                                as districts_expected,
        string_agg(district_name, ', ' order by district_code) filter (where not is_reported)   as districts_missing,
        string_agg(district_name, ', ' order by district_code) filter (where state = 'held')    as districts_held
    from districts
    group by all
),

summed as (
    select {'period': listed.period, 'programme': listed.programme, 'unit_code': listed.unit_code} as place,
           counts.indicator, counts.population, sum(counts.value)::bigint as value
    from listed
    join counts on counts.period = listed.period and counts.unit_code = listed.commune_code
    group by all
),

all_rows as (select * from input.counts_and_rates(summed, core.indicator_definition))

select
    coverage.period,
    coverage.programme,
    programmes.programme_name_vi,
    coverage.unit_code,
    units.unit_name,
    units.level,
    all_rows.indicator,
    all_rows.population,
    all_rows.numerator,
    all_rows.denominator,
    all_rows.value,
    all_rows.unit,
    coverage.areas_reported::integer                                            as areas_reported,
    coverage.areas_known::integer                                               as areas_known,
    if(units.level = 'province', sizes.areas_listed, null)::integer             as areas_listed,
    if(units.level = 'province', coverage.areas_known = sizes.areas_listed, null)   as is_whole_list,
    coverage.districts_reported::integer                                        as districts_reported,
    coverage.districts_expected::integer                                        as districts_expected,
    coverage.districts_reported < coverage.districts_expected                   as provisional,
    coverage.districts_missing,
    coverage.districts_held,
    100 * coverage.districts_reported / coverage.districts_expected             as completeness_pct
from all_rows
join coverage on  coverage.period    = all_rows.place.period
              and coverage.programme = all_rows.place.programme
              and coverage.unit_code = all_rows.place.unit_code
join programmes on programmes.programme = coverage.programme
join sizes on sizes.period = coverage.period and sizes.programme = coverage.programme
join units on units.period = coverage.period and units.unit_code = coverage.unit_code
order by coverage.period, coverage.programme, coverage.unit_code, all_rows.indicator, all_rows.population
