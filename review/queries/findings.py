"""The findings of a submission: cause first, then row by row."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from expectations.catalogue import Rule, rules
from forms.dictionary import Field, sheets
from ledger.states import State, Submission
from tasks.annotate.lines import EMPTY, causes, column_number, parse_address
from tasks.annotate.mending import Mending, mendings
from tasks.findings import MASK, SCHEMA, to_frame
from tasks.judgements import exact_counts, later_findings
from tasks.stored import reading_judgements

EXAMPLES = 3
PAGE_SIZES = (50, 100, 200)
SORTS = ("cause", "severity", "sheet", "cell", "value", "household")
SEVERITIES = ("critical", "warning", "info")
# Places of a cause that are named; the others are counted.
_PLACES = 4
# Of a search, so many words are looked for.
_WORDS = 20
# What the text search looks at.
_SEARCHED = ("rule", "sheet", "column", "cell", "value", "expected", "message_vi", "message_en", "household_ref")


@dataclass(frozen=True)
class Finding:
    """One finding; `fields` are the contract's. `is_personal`: its value is masked, and only a validator may see it."""

    finding_id: str
    rule: str
    severity: str
    sheet: str
    row: int | None
    column: str
    cell: str
    value: str
    expected: str
    message_vi: str
    message_en: str
    household_ref: str
    waived: bool

    @property
    def is_personal(self) -> bool:
        return self.value == MASK

    @property
    def place(self) -> tuple[int, int] | None:
        """Row and column of the cell, counted from 1."""
        return parse_address(self.cell)

    def with_value(self, value: str) -> "Finding":
        """The finding with what the sender wrote in place of the mask."""
        words = value or EMPTY
        return replace(
            self,
            value=value,
            message_vi=self.message_vi.replace(MASK, words),
            message_en=self.message_en.replace(MASK, words),
        )


@dataclass(frozen=True)
class Cause:
    """All findings of one rule. `count` is exact, `listed` how many of them can be listed; `examples` at most three."""

    rule: Rule
    mending: Mending
    count: int
    listed: int
    waived: int
    places: tuple[tuple[str, str, int], ...]
    more_places: int
    examples: tuple[Finding, ...]


@dataclass(frozen=True)
class Asked:
    """What a validator asks of the list; everything empty asks for all of it, cause first."""

    rule: str = ""
    severity: str = ""
    sheet: str = ""
    waived: str = ""
    text: str = ""
    sort: str = "cause"
    descending: bool = False
    page: int = 1
    size: int = PAGE_SIZES[0]


@dataclass(frozen=True)
class Listed:
    """One page of what was asked for. `total` are all that are listed, `matched` those that fit; `pages` at least 1."""

    rows: tuple[Finding, ...]
    total: int
    matched: int
    page: int
    pages: int
    size: int

    @property
    def first(self) -> int:
        return (self.page - 1) * self.size + 1 if self.rows else 0

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1 if self.rows else 0


@dataclass(frozen=True)
class Table:
    """The findings of a submission as they are kept in memory, in the order of their causes; never changed.

    `frame` has the columns of `tasks.findings.SCHEMA`, and `searched`, `rank`, `cell_row`, `cell_column`; `causes`
    has one entry per broken rule, the gravest first.
    """

    frame: pl.DataFrame
    counts: Counter[str]
    causes: tuple[Cause, ...]
    sheets: tuple[str, ...]


def read_table(folder: Path, state: State, submission: Submission, timezone: str) -> Table:
    """The findings of the last judgement and those that came later. Raises DamagedFile for damaged ones."""
    parts = [pl.DataFrame(schema=SCHEMA)]
    if submission.judgement is not None:
        path = folder / submission.judgement["findings"]
        with reading_judgements([path]):
            parts.append(pl.read_parquet(path, columns=list(SCHEMA)))
    parts.append(to_frame(later_findings(folder, state, [submission], timezone)))
    return make_table(pl.concat(parts), submission)


def make_table(findings: pl.DataFrame, submission: Submission) -> Table:
    """Findings (SCHEMA) made ready to be asked."""
    counts = exact_counts(submission, findings)
    rank = {code: number for number, code in enumerate(causes(counts))}
    cell = pl.col("cell").str.extract_groups(r"^(?<letters>[A-Z]{1,3})(?<number>[1-9]\d{0,6})$")
    letters = findings.select(cell.struct.field("letters")).to_series()
    columns = {one: column_number(one) for one in letters.unique() if one}
    frame = findings.with_columns(
        rank=pl.col("rule").replace_strict(rank, default=len(rank), return_dtype=pl.Int32),
        searched=pl.concat_str([pl.col(one).fill_null("") for one in _SEARCHED], separator="\n").str.to_lowercase(),
        cell_row=cell.struct.field("number").cast(pl.Int32),
        cell_column=letters.replace_strict(columns, default=None, return_dtype=pl.Int32),
    ).sort("rank", "sheet", "cell_row", "cell_column", nulls_last=True, maintain_order=True)
    names = tuple(frame.get_column("sheet").drop_nulls().unique(maintain_order=True).to_list())
    by_rule = {str(rule): part for (rule,), part in frame.group_by("rule", maintain_order=True)}
    made = tuple(_cause(code, counts[code], by_rule.get(code, frame.clear())) for code in rank)
    return Table(frame, counts, made, names)


