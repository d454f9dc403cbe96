"""core.special_area and mart.special_area: which communes are on which list, when, and how they fare."""

import csv
import datetime as dt
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from warehouse_data import BASELINE, DECEMBER, Query, Register, write_inputs

from plan.reference import districts, period_end, periods_between, table
from tasks import build
from tasks.audit import run_audits
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
        ("coastal_131", 11, 0),
        ("coastal_539", None, 3),
        ("hamlets_582", 67, 0),
        ("programme_135", 8, 8),
    ]


def test_a_commune_that_left_a_list_is_not_counted_in_it(ask: Query) -> None:
    """The plan invests in 10 of the 11 coastal communes: Khánh Tiến has left, and no day is given."""
    sql = "select status, is_listed, valid_to from core.special_area where programme = 'coastal_131' and unit_code = ?"
    assert ask(sql, VIEN_AN_DONG) == [("not_listed", False, dt.date(2020, 12, 31))]
    assert ask(sql, KHANH_TIEN) == [("left", False, None)]
    assert ask("select count(*) from mart.special_area where programme = 'coastal_131'") == [(0,)]


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


def test_a_list_counts_between_its_days_only(ask: Query) -> None:
    sql = "select distinct programme, max(period)::varchar, min(period)::varchar from mart.special_area group by 1"
    assert ask(sql) == [("programme_135", "2020-02-29", "2019-12-31")]


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


PROGRAMME = "programme_135"


def test_no_list_has_a_commune_that_has_left_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Communes of Programme 135 come and go on drawn days, one of them on a day that nobody says."""
    rows = [dict(row) for row in table("special_areas")]
    drawn = random.Random(1)
    mine = [row for row in rows if row["programme"] == PROGRAMME]
    end = dt.date(2020, 12, 31)
    for row in mine[1:]:
        days = sorted(dt.date(2019, 12, 1) + dt.timedelta(days=drawn.randrange(396)) for _ in range(2))
        row["valid_from"] = str(days[0])
        row["valid_to"] = str(min(days[1], end))
        row["active"] = ""
    mine[0]["active"] = "no"
    monkeypatch.setattr(build, "PLAN_DATA", shutil.copytree(build.PLAN_DATA, tmp_path / "plan"))
    with open(tmp_path / "plan" / "special_areas.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)

    months = periods_between(BASELINE, DECEMBER)
    registers = [Register(code, month) for month in months for code in (U_MINH, TRAN_VAN_THOI, DAM_DOI)]
    build_warehouse(tmp_path / "w.duckdb", write_inputs(tmp_path, registers, DECEMBER))

    expected = {
        (period_end(month), row["unit_code"])
        for month in months
        for row in mine[1:]
        if row["valid_from"] <= str(period_end(month)) <= row["valid_to"]
    }
    with duckdb.connect(str(tmp_path / "w.duckdb"), read_only=True) as connection:
        found = connection.execute(
            "select distinct period, unit_code from mart.special_area where programme = ? and level = 'commune'",
            [PROGRAMME],
        ).fetchall()
        sizes = connection.execute(
            "select distinct period, areas_known, areas_listed, is_whole_list from mart.special_area"
            " where programme = ? and level = 'province'",
            [PROGRAMME],
        ).fetchall()
        assert run_audits(connection) == []
    assert set(found) == expected
    for period, known, listed, is_whole in sizes:
        gone = 1 + sum(row["valid_to"] < str(period) for row in mine[1:])
        assert (known, listed) == (sum(month == period for month, _ in expected), 8 - gone)
        assert is_whole == (known == listed)
