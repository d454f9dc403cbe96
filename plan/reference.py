"""Look-ups over the plan's tables in `plan/data/`, by period where the law or the map changes.

Every table is a CSV that a person can check against the printed plan in `plan/source/`.
"""

import csv
import datetime as dt
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

DATA = Path(__file__).parent / "data"
URBAN_TYPES = ("phường", "thị trấn")


@dataclass(frozen=True, slots=True)
class Plan:
    """What a plan says of itself, `plan.toml`. Months are written YYYY-MM.

    Verdicts in sentences, headlines and terminal tables stand on `headline_measure` and `headline_basis`, the
    measure and basis of mart.target_vs_actual in which the plan states its target (section II.1).
    """

    id: str
    number: str
    title_vi: str
    title_en: str
    province: str
    first_period: str
    last_period: str
    baseline_period: str
    headline_measure: str
    headline_basis: str


@cache
def plan() -> Plan:
    """The plan of `plan/data/`. Raises TypeError where a key is missing or unknown."""
    return Plan(**tomllib.loads((DATA / "plan.toml").read_text(encoding="utf-8")))


PROVINCE_CODE = plan().province
PLAN_YEAR = int(plan().first_period[:4])
BASELINE_PERIOD = plan().baseline_period


@dataclass(frozen=True, slots=True)
class Unit:
    """An administrative unit with the days between which code and name belong together."""

    level: str
    code: str
    name: str
    type: str
    parent_code: str
    valid_from: dt.date
    valid_to: dt.date

    @property
    def area(self) -> str:
        """'urban' for phường and thị trấn, 'rural' for xã (form field household.area)."""
        return "urban" if self.type in URBAN_TYPES else "rural"


def data_path(table: str) -> Path:
    """The CSV behind a table of the plan, e.g. `targets_2020`.

    Raises FileNotFoundError where the plan has no such table.
    """
    path = DATA / f"{table}.csv"
    if not path.is_file():
        raise FileNotFoundError(f"the plan has no table {table}")
    return path


@cache
def table(name: str) -> tuple[dict[str, str], ...]:
    """The rows of one of the plan's CSVs, every value as printed there."""
    with open(data_path(name), encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def period_end(period: str) -> dt.date:
    """The last day of a month written YYYY-MM. Raises ValueError for anything else."""
    first = dt.date.fromisoformat(f"{period}-01")
    return (first.replace(day=28) + dt.timedelta(days=4)).replace(day=1) - dt.timedelta(days=1)


def next_period(period: str, step: int = 1) -> str:
    """The month `step` months after (before, where negative) a month written YYYY-MM."""
    months = int(period[:4]) * 12 + int(period[5:7]) - 1 + step
    return f"{months // 12:04d}-{months % 12 + 1:02d}"


def periods_between(first: str, last: str) -> list[str]:
    """Every month from first to last, both included."""
    found = []
    while first <= last:
        found.append(first)
        first = next_period(first)
    return found


@cache
def units() -> tuple[Unit, ...]:
    """Province, districts and communes of the list of 2020-02-25, in the list's order."""
    return tuple(
        Unit(
            level=row["level"],
            code=row["code"],
            name=row["name_vi"],
            type=row["type"],
            parent_code=row["parent_code"],
            valid_from=dt.date.fromisoformat(row["valid_from"]),
            valid_to=dt.date.fromisoformat(row["valid_to"]),
        )
        for row in table("units")
    )


@cache
def district_names() -> dict[str, str]:
    """Code → name of every district of the list."""
    return {unit.code: unit.name for unit in units() if unit.level == "district"}


def units_at(period: str, level: str) -> list[Unit]:
    """The units of one level valid at the end of a period (YYYY-MM)."""
    day = period_end(period)
    return [u for u in units() if u.level == level and u.valid_from <= day <= u.valid_to]


def districts(period: str) -> list[Unit]:
    """The districts that owe a workbook for a period, in the plan's printed order."""
    order = [row["unit_code"] for row in table("targets_2020")]
    return sorted(units_at(period, "district"), key=lambda unit: order.index(unit.code))


def communes(period: str, district_code: str | None = None) -> list[Unit]:
    """Communes valid at a period, of one district or of all."""
    return [unit for unit in units_at(period, "commune") if district_code is None or unit.parent_code == district_code]


def unit_by_code(period: str, code: str) -> Unit | None:
    """The unit that carries a code at a period, or None."""
    return next((u for u in units() if u.code == code and u in units_at(period, u.level)), None)


_TONE_MARKS = "\u0300\u0301\u0303\u0309\u0323"


def name_key(name: str) -> str:
    """A unit or group name reduced to what makes it the same name.

    NFC, one space, no case, and no difference in where the tone mark stands (Hoà, Hòa):
    the tone is moved behind the word it belongs to. Letters keep their own marks, so
    "Đầm Dơi" never becomes "Dam Doi"; the Icelandic letter that looks like Đ counts as it.
    """
    words = unicodedata.normalize("NFC", name).replace("\u00a0", " ").casefold().replace("ð", "đ").split()
    return " ".join(_tone_last(word) for word in words)


def _tone_last(word: str) -> str:
    decomposed = unicodedata.normalize("NFD", word)
    tones = "".join(mark for mark in decomposed if mark in _TONE_MARKS)
    letters = "".join(mark for mark in decomposed if mark not in _TONE_MARKS)
    return unicodedata.normalize("NFC", letters) + tones


_SHORT_TYPES = {
    "phường": ("P.", "P. ", "P "),
    "xã": ("X.", "X. "),
    "thị trấn": ("TT ", "TT. ", "TT."),
    "huyện": ("H.", "H. "),
    "thành phố": ("TP ", "TP. ", "TP."),
}


@cache
def unit_names(code: str) -> frozenset[str]:
    """Every accepted spelling of a unit's name, as name keys: official, aliases, its type shortened or left out.

    Only for a name that stands beside its code: "Tân Thành" alone is two communes of one city.
    """
    names = {row["alias"] for row in table("unit_aliases") if row["code"] == code}
    for unit in units():
        if unit.code == code:
            own_name = unit.name[len(unit.type) :].strip()
            names |= {unit.name, own_name}
            names |= {short + own_name for short in _SHORT_TYPES.get(unit.type, ())}
    return frozenset(name_key(name) for name in names)


@cache
def ethnic_group_names() -> dict[str, str]:
    """Name key of every known spelling → the group's name in the list of 54."""
    found = {}
    for row in table("ethnic_groups"):
        for spelling in [row["name"], *row["aliases"].split(";")]:
            if spelling.strip():
                found[name_key(spelling)] = row["name"]
    return found


def regime(period: str) -> str:
    """The poverty line in force at a period, e.g. '2016-2021' (QĐ 59/2015, NĐ 07/2021).

    Raises LookupError where no line is known.
    """
    day = period_end(period).isoformat()
    for row in table("poverty_lines"):
        if row["valid_from"] <= day <= row["valid_to"]:
            return row["period"]
    raise LookupError(f"no poverty line is known for {period}")
