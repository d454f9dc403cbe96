"""One slip of the pen for each rule: what a clerk does to a good month so that exactly that rule breaks."""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from forms.dictionary import CLASSES_POOR, DEPRIVATIONS, sheets
from forms.layout import COVER_FIRST_ROW, COVER_VALUE_COLUMN, FIRST_DATA_ROW, column_letter
from forms.month import CellValue, DistrictMonth, Row
from plan.reference import next_period, unit_by_code, units
from sample.household import AREA_VI, B1_BANDS
from sample.summaries import HOUSEHOLDS, PERSONS, key_of, register, summarise
from sample.year import YearOfMonths

# Whose households share an ID number with the draft's (rule X04).
OTHER_DISTRICT = "964"


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
                and marks_of(row) in (1, 2)
                and row["ethnicity"] == "Kinh"
            ),
        )


Slip = Callable[[Draft], Place]


def draft_of(year: YearOfMonths, period: str, district_code: str) -> Draft:
    """A private copy of a month of the year."""
    month = year[period, district_code]
    own = DistrictMonth(
        dict(month.cover),
        *([dict(row) for row in rows] for rows in (month.household, month.commune, month.movement, month.policy)),
    )
    return Draft(own, period, district_code, year)


def place(sheet: str, index: int, field: str) -> Place:
    """The cell of a table row, by its index, as `write_workbook` lays it out."""
    column = column_letter(sheets()[sheet].field(field).order - 1)
    return Place(sheets()[sheet].name_vi, f"{column}{FIRST_DATA_ROW + 1 + index}")


def cover_place(field: str) -> Place:
    """The cell of a cover field's value."""
    row = COVER_FIRST_ROW + sheets()["cover"].field(field).order
    return Place(sheets()["cover"].name_vi, f"{column_letter(COVER_VALUE_COLUMN)}{row}")


def marks_of(row: Row) -> int:
    return sum(row[key] == "x" for key in DEPRIVATIONS)


def number(row: Row, field: str) -> int:
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
    draft.month.cover["total_poor"] = number(draft.month.cover, "total_poor") + 1
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
    return draft.spoil("household", index, "b2_points", number(draft.month.household[index], "b2_points") + 10)


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
    khmer = number(row, "poor_khmer") + number(row, "near_poor_khmer")
    households = number(row, "poor") + number(row, "near_poor") - 1
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
            "movement", lambda row: (row["class"], row["measure"]) == (group, measure) and number(row, "opening") > 1
        )
        row = draft.month.movement[index]
        row.update({key: number(row, key) + added for key, added in change.items()})
        return place("movement", index, shown)

    return slip


def too_few_minority_households(draft: Draft) -> Place:
    """A listed household is Hoa, and sheet Xã has no minority households but the Khmer on the list."""
    return minority_households(draft, lambda commune, listed: number(commune, "khmer_households"))


def minority_households(draft: Draft, given: Callable[[Row, int], int]) -> Place:
    """Let a listed household be Hoa; `given` says how many minority households its commune has, of so many listed."""
    household = draft.month.household[draft.household()]
    household["ethnicity"] = "Hoa"
    code = household["commune_code"]
    own = [row for row in register(draft.month.household) if row["commune_code"] == code]
    index = draft.find("commune", lambda row: row["commune_code"] == code)
    commune = draft.month.commune[index]
    commune["khmer_households"] = number(commune, "poor_khmer") + number(commune, "near_poor_khmer")
    return draft.spoil(
        "commune", index, "minority_households", given(commune, sum(row["ethnicity"] != "Kinh" for row in own))
    )


def policy_cell(policy: str, field: str, change: Callable[[Draft, Row], int], **also: CellValue) -> Slip:
    """A number of a policy in the commune of an unmoved household that lacks insurance; `also` in the same row."""

    def slip(draft: Draft) -> Place:
        listed = register(draft.month.household)
        code = next(row["commune_code"] for row in listed if row["health_insurance"] == "x")
        index = draft.find("policy", lambda row: (row["commune_code"], row["policy"]) == (code, policy))
        draft.month.policy[index] |= also
        return draft.spoil("policy", index, field, change(draft, draft.month.policy[index]))

    return slip


