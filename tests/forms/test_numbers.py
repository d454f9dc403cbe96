"""Numbers as Vietnamese offices write them."""

import pytest

from forms.numbers import number_vi


@pytest.mark.parametrize(
    ("value", "decimals", "written"),
    [
        (1552, 0, "1.552"),
        (3.04, 2, "3,04"),
        (-1234567, 0, "-1.234.567"),
        (None, 2, ""),
        (0, 0, "0"),
        # Half up on the decimal that is read, as the plan rounds, not on the float's last bit.
        (0.125, 2, "0,13"),
        (2.005, 2, "2,01"),
        (0.5, 0, "1"),
        # No minus before what is printed as nothing.
        (-0.001, 2, "0,00"),
    ],
)
def test_a_number_in_words_of_the_office(value: float | None, decimals: int, written: str) -> None:
    assert number_vi(value, decimals) == written
