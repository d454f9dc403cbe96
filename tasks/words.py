"""Words for codes, where a person reads them in Vietnamese: the command line, Prefect's page, the desk."""

SEVERITIES_VI = {"critical": "nghiêm trọng", "warning": "cảnh báo", "info": "thông tin"}
TARGETS_VI = {"poor_reduction": "Hộ nghèo", "near_poor_reduction": "Hộ cận nghèo", "jobs": "Việc làm"}
TARGET_STATUS_VI = {
    "achieved": "đạt",
    "missed": "không đạt",
    "in_progress": "đang thực hiện",
    "no_target": "không có chỉ tiêu",
    "no_data": "chưa có số liệu",
}
# (measure, basis) of mart.target_vs_actual.
MEASURES_VI = {
    ("percentage_points", "excluding_social_protection"): "giảm tỷ lệ (điểm %, trừ BTXH)",
    ("households", "excluding_social_protection"): "giảm số hộ (trừ BTXH)",
    ("households", "all"): "giảm số hộ (gồm BTXH)",
    ("end_rate", "excluding_social_protection"): "tỷ lệ cuối năm (%, trừ BTXH)",
    ("persons", "all"): "số người có việc làm",
}


def number_vi(value: float | int | None, decimals: int = 0) -> str:
    """A number as Vietnamese offices write it: 1.552 and 3,04; an empty text for none."""
    if value is None:
        return ""
    return f"{value:z,.{decimals}f}".translate(str.maketrans(",.", ".,"))
