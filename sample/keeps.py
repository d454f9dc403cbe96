"""The other side of each slip: a month that goes to the edge of a rule, or writes what it asks in another way.

Nothing is wrong with any of them, so each must be accepted without a word.
"""

from typing import cast

from forms.dictionary import CLASSES_POOR, DEPRIVATIONS, FORM_CODE, KIND_CORRECTION, sheets
from forms.month import CellValue, Row
from plan.reference import next_period
from sample.household import AREA_VI, B1_BANDS
from sample.slips import (
    OTHER_DISTRICT,
    Draft,
    Place,
    Slip,
    allowed_change,
    append,
    commune_cell,
    cover_cell,
    household_cell,
    let_poor_fall,
    listed_persons,
    make_near_poor,
    minority_households,
    most_eligible,
    number,
    place,
    policy_cell,
    resident_households,
)
from sample.summaries import HOUSEHOLDS, key_of, register

# Rules X05, H16, H06, H07 at their edges.
_RESIDENTS_PCT, _HEAD_AGE, _SMALLEST, _LARGEST_USUAL = 3, 15, 1, 15
_NEW_CODE = "9001"


def _point(count: int) -> str:
    """A whole number as offices write it: 1552 → "1.552"."""
    return f"{count:,}".replace(",", ".")


def short_district_name(draft: Draft) -> Place:
    name = cast(str, draft.month.cover["district_name"])
    return cover_cell("district_name", name.removeprefix("Huyện ").removeprefix("Thành phố "))(draft)


def total_as_text(draft: Draft) -> Place:
    return cover_cell("total_poor", _point(number(draft.month.cover, "total_poor")))(draft)


def moved_within_the_district(draft: Draft) -> Place:
    """A household under another rural commune of the sender's, counted there."""
    index = draft.household()
    rural = {row["commune_code"]: row for row in draft.month.household if row["area"] == AREA_VI["rural"]}
    other = next(row for code, row in rural.items() if code != draft.month.household[index]["commune_code"])
    draft.month.household[index] |= {"commune_name": other["commune_name"], "household_code": _NEW_CODE}
    found = draft.spoil("household", index, "commune_code", other["commune_code"])
    draft.recount()
    return found


def lines_in_another_order(draft: Draft) -> Place:
    draft.month.policy.reverse()
    return Place(sheets()["policy"].name_vi)


def code_as_number(draft: Draft) -> Place:
    index = draft.household()
    return draft.spoil("household", index, "commune_code", int(str(draft.month.household[index]["commune_code"])))


def name_without_type(draft: Draft) -> Place:
    index = draft.household()
    name = cast(str, draft.month.household[index]["commune_name"]).removeprefix("Xã ")
    return draft.spoil("household", index, "commune_name", f" {name.upper()} ")


def same_code_in_another_hamlet(draft: Draft) -> Place:
    rows = draft.month.household
    index = draft.household()
    other = next(row for row in rows if row["commune_code"] == rows[index]["commune_code"] and row is not rows[index])
    rows[index]["hamlet"] = "Ấp mới"
    return draft.spoil("household", index, "household_code", other["household_code"])


def persons(count: int) -> Slip:
    """A household of so many persons, counted with them."""

    def keep(draft: Draft) -> Place:
        return _with_persons(draft, draft.household(), count)

    return keep


def one_person_more(class_: str) -> Slip:
    """A household grows by one person, counted so."""

    def keep(draft: Draft) -> Place:
        index = draft.household(class_)
        return _with_persons(draft, index, number(draft.month.household[index], "persons") + 1)

    return keep


def _with_persons(draft: Draft, index: int, count: int) -> Place:
    found = draft.spoil("household", index, "persons", count)
    draft.recount()
    return found


def urban_area(draft: Draft) -> Place:
    """A household of a town, in capitals."""
    return draft.spoil("household", draft.household(rural=False), "area", AREA_VI["urban"].upper())


def every_deprivation(draft: Draft) -> Place:
    index = draft.household()
    draft.month.household[index] |= dict.fromkeys(DEPRIVATIONS, "x")
    return draft.spoil("household", index, "b2_points", 10 * len(DEPRIVATIONS))


