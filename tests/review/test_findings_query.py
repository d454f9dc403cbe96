"""The list of findings: causes, filters, search, order and pages, on findings made by hand."""

import datetime as dt
from typing import Any

import pytest

from expectations.catalogue import rules
from ledger.states import Submission
from review.queries.findings import (
    EXAMPLES,
    Asked,
    Table,
    find,
    in_cells,
    listed,
    make_table,
    matching,
    neighbours,
)
from tasks.findings import MASK, finding, to_frame


def a_finding(rule: str, cell: str | None = None, **changes: Any) -> dict[str, Any]:
    row = int("".join(letter for letter in cell if letter.isdigit())) if cell else None
    columns: dict[str, Any] = {"sheet": "Hộ", "row": row, "cell": cell, "column": "persons", "value": "0"}
    columns |= changes
    return finding("s", rule, {"value": columns["value"]}, **columns)


def a_table(*rows: dict[str, Any], counts: dict[str, int] | None = None) -> Table:
    judgement = {"counts": counts} if counts else None
    submission = Submission("s", "thang.xlsx", dt.datetime(2020, 1, 5, tzinfo=dt.UTC), 1, judgement=judgement)
    return make_table(to_frame(list(rows)), submission)


FOUND = (
    a_finding("H07", "K9", value="17"),
    a_finding("H06", "K100", value="99", household_ref="32194/Ấp 1/0007"),
    a_finding("H06", "K9", value="0"),
    a_finding("H14", "I12", column="head_id_number", value=MASK),
    a_finding("C05", "E6", sheet="Xã", column="poor", value="3", expected="4"),
    a_finding("F11", None, sheet="Ghi chú", column=None, value="Ghi chú"),
)


@pytest.fixture(scope="module")
def table() -> Table:
    return a_table(*FOUND)


def test_causes_stand_gravest_first_with_their_places(table: Table) -> None:
    causes = table.causes
    assert [cause.rule.code for cause in causes] == ["H06", "C05", "H07", "H14", "F11"]
    assert causes[0].places == (("Hộ", "persons", 2),)
    assert [one.cell for one in causes[0].examples] == ["K9", "K100"]


def test_a_cause_counts_exactly_where_the_listing_is_cut() -> None:
    cut = a_table(*(a_finding("H06", f"K{row}") for row in range(4, 24)), counts={"H06": 12_345})
    [cause] = cut.causes
    assert (cause.count, cause.listed, len(cause.examples)) == (12_345, 20, EXAMPLES)


@pytest.mark.parametrize(
    ("asked", "cells"),
    [
        (Asked(), ["K9", "K100", "E6", "K9", "I12", ""]),
        (Asked(rule="H06"), ["K9", "K100"]),
        (Asked(severity="info"), [""]),
        (Asked(sheet="Xã"), ["E6"]),
        (Asked(text="ấp 1"), ["K100"]),
        (Asked(text="ẤP 0007"), ["K100"]),
        (Asked(text="k9 h07"), ["K9"]),
        (Asked(text=".*"), []),
        (Asked(rule="H06", text="(["), []),
        (Asked(sort="cell"), ["E6", "K9", "K9", "I12", "K100", ""]),
        (Asked(sort="cell", descending=True), ["K100", "I12", "K9", "K9", "E6", ""]),
        (Asked(sort="household"), ["K100", "K9", "E6", "K9", "I12", ""]),
        (Asked(sort="no such column"), ["K9", "K100", "E6", "K9", "I12", ""]),
    ],
)
def test_what_is_asked_for_is_listed_in_order(table: Table, asked: Asked, cells: list[str]) -> None:
    page = listed(table, asked)
    assert [one.cell for one in page.rows] == cells
    assert (page.matched, page.total) == (len(cells), len(FOUND))


def test_waived_findings_can_be_asked_for() -> None:
    rows = [a_finding("H07", "K4") | {"waived": True}, a_finding("H07", "K5")]
    table = a_table(*rows)
    assert [one.cell for one in listed(table, Asked(waived="yes")).rows] == ["K4"]
    assert [one.cell for one in listed(table, Asked(waived="no")).rows] == ["K5"]
    assert table.causes[0].waived == 1


def test_pages_end_with_the_last() -> None:
    table = a_table(*(a_finding("H06", f"K{row}") for row in range(4, 124)))
    first, last, beyond = (listed(table, Asked(page=page)) for page in (1, 3, 99))
    assert (first.first, first.last, first.pages, first.rows[0].cell) == (1, 50, 3, "K4")
    assert (last.first, last.last, last.rows[-1].cell) == (101, 120, "K123")
    assert beyond == last
    assert listed(table, Asked(page=-5)) == first
    assert listed(table, Asked(size=7)).size == 50
    assert listed(a_table(), Asked()).pages == 1


def test_downloads_hold_all_that_was_asked_for(table: Table) -> None:
    assert len(matching(table, Asked(page=7))) == len(FOUND)
    assert [one.rule for one in matching(table, Asked(sheet="Xã"))] == ["C05"]


def test_a_finding_is_found_with_its_neighbours(table: Table) -> None:
    ids = [one.finding_id for one in listed(table, Asked()).rows]
    assert [neighbours(table, one) for one in (ids[0], ids[2], ids[-1])] == [
        (None, ids[1]),
        (ids[1], ids[3]),
        (ids[-2], None),
    ]
    assert neighbours(table, "none") == (None, None)
    found = find(table, ids[2])
    assert found is not None
    assert (found.rule, found.place, found.expected) == ("C05", (6, 5), "4")
    assert find(table, "none") is None


def test_cells_know_their_findings_the_gravest_first(table: Table) -> None:
    found = in_cells(table, "Hộ", 9, 12)
    assert {place: [one.rule for one in here] for place, here in found.items()} == {
        (9, 11): ["H06", "H07"],
        (12, 9): ["H14"],
    }


def test_the_senders_value_takes_the_place_of_the_mask(table: Table) -> None:
    [masked] = listed(table, Asked(rule="H14")).rows
    assert masked.is_personal
    assert MASK in masked.message_vi
    own = masked.with_value("0123")
    assert (own.value, own.is_personal) == ("0123", False)
    assert "0123" in own.message_vi
    assert MASK not in own.message_vi + own.message_en


def test_every_rule_of_the_catalogue_can_be_a_cause_in_both_languages() -> None:
    causes = a_table(*(a_finding(code, "K4") for code in rules())).causes
    assert {cause.rule.code for cause in causes} == set(rules())
    words = [(cause.mending.meaning_en, cause.mending.mending_en, cause.mending.mending) for cause in causes]
    assert all(all(text.strip() for text in one) for one in words)
