"""mart.restatement against the difference between the warehouse that was published and the one that is built now."""

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from restated_numbers import KEYS, differing, listed
from warehouse_data import BASELINE, CITY, DAM_DOI, NGOC_HIEN, THOI_BINH, Query, Register, province, write_inputs

from plan.reference import period_end
from tasks.audit import run_audits
from tasks.build import RESTATED, RESTATED_MONTH, build_warehouse

JANUARY = "2020-01"
PUBLISHED_AT = dt.datetime(2020, 2, 12, 3, tzinfo=dt.UTC)
DECIDED_AT = dt.datetime(2020, 3, 2, 3, tzinfo=dt.UTC)
RELEASE = "2020-01-aaaaaaaaaaaa"


def then_registers() -> dict[str, Register]:
    """January as it was published: Ngọc Hiển had not come."""
    found = {register.district_code: register for register in province(JANUARY)}
    found[DAM_DOI].policies = {"bhyt": (100, 50)}
    del found[NGOC_HIEN]
    return found


def now_registers() -> dict[str, Register]:
    """Đầm Dơi corrected, Ngọc Hiển come late, the city withdrawn."""
    found = {register.district_code: register for register in province(JANUARY)}
    corrected = Register(DAM_DOI, JANUARY, version="corrected", policies={"bhyt": (100, 80)})
    corrected.add(7, persons=5, deprived=("water",))
    # This commune of Đầm Dơi is on the list of Programme 135.
    corrected.add(1, commune=11, ethnicity="Khmer", social_protection=True)
    corrected.add(1, class_previous="N1", movement="N_KN", class_="KN")
    corrected.add(5, class_="CN")
    found[DAM_DOI] = corrected
    del found[CITY]
    return found


def restated(then: dict[str, Register], now: dict[str, Register], period: str = JANUARY) -> pl.DataFrame:
    rows: list[dict[str, Any]] = []
    for number, district_code in enumerate(sorted({*then, *now}), start=41):
        before, after = (one[district_code].submission_id if district_code in one else None for one in (then, now))
        if before != after:
            cause = "late_report" if before is None else "withdrawal" if after is None else "correction"
            rows.append(
                {
                    "release_id": RELEASE,
                    "published_at": PUBLISHED_AT,
                    "period": period_end(period),
                    "district_code": district_code,
                    "published_submission_id": before,
                    "submission_id": after,
                    "cause": cause,
                    "decision": "withdrawn" if after is None else "accepted",
                    "event_id": number,
                    "decided_at": DECIDED_AT,
                    "decided_by": "Người thẩm định",
                    "reason": {CITY: "nhầm kỳ", DAM_DOI: "rà soát lại"}.get(district_code),
                    "is_same_method": True,
                }
            )
    return pl.DataFrame(rows, schema=RESTATED, orient="row")


