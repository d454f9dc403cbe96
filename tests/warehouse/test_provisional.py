"""A month with districts missing or held says which, beside every total; nothing is carried forward."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from warehouse_data import BASELINE, NGOC_HIEN, THOI_BINH, Query, province, write_inputs

from tasks.audit import run_audits
from tasks.build import build_warehouse

JANUARY, FEBRUARY = "2020-01", "2020-02"
MARTS = ("indicator", "movement", "coverage", "multidimensional_poverty", "target_vs_actual")


@pytest.fixture(scope="module")
def gaps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """January without Ngọc Hiển (nothing came) and Thới Bình (held); February without anybody but Ngọc Hiển."""
    folder = tmp_path_factory.mktemp("gaps")
    registers = [
        *province(BASELINE),
        *[one for one in province(JANUARY) if one.district_code not in (NGOC_HIEN, THOI_BINH)],
        *[one for one in province(FEBRUARY) if one.district_code == NGOC_HIEN],
    ]
    inputs = write_inputs(folder, registers, FEBRUARY, states={(JANUARY, THOI_BINH): "held"})
    build_warehouse(folder / "w.duckdb", inputs)
    return folder / "w.duckdb"


@pytest.fixture
def ask(gaps: Path) -> Iterator[Query]:
    with duckdb.connect(str(gaps), read_only=True) as connection:
        yield lambda sql, *values: connection.execute(sql, list(values)).fetchall()


@pytest.mark.parametrize("mart", MARTS)
def test_the_provinces_rows_name_the_missing_and_the_held_districts(ask: Query, mart: str) -> None:
    sql = (
        "select distinct period::varchar, districts_reported, districts_expected, provisional, districts_missing,"
        f" districts_held, round(completeness_pct, 2) from mart.{mart} where level = 'province' order by 1 limit 2"
    )
    assert ask(sql) == [
        ("2019-12-31", 9, 9, False, None, None, 100.0),
        ("2020-01-31", 7, 9, True, "Huyện Thới Bình, Huyện Ngọc Hiển", "Huyện Thới Bình", 77.78),
    ]


def test_a_missing_district_is_not_replaced_by_its_month_before(ask: Query) -> None:
    sql = (
        "select value from mart.indicator where unit_code = '96' and population = 'all'"
        " and indicator = 'poor_households' order by period"
    )
    assert ask(sql) == [(90,), (70,), (10,)]
    silent = "select count(*) from mart.indicator where period = '2020-01-31' and unit_code in (?, ?)"
    assert ask(silent, NGOC_HIEN, THOI_BINH) == [(0,)]


def test_a_target_says_which_districts_it_waits_for(ask: Query) -> None:
    sql = (
        "select actual, status, districts_missing, districts_held, note from mart.target_vs_actual"
        " where period = '2020-01-31' and unit_code = ? and target = 'poor_reduction' and measure = 'end_rate'"
    )
    actual, status, missing, held, note = ask(sql, "96")[0]
    assert (actual, status, missing, held) == (None, "no_data", "Huyện Thới Bình, Huyện Ngọc Hiển", "Huyện Thới Bình")
    assert "not reported: Huyện Thới Bình, Huyện Ngọc Hiển" in note
    assert ask(sql, THOI_BINH)[0][:4] == (None, "no_data", "Huyện Thới Bình", "Huyện Thới Bình")
    assert ask(sql, NGOC_HIEN)[0][:4] == (None, "no_data", "Huyện Ngọc Hiển", None)


def test_a_month_of_gaps_passes_the_audits(gaps: Path) -> None:
    assert run_audits(gaps) == []
