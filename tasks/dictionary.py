"""What every table and column of the warehouse means: `sql/dictionary.csv`, held against the tables themselves."""

import csv
from dataclasses import asdict, dataclass, replace
from functools import cache

import duckdb
import polars as pl

from errors import ProgramFault
from forms.dictionary import sheets
from tasks.models import MODELS, SQL


class BuildError(ProgramFault):
    """The warehouse can't be built: the dictionary and the tables disagree, or the dictionary is silent."""

    def __init__(self, en: str) -> None:
        super().__init__(en, "sql/dictionary.csv không khớp với các bảng của kho dữ liệu")


@dataclass(frozen=True, slots=True)
class DictionaryEntry:
    """What a table or a column means. `column` is empty for the table, `table` is * for a column of many tables."""

    table: str
    column: str
    type: str
    unit: str
    description_en: str
    description_vi: str
    source: str


@cache
def dictionary() -> dict[tuple[str, str], DictionaryEntry]:
    """The entries of `sql/dictionary.csv` by table and column, form fields worded as in the form's dictionary."""
    found: dict[tuple[str, str], DictionaryEntry] = {}
    with open(SQL / "dictionary.csv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            entry = _worded_by_form(DictionaryEntry(**row))
            key = (entry.table, entry.column)
            if key in found:
                raise BuildError(f"sql/dictionary.csv describes {'.'.join(key)} twice")
            if not entry.description_en or not entry.description_vi:
                raise BuildError(f"sql/dictionary.csv says nothing about {'.'.join(key)}")
            found[key] = entry
    return found


def _worded_by_form(entry: DictionaryEntry) -> DictionaryEntry:
    """A column that is a field of the form takes its label and description from there, unless it has its own."""
    sheet, _, key = entry.source.removeprefix("form:").partition(".")
    if not entry.source.startswith("form:") or not key:
        return entry
    field = sheets()[sheet].field(key)
    parts = [field.label_en, field.description, field.values if field.type == "choice" else ""]
    return replace(
        entry,
        description_en=entry.description_en or ". ".join(part for part in parts if part),
        description_vi=entry.description_vi or field.label_vi,
    )


def describe(connection: duckdb.DuckDBPyConnection) -> None:
    """Write meta.dictionary and the comment of every table and column. Raises BuildError on any gap."""
    connection.execute(
        "create table meta.dictionary (table_name varchar, column_name varchar, type varchar, unit varchar,"
        " description_en varchar, description_vi varchar, source varchar)"
    )
    described = _described_columns(_actual_columns(connection))
    connection.register("described", pl.DataFrame([asdict(entry) for entry in described]).to_arrow())
    connection.execute("insert into meta.dictionary from described")
    connection.unregister("described")
    # One transaction: some four hundred comments, each of which would wait for the disk.
    connection.execute("begin")
    for entry in described:
        object_ = f'column {entry.table}."{entry.column}"' if entry.column else f"table {entry.table}"
        unit = f" ({entry.unit})" if entry.unit else ""
        comment = f"{entry.description_en}{unit} | {entry.description_vi}"
        connection.execute(f"comment on {object_} is {quoted(comment)}")
    connection.execute("commit")


def _actual_columns(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    """The type of every column by table, tables in the order of MODELS, columns in their own."""
    rows = connection.execute(
        "select schema_name || '.' || table_name, column_name, data_type from duckdb_columns()"
        " where database_name = 'warehouse' and not internal order by column_index"
    ).fetchall()
    tables: dict[str, dict[str, str]] = {model: {} for model in (*MODELS, "meta.dictionary")}
    for table, column, type_ in rows:
        tables[table][column] = type_
    return tables


def _described_columns(tables: dict[str, dict[str, str]]) -> list[DictionaryEntry]:
    """One entry per table and column of the file. Raises BuildError listing every gap between the two."""
    entries = dictionary()
    used: set[tuple[str, str]] = set()
    described: list[DictionaryEntry] = []
    gaps: list[str] = []
    for table, columns in tables.items():
        for column, type_ in {"": "", **columns}.items():
            key = (table, column) if (table, column) in entries else ("*", column)
            entry = entries.get(key) if column or key[0] != "*" else None
            if entry is None:
                gaps.append(f"{table}.{column} has no entry".replace(". ", " "))
                continue
            if entry.type != type_:
                gaps.append(f"{table}.{column} is {type_}, the entry says {entry.type}")
            used.add(key)
            described.append(replace(entry, table=table))
    gaps += [f"entry {'.'.join(key)} has no column" for key in entries if key not in used]
    if gaps:
        raise BuildError("sql/dictionary.csv and the tables disagree: " + "; ".join(gaps))
    return described


def quoted(text: str) -> str:
    """A text as a literal of SQL."""
    return "'" + text.replace("'", "''") + "'"
