-- B2 points are not ten times the deprivations marked (H11), so one of the two is not what was accepted.
select period, household_id, b2_points
from core.household_month
where is_in_register
  and b2_points is distinct from 10 * (
      health_access::integer + health_insurance::integer + adult_education::integer + child_school::integer
      + housing_quality::integer + housing_area::integer + water::integer + toilet::integer
      + telecom::integer + info_assets::integer
  )
order by period, household_id
