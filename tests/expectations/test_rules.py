"""The rules on a small month: each case is a valid month with one difference, and the findings that it leads to.

All cases of a period are judged in one wave, as the ingest does.
"""

import datetime as dt
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from small_district import COMMUNE, DISTRICT, a_household, a_month

from forms.dictionary import KIND_CORRECTION, sheets
from forms.month import CellValue, DistrictMonth, Row
from forms.workbook import write_workbook
from plan.reference import BASELINE_PERIOD, period_end
from tasks.accept import accepted_tables, read_earlier, read_previous, write_accepted
from tasks.case import Case
from tasks.cover import read_cover
from tasks.derive import derive_wave
from tasks.findings import make_findings
from tasks.read import ReadWorkbook, read_workbook
from tasks.validate import validate_wave

JANUARY = "2020-01"
OTHER_COMMUNE = ("32197", "Xã Hiệp Tùng")
# A finding in short: the rule and the cell, "" where there is none.
Expected = list[tuple[str, str]]
Make = Callable[[], DistrictMonth]


def household(index: int = 0, **changes: CellValue) -> Make:
    """A baseline in which one row of sheet Hộ is changed and nothing is counted again."""

    def make() -> DistrictMonth:
        month = a_month()
        month.household[index] |= changes
        return month

    return make


def counted(*rows: Row) -> Make:
    """A baseline with these households besides, every number counted from them."""
    return lambda: a_month(rows=[*a_month().household, *rows])


def sheet(name: str, index: int, **changes: CellValue) -> Make:
    def make() -> DistrictMonth:
        month = a_month()
        month.rows(name)[index] |= changes
        return month

    return make


def cover(**changes: CellValue) -> Make:
    return lambda: a_month(**changes)


def without(name: str, index: int) -> Make:
    def make() -> DistrictMonth:
        month = a_month()
        del month.rows(name)[index]
        return month

    return make


def twice(name: str, index: int) -> Make:
    def make() -> DistrictMonth:
        month = a_month()
        month.rows(name).append(dict(month.rows(name)[index]))
        return month

    return make


def left_blank(*names: str, of: Make = a_month) -> Make:
    """A month with these sheets as the template has them: codes and names, and no count."""

    def make() -> DistrictMonth:
        month = of()
        for name in names:
            for row in month.rows(name):
                row |= {field.key: None for field in sheets()[name].of_type("count")}
        return month

    return make


def untouched(of: Make = a_month) -> DistrictMonth:
    """The month as the template has it: nobody listed, no count, half of the cover."""
    month = left_blank("commune", "movement", "policy", of=of)()
    month.household.clear()
    month.cover |= {field.key: None for field in sheets()["cover"].of_type("count")}
    return month


def nobody_listed(of: Make = a_month, **cover: CellValue) -> Make:
    def make() -> DistrictMonth:
        month = of()
        month.household.clear()
        month.cover |= cover
        return month

    return make


def minorities(given: int) -> Make:
    """Everyone listed is Hoa, and sheet Xã gives so many minority households."""

    def make() -> DistrictMonth:
        month = a_month(rows=[row | {"ethnicity": "Hoa"} for row in a_month().household])
        return _with(month, "commune", 1, minority_households=given, khmer_households=0)

    return make


def _with(month: DistrictMonth, name: str, index: int, **changes: CellValue) -> DistrictMonth:
    month.rows(name)[index] |= changes
    return month


def everybody_listed() -> DistrictMonth:
    """The households' commune has no residents but those on sheet Hộ, and no more are eligible than live there."""
    month = sheet("commune", 1, households=12, persons=48, minority_households=0, khmer_households=0)()
    for row in month.policy:
        if row["commune_code"] == COMMUNE and row["policy"] == "bhyt":
            row["eligible"] = 48
    return month


def several(*cells: tuple[int, Row], of: Make = a_month) -> Make:
    """A month in which rows of sheet Chính sách are changed, by their index."""

    def make() -> DistrictMonth:
        month = of()
        for index, changes in cells:
            month.policy[index] |= changes
        return month

    return make


NOT_FILLED_IN: Expected = [("C01", "C4"), ("C01", "E4"), ("P01", "D4"), ("F04", "B10"), ("F04", "B11"), ("F04", "B12")]


def extra(**changes: CellValue) -> Row:
    """One more household, at row 16 of sheet Hộ when it is added to a month."""
    return a_household(household_code="0900") | changes


