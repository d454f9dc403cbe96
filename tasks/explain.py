"""From a published number back to the rows of the senders' files: what `giamngheo explain` shows.

The walk itself is the macro meta.trace of the warehouse (sql/trace.sql), so SQL gives the same.
"""

from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb

from errors import NoSuch
from plan.reference import period_end

# Every number that can be walked back: those of mart.indicator, and of the other two marts that count sheets.
_KNOWN = """
    select indicator, population, unit from core.indicator_definition
    union all
    select unnest(['policy_coverage:', 'policy_served:', 'policy_eligible:']) || policy, 'eligible',
           unnest(['percent', unit, unit])
    from core.policy
    union all
    select 'jobs', 'all', unit from core.policy where policy = 'jobs'
    union all
    select groups || '_' || measure || ':' || flow, 'all', measure
    from (values ('poor'), ('near_poor')) as class_groups(groups)
    cross join (values ('households'), ('persons')) as measures(measure)
    cross join (values ('opening'), ('decrease_1'), ('decrease_2'), ('decrease_3'), ('increase_1'), ('increase_2'),
                       ('increase_3'), ('increase_4'), ('closing')) as flows(flow)
"""
_COVERAGE = "policy_coverage:"


class NoSuchNumber(NoSuch):
    """The release has no such number; says why, in Vietnamese."""

    usual_do_vi = "xem: giamngheo explain --help"
    usual_do_en = "see: giamngheo explain --help"


def explain(
    warehouse: Path, indicator: str, unit_code: str, period: str, population: str | None = None
) -> dict[str, Any]:
    """A number of a release with everything that it rests on.

    `period` is YYYY-MM. Without `population`: all, or the first one that the indicator has. Keys: release_id, period,
    unit_code, unit_name, level, indicator, population, unit, value (null over no households), numerator, denominator
    (null for a count), provisional, districts_reported, districts_expected, districts_missing, districts_held;
    parts: for numerator and denominator what it counts, its total and its communes, each with what it counts and
    the rows (household_id, counted, core_table, submission_id, file_name, sheet, row); submissions: the files;
    restated: what earlier releases published instead. Raises NoSuchNumber.
    """
    with duckdb.connect(str(warehouse.resolve()), read_only=True) as connection:
        connection.execute("set enable_progress_bar = false; set timezone = 'UTC'")
        population, unit = _known(connection, indicator, population)
        place = _place(connection, unit_code, period)
        rows = _records(
            connection, "from meta.trace(?, ?, ?, ?)", [period_end(period), unit_code, indicator, population]
        )
        parts = [_part(name, of, rows) for name, of in _parts(connection, indicator, population, unit)]
        numerator = parts[0]["total"]
        denominator = parts[1]["total"] if len(parts) > 1 else None
        if unit != "percent":
            value: float | None = numerator
        else:
            value = 100 * numerator / denominator if denominator else None
        return {
            "release_id": warehouse.resolve().parent.name,
            "period": period,
            **place,
            "indicator": indicator,
            "population": population,
            "unit": unit,
            "value": value,
            "numerator": numerator,
            "denominator": denominator,
            "parts": parts,
            "submissions": _submissions(connection, sorted({row["submission_id"] for row in rows})),
            "restated": _records(
                connection,
                "select published_in, published_at, as_published, as_known_now, cause, replaced, caused_by, kind,"
                " decided_by, reason from mart.restatement where period = ? and unit_code = ? and indicator = ?"
                " and population = ? order by published_at",
                [period_end(period), unit_code, indicator, population],
            ),
        }


def _known(connection: duckdb.DuckDBPyConnection, indicator: str, population: str | None) -> tuple[str, str]:
    """The population meant, and the unit of the number."""
    known = connection.execute(f"select indicator, population, unit from ({_KNOWN})").fetchall()
    mine = {row[1]: row[2] for row in known if row[0] == indicator}
    if not mine:
        names = ", ".join(sorted({row[0].partition(":")[0] for row in known}))
        raise NoSuchNumber(f"Không có chỉ tiêu {indicator}. Có: {names} (và các chỉ tiêu con sau dấu hai chấm)")
    chosen = population or ("all" if "all" in mine else sorted(mine)[-1])
    if chosen not in mine:
        raise NoSuchNumber(f"{indicator} không có nhóm {chosen}. Có: {', '.join(sorted(mine))}")
    return chosen, mine[chosen]


def _place(connection: duckdb.DuckDBPyConnection, unit_code: str, period: str) -> dict[str, Any]:
    """The unit in that month, and how complete it is. Raises NoSuchNumber where it has not reported."""
    found = _records(
        connection,
        "select unit_code, unit_name, level, provisional, districts_reported, districts_expected, districts_missing,"
        " districts_held from core.unit_month where period = ? and unit_code = ?",
        [period_end(period), unit_code],
    )
    if not found:
        first, last = connection.execute("select min(month), max(month) from core.period").fetchall()[0]
        raise NoSuchNumber(f"Không có đơn vị {unit_code} trong kỳ {period} (bản này có các kỳ {first} đến {last})")
    place = found[0]
    if not place["districts_reported"]:
        held = " (đang tạm giữ)" if place["districts_held"] else ""
        raise NoSuchNumber(
            f"{place['unit_name']} chưa có số liệu kỳ {period}: thiếu {place['districts_missing']}{held}"
        )
    return place


def _parts(connection: duckdb.DuckDBPyConnection, indicator: str, population: str, unit: str) -> list[tuple[str, str]]:
    """The parts of the number, each with the count that it is: a count is its own numerator."""
    if unit != "percent":
        return [("numerator", f"{indicator} ({population})")]
    if indicator.startswith(_COVERAGE):
        policy = indicator.removeprefix(_COVERAGE)
        return [("numerator", f"policy_served:{policy}"), ("denominator", f"policy_eligible:{policy}")]
    (row,) = connection.execute(
        "select numerator_indicator, numerator_population, denominator_indicator, denominator_population,"
        " less_indicator, less_population from core.indicator_definition where indicator = ? and population = ?",
        [indicator, population],
    ).fetchall()
    less = f" - {row[4]} ({row[5]})" if row[4] else ""
    return [("numerator", f"{row[0]} ({row[1]})"), ("denominator", f"{row[2]} ({row[3]}){less}")]


def _part(name: str, of: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    mine = [row for row in rows if row["part"] == name]
    communes = []
    for (code, commune), group in groupby(mine, key=lambda row: (row["commune_code"], row["commune_name"])):
        listed = [{key: row[key] for key in _ROW} for row in group]
        counted = sum(row["counted"] for row in listed)
        communes.append({"commune_code": code, "commune_name": commune, "counted": counted, "rows": listed})
    return {"part": name, "of": of, "total": sum(commune["counted"] for commune in communes), "communes": communes}


_ROW = ("household_id", "counted", "core_table", "submission_id", "file_name", "sheet", "row")


def _submissions(connection: duckdb.DuckDBPyConnection, submission_ids: list[str]) -> list[dict[str, Any]]:
    return _records(
        connection,
        "select submission_id, file_name, district_code, kind, state, received_at, decided_at, decided_by, reason"
        " from meta.submission where list_contains(?, submission_id) order by district_code",
        [submission_ids],
    )


def _records(connection: duckdb.DuckDBPyConnection, query: str, values: list[Any]) -> list[dict[str, Any]]:
    result = connection.execute(query, values)
    names = [column[0] for column in result.description or ()]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
