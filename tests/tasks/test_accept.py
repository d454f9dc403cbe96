"""Accepted tables: written whole, keyed, and read back as the next month's previous register."""

import datetime as dt
import json
import unicodedata
from pathlib import Path
from typing import cast

import polars as pl
import pytest
from small_district import COMMUNE, DISTRICT, a_household, a_month, households

from forms.dictionary import DEPRIVATIONS
from forms.month import DistrictMonth, Row
from forms.workbook import write_workbook
from tasks.accept import accepted_tables, read_earlier, read_previous, write_accepted
from tasks.files import sha256_of
from tasks.pseudonym import KEY_FILE, pseudonym_key, pseudonyms
from tasks.read import read_workbook
from tasks.schemas import ACCEPTED

KEY = b"khoa thu"
ID = "a" * 64


def tables_of(month: DistrictMonth, folder: Path, period: str = "2019-12") -> dict[str, pl.DataFrame]:
    write_workbook(folder / "thang.xlsx", month)
    workbook = read_workbook((folder / "thang.xlsx").read_bytes(), "thang.xlsx")
    return accepted_tables(workbook, ID, DISTRICT, period, KEY)


def household(folder: Path, **changes: object) -> dict[str, object]:
    """The accepted row of one household."""
    month = a_month(rows=[a_household()])
    month.household[0] |= cast(Row, changes)
    return tables_of(month, folder)["household"].row(0, named=True)


class TestTables:
    def test_have_the_columns_and_types_of_the_schemas(self, tmp_path: Path) -> None:
        for name, table in tables_of(a_month(), tmp_path).items():
            assert dict(table.schema) == ACCEPTED[name], name
            assert table.get_column("submission_id").unique().to_list() == [ID]
            assert table.get_column("period").unique().to_list() == [dt.date(2019, 12, 31)]

    def test_hold_every_row_of_the_workbook(self, tmp_path: Path) -> None:
        month = a_month()
        tables = tables_of(month, tmp_path)
        assert {name: table.height for name, table in tables.items()} == {
            "household": len(month.household),
            "commune": len(month.commune),
            "movement": len(month.movement),
            "policy": len(month.policy),
        }
        assert tables["commune"].get_column("poor").sum() == month.cover["total_poor"]
        assert set(tables["movement"].get_column("measure")) == {"households", "persons"}

    def test_carry_no_name_no_id_number_and_no_free_text(self, tmp_path: Path) -> None:
        row = household(tmp_path, head_name="Nguyễn Văn Mẫu", head_id_number="012345678", note="mật")
        for value in row.values():
            assert not {"Nguyễn Văn Mẫu", "012345678", "mật"} & {str(value)}

    @pytest.mark.parametrize(
        ("field", "value", "accepted"),
        [
            ("head_sex", "Nữ", "female"),
            ("head_sex", "nam", "male"),
            ("area", "NÔNG THÔN", "rural"),
            ("area", "Thành thị", "urban"),
            ("class", "n1", "N1"),
            ("movement", "khong_doi", "KHONG_DOI"),
            ("ethnicity", "việt", "Kinh"),
            ("ethnicity", "KHMER", "Khmer"),
            ("merit", " X ", True),
            ("merit", "Có", True),
            ("merit", unicodedata.normalize("NFD", "có"), True),
            ("merit", 1, True),
            ("merit", 0, False),
            ("merit", "không", False),
            ("merit", None, False),
            ("causes", "1, 4;11", [1, 4, 11]),
            ("causes", 4, [4]),
            ("causes", None, None),
            ("persons", "12", 12),
            ("b1_points", None, None),
        ],
    )
    def test_codes_come_out_in_one_spelling(self, tmp_path: Path, field: str, value: object, accepted: object) -> None:
        assert household(tmp_path, **{field: value})[field] == accepted

    def test_deprivations_are_yes_or_no(self, tmp_path: Path) -> None:
        row = household(tmp_path)
        assert {key for key in DEPRIVATIONS if row[key]} == {"health_insurance", "toilet"}
        assert all(row[key] is not None for key in DEPRIVATIONS)

    def test_a_household_keeps_its_pseudonym_however_it_is_written(self, tmp_path: Path) -> None:
        one = household(tmp_path, hamlet="Ấp 1", household_code="a12")
        other = household(tmp_path, hamlet="ẤP  1", household_code="A12 ", persons=6)
        assert one["household_id"] == other["household_id"]
        assert one["household_id"] != household(tmp_path, hamlet="Ấp 2", household_code="a12")["household_id"]

    def test_without_an_id_number_there_is_no_hash(self, tmp_path: Path) -> None:
        assert household(tmp_path)["id_number_hash"] is None
        assert household(tmp_path, head_id_number="012345678")["id_number_hash"] is not None


