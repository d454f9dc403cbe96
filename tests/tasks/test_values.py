"""Cell values as Vietnamese offices write them: decided by the field's type, never by guess."""

import datetime as dt
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.values import (
    EPOCH_1900,
    EPOCH_1904,
    LARGEST_COUNT,
    CellValue,
    clean_text,
    from_serial,
    label_key,
    plain_key,
    to_code,
    to_date,
    to_period,
    to_rate,
    to_text,
    to_whole_number,
)


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (5, 5),
        (5.0, 5),
        (0, 0),
        (-3, -3),
        ("5", 5),
        (" 5 ", 5),
        ("1.552", 1552),
        ("1.234.567", 1234567),
        ("-1.552", -1552),
        ("007", 7),
    ],
)
def test_whole_numbers(value: CellValue, number: int) -> None:
    assert to_whole_number(value) == number


@pytest.mark.parametrize(
    "value",
    [
        1.552,  # a stored fraction is an error, never 1552
        "3,04",
        3.04,
        "1.55",
        "1.5520",
        "12.34.567",
        "1,552",
        "1 552",
        "5 hộ",
        "năm",
        "5.0",
        "",
        "  ",
        None,
        True,
        False,
        dt.date(2020, 1, 1),
        float("nan"),
        float("inf"),
        1e300,
        "٣",
        "-",
        "9" * 40,
    ],
)
def test_what_is_no_whole_number(value: CellValue) -> None:
    assert to_whole_number(value) is None


@given(st.integers(0, LARGEST_COUNT))
def test_a_count_reads_the_same_with_and_without_points(number: int) -> None:
    with_points = f"{number:,}".replace(",", ".")
    assert to_whole_number(with_points) == to_whole_number(str(number)) == to_whole_number(number) == number


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_a_stored_fraction_never_becomes_a_count(value: float) -> None:
    found = to_whole_number(value)
    assert found is None or found == value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("  Ấp   1 ", "Ấp 1"),
        ("Ấp\u00a01\n", "Ấp 1"),
        (unicodedata.normalize("NFD", "Đầm Dơi"), "Đầm Dơi"),
        (32194.0, "32194"),
        (32194, "32194"),
        (101.5, "101.5"),
        ("012345678", "012345678"),
        (True, "TRUE"),
        (False, "FALSE"),
        (dt.date(2020, 1, 31), "2020-01-31"),
        (dt.datetime(2020, 1, 31), "2020-01-31"),
        (dt.datetime(2020, 1, 31, 8, 5), "2020-01-31 08:05:00"),
        ("", None),
        (" \u00a0\n", None),
        (None, None),
    ],
)
def test_texts(value: CellValue, text: str | None) -> None:
    assert to_text(value) == text


@given(st.text())
def test_cleaning_twice_changes_nothing(text: str) -> None:
    once = clean_text(text)
    assert once is None or clean_text(once) == once


@pytest.mark.parametrize(
    "value",
    ["2020-03", "03/2020", "3/2020", " 03/2020 ", "03-2020", "3.2020", dt.date(2020, 3, 1), dt.datetime(2020, 3, 31)],
)
def test_a_month_in_every_form(value: CellValue) -> None:
    assert to_period(value) == "2020-03"


@pytest.mark.parametrize(
    "value",
    ["13/2020", "00/2020", "2020-13", "2020", "tháng 3", "01/03/2020", "03/20", "03/1899", "", None, 202003, 3.2],
)
def test_what_is_no_month(value: CellValue) -> None:
    assert to_period(value) is None


@pytest.mark.parametrize(
    "value",
    [
        "02/01/2020",
        "2/1/2020",
        "02-01-2020",
        "02.01.2020",
        "2020-01-02",
        dt.date(2020, 1, 2),
        dt.datetime(2020, 1, 2, 9),
    ],
)
def test_a_day_in_every_form(value: CellValue) -> None:
    assert to_date(value) == dt.date(2020, 1, 2)


@pytest.mark.parametrize("value", ["31/02/2020", "01/2020", "hôm qua", "", None, 43832, True])
def test_what_is_no_day(value: CellValue) -> None:
    assert to_date(value) is None


def test_labels_match_whatever_their_case_spaces_and_colon() -> None:
    assert label_key("  TỔNG SỐ  hộ nghèo : ") == label_key("Tổng số hộ nghèo")
    assert label_key("Mã hộ *") == label_key("mã hộ")
    assert label_key("Mã hộ") != label_key("Ma ho")


def test_the_icelandic_letter_counts_as_the_vietnamese_one() -> None:
    assert label_key("\u00d0i\u1ec3m B1") == label_key("\u00f0iểm b1") == label_key("Điểm B1")
    assert plain_key("\u00d0i\u1ec3m B1") == "diem b1"


def test_plain_keys_lose_their_diacritics() -> None:
    assert plain_key("Diễn biến") == "dien bien"
    assert plain_key("Điểm B1") == "diem b1"


@pytest.mark.parametrize(
    ("value", "rate"),
    [(3.04, 3.04), (3, 3.0), ("3,04", 3.04), ("3.04", 3.04), ("100", 100.0), ("-0,5", -0.5), (" 2,52 ", 2.52)],
)
def test_rates(value: CellValue, rate: float) -> None:
    assert to_rate(value) == rate


@pytest.mark.parametrize("value", ["1.552", "1.234,5", "3,0,4", "3%", "", None, True, float("nan"), float("inf")])
def test_what_is_no_rate(value: CellValue) -> None:
    assert to_rate(value) is None


@pytest.mark.parametrize(
    ("text", "code"),
    [("32194.0", "32194"), ("32194.", "32194"), ("032194", "032194"), ("321.94", "321.94"), ("N1", "N1"), (None, None)],
)
def test_a_code_that_went_through_numbers(text: str | None, code: str | None) -> None:
    assert to_code(text) == code


def test_an_id_number_that_lost_its_zero_stays_so() -> None:
    assert to_text(12345678.0) == to_text(12345678) == "12345678"


@pytest.mark.parametrize("epoch", [EPOCH_1900, EPOCH_1904])
def test_a_number_in_a_date_cell_is_a_day(epoch: dt.date) -> None:
    day = dt.date(2020, 1, 31)
    assert from_serial((day - epoch).days, epoch) == day
    assert from_serial(float((day - epoch).days) + 0.5, epoch) == day
    assert from_serial(f" {(day - epoch).days} ", epoch) == day


@pytest.mark.parametrize(
    "value", [202003, 5, -1, 1e9, True, "2020", "438321", "43832,5", None, dt.date(2020, 1, 1), float("nan")]
)
def test_other_values_stay_as_they_are(value: CellValue) -> None:
    assert from_serial(value, EPOCH_1900) is value


def test_marks_without_a_width_are_left_out() -> None:
    assert clean_text("\ufeffẤp\u200b 1\u00ad") == "Ấp 1"
