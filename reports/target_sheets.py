"""Targets of plan 19/KH-UBND beside what was reached: by district, by department, and for communes with a high rate.

What the plan prints stands as a number. Levels are links to the forms, so that a reader can follow them to the
commune; what is computed from them is a formula. Whether a target is met is the mart's verdict, which is reached
on whole numbers.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from forms.layout import column_letter
from forms.numbers import cell_kind
from labels.table import INCOMPLETE, NO_BODY, NOT_REPORTED, STATUSES, TARGETS, measure_words
from plan.reference import table
from reports.figures import PROVINCE
from reports.paper import FIRST_ROW, Cell, Column, Formula, Row
from reports.unit_form import WHOLE_PROVINCE, Places
from reports.verdicts import is_headline

ALL, WITHOUT = "all", "excluding_social_protection"
# Keys of the forms that the levels are taken from, now and at the baseline.
RESULTS, POOR_COUNTS, POOR_SHARES, POLICIES = "1", "4", "5", "14"
# Keys of the sheets made here.
DISTRICTS, DEPARTMENTS, COMMUNES = "11", "12", "13"
HIGH_POVERTY = "commune_high_poverty"
NOW, BASELINE = "", "G"
CLASSES = (("poor", "HỘ NGHÈO"), ("near_poor", "HỘ CẬN NGHÈO"))
_OWN_DUTY = "UBND các huyện, thành phố Cà Mau"

_Key = tuple[str, str, str, str]


@dataclass(frozen=True)
class Targets:
    """mart.target_vs_actual of one month by unit, target, measure and basis."""

    rows: Mapping[_Key, Mapping[str, Any]]

    @classmethod
    def of(cls, frame: pl.DataFrame) -> "Targets":
        keys = ("unit_code", "target", "measure", "basis")
        return cls(
            {(row[keys[0]], row[keys[1]], row[keys[2]], row[keys[3]]): row for row in frame.iter_rows(named=True)}
        )

    def get(self, unit: str, target: str, measure: str, basis: str) -> Mapping[str, Any]:
        return self.rows[unit, target, measure, basis]


DISTRICT_COLUMNS = (
    Column("TT", "center", 5, number="A"),
    Column("Đơn vị", "text", 22, number="B"),
    Column("Số hộ", "count", 8, "Cuối năm 2019", "1"),
    Column("Tỷ lệ (%)", "percent", 7, "Cuối năm 2019", "2"),
    Column("Giảm tỷ lệ (điểm %)", "percent", 8, "Chỉ tiêu năm 2020 (mục II.3)", "3"),
    Column("Giảm số hộ", "count", 8, "Chỉ tiêu năm 2020 (mục II.3)", "4"),
    Column("Tỷ lệ cuối năm (%)", "percent", 8, "Chỉ tiêu năm 2020 (mục II.3)", "5"),
    Column("Số hộ", "count", 8, "Thực hiện", "6"),
    Column("Tỷ lệ (%)", "percent", 7, "Thực hiện", "7"),
    Column("Tỷ lệ (điểm %)", "percent", 8, "Đã giảm", "8=2-7"),
    Column("Số hộ, gồm BTXH", "count", 8, "Đã giảm", "9=1-6"),
    Column("Số hộ, trừ BTXH", "count", 8, "Đã giảm", "10"),
    Column("Tỷ lệ", "share", 8, "Đạt chỉ tiêu (%)", "11=8/3*100"),
    Column("Số hộ, gồm BTXH", "share", 8, "Đạt chỉ tiêu (%)", "12=9/4*100"),
    Column("Số hộ, trừ BTXH", "share", 8, "Đạt chỉ tiêu (%)", "13=10/4*100"),
    Column("Giảm tỷ lệ", "center", 10, "Kết quả", "14"),
    Column("Giảm số hộ, gồm BTXH", "center", 10, "Kết quả", "15"),
    Column("Giảm số hộ, trừ BTXH", "center", 10, "Kết quả", "16"),
    Column("Tỷ lệ cuối năm", "center", 10, "Kết quả", "17"),
)
# The column of the verdict on the rate, which the sheet of departments counts.
_RATE_VERDICT = column_letter(15)


def district_rows(units: pl.DataFrame, targets: Targets, places: Places) -> list[Row]:
    """Rows of the sheet by district, a block for the poor and one for the near poor; notes where the verdicts stand."""
    rows: list[Row] = []
    for group, title in CLASSES:
        rows.append(Row([None, title, *[None] * (len(DISTRICT_COLUMNS) - 2)], "district"))
        first = FIRST_ROW + len(rows) + 2
        for number, unit in enumerate(units.filter(pl.col("level") != "commune").iter_rows(named=True)):
            rows.append(_district_row(unit, number, group, targets, places, FIRST_ROW + len(rows) + 1))
        last = FIRST_ROW + len(rows)
        places[DISTRICTS, "", group, "verdicts"] = f"'Biểu {DISTRICTS}'!{_RATE_VERDICT}{first}:{_RATE_VERDICT}{last}"
    return rows


def _district_row(unit: Mapping[str, Any], number: int, group: str, targets: Targets, places: Places, at: int) -> Row:
    code, target = unit["unit_code"], f"{group}_reduction"
    points = targets.get(code, target, "percentage_points", WITHOUT)
    every = targets.get(code, target, "households", ALL)
    without = targets.get(code, target, "households", WITHOUT)
    end = targets.get(code, target, "end_rate", WITHOUT)
    name = WHOLE_PROVINCE if code == PROVINCE else unit["unit_name"]
    missing = "" if unit["is_reported"] else NOT_REPORTED.vi
    if code == PROVINCE and points["status"] == "no_data":
        missing = INCOMPLETE.vi
    cells: list[Cell] = [
        "" if code == PROVINCE else str(number),
        f"{name} ({missing})" if missing else name,
        _link(every["baseline"], places, BASELINE + RESULTS, code, group),
        _link(points["baseline"], places, BASELINE + RESULTS, code, f"{group}_rate_without"),
        points["target_value"],
        every["target_value"],
        end["target_value"],
        _link(every["actual"], places, RESULTS, code, group),
        _link(points["actual"], places, RESULTS, code, f"{group}_rate_without"),
        _reduced(points, f"D{at}-I{at}"),
        _reduced(every, f"C{at}-H{at}"),
        _reduced(
            without,
            f"K{at}-({_protected(places, BASELINE + RESULTS, code, group)}-{_protected(places, RESULTS, code, group)})",
        ),
        _formula(points["achieved_pct"], f"100*J{at}/E{at}"),
        _formula(every["achieved_pct"], f"100*K{at}/F{at}"),
        _formula(without["achieved_pct"], f"100*L{at}/F{at}"),
        *(STATUSES[one["status"]].vi for one in (points, every, without, end)),
    ]
    return Row(cells, "province" if code == PROVINCE else "plain")


def _protected(places: Places, form: str, unit: str, group: str) -> str:
    return places[form, unit, "", f"{group}_social_protection"]


def _link(value: float | None, places: Places, form: str, unit: str, column: str, part: str = "") -> Cell:
    return None if value is None else Formula(places[form, unit, part, column], value)


def _formula(value: float | None, text: str) -> Cell:
    return None if value is None else Formula(text, value)


def _reduced(row: Mapping[str, Any], text: str) -> Cell:
    """What a level fell by; unlike the mart's change a fall is positive."""
    return None if row["change"] is None else Formula(text, -row["change"])


