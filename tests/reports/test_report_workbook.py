"""report.xlsx as the province sees it: the numbers of the marts, live totals, and sheets that print as forms."""

import math
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest
from office import convert
from openpyxl import load_workbook  # type: ignore[import-untyped]
from report_data import BASELINE, COMMUNE_CORRECTED, DECEMBER, SILENT, SILENT_NAME, province

from forms.dictionary import DEPRIVATIONS, FLOWS
from forms.workbook import new_book
from labels.table import STATUSES
from plan.reference import communes, districts, table, unit_by_code
from reports.figures import open_warehouse, read_release
from reports.files import WAREHOUSE, WORKBOOK
from reports.paper import FIRST_ROW, Column, Formula, Heading, Page, Paper, Row
from reports.workbook import write_workbook

RELEASES = ("complete", "provisional", "baseline", "unreported")
POOR, NEAR_POOR = "poor", "near_poor"
WITHOUT = "excluding_social_protection"
# What a live cell may be: links, sums, shares, counts of verdicts. Nothing else was meant to be a formula.
MEANT = re.compile(r"=(SUM\(|SUMIF\(|IF\(|MAX\(|COUNTIF\(|100\*|'(Biểu|Gốc) \d|[A-Z]{1,2}\d+-)")

Key = tuple[str, str]  # indicator, population