def resident_households(draft: Draft, row: Row) -> int:
    commune = draft.find("commune", lambda own: own["commune_code"] == row["commune_code"])
    return number(draft.month.commune[commune], "households")


def listed_persons(draft: Draft, row: Row) -> int:
    """The persons of the poor and near-poor households of a row's commune."""
    own = [one for one in register(draft.month.household) if one["commune_code"] == row["commune_code"]]
    return sum(number(one, "persons") for one in own)


def most_eligible(draft: Draft, row: Row) -> int:
    """So many eligible in this row that the district's change by as much as rule P06 allows."""
    assert draft.previous is not None

    def total(month: DistrictMonth) -> int:
        return sum(number(own, "eligible") for own in month.policy if own["policy"] == row["policy"])

    before = total(draft.previous)
    return number(row, "eligible") + before + max(before // 4, 30) - total(draft.month)


def more_served_than_eligible(draft: Draft) -> Place:
    index = draft.find("policy", lambda row: row["policy"] == "bhyt")
    return draft.spoil("policy", index, "served", number(draft.month.policy[index], "eligible") + 1)


def served_falls(draft: Draft) -> Place:
    assert draft.previous is not None
    before = draft.previous.policy
    index = draft.find("policy", lambda row: row["policy"] == "bhyt")
    return draft.spoil("policy", index, "served", number(before[index], "served") - 1)


def household_left_out(draft: Draft) -> Place:
    """A poor household vanishes from the list; sheet Diễn biến says that it went, so that its balances hold."""
    index = draft.household()
    gone = draft.month.household.pop(index)
    draft.recount()
    for row in draft.month.movement:
        if (row["commune_code"], row["class"]) == (gone["commune_code"], "N"):
            lost = number(gone, "persons") if row["measure"] == PERSONS else 1
            row["decrease_3"] = number(row, "decrease_3") + lost
    return Place(sheets()["household"].name_vi)


def other_previous_class(draft: Draft) -> Place:
    return draft.spoil("household", draft.household(), "class_previous", "N2")


def new_though_known(draft: Draft) -> Place:
    """A household that left last month comes back as if it had never been listed."""
    assert draft.previous is not None
    left = {key_of(row) for row in draft.previous.household if row["class"] == "KN"}
    earlier = draft.year[next_period(draft.period, -2), draft.district_code].household
    known = next(row for row in register(earlier) if key_of(row) in left and row["class"] in CLASSES_POOR)
    return append(draft, known, "MOI_N")


def relapse_without_record(draft: Draft) -> Place:
    """A household that no register knows comes as a relapse."""
    stranger = draft.month.household[draft.household()] | {"household_code": "9001", "head_id_number": None}
    return append(draft, stranger, "TAI_N")


def append(draft: Draft, row: Row, movement: str) -> Place:
    stt = len(draft.month.household) + 1
    draft.month.household.append(row | {"stt": stt, "class_previous": "MOI", "movement": movement})
    draft.recount()
    return place("household", len(draft.month.household) - 1, "movement")


def known_elsewhere(draft: Draft) -> Place:
    """A head of household under an ID number that another district lists too."""
    other = draft.year[draft.period, OTHER_DISTRICT].household
    shared = next(row["head_id_number"] for row in register(other) if row["head_id_number"])
    return draft.spoil("household", draft.household(), "head_id_number", shared)


def residents_jump(draft: Draft) -> Place:
    households = number(draft.month.commune[1], "households")
    return draft.spoil("commune", 1, "households", households + households // 25)


def poor_fall(draft: Draft) -> Place:
    """More of the poor become near poor in one month than X06 allows, each by the rules."""
    return let_poor_fall(draft, allowed_change(draft) + 1)


def allowed_change(draft: Draft) -> int:
    """By how many households the poor of the month before may change (rule X06)."""
    assert draft.previous is not None
    return max(number(draft.previous.cover, "total_poor") // 10, 30)


def let_poor_fall(draft: Draft, change: int) -> Place:
    """Let so many fewer be poor than in the month before: unmoved households become near poor."""
    assert draft.previous is not None
    fallen = number(draft.previous.cover, "total_poor") - number(draft.month.cover, "total_poor")
    able = [row for row in draft.month.household if row["class"] == "N1" and row["movement"] == "KHONG_DOI"]
    for row in able[: change - fallen]:
        make_near_poor(row)
    draft.recount()
    return cover_place("total_poor")


def make_near_poor(row: Row) -> None:
    """An income-poor household's income rises over the line; at most two deprivations are left to it."""
    lines = {AREA_VI[area]: B1_BANDS["CN", area][1] for area in AREA_VI}
    for mark in [key for key in DEPRIVATIONS if row[key] == "x"][2:]:
        row[mark] = None
    score: Row = {"b1_points": lines[cast(str, row["area"])], "b2_points": 10 * marks_of(row)}
    row |= score | {"class": "CN", "movement": "N_CN"}


def decomposed(draft: Draft) -> Place:
    """Sheet Hộ typed with letters and tone marks apart."""
    for row in draft.month.household:
        row |= {key: unicodedata.normalize("NFD", value) for key, value in row.items() if isinstance(value, str)}
    return Place(sheets()["household"].name_vi)


# Rule → its slip. What is wrong with a file and not with its numbers is left to `sample.faults`.
SLIPS: dict[str, Slip] = {
    "F04": cover_cell("district_name", "Huyện Không Có"),
    "F06": foreign_commune,
    "F08": cover_cell("form", "HN-T/2019.9"),
    "F09": wrong_total,
    "F10": missing_line,
    "F12": decomposed,
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
    "C03": commune_cell("services_deprived", lambda row: number(row, "services_deprived") + 1, "income_poor"),
    "C04": commune_cell("minority_households", lambda row: number(row, "khmer_households") - 1, "khmer_households"),
    "C05": commune_cell("near_poor_persons", lambda row: number(row, "near_poor_persons") + 1),
    "C06": commune_cell("persons", lambda row: 11 * number(row, "households")),
    "C07": too_few_minority_households,
    # Nothing is held against a baseline's opening: raising it too keeps the other balances.
    "M01": movement_cell("N", HOUSEHOLDS, {"opening": 1}, "closing"),
    "M02": movement_cell("N", PERSONS, {"opening": 1}, "closing"),
    "M03": movement_cell("N", HOUSEHOLDS, {"opening": 1, "decrease_1": 1}, "decrease_1"),
    "M04": movement_cell("N", HOUSEHOLDS, {"opening": -1, "increase_3": 1}, "increase_3"),
    "M05": movement_cell("N", HOUSEHOLDS, {"opening": 1}, "opening"),
    "P01": lambda draft: draft.spoil("policy", 0, "served", "nhiều"),
    "P02": more_served_than_eligible,
    "P03": served_falls,
    "P04": policy_cell("information", "eligible", lambda draft, row: resident_households(draft, row) + 1),
    "P05": policy_cell("bhyt", "eligible", lambda draft, row: listed_persons(draft, row) - 1, served=0),
    "P06": policy_cell("information", "eligible", lambda draft, row: most_eligible(draft, row) + 1),
    "P07": policy_cell("bhyt", "served", lambda draft, row: number(row, "eligible")),
    "X01": household_left_out,
    "X02": other_previous_class,
    "X03": new_though_known,
    "X04": known_elsewhere,
    "X05": residents_jump,
    "X06": poor_fall,
    "X07": relapse_without_record,
}