DEPARTMENT_COLUMNS = (
    Column("TT", "center", 5, number="A"),
    Column("Cơ quan chịu trách nhiệm, chỉ tiêu", "text", 44, number="B"),
    Column("Cách tính", "text", 28, number="C"),
    Column("Mục trong kế hoạch", "center", 15, number="D"),
    Column("Cuối năm 2019", "count", 11, number="1"),
    Column("Chỉ tiêu năm 2020", "count", 11, number="2"),
    Column("Thực hiện", "count", 11, number="3"),
    Column("Tăng (+), giảm (-)", "signed_count", 11, number="4=3-1"),
    Column("Đạt chỉ tiêu (%)", "share", 10, number="5"),
    Column("Còn phải thực hiện", "count", 11, number="6"),
    Column("Kết quả", "center", 16, number="7"),
)
# Columns of levels and what is left of them, and the column of the change: shown as the row's measure is.
_LEVELS, _CHANGE = (4, 5, 6, 9), 7
# The order in which a target's measures are printed.
_ORDER = ("percentage_points", "households", "end_rate", "persons", "coverage_pct", "rate")


DISTRICT_NOTES = (
    "Kế hoạch in riêng ba chỉ tiêu: điểm %, số hộ và tỷ lệ cuối năm; không suy từ nhau. Số hộ cần giảm in trong "
    "kế hoạch đã trừ hộ BTXH; ở đây so cả hai cách.",
    "Mức giảm là mức giảm ròng so với cuối năm 2019; số âm là tăng.",
)
DEPARTMENT_NOTES = (
    "Thiếu hụt: kế hoạch giao cơ quan phụ trách, không in con số phải đạt.",
    "Chính sách: thụ hưởng luỹ kế từ 01/01; cột cuối năm 2019 là kết quả cả năm 2019.",
)


