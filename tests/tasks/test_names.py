"""Names that others chose are shown safely."""

import json

import pytest

from tasks.names import MAX_LENGTH, shown_name


@pytest.mark.parametrize("name", ["Báo cáo tháng 12 (sửa).xlsx", "Hộ.csv", "a b-c_d.ods", "Ho\u0323\u0302.xlsx"])
def test_an_honest_name_stays(name: str) -> None:
    assert shown_name(name) == name


@pytest.mark.parametrize(
    "letter", ["\u202e", "\u2066", "\u200b", "\x1b", "\n", "\t", "\x7f", "\x00", "\ud800", "\u2028"]
)
def test_what_cannot_be_shown_is_replaced_visibly(letter: str) -> None:
    assert shown_name(f"a{letter}b") == "a�b"


def test_bytes_that_are_no_utf8_can_be_written_as_json() -> None:
    name = shown_name(b"th\xe1ng.xlsx".decode("utf-8", "surrogateescape"))
    assert json.dumps(name, ensure_ascii=False).encode() == '"th�ng.xlsx"'.encode()


def test_a_long_name_keeps_its_start_and_end() -> None:
    shown = shown_name("a" * 300 + ".xlsx")
    assert len(shown) == MAX_LENGTH
    assert shown.endswith(".xlsx")
    assert "…" in shown
