"""Sheet Hộ (frame `household`): H01–H20, X02, X03, X07."""

from great_expectations import expectations as gxe
from great_expectations.expectations.expectation import Expectation

from expectations.common import COUNT, COUNT_TEXT, equal, known_unit, meta
from forms.dictionary import movements, sheets, valid_transitions
from plan.reference import communes, table

SHEET = sheets()["household"]
FLAG_VALUES = ("x", "1", "có", "0", "không")
B2_SCORES = tuple(range(0, 101, 10))
PERSONS_MIN, PERSONS_MAX, PERSONS_USUAL_MAX = 1, 30, 15
# Rule H16: a head of household is at least fifteen and was not born in the century before last.
BORN_FROM, HEAD_AGE_MIN = 1900, 15
ID_NUMBER = r"^(?:\d{9}|\d{12})$"


def suite(period: str) -> list[Expectation]:
    numbers = [field.key for field in SHEET.of_type("count", "year") if field.key != "stt"]
    required = [field.key for field in SHEET.fields if field.required]
    written_numbers = [
        gxe.ExpectColumnValuesToMatchRegex(
            column=f"{key}__count", regex=rf"^$|{COUNT}", **meta("H05", key, f"{key}__count", expected_text=COUNT_TEXT)
        )
        for key in numbers
    ]
    return [
        *known_unit(unit.code for unit in communes(period)),
        gxe.ExpectColumnPairValuesToBeEqual(
            column_A="name_given",
            column_B="name_expected",
            **meta("H02", "commune_name", "commune_name", "unit_name", commune_code="commune_code"),
        ),
        gxe.ExpectCompoundColumnsToBeUnique(
            column_list=["s", "household_key"],
            ignore_row_if="any_value_is_missing",
            **meta("H03", "household_code", "household_code", other_row="other_row"),
        ),
        *[
            gxe.ExpectColumnValuesToNotBeNull(
                column=f"{key}__required", **meta("H04", key, f"{key}__required", expected_text="có giá trị")
            )
            for key in required
        ],
        *written_numbers,
        gxe.ExpectColumnValuesToBeBetween(
            column="persons_counted",
            min_value=PERSONS_MIN,
            max_value=PERSONS_MAX,
            **meta("H06", "persons", "persons", expected_text=f"{PERSONS_MIN}–{PERSONS_MAX}"),
        ),
        gxe.ExpectColumnValuesToBeInSet(
            column="persons_unusual",
            value_set=[0],
            **meta("H07", "persons", "persons", expected_text=f"không quá {PERSONS_USUAL_MAX}"),
        ),
        *[
            gxe.ExpectColumnValuesToBeInSet(
                column=field.key,
                value_set=list(field.choices),
                **meta("H08", field.key, field.key, expected_text="; ".join(field.choices)),
            )
            for field in SHEET.of_type("choice")
        ],
        gxe.ExpectColumnPairValuesToBeEqual(
            column_A="area_given", column_B="area_expected", **meta("H09", "area", "area", "area_expected")
        ),
        gxe.ExpectColumnValuesToBeInSet(
            column="b2_counted",
            value_set=list(B2_SCORES),
            **meta("H10", "b2_points", "b2_points", expected_text="0, 10, … 100"),
        ),
        equal("H11", "b2_points", "b2", counted="deprivations"),
        gxe.ExpectColumnPairValuesToBeEqual(
            column_A="class_given",
            column_B="class_expected",
            **meta(
                "H12",
                "class",
                "class",
                "class_expected",
                b1_points="b1_points",
                b2_points="b2_points",
            ),
        ),
        *[
            gxe.ExpectColumnValuesToBeInSet(
                column=f"{field.key}__flag",
                value_set=list(FLAG_VALUES),
                **meta("H13", field.key, field.key, expected_text="x hoặc để trống"),
            )
            for field in SHEET.of_type("flag")
        ],
        gxe.ExpectColumnValuesToMatchRegex(
            column="head_id_number",
            regex=ID_NUMBER,
            **meta("H14", "head_id_number", "head_id_number", expected_text="9 hoặc 12 chữ số, giữ cả số 0 ở đầu"),
        ),
        gxe.ExpectCompoundColumnsToBeUnique(
            column_list=["s", "id_number_at_end"],
            ignore_row_if="any_value_is_missing",
            **meta("H15", "head_id_number", "head_id_number", other_row="other_id_row"),
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="head_birth_year",
            min_value=BORN_FROM,
            max_value=int(period[:4]) - HEAD_AGE_MIN,
            **meta(
                "H16",
                "head_birth_year",
                "head_birth_year",
                expected_text=f"{BORN_FROM}–{int(period[:4]) - HEAD_AGE_MIN}",
            ),
        ),
        gxe.ExpectColumnValuesToBeInSet(
            column="group_listed",
            value_set=[row["name"] for row in table("ethnic_groups")],
            **meta("H17", "ethnicity", "ethnicity", expected_text="tên dân tộc trong danh mục 54 dân tộc"),
        ),
        gxe.ExpectColumnValuesToBeInSet(
            column="cause_faults",
            value_set=[0],
            **meta(
                "H18", "causes", "causes", expected_text="số thứ tự nguyên nhân trong danh mục; hộ nghèo có ít nhất một"
            ),
        ),
        gxe.ExpectColumnValuesToBeInSet(
            column="transition",
            value_set=sorted(valid_transitions()),
            **meta("H19", "movement", "movement", class_previous="class_previous", **{"class": "class"}),
        ),
        gxe.ExpectColumnValuesToBeInSet(
            column="exit_movement",
            value_set=[movement.code for movement in movements() if movement.class_ == "KN"],
            **meta("H20", "class", "class", expected_text="N1; N2; CN, hoặc diễn biến giảm"),
        ),
        gxe.ExpectColumnPairValuesToBeEqual(
            column_A="previous_given",
            column_B="previous_expected",
            **meta("X02", "class_previous", "class_previous", "previous_expected"),
        ),
        gxe.ExpectColumnValuesToBeNull(
            column="new_but_listed_in", **meta("X03", "movement", "movement", "new_but_listed_in")
        ),
        gxe.ExpectColumnValuesToBeNull(column="relapse_without_record", **meta("X07", "movement", "movement")),
    ]
