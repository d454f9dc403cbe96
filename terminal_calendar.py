"""What `giamngheo calendar` and `giamngheo backfill` print: a line for each month, a column for each district."""

import datetime as dt
import textwrap
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.table import Table

from labels.table import STATES, STATES_SHORT, TIMELINESS
from ledger.states import ACCEPTED, EXCUSED
from plan.reference import district_names, plan
from tasks.calendar import Slot, summary
from tasks.silence import silence_vi, silences
from tasks.timeliness import DUE, LATE, MISSING, ON_TIME
from tasks.words import number_vi
from terminal import say

if TYPE_CHECKING:
    from flows.backfill import Backfilled, MonthDone
    from tasks.arrivals import Arrivals

# Nine districts, the month, its day and the total fit into 100 columns.
_CELL = 8
_LEGEND = (
    f"✓ {STATES['accepted'].vi} · +N nộp muộn N ngày · * đã điều chỉnh · thiếu N: chưa nhận, quá hạn N ngày · còn N: "
    "chưa nhận, còn N ngày"
)


def print_calendar(slots: list[Slot], today: dt.date, *, summarise: bool = False) -> None:
    """The slots as a table, with what the signs mean and a summary for each month and district.

    `summarise` puts long runs of months for which nothing came into a sentence; the summary counts them.
    """
    if not slots:
        say("Không có kỳ nào phải báo cáo trong khoảng này.")
        return
    names = district_names()
    codes = sorted({slot.district_code for slot in slots})
    table = Table(title=f"Lịch báo cáo đến ngày {today:%d/%m/%Y}", title_justify="left", padding=(0, 1, 0, 0), box=None)
    table.add_column("Kỳ")
    table.add_column("Hạn")
    for code in codes:
        table.add_column(_heading(code, names.get(code, "")))
    table.add_column("Đạt", justify="right")
    by_place = {(slot.period, slot.district_code): slot for slot in slots}
    periods = list(dict.fromkeys(slot.period for slot in slots))
    heard = {slot.period for slot in slots if slot.timeliness != MISSING}
    left_out = silences(periods, lambda period: period not in heard) if summarise else []
    for period in periods:
        if any(one.first <= period <= one.last for one in left_out):
            continue
        mine = [by_place.get((period, code)) for code in codes]
        present = [slot for slot in mine if slot is not None]
        done = summary(present)
        cells = ["" if slot is None else cell(slot) for slot in mine]
        table.add_row(period, f"{present[0].due:%d/%m}", *cells, f"{done['accepted']}/{done['districts']}")
    _add_totals(table, codes, slots)
    Console(width=2000, emoji=False).print(table, crop=False, no_wrap=True)
    say(_legend(slots))
    for one in left_out:
        say(f"Không liệt kê {silence_vi(one)}: chưa huyện nào gửi (giamngheo calendar --from {one.first}).")
    if max(periods) > plan().last_period:
        say(f"Kế hoạch số {plan().number} hết tháng {_month(plan().last_period)}; báo cáo tháng vẫn phải nộp.")


def cell(slot: Slot) -> str:
    """A slot in at most eight signs."""
    if slot.state == ACCEPTED:
        late = f" +{slot.days}" if slot.timeliness == LATE else ""
        return f"✓{late}{'*' if slot.corrected else ''}"
    if slot.state == EXCUSED:
        return "miễn"
    if slot.timeliness == MISSING:
        # Eight signs: three figures leave no room for a gap, and more are of no use.
        return f"thiếu {slot.days}" if slot.days < 100 else f"thiếu{slot.days}" if slot.days < 1000 else "thiếu"
    if slot.timeliness == DUE:
        return f"còn {slot.days}"
    # Two figures of a day and two of a month leave room for three letters and nothing between.
    return f"{STATES_SHORT[slot.state].vi:<3}{slot.since:%d/%m}" if slot.since else STATES_SHORT[slot.state].vi


def _month(period: str) -> str:
    return f"{period[5:]}/{period[:4]}"


def _heading(code: str, name: str) -> str:
    short = name.removeprefix("Huyện ").replace("Thành phố ", "TP ")
    return "\n".join([code, *textwrap.wrap(short, _CELL)])


def _add_totals(table: Table, codes: list[str], slots: list[Slot]) -> None:
    by_code = [summary(slot for slot in slots if slot.district_code == code) for code in codes]
    everything = summary(slots)
    table.add_section()
    for key, name in (*((kind, TIMELINESS[kind].vi) for kind in (ON_TIME, LATE, MISSING)), ("open", "chưa đạt")):
        table.add_row(name, "", *[str(one[key]) for one in by_code], str(everything[key]))


def _legend(slots: list[Slot]) -> str:
    """What the signs mean; of the states those that occur."""
    states = {slot.state for slot in slots}
    words = [
        f"{short.vi} DD/MM: {STATES[state].vi} từ ngày ấy" for state, short in STATES_SHORT.items() if state in states
    ]
    excused = [f"miễn: {STATES[EXCUSED].vi}"] if EXCUSED in states else []
    return "\n".join(textwrap.wrap(" · ".join([_LEGEND, *words, *excused]), 100))


def say_arrivals(noted: "Arrivals") -> None:
    """What of the noted arrivals fits no file, and which files have none; on standard error."""
    for sentence in noted.unknown:
        typer.echo(f"Ngày nhận, {sentence}.", err=True)
    for name in noted.silent:
        typer.echo(f"Không có ngày nhận của {name}: ghi là nhận lúc này.", err=True)


def say_month(month: "MonthDone") -> None:
    """One month of a backfill, as soon as it is done."""
    states = ", ".join(f"{number_vi(count)} {STATES[state].vi}" for state, count in month.states.most_common())
    release = f"; công bố {month.release_id}" if month.release_id else ""
    name = f"Kỳ {month.period}" if month.period else "Không đọc được kỳ"
    say(f"{name}: nhận {number_vi(month.taken)} tệp; nay có {states or 'không tệp nào'}{release}")


def print_backfill(done: "Backfilled") -> None:
    """What was left where it is, and faults of the system."""
    if not done.months:
        say("Không có tệp nào để nhận.")
    for name, reason in done.refused.items():
        say(f"{name}: chưa nhận — {reason}")
    if done.left:
        say(f"Để lại {number_vi(len(done.left))} tệp chưa đến lượt hoặc của kỳ khác: {', '.join(done.left[:5])}…")
    for fault in done.faults:
        say(f"LỖI HỆ THỐNG (chạy lại lệnh này sau khi khắc phục): {fault}", bold=True)
