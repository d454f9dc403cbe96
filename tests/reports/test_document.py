"""report.docx as the deputy chairman sees it: the form of Decree 30/2020, and the words and numbers of the marts."""

import re
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import docx
import duckdb
import pytest
from docx.shared import Mm, Pt
from docxtpl import DocxTemplate
from report_data import SILENT, SILENT_NAME

from forms.numbers import number_vi, signed_vi
from labels.table import STATUSES
from reports.document import write_document
from reports.document_template import TEMPLATE, build_template
from reports.figures import open_warehouse
from reports.files import DOCUMENT, WAREHOUSE
from reports.narrative import change_vi, report_fields
from reports.plan_sheet import item_vi

HEADINGS = [
    "I. KẾT QUẢ RÀ SOÁT HỘ NGHÈO, HỘ CẬN NGHÈO",
    "II. DIỄN BIẾN HỘ NGHÈO, HỘ CẬN NGHÈO",
    "III. KẾT QUẢ THỰC HIỆN CHỈ TIÊU CỦA KẾ HOẠCH",
    "IV. THIẾU HỤT DỊCH VỤ XÃ HỘI CƠ BẢN CỦA HỘ NGHÈO THEO CƠ QUAN PHỤ TRÁCH",
    "V. KẾT QUẢ THỰC HIỆN CHÍNH SÁCH",
    "VI. TÌNH HÌNH BÁO CÁO CỦA CÁC HUYỆN, THÀNH PHỐ",
    "VII. NHỮNG CHỖ CHƯA KHỚP TRONG KẾ HOẠCH",
    "VIII. NHIỆM VỤ TRONG THỜI GIAN TỚI",
]


@cache
def opened(folder: Path) -> Any:
    return docx.Document(str(folder / DOCUMENT))


def text_of(folder: Path) -> str:
    """Every paragraph of the body and its tables, in the order of printing."""
    return "\n".join(
        "".join(run.text or "" for run in paragraph.iter(docx.oxml.ns.qn("w:t")))
        for paragraph in opened(folder).element.body.iter(docx.oxml.ns.qn("w:p"))
    )


def table_below(folder: Path, title: str) -> list[list[str]]:
    """The rows of the first table that has this title in its header."""
    for table in opened(folder).tables:
        rows = [[cell.text for cell in row.cells] for row in table.rows]
        if title in rows[0]:
            return rows
    raise LookupError(title)


def level(
    connection: duckdb.DuckDBPyConnection, indicator: str, population: str = "all", baseline: bool = False
) -> float:
    when = "(select first_period from meta.build)" if baseline else "(select as_of from meta.build)"
    row = connection.execute(
        "select value from mart.indicator where unit_code = '96' and indicator = ? and population = ?"
        f" and period = {when}",
        [indicator, population],
    ).fetchone()
    assert row is not None
    return float(row[0])


class TestForm:
    """Appendix I of Decree 30/2020/NĐ-CP."""

    def test_paper_margins_and_font(self, complete: Path) -> None:
        document = opened(complete)
        section = document.sections[0]
        assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)
        assert 20 <= round(section.top_margin.mm) <= 25
        assert 20 <= round(section.bottom_margin.mm) <= 25
        assert 30 <= round(section.left_margin.mm) <= 35
        assert 15 <= round(section.right_margin.mm) <= 20
        normal = document.styles["Normal"]
        assert (normal.font.name, normal.font.size) == ("Times New Roman", Pt(13))

    def test_tables_stay_inside_the_margins(self, complete: Path) -> None:
        for table in opened(complete).tables:
            assert round(sum(column.width for column in table.columns) / Mm(1)) <= 210 - 30 - 15

    def test_pages_are_numbered_above_but_for_the_first(self, complete: Path) -> None:
        section = opened(complete).sections[0]
        assert "PAGE" in section.header._element.xml
        assert section.different_first_page_header_footer
        assert "PAGE" not in section.first_page_header._element.xml

    def test_names_motto_number_title_recipients_and_signature_stand_in_order(self, complete: Path) -> None:
        text = text_of(complete)
        parts = [
            "ỦY BAN NHÂN DÂN\nTỈNH CÀ MAU",
            "/BC-UBND",
            "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc",
            "Cà Mau, ngày",
            "BÁO CÁO\nKết quả rà soát hộ nghèo, hộ cận nghèo tháng 12/2020",
            *HEADINGS,
            "./.",
            "Nơi nhận:",
            "- Lưu: VT",
            "TM. ỦY BAN NHÂN DÂN\nKT. CHỦ TỊCH\nPHÓ CHỦ TỊCH",
        ]
        places = [text.find(part) for part in parts]
        assert -1 not in places
        assert places == sorted(places)

    def test_the_writer_is_left_the_next_tasks_the_number_the_date_and_the_name(self, complete: Path) -> None:
        text = text_of(complete)
        left = text[text.index(HEADINGS[-1]) + len(HEADINGS[-1]) : text.index("Trên đây")]
        assert set(left) <= {".", "\n"}
        assert re.search(r"Cà Mau, ngày +tháng +năm +\n", text)
        assert not re.search(r"PHÓ CHỦ TỊCH\n+\S", text)


