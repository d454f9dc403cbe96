"""The target-versus-actual tables and sentences that `demo` and `publish` print."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.table import Table

from labels.table import STATUSES, TARGETS, kinds, measure_words
from plan.reference import plan
from reports.coverage import who
from reports.figures import open_warehouse, read_release, targets
from reports.verdicts import (
    REDUCTIONS,
    after_the_plan,
    decimals,
    districts_sentence,
    headline_words,
    is_about,
    is_headline,
    month_end,
    sentences,
)
from tasks.release import reading_release
from tasks.words import number_vi
from terminal import print_plain, say
from terminal_levels import print_levels

if TYPE_CHECKING:
    from settings import Settings

Row = dict[str, Any]


def print_targets(settings: "Settings") -> None:
    """The current release's month: the province by every measure of the plan, the districts by the plan's own."""
    path = (settings.current / "warehouse.duckdb").resolve()
    with reading_release(path.parent), open_warehouse(path) as connection:
        release = read_release(connection)
        rows = list(targets(connection, release.period).iter_rows(named=True))
    month, then = f"{release.period:%m/%Y}", month_end(release.baseline).vi
    provisional = f" — TẠM TÍNH, {who(release).vi}" if release.is_provisional else ""
    if not rows:
        say(f"Số liệu đến {month}{provisional}. {after_the_plan().vi}")
        with reading_release(path.parent), open_warehouse(path) as connection:
            print_levels(connection, release.period)
        return
    _print_province(rows, f"Kế hoạch {plan().number}: toàn tỉnh đến {month}{provisional}", then)
    _print_districts(rows, [one.code for one in release.districts], month, then)
    for words in (*sentences(rows, release.baseline), districts_sentence(rows)):
        say(words.vi)


def _print_province(rows: Sequence[Row], title: str, then: str) -> None:
    table = Table(title=title, title_justify="left")
    for name, justify in (
        ("Chỉ tiêu", "left"),
        ("Cách tính", "left"),
        (then.capitalize(), "right"),
        ("Kế hoạch", "right"),
        ("Hiện nay", "right"),
        ("Tăng/giảm", "right"),
        ("% đạt", "right"),
        ("Kết quả", "left"),
    ):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    order = list(kinds()["measure"])
    mine = [row for row in rows if row["level"] == "province" and row["target"] in REDUCTIONS]
    mine.sort(key=lambda row: (REDUCTIONS.index(row["target"]), order.index(f"{row['measure']}/{row['basis']}")))
    for row in mine:
        shown = (row[key] for key in ("baseline", "target_value", "actual", "change"))
        numbers = [number_vi(one, decimals(row["measure"])) for one in shown]
        how = measure_words(row["measure"], row["basis"]).vi
        status = STATUSES[row["status"]].vi
        table.add_row(
            TARGETS[row["target"]].vi, how, *numbers, number_vi(row["achieved_pct"], decimals("achieved_pct")), status
        )
    print_plain(table)


def _print_districts(rows: Sequence[Row], codes: Sequence[str], month: str, then: str) -> None:
    """The districts' verdicts on the plan's measure and basis, with the households that it puts beside them."""
    table = Table(title=f"Theo huyện đến {month}: {headline_words().vi}", title_justify="left")
    table.add_column("Huyện")
    for target in REDUCTIONS:
        for name in (f"{TARGETS[target].vi}: {then}", "nay", "đã giảm", "cần giảm", "kết quả", "≈ hộ đã/cần giảm"):
            table.add_column(name, justify="left" if name == "kết quả" else "right")
    mine = {
        (row["unit_code"], row["target"], is_headline(row)): row
        for row in rows
        if row["target"] in REDUCTIONS and (is_headline(row) or is_about(row))
    }
    for code in codes:
        cells = []
        for target in REDUCTIONS:
            row, about = mine[code, target, True], mine[code, target, False]
            numbers = (row["baseline"], row["actual"], _reduced(row), row["target_value"])
            cells += [number_vi(one, decimals(row["measure"])) for one in numbers]
            cells += [STATUSES[row["status"]].vi, f"{number_vi(_reduced(about))}/{number_vi(about['target_value'])}"]
        table.add_row(mine[code, REDUCTIONS[0], True]["unit_name"], *cells)
    print_plain(table)


def _reduced(row: Row) -> float | None:
    return None if row["change"] is None else -row["change"]
