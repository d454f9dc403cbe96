"""No figure of sheet Chính sách that can't be true passes without a finding, whichever policy and commune it is of."""

import datetime as dt
import random
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from small_district import COMMUNE, DISTRICT, INSURED, a_month

from forms.workbook import write_workbook
from plan.reference import BASELINE_PERIOD, communes, next_period, period_end, table
from tasks.accept import accepted_tables, read_earlier, read_previous, write_accepted
from tasks.case import Case
from tasks.derive import derive_wave
from tasks.findings import make_findings
from tasks.read import ReadWorkbook, read_workbook
from tasks.validate import validate_wave

JANUARY = next_period(BASELINE_PERIOD)
UNITS = {row["policy"]: row["unit"] for row in table("policies_monitored")}
CODES = [unit.code for unit in communes(JANUARY, DISTRICT)]
# As `a_month` has them, in each commune.
RESIDENTS = {"households": 1000, "persons": 4000}
# Those of its twelve households, in one commune.
LISTED_PERSONS = 48
BIGGEST = 2**31 - 1
# What each case changes: commune, policy, field → the number that is written there.
Change = dict[tuple[str, str, str], int]


def changed(book: ReadWorkbook, change: Change) -> ReadWorkbook:
    """The workbook with other numbers on sheet Chính sách."""
    sheet = book.tables["policy"]
    rows = sheet.rows
    for (commune, policy, field), value in change.items():
        here = (pl.col("commune_code") == commune) & (pl.col("policy") == policy)
        rows = rows.with_columns(
            pl.when(here).then(pl.lit(value, rows.schema[field])).otherwise(field).alias(field),
            pl.when(here).then(pl.lit(str(value))).otherwise(f"{field}__text").alias(f"{field}__text"),
        )
    return replace(book, tables=book.tables | {"policy": replace(sheet, rows=rows)})


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> tuple[ReadWorkbook, ReadWorkbook]:
    """A valid baseline and the January after it."""
    folder = tmp_path_factory.mktemp("months")
    months = (a_month(), a_month(JANUARY, previous=a_month()))
    found = []
    for number, month in enumerate(months):
        write_workbook(folder / f"{number}.xlsx", month)
        found.append(read_workbook((folder / f"{number}.xlsx").read_bytes(), "thang.xlsx"))
    return found[0], found[1]


def broken(
    folder: Path, books: tuple[ReadWorkbook, ReadWorkbook], changes: list[Change], waived: frozenset[str] = frozenset()
) -> list[set[tuple[str, str]]]:
    """The rules and fields that each change breaks in January, all judged in one wave."""
    before, now = books
    write_accepted(folder / "before", accepted_tables(before, "before", DISTRICT, BASELINE_PERIOD, b"k"))
    previous, earlier = read_previous(folder / "before", BASELINE_PERIOD), read_earlier({})
    cases = [
        Case(
            submission_id=str(number),
            workbook=changed(now, change),
            received_on=period_end(JANUARY) + dt.timedelta(days=3),
            district_code=DISTRICT,
            period=JANUARY,
            previous=previous,
            earlier=earlier,
            waived_rules=waived,
        )
        for number, change in enumerate(changes)
    ]
    frames = derive_wave(cases, JANUARY)
    judged = make_findings(cases, frames, validate_wave(frames, JANUARY), limit=1000)
    return [{(finding["rule"], finding["column"]) for finding in one.listed} for one in judged]


def test_more_than_all_residents_is_found_in_every_cell(
    tmp_path: Path, books: tuple[ReadWorkbook, ReadWorkbook]
) -> None:
    """From one too many to 40,400,000 and more; and at the residents themselves nothing is."""
    draw = random.Random(9)
    cells = [(code, policy, field) for code in CODES for policy in UNITS for field in ("eligible", "served")]
    values = [RESIDENTS[UNITS[policy]] + min(int(10 ** draw.uniform(0, 9)), BIGGEST // 2) for _, policy, _ in cells]
    found = broken(tmp_path, books, [{cell: value} for cell, value in zip(cells, values, strict=True)])
    assert len(found) == 8 * 14 * 2
    for cell, value, rules in zip(cells, values, found, strict=True):
        assert rules == {("P04", cell[2])}, (cell, value)


def test_a_hundred_thousand_families_of_every_policy_are_found(
    tmp_path: Path, books: tuple[ReadWorkbook, ReadWorkbook]
) -> None:
    """Eligible and served together, so that the share looks sound."""
    changes = [{(COMMUNE, policy, field): 99_999 for field in ("eligible", "served")} for policy in UNITS]
    for rules in broken(tmp_path, books, changes):
        assert rules == {("P04", "eligible"), ("P04", "served")}


def test_what_the_register_or_the_month_before_denies_is_found(
    tmp_path: Path, books: tuple[ReadWorkbook, ReadWorkbook]
) -> None:
    """Insured persons fewer than are listed; a district's eligible that jump, within what its communes hold."""
    draw = random.Random(5)
    few = [{(COMMUNE, "bhyt", "eligible"): draw.randrange(1, LISTED_PERSONS)} for _ in range(20)]
    everywhere_one: Change = {(code, "bhyt", "eligible"): 1 for code in CODES}
    jumps: list[Change] = []
    for policy, unit in UNITS.items():
        # 80 in the district before, 1,600 insured: 30 more may be, or 400.
        was = INSURED if policy == "bhyt" else 10
        allowed = max(len(CODES) * was // 4, 30)
        jumps += [
            {(code, policy, "eligible"): draw.randrange(was + allowed + 1, RESIDENTS[unit] + 1)}
            for code in draw.sample(CODES, 3)
        ]
    found = broken(tmp_path, books, [*few, everywhere_one, *jumps])
    assert all(rules == {("P05", "eligible")} for rules in found[: len(few) + 1])
    assert all(rules == {("P06", "eligible")} for rules in found[len(few) + 1 :])


def test_a_waived_cause_no_longer_covers_what_follows_from_it(
    tmp_path: Path, books: tuple[ReadWorkbook, ReadWorkbook]
) -> None:
    """One insured person in each commune, all of them served; and more served than are eligible."""
    one: Change = {(code, "bhyt", "eligible"): 1 for code in CODES}
    many: Change = {(COMMUNE, "bhyt", "served"): INSURED + 1}
    found = broken(tmp_path, books, [one, many], frozenset({"P02", "P05"}))
    assert found[0] == {("P05", "eligible"), ("P06", "eligible"), ("P07", "served")}
    assert found[1] == {("P02", "served"), ("P07", "served")}
