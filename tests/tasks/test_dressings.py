"""Each dressing of a workbook by itself and in drawn company: the data is found, and each value where openpyxl has it.

One known cell of each workbook is wrong. The finding that names it is held against openpyxl reading the same file; the
same month undressed is read as the same rows.
"""

import copy
import datetime as dt
import io
from collections.abc import Callable, Collection, Sequence
from functools import cache
from itertools import cycle
from typing import NamedTuple

import pytest
from dressing import as_xlsx
from dressings import DRESSINGS, Dressing, Sheeting, as_xlsxwriter, plain, undressed
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook  # type: ignore[import-untyped]
from small_district import DISTRICT, a_month, households, some_rows
from test_read import assert_addresses_are_true

from expectations.catalogue import rules
from forms.dictionary import sheets
from forms.layout import column_letter
from plan.reference import BASELINE_PERIOD, communes
from tasks.case import Case
from tasks.cover import read_cover
from tasks.derive import derive_wave
from tasks.findings import make_findings
from tasks.read import ReadWorkbook, read_workbook
from tasks.validate import validate_wave
from tasks.values import clean_text, to_text

# No number, no mark, no code of any list; the same however text is cleaned.
WRONG = "4nguoi"
# Where it is put, and the rule that says so.
Place = tuple[str, str]
PLACES: dict[Place, str] = {
    ("cover", "total_poor"): "F04",
    ("household", "persons"): "H05",
    ("household", "water"): "H13",
    ("household", "movement"): "H08",
    ("household", "ethnicity"): "H17",
    ("commune", "near_poor"): "C01",
    ("movement", "closing"): "C01",
    ("policy", "served"): "P01",
}
EACH, TOGETHER = 2, 20
CHOSEN = st.lists(st.sampled_from(DRESSINGS), unique=True, min_size=2)


class Examined(NamedTuple):
    """A workbook that was read, and its wrong cell, where openpyxl finds it: rule, sheet and address."""

    case: Case
    wrong: tuple[str, str, str]


def a_month_of_two_communes() -> list[Sheeting]:
    second = [unit for unit in communes(BASELINE_PERIOD, DISTRICT) if unit.area == "rural"][1]
    more = households(3, commune_code=second.code, commune_name=second.name, hamlet="Ấp 2")
    return undressed(a_month(rows=[*some_rows(), *more]))


MONTH = a_month_of_two_communes()


def examine(data: st.DataObject, chosen: Collection[Dressing], places: Sequence[Place] = tuple(PLACES)) -> Examined:
    """Dress a month with one wrong cell, and hold what is read against the undressed month and against openpyxl."""
    key, field = data.draw(st.sampled_from(places))
    share = data.draw(st.sampled_from([0, 0.5, 1]))
    dressed, number = spoiled_month(key, field, share)
    for dressing in DRESSINGS:
        if dressing in chosen:
            for sheeting in dressed:
                dressing(sheeting, data.draw)
    dressed = data.draw(st.permutations(dressed))
    write = data.draw(st.sampled_from([as_xlsx, as_xlsxwriter]))
    content = write(dressed)
    theirs = load_workbook(io.BytesIO(content), data_only=True)
    found = assert_addresses_are_true(content, theirs)
    assert_same(found, undressed_twin(key, field, share))
    for sheeting in dressed:
        assert_stands_where_it_was_put(found, sheeting)
    assert_named(found, dressed)

    (spoiled,) = [one for one in dressed if one.key == key]
    cell = f"{column_letter(spoiled.columns[field])}{spoiled.data_rows[number] + 1}"
    assert theirs[spoiled.name][cell].value == WRONG
    cover = read_cover(found)
    case = Case("a", found, dt.date(2020, 1, 5), cover.district_code, cover.period, cover.form_fits)
    return Examined(case, (PLACES[key, field], spoiled.name, cell))


def spoiled_month(key: str, field: str, share: float) -> tuple[list[Sheeting], int]:
    """The month with a wrong value in one field, so far down the rows of data; and in which row."""
    month = copy.deepcopy(MONTH)
    (spoiled,) = [one for one in month if one.key == key]
    number = sheets()["cover"].keys.index(field) if key == "cover" else round(share * (len(spoiled.data_rows) - 1))
    spoiled.put(spoiled.data_rows[number], spoiled.columns[field], WRONG)
    return month, number


