-- What does each rule ask, and what happens to a file that breaks it?
-- Grain: one row per rule code.
with
rules as (select * from input.rules)

select
    code                    as rule,
    scope,
    nullif(sheet, '')       as sheet,
    severity,
    on_fail,
    waivable = 'yes'        as is_waivable,
    nullif(fields, '')      as fields,
    rule                    as description_en,
    message_vi
from rules
order by code