def _with_first_line(month: DistrictMonth) -> DistrictMonth:
    month.commune[0] = a_month().commune[0]
    return month


# Rows of sheet Hộ start at 4: six income poor, two services deprived (10, 11), four near poor (12 to 15).
BASELINE: dict[str, tuple[Make, Expected]] = {
    "a valid month": (a_month, []),
    "a month without households": (lambda: a_month(rows=[]), []),
    # H01, H02, F06
    "H01 unknown commune": (household(commune_code="99999"), [("H01", "B4")]),
    "H01 commune code with its zero lost": (household(commune_code="3219"), [("H01", "B4")]),
    "F06 commune of another district": (
        household(commune_code="32023", commune_name="Xã Tân Thành"),
        [("F06", "B4"), ("H02", "C4")],
    ),
    "H02 name of another commune": (household(commune_name=OTHER_COMMUNE[1]), [("H02", "C4")]),
    "H02 holds: short type": (household(commune_name="X. Hàm Rồng"), []),
    "H02 holds: without its type": (household(commune_name="hàm  rồng"), []),
    "H02 holds: decomposed": (household(commune_name=unicodedata.normalize("NFD", "Xã Hàm Rồng")), [("F12", "")]),
    # F14 is the only finding of its cell
    "F14 in a required text": (household(head_name="#REF!"), [("F14", "F4")]),
    "F14 in a required number": (household(persons="#N/A"), [("F14", "K4")]),
    "F14 in a flag": (household(water="#VALUE!"), [("F14", "U4")]),
    "F14 in a code": (household(commune_code="#REF!"), [("F14", "B4")]),
    "F14 in a class": (household(**{"class": "#N/A"}), [("F14", "Y4")]),
    "F14 in the causes": (household(causes="#N/A"), [("F14", "AD4")]),
    # H03
    "H03 same household twice": (household(1, household_code="0001"), [("H03", "E4"), ("H03", "E5")]),
    "H03 same code in another hamlet": (household(1, household_code="0001", hamlet="Ấp 2"), []),
    # H04: every required cell
    "H04 no commune code": (household(commune_code=None), [("H04", "B4")]),
    "H04 no commune name": (household(commune_name=None), [("H04", "C4")]),
    "H04 no hamlet": (household(hamlet=None), [("H04", "D4")]),
    "H04 no household code": (household(household_code="  "), [("H04", "E4")]),
    "H04 no name": (household(head_name=None), [("H04", "F4")]),
    "H04 no year of birth": (household(head_birth_year=None), [("H04", "G4")]),
    "H04 no sex": (household(head_sex=None), [("H04", "H4")]),
    "H04 no ethnic group": (household(ethnicity=None), [("H04", "J4")]),
    "H04 no persons": (household(persons=None), [("H04", "K4")]),
    "H04 no area": (household(area=None), [("H04", "L4")]),
    "H04 no B1": (household(b1_points=None), [("H04", "M4")]),
    "H04 no B2": (household(b2_points=None), [("H04", "N4")]),
    "H04 no class": (household(**{"class": None}), [("H04", "Y4")]),
    "H04 no class before": (household(class_previous=None), [("H04", "Z4")]),
    "H04 no movement": (household(movement=None), [("H04", "AA4")]),
    "H04 holds: no ID number, no note": (household(head_id_number=None, note=None), []),
    # H05
    "H05 a stored fraction": (household(persons=4.5), [("H05", "K4")]),
    "H05 1.552 stored as a number": (household(b1_points=1.552), [("H05", "M4")]),
    "H05 words": (household(persons="bốn"), [("H05", "K4")]),
    "H05 below zero": (household(b1_points=-5), [("H05", "M4")]),
    "H05 holds: digits as text": (household(persons="4", b1_points="100"), []),
    # H06, H07
    "H06 nobody": (household(persons=0), [("H06", "K4")]),
    "H06 thirty-one": (household(persons=31), [("H06", "K4")]),
    "H06 1.552 as text is 1552": (household(persons="1.552"), [("H06", "K4")]),
    "H06 holds: one": (counted(extra(persons=1)), []),
    "H07 sixteen": (counted(extra(persons=16)), [("H07", "K16")]),
    "H07 thirty": (counted(extra(persons=30)), [("H07", "K16")]),
    "H07 holds: fifteen": (counted(extra(persons=15)), []),
    # H08
    "H08 unknown class": (household(**{"class": "N3"}), [("H08", "Y4")]),
    "H08 unknown class before": (household(class_previous="X"), [("H08", "Z4")]),
    "H08 unknown movement": (household(movement="DI"), [("H08", "AA4")]),
    "H08 unknown sex": (household(head_sex="Ông"), [("H08", "H4")]),
    "H08 unknown area": (household(area="Ven biển"), [("H08", "L4")]),
    "H08 holds: other case": (household(head_sex="NAM", area="nông thôn", movement="khong_doi"), []),
    # H09, H10, H11
    "H09 urban in a xã": (household(area="Thành thị"), [("H09", "L4")]),
    "H10 not a tenth": (household(b2_points=25), [("H10", "N4")]),
    "H10 above a hundred": (household(b2_points=110), [("H10", "N4")]),
    "H11 one mark too few": (household(b2_points=30), [("H11", "N4")]),
    "H11 one mark too many": (household(water="x"), [("H11", "N4")]),
    "H11 holds: no marks, no points": (household(b2_points=0, health_insurance=None, toilet=None), []),
    # H12
    "H12 above the income line": (household(b1_points=121), [("H12", "Y4")]),
    "H12 holds: on the line": (household(b1_points=120), []),
    "H12 near poor on the income line": (household(8, b1_points=120), [("H12", "Y12")]),
    "H12 near poor above the second line": (household(8, b1_points=151), [("H12", "Y12")]),
    "H12 three marks are services deprived": (household(8, b2_points=30, water="x"), [("H12", "Y12")]),
    "H12 holds: N2 on the second line": (household(6, b1_points=150), []),
    # H13
    "H13 another mark": (household(merit="v"), [("H13", "AC4")]),
    "H13 two": (household(merit=2), [("H13", "AC4")]),
    "H13 on a deprivation": (household(toilet="?"), [("H13", "V4")]),
    "H13 holds: X, 1, có": (household(health_insurance=" X ", toilet="CÓ", merit=1), []),
    "H13 holds: 0, không, empty": (household(merit="Không", social_protection=0, water=None), []),
    # H14, H15
    "H14 ten digits": (household(head_id_number="0123456789"), [("H14", "I4")]),
    "H14 letters": (household(head_id_number="01234567x"), [("H14", "I4")]),
    "H14 holds: nine or twelve": (household(head_id_number="012345678"), []),
    "H14 holds: stored as a number": (household(head_id_number=381234567), []),
    "H15 two heads": (
        counted(extra(head_id_number="012345678"), extra(head_id_number="012345678", household_code="0901")),
        [("H15", "I16"), ("H15", "I17")],
    ),
    # H16
    "H16 born in 1899": (household(head_birth_year=1899), [("H16", "G4")]),
    "H16 fourteen years old": (household(head_birth_year=2005), [("H16", "G4")]),
    "H16 holds: fifteen years old": (household(head_birth_year=2004), []),
    "H16 holds: born in 1900": (household(head_birth_year=1900), []),
    # H17, H18
    "H17 no group of the list": (household(ethnicity="Người Việt gốc"), [("H17", "J4")]),
    "H17 holds: another spelling": (household(ethnicity="KINH"), []),
    "H18 not in the list": (household(causes="1,12"), [("H18", "AD4")]),
    "H18 words": (household(causes="thiếu vốn"), [("H18", "AD4")]),
    "H18 a poor household without": (household(causes=None), [("H18", "AD4")]),
    "H18 holds: semicolons and spaces": (household(causes=" 1 ; 11 "), []),
    "H18 holds: one number": (household(causes=4), []),
    "H18 holds: near poor without": (household(8, causes=None), []),
    # H19, H20
    "H19 near poor before, unmoved": (household(class_previous="CN"), [("H19", "AA4")]),
    "H19 holds: N1 and N2 are one group": (household(class_previous="N2"), []),
    "H20 not poor and unmoved": (
        counted(extra(class_previous="KN", movement="KHONG_DOI", b1_points=160) | {"class": "KN"}),
        [("H20", "Y16")],
    ),
    # What was left as the template has it is one fault for each sheet
    "an untouched template": (untouched, NOT_FILLED_IN),
    "C01 a whole sheet left blank": (left_blank("commune"), [("C01", "C4")]),
    "C01 another whole sheet left blank": (left_blank("movement"), [("C01", "E4")]),
    "P01 a whole sheet left blank": (left_blank("policy"), [("P01", "D4")]),
    "C01 all blank but one line": (
        lambda: _with_first_line(left_blank("commune")()),
        [("C01", f"{column}{row}") for row in range(5, 12) for column in "CDEFGHIJKLMNOP"],
    ),
    "F09 nobody listed, and yet counted": (nobody_listed(), [("F09", "B10"), ("F09", "B11")]),
    "F04 nobody listed, nor counted on the cover": (
        nobody_listed(total_poor=None, total_near_poor=None), [("F04", "B10"), ("F04", "B11")],
    ),
    # C01 to C06: row 5 of sheet Xã is the households' commune
    "C01 no number": (sheet("commune", 0, households=None), [("C01", "C4")]),
    "C01 a fraction": (sheet("commune", 0, persons=4000.5), [("C01", "D4")]),
    "C01 below zero": (sheet("commune", 0, near_poor=-1), [("C01", "M4")]),
    "C01 holds: thousands with a point": (sheet("commune", 0, persons="4.000"), []),
    "C02 more poor than residents": (
        sheet("commune", 1, households=11, persons=44, minority_households=0, khmer_households=0),
        [("C02", "G5")],
    ),
    "C02 holds: all are listed": (everybody_listed, []),
    "C03 N1 and N2 are not the poor": (sheet("commune", 1, income_poor=7), [("C03", "I5")]),
    "C04 more Khmer than minority": (sheet("commune", 1, khmer_households=51), [("C04", "F5")]),
    "C04 holds: as many": (sheet("commune", 1, khmer_households=50), []),
    "C04 more minority than residents": (sheet("commune", 1, minority_households=1001), [("C04", "E5")]),
    "C05 other poor persons": (sheet("commune", 1, poor_persons=33), [("C05", "H5")]),
    "C05 poor where none are listed": (
        sheet("commune", 0, near_poor=1, near_poor_persons=4),
        [("C05", "M4"), ("C05", "N4")],
    ),
    "C06 fewer residents than households": (sheet("commune", 0, persons=999), [("C06", "D4")]),
    "C06 more than ten each": (sheet("commune", 0, persons=10_001), [("C06", "D4")]),
    "C06 holds: ten each": (sheet("commune", 0, persons=10_000), []),
    # M01 to M04: rows 8 to 11 of sheet Diễn biến are the households' commune
    "C01 a blank flow": (sheet("movement", 4, increase_3=None), [("C01", "K8")]),
    "M01 households do not balance": (sheet("movement", 4, opening=9), [("M01", "M8")]),
    "M02 persons do not balance": (sheet("movement", 5, opening=33), [("M02", "M9")]),
    "M03 flows that do not meet": (
        sheet("movement", 4, opening=9, decrease_1=1),
        [("M03", "F8")],
    ),
    "M04 entered but not on sheet Hộ": (sheet("movement", 4, opening=7, increase_3=1), [("M04", "K8")]),
    # P01, P02
    "P01 no number": (sheet("policy", 0, served=None), [("P01", "E4")]),
    "P01 words": (sheet("policy", 0, eligible="nhiều"), [("P01", "D4")]),
    "P02 more than eligible": (sheet("policy", 1, served=11), [("P02", "E5")]),
    "P02 holds: as many": (sheet("policy", 1, served=10), []),
    "P02 holds: jobs know no ceiling": (sheet("policy", 13, served=500), []),
    # P04: households of a policy counted in households, persons of one counted in persons
    "P04 more eligible than households": (sheet("policy", 1, eligible=1001), [("P04", "D5")]),
    "P04 more eligible and served than households": (
        sheet("policy", 1, eligible=99_999, served=99_999), [("P04", "D5"), ("P04", "E5")],
    ),
    "P04 more served than persons": (sheet("policy", 13, served=40_400_000), [("P04", "E17")]),
    "P04 more served than households, and than eligible": (sheet("policy", 1, served=1001), [("P04", "E5")]),
    "P04 holds: all households": (sheet("policy", 1, eligible=1000, served=1000), []),
    "P04 holds: all persons": (sheet("policy", 13, eligible=4000, served=4000), []),
    "P04 not judged: residents are no number": (
        lambda: _with(sheet("policy", 1, eligible=1001)(), "commune", 0, households=None), [("C01", "C4")],
    ),
    "P04 not judged: fewer residents than are listed": (
        sheet("commune", 1, households=9, persons=40, minority_households=0, khmer_households=0), [("C02", "G5")],
    ),
    # P05, P07: rows 18 to 31 of sheet Chính sách are the households' commune, the first about insurance
    "P05 one insured person for each commune": (
        several(*[(14 * commune, {"eligible": 1}) for commune in range(8)]), [("P05", "D18")],
    ),
    "P05 one fewer than listed": (sheet("policy", 14, eligible=47, served=47), [("P05", "D18")]),
    "P05 holds: as many as listed": (sheet("policy", 14, eligible=48), []),
    "P05 not judged: a household that can't be counted": (
        lambda: _with(sheet("policy", 14, eligible=1)(), "household", 0, persons=None), [("H04", "K4")],
    ),
    "P07 all served, though twelve lack insurance": (sheet("policy", 14, served=200), [("P07", "E18")]),
    "P07 holds: one is not served": (sheet("policy", 14, served=199), []),
    "P07 holds: nobody lacks it": (sheet("policy", 0, served=200), []),
    "P07 not judged: more than all": (sheet("policy", 14, served=201), [("P02", "E18")]),
    # C07
    "C07 fewer minority households than are listed": (minorities(given=11), [("C07", "E5")]),
    "C07 holds: as many as listed": (minorities(given=12), []),
    "C07 not judged: no ethnic group of the list": (
        lambda: _with(minorities(given=11)(), "household", 0, ethnicity="Không rõ"), [("H17", "J4")],
    ),
    # F10
    "F10 no line of a commune": (without("policy", 3), [("F10", "")]),
    "F10 no group of a commune": (without("movement", 0), [("F10", "")]),
    "F10 a line twice": (twice("policy", 0), [("F10", "A116")]),
    # F04, F05, F08, F09
    "F04 a name of another district": (cover(district_name="Huyện U Minh"), [("F04", "B5")]),
    "F04 no maker": (cover(prepared_by=None), [("F04", "B8")]),
    "F04 a kind that is none": (cover(kind="Quý"), [("F04", "B7")]),
    "F04 a day that is none": (cover(prepared_on="31/02/2020"), [("F04", "B9")]),
    "F04 a total in words": (cover(total_poor="tám"), [("F04", "B10")]),
    "F09 another total": (cover(total_near_poor=5), [("F09", "B11")]),
    "F09 other communes": (cover(total_communes=7), [("F09", "B12")]),
    "F09 holds: the total as text": (cover(total_poor="8"), []),
}  # fmt: skip


