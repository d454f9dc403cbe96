"""`report.html`: one file without network, both languages, every chart with its numbers, gaps in plain sight."""

import base64
import csv
import io
import json
import re
import subprocess
from pathlib import Path

import duckdb
import lxml.html
import pytest
from hypothesis import given
from hypothesis import strategies as st
from warehouse_data import province, write_inputs

from reports.page import charts, write_page
from reports.page.figures import Figures, read_figures
from reports.page.headline import headline, provisional
from reports.page.sections import sections
from reports.page.svg import FONT
from reports.page.words import FLOW, LANGUAGES, number, same, signed
from tasks.build import build_warehouse

CHROMIUM = ("chromium", "--headless", "--no-sandbox", "--disable-gpu")
BASELINE, JANUARY = "2019-12", "2020-01"
THOI_BINH, NGOC_HIEN = "967", "973"


@pytest.fixture(scope="module")
def gaps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A complete baseline; January without Ngọc Hiển (nothing came) and Thới Bình (held)."""
    folder = tmp_path_factory.mktemp("gaps")
    registers = [
        *province(BASELINE, poor=20),
        *[one for one in province(JANUARY) if one.district_code not in (NGOC_HIEN, THOI_BINH)],
    ]
    build_warehouse(
        folder / "w.duckdb", write_inputs(folder, registers, JANUARY, states={(JANUARY, THOI_BINH): "held"})
    )
    return folder / "w.duckdb"


@pytest.fixture(scope="module")
def page(gaps: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("page") / "report.html"
    write_page(gaps, target)
    return target


@pytest.fixture(scope="module")
def figures(gaps: Path) -> Figures:
    return read_figures(gaps)


def test_nothing_is_fetched_from_anywhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    root = lxml.html.fromstring(text)
    links = [
        value
        for element in root.iter()
        for name, value in element.attrib.items()
        if name in ("href", "src", "xlink:href", "action", "srcset", "poster")
    ]
    assert links
    assert all(link.startswith(("#", "data:")) for link in links)
    assert not re.findall(r"@import|url\((?!#)", text)
    assert "default-src 'none'" in root.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]


def test_equal_warehouses_give_equal_bytes(gaps: Path, page: Path, tmp_path: Path) -> None:
    write_page(gaps, tmp_path / "again.html")
    assert (tmp_path / "again.html").read_bytes() == page.read_bytes()


def test_every_chart_has_both_languages_a_name_and_a_table_to_take_along(page: Path) -> None:
    found = lxml.html.parse(str(page)).xpath("//section")
    assert len(found) == 8
    for section in found:
        figures = section.xpath(".//figure")
        assert figures
        for figure in figures:
            assert figure.xpath("./div/@lang") == list(LANGUAGES)
            assert len(set(figure.xpath("./div/*[name()='svg']/@aria-label"))) == len(LANGUAGES)
        assert section.xpath(".//table//tbody/tr")
        assert section.xpath(".//a[@download]/@href")[0].startswith("data:text/csv")


def test_ids_are_unique_so_that_a_chart_never_borrows_anothers_clip(page: Path) -> None:
    ids = lxml.html.parse(str(page)).xpath("//@id")
    assert len(ids) == len(set(ids))


def test_the_download_holds_the_marts_numbers_unrounded(gaps: Path, page: Path) -> None:
    link = lxml.html.parse(str(page)).xpath("//section[@id='map']//a[@download]/@href")[0]
    text = base64.b64decode(link.partition("base64,")[2]).decode("utf-8-sig")
    found = dict(list(csv.reader(io.StringIO(text)))[1:])
    with duckdb.connect(str(gaps), read_only=True) as connection:
        expected = dict(
            connection.execute(
                "select unit_name, value from mart.indicator where level = 'district' and indicator = 'poor_rate'"
                " and population = 'all' and period = (select as_of from meta.build)"
            ).fetchall()
        )
    assert {unit: float(rate) for unit, rate in found.items() if rate} == expected
    assert sorted(unit for unit, rate in found.items() if not rate) == ["Huyện Ngọc Hiển", "Huyện Thới Bình"]


def test_a_gap_is_named_in_the_banner_the_headline_and_the_grid(page: Path, figures: Figures) -> None:
    banner = provisional(figures)
    assert banner is not None
    assert "2 trong 9 huyện" in banner.vi
    assert "Huyện Thới Bình, Huyện Ngọc Hiển" in banner.vi
    sentences = headline(figures)
    assert "7/9 huyện đã báo cáo có 70 hộ nghèo" in sentences[0].vi
    assert "7 of 9 districts that have reported counted 70 poor households" in sentences[0].en
    assert "chưa đủ số liệu để so với chỉ tiêu 0,50 (7/9 huyện đã báo cáo)" in sentences[1].vi
    states = {
        row["district_code"]: charts.slot_state(row) for row in figures.slots if f"{row['period']:%Y-%m}" == JANUARY
    }
    assert (states[THOI_BINH], states[NGOC_HIEN], states["964"]) == ("held", "expected", "accepted")
    assert banner.vi in page.read_text(encoding="utf-8")


def test_the_register_stands_beside_what_a_policy_reports(gaps: Path, figures: Figures) -> None:
    """And a policy that the plan gives to nobody says so, in both languages."""
    (section,) = [one for one in sections(figures) if one.key == "policies"]
    assert section.table is not None
    columns = [column.words.vi for column in section.table.columns]
    rows = {row[0].words.vi: dict(zip(columns, row, strict=True)) for row in section.table.rows}
    with duckdb.connect(str(gaps), read_only=True) as connection:
        known = connection.execute(
            "select policy_name_vi, register_deprived_households from mart.coverage"
            " where level = 'province' and period = (select max(period) from mart.coverage)"
        ).fetchall()
    found = {name.partition(":")[0]: row["Hộ còn thiếu hụt"].words for name, row in rows.items()}
    assert found == {name: number(count, 0) for name, count in known}
    nobody = rows["Trợ giúp pháp lý"]["Cơ quan chủ trì"].words
    assert nobody == ("Kế hoạch không nêu cơ quan", "The plan names no body")


def test_the_baseline_alone_makes_a_page_too(tmp_path: Path) -> None:
    build_warehouse(tmp_path / "w.duckdb", write_inputs(tmp_path, province(BASELINE), BASELINE))
    figures = read_figures(tmp_path / "w.duckdb")
    assert provisional(figures) is None
    movements = next(section for section in sections(figures) if section.key == "movements")
    assert movements.charts == []
    assert "Kỳ gốc" in movements.reading.vi
    write_page(tmp_path / "w.duckdb", tmp_path / "report.html")
    assert "90 hộ nghèo" in (tmp_path / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("language", LANGUAGES)
def test_charts_are_valid_vega_lite(figures: Figures, language: str) -> None:
    """The page skips Altair's own check for speed; here every chart passes it."""
    poor = [row for row in figures.deprivations if row["population"] == "poor"]
    for drawn in (
        charts.bullets(figures.reductions, charts.target_label, language),
        charts.bullets(figures.policies, charts.target_label, language, end=120),
        charts.bullets(figures.districts[:9], charts.district_label, language),
        charts.small_multiples(figures.rates, language),
        charts.tile_map(figures.rates, figures.release.period, language),
        charts.deprivation_bars(poor, lambda row: same(row["deprivation_name_vi"]), language),
        charts.waterfall(figures.movements[0], charts.waterfall_steps(figures.movements[0]), language),
        charts.completeness(figures.slots, language),
    ):
        assert drawn.to_dict(validate=True)["$schema"].startswith("https://vega.github.io/schema/vega-lite/")


