"""Expectations put together, so that Great Expectations is asked little however many rows there are.

Its cost is per expectation, per row and above all per value that fails. Nearly every rule looks at one value or
one pair of values, whatever row it stands in, and many ask the same of a dozen columns. So the columns of which
a rule asks the same become one question about their different values, and the rows that fail follow from these.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl
from great_expectations import expectations as gxe
from great_expectations.expectations.expectation import Expectation

from tasks.failure import Failure

# Questions of fewer values are asked side by side, each repeated to the length of the longest. Measured: less splits
# them into more runs, more makes every column as long as the list of ID numbers.
SHORT = 5_000
# What holds of a value or not, whatever other rows hold. Anything else is asked of all rows.
BY_VALUE = (
    gxe.ExpectColumnValuesToBeBetween,
    gxe.ExpectColumnValuesToBeInSet,
    gxe.ExpectColumnValuesToBeNull,
    gxe.ExpectColumnValuesToMatchRegex,
    gxe.ExpectColumnValuesToNotBeNull,
    gxe.ExpectColumnPairValuesAToBeGreaterThanB,
    gxe.ExpectColumnPairValuesToBeEqual,
)


@dataclass(frozen=True)
class Asked:
    """An expectation as a suite has it, of columns of one frame. `wording` is all of it but these columns."""

    frame: str
    expectation: Expectation
    columns: tuple[str, ...]
    wording: str

    @property
    def is_by_value(self) -> bool:
        return isinstance(self.expectation, BY_VALUE)


@dataclass
class Question:
    """Expectations of one wording; beside each the different values that it is asked of, as columns 0 and 1."""

    asked: list[Asked] = field(default_factory=list)
    values: list[pl.DataFrame] = field(default_factory=list)

    @property
    def height(self) -> int:
        return sum(part.height for part in self.values)

    @property
    def rule(self) -> str:
        """The code of the rule that all its expectations stand for."""
        return str((self.asked[0].expectation.meta or {})["rule"])

    def expectation(self, number: int) -> Expectation:
        """The expectation of this question's columns as `side_by_side` names them; `meta` has its rule and number."""
        first = self.asked[0]
        names = [f"{number}.{place}" for place in range(len(first.columns))]
        given = first.expectation.__fields__
        columns = {"column_list": names} if "column_list" in given else dict(zip(_named(given), names, strict=True))
        return first.expectation.copy(update=columns | {"meta": {"rule": self.rule, "question": number}})

    def failures(self, positions: Iterable[int], tables: Mapping[str, pl.DataFrame]) -> list[Failure]:
        """What failed, expectation by expectation; `positions` are places in this question's values."""
        failed = pl.Series(sorted(positions), dtype=pl.Int64)
        found, start = [], 0
        for asked, part in zip(self.asked, self.values, strict=True):
            own = failed.filter(failed.is_between(start, start + part.height, closed="left")) - start
            start += part.height
            if own.is_empty():
                continue
            rows = _rows(tables[asked.frame], asked.columns, part[own]) if asked.is_by_value else own
            found.append(Failure(asked.frame, dict(asked.expectation.meta or {}), rows.to_list()))
        return found


def ask(frame: str, suite: Iterable[Expectation]) -> list[Asked]:
    """The expectations of a frame's suite, ready to be put together."""
    return [_asked(frame, expectation) for expectation in suite]


def put_together(asked: Iterable[Asked], tables: Mapping[str, pl.DataFrame]) -> list[list[Question]]:
    """The questions in groups that fit side by side: the short ones, and the others by their length."""
    questions: dict[object, Question] = {}
    for one in asked:
        values = tables[one.frame].select(one.columns)
        kind = tuple(values.dtypes)
        key = (one.wording, kind, "" if one.is_by_value else (one.frame, one.columns))
        question = questions.setdefault(key, Question())
        question.asked.append(one)
        values.columns = [str(place) for place in range(values.width)]
        question.values.append(values.unique() if one.is_by_value else values)
    groups: dict[int, list[Question]] = {}
    for question in questions.values():
        fits = question.asked[0].is_by_value and question.height <= SHORT
        groups.setdefault(0 if fits else question.height, []).append(question)
    return list(groups.values())


def side_by_side(questions: Sequence[Question]) -> pl.DataFrame:
    """The values of a group of questions as one frame, with columns NUMBER.PLACE."""
    height = max(question.height for question in questions)
    columns = []
    for number, question in enumerate(questions):
        values = pl.concat(question.values)
        values.columns = [f"{number}.{column}" for column in values.columns]
        columns.append(values if values.height == height else values[_repeated(values.height, height)])
    return pl.concat(columns, how="horizontal")


def _repeated(length: int, height: int) -> pl.Series:
    return pl.int_range(height, eager=True) % length


def _rows(table: pl.DataFrame, columns: Sequence[str], bad: pl.DataFrame) -> pl.Series:
    """The places of the rows that hold one of the values."""
    bad.columns = list(columns)
    places = table.select(*columns, position=pl.int_range(pl.len()))
    return places.join(bad, on=list(columns), how="semi", nulls_equal=True).get_column("position").sort()


def _asked(frame: str, expectation: Expectation) -> Asked:
    given = expectation.dict()
    meta = given.pop("meta")
    columns = given.pop("column_list", None) or [given.pop(name) for name in _named(given)]
    wording = json.dumps([type(expectation).__name__, meta["rule"], given], sort_keys=True, default=str)
    return Asked(frame, expectation, tuple(columns), wording)


def _named(given: Iterable[str]) -> list[str]:
    """The fields of an expectation that name a column, in the order of its columns."""
    return [name for name in ("column", "column_A", "column_B") if name in given]
