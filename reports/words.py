"""Vietnamese words of the reports: days, months, spans, and which official form a sheet answers to."""

import datetime as dt

from plan.reference import table

PLAN_VI = "Kế hoạch số 19/KH-UBND"


def day_vi(day: dt.date) -> str:
    """31/12/2020"""
    return f"{day:%d/%m/%Y}"


def long_day_vi(day: dt.date) -> str:
    """31 tháng 12 năm 2020; Decree 30/2020/NĐ-CP puts a zero before days of one digit and before months 1 and 2."""
    month = f"{day.month:02d}" if day.month < 3 else str(day.month)
    return f"{day.day:02d} tháng {month} năm {day.year}"


def period_vi(period: dt.date) -> str:
    """Kỳ báo cáo: tháng 12/2020 (số liệu đến ngày 31/12/2020)"""
    return f"Kỳ báo cáo: tháng {period:%m/%Y} (số liệu đến ngày {day_vi(period)})"


def year_start(period: dt.date, baseline: dt.date) -> dt.date:
    """The end of the first month that a year's movements cover; in the baseline's year that is the baseline itself."""
    return baseline if period.year == baseline.year else dt.date(period.year, 1, 31)


def span_vi(first: dt.date, last: dt.date) -> str:
    """Months from one to another, given by their last days: từ tháng 01 đến tháng 12 năm 2020, or tháng 12 năm 2019."""
    if first == last:
        return f"tháng {last:%m} năm {last.year}"
    return f"từ tháng {first:%m} đến tháng {last:%m} năm {last.year}"


def official_vi(form_no: str) -> str:
    """The form of 2016-2020 that a sheet answers to; the plan where it is none of them.

    Raises LookupError where there is no such form.
    """
    if not form_no:
        return PLAN_VI
    if not any((row["regime"], row["form_no"]) == ("2016-2020", form_no) for row in table("review_forms")):
        raise LookupError(f"there is no form {form_no} of 2016-2020")
    return f"Khung biểu {form_no}, Thông tư 17/2016/TT-BLĐTBXH"
