"""Every text of a release and the place where it stands; what a reader outside of the house may not meet in one."""

import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import lxml.etree
import lxml.html
import polars as pl

Place = tuple[str, str]

# What somebody who was still at work would write, and what only the house understands.
WORKING_NOTES = re.compile(
    r"\[(?!\])|\bverif(y|ied)\b|\bconfidence\b|\brecalled\b|\bto be (checked|confirmed|done|verified)\b"
    r"|\bTODO\b|\bFIXME\b|\bTBD\b|\bXXX\b|\?\?|\bassum\w*|\bnot sure\b|\bunclear\b|\bpresumably\b|\bprobably\b|\bguess"
    r"|\bI (think|believe)\b|\bmy reading\b|\bworking note|\bcontract,? section|\bOCR\b|\blook-back\b|\bunspecified\b"
    r"|=>|>=|<=|\bLP\b|\bhh\b|\d ?pp\b| vs |\bdirty\b|\b(sql|tasks|docs|plan|forms|tests|reports)/\w+"
    r"|\bcần kiểm tra\b|\bchưa chắc\b|\btạm ghi\b|\bgiả sử\b|\bS\d{1,2}b?:",
    re.IGNORECASE,
)
# Hashes and pseudonyms, thousands of them.
_IDS = ("household_id", "household_ref", "submission_id", "sha256")
_TEXT_TYPES = ("VARCHAR", "VARCHAR[]")
_WORD = re.compile(r"[^\W\d_]{2,}")


def is_prose(text: str) -> bool:
    """Whether a text is more than a code, a number, an address or a hash: two words or more."""
    return len(_WORD.findall(re.sub(r"https?://\S+", "", text))) >= 2 and " " in text.strip()


def of_release(folder: Path) -> Iterator[tuple[Place, str]]:
    """(where, text) for every text of a finished release: warehouse, public tables, descriptions, reports.

    `tables/` is the warehouse once more.
    """
    yield from of_warehouse(folder / "warehouse.duckdb")
    for package in sorted(folder.glob("*/datapackage.json")):
        for path, text in _strings(json.loads(package.read_text(encoding="utf-8"))):
            yield (f"{package.parent.name}/datapackage.json", path), text
    for table in sorted(folder.glob("public/*.csv")):
        frame = pl.read_csv(table, infer_schema=False)
        for column in frame.columns:
            for text in frame.get_column(column).drop_nulls().unique().to_list():
                yield (f"{table.parent.name}/{table.name}", column), text
    for structure in sorted(folder.rglob("*.xml")):
        for element in lxml.etree.parse(structure).iter():
            yield (str(structure.relative_to(folder)), str(element.tag)), element.text or ""
    for text in lxml.html.fromstring((folder / "report.html").read_bytes()).xpath(
        "//body//text()[not(parent::script)]"
    ):
        yield ("report.html", ""), str(text)
    for name in ("report.xlsx", "report.docx"):
        yield from _of_office(folder / name)


def of_warehouse(path: Path) -> Iterator[tuple[Place, str]]:
    """Texts of all tables, and the comments on tables, columns and functions."""
    with duckdb.connect(str(path), read_only=True) as connection:
        for table, column, kind in connection.execute(
            "select schema_name || '.' || table_name, column_name, data_type from duckdb_columns()"
            " where database_name = current_database() and not internal order by all"
        ).fetchall():
            if kind in _TEXT_TYPES and column not in _IDS:
                values = f'unnest("{column}")' if kind.endswith("[]") else f'"{column}"'
                for (text,) in connection.execute(f"select distinct {values} from {table}").fetchall():
                    yield (table, column), text or ""
        for name, comment in connection.execute(
            "select table_name, comment from duckdb_tables() union all select table_name || '.' || column_name, comment"
            " from duckdb_columns() where not internal union all select function_name, comment from duckdb_functions()"
        ).fetchall():
            yield ("comment", name), comment or ""


def _of_office(path: Path) -> Iterator[tuple[Place, str]]:
    with zipfile.ZipFile(path) as archive:
        for part in archive.namelist():
            if part.endswith(".xml") and not part.startswith("[") and "theme" not in part and "styles" not in part:
                for _, element in lxml.etree.iterparse(io.BytesIO(archive.read(part)), events=("end",)):
                    # Of a workbook the texts, of a document the runs put together by paragraph; formulas are none.
                    if lxml.etree.QName(element).localname in ("si", "is", "p"):
                        yield (path.name, part), "".join(element.itertext())


def _strings(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from _strings(one, f"{path}.{key}")
    elif isinstance(value, list):
        for one in value:
            yield from _strings(one, path)
