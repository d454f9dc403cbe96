"""The whole year as a user runs it: `giamngheo demo`, then the questions that the contract's section 7 asks.

One data root serves all tests of this file, in their order; what changes it comes last.
"""

import json
import shutil
from collections.abc import Callable, Iterator
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import docx
import duckdb
import polars as pl
import pytest
from openpyxl import load_workbook  # type: ignore[import-untyped]
from sample_year import run

from forms.dictionary import sheets
from ledger.events import Event, Ledger
from plan.reference import districts, periods_between, table
from sample.year import generate_year

REPORTS = ("report.xlsx", "report.docx", "report.html")
BASELINE, YEAR_END = "2019-12-31", "2020-12-31"
Ask = Callable[[str], list[tuple[Any, ...]]]


@pytest.fixture(scope="module")
def root(sample_year: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shutil.copytree(sample_year, tmp_path_factory.mktemp("year") / "data", symlinks=True)


@pytest.fixture(scope="module")
def ask(root: Path) -> Iterator[Ask]:
    release = (root / "warehouse" / "current" / "warehouse.duckdb").resolve()
    with duckdb.connect(str(release), read_only=True) as connection:
        yield lambda query: connection.execute(query).fetchall()


def printed(value: Any, decimals: int) -> Decimal:
    """A number rounded half up, as the plan prints it."""
    return Decimal(str(value)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


def indicator(ask: Ask, period: str, name: str, population: str = "all", unit: str = "96") -> float:
    [(value,)] = ask(
        f"select value from mart.indicator where period = '{period}' and unit_code = '{unit}' "
        f"and indicator = '{name}' and population = '{population}'"
    )
    return float(value)


# Metric of plan/data/baseline_2019.csv → (indicator, population) of the warehouse.
BASELINE_FIGURES = {
    "poor_households": ("poor_households", "all"),
    "poor_rate_incl_btxh": ("poor_rate", "all"),
    "poor_rate_excl_btxh": ("poor_rate", "excluding_social_protection"),
    "poor_households_khmer": ("poor_households", "khmer"),
    "poor_rate_khmer": ("poor_rate", "khmer"),
    "near_poor_households": ("near_poor_households", "all"),
    "near_poor_rate_incl_btxh": ("near_poor_rate", "all"),
    "near_poor_rate_excl_btxh": ("near_poor_rate", "excluding_social_protection"),
    "near_poor_households_khmer": ("near_poor_households", "khmer"),
    "near_poor_rate_khmer": ("near_poor_rate", "khmer"),
    "poor_households_btxh": ("poor_households", "social_protection"),
    "poor_households_nguoi_co_cong": ("poor_households", "merit"),
    "poor_households_income_poor": ("poor_households", "income_poor"),
    "poor_persons_income_poor": ("poor_persons", "income_poor"),
    "poor_households_services_deprived": ("poor_households", "services_deprived"),
    "poor_persons_services_deprived": ("poor_persons", "services_deprived"),
    "services_deprived_households_lacking_bhyt": ("poor_households", "services_deprived_no_insurance"),
    "services_deprived_persons_lacking_bhyt": ("poor_persons", "services_deprived_no_insurance"),
}


@pytest.mark.parametrize("metric", BASELINE_FIGURES)
def test_the_baseline_is_what_the_plan_prints(ask: Ask, metric: str) -> None:
    [row] = [row for row in table("baseline_2019") if row["metric"] == metric]
    decimals = 2 if row["unit"] == "pct" else 0

    assert printed(indicator(ask, BASELINE, *BASELINE_FIGURES[metric]), decimals) == Decimal(row["value"])


@pytest.mark.parametrize("row", table("deprivation_baseline_2019"), ids=lambda row: row["key"])
def test_the_ten_deprivations_are_what_the_plan_prints(ask: Ask, row: dict[str, str]) -> None:
    households = indicator(ask, BASELINE, f"deprived_households:{row['key']}", "poor")
    rate = indicator(ask, BASELINE, f"deprived_rate:{row['key']}", "poor")

    assert households == int(row["poor_households_deprived"])
    assert printed(rate, 2) == Decimal(row["pct_of_poor_households"])


@pytest.mark.parametrize("row", table("targets_2020"), ids=lambda row: row["unit_code"])
def test_every_district_starts_where_the_plan_says(ask: Ask, row: dict[str, str]) -> None:
    unit = row["unit_code"]
    excluding = "excluding_social_protection"

    assert indicator(ask, BASELINE, "poor_households", unit=unit) == int(row["poor_households_total_incl_btxh"])
    assert indicator(ask, BASELINE, "near_poor_households", unit=unit) == int(
        row["near_poor_households_total_incl_btxh"]
    )
    assert printed(indicator(ask, BASELINE, "poor_rate", excluding, unit), 2) == Decimal(row["poor_rate_excl_btxh_pct"])
    assert printed(indicator(ask, BASELINE, "near_poor_rate", excluding, unit), 2) == Decimal(
        row["near_poor_rate_excl_btxh_pct"]
    )


def test_the_sample_has_the_calibrated_district_totals(ask: Ask) -> None:
    for row in table("sample_margins_2019"):
        unit = row["unit_code"]
        assert indicator(ask, BASELINE, "households", unit=unit) == int(row["households"])
        assert indicator(ask, BASELINE, "near_poor_households", "social_protection", unit) == int(
            row["near_poor_social_protection_households"]
        )


def test_december_2020_is_as_reported(ask: Ask) -> None:
    reported = {row["metric"]: row["value"] for row in table("actuals_province") if row["as_of"] == "2020-12"}
    found = {
        "poor_households": indicator(ask, YEAR_END, "poor_households"),
        "poor_rate": indicator(ask, YEAR_END, "poor_rate"),
        "poor_households_income_poor": indicator(ask, YEAR_END, "poor_households", "income_poor"),
        "poor_persons_income_poor": indicator(ask, YEAR_END, "poor_persons", "income_poor"),
        "poor_households_services_deprived": indicator(ask, YEAR_END, "poor_households", "services_deprived"),
        "poor_persons_services_deprived": indicator(ask, YEAR_END, "poor_persons", "services_deprived"),
        "near_poor_households": indicator(ask, YEAR_END, "near_poor_households"),
        "near_poor_rate": indicator(ask, YEAR_END, "near_poor_rate"),
    }

    assert found.keys() == reported.keys()
    for metric, value in found.items():
        assert printed(value, 2 if metric.endswith("rate") else 0) == Decimal(reported[metric])


def test_the_poor_target_is_exceeded_and_the_near_poor_target_missed(ask: Ask) -> None:
    rows = ask(
        "select target, basis, baseline, target_value, actual, change, status from mart.target_vs_actual "
        f"where period = '{YEAR_END}' and unit_code = '96' and measure = 'households' "
        "and target in ('poor_reduction', 'near_poor_reduction')"
    )

    assert {(target, basis): status for target, basis, *_, status in rows} == {
        ("poor_reduction", "all"): "achieved",
        ("poor_reduction", "excluding_social_protection"): "achieved",
        ("near_poor_reduction", "all"): "missed",
        ("near_poor_reduction", "excluding_social_protection"): "missed",
    }
    by_basis = {(row[0], row[1]): row[2:6] for row in rows}
    assert by_basis["poor_reduction", "all"] == (7699, 1693, 5367, -2332)
    assert by_basis["near_poor_reduction", "all"] == (6295, 1078, 5546, -749)


def test_only_the_known_inconsistencies_of_the_plan_disagree(ask: Ask) -> None:
    rows = ask("select distinct inconsistency_id from mart.plan_check where not agrees")

    assert {one for (one,) in rows} == {"S1", "S2", "S3", "S4"}
    [(shown, computed)] = ask(
        "select printed, recomputed_rounded from mart.plan_check where inconsistency_id = 'S1' and not agrees"
    )
    assert (shown, computed) == (1.69, 1.66)


def test_a_number_traces_back_to_rows_of_the_senders_files(ask: Ask, root: Path) -> None:
    [(poor,)] = ask(
        f"select value from mart.indicator where period = '{YEAR_END}' and unit_code = '970' "
        "and indicator = 'poor_households' and population = 'all'"
    )
    rows = ask(
        "select l.submission_id, l.sheet, l.row from core.household_month h "
        "join meta.lineage l on l.household_id = h.household_id and l.period = h.period "
        f"where h.period = '{YEAR_END}' and h.district_code = '970' and h.class in ('N1', 'N2')"
    )

    assert len(rows) == poor
    [(submission, _)] = {(row[0], row[1]) for row in rows}
    assert (root / "raw" / submission).is_file()


def test_no_name_or_id_number_is_in_the_warehouse_the_findings_or_the_ledger(root: Path, ask: Ask) -> None:
    month = generate_year(2020, "2019-12", "2019-12")["2019-12", "970"]
    secrets = {str(row["head_name"]) for row in month.household}
    secrets |= {str(row["head_id_number"]) for row in month.household if row["head_id_number"]}
    personal = {field.key for sheet in sheets().values() for field in sheet.fields if field.personal}
    columns = ask(
        "select table_name, column_name from duckdb_columns() where schema_name = 'core' "
        "and data_type = 'VARCHAR' and table_name like '%_month'"
    )

    assert not (personal | {"hamlet", "household_code"}) & {column for _, column in columns}
    for name, column in columns:
        assert not secrets & {value for (value,) in ask(f'select distinct "{column}" from core."{name}"')}
    for path in [*root.glob("warehouse/accepted/**/*.parquet"), *root.glob("judgements/**/*.parquet")]:
        for texts in pl.read_parquet(path).select(pl.col(pl.String)).iter_columns():
            assert not secrets & set(texts.unique()), path
    ledger = (root / "ledger.sqlite").read_bytes()
    assert not any(secret.encode() in ledger for secret in secrets)


def test_the_release_holds_the_forms_and_the_report_of_the_year(root: Path) -> None:
    release = root / "warehouse" / "current"
    sheet = load_workbook(release / "report.xlsx", read_only=True, data_only=True)["Biểu 1"]
    [province] = [row for row in sheet.iter_rows(max_row=15, values_only=True) if row[1] == "TOÀN TỈNH"]
    document = docx.Document(str(release / "report.docx"))
    text = "\n".join(paragraph.text for paragraph in document.paragraphs)

    assert (province[5], printed(province[6], 2), province[9], province[10]) == (5367, Decimal("1.75"), 4605, 762)
    assert "5.367 hộ nghèo với 21.023 khẩu, chiếm tỷ lệ 1,75%" in text
    assert "so với cuối năm 2019 (7.699 hộ, 2,52%) số hộ giảm 2.332 hộ" in text
    assert "Theo huyện, giảm tỷ lệ (điểm %, trừ BTXH): hộ nghèo 7/9 huyện đạt; hộ cận nghèo 1/9 huyện đạt." in text
    assert "DỮ LIỆU MẪU, KHÔNG PHẢI SỐ LIỆU THẬT" in text


def test_the_story_is_told_as_it_happened(root: Path) -> None:
    rows = json.loads(run(root, "status", "--json").stdout)
    states = [row["state"] for row in rows]

    assert set(rows[0]) >= {
        "period",
        "district_code",
        "state",
        "submission_id",
        "received_at",
        "due",
        "on_time",
        "findings",
    }
    assert (states.count("accepted"), states.count("rejected"), states.count("superseded")) == (117, 1, 1)
    assert {(row["period"], row["district_code"]) for row in rows if row["state"] == "accepted"} == {
        (period, unit.code) for period in periods_between("2019-12", "2020-12") for unit in districts(period)
    }
    assert 1 <= sum(row["on_time"] is False for row in rows if row["submission_id"]) <= 12
    # The months since have one object for each slot, too.
    assert {row["state"] for row in rows if row["period"] > "2020-12"} <= {"expected"}
    assert not any(row["needs_look"] for row in rows if row["state"] == "accepted" and row["district_code"] != "972")
    [held] = [row for row in rows if row["findings"]["warning"] and row["state"] == "accepted"]
    listed = json.loads(run(root, "findings", held["submission_id"][:12], "--json").stdout)
    assert [one["rule"] for one in listed] == ["X06"]
    assert set(listed[0]) >= {
        "submission_id",
        "rule",
        "severity",
        "sheet",
        "row",
        "column",
        "cell",
        "value",
        "expected",
        "message_vi",
        "message_en",
        "household_ref",
        "waived",
    }


def test_strict_says_by_the_exit_code_whether_every_slot_is_accepted(root: Path, tmp_path: Path) -> None:
    # A rejected file whose correction is accepted is no open matter.
    run(root, "status", "--period", "2020-03", "--strict")
    run(tmp_path / "empty", "status", "--strict", expect=3)


def test_sql_answers_one_query_and_a_shell_reads_statements(root: Path) -> None:
    query = "select count(*) as slots from core.slot where is_reported"

    assert json.loads(run(root, "sql", query, "--json").stdout) == [{"slots": 117}]
    assert run(root, "sql", query, "--csv").stdout == "slots\n117\n"
    run(root, "sql", "select * from nowhere", expect=2)
    run(root, "sql", "create table core.mine (a int)", expect=2)
    run(root, "sql", "copy (select 1) to 'out.csv'", expect=2)


def test_wrong_usage_is_said_in_one_sentence(root: Path) -> None:
    assert "huyện" in run(root, "template", "--district", "1", "--period", "2020-03", "--out", "x", expect=2).stderr
    assert "YYYY-MM" in run(root, "publish", "--as-of", "03/2020", expect=2).stderr
    run(root, "findings", "ffff", expect=2)
    run(root, "sample", "--out", str(root / "out"), "--faults", "Z99", expect=2)


def test_the_baseline_can_be_published_alone(root: Path) -> None:
    latest = (root / "warehouse" / "current").resolve()
    beside = json.loads(run(root, "publish", "--as-of", "2019-12", "--json").stdout)
    assert (beside["as_of"], (root / "warehouse" / "current").resolve()) == ("2019-12", latest)
    run(root, "publish", "--as-of", "2019-12", "--current")
    current = (root / "warehouse" / "current").resolve()
    with duckdb.connect(str(current / "warehouse.duckdb"), read_only=True) as connection:
        periods = connection.execute("select distinct period::varchar from mart.indicator").fetchall()
        [(poor, change, status)] = connection.execute(
            "select actual, change, status from mart.target_vs_actual where unit_code = '96' "
            "and target = 'poor_reduction' and measure = 'households' and basis = 'all'"
        ).fetchall()

    assert (periods, poor, change, status) == ([(BASELINE,)], 7699, 0, "in_progress")
    assert [row["current"] for row in json.loads(run(root, "releases", "--json").stdout)].count(True) == 1
    run(root, "rollback", latest.name, "--by", "Người kiểm tra", "--reason", "trở lại bản cả năm")
    assert (root / "warehouse" / "current").resolve() == latest


def test_the_story_told_again_changes_nothing_and_brings_a_deleted_warehouse_back(root: Path) -> None:
    """Every file is known already, and its tables, the release and its reports are made again from raw/."""
    release = (root / "warehouse" / "current" / "warehouse.duckdb").resolve()
    before, ledger = _content(release), _events(root)
    reports = [(release.parent / report).read_bytes() for report in REPORTS]
    name = release.parent.name
    for path in (root / "warehouse").rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    shutil.rmtree(root / "warehouse")
    done = run(root, "demo")
    again = (root / "warehouse" / "current" / "warehouse.duckdb").resolve()

    assert "117 chấp nhận" in done.stdout
    assert all(report in done.stdout for report in REPORTS)
    assert _events(root) == ledger
    assert again.parent.name == name
    assert _content(again) == before
    assert [(again.parent / report).read_bytes() for report in REPORTS] == reports


def _events(root: Path) -> list[Event]:
    ledger = Ledger(f"sqlite:///{root / 'ledger.sqlite'}", as_it_is=True)
    try:
        return ledger.events()
    finally:
        ledger.close()


def _content(warehouse: Path) -> dict[str, tuple[Any, ...]]:
    """How many rows every table has, and a hash of them in their stored order."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        tables = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() "
            "where database_name = current_database() order by all"
        ).fetchall()
        found = {}
        for (name,) in tables:
            row = connection.execute(f"select count(*), bit_xor(hash(t, t.rowid)) from {name} as t").fetchone()
            assert row is not None
            found[name] = row
        return found


def test_the_story_is_not_told_among_real_files(root: Path, tmp_path: Path) -> None:
    real = tmp_path / "real"
    (real / "inbox").mkdir(parents=True)
    kept = next((root / "raw").iterdir())
    shutil.copy(kept, real / "inbox" / "tháng 12.xlsx")
    done = run(real, "demo", expect=2)

    assert "dữ liệu thật" in done.stderr
    run(real, "ingest")
    run(real, "demo", expect=2)