def listed(table: Table, asked: Asked) -> Listed:
    """The page that was asked for; a page past the end is the last one, a column that is none the causes' order."""
    found = table.frame.filter(_conditions(asked))
    order = _ORDERS.get(asked.sort)
    if order or asked.descending:
        found = found.sort(order or ["rank"], descending=asked.descending, nulls_last=True, maintain_order=True)
    size = asked.size if asked.size in PAGE_SIZES else PAGE_SIZES[0]
    pages = max(1, -(-found.height // size))
    page = min(max(1, asked.page), pages)
    rows = tuple(_finding(row) for row in found.slice((page - 1) * size, size).iter_rows(named=True))
    return Listed(rows, table.frame.height, found.height, page, pages, size)


def matching(table: Table, asked: Asked) -> list[Finding]:
    """All findings that were asked for, in the order of their causes: for downloads."""
    return [_finding(row) for row in table.frame.filter(_conditions(asked)).iter_rows(named=True)]


def find(table: Table, finding_id: str) -> Finding | None:
    """One finding by its id."""
    rows = table.frame.filter(pl.col("finding_id") == finding_id).head(1)
    return _finding(rows.row(0, named=True)) if rows.height else None


def neighbours(table: Table, finding_id: str) -> tuple[str | None, str | None]:
    """The ids of the findings before and after one, in the order of their causes."""
    ids = table.frame.get_column("finding_id")
    at = ids.eq(finding_id).arg_max() if finding_id in ids else None
    if at is None:
        return None, None
    return (ids[at - 1] if at > 0 else None), (ids[at + 1] if at + 1 < ids.len() else None)


def in_cells(table: Table, sheet: str, first_row: int, last_row: int) -> dict[tuple[int, int], list[Finding]]:
    """The findings of some rows of a sheet by row and column."""
    here = table.frame.filter(
        (pl.col("sheet") == sheet)
        & pl.col("cell_row").is_between(first_row, last_row)
        & pl.col("cell_column").is_not_null()
    )
    found: dict[tuple[int, int], list[Finding]] = {}
    for row in here.iter_rows(named=True):
        found.setdefault((row["cell_row"], row["cell_column"]), []).append(_finding(row))
    return found


@cache
def field_of(key: str, form_sheet: str | None = None) -> Field | None:
    """The form's field by its key, on a sheet of the form or on the first that has it."""
    chosen = [sheets()[form_sheet]] if form_sheet in sheets() else sheets().values()
    return next((field for sheet in chosen for field in sheet.fields if field.key == key), None)


def _cause(code: str, count: int, part: pl.DataFrame) -> Cause:
    places = (
        part.group_by("sheet", "column", maintain_order=True).len().sort("len", descending=True, maintain_order=True)
    )
    named = [(sheet or "", column or "", number) for sheet, column, number in places.head(_PLACES).iter_rows()]
    return Cause(
        rule=rules()[code],
        mending=mendings()[code],
        count=count,
        listed=part.height,
        waived=int(part.get_column("waived").sum()),
        places=tuple(one for one in named if any(one[:2])),
        more_places=max(0, places.height - _PLACES),
        examples=tuple(_finding(row) for row in part.head(EXAMPLES).iter_rows(named=True)),
    )


_ORDERS: Mapping[str, list[str]] = {
    "severity": ["rank"],
    "sheet": ["sheet", "cell_row", "cell_column"],
    "cell": ["cell_row", "cell_column", "sheet"],
    "value": ["value"],
    "household": ["household_ref"],
}


def _conditions(asked: Asked) -> list[pl.Expr]:
    conditions = [pl.lit(True)]
    for column, wanted in (("rule", asked.rule), ("severity", asked.severity), ("sheet", asked.sheet)):
        if wanted:
            conditions.append(pl.col(column) == wanted)
    if asked.waived in ("yes", "no"):
        conditions.append(pl.col("waived") == (asked.waived == "yes"))
    conditions += [pl.col("searched").str.contains(word, literal=True) for word in asked.text.lower().split()[:_WORDS]]
    return conditions


def _finding(row: Mapping[str, Any]) -> Finding:
    return Finding(
        finding_id=row["finding_id"],
        rule=row["rule"],
        severity=row["severity"],
        sheet=row["sheet"] or "",
        row=row["row"],
        column=row["column"] or "",
        cell=row["cell"] or "",
        value=row["value"] or "",
        expected=row["expected"] or "",
        message_vi=row["message_vi"] or "",
        message_en=row["message_en"] or "",
        household_ref=row["household_ref"] or "",
        waived=bool(row["waived"]),
    )