class TestTemplate:
    def test_the_committed_file_is_what_the_module_builds(self) -> None:
        """After a change of words or layout: python -m reports.document_template."""
        assert build_template() == TEMPLATE.read_bytes()

    def test_every_field_is_filled_and_every_value_used(self, complete: Path) -> None:
        with open_warehouse(complete / WAREHOUSE) as connection:
            fields = report_fields(connection)
        asked = DocxTemplate(TEMPLATE).get_undeclared_template_variables()
        assert asked <= set(fields)
        assert set(fields) - asked == {"period"}

    def test_no_field_and_no_mark_of_the_template_is_left(
        self, complete: Path, provisional: Path, baseline: Path
    ) -> None:
        for folder in (complete, provisional, baseline):
            with zipfile.ZipFile(folder / DOCUMENT) as archive:
                for name in archive.namelist():
                    if name.startswith("word/") and name.endswith(".xml"):
                        assert not re.search(r"\{\{|\{%|%\}|\}\}|None", archive.read(name).decode()), name


class TestWords:
    def test_the_review_in_numbers_and_what_changed(self, complete: Path) -> None:
        with open_warehouse(complete / WAREHOUSE) as connection:
            now, then = level(connection, "poor_households"), level(connection, "poor_households", baseline=True)
            rate, persons = level(connection, "poor_rate"), level(connection, "poor_persons")
            residents = level(connection, "households")
        sentence = (
            f"Toàn tỉnh có {number_vi(now)} hộ nghèo với {number_vi(persons)} khẩu, chiếm tỷ lệ {number_vi(rate, 2)}% "
            f"trong tổng số {number_vi(residents)} hộ dân cư; so với cuối năm 2019 ({number_vi(then)} hộ, "
        )
        assert sentence in text_of(complete)
        assert f"số hộ {change_vi(now - then, 0, 'hộ')}, tỷ lệ" in text_of(complete)

    def test_movements_gross_and_net(self, complete: Path) -> None:
        with open_warehouse(complete / WAREHOUSE) as connection:
            exits, entries, closing = connection.execute(
                "select sum(gross_exits), sum(gross_entries), arg_max(closing, period) from mart.movement"
                " where class = 'CN' and measure = 'households' and unit_code = '96' and year(period) = 2020"
            ).fetchall()[0]
        net = change_vi(entries - exits, 0, "hộ", "ròng")
        assert (
            f"ra khỏi danh sách {number_vi(exits)} hộ, vào danh sách {number_vi(entries)} hộ; "
            f"cuối kỳ {number_vi(closing)} hộ, {net}."
        ) in text_of(complete)
        [last] = [row for row in table_below(complete, "Khẩu") if row[0] == "Cuối kỳ"]
        assert last[3:5] == ["Cuối kỳ", number_vi(closing)]

    @pytest.mark.parametrize("release", ["complete", "provisional", "baseline"])
    def test_the_main_table_says_level_reduction_target_and_what_remains(
        self, request: pytest.FixtureRequest, release: str
    ) -> None:
        """The plan's measure first, without households under social protection; then households and end rate."""
        folder = request.getfixturevalue(release)
        with open_warehouse(folder / WAREHOUSE) as connection:
            rows = connection.execute(
                "select target, measure, baseline, actual, baseline - actual, target_value, achieved_pct, remaining,"
                " status from mart.target_vs_actual where period = (select as_of from meta.build) and unit_code = '96'"
                " and basis = 'excluding_social_protection' and target in ('poor_reduction', 'near_poor_reduction')"
            ).fetchall()
        names = {
            "percentage_points": ("giảm tỷ lệ (điểm %)", 2),
            "households": ("tương đương khoảng (hộ)", 0),
            "end_rate": ("tỷ lệ cuối năm (%)", 2),
        }
        found = {row[:2]: row[2:] for row in rows}
        expected = []
        for target, group in (("poor_reduction", "Hộ nghèo"), ("near_poor_reduction", "Hộ cận nghèo")):
            for measure, (name, decimals) in names.items():
                *levels, achieved, remaining, status = found[target, measure]
                numbers = [number_vi(value, decimals) for value in levels]
                left = number_vi(remaining, decimals)
                expected.append([f"{group}: {name}", *numbers, number_vi(achieved, 1), left, STATUSES[status].vi])
        titles, *printed = table_below(folder, "Còn phải giảm")
        assert titles[1:] == [
            "Cuối 2019",
            "Hiện nay",
            "Đã giảm",
            "Chỉ tiêu 2020",
            "Đạt (%)",
            "Còn phải giảm",
            "Kết quả",
        ]
        assert printed == expected
        assert table_below(folder, "Còn phải làm")[1][0] == "Giải quyết việc làm (người)"

    def test_every_deprivation_has_its_department_its_counts_and_its_rates(self, complete: Path) -> None:
        rows = table_below(complete, "Chỉ số thiếu hụt")
        assert [row[0] for row in rows[1:]] == [str(number) for number in range(1, 11)]
        assert {row[2] for row in rows[1:]} >= {"Sở Y tế", "Bảo hiểm xã hội tỉnh", "Sở Xây dựng"}
        with open_warehouse(complete / WAREHOUSE) as connection:
            kinds = [(f"deprived_{kind}:water", places) for kind, places in (("households", 0), ("rate", 2))]
            then = [level(connection, kind, "poor", baseline=True) for kind, _ in kinds]
            now = [level(connection, kind, "poor") for kind, _ in kinds]
        written = [[number_vi(one, kinds[at][1]) for at, one in enumerate(levels)] for levels in (then, now)]
        changes = [signed_vi(now[at] - then[at], places) for at, (_, places) in enumerate(kinds)]
        assert rows[7][4:] == [*written[0], *written[1], *changes]

    def test_policies_and_the_plans_contradictions_are_listed(self, complete: Path) -> None:
        policies = table_below(complete, "Chính sách")
        assert len(policies) == 15
        # Section III.2 gives legal aid to nobody.
        assert [row[0] for row in policies if row[1] == "Kế hoạch không nêu cơ quan"] == ["Trợ giúp pháp lý"]
        numbers = table_below(complete, "Số in")
        assert ["S1", "II.3", "Dự báo tỷ lệ hộ cận nghèo cuối năm 2020", "Huyện Cái Nước", "1,69", "1,66"] in numbers
        assert "- S9, mục II.1: Kế hoạch giao mức giảm" in text_of(complete)

    def test_every_number_that_may_disagree_has_a_name(self, complete: Path) -> None:
        with open_warehouse(complete / WAREHOUSE) as connection:
            items = [item for (item,) in connection.execute("select distinct item from mart.plan_check").fetchall()]
        names = [item_vi(item) for item in items]
        assert len(items) > 60
        assert len(set(names)) == len(names)
        assert all(name[0].isupper() for name in names)

    def test_a_missing_district_is_named_and_its_like_is_compared(self, provisional: Path) -> None:
        text = text_of(provisional)
        assert f"SỐ LIỆU TẠM TÍNH: thiếu báo cáo của {SILENT_NAME}" in text
        assert f"8/9 huyện, thành phố. Chưa có báo cáo của: {SILENT_NAME}" in text
        assert "Về thay đổi so với cuối năm 2019: chỉ so 8/9 huyện có số liệu ở cả hai kỳ." in text
        with open_warehouse(provisional / WAREHOUSE) as connection:
            now = level(connection, "poor_households")
            ((then,),) = connection.execute(
                "select sum(value) from mart.indicator where level = 'district' and unit_code <> ?"
                " and population = 'all' and indicator = 'poor_households'"
                " and period = (select first_period from meta.build)",
                [SILENT],
            ).fetchall()
        assert f"8/9 huyện đã báo cáo có {number_vi(now)} hộ nghèo" in text
        assert f"so với cuối năm 2019 ({number_vi(then)} hộ, " in text
        assert f"số hộ {change_vi(now - then, 0, 'hộ')}, tỷ lệ" in text
        assert "Toàn tỉnh có" not in text
        [row] = [row for row in table_below(provisional, "Tổng số hộ dân cư") if row[1].startswith(SILENT_NAME)]
        assert row[1:] == [f"{SILENT_NAME} (chưa có báo cáo)", *[""] * 7]
        months = {row[0]: row[1] for row in table_below(provisional, "Tháng")}
        assert months["12/2020"] == f"{SILENT_NAME} (chưa nhận)"

    def test_the_baseline_is_compared_with_nothing(self, baseline: Path) -> None:
        text = text_of(baseline)
        assert "so với cuối năm 2019" not in text[text.index(HEADINGS[0]) : text.index(HEADINGS[1])]
        assert "đến ngày 31 tháng 12 năm 2019" in text
        assert "đang thực hiện" in text

    def test_a_month_nobody_sent_has_a_report_that_says_so(self, unreported: Path) -> None:
        text = text_of(unreported)
        assert "0/9 huyện, thành phố" in text
        assert text.count("Chưa có số liệu của kỳ này.") == 3
        assert "Toàn tỉnh có" not in text

    @pytest.mark.parametrize(
        ("change", "words"), [(-2332, "giảm 2.332 hộ"), (5, "tăng 5 hộ"), (0, "không đổi"), (-0.4, "không đổi")]
    )
    def test_a_change_is_said_in_words(self, change: float, words: str) -> None:
        assert change_vi(change, 0, "hộ") == words


def test_equal_warehouses_make_equal_bytes_without_a_clock(tmp_path: Path, complete: Path) -> None:
    with open_warehouse(complete / WAREHOUSE) as connection:
        write_document(tmp_path / DOCUMENT, connection)
    assert (tmp_path / DOCUMENT).read_bytes() == (complete / DOCUMENT).read_bytes()
    properties = opened(complete).core_properties
    assert f"{properties.created:%Y-%m-%d}" == f"{properties.modified:%Y-%m-%d}" == "2020-12-31"
    with zipfile.ZipFile(complete / DOCUMENT) as archive:
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}
