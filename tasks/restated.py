"""Which published numbers are others now: the marts of earlier releases are made again and held against today's.

What an earlier release published of a month follows from that month's files and, for targets, from those of the
baseline. Those files are put through the same models, and every number of every mart is compared by the mart's key.
"""

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import duckdb
import polars as pl

from plan.reference import period_end
from tasks.disclosure import suppressed_counts
from tasks.models import FIGURE_KEYS, MODELS, SQL, model_sql

if TYPE_CHECKING:
    from tasks.build import BuildInputs

# (connection, database, inputs, stand-in for their hash): makes an attached, empty database ready for the models.
Begin = Callable[[duckdb.DuckDBPyConnection, str, "BuildInputs", str], None]

# Marts that hold a month against the baseline, so that a correction of the baseline changes every month of theirs.
OF_BASELINE = {"mart.target_vs_actual"}

# Columns that describe a row: what it is called, what the plan prints, on how many districts it rests. Whatever else
# stands in a mart is a number or a verdict of it.
DESCRIBING = {
    "accountable", "areas_known", "areas_listed", "areas_reported", "completeness_pct", "decimals", "decision",
    "districts_expected", "districts_held", "districts_missing", "districts_reported", "group_name",
    "inconsistency_id", "is_whole_list", "level", "note", "plan_id", "plan_section", "policy_name", "policy_name_vi",
    "printed", "programme_name_vi", "provisional", "target_value", "target_value_high", "target_version", "unit",
    "unit_name",
}  # fmt: skip
_NO_HIDDEN = "'' as release_id, '' as indicator, '' as population, date '2000-01-01' as period, '' as unit_code"
_NUMBERS = ("BIGINT", "INTEGER", "HUGEINT", "DOUBLE", "DECIMAL")


def months_of(restated: pl.DataFrame, first_period: str) -> pl.DataFrame:
    """The months of releases that all stand in `restated` (tasks.build.RESTATED), as RESTATED_MONTH has them."""
    months = restated.select("release_id", "published_at", "period", "is_same_method").unique()
    of_baseline = months.filter(pl.col("period") == period_end(first_period)).select(
        "release_id", baseline_of="release_id"
    )
    return months.join(of_baseline, on="release_id", how="left").with_columns(month_of="release_id")


def make_earlier(
    connection: duckdb.DuckDBPyConnection,
    inputs: "BuildInputs",
    restated: pl.DataFrame,
    months: pl.DataFrame,
    begin: Begin,
) -> None:
    """Leave a database `earlier` with the marts as earlier releases published them, each with its release_id.

    `restated` and `months` have the columns of tasks.build.RESTATED and RESTATED_MONTH. Months are made as many at a
    time as have different files, so that a year of late files costs about as much as a year. Nothing restated: no
    tables.
    """
    connection.execute("attach ':memory:' as earlier")
    for lot in _lots(months):
        wanted = pl.DataFrame(lot, schema=months.schema)
        contents = dataclasses.replace(inputs, slots=_slots(inputs.slots, restated, lot, inputs.first_period))
        connection.execute("attach ':memory:' as made")
        begin(connection, "made", contents, "")
        connection.register("wanted", wanted.to_arrow())
        for model in MODELS:
            if model.startswith("core.") or model in FIGURE_KEYS:
                connection.execute(f"create table {model} as\n{model_sql(model)}")
            if model == "core.period":
                connection.execute(
                    "delete from core.period where not is_baseline and period not in (select period from wanted)"
                )
        for mart in FIGURE_KEYS:
            _keep(connection, mart)
        _keep_hidden(connection, inputs.suppression_key)
        connection.unregister("wanted")
        connection.execute("use memory; detach made; detach input")


def compare(connection: duckdb.DuckDBPyConnection) -> None:
    """Write input.restated_figure: one row for each number or verdict in `earlier` that is another in this database.

    Columns: release_id, mart, period, unit_code, mart_key (the rest of the key), mart_column; as_published and
    as_known_now for numbers, verdict_published and verdict_now for words and truths. A row that is gone is known as
    NULL. Where a target had no data, nothing was published but that.
    """
    connection.execute(
        "create table input.restated_figure (release_id varchar, mart varchar, period date, unit_code varchar,"
        " mart_key varchar[], mart_column varchar, as_published double, as_known_now double,"
        " verdict_published varchar, verdict_now varchar)"
    )
    made = {
        row[0]
        for row in connection.execute(
            "select table_name from duckdb_tables() where database_name = 'earlier'"
        ).fetchall()
    }
    hidden = "from earlier.hidden_figure" if "hidden_figure" in made else f"select {_NO_HIDDEN} limit 0"
    connection.execute(f"create table input.restated_hidden as {hidden}")
    for mart, key in FIGURE_KEYS.items():
        if (table := _table(mart)) in made:
            types = {name: type_ for name, type_, *_ in connection.execute(f"describe earlier.{table}").fetchall()}
            columns = [name for name in types if name not in {*key, *DESCRIBING, "release_id", "period"}]
            if columns:
                connection.execute(_comparison(mart, key, {column: types[column] for column in columns}))


