"""The sample year as the post brings it: on time, late, with errors, and corrected.

Three incidents stand between 117 months and their acceptance: a file that is rejected and sent again,
one that a validator has to accept, and one that is corrected after it was accepted.
"""

import datetime as dt
from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from forms.dictionary import KIND_CORRECTION
from forms.month import DistrictMonth, Row
from plan.reference import BASELINE_PERIOD, PLAN_YEAR, districts, next_period, period_end
from sample.fates import STEP
from sample.writing import Decision, Delivery, write_deliveries
from sample.year import LAST_PERIOD, YearOfMonths, generate_year

__all__ = ["Decision", "Delivery", "Story", "story", "write_deliveries"]

# Vietnam has had one offset all these years.
HANOI = dt.timezone(dt.timedelta(hours=7))
VALIDATOR = "Người thẩm định (mẫu)"
# (period, district): sent with errors first, right two days later.
REJECTED_FIRST = ("2020-03", "966")
# Falls by more than X06 allows; right all the same.
ACCEPTED_BY_HAND = (f"{PLAN_YEAR}-{STEP[1]:02d}", STEP[0])
# Accepted in June, put right on 25 June.
CORRECTED = ("2020-05", "972")
CORRECTED_ON = dt.date(2020, 6, 25)

_LATE_SHARE = 0.06
_ON_TIME_DAYS, _LATE_DAYS = range(3, 11), range(11, 13)
_FILE_NAMES = (
    "BC HN-T {m:02d}-{y} {name}.xlsx",
    "Báo cáo hộ nghèo T{m}.{y} - {name}.xlsx",
    "baocao_thang{m}.xlsx",
    "HN_{code}_{y}{m:02d}.xlsx",
    "{name} tháng {m} năm {y}.xlsx",
    "gui So LDTBXH thang {m}.xlsx",
    "Bieu HN-T (ban chinh thuc) {m}.{y}.xlsx",
    "DS hộ nghèo, cận nghèo {name} {m}-{y}.xlsx",
    "Copy of bao cao {m}.xlsx",
)


@dataclass(frozen=True)
class Story:
    """What arrives and what is decided, each in time order."""

    deliveries: list[Delivery]
    decisions: list[Decision]


def story(seed: int = PLAN_YEAR, first: str = BASELINE_PERIOD, last: str = LAST_PERIOD) -> Story:
    """The post of the sample year, the same for the same seed. `first` and `last` choose the periods told."""
    year = generate_year(seed, BASELINE_PERIOD, last)
    rng = np.random.Generator(np.random.PCG64([seed, 2]))
    styles = dict(
        zip([unit.code for unit in districts(BASELINE_PERIOD)], rng.permutation(len(_FILE_NAMES)), strict=True)
    )
    deliveries: list[Delivery] = []
    decisions: list[Decision] = []
    for slot, month in year.items():
        # Drawn for every slot, told or not: a shorter story is a part of the longer one.
        received_at = _received(rng, slot)
        if slot[0] < first:
            continue
        told = [Delivery(received_at, _file_name(styles[slot[1]], slot, month), *slot, month, "")]
        if slot == REJECTED_FIRST:
            told = _rejected_first(told[0])
        if slot == CORRECTED:
            told = _corrected(told[0], year)
        if slot == ACCEPTED_BY_HAND:
            told = [replace(told[0], note="Giảm mạnh sau rà soát cuối năm, chờ thẩm định")]
            decisions.append(_acceptance(slot, received_at))
        deliveries += told
    deliveries.sort(key=lambda delivery: delivery.received_at)
    return Story(deliveries, decisions)


