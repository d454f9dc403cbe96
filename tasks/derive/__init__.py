"""Derive, then expect: every rule becomes a plain statement about columns that are computed here.

A frame has one row per thing judged, `s` (the submission's place in the wave) and `row` (in the sender's
sheet). What can't be judged, because a cell it depends on is itself at fault, is derived so that the
statement holds: the cause is named once, and its consequences are not.
"""

from dataclasses import dataclass

import polars as pl

from tasks.case import Case
from tasks.derive.commune import derive_commune
from tasks.derive.cover import derive_cover
from tasks.derive.errors import pardon_cover, pardon_errors
from tasks.derive.household import count_households, derive_household
from tasks.derive.movement import derive_movement
from tasks.derive.policy import derive_policy
from tasks.derive.presence import derive_presence, is_left_empty, usable_sheets


@dataclass
class Frames:
    """The six frames of a wave; a frame without rows is not validated."""

    cover: pl.DataFrame
    presence: pl.DataFrame
    household: pl.DataFrame
    commune: pl.DataFrame
    movement: pl.DataFrame
    policy: pl.DataFrame

    def items(self) -> list[tuple[str, pl.DataFrame]]:
        return [
            ("cover", self.cover),
            ("presence", self.presence),
            ("household", self.household),
            ("commune", self.commune),
            ("movement", self.movement),
            ("policy", self.policy),
        ]


def derive_wave(cases: list[Case], period: str | None) -> Frames:
    """Derive the frames of all submissions of one period; `period` is None for those without a slot."""
    usable = [usable_sheets(case) for case in cases]
    household = derive_household(cases, usable, period)
    counting = [
        sheets - {"household"} if is_left_empty(case) else sheets for sheets, case in zip(usable, cases, strict=True)
    ]
    counted = count_households(household, cases, counting, period)
    return Frames(
        cover=pardon_cover(derive_cover(cases, usable, household), cases),
        presence=derive_presence(cases, usable, household),
        household=pardon_errors("household", household),
        commune=pardon_errors("commune", derive_commune(cases, usable, period, counted)),
        movement=pardon_errors("movement", derive_movement(cases, usable, period, counted, household)),
        policy=pardon_errors("policy", derive_policy(cases, usable, period, counted)),
    )