def stays(*changed: Row) -> list[Row]:
    """January's register: as the baseline's, the first rows changed."""
    rows = [dict(row) for row in a_month().household]
    for row, changes in zip(rows, changed, strict=False):
        row |= changes
    return rows


def january(*changed: Row, more: list[Row] | None = None, **cover: CellValue) -> Make:
    """A January after the valid baseline, every number counted from its rows."""
    return lambda: a_month(JANUARY, [*stays(*changed), *(more or [])], previous=a_month(), **cover)


def january_sheet(name: str, index: int, **changes: CellValue) -> Make:
    def make() -> DistrictMonth:
        month = january()()
        month.rows(name)[index] |= changes
        return month

    return make


def january_without_its_first_household() -> DistrictMonth:
    """Sheet Diễn biến says that it went, so that its balances hold."""
    month = a_month(JANUARY, stays()[1:], previous=a_month())
    for index, lost in ((4, 1), (5, 4)):
        month.movement[index]["decrease_3"] = lost
    return month


AWAY: Row = {"class": "KN", "movement": "N_GIAM"}
ABOVE: Row = {"class": "KN", "movement": "N_KN", "b1_points": 160}
TWO_HEADS: Row = {"head_id_number": "012345678"}
TO_NEAR_POOR: Row = {"class": "CN", "movement": "N_CN", "b1_points": 140}
NEW: Row = a_household(household_code="0900", class_previous="MOI", movement="MOI_N")
CROSS: dict[str, tuple[Make, Expected]] = {
    "a valid January": (january(), []),
    "every kind of movement": (
        january(
            TO_NEAR_POOR, ABOVE, AWAY | {"b1_points": None, "b2_points": None}, {"persons": 7}, {"persons": 1},
            more=[NEW, NEW | {"household_code": "0901", "movement": "N_TANG"}],
        ),
        [],
    ),
    "H04 who left above the line needs its score": (january(ABOVE | {"b1_points": None}), [("H04", "M4")]),
    "H12 left above the line but scored below": (january(ABOVE | {"b1_points": 140}), [("H12", "Y4")]),
    "H12 holds: who moved away needs no score that fits": (january(AWAY | {"b1_points": 10}), []),
    "H15 holds: one of two heads left": (january(AWAY | TWO_HEADS, TWO_HEADS), []),
    "H15 two heads, both stay": (january(TWO_HEADS, TWO_HEADS), [("H15", "I4"), ("H15", "I5")]),
    "X01 a household is gone": (january_without_its_first_household, [("X01", "")]),
    "X01 nobody listed, as the cover says": (
        lambda: a_month(JANUARY, [], previous=a_month()),
        [("X01", "")] * 12 + [("M01", cell) for cell in ("M8", "M10")] + [("M02", cell) for cell in ("M9", "M11")],
    ),
    "F09 nobody listed, and yet counted": (nobody_listed(january()), [("F09", "B10"), ("F09", "B11")]),
    "an untouched template in January": (lambda: untouched(january()), NOT_FILLED_IN),
    "X02 another class before": (january({"class_previous": "N2"}), [("X02", "Z4")]),
    "X02 known, and yet new": (
        january({"class_previous": "MOI", "movement": "N_TANG"}), [("M01", "M8"), ("M02", "M9"), ("X02", "Z4")],
    ),
    "X02 unknown, and yet listed before": (
        january(more=[NEW | {"class_previous": "N1", "movement": "KHONG_DOI"}]),
        [("M01", "M8"), ("M02", "M9"), ("X02", "Z16")],
    ),
    "X07 a relapse without record": (january(more=[NEW | {"movement": "TAI_N"}]), [("X07", "AA16")]),
    "X05 residents grow by 3 %": (january_sheet("commune", 0, households=1030, persons=4120), []),
    "X05 residents grow by more": (january_sheet("commune", 0, households=1031, persons=4124), [("X05", "C4")]),
    "X05 residents shrink by more": (january_sheet("commune", 0, households=969, persons=3876), [("X05", "C4")]),
    "X06 thirty more poor households": (
        january(more=[NEW | {"household_code": f"{n:04d}"} for n in range(900, 930)]), [],
    ),
    "X06 thirty-one more": (
        january(more=[NEW | {"household_code": f"{n:04d}"} for n in range(900, 931)]), [("X06", "B10")],
    ),
    "M05 opens with another number": (january_sheet("movement", 4, opening=9), [("M05", "E8")]),
    "P06 thirty more eligible": (january_sheet("policy", 1, eligible=40), []),
    "P06 thirty-one more": (january_sheet("policy", 1, eligible=41), [("P06", "D5")]),
    "P06 thirty-one more in two communes": (
        several((1, {"eligible": 20}), (15, {"eligible": 31}), of=january()), [("P06", "D19")],
    ),
    "P06 holds: from one commune to another": (
        several((0, {"eligible": 300}), (28, {"eligible": 100}), of=january()), [],
    ),
    "P06 a quarter more": (january_sheet("policy", 0, eligible=600), []),
    "P06 more than a quarter": (january_sheet("policy", 0, eligible=601), [("P06", "D4")]),
    "P06 more than a quarter fewer": (
        several(*[(at, {"eligible": 0, "served": 0}) for at in (0, 42)], (28, {"eligible": 199}), of=january()),
        [("P06", "D4")],
    ),
    "P06 not judged: one commune's number is beyond its residents": (
        january_sheet("policy", 1, eligible=1001), [("P04", "D5")],
    ),
    "P06 not judged: one commune's number is no number": (
        several((1, {"eligible": "?"}), (15, {"eligible": 100}), of=january()), [("P01", "D5")],
    ),
    "P03 holds: January starts anew": (january_sheet("policy", 0, served=0), []),
    "F05 a closed period": (january(), [("F05", "B6")]),
    "F05 holds: a correction of a closed period": (january(kind=KIND_CORRECTION), []),
    "F05 not begun": (january(), [("F05", "B6")]),
    "F16 on its first day": (january(), [("F16", "B6")]),
    "F16 on its last day": (january(), [("F16", "B6")]),
    "F16 holds: the day after": (january(), []),
}  # fmt: skip
CLOSED = ("F05 a closed period", "F05 holds: a correction of a closed period")
RECEIVED = {
    "F05 not begun": dt.date(2019, 12, 31),
    "F16 on its first day": dt.date(2020, 1, 1),
    "F16 on its last day": dt.date(2020, 1, 31),
    "F16 holds: the day after": dt.date(2020, 2, 1),
}


