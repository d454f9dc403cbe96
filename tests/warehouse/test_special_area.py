"""core.special_area and mart.special_area: which communes are on which list, when, and how they fare."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from warehouse_data import BASELINE, Query, Register, write_inputs

from plan.reference import districts
from tasks.build import build_warehouse

KHANH_TIEN, VIEN_AN_DONG, KHANH_HUNG = "32050", "32239", "32113"
U_MINH, TRAN_VAN_THOI, DAM_DOI = "966", "968", "970"
LAST = "2021-01"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One poor household in every commune; in February Trần Văn Thời is held; the lists end with 2020."""
    folder = tmp_path_factory.mktemp("special")
    registers = []
    for period in (BASELINE, "2020-02", LAST):
        for district in districts(period):
            register = Register(district.code, period)
            for place in range(len(register.commune_codes)):
                register.add(commune=place, persons=3)
            if (period, district.code) != ("2020-02", TRAN_VAN_THOI):
                registers.append(register)
    inputs = write_inputs(folder, registers, LAST, states={("2020-02", TRAN_VAN_THOI): "held"})
    build_warehouse(folder / "w.duckdb", inputs)
    return folder / "w.duckdb"


@pytest.fixture
def ask(built: Path) -> Iterator[Query]:
    with duckdb.connect(str(built), read_only=True) as connection:
        yield lambda sql, *values: connection.execute(sql, list(values)).fetchall()


def test_what_is_known_of_each_list(ask: Query) -> None:
    sql = "select programme, areas_listed, areas_known from core.special_programme order by 1"
    assert ask(sql) == [
        ("coastal_131", 11, 1),
        ("coastal_539", None, 3),
        ("hamlets_582", 67, 0),
        ("programme_135", 8, 8),
    ]


def test_a_commune_that_left_a_list_is_not_counted_in_it(ask: Query) -> None:
    sql = "select status, is_listed from core.special_area where programme = 'coastal_131' and unit_code = ?"
    assert ask(sql, VIEN_AN_DONG) == [("not_listed", False)]
    assert ask(sql, KHANH_TIEN) == [("listed", True)]
    counted = "select distinct unit_code from mart.special_area where programme = 'coastal_131' and level = 'commune'"
    assert ask(counted) == [(KHANH_TIEN,)]


def test_the_communes_of_programme_135_by_province_district_and_commune(ask: Query) -> None:
    sql = (
        "select unit_code, value, areas_reported, areas_known, areas_listed, is_whole_list from mart.special_area"
        " where period = '2019-12-31' and programme = 'programme_135' and indicator = 'poor_persons'"
        " and population = 'all' and level <> 'commune' order by unit_code"
    )
    assert ask(sql) == [
        ("96", 24, 8, 8, 8, True),
        (U_MINH, 12, 4, 4, None, None),
        (TRAN_VAN_THOI, 3, 1, 1, None, None),
        (DAM_DOI, 9, 3, 3, None, None),
    ]


def test_rates_are_over_the_listed_communes_only(ask: Query) -> None:
    sql = (
        "select numerator, denominator, value from mart.special_area where period = '2019-12-31' and unit_code = '96'"
        " and programme = 'programme_135' and indicator = 'poor_rate' and population = ?"
    )
    assert ask(sql, "all") == [(8, 8000, 0.1)]
    assert ask(sql, "urban") == [(0, 0, None)]


def test_the_coastal_figure_says_that_one_of_eleven_communes_is_known(ask: Query) -> None:
    sql = (
        "select distinct areas_known, areas_listed, is_whole_list from mart.special_area"
        " where programme = 'coastal_131' and level = 'province'"
    )
    assert ask(sql) == [(1, 11, False)]


def test_a_list_counts_between_its_days_only(ask: Query) -> None:
    sql = "select distinct programme, max(period)::varchar, min(period)::varchar from mart.special_area group by 1"
    assert sorted(ask(sql)) == [
        ("coastal_131", "2020-02-29", "2019-12-31"),
        ("programme_135", "2020-02-29", "2019-12-31"),
    ]


def test_a_held_district_is_named_and_left_out(ask: Query) -> None:
    sql = (
        "select value, areas_reported, areas_known, districts_reported, districts_expected, provisional,"
        " districts_missing, districts_held from mart.special_area where period = '2020-02-29' and unit_code = '96'"
        " and programme = 'programme_135' and indicator = 'poor_households' and population = 'all'"
    )
    name = "Huyện Trần Văn Thời"
    assert ask(sql) == [(7, 7, 8, 2, 3, True, name, name)]
    silent = "select count(*) from mart.special_area where period = '2020-02-29' and unit_code = ?"
    assert ask(silent, KHANH_HUNG) == [(0,)]


def test_every_commune_of_2020_has_its_successors(ask: Query) -> None:
    assert ask("select count(distinct unit_code) from core.unit_successor") == [(101,)]
    unknown = "select unit_code from core.unit_successor anti join core.unit using (unit_code, unit_name)"
    assert ask(unknown) == []
    sql = "select successor_name, is_code_reused from core.unit_successor where unit_code = '32002'"
    assert ask(sql) == [("Phường An Xuyên", True)]
    assert ask("select count(distinct unit_code) from core.unit_successor where is_code_reused") == [(24,)]
