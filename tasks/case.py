"""One submission on its way to a verdict, with all that its judging depends on."""

import datetime as dt
from dataclasses import dataclass

import polars as pl

from tasks.read import ReadWorkbook


@dataclass
class Previous:
    """The district's previous register (contract, section 1) and the sheets that came with it.

    `household` holds the register's rows only (classes N1, N2, CN) with the columns of `tasks/schemas.py`
    and `household_key`; `commune` and `policy` are the accepted sheets.
    """

    submission_id: str
    period: str
    household: pl.DataFrame
    commune: pl.DataFrame
    policy: pl.DataFrame


@dataclass
class Case:
    """A submission to be judged.

    `previous` is None for the baseline, and where no earlier month is accepted (`lacks_previous`). `earlier` has one
    row per household and earlier register: household_key, class, period. `period` and `district_code` are
    None where the cover does not name a slot. Where that is so, or the form is not one for the period, only
    the cover and the presence of sheets and columns are judged. `waived_rules` are waived in this submission,
    in whole or in part: their consequences are judged.
    """

    submission_id: str
    workbook: ReadWorkbook
    received_on: dt.date
    district_code: str | None
    period: str | None
    form_fits: bool = True
    lacks_previous: bool = False
    is_closed: bool = False
    previous: Previous | None = None
    earlier: pl.DataFrame | None = None
    waived_rules: frozenset[str] = frozenset()

    @property
    def is_judgeable(self) -> bool:
        return self.form_fits and self.district_code is not None and self.period is not None