def read_month(folder: Path, month: DistrictMonth) -> ReadWorkbook:
    path = folder / "thang.xlsx"
    write_workbook(path, month)
    return read_workbook(path.read_bytes(), path.name)


def judge(folder: Path, period: str, made: dict[str, tuple[Make, Expected]]) -> dict[str, list[dict[str, Any]]]:
    """The findings of every case, judged in one wave."""
    previous, earlier = None, None
    if period != BASELINE_PERIOD:
        workbook = read_month(folder, a_month())
        write_accepted(folder / "before", accepted_tables(workbook, "before", DISTRICT, BASELINE_PERIOD, b"k"))
        previous = read_previous(folder / "before", BASELINE_PERIOD)
        earlier = read_earlier({BASELINE_PERIOD: folder / "before"})
    cases = []
    for name, (make, _) in made.items():
        workbook = read_month(folder, make())
        found = read_cover(workbook)
        case = Case(
            submission_id=name,
            workbook=workbook,
            received_on=RECEIVED.get(name, period_end(period) + dt.timedelta(days=1)),
            district_code=found.district_code,
            period=found.period,
            form_fits=found.form_fits,
            is_closed=name in CLOSED,
            previous=previous,
            earlier=earlier,
        )
        assert case.is_judgeable, name
        cases.append(case)
    frames = derive_wave(cases, period)
    judged = make_findings(cases, frames, validate_wave(frames, period), limit=1000)
    return {name: one.listed for name, one in zip(made, judged, strict=True)}