def one_mark_and_its_points(draft: Draft) -> Place:
    index = draft.household()
    row = draft.month.household[index]
    row[next(key for key in DEPRIVATIONS if row[key] != "x")] = "X"
    return draft.spoil("household", index, "b2_points", number(row, "b2_points") + 10)


def youngest_head(draft: Draft) -> Place:
    return draft.spoil("household", draft.household(), "head_birth_year", int(draft.period[:4]) - _HEAD_AGE)


def near_poor_without_causes(draft: Draft) -> Place:
    return draft.spoil("household", draft.household("CN"), "causes", None)


def leaves(movement: str, shown: str, **changes: CellValue) -> Slip:
    """A household leaves the register, counted so."""

    def keep(draft: Draft) -> Place:
        index = draft.household("CN" if movement.startswith("CN") else "N1")
        draft.month.household[index] |= {"class": "KN", "movement": movement, **changes}
        draft.recount()
        return place("household", index, shown)

    return keep


_UNSCORED: Row = {"b1_points": None, "b2_points": None, **dict.fromkeys(DEPRIVATIONS)}
_ABOVE: Row = {"b1_points": B1_BANDS["CN", "rural"][1] + 1}


def shares_with_one_that_leaves(draft: Draft) -> Place:
    """Two heads under one ID number, of which one has moved away."""
    rows = draft.month.household
    stays = next(row for row in register(rows) if row["head_id_number"])
    return leaves("N_GIAM", "head_id_number", **_UNSCORED, head_id_number=stays["head_id_number"])(draft)


def services_deprived_instead(draft: Draft) -> Place:
    """An income-poor household between the lines, with three deprivations, counted as N2."""
    index = draft.household()
    row = draft.month.household[index]
    row |= dict.fromkeys(DEPRIVATIONS) | dict.fromkeys(DEPRIVATIONS[:3], "x")
    row |= {"b1_points": B1_BANDS["CN", "rural"][1], "b2_points": 30, "class": "N2", "class_previous": "N2"}
    draft.recount()
    return place("household", index, "class")


def residents_all_listed(draft: Draft) -> Place:
    """As many resident households as there are poor and near-poor ones, and nobody else has a claim to anything."""
    row = draft.month.commune[1]
    khmer = number(row, "poor_khmer") + number(row, "near_poor_khmer")
    households = number(row, "poor") + number(row, "near_poor")
    row |= {"households": households, "khmer_households": khmer, "minority_households": khmer}
    row["persons"] = number(row, "poor_persons") + number(row, "near_poor_persons")
    for policy in draft.month.policy:
        if policy["commune_code"] == row["commune_code"]:
            most = number(row, "persons") if policy["policy"] == "bhyt" else households
            policy |= {"eligible": min(number(policy, "eligible"), most), "served": 0}
    return place("commune", 1, "poor")


def falls_to_near_poor(draft: Draft) -> Place:
    make_near_poor(draft.month.household[draft.household()])
    draft.recount()
    index = draft.find("movement", lambda row: bool(row["decrease_1"]) and row["measure"] == HOUSEHOLDS)
    return place("movement", index, "decrease_1")


def enters(movement: str) -> Slip:
    """A household that no register knows comes in."""

    def keep(draft: Draft) -> Place:
        like = draft.month.household[draft.household()]
        return append(draft, like | {"household_code": _NEW_CODE, "head_id_number": None}, movement)

    return keep


def comes_back(movement: str) -> Slip:
    """A household that was poor and left last month is listed again, by a movement that says so."""

    def keep(draft: Draft) -> Place:
        assert draft.previous is not None
        left = {key_of(row) for row in draft.previous.household if row["class"] == "KN"}
        earlier = draft.year[next_period(draft.period, -2), draft.district_code].household
        known = next(row for row in register(earlier) if key_of(row) in left and row["class"] in CLASSES_POOR)
        return append(draft, known, movement)

    return keep


def known_of_one_that_left(draft: Draft) -> Place:
    """The ID number of a household that left the other district in this month."""
    other = draft.year[draft.period, OTHER_DISTRICT].household
    gone = next(row["head_id_number"] for row in other if row["class"] == "KN" and row["head_id_number"])
    return draft.spoil("household", draft.household(), "head_id_number", gone)


def opening_as_text(draft: Draft) -> Place:
    index = draft.find("movement", lambda row: number(row, "opening") > 1)
    return draft.spoil("movement", index, "opening", str(draft.month.movement[index]["opening"]))


