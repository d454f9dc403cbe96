"""Whatever is accepted reads back equal: drawn months, in any dress and format, end in Parquet as they were meant."""

import datetime as dt
import os
import tempfile
import unicodedata
from pathlib import Path
from typing import Any, cast

import books
import polars as pl
from drawn_months import AREAS, FLAGS, JANUARY, as_written, baselines, januaries
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_district import DISTRICT

from expectations.catalogue import rules
from forms.dictionary import FLOWS, sheets
from forms.month import DistrictMonth, Row
from forms.workbook import write_workbook
from plan.reference import BASELINE_PERIOD, period_end
from tasks.accept import accepted_tables, read_earlier, read_previous, write_accepted
from tasks.case import Case
from tasks.cover import read_cover
from tasks.derive import derive_wave
from tasks.findings import make_findings
from tasks.gate import recognise
from tasks.judge import decide
from tasks.pseudonym import pseudonyms
from tasks.read import read_workbook
from tasks.validate import validate_wave

KEY = b"khoa thu"
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "8"))
SEXES = {"Nam": "male", "Nữ": "female"}
MEASURES = {"Hộ": "households", "Nhân khẩu": "persons"}


def test_drawn_months_are_accepted_and_read_back_equal() -> None:
    cases: list[Case] = []

    @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def check(data: st.DataObject) -> None:
        baseline = data.draw(baselines())
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            first = _accepted(folder, "a" * 64, _file(data, folder, baseline), baseline)
            month = data.draw(januaries(baseline))
            second = _accepted(folder, "b" * 64, _file(data, folder, month), month)
            second.previous = read_previous(folder / first.submission_id, BASELINE_PERIOD)
            second.earlier = read_earlier({BASELINE_PERIOD: folder / first.submission_id})
            cases.extend([first, second])

    check()
    for period in (BASELINE_PERIOD, JANUARY):
        wave = [case for case in cases if case.period == period]
        frames = derive_wave(wave, period)
        for judged in make_findings(wave, frames, validate_wave(frames, period), limit=5):
            stopped = [one["message_vi"] for one in judged.listed if rules()[one["rule"]].on_fail in ("reject", "hold")]
            assert decide(judged.counts, [], set(), waits=False) == "accepted", stopped


def _accepted(folder: Path, submission_id: str, content: bytes, month: DistrictMonth) -> Case:
    """The month's file through gate, reader and acceptance, compared with what was drawn."""
    assert recognise(content) in ("xlsx", "xls", "ods", "zip")
    workbook = read_workbook(content, "thang")
    cover = read_cover(workbook)
    assert cover.invalid == frozenset()
    assert (cover.district_code, cover.prepared_on) == (DISTRICT, month.cover["prepared_on"])
    assert cover.totals == {key: month.cover[key] for key in ("total_poor", "total_near_poor", "total_communes")}
    assert cover.period is not None
    write_accepted(folder / submission_id, accepted_tables(workbook, submission_id, DISTRICT, cover.period, KEY))
    expected = _expected(month, submission_id, cover.period)
    for name, rows in expected.items():
        table = pl.read_parquet(folder / submission_id / f"{name}.parquet")
        numbers = table.get_column("row").to_list()
        assert numbers == sorted(numbers)
        assert table.drop("row").to_dicts() == rows, name
    return Case(submission_id, workbook, dt.date(2020, 2, 5), cover.district_code, cover.period)


def _file(data: st.DataObject, folder: Path, month: DistrictMonth) -> bytes:
    """As this project writes the month, or as an office does in any program."""
    written = data.draw(as_written(month))
    if data.draw(st.booleans()):
        write_workbook(folder / "thang.xlsx", written)
        return (folder / "thang.xlsx").read_bytes()
    grids = {sheets()[key].name_vi: _grid(data, key, written) for key in data.draw(st.permutations(list(sheets())))}
    return books.FORMATS[data.draw(st.sampled_from(sorted(books.FORMATS)))](grids)


def _grid(data: st.DataObject, key: str, month: DistrictMonth) -> list[list[books.Value]]:
    """A sheet with a title, shifted, its columns in any order, with a further one, blank rows and a sum."""
    fields = list(sheets()[key].fields)
    if key == "cover":
        table: list[list[books.Value]] = [
            [data.draw(_labels(field.label_vi)), month.cover.get(field.key)]
            for field in data.draw(st.permutations(fields))
        ]
    else:
        fields = data.draw(st.permutations(fields))
        rows: list[Row] = month.rows(key)
        table = [[data.draw(_labels(field.label_vi)) for field in fields]]
        table += [[row.get(field.key) for field in fields] for row in rows]
        more = data.draw(st.integers(0, 2))
        table = [[*cells, *(["Cột thêm"] if not at else [None]) * more] for at, cells in enumerate(table)]
        if data.draw(st.booleans()):
            where = next(at for at, field in enumerate(fields) if field.key == "commune_name")
            table.insert(data.draw(st.integers(1, len(table))), [None] * where + ["Cộng"])
        if data.draw(st.booleans()):
            table.insert(data.draw(st.integers(1, len(table))), [])
    left = data.draw(st.integers(0, 3))
    titles: list[list[books.Value]] = data.draw(
        st.lists(st.sampled_from([[], ["UBND HUYỆN"], [None, "Biểu số 1"]]), max_size=3)
    )
    return [*titles, *[[*[None] * left, *cells] for cells in table]]


def _labels(label: str) -> st.SearchStrategy[str]:
    decomposed = unicodedata.normalize("NFD", label)
    return st.sampled_from([label, label, label.upper(), f" {label} :", label.replace(" ", "\n", 1), decomposed])


def _expected(month: DistrictMonth, submission_id: str, period: str) -> dict[str, list[dict[str, Any]]]:
    slot = {"submission_id": submission_id, "period": period_end(period), "district_code": DISTRICT}
    counts = [field.key for field in sheets()["commune"].of_type("count")]
    return {
        "household": [slot | _household(row) for row in month.household],
        "commune": [slot | _picked(row, "commune_code", *counts) for row in month.commune],
        "movement": [
            slot
            | _picked(row, "commune_code", "class", "opening", *FLOWS, "closing")
            | {"measure": MEASURES[cast(str, row["measure"])]}
            for row in month.movement
        ],
        "policy": [slot | _picked(row, "commune_code", "policy", "eligible", "served") for row in month.policy],
    }


def _household(row: Row) -> dict[str, Any]:
    hamlet, code = " ".join(str(row["hamlet"]).split()), str(row["household_code"])
    key = f"{row['commune_code']}|{hamlet.lower()}|{code.lower()}"
    known = _picked(row, "commune_code", "head_birth_year", "persons", "b1_points", "b2_points", "ethnicity")
    return (
        known
        | _picked(row, "class", "class_previous", "movement")
        | {flag: row[flag] == "x" for flag in FLAGS}
        | {
            "hamlet": hamlet,
            "household_code": code,
            "household_id": _pseudonym("household", key),
            "id_number_hash": _pseudonym("id_number", cast(str | None, row["head_id_number"])),
            "head_sex": SEXES[cast(str, row["head_sex"])],
            "area": next(area for area, name in AREAS.items() if name == row["area"]),
            "causes": [int(part) for part in cast(str, row["causes"]).split(",")],
        }
    )


def _picked(row: Row, *keys: str) -> dict[str, Any]:
    return {key: row[key] for key in keys}


def _pseudonym(kind: str, value: str | None) -> str | None:
    (found,) = pseudonyms(KEY, kind, [value])
    return found
