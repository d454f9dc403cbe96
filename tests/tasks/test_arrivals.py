"""The days on which files of the past arrived, as a person wrote them down."""

import datetime as dt
import unicodedata
from pathlib import Path

import pytest

from tasks.arrivals import Arrivals, Taken, WrongArrivals, read_arrivals
from tasks.given_table import WrongTable

ZONE = "Asia/Ho_Chi_Minh"
NOW = dt.datetime(2021, 1, 5, tzinfo=dt.UTC)
FILES = ["a.xlsx", "2020-01/Năm Căn.xlsx", "2020-02/Năm Căn.xlsx"]


def noted(folder: Path, *lines: str, taken: set[Taken] | None = None) -> Arrivals:
    path = folder / "arrivals.csv"
    path.write_text("\n".join(["file_name,received_at", *lines]), encoding="utf-8")
    return read_arrivals(path, FILES, taken or set(), ZONE, NOW)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2020-02-08", dt.datetime(2020, 2, 7, 17)),
        ("2020-02-08 14:30", dt.datetime(2020, 2, 8, 7, 30)),
        ("2020-02-08T14:30:00+00:00", dt.datetime(2020, 2, 8, 14, 30)),
        ("08/02/2020", dt.datetime(2020, 2, 7, 17)),
        ("08/02/2020 14:30", dt.datetime(2020, 2, 8, 7, 30)),
    ],
)
def test_a_day_is_of_the_province_unless_it_says_otherwise(tmp_path: Path, text: str, moment: dt.datetime) -> None:
    assert noted(tmp_path, f"a.xlsx,{text}").at == {"a.xlsx": moment.replace(tzinfo=dt.UTC)}


def test_a_file_is_named_by_its_path_where_its_name_is_not_enough(tmp_path: Path) -> None:
    apart = unicodedata.normalize("NFD", "Năm Căn")  # as some systems write the letters
    lines = [f"2020-01\\{apart}.xlsx,2020-02-08", "./2020-02/Năm Căn.xlsx,2020-03-09", "a.xlsx,2020-01-01"]
    found = noted(tmp_path, *lines)
    assert list(found.at) == ["2020-01/Năm Căn.xlsx", "2020-02/Năm Căn.xlsx", "a.xlsx"]
    assert (found.unknown, found.silent) == ([], [])
    with pytest.raises(WrongArrivals, match=r"có 2 tệp cùng tên Năm Căn\.xlsx; ghi cả thư mục, ví dụ 2020-01/Năm Căn"):
        noted(tmp_path, "Năm Căn.xlsx,2020-02-08")


def test_a_name_alone_is_of_the_one_file_that_no_other_line_names(tmp_path: Path) -> None:
    found = noted(tmp_path, "2020-02/Năm Căn.xlsx,2020-03-09", "Năm Căn.xlsx,2020-02-08")
    assert [day.month for day in (found.at["2020-01/Năm Căn.xlsx"], found.at["2020-02/Năm Căn.xlsx"])] == [2, 3]
    # That one was taken by the run before: its line is not about the other.
    taken = {("Năm Căn.xlsx", dt.datetime(2020, 2, 7, 17, tzinfo=dt.UTC))}
    found = noted(tmp_path, "Năm Căn.xlsx,2020-02-08", taken=taken)
    assert (found.at, found.unknown, found.silent) == ({}, [], FILES)


def test_every_wrong_line_is_named(tmp_path: Path) -> None:
    with pytest.raises(WrongArrivals) as caught:
        noted(tmp_path, "a.xlsx,hôm qua", ",2020-01-01", "a.xlsx,2021-02-01", "a.xlsx,2020-01-01", "a.xlsx,2020-01-02")
    said = str(caught.value)
    for words in (
        "dòng 2: ngày nhận “hôm qua” không đúng dạng",
        "dòng 3: thiếu tên tệp",
        "dòng 4: ngày nhận 2021-02-01 chưa đến",
        "dòng 6: tệp a.xlsx đã có ngày nhận khác",
    ):
        assert words in said
    assert "dòng 5" not in said


def test_a_line_without_its_file_is_told_unless_the_file_was_taken_before(tmp_path: Path) -> None:
    taken = {("c.xlsx", dt.datetime(2019, 12, 31, 17, tzinfo=dt.UTC))}
    found = noted(tmp_path, "b.xlsx,2020-01-01", "old/c.xlsx,2020-01-01", taken=taken)
    assert found.unknown == ["dòng 2: không có tệp b.xlsx trong thư mục"]
    assert found.silent == FILES


def test_a_spreadsheets_semicolons_are_read_and_a_table_without_the_columns_is_not(tmp_path: Path) -> None:
    path = tmp_path / "arrivals.csv"
    path.write_text("\ufeffreceived_at;note;file_name\r\n08/02/2020;x;a.xlsx\r\n;;\r\n", encoding="utf-8")
    assert list(read_arrivals(path, FILES, set(), ZONE, NOW).at) == ["a.xlsx"]
    path.write_text("file,day\na.xlsx,2020-01-01\n", encoding="utf-8")
    with pytest.raises(WrongTable, match="dòng 1: thiếu cột file_name, received_at"):
        read_arrivals(path, FILES, set(), ZONE, NOW)
    path.write_bytes("tên tệp".encode("utf-16"))
    with pytest.raises(WrongTable, match="không phải là tệp CSV bằng UTF-8"):
        read_arrivals(path, FILES, set(), ZONE, NOW)