@pytest.fixture(params=RELEASES)
def folder(request: pytest.FixtureRequest) -> Path:
    found: Path = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def mart(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_warehouse(folder / WAREHOUSE) as connection:
        yield connection


@cache
def opened(path: Path, formulas: bool = False) -> Any:
    return load_workbook(path, data_only=not formulas)


def body(folder: Path, sheet: str, columns: int = 2) -> list[list[Any]]:
    """The stored values of a sheet's rows, without the columns that name them; a formula that shows nothing is None."""
    rows = opened(folder / WORKBOOK)[sheet].iter_rows(min_row=FIRST_ROW + 1, min_col=columns + 1, values_only=True)
    return [[None if value == "" else value for value in row] for row in rows]


def unit_codes(period: str) -> list[str]:
    """The units in the order of the forms' rows."""
    return ["96", *(code for one in districts(period) for code in (one.code, *below(one.code, period)))]


def below(code: str, period: str) -> list[str]:
    return [commune.code for commune in communes(period, code)]


def levels(mart: duckdb.DuckDBPyConnection, period: str) -> dict[tuple[str, str, str], float]:
    rows = mart.execute(
        "select unit_code, indicator, population, value from mart.indicator"
        f" where strftime(period, '%Y-%m') = '{period}'"
    ).fetchall()
    return {(unit, indicator, population): value for unit, indicator, population, value in rows}


def same(found: list[Any], expected: list[Any]) -> bool:
    """Equal row by row; numbers but for the last bits of a float, and nothing only where nothing is expected."""
    return len(found) == len(expected) and all(
        one is None and other is None
        if one is None or other is None
        else math.isclose(one, other, rel_tol=1e-12, abs_tol=1e-9)
        for one, other in zip(found, expected, strict=True)
    )


def month_of(mart: duckdb.DuckDBPyConnection) -> str:
    return f"{read_release(mart).period:%Y-%m}"


def check(folder: Path, mart: duckdb.DuckDBPyConnection, sheet: str, period: str, keys: list[Key | None]) -> None:
    """Every cell of a sheet is the mart's value of its unit; a unit that has not reported has empty cells."""
    known = levels(mart, period)
    codes = unit_codes(period)
    for unit, row in zip(codes, body(folder, sheet)[: len(codes)], strict=True):
        for key, value in zip(keys, row, strict=True):
            if key is not None:
                assert same([value], [known.get((unit, *key))]), (sheet, unit, key)


def class_keys(group: str) -> list[Key]:
    households = f"{group}_households"
    kinds = [(households, "income_poor"), (households, "services_deprived")] if group == POOR else []
    return [
        (households, "all"),
        (f"{group}_rate", "all"),
        (f"{group}_persons", "all"),
        (households, "minority"),
        *kinds,
        (households, "social_protection"),
        (households, "merit"),
        (f"{group}_rate", WITHOUT),
    ]


RESULT_KEYS: list[Key | None] = [
    ("households", "all"),
    ("persons", "all"),
    ("households", "minority"),
    *class_keys(POOR),
    *class_keys(NEAR_POOR),
]


class TestFiguresOfTheMarts:
    def test_results(self, folder: Path, mart: duckdb.DuckDBPyConnection) -> None:
        check(folder, mart, "Biểu 1", month_of(mart), RESULT_KEYS)
        check(folder, mart, "Gốc 1", BASELINE, RESULT_KEYS)

    @pytest.mark.parametrize(
        ("group", "counts", "shares"), [(POOR, "Biểu 4", "Biểu 5"), (NEAR_POOR, "Biểu 6", "Biểu 7")]
    )
    def test_deprivations_in_households_and_percent(
        self, folder: Path, mart: duckdb.DuckDBPyConnection, group: str, counts: str, shares: str
    ) -> None:
        households: list[Key | None] = [(f"{group}_households", "all")]
        lacking: list[Key | None] = [(f"deprived_households:{key}", group) for key in DEPRIVATIONS]
        rates: list[Key | None] = [(f"deprived_rate:{key}", group) for key in DEPRIVATIONS]
        check(folder, mart, counts, month_of(mart), [*households, None, *lacking])
        check(folder, mart, shares, month_of(mart), [*households, *rates])
        for row in body(folder, counts):
            if row[0] is not None and row[1] is not None:
                assert row[1] == sum(row[2:])

    @pytest.mark.parametrize(("sheet", "class_"), [("Biểu 2", "N"), ("Biểu 3", "CN")])
    def test_movements_of_the_month_and_of_the_year(
        self, folder: Path, mart: duckdb.DuckDBPyConnection, sheet: str, class_: str
    ) -> None:
        period = month_of(mart)
        rows = mart.execute(
            "select strftime(period, '%Y-%m'), unit_code, measure, opening, closing, "
            f"{', '.join(FLOWS)} from mart.movement where class = ? and year(period) = ?",
            [class_, int(period[:4])],
        ).fetchall()
        months: dict[tuple[str, str], dict[str, tuple[int, ...]]] = {}
        for month, unit, measure, *numbers in rows:
            months.setdefault((unit, measure), {})[month] = tuple(numbers)
        silent = {unit.code for unit in read_release(mart).districts if not unit.is_reported}
        lines = [(unit, measure) for unit in unit_codes(period) for measure in ("households", "persons")]
        for which, chosen in ((f"{sheet}T", {period}), (sheet, None)):
            for (unit, measure), row in zip(lines, body(folder, which, 3), strict=False):
                known = months.get((unit, measure), {})
                parts = [known[month] for month in sorted(known) if chosen is None or month in chosen]
                if period not in known:
                    assert row == [None] * 9
                elif unit != "96" or not silent:
                    flows = [sum(flow) for flow in zip(*(part[2:] for part in parts), strict=True)]
                    assert row == [parts[0][0], *flows, parts[-1][1]], (which, unit, measure)

    def test_target_groups(self, folder: Path, mart: duckdb.DuckDBPyConnection) -> None:
        period = month_of(mart)
        known = levels(mart, period)
        populations = ("all", "minority", "social_protection", "merit", None, "female_headed")
        kinds = ("income_poor", "services_deprived", "services_deprived_no_insurance")
        keys = [(POOR, one) for one in (*populations, *kinds)] + [(NEAR_POOR, one) for one in populations]
        lines = [(unit, measure) for unit in unit_codes(period) for measure in ("households", "persons")]
        for (unit, measure), row in zip(lines, body(folder, "Biểu 8", 3), strict=False):
            for (group, population), value in zip(keys, row, strict=True):
                if population is not None:
                    assert value == known.get((unit, f"{group}_{measure}", population)), (
                        unit,
                        measure,
                        group,
                        population,
                    )

    def test_ethnic_groups_add_up(self, folder: Path, mart: duckdb.DuckDBPyConnection) -> None:
        period = month_of(mart)
        known = levels(mart, period)
        titles = [cell.value for cell in opened(folder / WORKBOOK)["Biểu 9"][FIRST_ROW - 1]][2:]
        half = (len(titles) - 2) // 2
        for unit, row in zip(unit_codes(period), body(folder, "Biểu 9"), strict=False):
            if row[0] is None:
                continue
            for group, start in ((POOR, 2), (NEAR_POOR, 2 + half)):
                total, kinh, minority, *rest = row[start : start + half]
                groups = dict(zip(titles[start + 3 : start + half], rest, strict=True))
                assert total == known[unit, f"{group}_households", "all"] == kinh + minority
                assert minority == known[unit, f"{group}_households", "minority"]
                assert groups.get("Khmer", 0) == known[unit, f"{group}_households", "khmer"]
                assert minority == sum(count for name, count in groups.items() if "Tỷ lệ" not in name)
                assert same([groups["Tỷ lệ hộ DTTS (%)"]], [known[unit, f"{group}_rate", "minority"]])

    def test_policies(self, folder: Path, mart: duckdb.DuckDBPyConnection) -> None:
        period = month_of(mart)
        known = {
            (unit, policy): [eligible, served, share]
            for unit, policy, eligible, served, share in mart.execute(
                "select unit_code, policy, eligible, served, coverage_pct from mart.coverage"
                f" where strftime(period, '%Y-%m') = '{period}'"
            ).fetchall()
        }
        policies = [row["policy"] for row in table("policies_monitored")]
        lines = [(unit, policy) for unit in ("96", *(one.code for one in districts(period))) for policy in policies]
        for line, row in zip(lines, body(folder, "Biểu 14", 3), strict=False):
            assert same(row, known.get(line, [None] * 3)), line


class TestFiguresOfTheRegister:
    """What no mart holds is counted again from the households that the test made."""

    def test_causes_and_households_of_no_group(self, complete: Path) -> None:
        expected: dict[tuple[str, str], Counter[str]] = {}
        for register in province():
            if register.period == DECEMBER:
                for one in register.households:
                    if one["class"] != "KN":
                        group = NEAR_POOR if one["class"] == "CN" else POOR
                        for unit in ("96", register.district_code, one["commune_code"]):
                            counted = expected.setdefault((unit, group), Counter())
                            counted.update({str(cause) for cause in one["causes"]} or {"none"})
                            is_other = one["ethnicity"] == "Kinh" and not one["social_protection"] and not one["merit"]
                            counted["other"] += is_other
        codes = unit_codes(DECEMBER)
        by_cause = iter(body(complete, "Biểu 10", 3))
        by_group = iter(body(complete, "Biểu 8", 3))
        for unit in codes:
            households, _ = next(by_group), next(by_group)
            for group, column in ((POOR, 4), (NEAR_POOR, 13)):
                counted = expected.get((unit, group), Counter())
                causes = next(by_cause)[1:]
                assert causes == [counted[name] for name in (*map(str, range(1, 12)), "none")], (unit, group)
                assert households[column] == counted["other"], (unit, group)
        assert sum(counted["none"] for counted in expected.values()) > 0

    def test_a_month_corrected_afterwards_is_said_below_the_table(self, odd: Path) -> None:
        rows = opened(odd / WORKBOOK)["Biểu 2"].iter_rows(min_row=FIRST_ROW + 200, max_col=1, values_only=True)
        assert any(f"{COMMUNE_CORRECTED} (hộ: danh sách" in str(note) for (note,) in rows)


class TestTargets:
    def test_by_district(self, folder: Path, mart: duckdb.DuckDBPyConnection) -> None:
        known = target_rows(mart)
        codes = ["96", *(one.code for one in districts(month_of(mart)))]
        rows = body(folder, "Biểu 11")
        for group, block in ((POOR, rows[1:11]), (NEAR_POOR, rows[12:22])):
            for unit, row in zip(codes, block, strict=True):
                points = known[unit, f"{group}_reduction", "percentage_points", WITHOUT]
                every = known[unit, f"{group}_reduction", "households", "all"]
                without = known[unit, f"{group}_reduction", "households", WITHOUT]
                end = known[unit, f"{group}_reduction", "end_rate", WITHOUT]
                fallen = [None if one["change"] is None else -one["change"] for one in (points, every, without)]
                levels_ = [every["baseline"], points["baseline"], points["target_value"], every["target_value"]]
                levels_ += [end["target_value"], every["actual"], points["actual"]]
                achieved = [one["achieved_pct"] for one in (points, every, without)]
                assert same(row[:13], [*levels_, *fallen, *achieved]), (unit, group)
                assert row[13:] == [STATUSES[one["status"]].vi for one in (points, every, without, end)]

    def test_by_department(self, folder: Path, mart: duckdb.DuckDBPyConnection) -> None:
        """Every target of the province stands once, under the body that answers for it."""
        known = Counter(
            (
                row["accountable"] or "Kế hoạch không nêu cơ quan",
                row["plan_section"],
                *rounded(row, "baseline", "target_value", "actual", "achieved_pct", "remaining"),
            )
            for (unit, *_), row in target_rows(mart).items()
            if unit == "96"
        )
        found: Counter[tuple[Any, ...]] = Counter()
        duties = {}
        body_ = ""
        for order, name, _, section, *numbers in body(folder, "Biểu 12", 0):
            if name is None:
                continue  # notes below the table
            if "." not in order:
                body_ = name
            elif body_.startswith("UBND các huyện"):
                duties[name] = numbers[1:3]
            else:
                values = {"baseline": numbers[0], "target_value": numbers[1], "actual": numbers[2]}
                values |= {"achieved_pct": numbers[4], "remaining": numbers[5]}
                found[body_, section, *rounded(values, *values)] += 1
        assert found == known
        assert len(duties) == 3
        achieved = sum(
            row["status"] == "achieved"
            for (_, target, measure, _), row in target_rows(mart).items()
            if target == "poor_reduction" and measure == "percentage_points" and row["level"] == "district"
        )
        assert duties["Số huyện, thành phố đạt chỉ tiêu giảm tỷ lệ hộ nghèo"] == [9, achieved]

    def test_communes_with_a_high_rate(self, odd: Path) -> None:
        with open_warehouse(odd / WAREHOUSE) as connection:
            known = [
                row for (_, target, *_), row in target_rows(connection).items() if target == "commune_high_poverty"
            ]
        rows = body(odd, "Biểu 13", 3)
        assert {row["target_value"] for row in known} == {1.0, 3.0, None}
        for row, expected in zip(rows, known, strict=False):
            levels_ = [expected["baseline"], expected["target_value"], expected["actual"]]
            assert same([row[0], row[2], row[3], row[6]], [*levels_, expected["remaining"]])


def target_rows(mart: duckdb.DuckDBPyConnection) -> dict[tuple[str, str, str, str], dict[str, Any]]:
    cursor = mart.execute(
        "from mart.target_vs_actual where period = (select as_of from meta.build) order by unit_code, target"
    )
    names = [column[0] for column in cursor.description or ()]
    rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return {(row["unit_code"], row["target"], row["measure"], row["basis"]): row for row in rows}


def rounded(row: dict[str, Any], *keys: str) -> list[float | None]:
    return [None if row[key] is None else round(row[key], 6) for key in keys]


class TestLiveTotals:
    @pytest.mark.parametrize("name", ["complete", "provisional"])
    def test_libreoffice_recalculates_every_cell_to_the_stored_value(
        self, name: str, request: pytest.FixtureRequest, tmp_path: Path
    ) -> None:
        """The stored results are taken out first: what LibreOffice saves, it has calculated itself."""
        stored = opened(request.getfixturevalue(name) / WORKBOOK)
        emptied = tmp_path / "emptied.xlsx"
        formulas = without_results(request.getfixturevalue(name) / WORKBOOK, emptied)
        recalculated = load_workbook(convert(emptied, "xlsx"), data_only=True)

        assert formulas > 5000
        assert recalculated.sheetnames == stored.sheetnames
        for sheet in stored.worksheets:
            for cells, others in zip(sheet.iter_rows(), recalculated[sheet.title].iter_rows(), strict=False):
                for cell, other in zip(cells, others, strict=False):
                    if isinstance(cell.value, int | float):
                        assert same([other.value], [cell.value]), (sheet.title, cell.coordinate)
                    else:
                        assert (other.value or None) == (cell.value or None), (sheet.title, cell.coordinate)

    def test_totals_are_sums_and_shares_are_formulas(self, complete: Path) -> None:
        sheet = opened(complete / WORKBOOK, formulas=True)["Biểu 1"]
        province_row = [cell.value for cell in sheet[FIRST_ROW + 1]]
        district_row = [cell.value for cell in sheet[FIRST_ROW + 2]]
        commune_row = [cell.value for cell in sheet[FIRST_ROW + 3]]
        last = FIRST_ROW + 2 + len(communes(DECEMBER, "964"))
        assert province_row[2].startswith(f"=SUM(C{FIRST_ROW + 2},C{last + 1},")
        assert province_row[2].count(",") == 8
        assert district_row[5] == f"=SUM(F{FIRST_ROW + 3}:F{last})"
        assert isinstance(commune_row[5], int)
        assert commune_row[6] == f'=IF(C{FIRST_ROW + 3}=0,"",100*F{FIRST_ROW + 3}/C{FIRST_ROW + 3})'

    def test_a_share_of_nobody_is_blank_not_zero(self, complete: Path) -> None:
        place = FIRST_ROW + 3 + 2  # the first district's third commune has no residents
        formula = opened(complete / WORKBOOK, formulas=True)["Biểu 1"].cell(place, 7).value
        assert formula == f'=IF(C{place}=0,"",100*F{place}/C{place})'
        assert not opened(complete / WORKBOOK)["Biểu 1"].cell(place, 7).value
        # Its second has residents and nobody poor: a rate of 0, and no shares of the poor.
        assert opened(complete / WORKBOOK)["Biểu 1"].cell(place - 1, 7).value == 0
        assert not opened(complete / WORKBOOK)["Biểu 5"].cell(place - 1, 4).value

    def test_nothing_is_a_formula_by_accident(self, complete: Path) -> None:
        found = 0
        for sheet in opened(complete / WORKBOOK, formulas=True).worksheets:
            for row in sheet.iter_rows():
                for cell in row:
                    if cell.data_type == "f":
                        found += 1
                        assert MEANT.match(cell.value), (sheet.title, cell.coordinate, cell.value)
                        assert cell.row > FIRST_ROW
        assert found > 0

    def test_text_that_looks_like_a_formula_stays_text(self, tmp_path: Path, complete: Path) -> None:
        dangerous = ['=HYPERLINK("http://x","y")', "+1+1", "@SUM(A1)", "{=1+1}", "http://example.org"]
        with open_warehouse(complete / WAREHOUSE) as connection:
            release = read_release(connection)
        columns = [Column(text, "text", number=text, group=text) for text in dangerous]
        path = tmp_path / "text.xlsx"
        with new_book(path) as book:
            heading = Heading(*dangerous)
            Paper(book, release).write(
                Page("Thử", heading, columns, [Row(list(dangerous)), Row([Formula("1+1", 2)] * 5)], dangerous)
            )
        cells = [cell for row in load_workbook(path)["Thử"].iter_rows() for cell in row if cell.value is not None]
        formulas = {cell.value for cell in cells if cell.data_type == "f"}
        assert formulas == {"=1+1"}
        assert sum(cell.value in dangerous for cell in cells) > 3 * len(dangerous)


def without_results(source: Path, target: Path) -> int:
    """Copy a workbook without the stored results of its formulas; returns how many there were."""
    result = re.compile(rb"(</f>)<v>[^<]*</v>")
    taken = 0
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            content, number = result.subn(rb"\1", old.read(name))
            taken += number
            new.writestr(name, content)
    return taken


class TestWhatIsSaid:
    def test_provisional_is_said_on_every_sheet_and_page(self, provisional: Path) -> None:
        book = opened(provisional / WORKBOOK)
        for sheet in book.worksheets:
            above = " ".join(
                str(value) for row in sheet.iter_rows(max_row=6, values_only=True) for value in row if value
            )
            assert f"8/9 huyện, thành phố. SỐ LIỆU TẠM TÍNH, thiếu: {SILENT_NAME}" in above, sheet.title
            assert "TẠM TÍNH, THIẾU 1/9 HUYỆN" in sheet.oddFooter.left.text

    def test_a_silent_district_is_empty_and_named_and_the_total_is_of_the_others(self, provisional: Path) -> None:
        rows = {
            row[1]: row[2:]
            for row in opened(provisional / WORKBOOK)["Biểu 1"].iter_rows(min_row=FIRST_ROW + 1, values_only=True)
        }
        assert set(rows[f"{SILENT_NAME} (chưa có báo cáo)"]) == {None}
        first = unit_by_code(DECEMBER, below(SILENT, DECEMBER)[0])
        assert first is not None
        assert set(rows[first.name]) == {None}
        reported = [row[0] for name, row in rows.items() if name and name.startswith(("Huyện", "Thành phố")) and row[0]]
        assert len(reported) == 8
        assert rows["TOÀN TỈNH (8/9 huyện đã báo cáo)"][0] == sum(reported)

    def test_a_complete_month_says_so_without_warning(self, complete: Path) -> None:
        sheet = opened(complete / WORKBOOK)["Biểu 2"]
        assert sheet["A5"].value == "Đã có báo cáo của 9/9 huyện, thành phố."
        assert "TẠM TÍNH" not in sheet.oddFooter.left.text

    def test_contents_name_release_sheets_and_files(self, complete: Path) -> None:
        with open_warehouse(complete / WAREHOUSE) as connection:
            release = read_release(connection)
        book = opened(complete / WORKBOOK)
        cells = [cell for row in book["Mục lục"].iter_rows() for cell in row if cell.value]
        text = " ".join(str(cell.value) for cell in cells)
        assert release.release_id in text
        assert "tháng 12/2020" in text
        assert all((district.submission_id or "")[:12] in text for district in release.districts)
        linked = {cell.hyperlink.location for cell in cells if cell.hyperlink}
        assert linked == {f"'{name}'!A1" for name in book.sheetnames[1:]}

    def test_the_sample_year_is_called_synthetic(self, tmp_path: Path, complete: Path) -> None:
        copy = tmp_path / WAREHOUSE
        copy.write_bytes((complete / WAREHOUSE).read_bytes())
        with duckdb.connect(str(copy)) as connection:
            connection.execute("update meta.submission set source = 'sample'")
        with open_warehouse(copy) as connection:
            write_workbook(tmp_path / WORKBOOK, connection)
        book = load_workbook(tmp_path / WORKBOOK)
        assert all("DỮ LIỆU MẪU" in str(sheet["A5"].value) for sheet in book.worksheets)
        assert all("DỮ LIỆU MẪU" in sheet.oddFooter.left.text for sheet in book.worksheets)
        assert not any("DỮ LIỆU MẪU" in str(sheet["A5"].value) for sheet in opened(complete / WORKBOOK).worksheets)


class TestPages:
    def test_every_sheet_prints_as_a_landscape_form(self, complete: Path) -> None:
        for sheet in opened(complete / WORKBOOK).worksheets:
            setup = sheet.page_setup
            # As wide as one page (the default), as long as it needs.
            fit = (setup.fitToWidth or 1, setup.fitToHeight)
            assert (setup.orientation, int(setup.paperSize), fit) == ("landscape", 9, (1, 0))
            assert sheet.sheet_properties.pageSetUpPr.fitToPage
            assert sheet.print_area
            assert sheet.oddFooter.right.text == "Trang &P/&N"
            if sheet.title != "Mục lục":
                assert sheet.print_title_rows == f"$7:${FIRST_ROW}"
                assert sheet.freeze_panes in (f"C{FIRST_ROW + 1}", f"D{FIRST_ROW + 1}")

    def test_the_sheets_are_the_official_forms_in_order(self, complete: Path) -> None:
        names = [str(number) for number in range(1, 16)]
        names[1:3] = ["2", "2T", "3", "3T"]
        expected = ["Mục lục", *(f"Biểu {name}" for name in names), "Gốc 1", "Gốc 4", "Gốc 5", "Gốc 14"]
        assert opened(complete / WORKBOOK).sheetnames == expected
        for sheet in opened(complete / WORKBOOK).worksheets[1:13]:
            official = next(str(cell.value) for cell in reversed(sheet[2]) if cell.value)
            assert re.fullmatch(r"Khung biểu BC\d, Thông tư 17/2016/TT-BLĐTBXH", official)

    def test_columns_carry_the_formulas_that_the_forms_print(self, complete: Path) -> None:
        book = opened(complete / WORKBOOK)

        def numbers(sheet: str) -> list[str]:
            return [cell.value for cell in book[sheet][FIRST_ROW]]

        assert numbers("Biểu 1")[6] == "5=4/1*100"
        assert numbers("Biểu 1")[13] == "12=(4-10)/1*100"
        assert numbers("Biểu 2")[-1] == numbers("Biểu 3")[-1] == "9=1-2-3-4+5+6+7+8"
        assert numbers("Biểu 4")[3] == "2=3+4+...+12"

    def test_numbers_show_as_vietnam_writes_them_on_any_computer(self, tmp_path: Path, complete: Path) -> None:
        """LibreOffice speaks English here; the cells do not."""
        path = tmp_path / "so.xlsx"
        with open_warehouse(complete / WAREHOUSE) as connection:
            release = read_release(connection)
        kinds = ("count", "percent", "signed_count", "signed_points")
        columns = [Column(kind, kind) for kind in kinds]
        rows = [Row([1552, 3.04, -2332, -0.7722]), Row([0, 0, 0, 0]), Row([1234567, 68.105, 18, 0.185])]
        with new_book(path) as book:
            Paper(book, release).write(Page("Số", Heading("", "", "", ""), columns, rows))
        page = convert(path, "html").read_text(encoding="utf-8")
        shown = re.findall(r'sdval="[^"]*" sdnum="[^"]*">(?:<[^>]*>)*([^<]+)', page)
        assert [text.strip() for text in shown] == [
            "1.552",
            "3,04",
            "-2.332",
            "-0,77",
            "-",
            "0,00",
            "0",
            "0",
            "1.234.567",
            "68,11",
            "+18",
            "+0,19",
        ]


class TestBytes:
    def test_equal_warehouses_make_equal_bytes(self, tmp_path: Path, complete: Path) -> None:
        with open_warehouse(complete / WAREHOUSE) as connection:
            write_workbook(tmp_path / WORKBOOK, connection)
        assert (tmp_path / WORKBOOK).read_bytes() == (complete / WORKBOOK).read_bytes()

    def test_no_clock_stands_in_the_file(self, complete: Path) -> None:
        properties = opened(complete / WORKBOOK).properties
        assert f"{properties.created:%Y-%m-%d}" == f"{properties.modified:%Y-%m-%d}" == "2020-12-31"
        with zipfile.ZipFile(complete / WORKBOOK) as archive:
            assert {entry.date_time[0] for entry in archive.infolist()} == {1980}
