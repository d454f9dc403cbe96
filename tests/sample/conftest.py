"""The sample year, made once for all tests of this room."""

import pytest

from sample.year import YearOfMonths, generate_year


@pytest.fixture(scope="session")
def year() -> YearOfMonths:
    return generate_year()
