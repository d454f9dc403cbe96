"""tasks.small_changes: a correction of a few households of a commune is found, whatever it is; a large one is not."""

import datetime as dt
from typing import Any

import pytest
from warehouse_data import BASELINE, DAM_DOI, Register

from ledger.events import Event
from ledger.states import derive_state
from tasks.publications import Slot
from tasks.small_changes import FLOWS, TOLD, Correction, corrections, small_changes

AT = dt.datetime(2020, 2, 5, 3, tzinfo=dt.UTC)
SLOT: Slot = (DAM_DOI, BASELINE)
FEW, MANY = 4, 5


def a_register(version: str, changed: int = 0, **differs: Any) -> Register:
    """Twenty poor households in each of two communes, the first so many of the first one otherwise."""
    register = Register(DAM_DOI, BASELINE, version=version)
    register.add(changed, **differs)
    register.add(20 - changed)
    register.add(20, commune=1)
    return register


def found(before: Register, after: Register) -> list[str]:
    """The communes that are named, by their place in the district."""
    frames = {one.submission_id: one.frames() for one in (before, after)}
    correction = Correction(SLOT, (before.submission_id,), before.submission_id, after.submission_id)
    changes = small_changes([correction], lambda submission_id, sheet: frames[submission_id][sheet])
    return [code for change in changes for code in change.communes]


FIRST, SECOND = Register(DAM_DOI, BASELINE).commune_codes[:2]


@pytest.mark.parametrize(
    "differs",
    [
        {"deprived": ("water",)},
        {"class_": "CN"},
        {"persons": 5},
        {"ethnicity": "Khmer"},
        {"social_protection": True},
        {"head_sex": "female"},
        {"class_": "KN", "class_previous": "N1", "movement": "N_KN"},
        {"movement": "MOI_N", "class_previous": "MOI"},
    ],
)
def test_few_households_are_found_and_many_are_not(differs: dict[str, Any]) -> None:
    published = a_register("published")
    assert found(published, a_register("corrected", 1, **differs)) == [FIRST]
    assert found(published, a_register("corrected", FEW, **differs)) == [FIRST]
    assert found(published, a_register("corrected", MANY, **differs)) == []


def test_what_no_public_table_tells_is_no_change() -> None:
    published = a_register("published")
    assert found(published, a_register("corrected", 3, b1_points=110, causes=[2], head_birth_year=1980)) == []
    # Other words for the same: the same households in another order, under other codes.
    assert found(a_register("published", 3, persons=5), a_register("corrected", 3, persons=5, hamlet="Ấp 2")) == []


def test_a_large_correction_hides_no_small_one_of_another_commune() -> None:
    corrected = Register(DAM_DOI, BASELINE, version="corrected")
    corrected.add(11)
    corrected.add(19, commune=1)
    assert found(a_register("published"), corrected) == [SECOND]


def test_many_moves_that_only_the_district_shows_hide_no_small_change_of_a_commune() -> None:
    published = a_register("published")
    corrected = a_register("corrected", 10, movement="MOI_N", class_previous="MOI")
    assert found(published, corrected) == []
    corrected.households[0]["merit"] = True
    assert found(published, corrected) == [FIRST]


@pytest.mark.parametrize(("residents", "expected"), [(1001, [SECOND]), (996, [SECOND]), (1300, [])])
def test_residents_count_too(residents: int, expected: list[str]) -> None:
    corrected = a_register("corrected")
    corrected.residents[SECOND] = residents
    assert found(a_register("published"), corrected) == expected


def test_what_was_published_once_is_known_and_what_was_shown_last_stays() -> None:
    """Slots are compared with all that any release showed of them; a file that one showed is asked about no more."""
    one, two, three = (digit * 64 for digit in "123")

    def took(name: str) -> list[Event]:
        judged = Event(
            "judged", AT, submission_id=name, district_code=DAM_DOI, period=BASELINE, payload={"verdict": "accepted"}
        )
        return [Event("received", AT, submission_id=name, payload={"file_name": "thang.xlsx"}), judged]

    def out(name: str, **payload: Any) -> Event:
        return Event("published", AT, payload={"release_id": name, "as_of": BASELINE, **payload})

    def asked(*events: Event) -> list[Correction]:
        told = (Event(**{**event.__dict__, "id": number}) for number, event in enumerate(events, start=1))
        return corrections(derive_state(told), BASELINE, BASELINE)

    withdrawn = [Event(kind, AT, submission_id=name) for kind, name in (("superseded", one), ("withdrawn", two))]
    assert asked(*took(one)) == []
    assert asked(*took(one), out("r1")) == []
    assert asked(*took(one), out("r1"), *took(two)) == [Correction(SLOT, (one,), one, two)]
    assert asked(*took(one), out("r1"), *took(two), out("r2")) == []
    held = out("r2", held=[{"district_code": DAM_DOI, "period": BASELINE, "submission_id": one}])
    assert asked(*took(one), out("r1"), *took(two), held) == [Correction(SLOT, (one,), one, two)]
    assert asked(*took(one), out("r1"), *took(two), out("r2"), *withdrawn, out("r3"), *took(three)) == [
        Correction(SLOT, (one, two), None, three)
    ]


def test_every_column_of_a_household_is_compared_or_in_no_public_table() -> None:
    """A column that is new has to be thought of."""
    columns = set(a_register("published").frames()["household"].columns)
    assert columns - {"row", "submission_id"} == {
        "period", "district_code", "commune_code", "household_id", "hamlet", "household_code", "id_number_hash",
        "head_birth_year", "area", "b1_points", "b2_points", "causes",
        *TOLD,
        *FLOWS,
    }  # fmt: skip
