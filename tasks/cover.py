"""What the cover says: sender, period, kind and control totals."""

import datetime as dt
from dataclasses import dataclass

from forms.dictionary import FORM_CODE, FORM_VALID_FROM, FORM_VALID_TO, sheets
from plan.reference import BASELINE_PERIOD, name_key, unit_by_code, unit_names
from tasks.read import ReadWorkbook
from tasks.values import to_date, to_period, to_text, to_whole_number


@dataclass(frozen=True)
class Cover:
    """The cover's values where they are valid, else None. `invalid` names the fields that F04 is about."""

    form: str | None
    district_code: str | None
    period: str | None
    kind: str | None
    prepared_on: dt.date | None
    totals: dict[str, int | None]
    invalid: frozenset[str]

    @property
    def form_fits(self) -> bool:
        """Whether the form's version is known and stands for the period (rule F08)."""
        return self.form == FORM_CODE and (self.period is None or FORM_VALID_FROM <= self.period <= FORM_VALID_TO)


def read_cover(workbook: ReadWorkbook) -> Cover:
    """The cover of a workbook, each field read by its type."""
    texts = {key: to_text(cell.value) for key, cell in workbook.cover.items()}
    raw = {key: cell.value for key, cell in workbook.cover.items()}
    period = to_period(raw.get("period"))
    district = unit_by_code(period or BASELINE_PERIOD, texts.get("district_code") or "")
    district_code = district.code if district is not None and district.level == "district" else None
    kinds = {name_key(kind): kind for kind in sheets()["cover"].field("kind").choices}
    kind = kinds.get(name_key(texts.get("kind") or ""))
    prepared_on = to_date(raw.get("prepared_on"))
    totals = {field.key: _count(raw.get(field.key)) for field in sheets()["cover"].of_type("count")}
    name_fits = district_code is None or name_key(texts.get("district_name") or "") in unit_names(district_code)

    invalid = {field.key for field in sheets()["cover"].fields if field.required and texts.get(field.key) is None}
    for key, valid in {
        "district_code": district_code is not None,
        "district_name": name_fits,
        "period": period is not None,
        "kind": kind is not None,
        "prepared_on": prepared_on is not None,
    }.items():
        if not valid:
            invalid.add(key)
    invalid |= {key for key, total in totals.items() if total is None}
    return Cover(texts.get("form"), district_code, period, kind, prepared_on, totals, frozenset(invalid))


def _count(value: object) -> int | None:
    number = to_whole_number(value)  # type: ignore[arg-type]
    return number if number is not None and number >= 0 else None
