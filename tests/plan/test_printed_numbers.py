"""Every number of the plan's tables stands in the plan's text, as Vietnamese offices write it."""

import re
from decimal import Decimal
from pathlib import Path

import pytest

from plan.reference import DATA, table

TEXT = (DATA.parent / "source" / "19-KH-UBND-2020.txt").read_text(encoding="utf-8")
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
PRINTED = set(NUMBER.findall(TEXT))
# Said in words, or a date (tested on its own).
NOT_IN_FIGURES = ("poor_households_nguoi_co_cong", "plan_submission_deadline")


def spellings(value: str) -> set[str]:
    """The ways to print a number: "7699" is 7.699 and "0.50" is 0,50 or 0,5; counts below ten may have a 0 before."""
    number = abs(Decimal(value))
    if number == number.to_integral_value():
        whole = int(number)
        return {f"{whole:,}".replace(",", "."), f"{whole:02d}", f"{whole},00"}
    return {f"{number:f}".replace(".", ","), f"{number.normalize():f}".replace(".", ",")}


def target_table() -> list[list[str]]:
    """The ten rows of the table of II.3, each with its ten numbers, as printed."""
    cells = [line.strip() for line in TEXT.splitlines() if line.strip()]
    start = cells.index("TP Cà Mau") - 1
    end = cells.index("TOÀN TỈNH")
    rows = [cells[at : at + 12] for at in range(start, end, 12)]
    return [*rows, ["", *cells[end : end + 11]]]


def test_vietnamese_spellings() -> None:
    assert "7.699" in spellings("7699")
    assert spellings("2.52") == {"2,52"}
    assert spellings("0.50") == {"0,50", "0,5"}
    assert "08" in spellings("8")
    assert "6,7" in spellings("-6.7")


@pytest.mark.parametrize("place", range(10))
def test_the_target_table_is_transcribed_cell_by_cell(place: int) -> None:
    printed, row = target_table()[place], table("targets_2020")[place]
    assert printed[0] == row["tt"]
    assert printed[1] == row["unit_name_in_plan"]
    # As the plan's header has them; the reductions and forecasts stand poor, near poor by pairs.
    columns = [
        "poor_households_total_incl_btxh",
        "poor_rate_excl_btxh_pct",
        "near_poor_households_total_incl_btxh",
        "near_poor_rate_excl_btxh_pct",
        "poor_reduction_pp_2020",
        "near_poor_reduction_pp_2020",
        "poor_reduction_households_2020",
        "near_poor_reduction_households_2020",
        "forecast_poor_rate_end2020_pct",
        "forecast_near_poor_rate_end2020_pct",
    ]
    for cell, column in zip(printed[2:], columns, strict=True):
        assert cell in spellings(row[column]), column


def test_the_ten_deprivations_are_transcribed_line_by_line() -> None:
    lines = re.findall(r"^(\d+)\. (.+): ([\d.]+) hộ, tỷ lệ ([\d,]+)%", TEXT, re.MULTILINE)
    expected = [
        (
            row["no"],
            row["name_vi"],
            f"{int(row['poor_households_deprived']):,}".replace(",", "."),
            row["pct_of_poor_households"].replace(".", ","),
        )
        for row in table("deprivation_baseline_2019")
    ]
    assert lines == expected


@pytest.mark.parametrize(
    "row",
    [row for row in table("baseline_2019") if row["metric"] not in NOT_IN_FIGURES],
    ids=lambda row: row["metric"],
)
def test_each_figure_of_the_baseline_is_printed(row: dict[str, str]) -> None:
    assert spellings(row["value"]) & PRINTED


def test_what_the_plan_says_in_words_is_transcribed_too() -> None:
    by_metric = {row["metric"]: row["value"] for row in table("baseline_2019")}
    assert "không còn hộ nghèo thuộc chính sách người có công" in TEXT
    assert by_metric["poor_households_nguoi_co_cong"] == "0"
    assert "ngày 25 tháng 02 năm 2020" in TEXT
    assert by_metric["plan_submission_deadline"] == "2020-02-25"


def test_the_misprints_are_kept() -> None:
    """S10 and S12: the text says so, and the tables only name it."""
    assert "10/8/2019" in TEXT
    assert "10/8/2015" in TEXT
    assert "đời sng" in TEXT
    assert "chậm nht" in TEXT


def test_every_table_is_utf8_without_blank_rows() -> None:
    for path in sorted(Path(DATA).glob("*.csv")):
        content = path.read_bytes()
        assert not content.startswith(b"\xef\xbb\xbf"), path.name
        rows = table(path.stem)
        assert rows, path.name
        assert all(any(row.values()) and None not in row for row in rows), path.name
