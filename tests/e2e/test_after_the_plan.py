"""The sample year goes on: every month of 2021, after the plan's last, is taken in and published like any other."""

import csv
import datetime as dt
import io
import os
import re
import shutil
import zipfile
from collections import Counter
from pathlib import Path

import docx
import duckdb
import pytest
from openpyxl import load_workbook  # type: ignore[import-untyped]
from sample_year import run

from flows import publish as publishing
from flows.ingest import ingest
from flows.publish import Published
from flows.runner import DirectRunner
from forms.dictionary import sheets
from forms.month import CellValue, DistrictMonth
from ledger.states import State
from plan.reference import districts, next_period, period_end, periods_between, plan
from reports.files import DOCUMENT, PAGE, WORKBOOK
from reports.verdicts import after_the_plan
from sample.story import story
from sample.year import END_PERIOD
from settings import Settings
from tasks.release import WAREHOUSE

MONTHS = periods_between(next_period(plan().last_period), END_PERIOD)
# Reports take half of a publication's time; those of other months differ in their numbers only.
REPORTED = (MONTHS[0], MONTHS[-1])
AT = dt.datetime(2022, 1, 20, 3, tzinfo=dt.UTC)


def csv_zip(month: DistrictMonth) -> bytes:
    """The workbook as a zip of CSVs, which is written ten times as fast as .xlsx."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for sheet in sheets().values():
            text = io.StringIO(newline="")
            writer = csv.writer(text)
            if sheet.key == "cover":
                writer.writerows([field.label_vi, _cell(month.cover.get(field.key))] for field in sheet.fields)
            else:
                writer.writerow([field.label_vi for field in sheet.fields])
                writer.writerows([_cell(row.get(field.key)) for field in sheet.fields] for row in month.rows(sheet.key))
            archive.writestr(f"{sheet.key}.csv", text.getvalue())
    return buffer.getvalue()


def _cell(value: CellValue) -> CellValue:
    return value.strftime("%d/%m/%Y") if isinstance(value, dt.date) else value


@pytest.fixture(scope="module")
def settings(sample_year: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    root = tmp_path_factory.mktemp("after") / "data"
    shutil.copytree(sample_year, root, symlinks=True)
    for folder, _, _ in os.walk(root):
        Path(folder).chmod(0o755)
    return Settings(data=root, ledger_url="", settle_seconds=0, _env_file=None)  # type: ignore[call-arg]


@pytest.fixture(scope="module")
def taken(settings: Settings) -> State:
    """What is known once everything of the year has come, in its own time."""
    arrivals = {}
    for number, delivery in enumerate(story(2020, MONTHS[0], MONTHS[-1]).deliveries):
        path = settings.inbox / f"{number:03d}.zip"
        path.write_bytes(csv_zip(delivery.month))
        arrivals[path.name] = delivery.received_at.astimezone(dt.UTC)
    report = ingest(settings, DirectRunner(), received_at=arrivals, source="sample", clock=lambda: AT)
    assert report.faults == []
    assert len(report.judged) == 9 * len(MONTHS)
    return report.state


@pytest.fixture(scope="module")
def published(settings: Settings, taken: State) -> dict[str, Published]:
    found = {}
    for month in MONTHS:
        with pytest.MonkeyPatch.context() as patch:
            if month not in REPORTED:
                patch.setattr(publishing, "write_reports", lambda folder: None)
            found[month] = publishing.publish(settings, DirectRunner(), as_of=month, now=AT)
    return found


def test_every_month_is_accepted_and_nothing_is_wrong_with_it(taken: State) -> None:
    mine = [one for one in taken.submissions.values() if one.period and one.period > plan().last_period]
    assert Counter(one.state for one in mine) == {"accepted": 9 * len(MONTHS)}
    found = Counter(rule for one in mine for rule in (one.judgement or {})["counts"])
    assert found == {}


@pytest.mark.parametrize("month", MONTHS)
def test_every_month_is_published_whole_and_without_targets(published: dict[str, Published], month: str) -> None:
    release = published[month]
    assert release.release.created and release.is_current
    when, end = period_end(month), period_end(plan().last_period)
    with duckdb.connect(str(release.release.path / WAREHOUSE), read_only=True) as connection:

        def one(query: str, *values: object) -> tuple[object, ...]:
            return connection.execute(query, list(values)).fetchall()[0]

        assert one("select as_of, first_period from meta.build") == (when, period_end(plan().baseline_period))
        poor, reported, expected = one(
            "select value, districts_reported, districts_expected from mart.indicator where period = ?"
            " and level = 'province' and indicator = 'poor_households' and population = 'all'",
            when,
        )
        assert 4500 < poor < 5367 and (reported, expected) == (9, 9)  # type: ignore[operator]
        # The balance goes on from the plan's last month.
        opening, closing = one(
            "select sum(opening) filter (period = ?), sum(closing) filter (period = ?) from mart.movement"
            " where level = 'province' and group_name = 'poor' and measure = 'households'",
            period_end(MONTHS[0]),
            when,
        )
        assert (opening, closing) == (5367, poor)
        for mart in ("coverage", "multidimensional_poverty", "special_area"):
            assert one(f"select count(*) > 0 from mart.{mart} where period = ?", when) == (True,)
        assert one("select max(period) from mart.target_vs_actual") == (end,)
        assert one("select count(*) from mart.target_vs_actual where status = 'in_progress' and period = ?", end) == (
            0,
        )
        assert one("select count(*) from core.slot where period > ?", when) == (0,)
    assert (release.release.path / "public" / "mart.indicator.csv").stat().st_size > 0


@pytest.mark.parametrize("month", REPORTED)
def test_reports_say_that_there_is_no_plan(published: dict[str, Published], month: str) -> None:
    folder, said = published[month].release.path, after_the_plan().vi
    page = (folder / PAGE).read_text(encoding="utf-8")
    assert said in page
    assert page.count("<svg") >= 12
    paragraphs = [one.text for one in docx.Document(str(folder / DOCUMENT)).paragraphs]
    assert said in paragraphs
    assert not re.search(r"Thực hiện Kế hoạch số", "\n".join(paragraphs))
    book = load_workbook(folder / WORKBOOK, read_only=True)
    assert said in [cell for row in book["Mục lục"].iter_rows(values_only=True) for cell in row]


def test_which_slots_a_release_has_follows_from_its_month_and_not_from_the_clock(
    settings: Settings, published: dict[str, Published]
) -> None:
    later = dt.datetime(2024, 6, 1, tzinfo=dt.UTC)
    again = publishing.publish(settings, DirectRunner(), as_of=MONTHS[-1], now=later)
    assert (again.release.release_id, again.release.created) == (published[MONTHS[-1]].release.release_id, False)


def test_the_schedule_finds_nothing_new_and_the_commands_say_what_holds(
    settings: Settings, published: dict[str, Published]
) -> None:
    done = run(settings.data, "publish-due")
    assert f"Không có gì mới: bản {published[MONTHS[-1]].release.release_id} đã công bố." in done.stdout
    told = run(settings.data, "publish").stdout
    assert after_the_plan().vi in told
    assert all(unit.name in told for unit in districts(MONTHS[-1]))
    status = run(settings.data, "status").stdout
    assert re.search(r"Chưa huyện nào gửi báo cáo: \d+ kỳ 01/2022 đến ", status)
    assert "2022-01" not in status
