"""Where the plan contradicts itself: what it prints beside what comes out again. Nothing is repaired."""

from collections.abc import Iterable

import polars as pl

from plan.reference import table
from reports.paper import Column, Row

PLAN_COLUMNS = (
    Column("TT", "center", 5, number="A"),
    Column("Mã", "center", 6, number="B"),
    Column("Mục trong kế hoạch", "text", 24, number="C"),
    Column("Đơn vị", "text", 22, number="D"),
    Column("Nội dung", "text", 74, number="E"),
    Column("Số in trong kế hoạch", "percent", 12, number="1"),
    Column("Số tính lại", "percent", 12, number="2"),
)
# Ways of recomputing, as mart.plan_check marks them.
_WAYS_VI = {"": "", "sum_of_districts": " (cộng chín huyện)", "by_households": " (tính theo số hộ cần giảm)"}


def plan_rows(differences: pl.DataFrame) -> list[Row]:
    """The numbers that disagree, each under its known inconsistency, then the inconsistencies without a number.

    `differences` is reports.figures.plan_differences. A number that disagrees for no known reason has no code.
    """
    numbers: dict[str, list[Row]] = {}
    for row in differences.iter_rows(named=True):
        numbers.setdefault(row["inconsistency_id"] or "", []).append(
            Row(
                [
                    "",
                    row["inconsistency_id"] or "",
                    f"mục {row['plan_section']}",
                    row["unit_name"],
                    item_vi(row["item"]),
                    row["printed"],
                    row["recomputed_rounded"],
                ],
                kinds=None if row["decimals"] else {5: "count", 6: "count"},
            )
        )
    rows = list(numbers.get("", []))
    for known in known_inconsistencies():
        rows.append(Row(["", known["id"], known["where_vi"], "", known["what_vi"], None, None]))
        rows += numbers.get(known["id"], [])
    return [Row([str(number), *row.cells[1:]], row.style, row.kinds) for number, row in enumerate(rows, start=1)]


def item_vi(item: str) -> str:
    """What a printed number is, in Vietnamese. Raises KeyError for an item without a name."""
    names = {row["item"]: row["name_vi"] for row in table("printed_items")}
    way = ""
    if item not in names:
        item, _, way = item.rpartition(":")
    return names[item] + _WAYS_VI[way]


def known_inconsistencies() -> Iterable[dict[str, str]]:
    """The plan's known contradictions that a report names, in their order; those of the text copy only are left out."""
    return [row for row in table("inconsistencies") if row["what_vi"]]
