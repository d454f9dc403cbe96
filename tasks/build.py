"""Build one warehouse file from what is accepted, by the models in `sql/`.

The build is a pure function of its inputs: no clock, no random number, every table written in order.
It never opens a file that exists: readers hold the old one, the new one is made beside it.
"""

import csv
import hashlib
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import duckdb
import polars as pl

from errors import DamagedFile
from forms.dictionary import FORM_CODE, sheets
from plan.reference import period_end, plan
from tasks.dictionary import BuildError, DictionaryEntry, describe, dictionary, quoted
from tasks.identity import program_hash, rule_pack
from tasks.input_schemas import FINDING, FINDING_COUNT, RESTATED, RESTATED_MONTH, SLOT, SUBMISSION, Schema
from tasks.models import MODELS, SQL, model_sql
from tasks.restated import compare, make_earlier, months_of
from tasks.schemas import ACCEPTED
from tasks.stored import reading_accepted, reading_judgements

__all__ = [
    "FINDING",
    "FINDING_COUNT",
    "RESTATED",
    "RESTATED_MONTH",
    "SLOT",
    "SQL",
    "SUBMISSION",
    "BuildError",
    "BuildInputs",
    "DictionaryEntry",
    "build_warehouse",
    "dictionary",
    "input_hash",
    "method_hash",
    "model_sql",
    "published_submissions",
]

REPOSITORY = Path(__file__).parent.parent
PLAN_DATA = REPOSITORY / "plan" / "data"
RULES = REPOSITORY / "expectations" / "rules.csv"
MOVEMENTS = REPOSITORY / "forms" / "movements.csv"

# Files written at this version are read by every DuckDB from 1.4 on.
STORAGE_VERSION = "v1.4.0"
# DuckDB's own; a process that builds ten years of a province stays below two gigabytes with it. The rest is spilled.
MEMORY_LIMIT = "1GB"
THREADS = 2


@dataclass(frozen=True)
class BuildInputs:
    """Everything that a release is made from.

    `as_of` and `first_period` are months (YYYY-MM); `accepted` is the folder with one folder of Parquet
    files per submission (tasks/schemas.py). `submissions` has the columns of SUBMISSION, `slots` those of
    SLOT, one row per expected month and district. `findings` is one Parquet file per judged submission with
    the columns of FINDING, `finding_counts` has those of FINDING_COUNT. `restated` has those of RESTATED; the
    accepted tables of its published submissions are in `accepted` too. `restated_months` has those of RESTATED_MONTH;
    None where every release stands in `restated` with all that it published otherwise. `suppression_key` says which
    communes are suppressed together in the public tables (tasks/disclosure); it goes into no table, and into the hash
    one-way.
    """

    as_of: str
    first_period: str
    accepted: Path
    submissions: pl.DataFrame
    slots: pl.DataFrame
    findings: list[Path]
    finding_counts: pl.DataFrame
    suppression_key: bytes = field(repr=False)
    rate_denominator_excludes_social_protection: bool = False
    code_version: str = ""
    restated: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=RESTATED))
    restated_months: pl.DataFrame | None = None


def build_warehouse(target: Path, inputs: BuildInputs) -> None:
    """Write a new DuckDB file at `target` with the schemas core, mart and meta.

    Only a slot's accepted submission of a period up to `as_of` is loaded. Raises FileExistsError where
    `target` (or its .wal) exists, DamagedFile where an accepted table is missing or damaged, BuildError where
    `sql/dictionary.csv` and the tables disagree.
    """
    stray = target.with_name(target.name + ".wal")
    for path in (target, stray):
        if path.exists():
            raise FileExistsError(f"{path} exists: a warehouse is only ever built new")

    with (
        tempfile.TemporaryDirectory(prefix=".spill-", dir=target.parent) as spill,
        duckdb.connect(config={"temp_directory": spill}) as connection,
    ):
        # The progress bar writes to stdout, which belongs to the command's own output.
        connection.execute("set enable_progress_bar = false")
        connection.execute(f"set memory_limit = '{MEMORY_LIMIT}'; set threads = {THREADS}; set timezone = 'UTC'")
        make_earlier(connection, inputs, _restated(inputs), _restated_months(inputs), _begin)
        connection.execute(f"attach {quoted(str(target))} as warehouse (storage_version '{STORAGE_VERSION}')")
        _begin(connection, "warehouse", inputs)
        _load_records(connection, inputs)
        for model in MODELS:
            if model == "mart.restatement":
                compare(connection)
            connection.execute(f"create table {model} as\n{model_sql(model)}")
        connection.execute((SQL / "trace.sql").read_text(encoding="utf-8"))
        describe(connection)
        connection.execute("checkpoint warehouse")
        connection.execute("use memory")
        connection.execute("detach warehouse")


