"""From every published number to the rows of the senders' files, in SQL (meta.trace) and by `giamngheo explain`."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner
from warehouse_data import BASELINE, CITY, DAM_DOI, DECEMBER, JUNE, NGOC_HIEN, Query, province, write_inputs

import cli
from errors import WRONG_USAGE
from settings import Settings
from tasks.build import build_warehouse
from tasks.explain import NoSuchNumber, explain

PHUONG_9 = "31999"


@pytest.fixture(scope="module")
def connection(story: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(story), read_only=True) as opened:
        yield opened


@pytest.mark.parametrize("unit_code", ["96", PHUONG_9])
def test_the_rows_behind_every_indicator_add_up_to_its_parts(
    connection: duckdb.DuckDBPyConnection, unit_code: str
) -> None:
    published = connection.execute(
        "select indicator, population, numerator, denominator from mart.indicator"
        " where period = '2020-12-31' and unit_code = ?",
        [unit_code],
    ).fetchall()
    assert len(published) == 102
    traced = {
        (indicator, population): connection.execute(
            "select coalesce(sum(counted) filter (where part = 'numerator'), 0),"
            " sum(counted) filter (where part = 'denominator') from meta.trace('2020-12-31', ?, ?, ?)",
            [unit_code, indicator, population],
        ).fetchone()
        for indicator, population, _, _ in published
    }
    for indicator, population, numerator, denominator in published:
        found = traced[indicator, population]
        assert found is not None
        assert (found[0], found[1] or 0) == (numerator, denominator or 0), (indicator, population)


def test_every_traced_household_is_named_by_pseudonym_and_by_its_row(query: Query) -> None:
    sql = 'select count(*), count(household_id), count(distinct household_id), count(file_name), count("row")'
    counts = query(f"{sql}, any_value(sheet) from meta.trace('2020-12-31', '970', 'poor_households', 'all')")
    # 40 + 51 + 10 + 40 + 49 households and 5 of social protection.
    assert counts == [(195, 195, 195, 195, 195, "Hộ")]


@pytest.mark.parametrize(
    ("indicator", "population", "sheet", "total"),
    [
        ("poor_households:decrease_2", "all", "Diễn biến", 1),
        ("near_poor_persons:closing", "all", "Diễn biến", 32),
        ("policy_served:bhyt", "eligible", "Chính sách", 200),
        ("policy_eligible:housing", "eligible", "Chính sách", 100),
        ("jobs", "all", "Chính sách", 39000),
    ],
)
def test_flows_and_policies_are_traced_too(
    query: Query, indicator: str, population: str, sheet: str, total: int
) -> None:
    sql = "select sum(counted), any_value(sheet), count(*) from meta.trace('2020-12-31', ?, ?, ?)"
    assert query(sql, CITY, indicator, population) == [(total, sheet, 17)]


def test_a_rate_is_explained_down_to_file_sheet_and_row(story: Path) -> None:
    found = explain(story, "poor_rate", CITY, BASELINE)
    assert (found["value"], found["numerator"], found["denominator"]) == (100 * 6 / 16800, 6, 16800)
    numerator, denominator = found["parts"]
    assert (numerator["of"], denominator["of"]) == ("poor_households (all)", "households (all)")
    (commune,) = numerator["communes"]
    assert (commune["commune_code"], commune["counted"], len(commune["rows"])) == (PHUONG_9, 6, 6)
    assert len(denominator["communes"]) == 17
    (submission,) = found["submissions"]
    row = commune["rows"][0]
    assert row["submission_id"] == submission["submission_id"]
    assert (row["file_name"], row["sheet"], row["core_table"]) == ("964_2019-12.xlsx", "Hộ", "core.household_month")
    assert [row["row"] for row in commune["rows"]] == [2, 3, 4, 5, 6, 7]
    assert all(row["household_id"] for row in commune["rows"])
    assert found["restated"] == []


def test_what_is_taken_off_a_denominator_is_shown(tmp_path: Path) -> None:
    registers = province(BASELINE)
    registers[0].add(3, social_protection=True)
    inputs = write_inputs(tmp_path, registers, BASELINE, rate_denominator_excludes_social_protection=True)
    build_warehouse(tmp_path / "w.duckdb", inputs)
    found = explain(tmp_path / "w.duckdb", "poor_rate", "96", BASELINE, "excluding_social_protection")
    assert found["parts"][1]["of"] == "households (all) - poor_households (social_protection)"
    assert found["denominator"] == 101 * 1000 - 3


def test_a_rate_over_nobody_has_no_value(story: Path) -> None:
    found = explain(story, "poor_rate", PHUONG_9, DECEMBER, "rural")
    assert (found["value"], found["numerator"], found["denominator"]) == (None, 0, 0)


def test_the_province_says_who_is_missing(story: Path) -> None:
    found = explain(story, "poor_households", "96", JUNE)
    assert found["provisional"]
    assert (found["districts_missing"], found["districts_reported"]) == ("Huyện Ngọc Hiển", 8)


def test_deprivations_are_those_of_the_poor_unless_said_otherwise(story: Path) -> None:
    assert explain(story, "deprived_rate:water", CITY, BASELINE)["population"] == "poor"
    assert explain(story, "deprived_households:water", CITY, BASELINE, "near_poor")["value"] == 4


@pytest.mark.parametrize(
    ("indicator", "unit_code", "period", "population", "reason"),
    [
        ("poor_rates", "96", BASELINE, None, "Không có chỉ tiêu poor_rates"),
        ("poor_rate", "96", BASELINE, "merit", "không có nhóm merit"),
        ("poor_rate", "95", BASELINE, None, "Không có đơn vị 95"),
        ("poor_rate", "96", "2021-06", None, "2019-12 đến 2020-12"),
        ("poor_rate", NGOC_HIEN, JUNE, None, "chưa có số liệu kỳ 2020-06: thiếu Huyện Ngọc Hiển"),
    ],
)
def test_what_there_is_not_is_said(
    story: Path, indicator: str, unit_code: str, period: str, population: str | None, reason: str
) -> None:
    with pytest.raises(NoSuchNumber, match=reason):
        explain(story, indicator, unit_code, period, population)


class TestCommand:
    @pytest.fixture
    def run(self, story: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
        root = tmp_path / "data"
        (root / "warehouse").mkdir(parents=True)
        (root / "warehouse" / "current").symlink_to(story.parent, target_is_directory=True)
        monkeypatch.setattr(cli, "_settings", lambda: Settings(data=root))
        return lambda *words: CliRunner().invoke(cli.app, ["explain", *words])

    def test_json_is_the_explanation(self, run: Any, story: Path) -> None:
        done = run("poor_rate", "--unit", DAM_DOI, "--period", DECEMBER, "--json")
        assert done.exit_code == 0, done.output
        found = json.loads(done.stdout)
        expected = explain(story, "poor_rate", DAM_DOI, DECEMBER)
        assert found["parts"] == expected["parts"]
        assert found["value"] == expected["value"]

    def test_the_table_walks_down_and_says_where_it_is_cut(self, run: Any) -> None:
        done = run("poor_rate", "--unit", DAM_DOI, "--period", DECEMBER, "--rows", "3")
        assert done.exit_code == 0, done.output
        for text in (
            "poor_rate (all) — Huyện Đầm Dơi, 12/2020",
            "= 1,22 % = 100 × 195 / 16.000",
            "Tử số: poor_households (all) = 195",
            "Mẫu số: households (all) = 16.000",
            "970_2020-12.xlsx",
            "3 trong số 195 dòng gốc",
        ):
            assert text in done.stdout

    def test_a_provisional_number_says_so(self, run: Any) -> None:
        done = run("poor_households", "--unit", "96", "--period", JUNE, "--rows", "0")
        assert "TẠM TÍNH: 8/9 huyện, còn thiếu Huyện Ngọc Hiển" in done.stdout
        assert "Tổng: poor_households (all)" in done.stdout

    def test_a_wrong_name_is_wrong_usage(self, run: Any) -> None:
        done = run("poor_rates", "--unit", "96", "--period", DECEMBER)
        assert isinstance(done.exception, NoSuchNumber)
        assert done.exception.exit_code == WRONG_USAGE
