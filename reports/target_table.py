"""The target tables of the Word report: where each number began, where it stands, what the plan asks, what is left.

The plan states a target in its measure (section II.1: the rate in points, without households under social
protection) and prints households as what it comes to ("tương đương khoảng") and the rate of the year's end beside
it: those are three printed numbers, each held against its own level, in the order headline, households, end rate.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from forms.numbers import DECIMALS, measured_vi, signed_vi
from labels.table import STATUSES, TARGETS
from plan.reference import period_end, plan
from reports.figures import PROVINCE
from reports.target_sheets import WITHOUT, Targets

Text = dict[str, Any]

CLASSES = ("poor", "near_poor")
# What each printed number of a reduction is called in the plan.
_MEASURES = {
    "percentage_points": "giảm tỷ lệ (điểm %)",
    "households": "tương đương khoảng (hộ)",
    "end_rate": "tỷ lệ cuối năm (%)",
}
# In what a headline's levels stand, and what they fall by.
_UNITS = {"percentage_points": ("%", "điểm %"), "households": ("hộ", "hộ"), "end_rate": ("%", "điểm %")}


def heading_words() -> Text:
    """Titles that hang on the plan: from when it counts, by when, and whom it leaves out."""
    level_unit, change_unit = _UNITS[plan().headline_measure]
    return {
        "baseline_words": _end_of(plan().baseline_period),
        "target_title": f"Chỉ tiêu {plan().last_period[:4]}",
        "basis_words": "đã trừ hộ BTXH" if plan().headline_basis == WITHOUT else "gồm cả hộ BTXH",
        "level_unit": level_unit,
        "change_unit": change_unit,
    }


def _end_of(period: str) -> str:
    """Cuối 2019 for a December, else Tháng 06/2020."""
    return f"Cuối {period[:4]}" if period.endswith("-12") else f"Tháng {period_end(period):%m/%Y}"


def main_rows(targets: Targets) -> list[Text]:
    """The province's reductions: for each group the plan's headline (bold), then its other printed numbers."""
    headline = plan().headline_measure
    measures = [headline, *(measure for measure in _MEASURES if measure != headline)]
    return [
        {
            "is_total": measure == headline,
            "name": f"{TARGETS[f'{group}_reduction'].vi}: {_MEASURES[measure]}",
            **_cells(targets.get(PROVINCE, f"{group}_reduction", measure, plan().headline_basis)),
        }
        for group in CLASSES
        for measure in measures
    ]


def job_rows(targets: Targets) -> list[Text]:
    """Jobs of the province; no row where the plan has no such target."""
    row = targets.rows.get((PROVINCE, "jobs", "persons", "all"))
    if row is None:
        return []
    change = "" if row["change"] is None else signed_vi(row["change"], DECIMALS["persons"])
    return [{"name": f"{TARGETS['jobs'].vi} (người)", **_cells(row), "change": change}]


def district_rows(units: Iterable[tuple[str, str]], targets: Targets) -> list[Text]:
    """A row for each of `units` (code, name), with the headline of both groups and the households beside it."""
    rows = []
    for code, name in units:
        row: Text = {"name": name, "is_total": code == PROVINCE}
        for group in CLASSES:
            headline = targets.get(code, f"{group}_reduction", plan().headline_measure, plan().headline_basis)
            households = targets.get(code, f"{group}_reduction", "households", plan().headline_basis)
            row |= {f"{group}_{key}": text for key, text in _cells(headline).items()}
            row |= {f"{group}_households_{key}": text for key, text in _cells(households).items()}
        rows.append(row)
    return rows


def _cells(row: Mapping[str, Any]) -> Text:
    """The numbers of a row of mart.target_vs_actual as its measure is read; a fall is positive in `reduced`."""
    measure = row["measure"]
    reduced = None if row["change"] is None else -row["change"]
    return {
        "baseline": measured_vi(row["baseline"], measure),
        "actual": measured_vi(row["actual"], measure),
        "reduced": measured_vi(reduced, measure),
        "target": measured_vi(row["target_value"], measure),
        "achieved": measured_vi(row["achieved_pct"], "achieved_pct"),
        "remaining": measured_vi(row["remaining"], measure),
        "status": STATUSES[row["status"]].vi,
    }