def department_rows(targets: Targets, deprivation_names: Mapping[str, str], places: Places) -> list[Row]:
    """Rows of the sheet by department: each body that answers for a target, in the order of the plan's part V."""
    names = target_names(deprivation_names)
    by_body: dict[str, list[Mapping[str, Any]]] = {}
    for row in targets.rows.values():
        if row["unit_code"] == PROVINCE:
            by_body.setdefault(row["accountable"] or NO_BODY.vi, []).append(row)
    rows: list[Row] = []
    for number, body in enumerate(bodies_in_plan_order(by_body), start=1):
        rows.append(Row([str(number), body, *[None] * (len(DEPARTMENT_COLUMNS) - 2)], "district"))
        listed = sorted(
            by_body.get(body, []),
            key=lambda row: (list(names).index(row["target"]), _ORDER.index(row["measure"]), row["basis"]),
        )
        for place, row in enumerate(listed, start=1):
            rows.append(
                _department_row(row, f"{number}.{place}", names[row["target"]], places, FIRST_ROW + len(rows) + 1)
            )
        if body == _OWN_DUTY:
            rows += _own_duties(targets, number, places)
    return rows


def target_names(deprivation_names: Mapping[str, str]) -> dict[str, str]:
    """Every target of the province in the order of printing, by its Vietnamese name."""
    return {
        **{target: words.vi for target, words in TARGETS.items()},
        **{f"deprivation:{key}": f"Thiếu hụt: {name}" for key, name in deprivation_names.items()},
        **{f"policy_coverage:{row['policy']}": row["label_vi"] for row in table("policies_monitored")},
    }


def bodies_in_plan_order(bodies: Iterable[str]) -> list[str]:
    """Departments as part V of the plan lists them; the districts answer for their own rows of table II.3."""
    order: dict[str, int] = {}
    for row in table("responsibilities"):
        for number in re.findall(r"V\.(\d+)", row["plan_section"]):
            body = row["accountable_vi"]
            order[body] = min(order.get(body, int(number)), int(number))
    return sorted({*bodies, _OWN_DUTY}, key=lambda body: (order.get(body, len(order)), body))


def _department_row(row: Mapping[str, Any], order: str, name: str, places: Places, at: int) -> Row:
    kind = cell_kind(row["measure"])
    kinds = {**dict.fromkeys(_LEVELS, kind), _CHANGE: cell_kind(row["measure"], signed=True)}
    has_target = row["target_value"] is not None
    achieved, remaining = _FORMULAS[row["reading"]]
    cells: list[Cell] = [
        order,
        name,
        measure_words(row["measure"], row["basis"]).vi,
        row["plan_section"],
        level(row, "baseline", places),
        row["target_value"],
        level(row, "actual", places),
        _formula(row["change"], f"G{at}-E{at}"),
        _formula(row["achieved_pct"], achieved.format(at=at)) if has_target else None,
        _formula(row["remaining"], remaining.format(at=at)) if has_target else None,
        STATUSES[row["status"]].vi,
    ]
    return Row(cells, "plain", kinds)


# (achieved, remaining) for each way a level is held against the number (core.target.reading).
_FORMULAS = {
    "reduction": ("100*(E{at}-G{at})/F{at}", "MAX(0,F{at}-(E{at}-G{at}))"),
    "level_at_most": ("100*(E{at}-G{at})/(E{at}-F{at})", "MAX(0,G{at}-F{at})"),
    "level_at_least": ("100*G{at}/F{at}", "MAX(0,F{at}-G{at})"),
}


def level(row: Mapping[str, Any], which: str, places: Places) -> Cell:
    """A target's baseline or actual level as a link to the form that it comes from; nothing where it is unknown."""
    value = row[which]
    if value is None:
        return None
    era = BASELINE if which == "baseline" else NOW
    unit, target, measure, basis = row["unit_code"], row["target"], row["measure"], row["basis"]
    kind, _, key = target.partition(":")
    if kind == "deprivation":
        form = POOR_COUNTS if measure == "households" else POOR_SHARES
        return _link(value, places, era + form, unit, key)
    if kind == "policy_coverage":
        return _link(value, places, era + POLICIES, unit, "rate", part=key)
    if kind == "jobs":
        return _link(value, places, era + POLICIES, unit, "served", part="jobs")
    group = "near_poor" if kind.startswith("near_poor") else "poor"
    if measure != "households":
        return _link(value, places, era + RESULTS, unit, f"{group}_rate_without")
    counted = places[era + RESULTS, unit, "", group]
    if basis == ALL:
        return Formula(counted, value)
    return Formula(f"{counted}-{_protected(places, era + RESULTS, unit, group)}", value)


