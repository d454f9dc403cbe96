"""One release, every output: what stands in two of them is the same figure, verdict and word."""

import datetime as dt
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from desk_browser import signed_in
from outputs import (
    GROUP_OF,
    HOW,
    Facts,
    differing,
    of_commands,
    of_desk,
    of_document,
    of_markdown,
    of_page,
    of_terminal,
    of_warehouse,
    of_workbook,
)
from warehouse_data import BASELINE, province, write_inputs

from flows.decisions import decide_on
from flows.publish import SmallChanges, publish
from flows.runner import DirectRunner
from labels.table import STATUSES
from ledger.states import derive_state
from plan.reference import districts, next_period, plan
from reports.files import WAREHOUSE, write_reports
from review.app import create_app
from settings import Settings
from tasks.build import build_warehouse
from tasks.ledgers import open_ledger

MAY, PHU_TAN, U_MINH = "2020-05", "972", "966"


@pytest.fixture(scope="module", autouse=True)
def _plain_names() -> Iterator[None]:
    """Settings of the environment must not reach the commands that are called here."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("GIAMNGHEO_", "PREFECT_"))]:
            patch.delenv(name)
        yield


@pytest.fixture(scope="module")
def root(sample_year: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample year in a folder of its own; what is never changed is linked, not copied."""
    target = tmp_path_factory.mktemp("outputs") / "data"
    shutil.copytree(sample_year, target, symlinks=True, ignore=shutil.ignore_patterns("raw"))
    shutil.copytree(sample_year / "raw", target / "raw", copy_function=os.link)
    return target


def told(settings: Settings, month: str) -> dict[str, Facts]:
    """Every output of the current release, of its last month (MM/YYYY)."""
    folder = settings.current.resolve()
    desk = signed_in(create_app(settings), role="viewer").get("/").text
    return {
        "terminal": of_terminal(settings),
        "markdown": of_markdown(folder),
        "docx": of_document(folder),
        "xlsx": of_workbook(folder),
        "html": of_page(folder, month),
        "warehouse": of_warehouse(folder, month),
        "desk": of_desk(desk, month),
        **of_commands(settings, month),
    }


def times(outputs: dict[str, Facts], *key: str) -> int:
    """In how many outputs a fact stands: what no output tells, none can contradict."""
    return sum(key in facts for facts in outputs.values())


def test_a_full_year(root: Path) -> None:
    outputs = told(Settings(data=root), "12/2020")
    assert list(differing(outputs)) == []
    assert (times(outputs, "met", "poor"), times(outputs, "met", "near_poor")) == (5, 5)
    assert (times(outputs, "sentence", "poor"), times(outputs, "sentence", "near_poor")) == (4, 4)
    assert (times(outputs, "households", "poor"), times(outputs, "rate", "near_poor")) == (4, 4)
    for unit in ("96", *(one.code for one in districts("2020-12"))):
        assert times(outputs, "status", unit, "Hộ nghèo", HOW) == 5
    assert times(outputs, "late", "964") == 9
    assert times(outputs, "state", "964", "12/2020") == 7
    # The sentence counts what the table shows.
    counted = Counter(
        key[2]
        for key, word in outputs["terminal"].items()
        if key[0] == "status" and key[1] != "96" and word == STATUSES["achieved"].vi
    )
    for name, group in GROUP_OF.items():
        assert outputs["html"]["met", group] == f"{counted[name]}/9"


def test_a_month_with_a_correction_a_missing_district_and_late_ones(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Phú Tân came in time and was corrected two weeks after the due day; U Minh's file is withdrawn."""
    monkeypatch.setenv("GIAMNGHEO_DUE_DATES", '{"2020-05": "2020-06-05"}')
    settings = Settings(data=root)
    state = derive_state(open_ledger(settings).events())
    standing = state.accepted((U_MINH, MAY))
    assert standing is not None
    at = dt.datetime.now(dt.UTC)
    decide_on(
        settings, DirectRunner(), standing.submission_id, "withdraw", by="Thẩm định viên", reason="kiểm tra", at=at
    )
    publish(settings, DirectRunner(), as_of=MAY, to_current=True, small=SmallChanges.PUBLISH)
    outputs = told(settings, "05/2020")
    assert list(differing(outputs)) == []
    assert outputs["docx"]["missing", U_MINH] is True
    assert outputs["docx"]["late", PHU_TAN] is False
    late = {key[1] for key, is_late in outputs["calendar --json"].items() if key[0] == "late" and is_late}
    assert late
    assert {key[1] for key, is_late in outputs["docx"].items() if key[0] == "late" and is_late} == late
    assert times(outputs, "reported") == 6
    assert times(outputs, "state", U_MINH, "05/2020") >= 6


def test_a_plan_that_is_over(tmp_path: Path) -> None:
    after = next_period(plan().last_period)
    folder = tmp_path / "warehouse" / "current"
    folder.mkdir(parents=True)
    build_warehouse(folder / WAREHOUSE, write_inputs(tmp_path, [*province(BASELINE, poor=20), *province(after)], after))
    write_reports(folder)
    month = f"{after[5:]}/{after[:4]}"
    outputs = {
        "terminal": of_terminal(Settings(data=tmp_path)),
        "markdown": of_markdown(folder),
        "docx": of_document(folder),
        "xlsx": of_workbook(folder),
        "html": of_page(folder, month),
        "warehouse": of_warehouse(folder, month),
    }
    assert list(differing(outputs)) == []
    assert times(outputs, "households", "poor") == 4
    assert not [key for facts in outputs.values() for key in facts if key[0] in ("status", "met", "sentence")]