@given(
    st.sampled_from(["poor", "near_poor"]),
    st.integers(0, 9000),
    st.lists(st.integers(0, 900), min_size=7, max_size=7),
    st.integers(-50, 50),
)
def test_a_waterfall_leads_from_the_opening_to_the_closing_without_a_jump(
    figures: Figures, group: str, opening: int, flows: list[int], gap: int
) -> None:
    keys = list(FLOW[group])
    amounts = dict(zip(keys, flows, strict=True))
    closing = opening + gap + sum(-n if key.startswith("decrease") else n for key, n in amounts.items())
    months = {key: figures.movements[0][key] for key in ("first_month", "last_month")}
    steps = charts.waterfall_steps({"group_name": group, "opening": opening, "closing": closing, **amounts, **months})
    assert (steps[0][2], steps[-1][2]) == (opening, closing)
    moves = steps[1:-1]
    assert [start for _, start, _, _ in moves] == [opening, *(end for _, _, end, _ in moves[:-1])]
    assert moves[-1][2] == closing
    assert any(kind == "gap" for *_, kind in steps) == (gap != 0)


def test_numbers_in_both_languages() -> None:
    assert number(1552) == ("1.552", "1,552")
    assert number(3.04, 2) == ("3,04", "3.04")
    assert number(None) == ("–", "–")
    assert signed(-1001) == ("-1.001", "-1,001")
    assert signed(0.004, 2) == ("0,00", "0.00")
    assert signed(12) == ("+12", "+12")


