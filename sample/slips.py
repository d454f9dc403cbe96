"""One slip of the pen for each rule: what a clerk does to a good month so that exactly that rule breaks."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import cast

from forms.dictionary import CLASSES_POOR, DEPRIVATIONS, sheets
from forms.layout import COVER_FIRST_ROW, COVER_VALUE_COLUMN, FIRST_DATA_ROW, column_letter
from forms.month import CellValue, DistrictMonth, Row
from plan.reference import next_period, unit_by_code, units
from sample.household import AREA_VI, B1_BANDS
from sample.summaries import HOUSEHOLDS, PERSONS, key_of, register, summarise
from sample.year import YearOfMonths


@dataclass(frozen=True, slots=True)
class Place:
    """Where a slip shows: the sheet's Vietnamese name, and the cell or "" where no single cell is at fault."""

    sheet: str
    cell: str = ""


@dataclass
class Draft:
    """A copy of a month to spoil, and the months that it is held against."""

    month: DistrictMonth
    period: str
    district_code: str
    year: YearOfMonths

    @property
    def previous(self) -> DistrictMonth | None:
        return self.year.get((next_period(self.period, -1), self.district_code))

    def recount(self) -> None:
        """Bring sheets Xã and Diễn biến and the control totals in line with the changed household rows."""
        self.month = summarise(self.month, self.previous)

    def find(self, sheet: str, fits: Callable[[Row], bool]) -> int:
        """The index of the first row of a sheet that fits. Raises StopIteration where none does."""
        return next(i for i, row in enumerate(self.month.rows(sheet)) if fits(row))

    def spoil(self, sheet: str, index: int, field: str, value: CellValue) -> Place:
        """Write a value into a row and say where that is in the workbook."""
        self.month.rows(sheet)[index][field] = value
        return place(sheet, index, field)

    def household(self, class_: str = "N1", rural: bool = True) -> int:
        """The index of an unmoved household in a commune of one kind, away from the sheet's edges."""
        area = AREA_VI["rural" if rural else "urban"]
        return self.find(
            "household",
            lambda row: (
                (row["class"], row["area"], row["movement"]) == (class_, area, "KHONG_DOI")
                and cast(int, row["persons"]) > 2
                and _marks(row) in (1, 2)
                and row["ethnicity"] == "Kinh"
            ),
        )


Slip = Callable[[Draft], Place]


def draft_of(year: YearOfMonths, period: str, district_code: str) -> Draft:
    """A private copy of a month of the year."""
    return Draft(deepcopy(year[period, district_code]), period, district_code, year)


def place(sheet: str, index: int, field: str) -> Place:
    """The cell of a table row, by its index, as `write_workbook` lays it out."""
    column = column_letter(sheets()[sheet].field(field).order - 1)
    return Place(sheets()[sheet].name_vi, f"{column}{FIRST_DATA_ROW + 1 + index}")


def cover_place(field: str) -> Place:
    """The cell of a cover field's value."""
    row = COVER_FIRST_ROW + sheets()["cover"].field(field).order
    return Place(sheets()["cover"].name_vi, f"{column_letter(COVER_VALUE_COLUMN)}{row}")


def _marks(row: Row) -> int:
    return sum(row[key] == "x" for key in DEPRIVATIONS)


def _number(row: Row, field: str) -> int:
    return cast(int, row[field])


def household_cell(field: str, value: CellValue) -> Slip:
    """A slip that writes one value into one field of an income-poor household."""
    return lambda draft: draft.spoil("household", draft.household(), field, value)


def cover_cell(field: str, value: CellValue) -> Slip:
    """A slip on the cover."""

    def slip(draft: Draft) -> Place:
        draft.month.cover[field] = value
        return cover_place(field)

    return slip


def wrong_total(draft: Draft) -> Place:
    draft.month.cover["total_poor"] = _number(draft.month.cover, "total_poor") + 1
    return cover_place("total_poor")


def foreign_commune(draft: Draft) -> Place:
    """A commune of another district, with its own name: nothing else is wrong with it."""
    index = draft.household()
    kind = unit_by_code(draft.period, cast(str, draft.month.household[index]["commune_code"]))
    assert kind is not None
    other = next(u for u in units() if u.type == kind.type and u.parent_code not in ("", draft.district_code))
    draft.spoil("household", index, "commune_name", other.name)
    return draft.spoil("household", index, "commune_code", other.code)


def missing_line(draft: Draft) -> Place:
    del draft.month.policy[3]
    return Place(sheets()["policy"].name_vi)


