"""tasks.build: what is loaded, what is described, and that equal inputs make equal content."""

import dataclasses
from pathlib import Path

import duckdb
import polars as pl
import pytest
from warehouse_data import BASELINE, Query, Register, province, submission_row, write_inputs

from errors import DamagedFile
from forms.dictionary import sheets
from tasks import dictionary
from tasks.build import FINDING, SUBMISSION, BuildError, BuildInputs, build_warehouse, input_hash


def content(warehouse: Path) -> dict[str, str]:
    """A hash over the rows of every table, in the order in which they are stored."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        tables = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() order by 1"
        ).fetchall()
        hashes = {}
        for (table,) in tables:
            sql = f"select md5(string_agg(stored::varchar, '\n' order by rowid)) from {table} as stored"
            (hashes[table],) = connection.execute(sql).fetchone() or (None,)
        return hashes


def test_equal_inputs_in_any_order_make_equal_content(tmp_path: Path, small_inputs: BuildInputs) -> None:
    shuffled = dataclasses.replace(
        small_inputs,
        submissions=small_inputs.submissions.reverse(),
        slots=small_inputs.slots.sample(fraction=1, shuffle=True, seed=3),
    )
    build_warehouse(tmp_path / "a.duckdb", small_inputs)
    build_warehouse(tmp_path / "b.duckdb", shuffled)
    assert input_hash(small_inputs) == input_hash(shuffled)
    assert content(tmp_path / "a.duckdb") == content(tmp_path / "b.duckdb")


def test_a_province_without_any_workbook_builds(tmp_path: Path) -> None:
    inputs = write_inputs(tmp_path, [], BASELINE)
    build_warehouse(tmp_path / "w.duckdb", inputs)
    with duckdb.connect(str(tmp_path / "w.duckdb"), read_only=True) as connection:
        assert connection.execute("select count(*) from mart.indicator").fetchone() == (0,)
        statuses = connection.execute("select distinct status from mart.target_vs_actual").fetchall()
        assert statuses == [("no_data",)]


def test_only_accepted_submissions_up_to_as_of_are_loaded(tmp_path: Path) -> None:
    superseded = Register("964", BASELINE, version="older")
    superseded.add(99)
    registers = [superseded, *province(BASELINE), *province("2020-01")]
    inputs = write_inputs(tmp_path, registers, BASELINE)
    build_warehouse(tmp_path / "w.duckdb", inputs)
    with duckdb.connect(str(tmp_path / "w.duckdb"), read_only=True) as connection:
        assert connection.execute("select count(*), max(period)::varchar from core.household_month").fetchone() == (
            9 * 15,
            "2019-12-31",
        )
        # Known up to as_of: the nine accepted and the superseded, not those of January.
        assert connection.execute("select count(*) from meta.submission").fetchone() == (10,)


def test_an_existing_file_or_a_stray_wal_is_never_written_to(tmp_path: Path, small_inputs: BuildInputs) -> None:
    target = tmp_path / "w.duckdb"
    target.with_name("w.duckdb.wal").write_bytes(b"stray")
    with pytest.raises(FileExistsError):
        build_warehouse(target, small_inputs)


def test_a_missing_accepted_table_is_named(tmp_path: Path, small_inputs: BuildInputs) -> None:
    lost = next(small_inputs.accepted.glob("*/policy.parquet"))
    lost.unlink()
    with pytest.raises(DamagedFile, match=r"policy\.parquet"):
        build_warehouse(tmp_path / "w.duckdb", small_inputs)


def test_columns_without_any_value_may_come_untyped(tmp_path: Path, small_inputs: BuildInputs) -> None:
    untyped = small_inputs.submissions.with_columns(decided_by=pl.lit(None), reason=pl.lit(None))
    build_warehouse(tmp_path / "w.duckdb", dataclasses.replace(small_inputs, submissions=untyped))


def test_the_dictionary_and_the_tables_must_agree(small_inputs: BuildInputs, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = dict(dictionary.dictionary())
    entries["mart.indicator", "lost"] = entries.pop(("mart.indicator", "value"))
    entries["mart.movement", "opening"] = dataclasses.replace(entries["mart.movement", "opening"], type="VARCHAR")
    monkeypatch.setattr(dictionary, "dictionary", lambda: entries)
    with pytest.raises(BuildError) as error:
        build_warehouse(small_inputs.accepted.parent / "w.duckdb", small_inputs)
    assert "mart.indicator.value has no entry" in str(error.value)
    assert "entry mart.indicator.lost has no column" in str(error.value)
    assert "mart.movement.opening is BIGINT, the entry says VARCHAR" in str(error.value)


def test_every_table_and_column_carries_its_comment(query: Query) -> None:
    sql = "select comment from duckdb_columns() where table_name = 'household_month' and column_name = 'housing_area'"
    ((comment,),) = query(sql)
    field = sheets()["household"].field("housing_area")
    assert field.label_en in comment
    assert field.label_vi in comment
    described = query("select count(*) from meta.dictionary where column_name <> ''")
    assert described == query("select count(*) from duckdb_columns() where not internal")


def test_no_personal_field_reaches_the_warehouse(query: Query) -> None:
    columns = {name for (name,) in query("select column_name from duckdb_columns() where schema_name = 'core'")}
    personal = {field.key for sheet in sheets().values() for field in sheet.fields if field.personal} - {"note"}
    assert not columns & (personal | {"hamlet", "household_code", "id_number_hash"})


def test_personal_values_are_masked_in_findings(tmp_path: Path) -> None:
    register = Register("964", BASELINE)
    rows = [
        {
            "submission_id": register.submission_id,
            "rule": "H16",
            "severity": "warning",
            "sheet": "Hộ",
            "row": 7,
            "column": "head_birth_year",
            "cell": "G7",
            "value": "1850",
            "expected": "1900–2004",
            "message_vi": "Năm sinh 1850 bất thường",
            "message_en": "Year of birth 1850",
            "household_ref": "31999/Khóm 1/0001",
            "household_id": "c0ffee",
            "waived": False,
        },
        {
            "submission_id": register.submission_id,
            "rule": "H07",
            "severity": "warning",
            "sheet": "Hộ",
            "row": 8,
            "column": "Số nhân khẩu",
            "cell": "K8",
            "value": "18",
            "expected": "",
            "message_vi": "Số nhân khẩu 18 lớn bất thường",
            "message_en": "",
            "household_ref": None,
            "household_id": None,
            "waived": False,
        },
    ]
    rows.append({**rows[0], "rule": "H14", "column": "I", "value": "12345", "message_vi": "Số 12345 không đúng"})
    path = tmp_path / "findings.parquet"
    pl.DataFrame(rows, schema=FINDING).write_parquet(path)
    inputs = write_inputs(tmp_path, [register], BASELINE, findings=[path])
    build_warehouse(tmp_path / "w.duckdb", inputs)
    with duckdb.connect(str(tmp_path / "w.duckdb"), read_only=True) as connection:
        sql = "select rule, value, expected, message_vi, message_en from meta.finding order by rule"
        assert connection.execute(sql).fetchall() == [
            ("H07", "18", "", "Số nhân khẩu 18 lớn bất thường", ""),
            ("H14", "•••", "1900–2004", "Số ••• không đúng", "Year of birth 1850"),
            ("H16", "•••", "1900–2004", "Năm sinh ••• bất thường", "Year of birth •••"),
        ]


def test_a_number_leads_back_to_its_file_sheet_and_row(query: Query) -> None:
    sql = (
        'select file_name, sheet, lineage."row" from meta.lineage as lineage'
        " join core.household_month using (period, household_id)"
        " where period = '2019-12-31' and core_table = 'core.household_month' and merit"
    )
    assert query(sql) == [("964_2019-12.xlsx", "Hộ", 7)]
    assert {sheet for (sheet,) in query("select distinct sheet from meta.lineage")} == {
        "Hộ", "Xã", "Diễn biến", "Chính sách"
    }  # fmt: skip


def test_btxh_households_may_leave_the_denominator(tmp_path: Path) -> None:
    register = Register("964", BASELINE)
    register.add(10)
    register.add(100, social_protection=True)
    inputs = write_inputs(tmp_path, [register], BASELINE, rate_denominator_excludes_social_protection=True)
    build_warehouse(tmp_path / "w.duckdb", inputs)
    with duckdb.connect(str(tmp_path / "w.duckdb"), read_only=True) as connection:
        sql = (
            "select population, numerator, denominator from mart.indicator"
            " where unit_code = '964' and indicator = 'poor_rate'"
        )
        found = {population: parts for population, *parts in connection.execute(sql).fetchall()}
    assert found["excluding_social_protection"] == [10, 17000 - 100]
    assert found["all"] == [110, 17000]


def test_a_unreadable_file_is_known_without_month_and_district(tmp_path: Path) -> None:
    register = Register("964", BASELINE)
    unknown = submission_row(
        register, submission_id="f" * 64, period=None, district_code=None, state="unreadable", due=None
    )
    submissions = pl.DataFrame([submission_row(register), unknown], schema=SUBMISSION)
    inputs = write_inputs(tmp_path, [register], BASELINE, submissions=submissions)
    build_warehouse(tmp_path / "w.duckdb", inputs)
    with duckdb.connect(str(tmp_path / "w.duckdb"), read_only=True) as connection:
        sql = "select period, district_name, state from mart.submission_status where submission_id = ?"
        assert connection.execute(sql, ["f" * 64]).fetchall() == [(None, None, "unreadable")]


def test_an_excused_slot_stays_due(tmp_path: Path) -> None:
    inputs = write_inputs(tmp_path, province(BASELINE)[1:], BASELINE)
    excused = pl.when(pl.col("district_code") == "964").then(pl.lit("excused")).otherwise(pl.col("state"))
    slots = inputs.slots.with_columns(state=excused)
    build_warehouse(tmp_path / "w.duckdb", dataclasses.replace(inputs, slots=slots))
    with duckdb.connect(str(tmp_path / "w.duckdb"), read_only=True) as connection:
        sql = "select state from mart.submission_status where district_code = '964'"
        assert connection.execute(sql).fetchall() == [("excused",)]
        province_row = (
            "select distinct districts_reported, districts_expected from mart.indicator where unit_code = '96'"
        )
        assert connection.execute(province_row).fetchall() == [(8, 9)]
