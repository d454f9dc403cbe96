"""The headline in words: what the numbers say, and nothing that they do not."""

from collections import Counter
from collections.abc import Sequence

from labels.table import GROUPS
from reports.page.figures import Figures, Row
from reports.page.words import Words, month, number


def headline(figures: Figures) -> list[Words]:
    """Sentences on the level, the plan's household targets (BTXH included) and the districts, in that order."""
    sentences = [_level(figures)]
    sentences += [
        _against_target(row) for row in figures.reductions if row["measure"] == "households" and row["basis"] == "all"
    ]
    return [*sentences, *_districts(figures.districts)]


def provisional(figures: Figures) -> Words | None:
    """Which districts the period lacks; None where all have reported."""
    release = figures.release
    if not release.is_provisional:
        return None
    names = ", ".join(release.districts_missing)
    missing, expected = len(release.districts_missing), len(release.districts)
    return Words(
        f"Số liệu tạm tính: {missing} trong {expected} huyện chưa có số liệu được nhận ({names}). Số toàn tỉnh "
        "chỉ là tổng của các huyện đã báo cáo; không lấy số kỳ trước thay vào.",
        f"Provisional: {missing} of {expected} districts have no accepted figures ({names}). Province totals cover "
        "only the districts that have reported; nothing is carried forward.",
    )


def _level(figures: Figures) -> Words:
    period = figures.release.period
    now = {row["indicator"]: row for row in figures.province_rates if row["period"] == period}
    if not now:
        return Words(f"Chưa huyện nào báo cáo {month(period).vi}.", f"No district has reported {month(period).en}.")
    poor, near_poor, when = now["poor_rate"], now["near_poor_rate"], month(period)
    count, rate = number(poor["numerator"]), number(poor["value"], 2)
    near_count, near_rate = number(near_poor["numerator"]), number(near_poor["value"], 2)
    some = poor["districts_reported"] < poor["districts_expected"]
    where = (
        Words(
            f"{poor['districts_reported']} trong {poor['districts_expected']} huyện đã báo cáo",
            f"the {poor['districts_reported']} of {poor['districts_expected']} districts that have reported",
        )
        if some
        else Words("toàn tỉnh", "the province")
    )
    return Words(
        f"Đến hết {when.vi}, {where.vi} có {count.vi} hộ nghèo ({rate.vi} %) và {near_count.vi} hộ cận nghèo "
        f"({near_rate.vi} %).",
        f"At the end of {when.en}, {where.en} counted {count.en} poor households ({rate.en}%) and {near_count.en} "
        f"near-poor households ({near_rate.en}%).",
    )


def _against_target(row: Row) -> Words:
    group = GROUPS[row["target"].removesuffix("_reduction")]
    goal = number(row["target_value"])
    if row["status"] == "no_data" or row["change"] is None:
        return Words(
            f"Chỉ tiêu giảm {goal.vi} {group.vi}: chưa tính được vì chưa đủ số liệu các huyện.",
            f"The target of {goal.en} fewer {group.en} households can't be judged: not all districts have reported.",
        )
    reduced, remaining = number(-row["change"]), number(row["remaining"])
    start = Words(
        f"So với cuối 2019 giảm {reduced.vi} {group.vi}",
        f"That is {reduced.en} fewer {group.en} households than at 2019",
    )
    if row["status"] == "achieved":
        return Words(
            f"{start.vi}: đạt chỉ tiêu giảm {goal.vi} hộ.", f"{start.en}'s end: the target of {goal.en} is achieved."
        )
    if row["status"] == "missed":
        return Words(
            f"{start.vi}: không đạt chỉ tiêu giảm {goal.vi} hộ, còn thiếu {remaining.vi}.",
            f"{start.en}'s end: the target of {goal.en} is missed by {remaining.en}.",
        )
    return Words(
        f"{start.vi}: để đạt chỉ tiêu giảm {goal.vi} hộ còn phải giảm {remaining.vi}.",
        f"{start.en}'s end: {remaining.en} more are needed for the target of {goal.en}.",
    )


def _districts(rows: Sequence[Row]) -> list[Words]:
    met = Counter(row["target"] for row in rows if row["status"] == "achieved")
    known = Counter(row["target"] for row in rows if row["status"] != "no_data")
    poor, near_poor = (
        (met["poor_reduction"], known["poor_reduction"]),
        (met["near_poor_reduction"], known["near_poor_reduction"]),
    )
    if not poor[1]:
        return []
    return [
        Words(
            f"{poor[0]} trong {poor[1]} huyện đạt chỉ tiêu giảm hộ nghèo, {near_poor[0]} trong {near_poor[1]} huyện "
            "đạt chỉ tiêu giảm hộ cận nghèo.",
            f"{poor[0]} of {poor[1]} districts have met the target for poor households, {near_poor[0]} of "
            f"{near_poor[1]} that for near-poor households.",
        )
    ]
