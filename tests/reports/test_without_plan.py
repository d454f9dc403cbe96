"""A month after the plan's: every report has its figures, and says that there is no plan to hold them against."""

import re
from pathlib import Path

import docx
import pytest
from openpyxl import load_workbook  # type: ignore[import-untyped]
from report_data import SILENT_NAME

from flows.prefect_artifacts import targets_markdown
from plan.reference import next_period, period_end, plan
from reports.files import DOCUMENT, WAREHOUSE, WORKBOOK
from reports.page import write_page
from reports.verdicts import after_the_plan
from tasks.audit import run_audits

PERIOD = period_end(next_period(plan().last_period))
SAID = after_the_plan()


@pytest.fixture(scope="module")
def page(without_plan: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("page") / "report.html"
    write_page(without_plan / WAREHOUSE, path)
    return path.read_text(encoding="utf-8")


def test_no_audit_misses_the_targets(without_plan: Path) -> None:
    assert run_audits(without_plan / WAREHOUSE) == []


def test_the_page_says_so_in_both_languages_and_shows_the_rest(page: str) -> None:
    assert SAID.vi in page
    assert SAID.en in page
    assert not re.search(r'id="districts"|% chỉ tiêu|không đạt|Kế hoạch giảm nghèo', page)
    for section in ("rates", "map", "movements", "deprivations", "completeness"):
        here = page[page.index(f'<section id="{section}"') :]
        assert "<svg" in here[: here.index("</section>")]
    policies = page[page.index('<section id="policies"') :]
    policies = policies[: policies.index("</section>")]
    assert "tháng này không có chỉ tiêu" in policies
    assert policies.count("<tr>") == 15  # fourteen policies and the heading
    assert SILENT_NAME in page


def test_the_word_report_does_not_speak_of_executing_a_plan_that_is_over(without_plan: Path) -> None:
    paragraphs = [one.text for one in docx.Document(str(without_plan / DOCUMENT)).paragraphs]
    text = "\n".join(paragraphs)
    assert SAID.vi in paragraphs
    assert not re.search(r"Thực hiện Kế hoạch số|và thực hiện Kế hoạch|yêu cầu 100%", text)
    assert f"rà soát hộ nghèo, hộ cận nghèo đến ngày {PERIOD.day} tháng 01 năm {PERIOD.year}" in text
    assert f"từ ngày 01/01/{PERIOD.year}" in text


def test_the_workbook_has_the_forms_and_no_sheet_of_targets(without_plan: Path) -> None:
    book = load_workbook(without_plan / WORKBOOK, read_only=True)
    assert not {"Biểu 11", "Biểu 12", "Biểu 13"} & set(book.sheetnames)
    assert {"Biểu 1", "Biểu 2", "Biểu 2T", "Biểu 10", "Biểu 14"} <= set(book.sheetnames)
    said = [cell for row in book["Mục lục"].iter_rows(values_only=True) for cell in row]
    assert SAID.vi in said


def test_the_table_on_prefects_page_says_so(without_plan: Path) -> None:
    assert targets_markdown(without_plan / WAREHOUSE).endswith(SAID.vi)
