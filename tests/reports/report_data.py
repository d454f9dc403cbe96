"""Small provinces for the reports' tests: households that differ in everything the forms count apart."""

from pathlib import Path
from typing import Any

from warehouse_data import Register, write_inputs

from forms.dictionary import DEPRIVATIONS
from plan.reference import communes, districts, period_end
from reports.document import write_document
from reports.figures import open_warehouse
from reports.files import DOCUMENT, WAREHOUSE, WORKBOOK
from reports.workbook import write_workbook
from tasks.build import build_warehouse

BASELINE, NOVEMBER, DECEMBER = "2019-12", "2020-11", "2020-12"
SILENT, SILENT_NAME = "973", "Huyện Ngọc Hiển"
_GROUPS = ("Kinh", "Khmer", "Kinh", "Hoa", "Kinh", "Kinh", "Tày")
_POLICIES = {"bhyt": (200, 190), "jobs": (5000, 4400), "housing": (0, 0), "water": (7, 7)}
_MOVES: tuple[dict[str, Any], ...] = (
    {},
    {"movement": "N_KN", "class_previous": "N1", "class_": "KN"},
    {},
    {"movement": "N_CN", "class_previous": "N1", "class_": "CN"},
    {"movement": "TAI_N", "class_previous": "MOI", "class_": "N1"},
    {},
    {"movement": "MOI_CN", "class_previous": "MOI", "class_": "CN"},
    {"movement": "CN_N", "class_previous": "CN", "class_": "N2"},
)


def a_register(district_code: str, period: str, households: int, moves: bool = False) -> Register:
    """A district's month. Its third commune has no residents, its second nobody poor: rates over nobody."""
    made = Register(district_code, period, policies=_POLICIES)
    communes = made.commune_codes
    made.residents = {code: 0 if place == 2 else 300 + 10 * place for place, code in enumerate(communes)}
    for number in range(int(district_code), int(district_code) + households):
        household: dict[str, Any] = {
            "class_": ("N1", "N2", "CN", "N1", "N1")[number % 5],
            "ethnicity": _GROUPS[number % len(_GROUPS)],
            "head_sex": "female" if number % 3 == 0 else "male",
            "social_protection": number % 7 == 0,
            "merit": number % 11 == 0,
            "persons": 1 + number % 6,
            "causes": [1 + number % 11, 1 + number % 3] if number % 5 else [],
        }
        household |= _MOVES[number % len(_MOVES)] if moves else {}
        deprived = tuple(key for place, key in enumerate(DEPRIVATIONS) if number % (place + 2) == 0)
        made.add(commune=(0, 3, 4, 5, 6)[number % 5], deprived=deprived, **household)
    return made


def month_before(register: Register, period: str) -> Register:
    """The month whose register is the opening of this one; nobody moved in it."""
    made = Register(register.district_code, period, residents=register.residents, policies=register.policies)
    for household in register.households:
        if household["class_previous"] != "MOI":
            stayed = {"class": household["class_previous"], "movement": "KHONG_DOI", "period": period_end(period)}
            made.households.append({**household, **stayed, "submission_id": made.submission_id})
    return made


def province() -> list[Register]:
    """Baseline, November and December of all nine districts; December opens where November ended."""
    registers = []
    for place, district in enumerate(districts(BASELINE)):
        december = a_register(district.code, DECEMBER, 22 + place, moves=True)
        registers += [
            a_register(district.code, BASELINE, 30 + place),
            month_before(december, NOVEMBER),
            december,
        ]
    return registers


# A commune of Năm Căn whose November was corrected after December was accepted.
COMMUNE_CORRECTED = "Xã Tam Giang"


def odd_province() -> list[Register]:
    """Đầm Dơi with communes of 5, 6.5 and 7 percent, and Năm Căn with a November that December does not open from."""
    crowded, later = Register("970", BASELINE), Register("970", DECEMBER)
    for commune, poor in enumerate((50, 65, 70)):
        crowded.add(poor, commune=commune)
        later.add(poor - 15, commune=commune)
    december = a_register("971", DECEMBER, 20, moves=True)
    november = month_before(december, NOVEMBER)
    code = next(unit.code for unit in communes(NOVEMBER, "971") if unit.name == COMMUNE_CORRECTED)
    removed = next(one for one in november.households if one["commune_code"] == code and one["class"] == "N1")
    november.households.remove(removed)
    return [crowded, later, a_register("971", BASELINE, 20), november, december]


def build(folder: Path, registers: list[Register], as_of: str) -> Path:
    """A release's folder with its warehouse, its workbook and its document."""
    folder.mkdir(parents=True, exist_ok=True)
    build_warehouse(folder / WAREHOUSE, write_inputs(folder, registers, as_of))
    with open_warehouse(folder / WAREHOUSE) as connection:
        write_workbook(folder / WORKBOOK, connection)
        write_document(folder / DOCUMENT, connection)
    return folder
