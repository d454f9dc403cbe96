"""The field dictionary: five sheets, every field once, and the codes that a cell may hold."""

import pytest

from forms.dictionary import CLASSES_LISTED, DEPRIVATIONS, FLOWS, FORM_CODE, Field, movements, sheets
from forms.layout import column_letter

TYPES = {"text", "code", "choice", "count", "date", "flag", "codes", "month", "year"}
FIELDS = [field for sheet in sheets().values() for field in sheet.fields]


def test_five_sheets_in_the_workbooks_order() -> None:
    assert [(key, sheet.name_vi, len(sheet.fields)) for key, sheet in sheets().items()] == [
        ("cover", "Bìa", 10),
        ("household", "Hộ", 31),
        ("commune", "Xã", 16),
        ("movement", "Diễn biến", 13),
        ("policy", "Chính sách", 5),
    ]


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: f"{field.sheet}.{field.key}")
def test_each_field_says_what_it_is(field: Field) -> None:
    assert field.type in TYPES
    assert field.label_vi
    assert field.label_en
    assert bool(field.choices) == (field.type == "choice" and field.key != "policy")


def test_fields_are_numbered_without_a_gap_and_their_labels_differ() -> None:
    for sheet in sheets().values():
        assert [field.order for field in sheet.fields] == list(range(1, len(sheet.fields) + 1))
        assert len({field.label_vi.casefold() for field in sheet.fields}) == len(sheet.fields)
        assert len(set(sheet.keys)) == len(sheet.fields)


def test_only_the_number_and_the_note_may_be_left_out_of_the_header() -> None:
    assert [(f.sheet, f.key) for f in FIELDS if not f.in_header] == [("household", "stt"), ("household", "note")]


def test_personal_fields() -> None:
    assert {(field.sheet, field.key) for field in FIELDS if field.personal} == {
        ("cover", "prepared_by"),
        ("household", "head_name"),
        ("household", "head_birth_year"),
        ("household", "head_id_number"),
        ("household", "note"),
    }


@pytest.mark.parametrize(
    ("sheet", "key", "choices"),
    [
        ("cover", "kind", ("Tháng", "Chính thức năm", "Điều chỉnh")),
        ("household", "head_sex", ("Nam", "Nữ")),
        ("household", "area", ("Thành thị", "Nông thôn")),
        ("household", "class", ("N1", "N2", "CN", "KN")),
        ("household", "class_previous", ("N1", "N2", "CN", "KN", "MOI")),
        ("movement", "class", ("N", "CN")),
        ("movement", "measure", ("Hộ", "Nhân khẩu")),
        ("household", "persons", ()),
        ("policy", "policy", ()),
    ],
)
def test_choices_are_the_codes_alone(sheet: str, key: str, choices: tuple[str, ...]) -> None:
    assert sheets()[sheet].field(key).choices == choices


def test_the_ten_deprivations_stand_side_by_side() -> None:
    keys = sheets()["household"].keys
    start = keys.index(DEPRIVATIONS[0])
    assert keys[start : start + 10] == DEPRIVATIONS
    assert all(sheets()["household"].field(key).type == "flag" for key in DEPRIVATIONS)


def test_the_flows_stand_between_opening_and_closing() -> None:
    keys = sheets()["movement"].keys
    assert keys[keys.index("opening") + 1 : keys.index("closing")] == tuple(FLOWS)
    assert list(FLOWS.values()) == [-1, -1, -1, 1, 1, 1, 1]


# Contract, section 1: code, class before, class after, and where it stands on sheet Diễn biến.
MOVEMENTS = [
    "N_CN N CN N.decrease_1 CN.increase_1",
    "N_KN N KN N.decrease_2 -",
    "N_GIAM N KN N.decrease_3 -",
    "CN_N CN N CN.decrease_2 N.increase_1",
    "TAI_N MOI N - N.increase_2",
    "MOI_N MOI N - N.increase_3",
    "N_TANG MOI N - N.increase_4",
    "CN_KN CN KN CN.decrease_1 -",
    "CN_GIAM CN KN CN.decrease_3 -",
    "TAI_CN MOI CN - CN.increase_2",
    "MOI_CN MOI CN - CN.increase_3",
    "CN_TANG MOI CN - CN.increase_4",
]


def test_the_movements_are_those_of_the_contract() -> None:
    first, *others = movements()
    assert (first.code, first.flow_out, first.flow_in) == ("KHONG_DOI", "", "")
    assert [
        " ".join(
            [
                movement.code,
                movement.class_previous,
                movement.class_,
                f"{movement.group_out}.{movement.flow_out}" if movement.group_out else "-",
                f"{movement.group_in}.{movement.flow_in}" if movement.group_in else "-",
            ]
        )
        for movement in others
    ] == MOVEMENTS
    assert sheets()["household"].field("movement").choices == tuple(movement.code for movement in movements())


def test_every_flow_is_fed_by_exactly_one_movement() -> None:
    fed = [(m.group_out, m.flow_out) for m in movements() if m.group_out]
    fed += [(m.group_in, m.flow_in) for m in movements() if m.group_in]
    assert sorted(fed) == sorted((group, flow) for group in ("N", "CN") for flow in FLOWS)


def test_the_register_holds_the_poor_and_the_near_poor() -> None:
    assert CLASSES_LISTED == ("N1", "N2", "CN")
    assert sheets()["cover"].field("form").values == FORM_CODE


def test_an_unknown_field_is_an_error() -> None:
    with pytest.raises(KeyError, match="no field colour"):
        sheets()["household"].field("colour")


@pytest.mark.parametrize(("index", "letter"), [(0, "A"), (25, "Z"), (26, "AA"), (30, "AE"), (701, "ZZ"), (702, "AAA")])
def test_column_letters(index: int, letter: str) -> None:
    assert column_letter(index) == letter
