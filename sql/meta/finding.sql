-- What was found wrong, in which cell of the sender's own file?
-- Grain: one row per listed finding; meta.finding_count has the exact numbers where a listing was cut.
-- Values of personal fields are masked, in the messages too.
with
findings    as (select * from input.findings),
submissions as (select * from meta.submission),
fields      as (select * from input.fields where personal),
rules       as (select * from input.rules),

-- Rules about a personal field: their values are hidden whatever column a finding names.
personal_rules as (
    select distinct rules.code as rule
    from rules
    join fields on list_contains(string_split(rules.fields, ';'), fields.key)
),

-- The household goes by its pseudonym here, as everywhere in the warehouse.
pseudonymous as (
    select findings.* replace (
        if(household_ref is null, value, replace(value, household_ref, coalesce(household_id, '•••')))                 as value,
        if(household_ref is null, message_vi, replace(message_vi, household_ref, coalesce(household_id, '•••')))  as message_vi,
        if(household_ref is null, message_en, replace(message_en, household_ref, coalesce(household_id, '•••')))  as message_en
    )
    from findings
),

marked as (
    select findings.*,
        coalesce(findings."column" in (select key from fields union select label_vi from fields), false)
            or findings.rule in (select rule from personal_rules)   as is_personal,
        coalesce(nullif(findings.value, ''), '•••')                 as hidden
    from pseudonymous as findings
    semi join submissions using (submission_id)
)

select
    submission_id,
    rule,
    severity,
    sheet,
    "row",
    "column",
    cell,
    if(is_personal and value <> '', '•••', value)                       as value,
    if(is_personal, replace(expected, hidden, '•••'), expected)        as expected,
    if(is_personal, replace(message_vi, hidden, '•••'), message_vi)    as message_vi,
    if(is_personal, replace(message_en, hidden, '•••'), message_en)    as message_en,
    household_id as household_ref,
    waived
from marked
order by all
