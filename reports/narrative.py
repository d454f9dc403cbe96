"""The words and numbers of `report.docx`: every field that its template names, as text ready to print.

Numbers are those of the marts; sentences are put together here only where what can be said depends on them
(a district is missing, there is nothing to compare with, a number rose instead of falling).
"""

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from typing import Any

import duckdb
import polars as pl

from forms.numbers import DECIMALS, measured_vi, number_vi, signed_vi
from labels.table import NOT_REPORTED, SAMPLE_NOTE, STATES, STATUSES, TARGETS, UNITS
from plan.reference import PLAN_YEAR, table
from reports import figures, target_table
from reports.figures import PROVINCE, Release
from reports.plan_sheet import item_vi, known_inconsistencies
from reports.target_sheets import HIGH_POVERTY, WITHOUT, Targets
from reports.words import long_day_vi, span_vi, year_start

CLASSES = ("poor", "near_poor")

Text = dict[str, Any]


def report_fields(connection: duckdb.DuckDBPyConnection) -> Text:
    """Everything the template asks for, by name; values are text, lists of rows, or whether a part is printed."""
    release = figures.read_release(connection)
    now = _levels(figures.indicators(connection, release.period))
    then = _levels(figures.indicators(connection, release.baseline))
    targets = Targets.of(figures.targets(connection, release.period))
    comparable = _is_comparable(connection, release)
    return {
        **_release_fields(release),
        "has_figures": PROVINCE in now,
        **_province_fields(now.get(PROVINCE), then.get(PROVINCE), comparable),
        "districts": _district_rows(release, now),
        **_movement_fields(connection, release),
        **target_table.heading_words(),
        **_target_fields(release, targets),
        "deprivations": _deprivation_rows(connection, now.get(PROVINCE), then.get(PROVINCE), comparable),
        **_policy_fields(connection, release, targets),
        "silent": _silent_rows(connection, release),
        **_plan_fields(connection),
    }


def _release_fields(release: Release) -> Text:
    reported = [district for district in release.districts if district.is_reported]
    warnings = []
    if release.is_provisional:
        warnings.append(f"SỐ LIỆU TẠM TÍNH: thiếu báo cáo của {', '.join(release.districts_missing)}")
    if release.is_synthetic:
        warnings.append("DỮ LIỆU MẪU, KHÔNG PHẢI SỐ LIỆU THẬT")
    return {
        "subject": f"Kết quả rà soát hộ nghèo, hộ cận nghèo tháng {release.period:%m/%Y} "
        f"và thực hiện Kế hoạch giảm nghèo bền vững năm {PLAN_YEAR}",
        "period": release.period,
        "period_long": long_day_vi(release.period),
        "month": f"{release.period:%m/%Y}",
        "year": str(release.period.year),
        "release_line": f"Nguồn số liệu: bản công bố {release.release_id}; biểu chi tiết trong report.xlsx.",
        "warnings": warnings,
        "sample_note": SAMPLE_NOTE.vi if release.is_synthetic else "",
        "reported": str(len(reported)),
        "expected": str(len(release.districts)),
        "missing": ", ".join(release.districts_missing),
        "late": ", ".join(district.name for district in release.districts if district.on_time is False),
    }


def _is_comparable(connection: duckdb.DuckDBPyConnection, release: Release) -> bool:
    """Whether the province's figures may be held against the baseline's: neither lacks a district."""
    if release.period == release.baseline or release.is_provisional:
        return False
    return figures.units(connection, release.baseline).filter(pl.col("level") == "district")["is_reported"].all()


def _levels(indicators: pl.DataFrame) -> dict[str, Mapping[str, Any]]:
    return {row["unit_code"]: row for row in indicators.iter_rows(named=True)}


def _province_fields(now: Mapping[str, Any] | None, then: Mapping[str, Any] | None, comparable: bool) -> Text:
    if now is None:
        return {}
    before = then if comparable else None
    return {"residents": number_vi(now["households/all"])} | {
        group: _class_fields(group, now, before) for group in CLASSES
    }


