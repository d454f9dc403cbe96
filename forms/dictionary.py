"""Every field of the monthly workbook, defined once in `hn_t_2020_1.csv`.

The template, the reader, the expectations, the warehouse's comments and the docs are
made from what this module returns (contract, section 1).
"""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent

FORM_CODE = "HN-T/2020.1"
# Contract, rule F08: the form stands for the line of QĐ 59/2015, kept for 2021 by NĐ 07/2021.
FORM_VALID_FROM = "2019-12"
FORM_VALID_TO = "2021-12"

DEPRIVATIONS = (
    "health_access",
    "health_insurance",
    "adult_education",
    "child_school",
    "housing_quality",
    "housing_area",
    "water",
    "toilet",
    "telecom",
    "info_assets",
)
# Fields of sheet Xã that sheet Hộ counts (rule C05); the others are residents.
COUNTED_FIELDS = (
    "poor",
    "poor_persons",
    "income_poor",
    "services_deprived",
    "poor_social_protection",
    "poor_khmer",
    "near_poor",
    "near_poor_persons",
    "near_poor_social_protection",
    "near_poor_khmer",
)
CLASSES_LISTED = ("N1", "N2", "CN")
CLASSES_POOR = ("N1", "N2")
KIND_MONTHLY = "Tháng"
KIND_ANNUAL = "Chính thức năm"
KIND_CORRECTION = "Điều chỉnh"

# Columns of sheet Diễn biến between opening and closing, with the sign they carry.
FLOWS = {
    "decrease_1": -1,
    "decrease_2": -1,
    "decrease_3": -1,
    "increase_1": 1,
    "increase_2": 1,
    "increase_3": 1,
    "increase_4": 1,
}


@dataclass(frozen=True, slots=True)
class Field:
    """One cell of the cover or one column of a table sheet.

    `type` is one of text, code, choice, count, date, flag, codes, month, year.
    `in_header` is false only for TT and Ghi chú, the two columns a sender may leave out.
    """

    sheet: str
    order: int
    key: str
    label_vi: str
    label_en: str
    type: str
    required: bool
    unit: str
    values: str
    personal: bool
    description: str

    @property
    def in_header(self) -> bool:
        return self.key not in ("stt", "note")

    @property
    def choices(self) -> tuple[str, ...]:
        """The coded values of a choice field, as they stand in the cell; empty for other types."""
        if self.type != "choice":
            return ()
        if self.key == "movement":
            return tuple(movement.code for movement in movements())
        if self.key == "policy":
            return ()  # the codes are the plan's, see plan/data/policies_monitored.csv
        return tuple(part.split("(")[0].strip() for part in self.values.split(";"))


@dataclass(frozen=True, slots=True)
class Movement:
    """One movement code: from which class to which, and where it stands on sheet Diễn biến.

    `group_out`/`flow_out` is the group and column that loses the household, `group_in`/`flow_in`
    the one that gains it; empty where there is none.
    """

    code: str
    class_previous: str
    class_: str
    group_out: str
    flow_out: str
    group_in: str
    flow_in: str
    label_vi: str
    label_en: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of the workbook, with its fields in order."""

    key: str
    name_vi: str
    fields: tuple[Field, ...]

    def field(self, key: str) -> Field:
        for field in self.fields:
            if field.key == key:
                return field
        raise KeyError(f"sheet {self.key} has no field {key}")

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(field.key for field in self.fields)

    def of_type(self, *types: str) -> tuple[Field, ...]:
        return tuple(field for field in self.fields if field.type in types)


@cache
def sheets() -> dict[str, Sheet]:
    """The five sheets by key, in the workbook's order: cover, household, commune, movement, policy."""
    found: dict[str, list[Field]] = {}
    names: dict[str, str] = {}
    with open(HERE / "hn_t_2020_1.csv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            names[row["sheet"]] = row["sheet_vi"]
            found.setdefault(row["sheet"], []).append(
                Field(
                    sheet=row["sheet"],
                    order=int(row["order"]),
                    key=row["key"],
                    label_vi=row["label_vi"],
                    label_en=row["label_en"],
                    type=row["type"],
                    required=row["required"] == "yes",
                    unit=row["unit"],
                    values=row["values"],
                    personal=row["personal"] == "yes",
                    description=row["description"],
                )
            )
    return {key: Sheet(key, names[key], tuple(fields)) for key, fields in found.items()}


@cache
def movements() -> tuple[Movement, ...]:
    """The thirteen movement codes of the contract, KHONG_DOI first."""
    with open(HERE / "movements.csv", encoding="utf-8", newline="") as file:
        return tuple(
            Movement(
                code=row["code"],
                class_previous=row["class_previous"],
                class_=row["class"],
                group_out=row["group_out"],
                flow_out=row["flow_out"],
                group_in=row["group_in"],
                flow_in=row["flow_in"],
                label_vi=row["label_vi"],
                label_en=row["label_en"],
            )
            for row in csv.DictReader(file)
        )


@cache
def valid_transitions() -> frozenset[str]:
    """Every `class_previous>class:movement` that the contract's table of movements allows (rule H19)."""
    members = {"N": CLASSES_POOR, "CN": ("CN",), "KN": ("KN",), "MOI": ("MOI",)}
    allowed = {
        f"{before}>{after}:{movement.code}"
        for movement in movements()
        if movement.code != "KHONG_DOI"
        for before in members[movement.class_previous]
        for after in members[movement.class_]
    }
    same = {(one, one) for one in (*CLASSES_LISTED, "KN")} | {("N1", "N2"), ("N2", "N1")}
    return frozenset(allowed) | {f"{before}>{after}:KHONG_DOI" for before, after in same}