@cache
def undressed_twin(key: str, field: str, share: float) -> ReadWorkbook:
    return read_workbook(as_xlsx(spoiled_month(key, field, share)[0]), "mau.xlsx")


def assert_same(found: ReadWorkbook, twin: ReadWorkbook) -> None:
    assert {key: to_text(one.value) for key, one in found.cover.items()} == {
        key: to_text(one.value) for key, one in twin.cover.items()
    }
    assert found.tables.keys() == twin.tables.keys()
    for key, table in twin.tables.items():
        assert table.rows.height > 0
        assert found.tables[key].rows.drop("row").equals(table.rows.drop("row")), key
        assert found.tables[key].repeated_columns == []
    assert found.errors == found.hidden == []


def assert_stands_where_it_was_put(found: ReadWorkbook, sheeting: Sheeting) -> None:
    if sheeting.is_cover:
        assert {key: one.cell for key, one in found.cover.items()} == {
            key: f"{column_letter(sheeting.columns[key])}{row + 1}"
            for key, row in zip(sheets()["cover"].keys, sheeting.data_rows, strict=True)
        }
        return
    table = found.tables[sheeting.key]
    assert table.rows.get_column("row").to_list() == [row + 1 for row in sheeting.data_rows]
    assert table.columns == {key: column_letter(column) for key, column in sheeting.columns.items()}


def assert_named(found: ReadWorkbook, dressed: Sequence[Sheeting]) -> None:
    """Every sum and every column more is named where it stands (F11), and nothing else is.

    A column is named with the title of its group; one without a label only where it has such a title.
    """
    sums = [(one.name, row + 1, clean_text(words)) for one in dressed for row, words in one.sums.items()]
    assert sorted(sums) == sorted((one.sheet, one.row, one.value) for one in found.ignored if one.column is None)
    labels = {(one.sheet, one.column): one.value for one in found.ignored if one.column is not None}
    extra = {(one.name, column_letter(at)): label for one in dressed for at, label in one.extra.items()}
    assert {place for place, label in extra.items() if label} <= labels.keys() <= extra.keys()
    assert all(value.endswith(extra[place]) for place, value in labels.items())
    assert len(labels) + len(sums) == len(found.ignored)


def assert_the_wrong_cell_is_named(examined: Sequence[Examined]) -> None:
    """All are judged at once: one finding for each, at the wrong cell."""
    cases = [one.case for one in examined]
    frames = derive_wave(cases, BASELINE_PERIOD)
    judged = make_findings(cases, frames, validate_wave(frames, BASELINE_PERIOD), limit=10)
    for one, verdict in zip(examined, judged, strict=True):
        listed = [finding for finding in verdict.listed if rules()[finding["rule"]].severity != "info"]
        assert [(finding["rule"], finding["sheet"], finding["cell"]) for finding in listed] == [one.wrong]


@pytest.mark.parametrize("dressing", DRESSINGS, ids=lambda dressing: dressing.__name__)
def test_a_dressing_by_itself_changes_neither_values_nor_addresses(dressing: Dressing) -> None:
    @settings(max_examples=EACH)
    @given(st.data())
    def check(data: st.DataObject) -> None:
        examine(data, [dressing])

    check()


def test_the_wrong_cell_of_any_dressed_workbook_is_named_in_the_senders_file() -> None:
    examined: list[Examined] = []
    for dressing, place in zip(DRESSINGS, cycle(PLACES)):
        _examine_some(EACH, st.just([dressing]), [place], examined)
    _examine_some(TOGETHER, CHOSEN, tuple(PLACES), examined)
    assert len(examined) > len(DRESSINGS) + TOGETHER
    assert {one.wrong[0] for one in examined} == set(PLACES.values())
    assert_the_wrong_cell_is_named(examined)


def _examine_some(
    number: int, chosen: st.SearchStrategy[list[Dressing]], places: Sequence[Place], examined: list[Examined]
) -> None:
    @settings(max_examples=number)
    @given(st.data(), chosen)
    def check(data: st.DataObject, dressings: list[Dressing]) -> None:
        examined.append(examine(data, dressings, places))

    check()


