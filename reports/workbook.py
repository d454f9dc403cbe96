"""`report.xlsx`: the official summary forms of a release, and the plan's targets beside what was reached.

The file is a pure function of the warehouse: no clock stands in it, equal figures make equal bytes.
"""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import duckdb
import polars as pl

from forms.workbook import new_book
from plan.reference import table
from reports import figures, summary_forms, target_sheets
from reports.contents import write_contents
from reports.figures import Release
from reports.paper import Heading, Page, Paper
from reports.plan_sheet import PLAN_COLUMNS, plan_rows
from reports.target_sheets import BASELINE, COMMUNES, DEPARTMENTS, DISTRICTS, POLICIES, RESULTS, Targets
from reports.unit_form import Places, UnitForm, page_of
from reports.words import PLAN_VI, day_vi, period_vi, span_vi, year_start

_CONTENTS = "Mục lục"


def write_workbook(path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    """Write the workbook of the warehouse's last month. Raises OSError where the file can't be written."""
    release = figures.read_release(connection)
    pages = all_pages(connection, release)
    with new_book(path, created=dt.datetime.combine(release.period, dt.time())) as book:
        contents = book.add_worksheet(_CONTENTS)
        paper = Paper(book, release)
        for page in pages:
            paper.write(page)
        write_contents(contents, paper, release, pages)


def all_pages(connection: duckdb.DuckDBPyConnection, release: Release) -> list[Page]:
    """Every sheet behind the contents, in the order of printing."""
    # Targets are links to the forms of both ends, so they are made last and printed between.
    places: Places = {}
    reviewed = _review_pages(connection, release, places)
    policies = _policy_page(connection, release.period, POLICIES, f"Biểu {POLICIES}", period_vi(release.period), places)
    baseline = _baseline_pages(connection, release, places)
    return [
        *reviewed,
        *_target_pages(connection, release, places),
        policies,
        *_plan_pages(connection, release),
        *baseline,
    ]


def _review_pages(connection: duckdb.DuckDBPyConnection, release: Release, places: Places) -> list[Page]:
    """Forms 1 to 10 of the release's month."""
    period = period_vi(release.period)
    units = figures.units(connection, release.period)
    indicators = figures.indicators(connection, release.period)
    pages = [
        page_of(
            summary_forms.results(
                release, RESULTS, f"Biểu {RESULTS}", "Tổng hợp kết quả rà soát hộ nghèo, hộ cận nghèo"
            ),
            units,
            summary_forms.result_figures(indicators),
            places,
            period,
        ),
        *_movement_pages(connection, release, units, places),
        *_deprivation_pages(connection, units, indicators, places, "", period),
    ]
    groups = figures.ethnic_groups(connection, release.period)
    shown, met = summary_forms.groups_shown(groups)
    causes = figures.causes(connection, release.period)
    for form, found in (
        (
            summary_forms.target_group_form("8", "Biểu 8"),
            summary_forms.target_group_figures(figures.target_groups(connection, release.period)),
        ),
        (summary_forms.ethnic_form("9", "Biểu 9", shown, met), summary_forms.ethnic_figures(groups, indicators, shown)),
        (
            summary_forms.cause_form("10", "Biểu 10", figures.cause_names(connection)),
            summary_forms.cause_figures(causes, indicators),
        ),
    ):
        pages.append(page_of(form, units, found, places, period))
    return pages


def _movement_pages(
    connection: duckdb.DuckDBPyConnection, release: Release, units: pl.DataFrame, places: Places
) -> list[Page]:
    """Forms 2 and 3, since the start of the year and of the month alone."""
    pages = []
    start = year_start(release.period, release.baseline)
    for form_no, class_ in (("2", "N"), ("3", "CN")):
        for mark, first in (("", start), ("T", release.period)):
            found = figures.movements(connection, first, release.period)
            form = summary_forms.movement_form(
                f"{form_no}{mark}", f"Biểu {form_no}{mark}", class_, span_vi(first, release.period)
            )
            differing = found.filter((pl.col("class") == class_) & (pl.col("closing") != pl.col("register")))
            pages.append(
                page_of(
                    form,
                    units,
                    summary_forms.movement_figures(found, class_),
                    places,
                    period_vi(release.period),
                    summary_forms.movement_notes(differing, units),
                )
            )
    return pages


def _deprivation_pages(
    connection: duckdb.DuckDBPyConnection,
    units: pl.DataFrame,
    indicators: pl.DataFrame,
    places: Places,
    era: str,
    period: str,
    groups: tuple[str, ...] = ("poor", "near_poor"),
) -> list[Page]:
    names = figures.deprivations(connection).select("deprivation", "deprivation_name_vi").rows()
    pages = []
    for group, numbers in zip(groups, (("4", "5"), ("6", "7")), strict=False):
        keys = (f"{era}{numbers[0]}", f"{era}{numbers[1]}")
        forms = summary_forms.deprivation_forms(keys, (_name(era, numbers[0]), _name(era, numbers[1])), group, names)
        if era:
            # Targets are measured at districts; communes would be pages that nobody asks for.
            forms = (_to_districts(forms[0]), _to_districts(forms[1]))
        found = summary_forms.deprivation_figures(indicators, group, [key for key, _ in names])
        pages += [page_of(form, units, one, places, period) for form, one in zip(forms, found, strict=True)]
    return pages


def _to_districts(form: UnitForm) -> UnitForm:
    return replace(form, levels=("province", "district"))


def _name(era: str, number: str) -> str:
    return f"Gốc {number}" if era else f"Biểu {number}"


def _policy_page(
    connection: duckdb.DuckDBPyConnection, period: dt.date, key: str, sheet: str, shown: str, places: Places
) -> Page:
    form = summary_forms.policy_form(
        key, sheet, f"Kết quả thực hiện chính sách từ ngày 01/01/{period.year}", table("policies_monitored")
    )
    found = summary_forms.policy_figures(figures.coverage(connection, period))
    return page_of(form, figures.units(connection, period), found, places, shown)


def _baseline_pages(connection: duckdb.DuckDBPyConnection, release: Release, places: Places) -> list[Page]:
    """The forms that targets are measured from, at the baseline."""
    units = figures.units(connection, release.baseline)
    indicators = figures.indicators(connection, release.baseline)
    shown = f"Kỳ gốc: số liệu đến ngày {day_vi(release.baseline)}"
    results = summary_forms.results(
        release, f"{BASELINE}{RESULTS}", f"Gốc {RESULTS}", "Kỳ gốc: tổng hợp kết quả rà soát hộ nghèo, hộ cận nghèo"
    )
    return [
        page_of(results, units, summary_forms.result_figures(indicators), places, shown),
        *_deprivation_pages(connection, units, indicators, places, BASELINE, shown, ("poor",)),
        _policy_page(connection, release.baseline, f"{BASELINE}{POLICIES}", f"Gốc {POLICIES}", shown, places),
    ]


def _target_pages(connection: duckdb.DuckDBPyConnection, release: Release, places: Places) -> list[Page]:
    """Targets by district, for communes with a high rate, and by department; none after the plan's year."""
    frame = figures.targets(connection, release.period)
    if frame.is_empty():
        return []
    targets = Targets.of(frame)
    units = figures.units(connection, release.period)
    names = dict(figures.deprivations(connection).select("deprivation", "deprivation_name_vi").rows())
    districts = target_sheets.district_rows(units, targets, places)
    communes = target_sheets.commune_rows(units, targets, places)
    departments = target_sheets.department_rows(targets, names, places)
    return [
        Page(
            f"Biểu {number}",
            Heading(f"Biểu {number}", PLAN_VI, title, period_vi(release.period), unit),
            columns,
            rows,
            notes,
            frozen,
        )
        for number, title, unit, columns, rows, notes, frozen in (
            (
                DISTRICTS,
                "Kết quả thực hiện chỉ tiêu giảm nghèo theo huyện, thành phố",
                "Tỷ lệ: đã trừ hộ BTXH",
                target_sheets.DISTRICT_COLUMNS,
                districts,
                target_sheets.DISTRICT_NOTES,
                2,
            ),
            (
                DEPARTMENTS,
                "Kết quả thực hiện chỉ tiêu theo cơ quan chịu trách nhiệm",
                "Phạm vi: toàn tỉnh",
                target_sheets.DEPARTMENT_COLUMNS,
                departments,
                target_sheets.DEPARTMENT_NOTES,
                3,
            ),
            (
                COMMUNES,
                "Kết quả giảm nghèo của các xã có tỷ lệ hộ nghèo cao (mục II.1)",
                "Tỷ lệ: đã trừ hộ BTXH",
                target_sheets.COMMUNE_COLUMNS,
                communes,
                target_sheets.COMMUNE_NOTES,
                3,
            ),
        )
    ]


def _plan_pages(connection: duckdb.DuckDBPyConnection, release: Release) -> list[Page]:
    return [
        Page(
            "Biểu 15",
            Heading("Biểu 15", PLAN_VI, "Những chỗ chưa khớp trong kế hoạch", period_vi(release.period)),
            PLAN_COLUMNS,
            plan_rows(figures.plan_differences(connection)),
            ("Số liệu của kế hoạch được giữ nguyên như in.",),
            2,
        )
    ]
