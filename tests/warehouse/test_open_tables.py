"""tasks.open_tables: frictionless accepts both packages, pysdmx reads the indicators back, names in two languages."""

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from pysdmx.io import get_datasets, read_sdmx
from warehouse_data import BASELINE, NAM_CAN, SUPPRESSION_KEY, U_MINH, province, write_inputs

from tasks.build import build_warehouse
from tasks.dictionary import dictionary
from tasks.models import MODELS
from tasks.open_tables import PUBLIC, REFERENCES, write_complete, write_public

# Tables of core with figures of communes or households: only in the complete package, and as Parquet only.
FACTS = {
    "core.commune_month",
    "core.household_month",
    "core.movement_month",
    "core.policy_month",
    "core.slot",
    "core.target",
    "core.unit_count",
    "core.unit_month",
    "core.unit_roll_up",
}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with warehouse.duckdb, tables/ and public/: a baseline of two districts of nine, U Minh and Năm Căn."""
    folder = tmp_path_factory.mktemp("open")
    registers = [register for register in province(BASELINE) if register.district_code in (U_MINH, NAM_CAN)]
    for register in registers:
        register.add(3, ethnicity="Khmer")
        register.add(12, commune=1)
    build_warehouse(folder / "warehouse.duckdb", write_inputs(folder, registers, BASELINE))
    write_complete(folder / "warehouse.duckdb", folder / "tables")
    write_public(folder / "warehouse.duckdb", folder / "public", SUPPRESSION_KEY)
    return folder


def package(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))


def frictionless(folder: Path) -> dict[str, Any]:
    command = [Path(sys.executable).with_name("frictionless"), "validate", "datapackage.json", "--json"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", ["tables", "public"])
def test_frictionless_accepts_the_package(written: Path, name: str) -> None:
    report = frictionless(written / name)
    assert report["valid"], [task["errors"][:3] for task in report["tasks"] if not task["valid"]]
    rows = {task["name"]: task["stats"].get("rows", 0) for task in report["tasks"]}
    assert len(rows) == len(list((written / name).glob("*.csv")))
    # The province, two districts and their communes.
    units = 1 + 2 + 8 + 8
    assert rows["mart-coverage"] == (units if name == "tables" else 3) * 14
    assert rows["mart-indicator"] == units * 102


def test_frictionless_finds_a_strange_unit_a_row_told_twice_and_a_word_for_a_number(
    written: Path, tmp_path: Path
) -> None:
    about = package(written / "public")
    needed = ("mart-coverage", "core-unit", "core-period", "core-policy")
    about["resources"] = [resource for resource in about["resources"] if resource["name"] in needed]
    for resource in about["resources"]:
        shutil.copy(written / "public" / resource["path"], tmp_path)
    (tmp_path / "datapackage.json").write_text(json.dumps(about), encoding="utf-8")
    coverage = tmp_path / "mart.coverage.csv"
    lines = coverage.read_text(encoding="utf-8").splitlines()
    strange = lines[2].replace(",96,", ",99999,")
    eligible = lines[0].split(",").index("eligible")
    words = lines[4].split(",")
    words[eligible] = "many"
    coverage.write_text("\n".join([*lines[:2], strange, lines[3], lines[3], ",".join(words)]) + "\n", encoding="utf-8")
    report = frictionless(tmp_path)
    [task] = [task for task in report["tasks"] if not task["valid"]]
    assert {error["type"] for error in task["errors"]} == {"foreign-key", "primary-key", "type-error"}


@pytest.mark.parametrize("name", ["tables", "public"])
def test_a_table_says_the_same_as_csv_and_as_parquet(written: Path, name: str) -> None:
    compared = 0
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        for path in sorted((written / name).glob("*.csv")):
            files = {"csv": str(path), "parquet": str(path.with_suffix(".parquet"))}
            described = connection.execute("describe from read_parquet(?)", [files["parquet"]]).fetchall()
            types = {column: type_ for column, type_, *_ in described}
            # An empty text and no value are one in CSV.
            told = {
                "csv": "select coalesce(columns(*)::varchar, '') from read_csv($csv, header = true, columns = $types)",
                "parquet": "select coalesce(columns(*)::varchar, '') from read_parquet($parquet)",
            }
            for one, other in (("csv", "parquet"), ("parquet", "csv")):
                query = f"select count(*) from ({told[one]} except all {told[other]})"
                assert connection.execute(query, {**files, "types": types}).fetchall() == [(0,)], path.name
            [(rows,)] = connection.execute("select count(*) from read_parquet(?)", [files["parquet"]]).fetchall()
            compared += rows
    assert compared > 2000


@pytest.mark.parametrize("name", ["tables", "public"])
def test_every_column_has_its_type_unit_and_meaning_from_the_dictionary(written: Path, name: str) -> None:
    entries = dictionary()
    types = {"BIGINT": "integer", "DOUBLE": "number", "BOOLEAN": "boolean", "DATE": "date", "VARCHAR": "string"}
    for resource in package(written / name)["resources"]:
        table = Path(resource["path"]).stem
        assert resource["titles"] == {
            "vi": entries[table, ""].description_vi,
            "en": entries[table, ""].description_en,
        }
        with open(written / name / resource["path"], encoding="utf-8", newline="") as file:
            header = next(csv.reader(file))
        assert [field["name"] for field in resource["schema"]["fields"]] == header
        for field in resource["schema"]["fields"]:
            entry = entries.get((table, field["name"])) or entries.get(("*", field["name"]))
            if entry is None:
                assert (name, field["name"], field["type"]) == ("public", "suppressed", "boolean")
                continue
            assert field["titles"] == {"vi": entry.description_vi, "en": entry.description_en}
            assert field.get("unit", "") == entry.unit
            assert field["type"] == types.get(entry.type, field["type"])
        assert (written / name / resource["parquet"]).is_file()


def test_a_package_says_who_may_use_it_and_from_what_it_is_made(written: Path) -> None:
    complete, public = package(written / "tables"), package(written / "public")
    assert [one["name"] for one in (*complete["licenses"], *public["licenses"])] == ["other-closed", "other-at"]
    assert "trong nội bộ tỉnh" in complete["description"]
    assert "from 1 to 4" in public["description"]
    assert len(public["sources"]) == 3


def test_a_table_of_core_is_a_reference_or_stays_parquet() -> None:
    core = {model for model in MODELS if model.startswith("core.")}
    assert core == FACTS | set(REFERENCES)


def test_every_mart_has_a_public_form() -> None:
    marts = {model.removeprefix("mart.") for model in MODELS if model.startswith("mart.")}
    assert marts == {path.stem for path in PUBLIC.glob("*.sql")}


def test_pysdmx_reads_the_indicators_back(written: Path) -> None:
    for name in ("tables", "public"):
        folder = written / name / "sdmx"
        [dataset] = get_datasets(folder / "indicator.csv", folder / "structure.xml")
        read = pl.from_pandas(dataset.data).select(
            period=(pl.col("TIME_PERIOD") + "-01").str.to_date().dt.month_end(),
            unit_code="REF_AREA",
            indicator=pl.col("INDICATOR").str.replace("-", ":"),
            population="POPULATION",
            value="OBS_VALUE",
            numerator="NUMERATOR",
            denominator="DENOMINATOR",
            unit="UNIT_MEASURE",
            level="LEVEL",
        )
        mart = pl.read_parquet(written / name / "mart.indicator.parquet").select(read.columns)
        assert read.sort(read.columns[:4]).equals(mart.sort(read.columns[:4]))


def test_an_observation_says_whether_it_is_provisional_suppressed_or_impossible(written: Path) -> None:
    with duckdb.connect() as connection:
        statuses = connection.execute(
            "select obs_status, bool_and(obs_value is null), bool_or(obs_value is null),"
            " list(distinct level order by level) from read_csv(?) group by all order by all",
            [str(written / "public" / "sdmx" / "indicator.csv")],
        ).fetchall()
    assert statuses == [
        ("A", False, False, ["commune", "district"]),
        ("M", True, True, ["commune"]),
        ("P", False, False, ["province"]),
        # Khmer in one commune of each district only: the other commune with poor households may have them as well.
        ("Q", True, True, ["commune"]),
    ]


def test_the_structure_names_every_code_in_both_languages(written: Path) -> None:
    folder = written / "public" / "sdmx"
    # Reading checks the file against the schema of SDMX-ML 3.0.
    message = read_sdmx(folder / "structure.xml", validate=True)
    assert message.structures is not None
    [structure] = message.get_data_structure_definitions()
    assert structure.short_urn == "DataStructure=CAMAU:POVERTY(1.0.0)"
    assert [one.id for one in structure.components.dimensions] == [
        "FREQ",
        "REF_AREA",
        "INDICATOR",
        "POPULATION",
        "TIME_PERIOD",
    ]
    codes = {one.id: {code.id: code.name for code in one.items} for one in message.get_codelists()}
    columns = {
        "FREQ": "CL_FREQ",
        "REF_AREA": "CL_UNIT",
        "INDICATOR": "CL_INDICATOR",
        "POPULATION": "CL_POPULATION",
        "OBS_STATUS": "CL_OBS_STATUS",
        "UNIT_MEASURE": "CL_UNIT_MEASURE",
        "LEVEL": "CL_LEVEL",
    }
    data = pl.read_csv(folder / "indicator.csv", infer_schema=False)
    for column, codelist in columns.items():
        assert set(data[column].unique()) <= codes[codelist].keys()
    # A code without a name would bear its own id.
    for codelist in ("CL_INDICATOR", "CL_POPULATION"):
        assert [code for code, name in codes[codelist].items() if code == name] == []
    text = (folder / "structure.xml").read_text(encoding="utf-8")
    assert text.count('xml:lang="vi"') == text.count('xml:lang="en"') > 180
    assert "Tỷ lệ hộ thiếu hụt: " in text


def test_equal_warehouses_give_equal_files(written: Path, tmp_path: Path) -> None:
    write_public(written / "warehouse.duckdb", tmp_path / "again", SUPPRESSION_KEY)
    for path in sorted((written / "public").rglob("*.*")):
        if path.suffix in (".csv", ".json", ".xml"):
            assert (tmp_path / "again" / path.relative_to(written / "public")).read_bytes() == path.read_bytes()
