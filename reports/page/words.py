"""The page's words, Vietnamese and English, and how each language writes a number or a month."""

import datetime as dt

from forms.numbers import number_vi, signed_vi
from labels.table import GROUPS, STATES, STATUSES, TARGETS, TIMELINESS, kinds
from labels.table import Words as Words

LANGUAGES = ("vi", "en")


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


TARGET, STATUS = TARGETS, STATUSES
# (measure, basis) of mart.target_vs_actual.
MEASURE = {tuple(code.split("/")): words for code, words in kinds()["measure"].items()}
GROUP = {group: words.first_upper() for group, words in GROUPS.items()}


def _accepted(timeliness: str) -> Words:
    state, when = STATES["accepted"], TIMELINESS[timeliness]
    return Words(f"{state.vi}, {when.vi}", f"{state.en}, {when.en}")


# What became of a slot, as a person asks for it; keys of core.slot.state with reported ones by when they came.
SLOT = {"accepted": _accepted("on_time"), "accepted_late": _accepted("late")} | {
    state: words for state, words in STATES.items() if state != "accepted"
}
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
