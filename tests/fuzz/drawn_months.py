"""Valid months of a small district, drawn by hypothesis: what every rule lets pass, in all its variety.

A drawn month is what is meant; `as_written` dresses the values as offices write them.
"""

from dataclasses import replace
from typing import cast

from hypothesis import strategies as st
from small_district import DISTRICT, INSURED, a_household, a_month

from forms.dictionary import DEPRIVATIONS, movements
from forms.month import CellValue, DistrictMonth, Row
from plan.reference import BASELINE_PERIOD, Unit, communes, ethnic_group_names, table

JANUARY = "2020-01"
COMMUNES = communes(BASELINE_PERIOD, DISTRICT)
# B1 up to the first is poor by income, up to the second near poor or deprived of services (TT 17/2016).
LINES = {"rural": (120, 150), "urban": (140, 175)}
AREAS = {"rural": "Nông thôn", "urban": "Thành thị"}
CAUSES = [int(row["no"]) for row in table("poverty_causes") if row["regime"] == "2016-2020"]
GROUPS = sorted(set(ethnic_group_names().values()))
SPELLINGS = {name: [known for known, group in ethnic_group_names().items() if group == name] for name in GROUPS}
FLAGS = (*DEPRIVATIONS, "social_protection", "merit")
YES: list[CellValue] = ["x", "X", " x ", "1", 1, "có", "CÓ"]
NO: list[CellValue] = [None, "", 0, "0", "không", "Không"]
MOVES = {(movement.class_previous, movement.class_): [] for movement in movements()}
for _movement in movements():
    MOVES[_movement.class_previous, _movement.class_].append(_movement.code)

MOST_NEW = 3
MOST_PERSONS = 30

_LETTERS = "aăâđêôơưáàảãạấệữĂĐẤ Xx0123456789.,;:/-+=@'\"<>&%_()#|\n"
_NAMES = st.text(_LETTERS, min_size=1, max_size=14).map(lambda text: f"Ấp {text}".strip())
_CODES = st.from_regex(r"\A[0-9A-ZĐ/.-]{0,6}[A-ZĐ1-9]\Z")
# A lone "=" stands for a formula where `old_excel.py` writes it.
_FREE = st.none() | st.text(_LETTERS, max_size=40).filter(lambda text: text != "=")


@st.composite
def baselines(draw: st.DrawFn) -> DistrictMonth:
    """The first month: every household stays what it is."""
    places = draw(st.lists(st.tuples(st.sampled_from(COMMUNES), _NAMES, _CODES), max_size=8, unique_by=_same))
    rows = _with_own_numbers([draw(_households(*place)) for place in places])
    return _with_residents(draw, a_month(rows=rows), rows)


@st.composite
def januaries(draw: st.DrawFn, baseline: DistrictMonth) -> DistrictMonth:
    """The month after: households stay, change class or size, leave; others come."""
    rows = [draw(_a_month_later(row)) for row in baseline.household]
    taken = {_same((row["commune_code"], row["hamlet"], row["household_code"])) for row in rows}
    places = draw(st.lists(st.tuples(st.sampled_from(COMMUNES), _NAMES, _CODES), max_size=MOST_NEW, unique_by=_same))
    for place in places:
        if _same((place[0].code, *place[1:])) not in taken:
            row = draw(_households(*place))
            rows.append(row | {"class_previous": "MOI", "movement": draw(_move("MOI", cast(str, row["class"])))})
    month = a_month(JANUARY, _with_own_numbers(rows), baseline)
    residents = [{**row, **_residents(old)} for row, old in zip(month.commune, baseline.commune, strict=True)]
    return replace(month, commune=residents)


@st.composite
def as_written(draw: st.DrawFn, month: DistrictMonth) -> DistrictMonth:
    """The same month in the spellings that offices use; it must be read as the drawn one."""
    return replace(month, household=[draw(_spelled(row)) for row in month.household])


@st.composite
def _households(draw: st.DrawFn, unit: Unit, hamlet: str, code: str) -> Row:
    low, high = LINES[unit.area]
    kind = draw(st.sampled_from(["N1", "N2", "CN"]))
    marks = draw(st.lists(st.sampled_from(DEPRIVATIONS), unique=True, **_number_of_marks(kind)))
    return a_household(
        commune_code=unit.code,
        commune_name=unit.name,
        hamlet=hamlet,
        household_code=code,
        head_name=draw(_NAMES),
        head_birth_year=draw(st.integers(1850, 2019)),
        head_sex=draw(st.sampled_from(["Nam", "Nữ"])),
        head_id_number=draw(st.none() | st.from_regex(r"\A[0-9]{9}([0-9]{3})?\Z")),
        ethnicity=draw(st.sampled_from(GROUPS)),
        persons=draw(st.integers(1, MOST_PERSONS)),
        area=AREAS[unit.area],
        b1_points=draw(st.integers(0, low) if kind == "N1" else st.integers(low + 1, high)),
        b2_points=10 * len(marks),
        **{key: "x" if key in marks else None for key in DEPRIVATIONS},
        **{key: draw(st.sampled_from(["x", None])) for key in ("social_protection", "merit")},
        **{"class": kind, "class_previous": kind},
        causes=",".join(map(str, draw(st.lists(st.sampled_from(CAUSES), min_size=1, max_size=4, unique=True)))),
        note=draw(_FREE),
    )


