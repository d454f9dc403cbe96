"""The page's words, Vietnamese and English, and how each language writes a number or a month."""

import datetime as dt
from typing import NamedTuple

from forms.numbers import number_vi, signed_vi

LANGUAGES = ("vi", "en")


class Words(NamedTuple):
    """One text in both languages."""

    vi: str
    en: str

    def of(self, language: str) -> str:
        return self.vi if language == "vi" else self.en


def number(value: float | int | None, decimals: int = 0) -> Words:
    """1.552 and 3,04 beside 1,552 and 3.04; a dash where there is no number."""
    return _both(number_vi(value, decimals))


def signed(value: float | int | None, decimals: int = 0) -> Words:
    """A change, with its sign; a zero has none."""
    return _both(signed_vi(value, decimals))


def _both(vi: str) -> Words:
    """A number as written in Vietnamese, in both languages; a dash where there is none."""
    return Words(vi, vi.translate(str.maketrans(",.", ".,"))) if vi else Words("–", "–")


def month(day: dt.date) -> Words:
    return Words(f"tháng {day.month}/{day.year}", f"{day:%B %Y}")


def same(text: str) -> Words:
    """A name that both languages write alike."""
    return Words(text, text)


TARGET = {
    "poor_reduction": Words("Giảm hộ nghèo", "Poor households"),
    "near_poor_reduction": Words("Giảm hộ cận nghèo", "Near-poor households"),
    "jobs": Words("Giải quyết việc làm", "Jobs"),
}
# (measure, basis) of mart.target_vs_actual.
MEASURE = {
    ("percentage_points", "excluding_social_protection"): Words(
        "điểm phần trăm, trừ hộ BTXH", "percentage points, without social protection"
    ),
    ("households", "excluding_social_protection"): Words("số hộ, trừ hộ BTXH", "households, without social protection"),
    ("households", "all"): Words("số hộ, gồm hộ BTXH", "households, with social protection"),
    ("end_rate", "excluding_social_protection"): Words(
        "tỷ lệ cuối năm, trừ hộ BTXH (%)", "rate at year end, without social protection (%)"
    ),
    ("persons", "all"): Words("người", "persons"),
    ("coverage_pct", "eligible"): Words("% đối tượng được hưởng", "% of those eligible"),
}
STATUS = {
    "achieved": Words("đạt", "achieved"),
    "missed": Words("không đạt", "missed"),
    "in_progress": Words("đang thực hiện", "in progress"),
    "no_target": Words("kế hoạch không nêu", "not stated"),
    "no_data": Words("chưa đủ số liệu", "no data"),
}
# What became of a slot, as a person asks for it; keys of core.slot.state with reported ones as `accepted`.
SLOT = {
    "accepted": Words("đã nhận, đúng hạn", "accepted, on time"),
    "accepted_late": Words("đã nhận, muộn", "accepted, late"),
    "waiting": Words("chờ kỳ trước", "waiting for the month before"),
    "rejected": Words("bị trả vì lỗi", "rejected"),
    "held": Words("chờ xét duyệt", "held"),
    "returned": Words("đã trả lại huyện", "returned"),
    "withdrawn": Words("đã rút", "withdrawn"),
    "excused": Words("được miễn", "excused"),
    "unreadable": Words("không đọc được", "unreadable"),
    "expected": Words("chưa nhận", "not received"),
}
GROUP = {"poor": Words("Hộ nghèo", "Poor households"), "near_poor": Words("Hộ cận nghèo", "Near-poor households")}
# Columns of mart.movement by group: what each flow is, in the form's order.
FLOW = {
    "poor": {
        "decrease_1": Words("thoát nghèo, thành cận nghèo", "left poverty, now near poor"),
        "decrease_2": Words("thoát nghèo, vượt chuẩn cận nghèo", "left poverty and near poverty"),
        "decrease_3": Words("giảm khác", "other decrease"),
        "increase_1": Words("từ hộ cận nghèo", "from near poor"),
        "increase_2": Words("tái nghèo", "poor again"),
        "increase_3": Words("phát sinh mới", "newly poor"),
        "increase_4": Words("tăng khác", "other increase"),
    },
    "near_poor": {
        "decrease_1": Words("thoát cận nghèo", "left near poverty"),
        "decrease_2": Words("thành hộ nghèo", "became poor"),
        "decrease_3": Words("giảm khác", "other decrease"),
        "increase_1": Words("từ hộ nghèo", "from poor"),
        "increase_2": Words("tái cận nghèo", "near poor again"),
        "increase_3": Words("phát sinh mới", "newly near poor"),
        "increase_4": Words("tăng khác", "other increase"),
    },
}
