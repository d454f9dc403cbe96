"""The one verdict on a target: on the plan's `headline_measure` and `headline_basis`.

The plan prints other measures beside it, which disagree; reports list them, and say nothing in words of them.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from forms.numbers import DECIMALS, number_vi
from labels.table import REMAINING, STATUSES, TARGETS, Words, measure_words
from plan.reference import period_end, plan

Row = Mapping[str, Any]
REDUCTIONS = ("poor_reduction", "near_poor_reduction")


def decimals(measure: str) -> int:
    """How many decimals a measure's numbers are shown with."""
    return DECIMALS[measure]


def is_headline(row: Row) -> bool:
    """Whether a row of mart.target_vs_actual is the one that its target's verdict is read from."""
    if row["target"] not in REDUCTIONS:
        return True
    return (row["measure"], row["basis"]) == (plan().headline_measure, plan().headline_basis)


def is_about(row: Row) -> bool:
    """Whether a row has the households that the plan puts beside a target as "tương đương khoảng"."""
    return (row["measure"], row["basis"]) == ("households", plan().headline_basis)


def headline_words() -> Words:
    """The plan's measure and basis in words."""
    return measure_words(plan().headline_measure, plan().headline_basis)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many units met their target, of how many that have one; `unknown` of these have not enough data."""

    met: int
    units: int
    unknown: int

    @property
    def words(self) -> Words:
        """7/9 huyện đạt, and how many are not known."""
        vi, en = (
            f"{self.met}/{self.units} huyện {STATUSES['achieved'].vi}",
            f"{STATUSES['achieved'].en} in {self.met} of {self.units} districts",
        )
        if self.unknown:
            vi += f" ({self.unknown} huyện {STATUSES['no_data'].vi})"
            en += f" ({self.unknown}: {STATUSES['no_data'].en})"
        return Words(vi, en)


def tally(rows: Iterable[Row], target: str) -> Tally:
    """The districts that met a target, by the one verdict."""
    mine = [
        row["status"]
        for row in rows
        if row["level"] == "district"
        and row["target"] == target
        and row["target_value"] is not None
        and is_headline(row)
    ]
    return Tally(mine.count("achieved"), len(mine), mine.count("no_data"))


def sentence(row: Row, about: Row | None, baseline: dt.date) -> Words:
    """A unit's verdict on one target, with the level then and now, and the households that the plan puts beside it.

    `row` is the headline row, `about` that of is_about where the target has one.
    """
    target = TARGETS[row["target"]]
    goal = number(row["target_value"], row)
    verdict = STATUSES[row["status"]]
    if row["status"] == "no_data":
        some = f"{row['districts_reported']}/{row['districts_expected']}"
        return Words(
            f"{target.vi}: {verdict.vi} để so với chỉ tiêu {goal.vi} ({some} huyện đã báo cáo).",
            f"{target.en}: {verdict.en} to judge the target of {goal.en} ({some} districts have reported).",
        )
    left, before = number(row["remaining"], row), REMAINING.get(row["status"])
    rest = Words(f", {before.vi} {left.vi}", f", {before.en} {left.en}") if before else Words("", "")
    now = number(row["actual"], row)
    if row["target"] not in REDUCTIONS and row["achieved_pct"] is None:
        # At the baseline: what was done before the plan counts for nothing yet.
        return Words(
            f"{target.vi}: {now.vi} trong năm {baseline.year}; chỉ tiêu {goal.vi} chưa bắt đầu tính: "
            f"{verdict.vi}{rest.vi}.",
            f"{target.en}: {now.en} in {baseline.year}; the target of {goal.en} has not begun: {verdict.en}{rest.en}.",
        )
    if row["target"] not in REDUCTIONS:
        return Words(
            f"{target.vi}: {now.vi}, chỉ tiêu {goal.vi}: {verdict.vi}{rest.vi}.",
            f"{target.en}: {now.en}, target {goal.en}: {verdict.en}{rest.en}.",
        )
    how, then, when = measure_words(row["measure"], row["basis"]), number(row["baseline"], row), month_end(baseline)
    fell = change(row["change"], decimals(row["measure"]))
    words = Words(
        f"{target.vi}, {how.vi}: {fell.vi} ({when.vi} là {then.vi}, nay {now.vi}), chỉ tiêu {goal.vi}: "
        f"{verdict.vi}{rest.vi}",
        f"{target.en}, {how.en}: {fell.en} ({when.en} {then.en}, now {now.en}), target {goal.en}: "
        f"{verdict.en}{rest.en}",
    )
    if about is None or about["change"] is None:
        return Words(f"{words.vi}.", f"{words.en}.")
    households, printed = change(about["change"], 0), number(about["target_value"], about)
    if households == change(0, 0):
        came_to = Words(f"số hộ {households.vi}", f"households {households.en}")
    else:
        came_to = Words(f"tương đương khoảng {households.vi} hộ", f"about {households.en} households")
    return Words(
        f"{words.vi}; {came_to.vi}, kế hoạch ghi {printed.vi}.",
        f"{words.en}; {came_to.en}, where the plan prints {printed.en}.",
    )


def sentences(rows: Iterable[Row], baseline: dt.date) -> list[Words]:
    """The province's verdicts in words, one for each of the plan's main targets."""
    mine = [row for row in rows if row["level"] == "province"]
    about = {row["target"]: row for row in mine if is_about(row)}
    headline = {row["target"]: row for row in mine if row["target"] in TARGETS and is_headline(row)}
    return [sentence(headline[one], about.get(one), baseline) for one in TARGETS if one in headline]


def districts_sentence(rows: Iterable[Row]) -> Words:
    """How many districts met each target, and by which measure."""
    listed, how = list(rows), headline_words()
    found = [(TARGETS[one], tally(listed, one).words) for one in REDUCTIONS]
    return Words(
        f"Theo huyện, {how.vi}: " + "; ".join(f"{target.vi.lower()} {words.vi}" for target, words in found) + ".",
        f"By district, {how.en}: " + "; ".join(f"{target.en.lower()} {words.en}" for target, words in found) + ".",
    )


def after_the_plan() -> Words:
    """What is said in place of verdicts once the plan is over."""
    last = period_end(plan().last_period)
    return Words(
        f"Kế hoạch số {plan().number} kết thúc vào tháng {last.month}/{last.year}: kỳ này không có chỉ tiêu để so.",
        f"Plan {plan().number} ended in {last:%B %Y}: this month has no targets to be held against.",
    )


def number(value: float | None, row: Row) -> Words:
    """A level or target as its measure is written: 1.693 and 0,50 beside 1,693 and 0.50."""
    vi = number_vi(value, decimals(row["measure"]))
    return Words(vi, vi.translate(str.maketrans(",.", ".,")))


def change(value: float, places: int) -> Words:
    """giảm 0,72, tăng 0,05, không đổi beside down 0.72, up 0.05, unchanged."""
    vi = number_vi(abs(value), places)
    if vi == number_vi(0, places):
        return Words("không đổi", "unchanged")
    en = vi.translate(str.maketrans(",.", ".,"))
    return Words(f"giảm {vi}", f"down {en}") if value < 0 else Words(f"tăng {vi}", f"up {en}")


def month_end(day: dt.date) -> Words:
    """cuối năm 2019, or cuối tháng 6/2020."""
    if day.month == 12:
        return Words(f"cuối năm {day.year}", f"end of {day.year}")
    return Words(f"cuối tháng {day.month}/{day.year}", f"end of {day:%B %Y}")
