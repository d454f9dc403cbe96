"""Every number of every report is written as what it measures: heads whole, rates and points with two decimals, what is
done of a target with one. What a cell measures is read from the words around it, never from the code that wrote it.
"""

import re
from importlib import import_module
from pathlib import Path
from typing import Any

import docx
import lxml.html
import pytest
from docx.shared import Mm
from openpyxl import load_workbook  # type: ignore[import-untyped]

from forms.numbers import CELL_FORMATS, DECIMALS, cell_kind, measured_vi
from reports.document_layout import CELL_MARGIN, TABLE
from reports.files import DOCUMENT, WAREHOUSE, WORKBOOK
from reports.page import write_page
from reports.paper import FIRST_ROW, TITLE_ROWS

RELEASES = ("complete", "provisional", "baseline", "unreported")
REPOSITORY = Path(__file__).parents[2]
NUMBER = re.compile(r"[+-]?(\d{1,3}(\.\d{3})*|\d+)(,\d+)?")
# 1.552 or 0,72 and never 1552 or 1,552.00.
WELL_WRITTEN = re.compile(r"[+-]?\d{1,3}(\.\d{3})*(,\d{1,2})?")
# A number in a sentence, and what it counts.
COUNTED = re.compile(r"(?<![\d.,/])([\d.,]*\d) (hộ|khẩu|người|xã)\b")
SHARE = re.compile(r"(?<![\d.,/])([\d.,]*\d)(?:%| %| điểm %)")
# What the plan's own words say of rates: bands of communes, and everybody.
PLANS_WORDS = {"5", "6", "7", "100"}
# Of a line's height, as wide as a digit and a mark are in the widest font that may stand in for Times New Roman, in
# plain letters and in bold ones.
WIDTHS, POINT_MM = {False: (0.64, 0.36), True: (0.7, 0.4)}, 0.3528
# What the plan prints, with the decimals that it prints.
AS_PRINTED = ("Số in", "Tính lại")


def decimals_of(title: str, label: str) -> int:
    """How many decimals a cell must show under `title` in the row `label`."""
    words = title.casefold()
    if "đạt (%)" in words or "% đạt" in words or "đạt chỉ tiêu (%)" in words:
        return DECIMALS["achieved_pct"]
    if "%" in words or "tỷ lệ" in words:
        return DECIMALS["rate"]
    if "hộ" in words or "khẩu" in words or label.startswith("Số "):
        return DECIMALS["households"]
    return DECIMALS["rate"] if "%" in label or "tỷ lệ" in label.casefold() else DECIMALS["households"]


def shown_decimals(text: str) -> int:
    return len(text.partition(",")[2])


@pytest.fixture(params=RELEASES)
def folder(request: pytest.FixtureRequest) -> Path:
    found: Path = request.getfixturevalue(request.param)
    return found


def tables_of(folder: Path) -> list[Any]:
    return [table for table in docx.Document(str(folder / DOCUMENT)).tables if len(table.rows) > 1]


def test_every_cell_of_the_word_reports_tables(folder: Path) -> None:
    checked = 0
    for table in tables_of(folder):
        titles = [cell.text for cell in table.rows[0].cells]
        for row in table.rows[1:]:
            texts = [cell.text for cell in row.cells]
            label = " ".join(text for text in texts if not NUMBER.fullmatch(text))
            for title, text in zip(titles, texts, strict=True):
                if NUMBER.fullmatch(text) and title not in ("TT", *AS_PRINTED):
                    assert WELL_WRITTEN.fullmatch(text), (title, label, text)
                    assert shown_decimals(text) == decimals_of(title, label), (title, label, text)
                    checked += 1
    assert checked > (10 if folder.name.startswith("unreported") else 100)


def test_no_number_of_a_word_table_is_broken_over_two_lines(folder: Path) -> None:
    for table in tables_of(folder):
        for row in table.rows[1:]:
            for cell in row.cells:
                if NUMBER.fullmatch(cell.text):
                    digit, mark = WIDTHS[any(run.bold and run.text for run in cell.paragraphs[0].runs)]
                    signs = sum(digit if sign.isdigit() else mark for sign in cell.text)
                    assert signs * TABLE * POINT_MM + 2 * CELL_MARGIN <= cell.width / Mm(1), cell.text


