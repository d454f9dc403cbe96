"""The words and numbers of `report.docx`: every field that its template names, as text ready to print.

Numbers are those of the marts; sentences are put together here only where what can be said depends on them
(a district is missing, there is nothing to compare with, a number rose instead of falling).
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import polars as pl

from forms.numbers import DECIMALS, measured_vi, number_vi, signed_vi
from labels.table import NO_BODY, NOT_REPORTED, SAMPLE_NOTE, STATES, STATUSES, UNITS
from plan.reference import PLAN_YEAR, table
from reports import figures, target_table
from reports.coverage import Compared, like_for_like, who
from reports.figures import PROVINCE, Release
from reports.plan_sheet import item_vi, known_inconsistencies
from reports.target_sheets import HIGH_POVERTY, WITHOUT, Targets
from reports.unit_form import WHOLE_PROVINCE
from reports.verdicts import after_the_plan, districts_sentence, sentences
from reports.words import long_day_vi, span_vi, year_start

CLASSES = ("poor", "near_poor")

_SUBJECT = "Kết quả rà soát hộ nghèo, hộ cận nghèo tháng {month:%m/%Y}"

Text = dict[str, Any]


def report_fields(connection: duckdb.DuckDBPyConnection) -> Text:
    """Everything the template asks for, by name; values are text, lists of rows, or whether a part is printed."""
    release = figures.read_release(connection)
    now = _levels(figures.indicators(connection, release.period))
    compared = None if release.period == release.baseline else like_for_like(connection, release)
    targets = Targets.of(figures.targets(connection, release.period))
    return {
        **_release_fields(release),
        "has_figures": PROVINCE in now,
        **_province_fields(now.get(PROVINCE), compared),
        "districts": _district_rows(release, now),
        **_movement_fields(connection, release),
        **target_table.heading_words(),
        **_target_fields(connection, release, targets),
        "compared": _compared_words(release, compared),
        "deprivations": _deprivation_rows(connection, now.get(PROVINCE), compared),
        **_policy_fields(connection, release, targets),
        "silent": _silent_rows(connection, release),
        **_plan_fields(connection),
    }


def _release_fields(release: Release) -> Text:
    warnings = []
    if release.is_provisional:
        warnings.append(f"SỐ LIỆU TẠM TÍNH: thiếu báo cáo của {', '.join(release.districts_missing)}")
    if release.is_synthetic:
        warnings.append("DỮ LIỆU MẪU, KHÔNG PHẢI SỐ LIỆU THẬT")
    return {
        "subject": _SUBJECT.format(month=release.period),
        "period": release.period,
        "period_long": long_day_vi(release.period),
        "month": f"{release.period:%m/%Y}",
        "year": str(release.period.year),
        "release_line": f"Nguồn số liệu: bản công bố {release.release_id}; biểu chi tiết trong report.xlsx.",
        "warnings": warnings,
        "sample_note": SAMPLE_NOTE.vi if release.is_synthetic else "",
        "reported": str(release.reported),
        "who": who(release).vi,
        "who_upper": who(release).first_upper().vi,
        "expected": str(len(release.districts)),
        "missing": ", ".join(release.districts_missing),
        "late": ", ".join(district.name for district in release.districts if district.on_time is False),
    }


def _compared_words(release: Release, compared: Compared | None) -> str:
    """Whose change is shown where it is not the province's; nothing at the baseline, where no change is."""
    if release.period == release.baseline:
        return ""
    if compared is None:
        return "không có huyện nào có số liệu ở cả hai kỳ để so sánh"
    return compared.whose.vi if compared.whose else ""


def _levels(indicators: pl.DataFrame) -> dict[str, Mapping[str, Any]]:
    return {row["unit_code"]: row for row in indicators.iter_rows(named=True)}


def _province_fields(now: Mapping[str, Any] | None, compared: Compared | None) -> Text:
    if now is None:
        return {}
    return {"residents": number_vi(now["households/all"])} | {
        group: _class_fields(group, now, compared) for group in CLASSES
    }


