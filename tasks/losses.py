"""What readers lose when they get another release in place of the one that they have: told before it is switched."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from forms.numbers import number_vi
from plan.reference import unit_by_code
from tasks.release import WAREHOUSE

# Numbers that every report opens with; a change of a tenth, and of so many, is one that readers ask about.
COUNTED = {"poor_households": "hộ nghèo", "near_poor_households": "hộ cận nghèo"}
_SHARE, _LEAST = 0.1, 20

Count = tuple[str, str, str]  # period (YYYY-MM), unit_code, indicator


@dataclass(frozen=True)
class Shown:
    """What a release shows: the districts of each month (YYYY-MM) that have and have not reported, and the counts of
    COUNTED of the province and its districts, by period, unit and indicator."""

    reported: Mapping[str, frozenset[str]]
    expected: Mapping[str, frozenset[str]]
    counts: Mapping[Count, int] = field(default_factory=dict)

    @property
    def last(self) -> str:
        return max(self.expected)


@dataclass(frozen=True)
class Loss:
    """One thing that readers had and have no longer.

    kind: months (shown no more), last_month (the newest month rests on fewer districts), districts (reported then and
    not now) or total (a count is another by a tenth or more).
    """

    kind: str
    period: str
    districts: tuple[str, ...] = ()
    sentence_vi: str = ""

    def told(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "period": self.period,
            "districts": list(self.districts),
            "message_vi": self.sentence_vi,
        }


def shown_by(release: Path) -> Shown:
    """What a finished release shows. Raises what DuckDB raises where it is none, or of an older form."""
    with duckdb.connect(str(release / WAREHOUSE), read_only=True) as connection:
        slots = connection.execute(
            "select strftime(period, '%Y-%m'), district_code, is_reported from core.slot"
        ).fetchall()
        counts = connection.execute(
            "select strftime(period, '%Y-%m'), unit_code, indicator, numerator from mart.indicator"
            " where level <> 'commune' and population = 'all' and list_contains(?, indicator)",
            [list(COUNTED)],
        ).fetchall()
    months = {period for period, _, _ in slots}
    return Shown(
        {month: frozenset(code for period, code, there in slots if period == month and there) for month in months},
        {month: frozenset(code for period, code, _ in slots if period == month) for month in months},
        {(period, unit, indicator): int(value) for period, unit, indicator, value in counts},
    )


def reader_losses(then: Shown, now: Shown) -> list[Loss]:
    """What readers of `then` lose by `now`: months, the completeness of the newest one, districts, and large changes of
    the province's and districts' counts where the same districts are counted. In the order of months."""
    return [*_months(then, now), *_last_month(then, now), *_districts(then, now), *_totals(then, now)]


def _months(then: Shown, now: Shown) -> list[Loss]:
    gone = sorted(then.expected.keys() - now.expected.keys())
    if not gone:
        return []
    through = f" đến {_month(gone[-1])}" if len(gone) > 1 else ""
    return [Loss("months", gone[0], (), f"Không còn tháng {_month(gone[0])}{through}, bản đang dùng có.")]


def _last_month(then: Shown, now: Shown) -> list[Loss]:
    before, after = then.last, now.last
    missing = now.expected[after] - now.reported[after]
    was_missing = then.expected[before] - then.reported[before]
    if before >= after or len(missing) <= len(was_missing):
        return []
    there, all_ = len(now.reported[after]), len(now.expected[after])
    sentence = (
        f"Tháng {_month(after)} mới có {there}/{all_} huyện; bản đang dùng, đến tháng {_month(before)}, có"
        f" {len(then.reported[before])}/{len(then.expected[before])}. Người đọc mất số liệu toàn tỉnh ở tháng mới nhất;"
        f" chưa có: {_names(after, missing)}."
    )
    return [Loss("last_month", after, tuple(sorted(missing)), sentence)]


def _districts(then: Shown, now: Shown) -> list[Loss]:
    found = []
    for month in sorted(then.reported.keys() & now.reported.keys()):
        gone = then.reported[month] - now.reported[month]
        if gone:
            sentence = (
                f"Tháng {_month(month)} không còn số liệu của {_names(month, gone)}:"
                f" {len(now.reported[month])}/{len(now.expected[month])} huyện, bản đang dùng có"
                f" {len(then.reported[month])}/{len(then.expected[month])}."
            )
            found.append(Loss("districts", month, tuple(sorted(gone)), sentence))
    return found


def _totals(then: Shown, now: Shown) -> list[Loss]:
    found = []
    for (month, unit, indicator), before in sorted(then.counts.items()):
        after = now.counts.get((month, unit, indicator))
        is_alike = then.reported.get(month) == now.reported.get(month) or unit in then.expected[month]
        if after is not None and is_alike and abs(after - before) >= max(_LEAST, _SHARE * before):
            sentence = (
                f"Tháng {_month(month)}, {_name(month, unit)}: {COUNTED[indicator]} từ {number_vi(before)} thành"
                f" {number_vi(after)}."
            )
            found.append(Loss("total", month, (unit,) if unit in then.expected[month] else (), sentence))
    return found


def _names(month: str, codes: frozenset[str]) -> str:
    return ", ".join(_name(month, code) for code in sorted(codes))


def _name(month: str, code: str) -> str:
    unit = unit_by_code(month, code)
    return unit.name if unit else code


def _month(period: str) -> str:
    return f"{period[5:]}/{period[:4]}"
