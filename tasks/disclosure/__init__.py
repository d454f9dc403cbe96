"""Which counts of a finished warehouse may not leave the province: see docs/disclosure.md."""

import duckdb
import polars as pl

from tasks.disclosure.counts import read_counts, read_places
from tasks.disclosure.hidden import Hidden
from tasks.disclosure.register import suppress_shares
from tasks.disclosure.stocks import suppress_stocks


def suppressed_counts(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """The suppressed counts of mart.indicator in the warehouse that the connection uses: quantity
    (indicator|population), period, unit_code.

    Equal warehouses give equal rows.
    """
    places = read_places(connection)
    counts = read_counts(connection, places)
    hidden = Hidden(places)
    suppress_stocks(counts, places, hidden)
    suppress_shares(counts, places, hidden)
    for name in counts:
        indicator, population = name.split("|")
        if indicator.endswith("households"):
            hidden.copy_to(name, f"{indicator.removesuffix('households')}persons|{population}")
    return hidden.frame()