@pytest.fixture(scope="module")
def baseline(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    return judge(tmp_path_factory.mktemp("baseline"), BASELINE_PERIOD, BASELINE)


@pytest.fixture(scope="module")
def cross(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    return judge(tmp_path_factory.mktemp("january"), JANUARY, CROSS)


def in_short(findings: list[dict[str, Any]]) -> Expected:
    return sorted((finding["rule"], finding["cell"] or "") for finding in findings)


@pytest.mark.parametrize("name", BASELINE)
def test_baseline(baseline: dict[str, list[dict[str, Any]]], name: str) -> None:
    assert in_short(baseline[name]) == sorted(BASELINE[name][1])


@pytest.mark.parametrize("name", CROSS)
def test_against_the_previous_register(cross: dict[str, list[dict[str, Any]]], name: str) -> None:
    assert in_short(cross[name]) == sorted(CROSS[name][1])


def test_findings_say_what_was_expected(baseline: dict[str, list[dict[str, Any]]]) -> None:
    (finding,) = baseline["H12 above the income line"]
    assert (finding["value"], finding["expected"]) == ("N1", "CN")
    assert finding["message_vi"] == "Phân loại N1 trái quy định: B1 121, B2 20 → CN"
    assert finding["household_ref"] == f"{COMMUNE}/Ấp 1/0001"


def test_a_vanished_household_is_named(cross: dict[str, list[dict[str, Any]]]) -> None:
    (finding,) = cross["X01 a household is gone"]
    assert (finding["sheet"], finding["household_ref"]) == ("Hộ", f"{COMMUNE}/Ấp 1/0001")


def test_a_listing_is_cut_and_its_count_is_not(tmp_path: Path) -> None:
    rows = [row | {"head_id_number": "1"} for row in a_month().household]
    workbook = read_month(tmp_path, a_month(rows=rows))
    case = Case("a", workbook, dt.date(2020, 1, 5), DISTRICT, BASELINE_PERIOD)
    frames = derive_wave([case], BASELINE_PERIOD)
    (judged,) = make_findings([case], frames, validate_wave(frames, BASELINE_PERIOD), limit=5)
    assert judged.counts == {"H14": 12, "H15": 12}
    listed = [(finding["rule"], finding["row"]) for finding in judged.listed]
    assert listed == [(rule, row) for rule in ("H14", "H15") for row in range(4, 9)]
