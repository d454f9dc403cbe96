-- What is this release made from?
-- Grain: one row. No clock stands in it, so that equal inputs make equal releases.
with
setting as (select * from input.setting)

select
    as_of_period    as as_of,
    baseline_period as first_period,
    code_version,
    program_hash,
    form,
    rule_pack,
    rate_denominator_excludes_social_protection,
    input_hash
from setting
