"""Sheet Bìa: one row per field, each with the one thing that is expected of it."""

import datetime as dt

import polars as pl

from forms.dictionary import CLASSES_LISTED, CLASSES_POOR, KIND_CORRECTION, sheets
from plan.reference import communes, period_end
from tasks.case import Case
from tasks.cover import Cover, read_cover
from tasks.derive.common import NOT_JUDGED
from tasks.derive.presence import is_left_empty
from tasks.values import to_text

SCHEMA = {
    "s": pl.Int32,
    "row": pl.Int32,
    "field": pl.String,
    "letter": pl.String,
    "label": pl.String,
    "value": pl.String,
    "period": pl.String,
    "cell_valid": pl.Int32,
    "form_fits": pl.Int32,
    "period_open": pl.Int32,
    "period_ended": pl.Int32,
    "received_day": pl.String,
    "last_day": pl.String,
    "control_given": pl.Int64,
    "control_expected": pl.Int64,
    "poor_change_excess": pl.Int64,
    "poor_change": pl.String,
    "poor_change_allowed": pl.String,
}
# Rule X06: a district's poor households change by at most this share or number in a month.
CHANGE_SHARE = 0.10
CHANGE_HOUSEHOLDS = 30


def derive_cover(cases: list[Case], usable: list[frozenset[str]], household: pl.DataFrame) -> pl.DataFrame:
    """One row per submission and cover field. Flags are 1 where all is well."""
    rows = []
    for s, case in enumerate(cases):
        own = household.filter(pl.col("s") == s)
        counted = _count(case, usable[s], own)
        cover = read_cover(case.workbook)
        for field in sheets()["cover"].fields:
            cell = case.workbook.cover.get(field.key)
            rows.append(
                {
                    "s": s,
                    "row": int(cell.cell.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")) if cell and cell.cell else None,
                    "letter": cell.cell.rstrip("0123456789") if cell and cell.cell else None,
                    "field": field.key,
                    "label": field.label_vi,
                    "value": to_text(cell.value) if cell else None,
                    "period": cover.period,
                    "cell_valid": int(field.key not in cover.invalid),
                    "form_fits": int(field.key != "form" or cover.form is None or cover.form_fits),
                    "period_open": int(field.key != "period" or _is_open(case, cover)),
                }
                | _ended(field.key, case, cover)
                | _control(field.key, cover, counted)
                | _change(field.key, case, counted)
            )
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _is_open(case: Case, cover: Cover) -> bool:
    """Rule F05: the period has begun when the file comes, and it is not closed but for a correction."""
    if cover.period is None:
        return True
    begun = case.received_on >= period_end(cover.period).replace(day=1)
    return begun and (not case.is_closed or cover.kind == KIND_CORRECTION)


def _ended(key: str, case: Case, cover: Cover) -> dict[str, object]:
    """Rule F16: the period is over when the file comes. Before it began F05 speaks already."""
    if key != "period" or cover.period is None:
        return {"period_ended": 1, "received_day": None, "last_day": None}
    last = period_end(cover.period)
    running = last.replace(day=1) <= case.received_on <= last
    return {"period_ended": int(not running), "received_day": _day(case.received_on), "last_day": _day(last)}


def _day(day: dt.date) -> str:
    return f"{day:%d/%m/%Y}"


def _count(case: Case, usable: frozenset[str], own: pl.DataFrame) -> dict[str, int]:
    """What the sheets count, for the control totals that can be held against it."""
    counted = {}
    if "household" in usable and bool(own.get_column("countable").all()):
        classes = own.get_column("class")
        counted["total_poor"] = int(classes.is_in(CLASSES_POOR).sum())
        counted["total_near_poor"] = int((classes == CLASSES_LISTED[-1]).sum())
    if "commune" in usable and case.period:
        codes = set(case.workbook.tables["commune"].rows.get_column("commune_code").drop_nulls())
        due = {unit.code for unit in communes(case.period, case.district_code)}
        # A commune that is missing or not the sender's is named by F10, F06 or H01.
        if codes == due:
            counted["total_communes"] = len(codes)
    return counted


def _control(key: str, cover: Cover, counted: dict[str, int]) -> dict[str, object]:
    declared = cover.totals.get(key)
    if declared is None or key not in counted:
        return {"control_given": NOT_JUDGED, "control_expected": NOT_JUDGED}
    return {"control_given": declared, "control_expected": counted[key]}


def _change(key: str, case: Case, counted: dict[str, int]) -> dict[str, object]:
    if key != "total_poor" or case.previous is None or "total_poor" not in counted or is_left_empty(case):
        return {"poor_change_excess": 0, "poor_change": None, "poor_change_allowed": None}
    before = int(case.previous.household.get_column("class").is_in(CLASSES_POOR).sum())
    change = counted["total_poor"] - before
    allowed = max(CHANGE_SHARE * before, CHANGE_HOUSEHOLDS)
    return {
        "poor_change_excess": int(abs(change) > allowed),
        "poor_change": f"{change:+d}",
        "poor_change_allowed": f"tăng/giảm không quá {allowed:.0f} (kỳ trước {before})",
    }
