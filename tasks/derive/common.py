"""Small pieces that several frames need."""

from collections.abc import Callable, Iterable, Sequence

import polars as pl

from forms.dictionary import sheets
from plan.reference import communes, name_key, unit_names
from tasks.case import Case

# Stands on both sides of a comparison that can't be made: a null on either side would raise in the library.
NOT_JUDGED = -1
# What a finding shows of a sheet without a count.
BLANK_SHEET = "(trống cả trang)"


def sheet_rows(cases: list[Case], usable: list[frozenset[str]], key: str) -> pl.DataFrame:
    """The rows of one sheet of every submission where it can be judged, with `s` and the sender's district."""
    parts = [
        case.workbook.tables[key].rows.with_columns(
            s=pl.lit(s, pl.Int32), sender_district=pl.lit(case.district_code, pl.String)
        )
        for s, case in enumerate(cases)
        if key in usable[s]
    ]
    if parts:
        return pl.concat(parts)
    schema: dict[str, type[pl.DataType]] = {"row": pl.Int32}
    for field in sheets()[key].fields:
        if field.type in ("count", "year"):
            schema |= {field.key: pl.Int64, f"{field.key}__text": pl.String}
        else:
            schema[field.key] = pl.String
    return pl.DataFrame(schema=schema | {"s": pl.Int32, "sender_district": pl.String})


def mapped(frame: pl.DataFrame, column: str, function: Callable[[str], str | None]) -> pl.Series:
    """A text column passed value by value through a function that is called once per different value."""
    values = frame.get_column(column)
    known = [value for value in values.unique().to_list() if value is not None]
    return values.replace_strict(known, [function(value) for value in known], default=None, return_dtype=pl.String)


def with_unit(frame: pl.DataFrame, period: str | None) -> pl.DataFrame:
    """Add what the unit list says of `commune_code`: `unit_district`, `unit_area`, `unit_name`; and F06's pair.

    `commune_district` is the district that the code belongs to, or the sender's where the code is in no list
    (then H01 speaks). `commune_usable` is true where the code is known and is the sender's.
    """
    listed = communes(period) if period else []
    units = pl.DataFrame(
        {
            "commune_code": [unit.code for unit in listed],
            "unit_district": [unit.parent_code for unit in listed],
            "unit_area": [unit.area for unit in listed],
            "unit_name": [unit.name for unit in listed],
        },
        schema=dict.fromkeys(("commune_code", "unit_district", "unit_area", "unit_name"), pl.String),
    )
    return frame.join(units, on="commune_code", how="left", maintain_order="left").with_columns(
        commune_district=pl.coalesce("unit_district", "sender_district"),
        commune_usable=(pl.col("unit_district") == pl.col("sender_district")).fill_null(False),
    )


def with_name(frame: pl.DataFrame) -> pl.DataFrame:
    """Add the pair of H02: `name_given` and `name_expected`, equal unless name and code are two communes."""
    keyed = frame.with_columns(name_given=mapped(frame, "commune_name", name_key))
    pairs = keyed.select("commune_code", "name_given").unique().drop_nulls()
    wrong = pairs.filter(
        pl.Series(
            [given not in unit_names(code) for code, given in pairs.iter_rows()],
            dtype=pl.Boolean,
        )
    ).with_columns(name_is_wrong=True)
    return keyed.join(wrong, on=["commune_code", "name_given"], how="left", maintain_order="left").with_columns(
        name_given=pl.col("name_given").fill_null(""),
        name_expected=pl.when(pl.col("name_is_wrong") & pl.col("unit_name").is_not_null())
        .then("unit_name")
        .otherwise(pl.col("name_given").fill_null("")),
    )


def household_key(commune: str = "commune_code", hamlet: str = "hamlet", code: str = "household_code") -> pl.Expr:
    """What makes a household the same one next month: commune, hamlet and code, without case.

    Null where one of the three is missing.
    """
    return pl.concat_str(
        pl.col(commune), pl.col(hamlet).str.to_lowercase(), pl.col(code).str.to_lowercase(), separator="|"
    )


def household_ref() -> pl.Expr:
    """The household as a validator and a district find it: commune code / hamlet / household code."""
    return pl.concat_str(
        [pl.col(column).fill_null("?") for column in ("commune_code", "hamlet", "household_code")], separator="/"
    )


def pair(name: str, given: pl.Expr, expected: pl.Expr, judged: pl.Expr) -> list[pl.Expr]:
    """The two columns `NAME_given` and `NAME_expected` of a comparison of whole numbers.

    Where it can't be judged both are NOT_JUDGED, so the expectation holds and neither side is null.
    """
    can = judged & given.is_not_null() & expected.is_not_null()
    return [
        pl.when(can).then(given.cast(pl.Int64)).otherwise(NOT_JUDGED).fill_null(NOT_JUDGED).alias(f"{name}_given"),
        pl.when(can)
        .then(expected.cast(pl.Int64))
        .otherwise(NOT_JUDGED)
        .fill_null(NOT_JUDGED)
        .alias(f"{name}_expected"),
    ]


def waived(cases: list[Case], rule: str) -> pl.Expr:
    """Whether a rule is waived in the row's submission: then its consequences are judged."""
    return pl.col("s").is_in([s for s, case in enumerate(cases) if rule in case.waived_rules])


def count_text(keys: Iterable[str]) -> list[pl.Expr]:
    """`KEY__count` for each count field: the number as digits, or what was written where it is none.

    An empty cell is the empty text. A negative number keeps its sign and so is no count.
    """
    return [
        pl.coalesce(pl.col(key).cast(pl.String), pl.col(f"{key}__text"), pl.lit("")).alias(f"{key}__count")
        for key in keys
    ]


def blank_once(frame: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """`KEY__count` of a sheet on which no count is filled in: its first cell says so, and the others nothing.

    A sheet that was left as the template has it is one fault, not one for each of its cells.
    """
    if not frame.height:
        return frame
    texts = [f"{key}__count" for key in keys]
    nothing = pl.all_horizontal(pl.col("errors").is_null(), *[pl.col(text) == "" for text in texts]).all().over("s")
    first = pl.int_range(pl.len()).over("s") == 0
    return frame.with_columns(
        pl.when(nothing & first & pl.lit(text == texts[0]))
        .then(pl.lit(BLANK_SHEET))
        .when(~nothing)
        .then(text)
        .alias(text)
        for text in texts
    )


def counted_columns(counted: pl.DataFrame, kinds: Sequence[str]) -> pl.DataFrame:
    """What `count_households` gives, one row per `s` and commune: a column `KIND__counted` for each kind."""
    return (
        counted.filter(pl.col("kind").is_in(kinds))
        .pivot(on="kind", on_columns=kinds, index=["s", "commune_code"], values="counted")
        .rename({kind: f"{kind}__counted" for kind in kinds})
    )


def only_counts(keys: Iterable[str]) -> list[pl.Expr]:
    """The count fields with negative numbers taken as not given, for the rules that compare them."""
    return [pl.when(pl.col(key) >= 0).then(pl.col(key)).alias(key) for key in keys]
