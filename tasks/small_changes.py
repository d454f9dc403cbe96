"""Corrections so small that whoever holds two releases sees the households that were corrected (docs/disclosure.md).

A public table of each release is protected by itself. Subtracted from each other, two tables of a month show what was
corrected in it: where that is one to four households of a commune, the difference is a table about these alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from errors import Refused
from forms.dictionary import DEPRIVATIONS
from ledger.states import State
from plan.reference import table as table_of
from plan.reference import unit_by_code
from tasks.disclosure.sums import is_small
from tasks.publications import Slot, contents_of, publications, standing_at

# (submission id, sheet) → its accepted table.
Tables = Callable[[str, str], pl.DataFrame]

# What the public tables tell of a household on the register, in whatever sum of its commune it is counted; and, in the
# sums of its district alone, how it came there or left.
TOLD = ("class", "persons", "head_sex", "ethnicity", "social_protection", "merit", *DEPRIVATIONS)
FLOWS = ("class_previous", "movement")
_LEFT, _KHMER = "KN", "Khmer"
_RESIDENTS = ("households", "persons", "minority_households", "khmer_households")


@dataclass(frozen=True)
class Correction:
    """A slot that was published and whose submission of now was not: all that was published for it, oldest first, and
    what the last release of the month showed (None: nothing)."""

    slot: Slot
    published: tuple[str, ...]
    shown: str | None
    now: str


@dataclass(frozen=True)
class SmallChange:
    """A correction of a slot that changes few households in some communes (codes)."""

    slot: Slot
    communes: tuple[str, ...]
    shown: str | None
    now: str

    @property
    def place_vi(self) -> str:
        """Where it is: district, month and communes, and nothing of what changed."""
        district_code, period = self.slot
        names = [_name(period, code) for code in (district_code, *self.communes)]
        return f"{names[0]}, kỳ {period[5:]}/{period[:4]} ({', '.join(names[1:])})"

    def told(self) -> dict[str, Any]:
        """As JSON and the ledger keep it: district_code, period, communes, submission_id."""
        district_code, period = self.slot
        return {
            "district_code": district_code,
            "period": period,
            "communes": list(self.communes),
            "submission_id": self.now,
        }


class SmallChangeRefused(Refused):
    """Publishing would show few corrected households, and nobody said that it may; `changes` says where."""

    usual_do_vi = (
        "nếu được phép công bố: thêm --yes-publish-small-change (và --by); nếu chưa: thêm --hold-small-change để công "
        "bố phần còn lại, điều chỉnh sẽ đi cùng tháng mới"
    )
    usual_do_en = (
        "if they may be seen: add --yes-publish-small-change (and --by); if not: add --hold-small-change, which "
        "publishes the rest and leaves the correction to the next new month"
    )

    def __init__(self, changes: Sequence[SmallChange]) -> None:
        super().__init__(
            "chưa công bố: có điều chỉnh quá nhỏ (1 đến 4 hộ của một xã), ai so bản công bố cũ với bản mới sẽ thấy "
            "riêng các hộ đó",
            en="not published: corrections of one to four households of a commune, which whoever holds the releases "
            "published before would see",
        )
        self.changes = tuple(changes)

    @property
    def details(self) -> list[str]:
        """A line for each place."""
        return [f"  {change.place_vi}" for change in self.changes]


def corrections(state: State, first_period: str, as_of: str) -> list[Correction]:
    """The slots up to `as_of` (YYYY-MM) that some release showed and whose file of now none did."""
    published: dict[Slot, dict[str, None]] = {}
    shown: dict[Slot, str | None] = {}
    for one in publications(state):
        contents = contents_of(state, one, first_period)
        for slot, submission_id in contents.items():
            published.setdefault(slot, {})[submission_id] = None
        shown |= {slot: contents.get(slot) for slot in published if slot[1] <= one.as_of}
    now = standing_at(state, state.position, first_period, as_of)
    return [
        Correction(slot, tuple(published[slot]), shown[slot], submission_id)
        for slot, submission_id in sorted(now.items(), key=lambda one: (one[0][1], one[0][0]))
        if slot in published and submission_id not in published[slot]
    ]


def small_changes(found: Sequence[Correction], tables: Tables) -> list[SmallChange]:
    """The corrections that change 1 to 4 households, or residents of such a number, in some commune against anything
    that was published for the slot. What came late or is gone altogether is no correction."""
    small = []
    for one in found:
        communes: set[str] = set()
        for before in one.published:
            communes |= _changed_slightly(tables, before, one.now)
        if communes:
            small.append(SmallChange(one.slot, tuple(sorted(communes)), one.shown, one.now))
    return small


def _changed_slightly(tables: Tables, before: str, after: str) -> set[str]:
    """The communes in which few households changed; all that changed where they are few in the whole district."""
    then, now = (_households(tables(one, "household")) for one in (before, after))
    on_register = pl.col("class") != _LEFT
    slight = _small_ones(_counted(then.filter(on_register), now.filter(on_register), "commune_code", TOLD), "changed")
    whole = _counted(then, now, "district_code", (*TOLD, *FLOWS))
    if _small_ones(whole, "changed", "district_code"):
        slight |= set(
            _counted(then, now, "commune_code", (*TOLD, *FLOWS)).filter(pl.col("changed") > 0)["commune_code"]
        )
    residents = (
        tables(before, "commune")
        .join(tables(after, "commune"), on="commune_code", how="full", coalesce=True)
        .with_columns(
            [
                (pl.col(name).fill_null(0) - pl.col(f"{name}_right").fill_null(0)).abs().alias(name)
                for name in _RESIDENTS
            ]
        )
    )
    for name in _RESIDENTS:
        slight |= _small_ones(residents, name)
    return slight


def _households(table: pl.DataFrame) -> pl.DataFrame:
    """Households as they are told of: of their people only whether they are Khmer or of another minority."""
    known = {row["name"]: row["minority"] for row in table_of("ethnic_groups")}
    return table.with_columns(
        ethnicity=pl.when(pl.col("ethnicity") == _KHMER)
        .then(pl.col("ethnicity"))
        .otherwise(pl.col("ethnicity").replace_strict(known, default="yes"))
    )


def _counted(before: pl.DataFrame, after: pl.DataFrame, unit: str, told: Sequence[str]) -> pl.DataFrame:
    """By unit, how many households changed: those without one alike in the other table, on the larger side.

    Alike is what is told alike; codes and names are in no public table.
    """
    columns = [unit, *told]
    both = pl.concat(
        [table.select(columns).with_columns(more=pl.lit(sign)) for table, sign in ((before, 1), (after, -1))]
    )
    differing = both.group_by(columns).agg(pl.col("more").sum())
    gone, new = pl.col("more").clip(lower_bound=0).sum(), (-pl.col("more")).clip(lower_bound=0).sum()
    return differing.group_by(unit).agg(changed=pl.max_horizontal(gone, new))


def _small_ones(table: pl.DataFrame, column: str, unit: str = "commune_code") -> set[str]:
    small = is_small(table[column].to_numpy().astype(np.int64))
    return set(table.filter(pl.Series(small, dtype=pl.Boolean))[unit])


def _name(period: str, code: str) -> str:
    unit = unit_by_code(period, code)
    return unit.name if unit else code