def test_every_number_of_the_word_reports_sentences(folder: Path) -> None:
    text = "\n".join(paragraph.text for paragraph in docx.Document(str(folder / DOCUMENT)).paragraphs)
    text = text[text.index("I. KẾT QUẢ") : text.index("VII. ")]
    counts = [number for number, _ in COUNTED.findall(text)]
    shares = [number for number in SHARE.findall(text) if number not in PLANS_WORDS]
    assert all(WELL_WRITTEN.fullmatch(number) and not shown_decimals(number) for number in counts)
    assert all(WELL_WRITTEN.fullmatch(number) and shown_decimals(number) == DECIMALS["rate"] for number in shares)
    if not folder.name.startswith("unreported"):
        assert counts
        assert shares


def test_every_cell_of_the_pages_tables(complete: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Tables are looked at here; drawing the charts beside them would take most of the time.
    monkeypatch.setattr(import_module("reports.page.sections"), "draw", lambda *_, **__: "")
    write_page(complete / WAREHOUSE, tmp_path / "page.html")
    checked = 0
    for table in lxml.html.parse(str(tmp_path / "page.html")).xpath("//section//table"):
        titles = [_vietnamese(cell) for cell in table.xpath("./thead//th")]
        for row in table.xpath("./tbody/tr"):
            texts = [_vietnamese(cell) for cell in row]
            label = " ".join(text for text in texts if not NUMBER.fullmatch(text))
            for title, cell, text in zip(titles, row, texts, strict=True):
                if cell.get("class") == "number" and text != "–":
                    assert WELL_WRITTEN.fullmatch(text), (title, label, text)
                    assert shown_decimals(text) == decimals_of(title, label), (title, label, text)
                    checked += 1
    assert checked > 300


def _vietnamese(cell: Any) -> str:
    spoken = cell.xpath(".//*[@lang='vi']")
    return "".join(one.text_content() for one in spoken) if spoken else cell.text_content()


def test_every_cell_of_the_workbook(complete: Path) -> None:
    checked = 0
    for sheet in load_workbook(complete / WORKBOOK, data_only=True).worksheets[1:]:
        titles = _titles(sheet)
        for row in sheet.iter_rows(min_row=FIRST_ROW + 1):
            label = " ".join(cell.value for cell in row[1:] if isinstance(cell.value, str))
            for cell in row:
                if isinstance(cell.value, int | float):
                    shown = cell.number_format.partition(";")[0].partition(".")[2].count("0")
                    assert cell.number_format in CELL_FORMATS.values(), (sheet.title, cell.coordinate)
                    wanted = decimals_of(titles[cell.column - 1], label)
                    assert shown == wanted, (sheet.title, cell.coordinate, titles[cell.column - 1], label)
                    checked += 1
    assert checked > 5_000


def _titles(sheet: Any) -> list[str]:
    """The group and the title above each column."""
    found, group = [], ""
    groups, names = (next(sheet.iter_rows(min_row=row, max_row=row)) for row in (TITLE_ROWS + 1, TITLE_ROWS + 2))
    merged = {span.min_col: span.max_col for span in sheet.merged_cells.ranges if span.min_row == TITLE_ROWS + 1}
    until = 0
    for above, name in zip(groups, names, strict=True):
        if above.value is not None:
            group, until = above.value, merged.get(above.column, above.column)
        found.append(f"{group if above.column <= until else ''} {name.value or ''}".strip())
    return found


def test_every_number_of_the_printed_target_table() -> None:
    """As README shows the terminal's; CI holds the two against each other."""
    lines = (REPOSITORY / "README.md").read_text(encoding="utf-8").splitlines()
    [titles] = [line.strip("┃").split("┃") for line in lines if line.startswith("┃ Chỉ tiêu")]
    rows = [line.strip("│").split("│") for line in lines if line.startswith("│ Hộ ")]
    assert rows
    for row in rows:
        for title, text in zip(titles, map(str.strip, row), strict=True):
            if NUMBER.fullmatch(text):
                assert WELL_WRITTEN.fullmatch(text)
                assert shown_decimals(text) == decimals_of(title, row[1]), (title, row)


@pytest.mark.parametrize(
    ("value", "measure", "written"),
    [
        (7079.0, "households", "7.079"),
        (2.3176, "percentage_points", "2,32"),
        (144.349, "achieved_pct", "144,3"),
        (None, "rate", ""),
    ],
)
def test_one_function_writes_a_measure(value: float | None, measure: str, written: str) -> None:
    assert measured_vi(value, measure) == written


def test_a_cell_shows_the_decimals_that_a_text_has() -> None:
    for measure, decimals in DECIMALS.items():
        assert CELL_FORMATS[cell_kind(measure)].partition(";")[0].partition(".")[2].count("0") == decimals