class TestWriteAndReadBack:
    @pytest.fixture
    def tables(self, tmp_path: Path) -> dict[str, pl.DataFrame]:
        rows = [
            *households(2),
            a_household(household_code="0003", **{"class": "KN", "class_previous": "CN", "movement": "CN_KN"}),
        ]
        return tables_of(a_month(rows=rows), tmp_path)

    def test_four_files_with_their_hashes(self, tables: dict[str, pl.DataFrame], tmp_path: Path) -> None:
        write_accepted(tmp_path / "accepted" / ID, tables)
        assert [folder.name for folder in (tmp_path / "accepted").iterdir()] == [ID]
        names = sorted(path.name for path in (tmp_path / "accepted" / ID).iterdir())
        assert names == ["commune.parquet", "household.parquet", "manifest.json", "movement.parquet", "policy.parquet"]
        hashes = json.loads((tmp_path / "accepted" / ID / "manifest.json").read_text())
        assert hashes == {name: sha256_of(tmp_path / "accepted" / ID / name) for name in names if name in hashes}
        assert hashes.keys() == {f"{name}.parquet" for name in tables}
        for name, table in tables.items():
            assert pl.read_parquet(tmp_path / "accepted" / ID / f"{name}.parquet").equals(table)

    def test_a_second_writing_leaves_the_first(self, tables: dict[str, pl.DataFrame], tmp_path: Path) -> None:
        write_accepted(tmp_path / ID, tables)
        before = (tmp_path / ID / "household.parquet").stat().st_ino
        write_accepted(tmp_path / ID, tables)
        assert (tmp_path / ID / "household.parquet").stat().st_ino == before

    def test_a_full_disk_leaves_nothing(
        self, tables: dict[str, pl.DataFrame], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(_: Path) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("tasks.accept.sync_file", full)
        with pytest.raises(OSError, match="No space left"):
            write_accepted(tmp_path / "accepted" / ID, tables)
        assert list((tmp_path / "accepted").iterdir()) == []

    def test_the_previous_register_leaves_out_who_left(self, tables: dict[str, pl.DataFrame], tmp_path: Path) -> None:
        write_accepted(tmp_path / ID, tables)
        previous = read_previous(tmp_path / ID, "2019-12")
        assert (previous.submission_id, previous.period) == (ID, "2019-12")
        assert previous.household.get_column("household_ref").to_list() == [
            f"{COMMUNE}/Ấp 1/0001",
            f"{COMMUNE}/Ấp 1/0002",
        ]
        assert previous.commune.height == 8

    def test_earlier_registers_are_one_row_per_listing(self, tables: dict[str, pl.DataFrame], tmp_path: Path) -> None:
        write_accepted(tmp_path / "a", tables)
        write_accepted(tmp_path / "b", tables)
        earlier = read_earlier({"2019-12": tmp_path / "a", "2020-01": tmp_path / "b"})
        assert sorted(earlier.select("period", "class").rows()) == [("2019-12", "N1")] * 2 + [("2020-01", "N1")] * 2

    def test_no_earlier_register_is_an_empty_table(self) -> None:
        assert read_earlier({}).is_empty()

    def test_a_folder_that_is_gone_is_our_fault(self, tmp_path: Path) -> None:
        with pytest.raises(OSError):
            read_previous(tmp_path / "none", "2019-12")


class TestPseudonyms:
    def test_are_the_same_for_the_same_value_and_key(self) -> None:
        assert pseudonyms(KEY, "household", ["a", "a", "b"])[0] == pseudonyms(KEY, "household", ["a"])[0]
        assert len(set(pseudonyms(KEY, "household", ["a", "b"]))) == 2

    def test_differ_by_key_and_by_kind(self) -> None:
        ways = [(KEY, "household"), (b"khoa khac", "household"), (KEY, "id_number")]
        assert len({pseudonyms(key, kind, ["a"])[0] for key, kind in ways}) == 3

    def test_are_twenty_four_hexadecimal_digits(self) -> None:
        (one,) = pseudonyms(KEY, "household", ["32194|ấp 1|0001"])
        assert one is not None
        assert len(one) == 24
        assert set(one) <= set("0123456789abcdef")

    def test_nothing_stays_nothing(self) -> None:
        assert pseudonyms(KEY, "household", [None, "a", None])[::2] == [None, None]

    def test_the_key_is_made_once_and_kept_to_its_owner(self, tmp_path: Path) -> None:
        first = pseudonym_key(tmp_path, "")
        assert pseudonym_key(tmp_path, "") == first
        assert (tmp_path / KEY_FILE).stat().st_mode & 0o077 == 0
        assert pseudonym_key(tmp_path / "other", "") != first

    def test_a_configured_key_needs_no_file(self, tmp_path: Path) -> None:
        assert pseudonym_key(tmp_path, "bí mật") == "bí mật".encode()
        assert list(tmp_path.iterdir()) == []