@pytest.fixture(scope="module")
def warehouses(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """What was published, and what is built now from the same folder of accepted tables."""
    folder = tmp_path_factory.mktemp("restated")
    then, now = then_registers(), now_registers()
    published = write_inputs(folder, [*province(BASELINE), *then.values()], JANUARY)
    build_warehouse(folder / "then.duckdb", published)
    inputs = write_inputs(folder, [*province(BASELINE), *now.values()], JANUARY, restated=restated(then, now))
    build_warehouse(folder / "now.duckdb", inputs)
    return folder / "then.duckdb", folder / "now.duckdb"


@pytest.fixture
def ask(warehouses: tuple[Path, Path]) -> Iterator[Query]:
    with duckdb.connect(str(warehouses[1]), read_only=True) as connection:
        yield lambda sql, *values: connection.execute(sql, list(values)).fetchall()


def test_every_published_number_that_is_another_now_is_listed_and_no_other(
    ask: Query, warehouses: tuple[Path, Path]
) -> None:
    expected = differing(*warehouses)
    assert {mart for mart, *_ in expected} == {f"mart.{mart}" for mart in KEYS} - {"mart.plan_check"}
    assert listed(warehouses[1]) == expected
    levels = ask("select level, count(*) > 0 from mart.restatement group by level order by 1")
    assert levels == [("commune", True), ("district", True), ("province", True)]


def corrected_cells(register: Register) -> None:
    """One flag of one household, and one figure of a policy."""
    register.households[0] |= {"water": True, "b2_points": 10}
    register.policies = {"bhyt": (100, 51)}


def corrected_count(register: Register) -> None:
    """Residents of one commune."""
    register.residents[register.commune_codes[0]] = 990


@pytest.mark.parametrize(
    ("period", "change", "marts"),
    [
        (JANUARY, corrected_cells, "coverage indicator multidimensional_poverty target_vs_actual"),
        # The plan's numbers are held against the baseline, and targets of later months start from it.
        (BASELINE, corrected_count, "indicator plan_check target_vs_actual"),
    ],
)
def test_one_corrected_cell_is_followed_into_every_mart(
    tmp_path: Path, warehouses: tuple[Path, Path], period: str, change: Callable[[Register], None], marts: str
) -> None:
    then = {BASELINE: {one.district_code: one for one in province(BASELINE)}, JANUARY: then_registers()}
    corrected = Register(DAM_DOI, period, version="corrected")
    corrected.add(10)
    corrected.add(5, class_="CN")
    change(corrected)
    now = then[period] | {DAM_DOI: corrected}
    of_baseline = RELEASE if period == BASELINE else None
    months = [
        {"release_id": RELEASE, "published_at": PUBLISHED_AT, "period": period_end(month), "is_same_method": True}
        | {"month_of": RELEASE if month == period else None, "baseline_of": of_baseline}
        for month in (BASELINE, JANUARY)
        if of_baseline or month == period
    ]
    registers = [*(then | {period: now})[BASELINE].values(), *(then | {period: now})[JANUARY].values()]
    write_inputs(tmp_path, [*then[period].values()], JANUARY)
    inputs = write_inputs(
        tmp_path,
        registers,
        JANUARY,
        restated=restated(then[period], now, period),
        restated_months=pl.DataFrame(months, schema=RESTATED_MONTH),
    )
    build_warehouse(tmp_path / "now.duckdb", inputs)
    expected = differing(warehouses[0], tmp_path / "now.duckdb")
    assert {mart for mart, *_ in expected} == {f"mart.{mart}" for mart in marts.split()}
    assert listed(tmp_path / "now.duckdb") == expected
    assert run_audits(tmp_path / "now.duckdb") == []


def test_a_corrected_number_says_which_file_and_which_decision(ask: Query) -> None:
    then, now = then_registers()[DAM_DOI], now_registers()[DAM_DOI]
    sql = (
        "select as_published, as_known_now, change, published_in, cause, replaced, caused_by, kind, decision,"
        " event_ids, decided_at, decided_by, reason, is_same_method from mart.restatement"
        " where unit_code = ? and indicator = ? and population = ?"
    )
    why = (RELEASE, "correction", then.submission_id, now.submission_id, "Tháng", "accepted", "46", DECIDED_AT)
    why = (*why, "Người thẩm định", "rà soát lại", True)
    assert ask(sql, DAM_DOI, "poor_households", "all") == [(10, 8, -2, *why)]
    assert ask(sql, DAM_DOI, "poor_households:decrease_2", "all") == [(0, 1, 1, *why)]
    assert ask(sql, DAM_DOI, "policy_coverage:bhyt", "eligible") == [(50, 80, 30, *why)]


def test_the_provinces_row_names_all_that_changed_it(ask: Query) -> None:
    sql = (
        "select as_published, as_known_now, cause, districts_published, districts_reported, provisional,"
        " districts_missing, reason from mart.restatement where unit_code = '96' and indicator = 'poor_households'"
        " and population = 'all'"
    )
    # Published: 8 districts of 10. Now: 7 of 10 and 8 of Đầm Dơi; the city's ten are withdrawn.
    causes = "correction, late_report, withdrawal"
    assert ask(sql) == [(80, 78, causes, 8, 8, True, "Thành phố Cà Mau", "nhầm kỳ; rà soát lại")]


def test_a_district_that_was_not_published_is_not_restated(ask: Query) -> None:
    assert ask("select count(*) from mart.restatement where unit_code = ?", NGOC_HIEN) == [(0,)]
    assert ask("select count(*) from mart.restatement where unit_code = ?", THOI_BINH) == [(0,)]


def test_a_withdrawn_number_is_no_longer_known(ask: Query) -> None:
    sql = (
        "select as_published, as_known_now, change, cause, caused_by, decision, reason from mart.restatement"
        " where unit_code = ? and indicator = 'poor_households' and population = 'merit'"
    )
    assert ask(sql, CITY) == [(0, None, None, "withdrawal", None, "withdrawn", "nhầm kỳ")]


def test_the_slots_behind_it_stand_in_meta(ask: Query) -> None:
    sql = "select district_code, cause, reason from meta.restated_slot order by district_code"
    assert ask(sql) == [
        (CITY, "withdrawal", "nhầm kỳ"),
        (DAM_DOI, "correction", "rà soát lại"),
        (NGOC_HIEN, "late_report", None),
    ]


def test_a_restated_warehouse_passes_the_audits(warehouses: tuple[Path, Path]) -> None:
    assert run_audits(warehouses[1]) == []
