"""Words for the codes of the plan's targets, and for months without a plan, wherever a person reads them."""

import datetime as dt

from plan.reference import period_end, plan

TARGETS_VI = {"poor_reduction": "Hộ nghèo", "near_poor_reduction": "Hộ cận nghèo", "jobs": "Việc làm"}
TARGET_STATUS_VI = {
    "achieved": "đạt",
    "missed": "không đạt",
    "in_progress": "đang thực hiện",
    "no_target": "không có chỉ tiêu",
    "no_data": "chưa có số liệu",
}
# Where the plan gives a task to nobody (accountable is NULL), in Vietnamese and in English.
NO_BODY = ("Kế hoạch không nêu cơ quan", "The plan names no body")
# (measure, basis) of mart.target_vs_actual.
MEASURES_VI = {
    ("percentage_points", "excluding_social_protection"): "giảm tỷ lệ (điểm %, trừ BTXH)",
    ("households", "excluding_social_protection"): "giảm số hộ (trừ BTXH)",
    ("households", "all"): "giảm số hộ (gồm BTXH)",
    ("end_rate", "excluding_social_protection"): "tỷ lệ cuối năm (%, trừ BTXH)",
    ("persons", "all"): "số người có việc làm",
    ("coverage_pct", "eligible"): "tỷ lệ đã thụ hưởng (%)",
    ("households", "poor"): "số hộ nghèo thiếu hụt",
    ("rate", "poor"): "tỷ lệ trong số hộ nghèo (%)",
}
# What of the sample year was published, and what is made up.
SAMPLE_NOTE_VI = (
    "Dữ liệu mẫu: cuối 2019 theo kế hoạch; 12/2020 chỉ có số hộ nghèo 5.367, hộ cận nghèo 5.546 của tỉnh "
    "(cùng N1, N2, số khẩu và tỷ lệ) là số đã công bố. Tổng số hộ dân cư và hộ BTXH theo huyện là số hiệu "
    "chỉnh; mọi số khác là số giả định."
)


def no_plan_vi(period: dt.date) -> str:
    """What holds for a month after the plan's, given by its last day."""
    known, last = plan(), period_end(plan().last_period)
    return (
        f"Tháng {period:%m/%Y} chưa có kế hoạch: Kế hoạch số {known.number} có chỉ tiêu đến tháng {last:%m/%Y}. "
        "Số liệu được công bố như mọi tháng, không so với chỉ tiêu."
    )


def no_plan_en(period: dt.date) -> str:
    """The same in English."""
    known, last = plan(), period_end(plan().last_period)
    return (
        f"No plan is known for {period:%B %Y}: plan {known.number} has targets up to {last:%B %Y}. "
        "The month is published like any other, without targets."
    )