def _received(rng: np.random.Generator, slot: tuple[str, str]) -> dt.datetime:
    """A working day's office hours, mostly three to ten days after the month's end."""
    late = rng.random() < _LATE_SHARE and slot != ACCEPTED_BY_HAND
    # Two days later must be a working day too, where the file comes again.
    follow_up = 2 if slot == REJECTED_FIRST else 0
    end = period_end(slot[0])
    days = [end + dt.timedelta(days=day) for day in (_LATE_DAYS if late else _ON_TIME_DAYS)]
    working = [day for day in days if day.weekday() < 5 and (day + dt.timedelta(days=follow_up)).weekday() < 5]
    day = (working or [days[0]])[int(rng.integers(max(1, len(working))))]
    hour = int(rng.choice([7, 8, 9, 10, 13, 14, 15, 16]))
    return dt.datetime.combine(day, dt.time(hour, int(rng.integers(60)), int(rng.integers(60))), HANOI)


def _file_name(style: int, slot: tuple[str, str], month: DistrictMonth) -> str:
    name = str(month.cover["district_name"]).removeprefix("Huyện ").removeprefix("Thành phố ")
    return _FILE_NAMES[style].format(y=int(slot[0][:4]), m=int(slot[0][5:]), code=slot[1], name=name)


def _rejected_first(right: Delivery) -> list[Delivery]:
    """The file with a clerk's slips, and the right one two days later."""
    later = right.received_at + dt.timedelta(days=2)
    again = right.file_name.replace(".xlsx", " (sửa).xlsx")
    rows = [dict(row) for row in right.month.household]
    listed = [row for row in rows if row["movement"] == "KHONG_DOI"]
    for row in listed[10:13]:
        row["b2_points"] = _next_b2(row)
    listed[40]["class"] = "NI"
    listed[70]["persons"] = "bốn"
    wrong = replace(right.month, household=rows)
    return [
        replace(right, month=wrong, note="Sai điểm B2, mã phân loại và số nhân khẩu: phải gửi lại"),
        replace(right, received_at=later, file_name=again, note="Gửi lại sau khi bị trả"),
    ]


def _next_b2(row: Row) -> int:
    points = cast(int, row["b2_points"])
    return points + 10 if points < 100 else points - 10


def _corrected(right: Delivery, year: YearOfMonths) -> list[Delivery]:
    """The month as first reported, with marks and services left out, and the correction of 25 June.

    Classes, sizes and movements are the same in both, so that June follows from either.
    """
    rows = [dict(row) for row in right.month.household]
    # An income-poor household stays so whatever its marks: only these are put right.
    uninsured = [row for row in rows if row["class"] == "N1" and row["health_insurance"] == "x"]
    for row in uninsured[:60:10]:
        row["health_insurance"] = None
        row["b2_points"] = cast(int, row["b2_points"]) - 10
    before = year[next_period(right.period, -1), right.district_code].policy
    policy = []
    for earlier, row in zip(before, right.month.policy, strict=True):
        short = row["policy"] in ("bhyt", "credit")
        served, was = cast(int, row["served"]), cast(int, earlier["served"])
        policy.append(row | {"served": (served + was) // 2 if short else served})
    first = replace(right, month=replace(right.month, household=rows, policy=policy))
    cover = right.month.cover | {"kind": KIND_CORRECTION, "prepared_on": CORRECTED_ON}
    correction = replace(
        right,
        received_at=dt.datetime.combine(CORRECTED_ON, dt.time(9, 20), HANOI),
        file_name=right.file_name.replace(".xlsx", " dieu chinh.xlsx"),
        month=replace(right.month, cover=cover),
        note="Điều chỉnh thiếu hụt bảo hiểm y tế và số đã thụ hưởng",
    )
    return [first, correction]


def _acceptance(slot: tuple[str, str], received_at: dt.datetime) -> Decision:
    at = received_at + dt.timedelta(days=1)
    return Decision(
        at=at,
        by=VALIDATOR,
        action="accept",
        period=slot[0],
        district_code=slot[1],
        reason="Kết quả rà soát cuối năm đã được huyện xác nhận bằng văn bản; "
        "số hộ thoát nghèo khớp danh sách công nhận.",
    )
