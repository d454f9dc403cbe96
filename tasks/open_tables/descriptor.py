"""A Data Package descriptor (specs.frictionlessdata.io) of the CSV files: every column with type, unit and meaning."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tasks.dictionary import DictionaryEntry
from tasks.models import FIGURE_KEYS

# What makes a row of a table one of its kind.
KEYS = FIGURE_KEYS | {
    "mart.restatement": ["period", "unit_code", "indicator", "population", "published_in"],
    "core.deprivation": ["deprivation"],
    "core.ethnic_group": ["ethnic_group_code"],
    "core.inconsistency": ["inconsistency_id"],
    "core.indicator_definition": ["indicator", "population"],
    "core.movement_type": ["movement"],
    "core.period": ["period"],
    "core.plan": ["plan_id"],
    "core.plan_number": ["item", "unit_code"],
    "core.policy": ["policy"],
    "core.poverty_cause": ["cause"],
    "core.special_area": ["programme", "unit_code"],
    "core.special_programme": ["programme"],
    "core.unit": ["unit_code", "valid_from"],
    "core.unit_successor": ["unit_code", "successor_code"],
}

# Columns that name a row of a reference table, wherever they stand.
REFERENCES = (
    (["unit_code"], "core.unit", ["unit_code"]),
    (["district_code"], "core.unit", ["unit_code"]),
    (["parent_code"], "core.unit", ["unit_code"]),
    (["period"], "core.period", ["period"]),
    (["policy"], "core.policy", ["policy"]),
    (["deprivation"], "core.deprivation", ["deprivation"]),
    (["programme"], "core.special_programme", ["programme"]),
    (["inconsistency_id"], "core.inconsistency", ["inconsistency_id"]),
    (["indicator", "population"], "core.indicator_definition", ["indicator", "population"]),
)

# Names that are not all in the reference table: mart.restatement speaks of the numbers of every mart.
_LOOSE = {("mart.restatement", "indicator")}

# Table Schema types by those of DuckDB.
_TYPES = {
    "BIGINT": "integer",
    "INTEGER": "integer",
    "DOUBLE": "number",
    "DECIMAL(18,2)": "number",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP WITH TIME ZONE": "datetime",
    "VARCHAR": "string",
}

SUPPRESSED = DictionaryEntry(
    "*",
    "suppressed",
    "BOOLEAN",
    "",
    "True where a number of the row is left empty to protect small counts; an empty number is then not a zero",
    "Có số liệu bị ẩn để bảo vệ số nhỏ; ô trống khi đó không phải là số 0",
    "suppression of small counts",
)

_SOURCES = [
    {"title": "Kế hoạch số 19/KH-UBND của Ủy ban nhân dân tỉnh Cà Mau về giảm nghèo năm 2020"},
    {"title": "Báo cáo tháng của các huyện, biểu HN-T/2020.1 (monthly workbooks of the districts)"},
    {"title": "Danh mục đơn vị hành chính, Tổng cục Thống kê (units by the General Statistics Office)"},
]
_SAMPLE = {"title": "Năm mẫu được tạo ra, không có hộ nào là thật (synthetic sample year: no household in it exists)"}

# Names are of the Open Definition's list of licences.
_RESTRICTED = {
    "name": "other-closed",
    "title": "Chỉ dùng trong nội bộ tỉnh, không phổ biến (stays inside the province, not to be passed on)",
}
_OPEN = {
    "name": "other-at",
    "title": "Được dùng lại, phải ghi nguồn Ủy ban nhân dân tỉnh Cà Mau (free to use again, naming the source)",
}


@dataclass(frozen=True)
class Table:
    """A table that was written as CSV: its name, and its columns with their DuckDB types."""

    name: str
    columns: list[tuple[str, str]]


def data_package(
    tables: list[Table], entries: Mapping[tuple[str, str], DictionaryEntry], *, is_public: bool, is_sample: bool
) -> dict[str, Any]:
    """The descriptor. Raises KeyError where a column is not in the dictionary or its type has no counterpart."""
    titles = {"vi": "Giảm nghèo tỉnh Cà Mau: bảng số liệu", "en": "Poverty reduction in Cà Mau: tables"}
    description = {
        "vi": "Số liệu đầy đủ, chỉ dùng trong nội bộ tỉnh.",
        "en": "Complete figures, which stay inside the province.",
    }
    if is_public:
        titles = {"vi": f"{titles['vi']} công khai", "en": f"Public {titles['en'][0].lower()}{titles['en'][1:]}"}
        description = {
            "vi": "Số đếm từ 1 đến 4 của xã và những số có thể làm lộ chúng bị ẩn (cột suppressed).",
            "en": "Counts from 1 to 4 of a commune, and what would reveal them, are suppressed (column suppressed).",
        }
    return {
        "profile": "tabular-data-package",
        "name": "giam-ngheo-public" if is_public else "giam-ngheo",
        "title": titles["vi"],
        "titles": titles,
        "description": f"{description['vi']} {description['en']}",
        "licenses": [_OPEN if is_public else _RESTRICTED],
        "sources": [*_SOURCES, *([_SAMPLE] if is_sample else [])],
        "resources": [_resource(table, {one.name for one in tables}, entries) for table in tables],
    }


def _resource(table: Table, names: set[str], entries: Mapping[tuple[str, str], DictionaryEntry]) -> dict[str, Any]:
    about = entries[table.name, ""]
    schema: dict[str, Any] = {
        "fields": [_field(table.name, column, type_, entries) for column, type_ in table.columns],
        "missingValues": [""],
    }
    if table.name in KEYS:
        schema["primaryKey"] = KEYS[table.name]
    columns = {column for column, _ in table.columns}
    references = [
        {"fields": fields, "reference": {"resource": resource_name(other), "fields": there}}
        for fields, other, there in REFERENCES
        if columns.issuperset(fields)
        and other in names
        and (table.name, fields) != (other, there)
        and (table.name, fields[0]) not in _LOOSE
    ]
    if references:
        schema["foreignKeys"] = references
    return {
        "name": resource_name(table.name),
        "path": f"{table.name}.csv",
        "parquet": f"{table.name}.parquet",
        "profile": "tabular-data-resource",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "title": about.description_vi,
        "titles": {"vi": about.description_vi, "en": about.description_en},
        "description": about.description_en,
        "schema": schema,
        **({"sources": [{"title": about.source}]} if about.source else {}),
    }


def resource_name(table: str) -> str:
    """A table's name as a data package writes it: small letters and hyphens."""
    return table.replace(".", "-").replace("_", "-")


def _field(table: str, column: str, type_: str, entries: Mapping[tuple[str, str], DictionaryEntry]) -> dict[str, Any]:
    entry = SUPPRESSED if column == "suppressed" else entries.get((table, column)) or entries["*", column]
    return {
        "name": column,
        "type": _TYPES[type_],
        "title": entry.description_vi,
        "titles": {"vi": entry.description_vi, "en": entry.description_en},
        "description": entry.description_en,
        **({"unit": entry.unit} if entry.unit else {}),
        **({"source": entry.source} if entry.source else {}),
    }
