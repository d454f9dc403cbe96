"""Which counts of a finished warehouse may not leave the province: see docs/disclosure.md."""

import duckdb
import polars as pl

from tasks.disclosure.counts import Counts, Places, read_counts, read_places
from tasks.disclosure.hidden import Hidden
from tasks.disclosure.register import suppress_shares
from tasks.disclosure.stocks import suppress_stocks


def suppressed_counts(connection: duckdb.DuckDBPyConnection, key: bytes) -> pl.DataFrame:
    """The suppressed counts of mart.indicator in the warehouse that the connection uses: quantity
    (indicator|population), period, unit_code.

    `key` is the data root's secret (tasks/pseudonym.py): with it, equal warehouses give equal rows.
    """
    places = read_places(connection, key)
    return suppress(read_counts(connection, places), places).frame()


def suppress(counts: Counts, places: Places) -> Hidden:
    """What is suppressed of the communes' counts by month, and of the sums over them."""
    hidden = Hidden(places)
    suppress_stocks(counts, places, hidden)
    suppress_shares(counts, places, hidden)
    for name in counts:
        indicator, population = name.split("|")
        if indicator.endswith("households"):
            hidden.copy_to(name, f"{indicator.removesuffix('households')}persons|{population}")
    return hidden