def _class_fields(group: str, now: Mapping[str, Any], before: Mapping[str, Any] | None) -> Text:
    """Counts and rates of the poor or the near poor in the province, and their change since the baseline."""

    def count(population: str, measure: str = "households") -> str:
        return number_vi(now[f"{group}_{measure}/{population}"])

    merit = now[f"{group}_households/merit"]
    fields: Text = {
        "households": count("all"),
        "persons": count("all", "persons"),
        "social_protection": count("social_protection"),
        "merit_words": f"{count('merit')} hộ có người có công" if merit else "không có hộ nào có người có công",
        "minority": count("minority"),
        "khmer": count("khmer"),
        "female_headed": count("female_headed"),
        "rate": number_vi(now[f"{group}_rate/all"], 2),
        "rate_without": number_vi(now[f"{group}_rate/{WITHOUT}"], 2),
        "rate_khmer": number_vi(now[f"{group}_rate/khmer"], 2),
    }
    if group == "poor":
        for kind in ("income_poor", "services_deprived", "services_deprived_no_insurance"):
            fields |= {kind: count(kind), f"{kind}_persons": count(kind, "persons")}
    if before is not None:
        for name, key, decimals, unit in (
            ("households", "households/all", 0, "hộ"),
            ("khmer", "households/khmer", 0, "hộ"),
            ("rate", "rate/all", 2, "điểm %"),
            ("rate_without", f"rate/{WITHOUT}", 2, "điểm %"),
        ):
            level, level_before = now[f"{group}_{key}"], before[f"{group}_{key}"]
            # A rate over no households is null: nothing to compare.
            if level is not None and level_before is not None:
                fields[f"{name}_before"] = number_vi(level_before, decimals)
                fields[f"{name}_change"] = change_vi(level - level_before, decimals, unit)
    return fields


def change_vi(change: float, decimals: int, unit: str, manner: str = "") -> str:
    """giảm 2.332 hộ, tăng 5 hộ, không đổi; with a manner, giảm ròng 2.332 hộ."""
    size = number_vi(abs(change), decimals)
    if size == number_vi(0, decimals):
        return "không đổi"
    direction = "giảm" if change < 0 else "tăng"
    return " ".join(word for word in (direction, manner, size, unit) if word)


def _district_rows(release: Release, now: Mapping[str, Mapping[str, Any]]) -> list[Text]:
    """Form 1 in short: the districts, then the province."""
    rows = []
    units = [(str(number), one.code, one.name) for number, one in enumerate(release.districts, start=1)]
    for order, code, name in [*units, ("", PROVINCE, "TOÀN TỈNH")]:
        level = now.get(code)
        shown = name if level else f"{name} ({NOT_REPORTED.vi})"
        row: Text = {"order": order, "name": shown, "is_total": code == PROVINCE}
        row["residents"] = number_vi(level["households/all"]) if level else ""
        for group in CLASSES:
            row[group] = number_vi(level[f"{group}_households/all"]) if level else ""
            row[f"{group}_rate"] = number_vi(level[f"{group}_rate/all"], 2) if level else ""
            row[f"{group}_rate_without"] = number_vi(level[f"{group}_rate/{WITHOUT}"], 2) if level else ""
        rows.append(row)
    return rows


_MOVEMENT_LINES = (
    ("opening", "Đầu kỳ", "Đầu kỳ"),
    ("decrease_1", "Thoát nghèo, thành cận nghèo", "Thoát cận nghèo"),
    ("decrease_2", "Vượt chuẩn cận nghèo", "Trở thành hộ nghèo"),
    ("decrease_3", "Giảm khác", "Giảm khác"),
    ("gross_exits", "Cộng giảm", "Cộng giảm"),
    ("increase_1", "Từ cận nghèo thành nghèo", "Từ nghèo thành cận nghèo"),
    ("increase_2", "Tái nghèo", "Tái cận nghèo"),
    ("increase_3", "Phát sinh mới", "Phát sinh mới"),
    ("increase_4", "Tăng khác", "Tăng khác"),
    ("gross_entries", "Cộng tăng", "Cộng tăng"),
    ("closing", "Cuối kỳ", "Cuối kỳ"),
)
_BOLD_LINES = ("opening", "gross_exits", "gross_entries", "closing")


