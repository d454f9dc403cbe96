"""Write the tables of these pages that are made from the code: `python docs/generate.py`.

A page is written by hand but for what stands between two marks, which is replaced whole. The tests hold the
committed pages against what is generated.
"""

import csv
import re
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from expectations import commune, cover, household, movement, policy, presence
from expectations.catalogue import Rule, rules
from forms.dictionary import FORM_CODE, movements, sheets
from plan.reference import PLAN_YEAR
from settings import REPOSITORY, Settings
from tasks.build import FINDING_COUNT, SLOT, SUBMISSION, BuildInputs, build_warehouse

DOCS = Path(__file__).parent
# Judged where a file is opened or files are compared with each other: no frame of one file holds them.
BEFORE_THE_SUITES = ("F01", "F07", "X04")


def main() -> None:
    for name in PAGES:
        page = DOCS / name
        page.write_text(generated(name, page.read_text(encoding="utf-8")), encoding="utf-8")


def generated(name: str, text: str) -> str:
    """The page with every marked part made anew. Raises ValueError where a mark is missing."""
    for part, make in PAGES[name].items():
        begin, end = f"<!-- generated: {part} -->\n", "<!-- end -->"
        if text.count(begin) != 1:
            raise ValueError(f"{name} has no mark for {part}")
        head, _, rest = text.partition(begin)
        text = f"{head}{begin}\n{make()}\n{end}{rest.partition(end)[2]}"
    return text


def judged_rules() -> set[str]:
    """The codes that some expectation, or the taking of a file, stands for."""
    suites = [
        *cover.suite(),
        *presence.suite(),
        *(suite(f"{PLAN_YEAR}-12") for suite in (household.suite, commune.suite, movement.suite, policy.suite)),
    ]
    flat: list[Any] = []
    for one in suites:
        flat += one if isinstance(one, list) else [one]
    return {expectation.meta["rule"] for expectation in flat} | set(BEFORE_THE_SUITES)


def _rules_judged() -> str:
    return _rule_table(rule for rule in rules().values() if rule.code in judged_rules())


def _rule_table(chosen: Iterable[Rule]) -> str:
    return _table(
        ("Code", "Severity", "On fail", "Waivable", "What it asks", "Message"),
        [
            (rule.code, rule.severity, rule.on_fail, "yes" if rule.waivable else "", rule.rule, rule.message_vi)
            for rule in chosen
        ],
    )


def _fields() -> str:
    parts = []
    for sheet in sheets().values():
        parts.append(f"## Sheet {sheet.name_vi} (`{sheet.key}`)\n")
        rows = [
            (
                f"`{field.key}`",
                field.label_vi,
                field.label_en,
                field.type,
                "yes" if field.required else "",
                "yes" if field.personal else "",
                field.unit,
                field.values,
                field.description,
            )
            for field in sheet.fields
        ]
        names = ("Key", "Label", "In English", "Type", "Required", "Personal", "Unit", "Values", "What it is")
        parts.append(_table(names, rows))
    return f"Form code: `{FORM_CODE}`\n\n" + "\n".join(parts)


def _movements() -> str:
    rows = [
        (
            f"`{one.code}`",
            f"{one.class_previous} → {one.class_}",
            f"{one.group_out}.{one.flow_out}" if one.group_out else "",
            f"{one.group_in}.{one.flow_in}" if one.group_in else "",
            one.label_vi,
            one.label_en,
        )
        for one in movements()
    ]
    return _table(("Code", "Class", "Leaves in", "Enters in", "Meaning", "In English"), rows)


def _settings() -> str:
    rows = []
    for name, field in Settings.model_fields.items():
        default = field.default
        if isinstance(default, Path):
            default = f"{default.relative_to(REPOSITORY)}/ in the repository"
        described = field.description or ""
        rows.append((f"`GIAMNGHEO_{name.upper()}`", "empty" if default == "" else str(default), described))
    return _table(("Variable", "Default", "What it says"), rows)


def _warehouse_tables() -> str:
    with open(REPOSITORY / "sql" / "dictionary.csv", encoding="utf-8", newline="") as file:
        described = {row["table"]: row["description_en"] for row in csv.DictReader(file) if not row["column"]}
    order = {"mart": 0, "core": 1, "meta": 2}
    names = sorted(described, key=lambda name: (order[name.partition(".")[0]], name))
    return _table(("Table", "Rows", "What it holds"), [(f"`{name}`", _grain(name), described[name]) for name in names])


def _dictionary() -> str:
    """Every table and column as a warehouse itself describes them: one is built, of nothing."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "warehouse.duckdb"
        nothing = [pl.DataFrame(schema=schema) for schema in (SUBMISSION, SLOT, FINDING_COUNT)]
        build_warehouse(
            path, BuildInputs("2019-12", "2019-12", Path(folder), nothing[0], nothing[1], [], nothing[2], b"")
        )
        with duckdb.connect(str(path), read_only=True) as connection:
            rows = connection.execute(
                "select table_name, column_name, type, unit, description_en, description_vi from meta.dictionary"
            ).fetchall()
    order = {"mart": 0, "core": 1, "meta": 2}
    parts = []
    for table in sorted({row[0] for row in rows}, key=lambda name: (order[name.partition(".")[0]], name)):
        mine = [row for row in rows if row[0] == table]
        [about] = [row for row in mine if not row[1]]
        columns = [(f"`{row[1]}`", row[2], row[3], row[4], row[5]) for row in mine if row[1]]
        grain = _grain(table)
        parts.append(f"## `{table}`\n\n{about[4]}. {about[5]}.{f' Grain: {grain}.' if grain else ''}\n")
        parts.append(_table(("Column", "Type", "Unit", "What it is", "Là gì"), columns))
    return "\n".join(parts)


def _grain(table: str) -> str:
    """The sentence after `-- Grain:` at the head of the model, without its full stop."""
    model = REPOSITORY / "sql" / f"{table.replace('.', '/')}.sql"
    if not model.exists():
        return ""
    comment = " ".join(re.findall(r"^-- (.*)$", model.read_text(encoding="utf-8"), flags=re.MULTILINE))
    found = re.search(r"Grain: (.*?)[.;](?= |$)", comment)
    return found.group(1) if found else ""


def _table(names: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [_row(names), _row("---" for _ in names), *(_row(row) for row in rows)]
    return "\n".join(lines) + "\n"


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


PAGES: dict[str, dict[str, Callable[[], str]]] = {
    "analyst.md": {"tables": _warehouse_tables},
    "data-team.md": {"settings": _settings},
    "dictionary.md": {"dictionary": _dictionary},
    "fields.md": {"fields": _fields, "movements": _movements},
    "rules.md": {"rules judged": _rules_judged},
}


if __name__ == "__main__":
    main()
