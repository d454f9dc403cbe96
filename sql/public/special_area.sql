-- mart.special_area without what may not leave the province: a sum over listed communes is published only where each
-- of their own figures is.
with
members as (
    select units.period, units.unit_code as commune_code, areas.programme, unnest([
        units.unit_code, units.district_code, (select any_value(unit_code) from core.unit where level = 'province')
    ]) as unit_code
    from core.unit_month as units
    join core.special_area as areas on  areas.unit_code = units.unit_code
                                    and areas.is_listed
                                    and units.period between areas.valid_from and areas.valid_to
    where units.level = 'commune'
),

hidden_sum as (
    select members.period, members.programme, members.unit_code, hidden_figure.indicator, hidden_figure.population,
           bool_or(hidden_figure.numerator) as numerator, bool_or(hidden_figure.denominator) as denominator
    from members
    join hidden_figure on  hidden_figure.period    = members.period
                       and hidden_figure.unit_code = members.commune_code
    group by all
)

select
    period,
    programme,
    figures.programme_name_vi,
    unit_code,
    figures.unit_name,
    figures.level,
    indicator,
    population,
    if(hidden_sum.numerator, null, figures.numerator)       as numerator,
    if(hidden_sum.denominator, null, figures.denominator)   as denominator,
    if(hidden_sum.numerator is null, figures.value, null)   as value,
    figures.unit,
    figures.areas_reported,
    figures.areas_known,
    figures.areas_listed,
    figures.is_whole_list,
    figures.districts_reported,
    figures.districts_expected,
    figures.provisional,
    figures.districts_missing,
    figures.districts_held,
    figures.completeness_pct,
    hidden_sum.numerator is not null                        as suppressed
from mart.special_area as figures
left join hidden_sum using (period, programme, unit_code, indicator, population)
order by period, programme, unit_code, indicator, population