def _movement_fields(connection: duckdb.DuckDBPyConnection, release: Release) -> Text:
    """Gross and net changes since the start of the year, and of the month alone."""
    start = year_start(release.period, release.baseline)
    year = _movements(connection, start, release.period)
    month = _movements(connection, release.period, release.period)
    if not month:
        return {"span": span_vi(start, release.period), "movement_lines": []}
    lines = [
        {
            "is_total": key in _BOLD_LINES,
            "poor": poor_name,
            "near_poor": near_poor_name,
            **{
                f"{group}_{measure}": number_vi(year[class_, measure][key])
                for group, class_ in (("poor", "N"), ("near_poor", "CN"))
                for measure in ("households", "persons")
            },
        }
        for key, poor_name, near_poor_name in _MOVEMENT_LINES
    ]
    return {
        "span": span_vi(start, release.period),
        "movement_lines": lines,
        "poor_movement": _movement_words(year["N", "households"]),
        "near_poor_movement": _movement_words(year["CN", "households"]),
        "poor_month": _movement_words(month["N", "households"]),
        "near_poor_month": _movement_words(month["CN", "households"]),
    }


def _movements(
    connection: duckdb.DuckDBPyConnection, first: dt.date, last: dt.date
) -> dict[tuple[str, str], Mapping[str, Any]]:
    rows = figures.movements(connection, first, last).filter(pl.col("unit_code") == PROVINCE)
    return {(row["class"], row["measure"]): row for row in rows.iter_rows(named=True)}


def _movement_words(row: Mapping[str, Any]) -> Text:
    return {
        "opening": number_vi(row["opening"]),
        "exits": number_vi(row["gross_exits"]),
        "entries": number_vi(row["gross_entries"]),
        "closing": number_vi(row["closing"]),
        "net": change_vi(row["net_change"], 0, "hộ", "ròng"),
    }


def _target_fields(release: Release, targets: Targets) -> Text:
    if not targets.rows:
        return {"has_targets": False}
    units = [(PROVINCE, "TOÀN TỈNH"), *((one.code, one.name) for one in release.districts)]
    rows = list(targets.rows.values())
    mine = [row for row in rows if row["unit_code"] == PROVINCE and row["target"] in _MAIN_TARGETS]
    districts = [row for row in rows if row["level"] == "district" and row["measure"] == "percentage_points"]
    communes = [row for row in rows if row["target"] == HIGH_POVERTY]
    with_target = [row for row in communes if row["target_value"] is not None]
    return {
        "has_targets": True,
        "targets": target_table.main_rows(targets),
        "job_targets": target_table.job_rows(targets),
        "target_words": f"Theo các cách tính mà Kế hoạch nêu: {_verdicts(mine, _MAIN_TARGETS)}.",
        "district_words": f"Số huyện, thành phố theo chỉ tiêu giảm tỷ lệ: {_verdicts(districts, _MAIN_TARGETS)}.",
        "district_targets": target_table.district_rows(units, targets),
        "communes": number_vi(len(communes)),
        "communes_with_target": number_vi(len(with_target)),
        "communes_achieved": number_vi(sum(row["status"] == "achieved" for row in with_target)),
        "communes_unstated": number_vi(len(communes) - len(with_target)),
    }


def _verdicts(rows: list[Mapping[str, Any]], order: tuple[str, ...]) -> str:
    """hộ nghèo đạt 4/4; hộ cận nghèo không đạt 4/4: how many of each target's rows stand how."""
    words = []
    for target in order:
        counted = Counter(row["status"] for row in rows if row["target"] == target)
        whole = counted.total()
        verdicts = ", ".join(f"{word.vi} {counted[key]}/{whole}" for key, word in STATUSES.items() if counted[key])
        if verdicts:
            words.append(f"{TARGETS[target].vi.lower()} {verdicts}")
    return "; ".join(words)


