"""Everything on a workbook that follows from its household rows (contract, section 1)."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import cast

from forms.dictionary import CLASSES_LISTED, CLASSES_POOR, COUNTED_FIELDS, FLOWS, movements
from forms.month import DistrictMonth, Row

HOUSEHOLDS, PERSONS = "Hộ", "Nhân khẩu"
GROUPS = ("N", "CN")
_MOVEMENTS = {movement.code: movement for movement in movements()}

# (commune, group, measure) → column of sheet Diễn biến → count
_Table = dict[tuple[str, str, str], dict[str, int]]
# (commune, hamlet, household code) → row of the register
_Register = dict[tuple[str, str, str], Row]


def summarise(month: DistrictMonth, previous: DistrictMonth | None) -> DistrictMonth:
    """The same month with sheets Xã and Diễn biến and the cover's control totals counted from sheet Hộ.

    Sheet Xã's resident columns are kept, and every commune on it gets its four rows on Diễn biến.
    `previous` is the district's month before; None makes a baseline, where opening = closing.
    """
    counted = _count_register(month.household)
    codes = [cast(str, row["commune_code"]) for row in month.commune]
    commune = [
        row | counted.get(code, dict.fromkeys(COUNTED_FIELDS, 0))
        for code, row in zip(codes, month.commune, strict=True)
    ]
    flows = _flows(month.household, _register(previous.household) if previous else {})
    opening = _count_register(previous.household) if previous else counted
    cover = month.cover | {
        "total_poor": sum(own["poor"] for own in counted.values()),
        "total_near_poor": sum(own["near_poor"] for own in counted.values()),
        "total_communes": len(set(codes)),
    }
    movement = _movement_rows(commune, flows, opening, counted)
    return replace(month, cover=cover, commune=commune, movement=movement)


def key_of(row: Row) -> tuple[str, str, str]:
    """(commune, hamlet, household code): what identifies a household in a district's files."""
    return cast(tuple[str, str, str], (row["commune_code"], row["hamlet"], row["household_code"]))


def register(rows: Iterable[Row]) -> list[Row]:
    """The rows of sheet Hộ that are poor or near poor at period end; those at KN have left."""
    return [row for row in rows if row["class"] in CLASSES_LISTED]


def _register(rows: Iterable[Row]) -> _Register:
    return {key_of(row): row for row in register(rows)}


def _count_register(rows: Iterable[Row]) -> dict[str, dict[str, int]]:
    """Commune code → the ten poverty columns of sheet Xã."""
    found: dict[str, dict[str, int]] = {}
    for row in register(rows):
        own = found.setdefault(cast(str, row["commune_code"]), dict.fromkeys(COUNTED_FIELDS, 0))
        group = "poor" if row["class"] in CLASSES_POOR else "near_poor"
        own[group] += 1
        own[f"{group}_persons"] += cast(int, row["persons"])
        own[f"{group}_social_protection"] += row["social_protection"] == "x"
        own[f"{group}_khmer"] += row["ethnicity"] == "Khmer"
        if group == "poor":
            own["income_poor" if row["class"] == "N1" else "services_deprived"] += 1
    return found


def _flows(rows: Iterable[Row], before: _Register) -> _Table:
    """The seven flow columns by commune, group and measure."""
    found: _Table = defaultdict(lambda: dict.fromkeys(FLOWS, 0))
    for row in rows:
        commune = cast(str, row["commune_code"])
        persons = cast(int, row["persons"])
        movement = _MOVEMENTS[cast(str, row["movement"])]
        unchanged = movement.code == "KHONG_DOI"
        group_out = ("CN" if row["class_previous"] == "CN" else "N") if unchanged else movement.group_out
        earlier = before.get(key_of(row))
        if group_out and earlier:
            change = persons - cast(int, earlier["persons"])
            # A change of size is booked where the household was, before it moves on.
            found[commune, group_out, PERSONS]["increase_4" if change > 0 else "decrease_3"] += abs(change)
        for group, flow in ((movement.group_out, movement.flow_out), (movement.group_in, movement.flow_in)):
            if group:
                found[commune, group, HOUSEHOLDS][flow] += 1
                found[commune, group, PERSONS][flow] += persons
    return found


def _movement_rows(
    communes: list[Row], flows: _Table, opening: dict[str, dict[str, int]], closing: dict[str, dict[str, int]]
) -> list[Row]:
    """Four rows for each commune: group × measure, from opening to closing."""
    rows = []
    for commune in communes:
        code = cast(str, commune["commune_code"])
        for group in GROUPS:
            for measure in (HOUSEHOLDS, PERSONS):
                column = ("poor" if group == "N" else "near_poor") + ("_persons" if measure == PERSONS else "")
                row: Row = {
                    "commune_code": code,
                    "commune_name": commune["commune_name"],
                    "class": group,
                    "measure": measure,
                }
                row["opening"] = opening.get(code, {}).get(column, 0)
                row.update(flows.get((code, group, measure)) or dict.fromkeys(FLOWS, 0))
                row["closing"] = closing.get(code, {}).get(column, 0)
                rows.append(row)
    return rows
