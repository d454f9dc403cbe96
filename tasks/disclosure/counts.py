"""The communes' counts of a finished warehouse, as arrays by month and commune."""

import datetime as dt
from dataclasses import dataclass

import duckdb
import numpy as np
import polars as pl

from tasks.disclosure.blocks import Bools, Ints, deal


@dataclass(frozen=True)
class Places:
    """Months, communes and districts of a warehouse. `present` (a commune that reported), `district` (the place of
    its district), `urban` and `block` (blocks.py) are [month, commune]."""

    periods: list[dt.date]
    communes: list[str]
    districts: list[str]
    province: str
    present: Bools
    district: Ints
    urban: Bools
    block: Ints


Counts = dict[str, Ints]


def read_places(connection: duckdb.DuckDBPyConnection, key: bytes) -> Places:
    """The places of the attached warehouse, its communes dealt into blocks by a key."""
    units = connection.execute(
        "select period, unit_code, level, district_code, area, districts_reported > 0 as present"
        " from core.unit_month order by period, unit_code"
    ).pl()
    communes = units.filter(pl.col("level") == "commune")
    periods = units["period"].unique().sort().to_list()
    codes = communes["unit_code"].unique().sort().to_list()
    districts = units.filter(pl.col("level") == "district")["unit_code"].unique().sort().to_list()
    month, commune = _place(communes["period"], periods), _place(communes["unit_code"], codes)
    shape = (len(periods), len(codes))
    present, urban = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool)
    # A commune that does not exist in a month stands anywhere; it is not present.
    district = np.zeros(shape, dtype=np.int64)
    present[month, commune] = communes["present"].to_numpy()
    urban[month, commune] = (communes["area"] == "urban").to_numpy()
    district[month, commune] = _place(communes["district_code"], districts)
    [province] = units.filter(pl.col("level") == "province")["unit_code"].unique().to_list()
    block = deal(codes, present, district, urban, key)
    return Places(periods, codes, districts, province, present, district, urban, block)


def read_counts(connection: duckdb.DuckDBPyConnection, places: Places) -> Counts:
    """The communes' counts in mart.indicator, by the name indicator|population.

    Each is an array [month, commune], 0 where nothing is said.
    """
    rows = connection.execute(
        "select period, unit_code, indicator || '|' || population as quantity, numerator as value"
        " from mart.indicator where unit <> 'percent' and level = 'commune'"
    ).pl()
    names = rows["quantity"].unique().sort().to_list()
    counts = np.zeros((len(names), len(places.periods), len(places.communes)), dtype=np.int64)
    index = (
        _place(rows["quantity"], names),
        _place(rows["period"], places.periods),
        _place(rows["unit_code"], places.communes),
    )
    counts[index] = rows["value"].to_numpy()
    return dict(zip(names, counts, strict=True))


def _place(column: pl.Series, known: list[str] | list[dt.date]) -> Ints:
    """Where each value stands in the sorted list."""
    return np.asarray(pl.Series(known, dtype=column.dtype).search_sorted(column), dtype=np.int64)