@pytest.mark.parametrize(
    ("anchor", "shown", "hidden"),
    [("", "Kết quả giảm nghèo", "Poverty reduction in"), ("#en", "Poverty reduction in", "Kết quả giảm nghèo")],
)
def test_a_browser_prints_one_language_at_a_time(
    page: Path, tmp_path: Path, anchor: str, shown: str, hidden: str
) -> None:
    """In a real Chromium, on paper: the switch is plain CSS, the charts are drawn, nothing is cut off."""
    subprocess.run(
        [
            *CHROMIUM,
            "--no-pdf-header-footer",
            f"--user-data-dir={tmp_path / 'profile'}",
            f"--print-to-pdf={tmp_path / 'page.pdf'}",
            f"{page.as_uri()}{anchor}",
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    text = subprocess.run(
        ["pdftotext", "-layout", tmp_path / "page.pdf", "-"], check=True, capture_output=True, text=True, timeout=60
    ).stdout
    assert shown in text
    assert hidden not in text
    assert "Trần Văn Thời" in text


# Which letters of a chart lie outside of it, and which lie on others.
_LOOK = """
const found = [];
for (const language of ["vi", "en"]) {
  document.getElementById(`language-${language}`).click();
  for (const svg of document.querySelectorAll(`.chart[lang="${language}"] svg`)) {
    const frame = svg.getBoundingClientRect();
    const texts = [...svg.querySelectorAll("text")].filter(text => text.textContent.trim());
    const boxes = texts.map(text => [text.textContent, text.getBoundingClientRect()]);
    for (const [words, box] of boxes) {
      if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1
          || box.bottom > frame.bottom + 1) { found.push(`outside: ${words}`); }
    }
    for (let one = 0; one < boxes.length; one++) {
      for (let other = one + 1; other < boxes.length; other++) {
        const [[words, a], [more, b]] = [boxes[one], boxes[other]];
        const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (across > 1 && down > 4) { found.push(`on each other: ${words} | ${more}`); }
      }
    }
  }
}
const said = document.createElement("pre");
said.id = "found";
said.textContent = JSON.stringify(found);
document.body.append(said);
"""


def test_no_letter_of_a_chart_is_cut_off_or_covered(page: Path, tmp_path: Path) -> None:
    """In a real Chromium with a font far wider than the one that charts are measured with."""
    text = page.read_text(encoding="utf-8").replace(f'font-family="{FONT}"', 'font-family="DejaVu Sans"')
    look = tmp_path / "look.html"
    look.write_text(text.replace("</body>", f"<script>{_LOOK}</script></body>"), encoding="utf-8")
    seen = subprocess.run(
        [*CHROMIUM, f"--user-data-dir={tmp_path / 'profile'}", "--window-size=1280,1000", "--dump-dom", look.as_uri()],
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    ).stdout
    [found] = lxml.html.fromstring(seen).xpath("//pre[@id='found']/text()")
    assert json.loads(found) == []