def _class_fields(group: str, now: Mapping[str, Any], compared: Compared | None) -> Text:
    """Counts and rates of the poor or the near poor, and their change since the baseline in the same districts."""

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
    if compared is not None:
        for name, key, decimals, unit in (
            ("households", "households/all", 0, "hộ"),
            ("khmer", "households/khmer", 0, "hộ"),
            ("rate", "rate/all", 2, "điểm %"),
            ("rate_without", f"rate/{WITHOUT}", 2, "điểm %"),
        ):
            level, level_before = compared.now[f"{group}_{key}"], compared.then[f"{group}_{key}"]
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


def _whole(release: Release) -> str:
    """What the province's row is called: of whom it is, where some have not reported."""
    return f"{WHOLE_PROVINCE} ({who(release).vi})" if release.is_provisional and release.reported else WHOLE_PROVINCE


def _district_rows(release: Release, now: Mapping[str, Mapping[str, Any]]) -> list[Text]:
    """Form 1 in short: the districts, then the province."""
    rows = []
    units = [(str(number), one.code, one.name) for number, one in enumerate(release.districts, start=1)]
    for order, code, name in [*units, ("", PROVINCE, _whole(release))]:
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


def _target_fields(connection: duckdb.DuckDBPyConnection, release: Release, targets: Targets) -> Text:
    if not targets.rows:
        return {"has_targets": False, "after_the_plan": after_the_plan().vi}
    units = [(PROVINCE, WHOLE_PROVINCE), *((one.code, one.name) for one in release.districts)]
    rows = list(targets.rows.values())
    communes = [row for row in rows if row["target"] == HIGH_POVERTY]
    with_target = [row for row in communes if row["target_value"] is not None]
    return {
        "has_targets": True,
        "after_the_plan": "",
        "subject": f"{_SUBJECT.format(month=release.period)} và thực hiện Kế hoạch giảm nghèo bền vững năm {PLAN_YEAR}",
        "targets": target_table.main_rows(targets),
        "job_targets": target_table.job_rows(targets),
        "target_words": [words.vi for words in sentences(rows, release.baseline)],
        "district_words": districts_sentence(rows).vi,
        "district_targets": target_table.district_rows(units, targets),
        "communes": number_vi(len(communes)),
        "communes_with_target": number_vi(len(with_target)),
        "communes_achieved": number_vi(sum(row["status"] == "achieved" for row in with_target)),
        "communes_unstated": number_vi(len(communes) - len(with_target)),
        "communes_of": _communes_of(connection, release, with_target),
    }


def _communes_of(
    connection: duckdb.DuckDBPyConnection, release: Release, with_target: Sequence[Mapping[str, Any]]
) -> str:
    """Of whom the count of communes is where districts are missing, then or now; nothing where none are."""
    expected = len(release.districts)
    known = figures.indicators(connection, release.baseline)["unit_code"].is_in([one.code for one in release.districts])
    words = [] if known.sum() == expected else [f"Chỉ tính {known.sum()}/{expected} huyện có số liệu cuối năm 2019."]
    if unknown := sum(row["status"] == "no_data" for row in with_target):
        words.append(f"{number_vi(unknown)} xã trong số này {STATUSES['no_data'].vi} tháng {release.period:%m/%Y}.")
    return " ".join(words)


def _deprivation_rows(
    connection: duckdb.DuckDBPyConnection, province: Mapping[str, Any] | None, compared: Compared | None
) -> list[Text]:
    """The ten deprivations of the poor beside the baseline, each with the department that answers for it.

    Both columns are of the same districts; without any, those of the month alone.
    """
    if province is None:
        return []
    now, then = (compared.now, compared.then) if compared else (province, None)
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
                "change": _change(now[count], then[count] if then else None, "households"),
                "rate_change": _change(now[rate], then[rate] if then else None, "rate"),
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
            "accountable": row["accountable"] or NO_BODY.vi,
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
    """The verdict on a policy: on its share of the eligible, or, as for jobs, on a number of its own."""
    if not targets.rows:
        return ""
    share = targets.rows.get((PROVINCE, f"policy_coverage:{policy}", "coverage_pct", "eligible"))
    row = targets.rows.get((PROVINCE, policy, "persons", "all"), share)
    return STATUSES["no_target" if row is None or row["target_value"] is None else row["status"]].vi


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