def other_name(draft: Draft) -> Place:
    index = draft.household()
    own = draft.month.household[index]["commune_name"]
    other = next(row["commune_name"] for row in draft.month.commune if row["commune_name"] != own)
    return draft.spoil("household", index, "commune_name", other)


def repeated_code(draft: Draft) -> Place:
    """The second household of a hamlet under the first one's code."""
    rows = draft.month.household
    index = next(i for i in range(1, len(rows)) if rows[i]["hamlet"] == rows[i - 1]["hamlet"])
    return draft.spoil("household", index, "household_code", rows[index - 1]["household_code"])


def large_household(draft: Draft) -> Place:
    found = draft.spoil("household", draft.household(), "persons", 16)
    draft.recount()
    return found


def wrong_area(draft: Draft) -> Place:
    """An income-poor household of a commune as urban: its class fits the higher urban line all the same."""
    return draft.spoil("household", draft.household(), "area", AREA_VI["urban"])


def wrong_sum(draft: Draft) -> Place:
    index = draft.household()
    return draft.spoil("household", index, "b2_points", _number(draft.month.household[index], "b2_points") + 10)


def wrong_class(draft: Draft) -> Place:
    """An income-poor household with a score above the line."""
    index = draft.household()
    draft.month.household[index]["b1_points"] = B1_BANDS["CN", "rural"][0] + 1
    return place("household", index, "class")


def repeated_id_number(draft: Draft) -> Place:
    rows = draft.month.household
    first, second = [i for i, row in enumerate(rows) if row["head_id_number"]][:2]
    return draft.spoil("household", second, "head_id_number", rows[first]["head_id_number"])


def wrong_movement(draft: Draft) -> Place:
    """Unchanged, though near poor before and poor now."""
    index = draft.household()
    draft.month.household[index]["class_previous"] = "CN"
    return place("household", index, "movement")


def not_poor_unmoved(draft: Draft) -> Place:
    index = draft.household("CN")
    draft.month.household[index]["class_previous"] = "KN"
    found = draft.spoil("household", index, "class", "KN")
    draft.recount()
    return found


def commune_cell(field: str, change: Callable[[Row], CellValue], shown: str | None = None) -> Slip:
    """A slip on sheet Xã; `shown` is the field where the rule shows it, where that is another."""

    def slip(draft: Draft) -> Place:
        draft.spoil("commune", 1, field, change(draft.month.commune[1]))
        return place("commune", 1, shown or field)

    return slip


def too_few_residents(draft: Draft) -> Place:
    """Fewer residents than listed households, and minorities that fit into them."""
    row = draft.month.commune[1]
    khmer = _number(row, "poor_khmer") + _number(row, "near_poor_khmer")
    households = _number(row, "poor") + _number(row, "near_poor") - 1
    row |= {
        "households": households,
        "khmer_households": khmer,
        "minority_households": khmer,
        "persons": 4 * households,
    }
    return place("commune", 1, "poor")


def movement_cell(group: str, measure: str, change: dict[str, int], shown: str) -> Slip:
    """A slip on sheet Diễn biến: numbers added to one row of the first commune that has such households."""

    def slip(draft: Draft) -> Place:
        index = draft.find(
            "movement", lambda row: (row["class"], row["measure"]) == (group, measure) and _number(row, "opening") > 1
        )
        row = draft.month.movement[index]
        row.update({key: _number(row, key) + added for key, added in change.items()})
        return place("movement", index, shown)

    return slip


def more_served_than_eligible(draft: Draft) -> Place:
    index = draft.find("policy", lambda row: row["policy"] == "bhyt")
    return draft.spoil("policy", index, "served", _number(draft.month.policy[index], "eligible") + 1)


def served_falls(draft: Draft) -> Place:
    assert draft.previous is not None
    before = draft.previous.policy
    index = draft.find("policy", lambda row: row["policy"] == "bhyt")
    return draft.spoil("policy", index, "served", _number(before[index], "served") - 1)


def household_left_out(draft: Draft) -> Place:
    """A poor household vanishes from the list; sheet Diễn biến says that it went, so that its balances hold."""
    index = draft.household()
    gone = draft.month.household.pop(index)
    draft.recount()
    for row in draft.month.movement:
        if (row["commune_code"], row["class"]) == (gone["commune_code"], "N"):
            lost = _number(gone, "persons") if row["measure"] == PERSONS else 1
            row["decrease_3"] = _number(row, "decrease_3") + lost
    return Place(sheets()["household"].name_vi)


def other_previous_class(draft: Draft) -> Place:
    return draft.spoil("household", draft.household(), "class_previous", "N2")


