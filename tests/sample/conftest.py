"""The sample, generated once."""

import pytest

from sample.year import END_PERIOD, LAST_PERIOD, YearOfMonths, generate_year


@pytest.fixture(scope="session")
def months() -> YearOfMonths:
    """The plan's year and the year after it."""
    return generate_year(last=END_PERIOD)


@pytest.fixture(scope="session")
def year(months: YearOfMonths) -> YearOfMonths:
    """The plan's year."""
    return {slot: month for slot, month in months.items() if slot[0] <= LAST_PERIOD}
