"""Turn what failed into findings: one row per fault, at the cell of the sender's own file."""

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from expectations.catalogue import rules
from forms.dictionary import sheets
from plan.reference import units
from tasks.case import Case
from tasks.derive import Frames
from tasks.derive.common import household_key
from tasks.failure import Failure
from tasks.pseudonym import pseudonyms

SCHEMA = {
    "submission_id": pl.String,
    "finding_id": pl.String,
    "rule": pl.String,
    "severity": pl.String,
    "sheet": pl.String,
    "row": pl.Int32,
    "column": pl.String,
    "cell": pl.String,
    "value": pl.String,
    "expected": pl.String,
    "message_vi": pl.String,
    "message_en": pl.String,
    "household_ref": pl.String,
    "waived": pl.Boolean,
}
MASK = "•••"
# Columns that a frame may have to say of its rows where and what they are.
_PLACE = ("sheet", "letter", "field", "label", "household_ref")
_DISTRICTS = {unit.code: unit.name for unit in units() if unit.level == "district"}


@dataclass
class Judged:
    """The findings of one submission: listed up to a limit per rule, counted exactly."""

    listed: list[dict[str, Any]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


def make_findings(cases: list[Case], frames: Frames, failures: list[Failure], limit: int) -> list[Judged]:
    """The findings of every case of a wave, in the cases' order; at most `limit` are listed per rule."""
    order = list(rules())
    judged = [Judged() for _ in cases]
    by_name = dict(frames.items())
    for failure in sorted(failures, key=lambda failure: order.index(failure.meta["rule"])):
        rule, frame = failure.meta["rule"], by_name[failure.frame]
        # All that fail are only counted and put in order: their other columns would fill the memory.
        failed = frame.select("s", "row", position=pl.int_range(pl.len()))[failure.positions]
        for (s,), mine in failed.group_by("s", maintain_order=True):
            one = judged[int(s)]
            room = max(0, limit - one.counts[rule])
            one.counts[rule] += mine.height
            first = mine.sort("row", nulls_last=True, maintain_order=True).head(room).get_column("position")
            for row in frame.select(_columns(failure, frame))[first].iter_rows(named=True):
                one.listed.append(_finding(cases[int(s)], failure, row))
    return judged


def finding(submission_id: str, rule: str, facts: dict[str, str], **columns: Any) -> dict[str, Any]:
    """One finding of a rule with the facts for its message; columns that are not given are null."""
    known = rules()[rule]
    message_vi, _ = known.message(facts)
    _, message_en = known.message(facts | ({"label": facts["label_en"]} if "label_en" in facts else {}))
    row = dict.fromkeys(SCHEMA) | {
        "submission_id": submission_id,
        "rule": rule,
        "severity": known.severity,
        "message_vi": message_vi,
        "message_en": message_en,
        "waived": False,
    }
    row |= columns
    place = "|".join(str(row[key]) for key in ("rule", "sheet", "row", "column", "household_ref", "value"))
    return row | {"finding_id": hashlib.sha256(place.encode()).hexdigest()[:16]}


def with_household_id(findings: pl.DataFrame, key: bytes) -> pl.DataFrame:
    """Add `household_id`, the pseudonym under which the warehouse knows the household that a finding is about."""
    place = pl.col("household_ref").str.splitn("/", 3)
    keys = findings.select(place.struct.rename_fields(["commune_code", "hamlet", "household_code"]).struct.unnest())
    ids = pseudonyms(key, "household", keys.select(household_key()).to_series())
    return findings.with_columns(household_id=pl.Series(ids, dtype=pl.String))


def to_frame(listed: list[dict[str, Any]]) -> pl.DataFrame:
    """Findings as a table with the contract's columns (section 3) and `finding_id`."""
    return pl.DataFrame(listed, schema=SCHEMA, orient="row")


def _columns(failure: Failure, frame: pl.DataFrame) -> list[str]:
    """The columns of the frame that a finding is made of."""
    meta = failure.meta
    wanted = {"row", *_PLACE, meta["value"], meta["expected"], *meta["facts"].values()}
    return [column for column in frame.columns if column in wanted]


def _finding(case: Case, failure: Failure, row: dict[str, Any]) -> dict[str, Any]:
    meta = failure.meta
    key = meta["field"] or row.get("field")
    sheet_name, letter = _place(case, failure.frame, key, row)
    form_field = next((f for f in sheets().get(failure.frame, sheets()["cover"]).fields if f.key == key), None)
    label = row.get("label") or (form_field.label_vi if form_field else "")
    personal = form_field is not None and form_field.personal
    value = _text(row.get(meta["value"]))
    shown = MASK if personal and value else value
    expected = _text(row.get(meta["expected"])) if meta["expected"] else meta["expected_text"]
    facts = {name: _text(row.get(column)) or "" for name, column in meta["facts"].items()}
    if "district" in facts:
        facts["district"] = _DISTRICTS.get(facts["district"], facts["district"])
    if form_field is not None:
        facts["label_en"] = form_field.label_en
    facts |= {
        "value": facts.get("said_value") or shown or "(trống)",
        "expected": facts.get("said_expected") or expected or "",
        "label": label,
        "sheet": sheet_name,
    }
    return finding(
        case.submission_id,
        meta["rule"],
        facts,
        sheet=sheet_name,
        row=row.get("row"),
        column=key,
        cell=f"{letter}{row['row']}" if letter and row.get("row") else None,
        value=shown,
        expected=expected or None,
        household_ref=row.get("household_ref"),
    )


def _place(case: Case, frame: str, key: str | None, row: dict[str, Any]) -> tuple[str, str | None]:
    """The sender's sheet name and the letter of the column."""
    if frame == "cover":
        return case.workbook.cover_sheet_name or sheets()["cover"].name_vi, row.get("letter")
    if frame == "presence":
        return row["sheet"], row.get("letter")
    table = case.workbook.tables[frame]
    return table.sheet_name, table.columns.get(key or "")


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, float):
        return f"{value:.1f}".replace(".", ",")
    return str(value)