_MAIN_TARGETS = ("poor_reduction", "near_poor_reduction", "jobs")


def _deprivation_rows(
    connection: duckdb.DuckDBPyConnection,
    now: Mapping[str, Any] | None,
    then: Mapping[str, Any] | None,
    comparable: bool,
) -> list[Text]:
    """The ten deprivations of the poor beside the baseline, each with the department that answers for it."""
    if now is None:
        return []
    rows = []
    for number, one in enumerate(figures.deprivations(connection).iter_rows(named=True), start=1):
        count, rate = f"deprived_households:{one['deprivation']}/poor", f"deprived_rate:{one['deprivation']}/poor"
        rows.append(
            {
                "order": str(number),
                "name": one["deprivation_name_vi"],
                "accountable": one["accountable"],
                "section": one["plan_section"],
                "before": measured_vi(then[count] if then else None, "households"),
                "rate_before": measured_vi(then[rate] if then else None, "rate"),
                "now": measured_vi(now[count], "households"),
                "rate": measured_vi(now[rate], "rate"),
                "change": _change(now[count], then[count] if then and comparable else None, "households"),
                "rate_change": _change(now[rate], then[rate] if then and comparable else None, "rate"),
            }
        )
    return rows


def _change(now: float | None, before: float | None, measure: str) -> str:
    """What a level rose or fell by, with its sign; nothing where one of the two is unknown."""
    return "" if now is None or before is None else signed_vi(now - before, DECIMALS[measure])


def _policy_fields(connection: duckdb.DuckDBPyConnection, release: Release, targets: Targets) -> Text:
    """Eligible and served since 1 January in the province, in the order of the form's policies."""
    order = [row["policy"] for row in table("policies_monitored")]
    found = figures.coverage(connection, release.period).filter(pl.col("unit_code") == PROVINCE)
    rows = [
        {
            "name": row["policy_name_vi"],
            "unit": UNITS[row["unit"]].vi,
            "accountable": row["accountable"],
            "section": row["plan_section"],
            "eligible": number_vi(row["eligible"]),
            "served": number_vi(row["served"]),
            "rate": measured_vi(row["coverage_pct"], "coverage_pct"),
            "status": _policy_status(row["policy"], targets),
        }
        for row in sorted(found.iter_rows(named=True), key=lambda row: order.index(row["policy"]))
    ]
    return {"policies": rows}


def _policy_status(policy: str, targets: Targets) -> str:
    """The verdict on a policy whose target is a share of the eligible; nothing for others."""
    row = targets.rows.get((PROVINCE, f"policy_coverage:{policy}", "coverage_pct", "eligible"))
    return "" if row is None or row["target_value"] is None else STATUSES[row["status"]].vi


def _silent_rows(connection: duckdb.DuckDBPyConnection, release: Release) -> list[Text]:
    """Months of the report's year (and the baseline) for which districts have no accepted workbook."""
    months: dict[str, list[str]] = {}
    for row in figures.silent_slots(connection).iter_rows(named=True):
        if row["period"].year == release.period.year or row["period"] == release.baseline:
            words = f"{row['district_name']} ({STATES[row['state']].vi})"
            months.setdefault(f"{row['period']:%m/%Y}", []).append(words)
    return [{"month": month, "districts": "; ".join(words)} for month, words in months.items()]


def _plan_fields(connection: duckdb.DuckDBPyConnection) -> Text:
    differing = [
        {
            "id": row["inconsistency_id"] or "",
            "section": row["plan_section"],
            "item": item_vi(row["item"]),
            "unit": row["unit_name"],
            "printed": number_vi(row["printed"], row["decimals"]),
            "recomputed": number_vi(row["recomputed_rounded"], row["decimals"]),
        }
        for row in figures.plan_differences(connection).iter_rows(named=True)
    ]
    known = [{"id": one["id"], "place": one["where_vi"], "text": one["what_vi"]} for one in known_inconsistencies()]
    return {"plan_numbers": differing, "plan_words": known}
