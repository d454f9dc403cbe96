"""The headline in words: what the numbers say, and nothing that they do not."""

from reports.coverage import who
from reports.page.figures import Figures
from reports.page.words import Words, month, number
from reports.verdicts import after_the_plan, districts_sentence, sentences


def headline(figures: Figures) -> list[Words]:
    """Sentences on the level, the plan's verdicts for the province, and the districts, in that order."""
    if not figures.reductions:
        return [_level(figures), after_the_plan()]
    return [
        _level(figures),
        *sentences(figures.reductions, figures.release.baseline),
        districts_sentence(figures.districts),
    ]


def provisional(figures: Figures) -> Words | None:
    """Which districts the period lacks; None where all have reported."""
    release = figures.release
    if not release.is_provisional:
        return None
    names = ", ".join(release.districts_missing)
    missing, expected = len(release.districts_missing), len(release.districts)
    return Words(
        f"Số liệu tạm tính: {missing} trong {expected} huyện chưa có báo cáo được chấp nhận ({names}). Số toàn tỉnh "
        "chỉ là tổng của các huyện đã báo cáo; không lấy số kỳ trước thay vào.",
        f"Provisional: {missing} of {expected} districts have no accepted report ({names}). Province totals cover "
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
    where = who(figures.release)
    return Words(
        f"Đến hết {when.vi}, {where.vi} có {count.vi} hộ nghèo ({rate.vi} %) và {near_count.vi} hộ cận nghèo "
        f"({near_rate.vi} %), gồm cả hộ BTXH.",
        f"At the end of {when.en}, {where.en} counted {count.en} poor households ({rate.en}%) and {near_count.en} "
        f"near-poor households ({near_rate.en}%), those under social protection included.",
    )