def new_though_known(draft: Draft) -> Place:
    """A household that left last month comes back as if it had never been listed."""
    assert draft.previous is not None
    left = {key_of(row) for row in draft.previous.household if row["class"] == "KN"}
    earlier = draft.year[next_period(draft.period, -2), draft.district_code].household
    known = deepcopy(next(row for row in register(earlier) if key_of(row) in left and row["class"] in CLASSES_POOR))
    return _append(draft, known, "MOI_N")


def relapse_without_record(draft: Draft) -> Place:
    """A household that no register knows comes as a relapse."""
    stranger = deepcopy(draft.month.household[draft.household()])
    stranger |= {"household_code": "9001", "head_id_number": None}
    return _append(draft, stranger, "TAI_N")


def _append(draft: Draft, row: Row, movement: str) -> Place:
    row |= {"stt": len(draft.month.household) + 1, "class_previous": "MOI", "movement": movement}
    draft.month.household.append(row)
    draft.recount()
    return place("household", len(draft.month.household) - 1, "movement")


def residents_jump(draft: Draft) -> Place:
    households = _number(draft.month.commune[1], "households")
    return draft.spoil("commune", 1, "households", households + households // 25)


def poor_fall(draft: Draft) -> Place:
    """A fifth of the poor become near poor in one month, each by the rules."""
    wanted = _number(draft.month.cover, "total_poor") // 5
    able = [
        row
        for row in draft.month.household
        if row["class"] == "N1" and row["movement"] == "KHONG_DOI" and _marks(row) <= 2
    ]
    lines = {AREA_VI[area]: B1_BANDS["CN", area][1] for area in AREA_VI}
    for row in able[:wanted]:
        row |= {"class": "CN", "movement": "N_CN", "b1_points": lines[cast(str, row["area"])]}
    draft.recount()
    return cover_place("total_poor")


# Rule → its slip. Breaking structure (F02, F03, F11) and bytes (F01, F07) is left to `sample.faults`.
SLIPS: dict[str, Slip] = {
    "F04": cover_cell("district_name", "Huyện Không Có"),
    "F06": foreign_commune,
    "F08": cover_cell("form", "HN-T/2019.9"),
    "F09": wrong_total,
    "F10": missing_line,
    "H01": household_cell("commune_code", "99999"),
    "H02": other_name,
    "H03": repeated_code,
    "H04": household_cell("head_name", None),
    "H05": household_cell("b1_points", 101.5),
    "H06": household_cell("persons", 0),
    "H07": large_household,
    "H08": household_cell("head_sex", "Ông"),
    "H09": wrong_area,
    "H10": household_cell("b2_points", 25),
    "H11": wrong_sum,
    "H12": wrong_class,
    "H13": household_cell("merit", "đúng"),
    "H14": household_cell("head_id_number", "12345"),
    "H15": repeated_id_number,
    "H16": household_cell("head_birth_year", 1890),
    "H17": household_cell("ethnicity", "Không rõ"),
    "H18": household_cell("causes", "1,99"),
    "H19": wrong_movement,
    "H20": not_poor_unmoved,
    "C01": commune_cell("persons", lambda row: -1),
    "C02": too_few_residents,
    "C03": commune_cell("services_deprived", lambda row: _number(row, "services_deprived") + 1, "income_poor"),
    "C04": commune_cell("minority_households", lambda row: _number(row, "khmer_households") - 1, "khmer_households"),
    "C05": commune_cell("near_poor_persons", lambda row: _number(row, "near_poor_persons") + 1),
    "C06": commune_cell("persons", lambda row: 11 * _number(row, "households")),
    # Nothing is held against a baseline's opening: raising it too keeps the other balances.
    "M01": movement_cell("N", HOUSEHOLDS, {"opening": 1}, "closing"),
    "M02": movement_cell("N", PERSONS, {"opening": 1}, "closing"),
    "M03": movement_cell("N", HOUSEHOLDS, {"opening": 1, "decrease_1": 1}, "decrease_1"),
    "M04": movement_cell("N", HOUSEHOLDS, {"opening": -1, "increase_3": 1}, "increase_3"),
    "M05": movement_cell("N", HOUSEHOLDS, {"opening": 1}, "opening"),
    "P01": lambda draft: draft.spoil("policy", 0, "served", "nhiều"),
    "P02": more_served_than_eligible,
    "P03": served_falls,
    "X01": household_left_out,
    "X02": other_previous_class,
    "X03": new_though_known,
    "X05": residents_jump,
    "X06": poor_fall,
    "X07": relapse_without_record,
}
