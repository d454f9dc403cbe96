"""Months that no district reported: shown as one line where there are many, so that what came can be seen."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

# So many silent months in a row are shown one by one.
MOST_SHOWN = 3


@dataclass(frozen=True)
class Silence:
    """A run of months (YYYY-MM) for which nothing came."""

    first: str
    last: str
    months: int


def silences(periods: Sequence[str], is_silent: Callable[[str], bool], most_shown: int = MOST_SHOWN) -> list[Silence]:
    """Every run of more than `most_shown` silent months in a row, in the order of `periods`, which ascend."""
    runs: list[list[str]] = [[]]
    for period in periods:
        if is_silent(period):
            runs[-1].append(period)
        elif runs[-1]:
            runs.append([])
    return [Silence(run[0], run[-1], len(run)) for run in runs if len(run) > most_shown]


def silence_vi(silence: Silence) -> str:
    """Which months, as a person writes them: 71 kỳ 01/2021 đến 11/2026, or kỳ 01/2021."""
    first, last = (f"{period[5:]}/{period[:4]}" for period in (silence.first, silence.last))
    return f"kỳ {first}" if silence.months == 1 else f"{silence.months} kỳ {first} đến {last}"


def without_silent_months(rows: Sequence[dict[str, Any]]) -> tuple[list[dict[str, Any]], str]:
    """Of `tasks.status.status_rows` those of months in which anything came or was excused, and a sentence on the rest.

    The sentence is empty where there is no other month.
    """
    due = {row["period"]: row["due"] for row in rows if row["period"]}
    heard = {row["period"] for row in rows if row["state"] != "expected"}
    late = {row["period"] for row in rows if row["on_time"] is False} - heard
    parts = [f"{silence_vi(one)} (quá hạn)" for one in silences(sorted(due), late.__contains__, most_shown=0)]
    for period in sorted(due.keys() - heard - late):
        parts.append(f"{silence_vi(Silence(period, period, 1))} (hạn {dt.date.fromisoformat(due[period]):%d/%m/%Y})")
    said = f"Chưa huyện nào gửi báo cáo: {'; '.join(parts)}. Từng huyện: giamngheo status --period YYYY-MM"
    return [row for row in rows if row["period"] not in due.keys() - heard], said if parts else ""
