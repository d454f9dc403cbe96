"""The cover: who sends what for which month, and what of it is not valid (rules F04, F08)."""

import datetime as dt

import pytest

from tasks.cover import Cover, read_cover
from tasks.read import CoverCell, ReadWorkbook
from tasks.values import CellValue


def a_cover(**changes: CellValue) -> Cover:
    """A valid cover, apart from what the test changes."""
    values: dict[str, CellValue] = {
        "form": "HN-T/2020.1",
        "district_code": "964",
        "district_name": "Thành phố Cà Mau",
        "period": "01/2020",
        "kind": "Tháng",
        "prepared_by": "Người lập",
        "prepared_on": "03/02/2020",
        "total_poor": 398,
        "total_near_poor": "521",
        "total_communes": 17,
    }
    cells = {key: CoverCell(value, f"B{row}") for row, (key, value) in enumerate((values | changes).items(), start=3)}
    return read_cover(ReadWorkbook(cells, "Bìa", {}))


def test_a_valid_cover() -> None:
    cover = a_cover()
    assert cover == Cover(
        form="HN-T/2020.1",
        district_code="964",
        period="2020-01",
        kind="Tháng",
        prepared_on=dt.date(2020, 2, 3),
        totals={"total_poor": 398, "total_near_poor": 521, "total_communes": 17},
        invalid=frozenset(),
    )
    assert cover.form_fits


@pytest.mark.parametrize(
    "changes",
    [
        {"district_code": 964},
        {"district_code": 964.0},
        {"district_name": "TP Cà Mau"},
        {"district_name": "tp. cà mau"},
        {"period": "2020-01"},
        {"period": dt.date(2020, 1, 1)},
        {"kind": "THÁNG"},
        {"kind": "điều chỉnh"},
        {"prepared_on": dt.datetime(2020, 2, 3)},
        {"total_poor": "1.552"},
        {"total_poor": 0},
    ],
)
def test_other_ways_to_write_the_same(changes: dict[str, CellValue]) -> None:
    assert a_cover(**changes).invalid == frozenset()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("district_code", "999"),
        ("district_code", "32194"),  # a commune is no district
        ("district_code", "96"),
        ("district_name", "Huyện Năm Căn"),
        ("period", "13/2020"),
        ("period", "quý I"),
        ("kind", "Quý"),
        ("prepared_on", "hôm qua"),
        ("total_poor", "nhiều"),
        ("total_poor", -1),
        ("total_near_poor", 2.5),
        ("total_communes", True),
    ],
)
def test_an_invalid_field_is_named_alone(field: str, value: CellValue) -> None:
    assert a_cover(**{field: value}).invalid == {field}


@pytest.mark.parametrize(
    "field",
    [
        "form", "district_code", "district_name", "period", "kind", "prepared_by", "prepared_on",
        "total_poor", "total_near_poor", "total_communes",
    ],
)  # fmt: skip
def test_a_blank_field_is_named(field: str) -> None:
    assert field in a_cover(**{field: None}).invalid


def test_a_workbook_without_a_cover_names_every_field() -> None:
    cover = read_cover(ReadWorkbook({}, None, {}))
    assert len(cover.invalid) == 10
    assert (cover.district_code, cover.period) == (None, None)


@pytest.mark.parametrize(
    ("form", "period", "fits"),
    [
        ("HN-T/2020.1", "2019-12", True),
        ("HN-T/2020.1", "2021-12", True),
        ("HN-T/2020.1", "2022-01", False),
        ("HN-T/2020.1", "2019-11", False),
        ("HN-T/2019.9", "2020-01", False),
        (None, "2020-01", False),
    ],
)
def test_the_form_stands_for_its_periods_only(form: str | None, period: str, fits: bool) -> None:
    assert a_cover(form=form, period=period).form_fits is fits
