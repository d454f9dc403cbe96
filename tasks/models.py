"""The warehouse's models: one SQL file each, in the order in which they are built."""

from pathlib import Path

SQL = Path(__file__).parent.parent / "sql"

# Every model after the ones it reads. meta.dictionary is written last.
MODELS = (
    "core.period",
    "core.plan",
    "core.unit",
    "core.policy",
    "core.ethnic_group",
    "core.movement_type",
    "core.deprivation",
    "core.poverty_cause",
    "core.inconsistency",
    "core.special_area",
    "core.special_programme",
    "core.unit_successor",
    "core.slot",
    "core.household_month",
    "core.commune_month",
    "core.movement_month",
    "core.policy_month",
    "core.unit_month",
    "core.unit_roll_up",
    "core.indicator_definition",
    "core.unit_count",
    "core.plan_number",
    "core.target",
    "meta.submission",
    "meta.finding",
    "meta.finding_count",
    "meta.rule",
    "meta.lineage",
    "meta.build",
    "mart.indicator",
    "mart.special_area",
    "mart.movement",
    "mart.coverage",
    "mart.multidimensional_poverty",
    "mart.target_vs_actual",
    "mart.plan_check",
    "mart.submission_status",
    "meta.restated_slot",
    "mart.restatement",
)

# What makes a row of a mart one of its kind. The numbers of these marts are restated where they are known otherwise
# now (tasks/restated.py).
FIGURE_KEYS = {
    "mart.coverage": ["period", "unit_code", "policy"],
    "mart.indicator": ["period", "unit_code", "indicator", "population"],
    "mart.movement": ["period", "unit_code", "class", "measure"],
    "mart.multidimensional_poverty": ["period", "unit_code", "weight", "measure", "deprivation"],
    "mart.plan_check": ["item", "unit_code"],
    "mart.special_area": ["period", "programme", "unit_code", "indicator", "population"],
    "mart.target_vs_actual": ["period", "unit_code", "target", "measure", "basis"],
}


def model_sql(model: str) -> str:
    """The SELECT behind a table, e.g. `mart.indicator`."""
    schema, name = model.split(".")
    return (SQL / schema / f"{name}.sql").read_text(encoding="utf-8")