def served_of(policy: str, added: int) -> Slip:
    """So many more served than are eligible."""

    def keep(draft: Draft) -> Place:
        index = draft.find("policy", lambda row: row["policy"] == policy)
        return draft.spoil("policy", index, "served", number(draft.month.policy[index], "eligible") + added)

    return keep


def policy_in_capitals(draft: Draft) -> Place:
    return draft.spoil("policy", 0, "policy", str(draft.month.policy[0]["policy"]).upper())


def served_as_before(draft: Draft) -> Place:
    assert draft.previous is not None
    index = draft.find("policy", lambda row: row["policy"] == "bhyt")
    return draft.spoil("policy", index, "served", draft.previous.policy[index]["served"])


def residents_grow_by_the_most(draft: Draft) -> Place:
    assert draft.previous is not None
    before = number(draft.previous.commune[1], "households")
    return draft.spoil("commune", 1, "households", before + before * _RESIDENTS_PCT // 100)


def poor_fall_by_the_most(draft: Draft) -> Place:
    return let_poor_fall(draft, allowed_change(draft))


# Rule → the month that keeps it. What concerns a file and not its numbers is left to `sample.faults`.
KEEPS: dict[str, Slip] = {
    "F04": short_district_name,
    "F05": cover_cell("kind", KIND_CORRECTION),
    "F06": moved_within_the_district,
    "F07": cover_cell("prepared_by", "Người lập khác"),
    "F08": cover_cell("form", f"  {FORM_CODE} "),
    "F09": total_as_text,
    "F10": lines_in_another_order,
    "F12": household_cell("head_name", "Huỳnh Thị Thuý Hoà"),
    "F16": cover_cell("prepared_by", "Người lập đúng kỳ"),
    "H01": code_as_number,
    "H02": name_without_type,
    "H03": same_code_in_another_hamlet,
    "H04": leaves("N_GIAM", "b1_points", **_UNSCORED),
    "H05": household_cell("b1_points", "101"),
    "H06": persons(_SMALLEST),
    "H07": persons(_LARGEST_USUAL),
    "H08": household_cell("head_sex", "NỮ"),
    "H09": urban_area,
    "H10": every_deprivation,
    "H11": one_mark_and_its_points,
    "H12": household_cell("b1_points", B1_BANDS["N1", "rural"][1]),
    "H13": household_cell("merit", "CÓ"),
    "H14": household_cell("head_id_number", "096000000001"),
    "H15": shares_with_one_that_leaves,
    "H16": youngest_head,
    "H17": household_cell("ethnicity", "VIỆT"),
    "H18": near_poor_without_causes,
    "H19": household_cell("class_previous", "N2"),
    "H20": leaves("N_KN", "class", **_ABOVE),
    "C01": commune_cell("persons", lambda row: _point(number(row, "persons"))),
    "C02": residents_all_listed,
    "C03": services_deprived_instead,
    "C04": commune_cell("minority_households", lambda row: row["khmer_households"], "khmer_households"),
    "C05": one_person_more("CN"),
    "C06": commune_cell("persons", lambda row: 10 * number(row, "households")),
    "C07": lambda draft: minority_households(draft, lambda commune, listed: listed),
    "M01": leaves("CN_KN", "movement", **_ABOVE),
    "M02": one_person_more("N1"),
    "M03": falls_to_near_poor,
    "M04": enters("MOI_N"),
    "M05": opening_as_text,
    "P01": policy_in_capitals,
    "P02": served_of("jobs", 1),
    "P03": served_as_before,
    "P04": policy_cell("information", "eligible", resident_households),
    "P05": policy_cell("bhyt", "eligible", listed_persons, served=0),
    "P06": policy_cell("information", "eligible", most_eligible),
    "P07": policy_cell("bhyt", "served", lambda draft, row: number(row, "eligible") - 1),
    "X01": leaves("CN_GIAM", "movement", **_UNSCORED),
    "X02": enters("N_TANG"),
    "X03": comes_back("N_TANG"),
    "X04": known_of_one_that_left,
    "X05": residents_grow_by_the_most,
    "X06": poor_fall_by_the_most,
    "X07": comes_back("TAI_N"),
}
