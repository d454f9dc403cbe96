"""The benchmark's parts run on one small district; nothing is timed."""

import dataclasses
import json
from pathlib import Path

import pytest
from openpyxl import load_workbook  # type: ignore[import-untyped]
from small_district import a_month

from bench import data, floor, reading
from bench.process import measure, module
from bench.report import Line, Results, write_page
from bench.warm import run as run_warm
from forms.workbook import write_workbook
from sample.scale import enlarged


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> data.Files:
    folder = tmp_path_factory.mktemp("workbooks")
    write_workbook(folder / "one.xlsx", enlarged(a_month(), 2))
    return data.Files(folder)


def test_both_floors_load_the_same_rows(files: data.Files, tmp_path: Path) -> None:
    rows = {reader: floor.load(files.folder, tmp_path / f"{reader}.duckdb", reader) for reader in floor.READERS}
    # The readers differ on the cover's blank rows only, and there are not more than ten.
    assert min(rows.values()) > 50
    assert max(rows.values()) - min(rows.values()) <= 10


def test_floor_is_measured_as_a_process(files: data.Files, tmp_path: Path) -> None:
    measured = measure(module("floor", files.folder, tmp_path / "floor.duckdb", "fastexcel"))
    assert json.loads(measured.output)["rows"] > 50
    assert measured.seconds > 0
    assert measured.cpu_seconds > 0


def test_reading_is_measured_beside_the_bare_reader(files: data.Files) -> None:
    lines = reading.compare(files, files, rounds=1)
    (group,) = {line.group for line in lines}
    assert f"{len(enlarged(a_month(), 2).household)} households" in group
    assert [line.ratio_limit for line in lines] == [None, reading.LIMIT] * 2
    assert all(seconds > 0 for line in lines for seconds in line.rounds)


def test_the_bare_reader_reads_every_cell(files: data.Files) -> None:
    content = files.paths[0].read_bytes()
    theirs = load_workbook(files.paths[0], read_only=True)
    for name, rows in reading.bare_rows(content).items():
        cells = [["" if value is None else str(value) for value in row] for row in theirs[name].values]
        assert len(rows) == len(cells)
        assert sum(map(len, rows)) == sum(map(len, cells))


def test_measuring_says_why_a_process_failed(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="KeyError: 'no such reader'"):
        measure(module("floor", tmp_path, tmp_path / "floor.duckdb", "no such reader"))


def test_warm_rounds_accept_the_enlarged_file(files: data.Files, tmp_path: Path) -> None:
    seconds = run_warm(files, tmp_path, rounds=1, reader="fastexcel")
    assert {contender: len(rounds) for contender, rounds in seconds.items()} == {"ingest": 1, "floor": 1}


@pytest.mark.parametrize(("seconds", "holds"), [([3.9, 4.0, 9.0], True), ([4.1, 4.1, 1.0], False)])
def test_a_line_is_judged_by_its_median(seconds: list[float], holds: bool) -> None:
    assert Line("size", "cold", seconds, floor_seconds=1.0, ratio_limit=4.0).holds is holds


def test_a_line_over_its_memory_does_not_hold() -> None:
    line = Line("size", "cold", [1.0], floor_seconds=1.0, ratio_limit=4.0, peak_bytes=200, peak_limit=100)
    assert not line.holds
    assert dataclasses.replace(line, peak_bytes=100).holds


def test_the_page_has_a_table_for_each_group(tmp_path: Path) -> None:
    lines = [
        Line("one size", "floor", [1.0]),
        Line("another size", "cold", [5.0], floor_seconds=1.0, ratio_limit=4.0, size=(9, 20000)),
    ]
    write_page(tmp_path / "docs" / "page.md", Results(rounds=3, load_before=(0.0, 0.0, 0.0), lines=lines))
    page = (tmp_path / "docs" / "page.md").read_text(encoding="utf-8")
    assert "## One size" in page
    assert "| cold | 5.00 | 5.00 |  | 1.8 | 4,000 | 5.00 | 4 × |  | OVER |" in page
