"""One, eight and nine of nine districts: every sentence says of how many it is, and changes are of the same ones."""

import importlib
import re
from dataclasses import dataclass
from pathlib import Path

import docx
import pytest
from openpyxl import load_workbook  # type: ignore[import-untyped]
from warehouse_data import BASELINE, Register, write_inputs

from flows.prefect_artifacts import targets_markdown
from plan.reference import districts, next_period
from reports.coverage import Compared, like_for_like
from reports.document import write_document
from reports.figures import open_warehouse, read_release
from reports.files import DOCUMENT, WAREHOUSE, WORKBOOK
from reports.page.charts import waterfall_steps
from reports.page.figures import Figures, read_figures
from reports.page.headline import headline
from reports.page.sections import sections
from reports.workbook import write_workbook
from settings import Settings
from tasks.build import build_warehouse
from terminal_targets import print_targets

JANUARY = next_period(BASELINE)
FEBRUARY = next_period(JANUARY)
EXPECTED = len(districts(FEBRUARY))
# Households of a district: poor at the baseline, and how many leave in each month.
AT_FIRST, LEAVE_IN_JANUARY, LEAVE_IN_FEBRUARY = 13, 3, 2
# What would be said of the province although some of it is not counted.
OF_ALL = re.compile(r"(toàn tỉnh|the province)(?! chỉ là tổng)", re.IGNORECASE)


def a_month(code: str, period: str, stay: int, leave: int = 0) -> Register:
    made = Register(code, period)
    made.add(stay)
    made.add(leave, class_="KN", class_previous="N1", movement="N_KN")
    return made


def months(reporting: int, baseline: int = EXPECTED) -> list[Register]:
    """The baseline, January of all, and February of the first `reporting` districts."""
    codes = [one.code for one in districts(FEBRUARY)]
    return [
        *[a_month(code, BASELINE, AT_FIRST) for code in codes[EXPECTED - baseline :]],
        *[a_month(code, JANUARY, AT_FIRST - LEAVE_IN_JANUARY, LEAVE_IN_JANUARY) for code in codes],
        *[
            a_month(code, FEBRUARY, AT_FIRST - LEAVE_IN_JANUARY - LEAVE_IN_FEBRUARY, LEAVE_IN_FEBRUARY)
            for code in codes[:reporting]
        ],
    ]


@dataclass(frozen=True)
class Made:
    """A release's folder below its root, with document and workbook, and what the page shows of it."""

    root: Path
    folder: Path
    reporting: int
    figures: Figures
    compared: Compared | None

    @property
    def paragraphs(self) -> list[str]:
        return [one.text for one in docx.Document(str(self.folder / DOCUMENT)).paragraphs]


def made(root: Path, reporting: int, baseline: int = EXPECTED) -> Made:
    folder = root / "warehouse" / "current"
    folder.mkdir(parents=True)
    build_warehouse(folder / WAREHOUSE, write_inputs(root, months(reporting, baseline), FEBRUARY))
    with open_warehouse(folder / WAREHOUSE) as connection:
        write_document(folder / DOCUMENT, connection)
        write_workbook(folder / WORKBOOK, connection)
        compared = like_for_like(connection, read_release(connection))
    return Made(root, folder, reporting, read_figures(folder / WAREHOUSE), compared)