class TestAmbiguity:
    """What could be read in two ways is a finding (F03; F02 for sheets, F04 on the cover), and never a choice."""

    def assert_found(self, month: Sequence[Sheeting], *expected: tuple[str, str]) -> None:
        """`expected` are rules with the sheets on which each speaks; what is only named does not count."""
        found = read_workbook(as_xlsx(month), "thang.xlsx")
        cover = read_cover(found)
        case = Case("a", found, dt.date(2020, 1, 5), cover.district_code, cover.period, cover.form_fits)
        period = case.period if case.is_judgeable else None
        frames = derive_wave([case], period)
        (judged,) = make_findings([case], frames, validate_wave(frames, period), limit=10)
        listed = [one for one in judged.listed if rules()[one["rule"]].severity != "info"]
        assert sorted((one["rule"], one["sheet"]) for one in listed) == sorted(expected)

    @staticmethod
    def month_with(key: str) -> tuple[list[Sheeting], Sheeting]:
        month = copy.deepcopy(MONTH)
        return month, next(one for one in month if one.key == key)

    @pytest.mark.parametrize(
        ("key", "field"),
        [("household", "persons"), ("commune", "poor"), ("movement", "opening"), ("policy", "served")],
    )
    def test_two_columns_that_match_a_label_equally(self, key: str, field: str) -> None:
        month, sheeting = self.month_with(key)
        label = sheets()[key].field(field).label_vi
        sheeting.insert_columns(0, 1)
        sheeting.put(0, 0, f" {label.upper()}:")
        for row in sheeting.data_rows:
            sheeting.put(row, 0, 1)
        self.assert_found(month, ("F03", sheeting.name))

    # Two labels in each other's place; in words that name the fields as surely as the form's own.
    SWAPPED = (
        ("household", "class", "class_previous"),
        ("commune", "poor", "near_poor"),
        ("movement", "opening", "closing"),
    )

    @pytest.mark.parametrize(("key", "one", "other"), SWAPPED)
    @pytest.mark.parametrize("letters", [str, plain, str.upper], ids=["as given", "without diacritics", "in capitals"])
    @pytest.mark.parametrize("at", [0, 1, 4], ids=["above", "below", "among the data"])
    def test_a_header_in_two_possible_rows(
        self, key: str, one: str, other: str, letters: Callable[[str], str], at: int
    ) -> None:
        month, sheeting = self.month_with(key)
        rival = [letters(str(label)) for label in sheeting.rows[0]]
        a, b = sheeting.columns[one], sheeting.columns[other]
        rival[a], rival[b] = rival[b], rival[a]
        sheeting.insert_rows(at, [rival])
        found = read_workbook(as_xlsx(month), "thang.xlsx")
        assert sorted(found.tables[key].repeated_columns) == sorted([one, other])
        assert all(table.repeated_columns == [] for name, table in found.tables.items() if name != key)
        if letters is str:
            self.assert_found(month, ("F03", sheeting.name), ("F03", sheeting.name))

    @pytest.mark.parametrize("at", [0, 1, 4])
    def test_two_rows_that_say_the_same_are_one_header(self, at: int) -> None:
        month, sheeting = self.month_with("household")
        sheeting.insert_rows(at, [[plain(str(label)) for label in sheeting.rows[0]]])
        self.assert_found(month)

    def test_a_title_that_may_be_part_of_a_label_or_not(self) -> None:
        """Below "Mã" stands "xã", and the label of the commune's name, which makes one of its code with it."""
        month, sheeting = self.month_with("commune")
        sheeting.insert_rows(0, [["Mã"]])
        sheeting.merged.append((0, 0, 0, 1))
        sheeting.put(1, 0, "xã")
        self.assert_found(month, ("F03", sheeting.name))

    def test_two_sheets_of_one_name(self) -> None:
        month, sheeting = self.month_with("commune")
        twin = copy.deepcopy(sheeting)
        sheeting.name, twin.name = "XA", "xa "
        self.assert_found([*month, twin], ("F02", "Xã"))

    def test_two_values_of_one_label_on_the_cover(self) -> None:
        month, sheeting = self.month_with("cover")
        sheeting.rows.append(["Kỳ báo cáo", "2020-01"])
        self.assert_found(month, ("F04", "Bìa"))
