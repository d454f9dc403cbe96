"""A fault is one sentence with a way on, and a wrong call is not taken for a fault of the system."""

import duckdb
import httpx
import pytest

import terminal


@pytest.mark.parametrize(
    ("fault", "words", "is_usage"),
    [
        (duckdb.IOException("No space left on device"), "kho dữ liệu", False),
        (httpx.ConnectError("All connection attempts failed"), "PREFECT_API_URL", False),
        (OSError(28, "No space left on device", "x.parquet"), "No space left on device (x.parquet)", False),
        (ZeroDivisionError("division by zero"), "ZeroDivisionError", False),
    ],
)
def test_a_fault_says_what_and_what_now(fault: Exception, words: str, is_usage: bool) -> None:
    message, usage = terminal.explain(fault)
    assert words in message
    assert usage is is_usage


def test_a_district_is_shown_by_code_and_name() -> None:
    assert terminal.district_name("970") == "970 Huyện Đầm Dơi"
    assert terminal.district_name(None) == "?"
