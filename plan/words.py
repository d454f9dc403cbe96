"""Vietnamese words for the codes of the plan's targets, wherever a person reads them."""

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