def _lots(months: pl.DataFrame) -> Iterator[list[dict[str, Any]]]:
    """The rows of `months` in lots that can be made at once: one baseline, and each month once."""
    lots: dict[tuple[str | None, int], list[dict[str, Any]]] = {}
    met: dict[tuple[str | None, dt.date], int] = {}
    for row in months.sort("published_at", "release_id", "period").iter_rows(named=True):
        place = (row["baseline_of"], row["period"])
        met[place] = met.get(place, -1) + 1
        lots.setdefault((row["baseline_of"], met[place]), []).append(row)
    yield from lots.values()


def _slots(slots: pl.DataFrame, restated: pl.DataFrame, lot: list[dict[str, Any]], first_period: str) -> pl.DataFrame:
    """The slots of a lot's months and of the baseline, with the files of then."""
    baseline = period_end(first_period)
    of = {row["period"]: row["month_of"] for row in lot} | {baseline: lot[0]["baseline_of"]}
    files = pl.DataFrame(
        [(period, release) for period, release in of.items() if release],
        schema={"period": pl.Date, "release_id": pl.String},
        orient="row",
    )
    then = restated.join(files, on=["period", "release_id"]).select(
        "period", "district_code", then="published_submission_id", differs=pl.lit(value=True)
    )
    return (
        slots.filter(pl.col("period").is_in(list(of)))
        .join(then, on=["period", "district_code"], how="left")
        .with_columns(
            accepted_submission_id=pl.when("differs").then("then").otherwise("accepted_submission_id"),
        )
        .select(slots.columns)
    )


def _keep(connection: duckdb.DuckDBPyConnection, mart: str) -> None:
    """Add the rows of a mart that are of a release's months to `earlier`."""
    # A month whose own files are those of now, or stand under an earlier release, is compared for its targets alone.
    whose = "" if mart in OF_BASELINE else " and wanted.month_of = wanted.release_id"
    rows = (
        f"select wanted.release_id, rows.* from {mart} as rows join wanted on wanted.period = rows.period{whose}"
        if "period" in FIGURE_KEYS[mart]
        else f"select wanted.release_id, wanted.period, rows.* from {mart} as rows"
        f" join core.period on is_baseline join wanted on wanted.period = core.period.period{whose}"
    )
    table = f"earlier.{_table(mart)}"
    connection.execute(f"create table if not exists {table} as {rows} limit 0; insert into {table} {rows}")


def _keep_hidden(connection: duckdb.DuckDBPyConnection, key: bytes) -> None:
    """Add the indicators of province and districts that the public tables of then did not show to `earlier`.

    Who reads the newer release's public tables only must not learn them from there.
    """
    connection.register("suppressed", suppressed_counts(connection, key).to_arrow())
    connection.execute("create temp table hidden as from suppressed")
    connection.execute((SQL / "public.sql").read_text(encoding="utf-8"))
    rows = (
        "select wanted.release_id, hidden_figure.* from hidden_figure"
        " join wanted on wanted.period = hidden_figure.period and wanted.month_of = wanted.release_id"
        " join core.unit_month as units on units.period = hidden_figure.period"
        " and units.unit_code = hidden_figure.unit_code and units.level <> 'commune'"
    )
    connection.execute(
        f"create table if not exists earlier.hidden_figure as {rows} limit 0; insert into earlier.hidden_figure {rows}"
    )
    connection.execute("drop table temp.hidden_figure; drop table temp.hidden")
    connection.unregister("suppressed")


def _comparison(mart: str, key: list[str], columns: dict[str, str]) -> str:
    """The statement that adds a mart's differing numbers to input.restated_figure."""
    figures = ",\n".join(
        f"{{'mart_column': '{column}', 'as_published': {_as_number('was', column, type_)},"
        f" 'as_known_now': {_as_number('now', column, type_)}, 'verdict_published': {_as_word('was', column, type_)},"
        f" 'verdict_now': {_as_word('now', column, type_)}}}"
        for column, type_ in columns.items()
    )
    rest = ", ".join(f"was.{column}" for column in key if column not in ("period", "unit_code"))
    same = " and ".join(f"now.{column} is not distinct from was.{column}" for column in key)
    differs = " or ".join(f"was.{column} is distinct from now.{column}" for column in columns)
    silent = "was.status = 'no_data'" if "status" in columns else "false"
    return f"""
        insert into input.restated_figure
        select release_id, '{mart}', period, unit_code, mart_key, figure.*
        from (
            select was.release_id, was.period, was.unit_code, [{rest}]::varchar[] as mart_key,
                   {silent} as is_silent, unnest([{figures}]) as figure
            from earlier.{_table(mart)} as was
            left join {mart} as now on {same}
            where {differs}
        )
        where (figure.as_published is distinct from figure.as_known_now
               or figure.verdict_published is distinct from figure.verdict_now)
          and not (is_silent and figure.as_published is null
                   and coalesce(figure.verdict_published, 'no_data') = 'no_data')
    """


def _as_number(row: str, column: str, type_: str) -> str:
    return f"{row}.{column}::double" if type_.startswith(_NUMBERS) else "null::double"


def _as_word(row: str, column: str, type_: str) -> str:
    return "null::varchar" if type_.startswith(_NUMBERS) else f"{row}.{column}::varchar"


def _table(mart: str) -> str:
    return mart.partition(".")[2]
