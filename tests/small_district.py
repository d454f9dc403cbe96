"""A small district for tests: every commune, few households, every number in line.

Year-long stories come from `sample`; here a test makes one valid month and states only the difference.
"""

import datetime as dt
from collections import Counter
from collections.abc import Sequence

from forms.dictionary import CLASSES_LISTED, DEPRIVATIONS, FORM_CODE, KIND_ANNUAL, KIND_MONTHLY
from forms.month import CellValue, DistrictMonth, Row
from plan.reference import BASELINE_PERIOD, communes, period_end, table, unit_by_code
from sample.summaries import summarise

DISTRICT = "971"  # Năm Căn: seven xã and one thị trấn
# In each commune, of each policy; of health-insurance cards no fewer than persons are listed.
ELIGIBLE, INSURED = 10, 200
COMMUNE = "32194"  # a xã of Năm Căn


def a_household(**changes: CellValue) -> Row:
    """An income-poor household of a rural commune that stays as it is, apart from what the test changes."""
    row: Row = {
        "stt": 1,
        "commune_code": COMMUNE,
        "commune_name": _name(COMMUNE),
        "hamlet": "Ấp 1",
        "household_code": "0001",
        "head_name": "Chủ hộ mẫu",
        "head_birth_year": 1970,
        "head_sex": "Nam",
        "head_id_number": None,
        "ethnicity": "Kinh",
        "persons": 4,
        "area": "Nông thôn",
        "b1_points": 100,
        "b2_points": 20,
        **dict.fromkeys(DEPRIVATIONS),
        "health_insurance": "x",
        "toilet": "x",
        "class": "N1",
        "class_previous": "N1",
        "movement": "KHONG_DOI",
        "social_protection": None,
        "merit": None,
        "causes": "1,4",
        "note": None,
    }
    return row | changes


def households(number: int, **changes: CellValue) -> list[Row]:
    """So many households of one kind, told apart by their codes."""
    start = int(str(changes.pop("household_code", "1")))
    return [a_household(**changes, stt=at, household_code=f"{at:04d}") for at in range(start, start + number)]


def a_month(
    period: str = BASELINE_PERIOD,
    rows: Sequence[Row] | None = None,
    previous: DistrictMonth | None = None,
    district_code: str = DISTRICT,
    served: int = 1,
    **cover: CellValue,
) -> DistrictMonth:
    """A month that every rule passes, if its rows do: sheets Xã, Diễn biến and the totals are counted from them."""
    district = unit_by_code(period, district_code)
    assert district is not None
    own = communes(period, district_code)
    listed = list(rows) if rows is not None else some_rows(district_code)
    insured = Counter[CellValue]()
    for row in listed:
        if row["class"] in CLASSES_LISTED and isinstance(row["persons"], int):
            insured[row["commune_code"]] += row["persons"]
    residents: list[Row] = [
        {
            "commune_code": unit.code,
            "commune_name": unit.name,
            "households": 1000,
            "persons": 4000,
            "minority_households": 50,
            "khmer_households": 40,
        }
        for unit in own
    ]
    policies: list[Row] = [
        {
            "commune_code": unit.code,
            "commune_name": unit.name,
            "policy": row["policy"],
            "eligible": max(INSURED, insured[unit.code]) if row["policy"] == "bhyt" else ELIGIBLE,
            "served": served,
        }
        for unit in own
        for row in table("policies_monitored")
    ]
    month = DistrictMonth(
        cover={
            "form": FORM_CODE,
            "district_code": district_code,
            "district_name": district.name,
            "period": period,
            "kind": KIND_ANNUAL if period.endswith("-12") else KIND_MONTHLY,
            "prepared_by": "Người lập mẫu",
            "prepared_on": period_end(period) + dt.timedelta(days=2),
        },
        household=listed,
        commune=residents,
        policy=policies,
    )
    month = summarise(month, previous)
    month.cover |= cover
    return month


def some_rows(district_code: str = DISTRICT) -> list[Row]:
    """Twelve households of the district's first rural commune: income poor, services deprived, near poor."""
    commune = next(unit for unit in communes(BASELINE_PERIOD, district_code) if unit.area == "rural")
    place: Row = {"commune_code": commune.code, "commune_name": commune.name}
    marks: Row = {"b2_points": 30, "water": "x"}
    services_deprived: Row = {"class": "N2", "class_previous": "N2", "b1_points": 130}
    near_poor: Row = {"class": "CN", "class_previous": "CN", "b1_points": 140, "causes": None}
    return [
        *households(6, **place),
        *households(2, **(place | marks | services_deprived), household_code=101),
        *households(4, **(place | near_poor), household_code=201),
    ]


def _name(code: str) -> str:
    unit = unit_by_code(BASELINE_PERIOD, code)
    assert unit is not None
    return unit.name
