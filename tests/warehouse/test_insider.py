"""tasks.disclosure against who knows the program, its key and the months before and after (docs/disclosure.md)."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest
from insider import CLASSES, Insider, tried_counts
from next_month import guesses
from rough_province import released, rough_province
from warehouse_data import BASELINE, NAM_CAN, NGOC_HIEN, SUPPRESSION_KEY, province, write_inputs

from settings import Settings
from tasks.disclosure import suppress, suppressed_counts
from tasks.disclosure.blocks import deal
from tasks.disclosure.counts import Counts, Places, read_counts, read_places
from tasks.disclosure.hidden import Hidden
from tasks.disclosure.sums import is_small
from tasks.pseudonym import derived_key, pseudonym_key
from tasks.release import release_id

MONTHS = [dt.date(2020, 3, 31), dt.date(2020, 10, 31)]
DISTRICTS = ("964", "971", "973")


@pytest.fixture(scope="module")
def sparse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two districts with about four poor households in a commune, the baseline and a month."""
    registers = rough_province(11, (NAM_CAN, NGOC_HIEN), [BASELINE, "2020-01"], poor=4, moves=0.06)
    return released(tmp_path_factory.mktemp("sparse"), registers, "2020-01")


def current(data: Path) -> Path:
    return (data / "warehouse" / "current").resolve()


def key_of(data: Path) -> bytes:
    return derived_key(pseudonym_key(data, Settings(data=data).pseudonym_key), "suppression")


def read(release: Path, key: bytes) -> tuple[Counts, Places]:
    with duckdb.connect(str(release / "warehouse.duckdb"), read_only=True) as connection:
        places = read_places(connection, key)
        return read_counts(connection, places), places


def by_rote(counts: Counts, places: Places) -> Hidden:
    """A method without a key, for comparison: a district's lone small count takes the smallest larger one with it."""
    hidden = Hidden(places)
    for name in {tried.name for tried in tried_counts(counts)}:
        value = counts[name]
        cells = is_small(value) & places.present
        for month, district in np.ndindex(len(places.periods), len(places.districts)):
            mine = np.flatnonzero(places.present[month] & (places.district[month] == district))
            larger = mine[value[month, mine] > 4]
            if cells[month, mine].sum() == 1 and larger.size:
                cells[month, larger[value[month, larger].argmin()]] = True
        for one in (name, name.replace("|social_protection", "|excluding_social_protection")):
            hidden.add(one, cells)
            hidden.copy_to(one, one.replace("_households|", "_persons|"))
    return hidden


def test_who_knows_the_program_and_the_key_learns_no_small_count_of_a_sparse_province(sparse: Path) -> None:
    found = Insider(sparse, SUPPRESSION_KEY).try_all()
    assert found.height > 400
    assert {name.split("|")[0].split(":")[0] for name in found["name"]} >= {
        "deprived_households",
        *(f"{group}_households" for group in CLASSES),
    }
    assert found.filter(pl.col("name").str.ends_with("households|all")).height > 10
    assert found.filter(pl.col("width") < pl.col("need")).is_empty()


def test_nor_of_the_sample_year(sample_year: Path) -> None:
    found = Insider(current(sample_year), SUPPRESSION_KEY, months=MONTHS).try_all(DISTRICTS)
    assert found.height > 500
    assert found.filter(pl.col("width") < pl.col("need")).is_empty()


def test_by_rote_the_same_insider_gets_counts_back(sparse: Path) -> None:
    found = Insider(sparse, SUPPRESSION_KEY, by_rote, months=[dt.date(2019, 12, 31)]).try_all()
    assert found.filter(pl.col("width") == 0, "is_whole").height > 10


def test_nobody_is_left_alone_among_what_the_next_month_shows(sparse: Path, sample_year: Path) -> None:
    for release in (sparse, current(sample_year)):
        counts, places = read(release, SUPPRESSION_KEY)
        hidden = suppress(counts, places)
        found = guesses(counts, places, hidden)
        small = sum(int((is_small(value) & hidden.of(name)).sum()) for name, value in counts.items())
        assert found.filter(pl.col("way") == "alone").is_empty()
        right = found.filter(pl.col("guess") == pl.col("truth"))
        assert right.height < 0.01 * small
    rote = guesses(counts, places, by_rote(counts, places))
    assert rote.filter(pl.col("way") == "alone", pl.col("guess") == pl.col("truth")).height > 5


def test_months_and_districts_are_suppressed_each_by_itself(sparse: Path) -> None:
    counts, places = read(sparse, SUPPRESSION_KEY)
    hidden = suppress(counts, places)
    for month in range(len(places.periods)):
        one = slice(month, month + 1)
        there = {name: getattr(places, name)[one] for name in ("present", "district", "urban", "block")}
        there["present"] = there["present"] & (there["district"] == places.district[month, 0])
        there["block"] = np.where(there["present"], there["block"], -1)
        alone = replace(places, periods=places.periods[one], **there)
        found = suppress({name: value[one] for name, value in counts.items()}, alone)
        for name in counts:
            assert (found.of(name) == hidden.of(name)[one] & there["present"]).all()


def test_communes_are_dealt_by_the_key_two_and_two() -> None:
    codes = [f"{number:05}" for number in range(20)]
    district = np.array([[0] * 9 + [1] * 11] * 3)
    urban = np.zeros((3, 20), dtype=bool)
    urban[:, [0, 1, 2, 3, 12]] = True
    present = np.ones((3, 20), dtype=bool)
    present[2, district[2] == 0] = False
    block = deal(codes, present, district, urban, b"key")
    assert (block[0] == block[1]).all()
    assert (block[2, :9] == -1).all()
    # Another month's blocks are the same, whatever their numbers.
    assert np.unique(np.stack([block[0, 9:], block[2, 9:]]), axis=1).shape[1] == len(np.unique(block[2, 9:]))
    members = [np.flatnonzero(block[0] == number) for number in range(block[0].max() + 1)]
    assert sorted(map(len, members)) == [2] * 7 + [3] * 2
    assert all(len(set(district[0, one])) == 1 for one in members)
    # The lone town of the second district is with rural communes; the four of the first are by themselves.
    assert sum(len(set(urban[0, one])) > 1 for one in members) == 1
    others = [deal(codes, present, district, urban, bytes([number])) for number in range(8)]
    assert len({tuple(one[0]) for one in others}) == 8


def test_the_key_decides_what_is_suppressed_and_the_id_names_it(sparse: Path, tmp_path: Path) -> None:
    with duckdb.connect(str(sparse / "warehouse.duckdb"), read_only=True) as connection:
        one, other = (suppressed_counts(connection, key) for key in (SUPPRESSION_KEY, b"another"))
    assert not one.equals(other)
    inputs = write_inputs(tmp_path, province(BASELINE), BASELINE)
    assert release_id(inputs) != release_id(replace(inputs, suppression_key=b"another"))
    assert "a key of tests" not in repr(inputs)


def test_nothing_of_the_key_is_in_a_release(sample_year: Path) -> None:
    first = pseudonym_key(sample_year, Settings(data=sample_year).pseudonym_key)
    secrets = [derived for key in (first, key_of(sample_year)) for derived in (key, key.hex().encode())]
    files = [path for path in current(sample_year).rglob("*") if path.is_file()]
    assert len(files) > 50
    for path in files:
        content = path.read_bytes()
        assert not any(secret in content for secret in secrets), path
        assert b"suppression_key" not in content, path