def _with_own_numbers(rows: list[Row]) -> list[Row]:
    """No two households with one ID number (rule H15)."""
    numbers = [row["head_id_number"] for row in rows]
    return [
        row | {"head_id_number": None} if row["head_id_number"] in numbers[:at] else row for at, row in enumerate(rows)
    ]


def _number_of_marks(kind: str) -> dict[str, int]:
    return {"N1": {}, "N2": {"min_size": 3}, "CN": {"max_size": 2}}[kind]


@st.composite
def _a_month_later(draw: st.DrawFn, row: Row) -> Row:
    """The household at the end of the next month, with its scores where it is listed again."""
    unit = next(unit for unit in COMMUNES if unit.code == row["commune_code"])
    now = draw(_households(unit, cast(str, row["hamlet"]), cast(str, row["household_code"])))
    before = cast(str, row["class"])
    if draw(st.integers(0, 3)) == 0:
        group = "CN" if before == "CN" else "N"
        now |= {"class": "KN", "movement": draw(st.sampled_from([f"{group}_KN", f"{group}_GIAM"]))}
        # Above both lines, or without scores where the household is gone.
        marks = sum(now[key] == "x" for key in DEPRIVATIONS)
        is_gone = now["movement"] == f"{group}_GIAM"
        now |= {"b1_points": None if is_gone else LINES[unit.area][1] + 1, "b2_points": None if is_gone else 10 * marks}
    else:
        now |= {"movement": draw(_move(before, cast(str, now["class"])))}
    return now | {"class_previous": before}


def _move(before: str, after: str) -> st.SearchStrategy[str]:
    groups = {"N1": "N", "N2": "N"}
    before, after = groups.get(before, before), groups.get(after, after)
    return st.just("KHONG_DOI") if before == after else st.sampled_from(MOVES[before, after])


def _with_residents(draw: st.DrawFn, month: DistrictMonth, rows: list[Row]) -> DistrictMonth:
    """Room for whoever is listed now or in a month, and for the eligible of `a_month` (rules C07, P04)."""
    fewest = max(INSURED, MOST_PERSONS * (len(rows) + MOST_NEW))
    for commune in month.commune:
        khmer = draw(st.integers(len(rows) + MOST_NEW, 100))
        minority = draw(st.integers(khmer, 200))
        households = draw(st.integers(max(minority, fewest // 10), 9999))
        persons = draw(st.integers(max(households, fewest), 10 * households))
        commune |= {"khmer_households": khmer, "minority_households": minority}
        commune |= {"households": households, "persons": persons}
    return month


def _residents(row: Row) -> Row:
    return {key: row[key] for key in ("households", "persons", "minority_households", "khmer_households")}


@st.composite
def _spelled(draw: st.DrawFn, row: Row) -> Row:
    row = dict(row)
    for key in FLAGS:
        row[key] = draw(st.sampled_from(YES if row[key] == "x" else NO))
    for key in ("class", "class_previous", "movement", "head_sex", "area"):
        text = cast(str, row[key])
        row[key] = draw(st.sampled_from([text, text.lower(), text.upper(), f"  {text}\u00a0"]))
    for key in ("persons", "b1_points", "b2_points", "head_birth_year"):
        if row[key] is not None:
            row[key] = draw(st.sampled_from([row[key], float(cast(int, row[key])), f" {row[key]} "]))
    row["ethnicity"] = draw(st.sampled_from(SPELLINGS[cast(str, row["ethnicity"])]))
    separator = draw(st.sampled_from([",", ", ", ";", " ; "]))
    row["causes"] = cast(str, row["causes"]).replace(",", separator)
    row["commune_name"] = draw(st.sampled_from([row["commune_name"], cast(str, row["commune_name"]).upper()]))
    if cast(str, row["commune_code"]).isdecimal() and draw(st.booleans()):
        row["commune_code"] = int(cast(str, row["commune_code"]))
    return row


def _same(place: tuple[object, ...]) -> tuple[str, ...]:
    """What makes two households one: no case, no white space more than needed."""
    unit = place[0]
    code = unit.code if isinstance(unit, Unit) else str(unit)
    return code, *(" ".join(str(part).lower().split()) for part in place[1:])