def published_submissions(inputs: BuildInputs) -> list[str]:
    """The submissions whose rows are loaded, in the order of period and district."""
    slots = _in_range(_frame(inputs.slots, SLOT), inputs).filter(pl.col("accepted_submission_id").is_not_null())
    return slots.sort("period", "district_code")["accepted_submission_id"].to_list()


def replaced_submissions(inputs: BuildInputs) -> list[str]:
    """The submissions that an earlier release published and this one does not, in order."""
    restated = _restated(inputs).get_column("published_submission_id").drop_nulls().unique()
    return sorted(set(restated) - set(published_submissions(inputs)))


def input_hash(inputs: BuildInputs) -> str:
    """SHA-256 over everything a release is made from: data, decisions, settings, and the program with its libraries."""
    return _digest(_hashed_parts(inputs))


def method_hash(rate_denominator_excludes_social_protection: bool) -> str:
    """SHA-256 over what makes a release, whatever its data: the program, the plan, and the setting of rates."""
    setting = ("settings", str(rate_denominator_excludes_social_protection).encode())
    return _digest([setting, *_method_parts()])


def _digest(parts: Iterable[tuple[str, bytes]]) -> str:
    digest = hashlib.sha256()
    for name, content in parts:
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _hashed_parts(inputs: BuildInputs) -> Iterator[tuple[str, bytes]]:
    settings = (
        inputs.as_of,
        inputs.first_period,
        str(inputs.rate_denominator_excludes_social_protection),
        inputs.code_version,
    )
    yield "settings", "\n".join(settings).encode()
    yield "suppression", hashlib.sha256(b"suppression|" + inputs.suppression_key).digest()
    yield "submissions", _known_submissions(inputs).write_csv().encode()
    yield "slots", _in_range(_frame(inputs.slots, SLOT), inputs).sort("period", "district_code").write_csv().encode()
    yield "findings", _listed_findings(inputs).write_csv().encode()
    yield "finding_counts", _counted_findings(inputs).write_csv().encode()
    yield "restated", _restated(inputs).write_csv().encode()
    yield "restated_months", _restated_months(inputs).write_csv().encode()
    yield from _method_parts()
    for submission_id in (*published_submissions(inputs), *replaced_submissions(inputs)):
        for sheet in ACCEPTED:
            yield f"{submission_id}/{sheet}", _accepted_path(inputs, submission_id, sheet).read_bytes()


def _method_parts() -> Iterator[tuple[str, bytes]]:
    yield "program", program_hash().encode()
    # The program's own plan is a part of it; which one is loaded is said here.
    for path in (*sorted(PLAN_DATA.glob("*.csv")), PLAN_DATA / "plan.toml"):
        yield path.name, path.read_bytes()


def _begin(
    connection: duckdb.DuckDBPyConnection, database: str, inputs: BuildInputs, hashed: str | None = None
) -> None:
    """Make the schemas and macros of an attached, empty database, and put what its figures are made from into `input`.

    `hashed` stands for the inputs' hash where there is no need to reckon it.
    """
    connection.execute("attach ':memory:' as input")
    for path in (*sorted(PLAN_DATA.glob("*.csv")), RULES, MOVEMENTS):
        _load_frame(connection, path.stem, _text_table(path))
    _load_accepted(connection, inputs, published_submissions(inputs))
    _load_frame(connection, "slots", _in_range(_frame(inputs.slots, SLOT), inputs))
    _load_frame(connection, "fields", _form_fields())
    _load_frame(connection, "setting", _settings(inputs, input_hash(inputs) if hashed is None else hashed))
    _load_frame(connection, "plan", pl.DataFrame([asdict(plan())]))
    connection.execute(f"use {database}; create schema core; create schema mart; create schema meta")
    for macros in ("macros.sql", "shared.sql"):
        connection.execute((SQL / macros).read_text(encoding="utf-8"))


def _load_records(connection: duckdb.DuckDBPyConnection, inputs: BuildInputs) -> None:
    """Put what is told of files and of earlier releases into `input`."""
    _load_frame(connection, "restated", _restated(inputs))
    _load_frame(connection, "restated_month", _restated_months(inputs))
    _load_frame(connection, "submissions", _known_submissions(inputs))
    _load_frame(connection, "findings", _listed_findings(inputs))
    _load_frame(connection, "finding_counts", _counted_findings(inputs))


def _text_table(path: Path) -> pl.DataFrame:
    """A CSV with every value as text: the plan's decimals and leading zeros are part of what it prints."""
    with open(path, encoding="utf-8", newline="") as file:
        return pl.DataFrame(list(csv.DictReader(file)), infer_schema_length=None)