@pytest.fixture(scope="module", params=[1, EXPECTED - 1, EXPECTED])
def release(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Made:
    return made(tmp_path_factory.mktemp("whose"), request.param)


@pytest.fixture(autouse=True)
def _no_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """The words around charts are looked at; drawing them takes seconds."""
    monkeypatch.setattr(importlib.import_module("reports.page.sections"), "draw", lambda *_, **__: "")


def test_every_sentence_says_of_how_many_districts_it_is(release: Made, capsys: pytest.CaptureFixture[str]) -> None:
    reporting, figures, paragraphs = release.reporting, release.figures, release.paragraphs
    print_targets(Settings(data=release.root))
    markdown = targets_markdown(release.folder / WAREHOUSE)
    now = (AT_FIRST - LEAVE_IN_JANUARY - LEAVE_IN_FEBRUARY) * reporting
    said = [words for one in headline(figures) for words in one]
    said += [words for one in sections(figures) if one.key in ("movements", "deprivations") for words in one.reading]
    printed = capsys.readouterr().out
    whose = f"{reporting}/{EXPECTED} huyện đã báo cáo"
    names = [str(row[1]) for row in load_workbook(release.folder / WORKBOOK)["Biểu 1"].iter_rows(values_only=True)]
    if reporting == EXPECTED:
        assert f"toàn tỉnh có {now} hộ nghèo" in said[0]
        assert any(one.startswith(f"Toàn tỉnh có {now} hộ nghèo") for one in paragraphs)
        assert "TOÀN TỈNH" in names
        assert not [one for one in (*said, *paragraphs, printed, markdown) if "huyện đã báo cáo" in one]
        return
    assert f"{whose} có {now} hộ nghèo" in said[0]
    assert any(one.startswith(f"{whose} có {now} hộ nghèo") for one in paragraphs)
    assert f"TOÀN TỈNH ({whose})" in names
    assert "TOÀN TỈNH" not in names
    assert f"TẠM TÍNH, {whose}" in printed
    assert whose in markdown.splitlines()[0]
    told = [*said, *(one for one in paragraphs if not one.startswith(("I", "V", "(", "1. ", "Ủy ban", "- S")))]
    assert [one for one in told if OF_ALL.search(one) and "số chính thức của toàn tỉnh" not in one] == []
    [movement] = [one for one in paragraphs if "đầu kỳ cũng là số của các huyện ấy" in one]
    assert whose in movement


def test_the_years_way_is_that_of_the_same_districts(release: Made) -> None:
    reporting = release.reporting
    poor = next(row for row in release.figures.movements if row["group_name"] == "poor")
    steps = waterfall_steps(poor)
    left = LEAVE_IN_JANUARY + LEAVE_IN_FEBRUARY
    assert (steps[0][2], steps[-1][2]) == (AT_FIRST * reporting, (AT_FIRST - left) * reporting)
    assert poor["decrease_2"] == left * reporting
    assert "gap" not in {kind for *_, kind in steps}


def test_a_change_since_the_baseline_is_of_the_districts_in_both(tmp_path: Path) -> None:
    """One district is missing now, another at the baseline: seven stand in both."""
    release = made(tmp_path, EXPECTED - 1, baseline=EXPECTED - 1)
    compared = release.compared
    assert compared is not None
    assert compared == release.figures.compared
    both = EXPECTED - 2
    left = LEAVE_IN_JANUARY + LEAVE_IN_FEBRUARY
    assert (compared.districts, compared.then["poor_households/all"]) == (both, AT_FIRST * both)
    assert compared.now["poor_households/all"] == (AT_FIRST - left) * both
    text = "\n".join(release.paragraphs)
    assert f"chỉ so {both}/{EXPECTED} huyện có số liệu ở cả hai kỳ" in text
    assert f"({AT_FIRST * both} hộ, " in text
    assert f"số hộ giảm {left * both} hộ" in text
    assert f"Kế hoạch không nêu mức. Chỉ tính {EXPECTED - 1}/{EXPECTED} huyện có số liệu cuối năm 2019." in text


def test_where_nothing_can_be_compared_that_is_said(tmp_path: Path) -> None:
    """The only district that reports now is the one without a baseline."""
    release = made(tmp_path, 1, baseline=EXPECTED - 1)
    assert release.figures.compared is None
    deprivations = next(one for one in sections(release.figures) if one.key == "deprivations")
    assert "Không có huyện nào có số liệu ở cả hai kỳ" in deprivations.reading.vi
    text = "\n".join(release.paragraphs)
    assert "không có huyện nào có số liệu ở cả hai kỳ để so sánh" in text
    assert "; so với cuối năm 2019" not in text