def _own_duties(targets: Targets, number: int, places: Places) -> list[Row]:
    """How many districts and communes reached the reduction of the rate that is theirs."""
    duties = [
        (
            f"Số huyện, thành phố đạt chỉ tiêu giảm tỷ lệ {title.lower()}",
            "II.3; V.15",
            (DISTRICTS, group),
            f"{group}_reduction",
            "district",
        )
        for group, title in CLASSES
    ]
    duties.append(("Số xã có tỷ lệ hộ nghèo cao đạt mức giảm", "II.1; V.15", (COMMUNES, ""), HIGH_POVERTY, "commune"))
    rows: list[Row] = []
    for place, (text, sections, (form, part), target, level_) in enumerate(duties, start=1):
        mine = [
            row
            for row in targets.rows.values()
            if row["target"] == target
            and row["level"] == level_
            and is_headline(row)
            and row["target_value"] is not None
        ]
        achieved = sum(row["status"] == "achieved" for row in mine)
        at = places[form, "", part, "verdicts"]
        rows.append(
            Row(
                [
                    f"{number}.{place}",
                    text,
                    "số đơn vị đạt trên số đơn vị có chỉ tiêu",
                    sections,
                    None,
                    len(mine),
                    Formula(f'COUNTIF({at},"{STATUSES["achieved"].vi}")', achieved),
                    None,
                    None,
                    None,
                    "",
                ]
            )
        )
    return rows


COMMUNE_COLUMNS = (
    Column("TT", "center", 5, number="A"),
    Column("Huyện, thành phố", "text", 24, number="B"),
    Column("Xã, phường, thị trấn", "text", 24, number="C"),
    Column("Tỷ lệ hộ nghèo cuối năm 2019, trừ hộ BTXH (%)", "percent", 14, number="1"),
    Column("Nhóm xã theo mục II.1", "center", 22, number="2"),
    Column("Phải giảm (điểm %)", "percent", 11, number="3"),
    Column("Tỷ lệ hộ nghèo thực hiện, trừ hộ BTXH (%)", "percent", 14, number="4"),
    Column("Đã giảm (điểm %)", "percent", 11, number="5=1-4"),
    Column("Đạt chỉ tiêu (%)", "share", 11, number="6=5/3*100"),
    Column("Còn phải giảm (điểm %)", "percent", 11, number="7"),
    Column("Kết quả", "center", 18, number="8"),
)
COMMUNE_NOTES = (
    "Kế hoạch giao xã có tỷ lệ 5 đến 6% giảm 1 đến 2 điểm % (ở đây so với mức 1), xã từ 7% trở lên giảm 3 điểm %; "
    "không nêu mức cho xã trên 6 và dưới 7%.",
    "Xếp nhóm theo tỷ lệ cuối năm 2019 chưa làm tròn.",
)


def commune_rows(units: pl.DataFrame, targets: Targets, places: Places) -> list[Row]:
    """Communes whose rate at the baseline was 5 % or more (II.1); notes where the verdicts stand."""
    names = {row["unit_code"]: row for row in units.iter_rows(named=True)}
    rows: list[Row] = []
    for code in names:
        row = targets.rows.get((code, HIGH_POVERTY, "percentage_points", WITHOUT))
        if row is None:
            continue
        at = FIRST_ROW + len(rows) + 1
        has_target = row["target_value"] is not None
        cells: list[Cell] = [
            str(len(rows) + 1),
            names[names[code]["district_code"]]["unit_name"],
            names[code]["unit_name"],
            level(row, "baseline", places),
            _TIERS[row["target_value"]],
            row["target_value"],
            level(row, "actual", places),
            _reduced(row, f"D{at}-G{at}"),
            _formula(row["achieved_pct"], f"100*H{at}/F{at}") if has_target else None,
            _formula(row["remaining"], f"MAX(0,F{at}-H{at})") if has_target else None,
            STATUSES[row["status"]].vi,
        ]
        rows.append(Row(cells))
    last = FIRST_ROW + max(len(rows), 1)
    places[COMMUNES, "", "", "verdicts"] = f"'Biểu {COMMUNES}'!K{FIRST_ROW + 1}:K{last}"
    return rows


# What is to be reduced → the communes that are to.
_TIERS = {1.0: "5 đến 6%", 3.0: "từ 7% trở lên", None: "trên 6 đến dưới 7%"}