# What names a household to its district stays in the accepted tables.
_LEFT_BEHIND = ("hamlet", "household_code", "id_number_hash", "head_birth_year")


def _load_accepted(connection: duckdb.DuckDBPyConnection, inputs: BuildInputs, submissions: list[str]) -> None:
    for sheet, schema in ACCEPTED.items():
        if not submissions:
            _load_frame(connection, sheet, pl.DataFrame(schema=schema))
            continue
        paths = [_accepted_path(inputs, submission_id, sheet) for submission_id in submissions]
        missing = [str(path) for path in paths if not path.is_file()]
        if missing:
            raise DamagedFile(
                f"{len(missing)} accepted tables are missing, e.g. {missing[0]}",
                f"thiếu {len(missing)} bảng đã chấp nhận, ví dụ {missing[0]}",
                "run giamngheo rebuild",
                "chạy giamngheo rebuild",
            )
        columns = ", ".join(f'"{column}"' for column in schema if column not in _LEFT_BEHIND)
        with reading_accepted(path.parent for path in paths):
            connection.execute(
                f"create table input.{sheet} as select {columns} from read_parquet(?)",
                [[str(path) for path in paths]],
            )


def _accepted_path(inputs: BuildInputs, submission_id: str, sheet: str) -> Path:
    return inputs.accepted / submission_id / f"{sheet}.parquet"


def _load_frame(connection: duckdb.DuckDBPyConnection, table: str, frame: pl.DataFrame) -> None:
    connection.register("loading", frame.to_arrow())
    connection.execute(f"create table input.{table} as from loading")
    connection.unregister("loading")


def _frame(frame: pl.DataFrame, schema: Schema) -> pl.DataFrame:
    """The declared columns in the declared types; a column that is null throughout may come untyped."""
    return frame.select(pl.col(column).cast(type_) for column, type_ in schema.items())


def _in_range(frame: pl.DataFrame, inputs: BuildInputs) -> pl.DataFrame:
    return frame.filter(pl.col("period").is_between(period_end(inputs.first_period), period_end(inputs.as_of)))


def _known_submissions(inputs: BuildInputs) -> pl.DataFrame:
    """What is known up to as_of; a file without a readable cover belongs to every release."""
    known = pl.col("period").is_null() | (pl.col("period") <= period_end(inputs.as_of))
    return _frame(inputs.submissions, SUBMISSION).filter(known).sort("received_at", "submission_id")


def _listed_findings(inputs: BuildInputs) -> pl.DataFrame:
    known = _known_submissions(inputs).select("submission_id")
    with reading_judgements(inputs.findings):
        listed = [_frame(pl.read_parquet(path), FINDING) for path in inputs.findings]
    frame = pl.concat([pl.DataFrame(schema=FINDING), *listed])
    return frame.join(known, on="submission_id", how="semi").sort(list(FINDING), nulls_last=True)


def _counted_findings(inputs: BuildInputs) -> pl.DataFrame:
    known = _known_submissions(inputs).select("submission_id")
    frame = _frame(inputs.finding_counts, FINDING_COUNT)
    return frame.join(known, on="submission_id", how="semi").sort("submission_id", "rule", "severity")


def _restated(inputs: BuildInputs) -> pl.DataFrame:
    return _in_range(_frame(inputs.restated, RESTATED), inputs).sort(
        "published_at", "release_id", "period", "district_code"
    )


def _restated_months(inputs: BuildInputs) -> pl.DataFrame:
    given = (
        months_of(_restated(inputs), inputs.first_period) if inputs.restated_months is None else inputs.restated_months
    )
    return _in_range(_frame(given, RESTATED_MONTH), inputs).sort("published_at", "release_id", "period")


def _form_fields() -> pl.DataFrame:
    """Every field of the workbook: sheet key and name, field key, label, and whether it is personal."""
    return pl.DataFrame(
        [
            {
                "sheet": sheet.key,
                "sheet_vi": sheet.name_vi,
                "key": field.key,
                "label_vi": field.label_vi,
                "personal": field.personal,
            }
            for sheet in sheets().values()
            for field in sheet.fields
        ]
    )


def _settings(inputs: BuildInputs, hashed: str) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "as_of_period": [period_end(inputs.as_of)],
            "baseline_period": [period_end(inputs.first_period)],
            "code_version": [inputs.code_version],
            "program_hash": [program_hash()],
            "form": [FORM_CODE],
            "rule_pack": [rule_pack()],
            "rate_denominator_excludes_social_protection": [inputs.rate_denominator_excludes_social_protection],
            "input_hash": [hashed],
        }
    )
