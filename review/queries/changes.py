"""What changed: against the sender's previous attempt, and against the last accepted register."""

from dataclasses import dataclass

import polars as pl

from ledger.states import State, Submission

# Households that are listed for one kind of change; the counts are of all.
MOST_LISTED = 200
KINDS = ("entered", "left", "changed_class", "changed_size")


@dataclass(frozen=True)
class FindingChanges:
    """Findings of two attempts. Each table has the columns of the findings; `still` those of the present attempt."""

    mended: pl.DataFrame
    new: pl.DataFrame
    still: pl.DataFrame


@dataclass(frozen=True)
class RegisterChanges:
    """Households of two registers, cut at MOST_LISTED; `counts` are exact.

    Each table: household_ref, class_before, class_now, persons_before, persons_now, row (of the present sheet).
    """

    counts: dict[str, int]
    tables: dict[str, pl.DataFrame]


def previous_attempt(state: State, submission: Submission) -> Submission | None:
    """The file for the same slot that was received before this one."""
    if submission.slot is None:
        return None
    before = [one for one in state.submissions.values() if one.slot == submission.slot and one.order < submission.order]
    return max(before, key=lambda one: one.order, default=None)


def last_register(state: State, submission: Submission) -> Submission | None:
    """The accepted submission that this one is held against: of the latest month before."""
    return state.previous(submission.slot) if submission.slot else None


def finding_changes(before: pl.DataFrame, now: pl.DataFrame) -> FindingChanges:
    """What was mended, is new, or still stands.

    A finding about a household is the same wherever its row has moved to; another one is the same at the same place.
    Several of one rule at one place are told apart by their order.
    """
    earlier, later = _keyed(before), _keyed(now)
    on = ["same", "nth"]
    return FindingChanges(
        mended=earlier.join(later, on=on, how="anti", maintain_order="left"),
        new=later.join(earlier, on=on, how="anti", maintain_order="left"),
        still=later.join(earlier, on=on, how="semi", maintain_order="left"),
    )


def register_changes(before: pl.DataFrame, now: pl.DataFrame) -> RegisterChanges:
    """Households that entered, left, changed their class or their size.

    Takes registers with household_key, household_ref, class, persons, row. A household listed twice counts once.
    """
    pairs = _once(before).join(
        _once(now), on="household_key", how="full", coalesce=True, suffix="_now", maintain_order="right_left"
    )
    was, is_now = pl.col("class").is_not_null(), pl.col("class_now").is_not_null()
    conditions = {
        "entered": ~was & is_now,
        "left": was & ~is_now,
        "changed_class": pl.col("class") != pl.col("class_now"),
        "changed_size": pl.col("persons") != pl.col("persons_now"),
    }
    found = {name: pairs.filter(condition) for name, condition in conditions.items()}
    return RegisterChanges(
        counts={name: part.height for name, part in found.items()} | {"before": before.height, "now": now.height},
        tables={
            name: part.head(MOST_LISTED).select(
                household_ref=pl.coalesce("household_ref_now", "household_ref"),
                class_before="class",
                class_now="class_now",
                persons_before="persons",
                persons_now="persons_now",
                row="row_now",
            )
            for name, part in found.items()
        },
    )


def _keyed(findings: pl.DataFrame) -> pl.DataFrame:
    place = pl.coalesce(pl.col("household_ref").str.to_lowercase(), pl.col("cell"), pl.col("row").cast(pl.String))
    same = pl.concat_str(
        [pl.col(one).fill_null("") for one in ("rule", "sheet", "column")] + [place.fill_null("")], separator="|"
    )
    return findings.with_columns(same=same).with_columns(nth=pl.int_range(pl.len()).over("same"))


def _once(register: pl.DataFrame) -> pl.DataFrame:
    return register.filter(pl.col("household_key").is_not_null()).unique(
        "household_key", keep="first", maintain_order=True
    )
