"""Files that are whole or not there, one run at a time, and findings that stay as they were judged."""

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from errors import DamagedFile
from ledger.states import State, Submission
from tasks.files import temporary_beside, write_bytes
from tasks.findings import SCHEMA, finding, to_frame
from tasks.judgements import read_findings, write_judgement
from tasks.locks import Busy, only_one

AT = dt.datetime(2020, 1, 5, 20, tzinfo=dt.UTC)


class TestWriteBytes:
    def test_makes_the_folder_and_leaves_no_temporary_file(self, tmp_path: Path) -> None:
        write_bytes(tmp_path / "a" / "b.txt", b"1")
        assert [path.name for path in (tmp_path / "a").iterdir()] == ["b.txt"]

    def test_a_failure_leaves_the_old_content(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = tmp_path / "b.txt"
        write_bytes(path, b"cu")

        def fails(*_: object) -> None:
            raise OSError(5, "Input/output error")

        monkeypatch.setattr("tasks.files.os.replace", fails)
        with pytest.raises(OSError, match="Input/output"):
            write_bytes(path, b"moi")
        assert path.read_bytes() == b"cu"
        assert list(tmp_path.iterdir()) == [path]

    def test_a_temporary_path_is_in_the_same_folder_and_hidden(self, tmp_path: Path) -> None:
        with temporary_beside(tmp_path / "a.txt") as temporary:
            assert temporary.parent == tmp_path
            assert temporary.name.startswith(".")


class TestOnlyOne:
    def test_a_second_holder_is_turned_away(self, tmp_path: Path) -> None:
        with only_one(tmp_path, "ingest"), pytest.raises(Busy), only_one(tmp_path, "ingest"):
            pass

    def test_the_lock_falls_with_its_holder_even_after_a_fault(self, tmp_path: Path) -> None:
        with pytest.raises(RuntimeError), only_one(tmp_path, "ingest"):
            raise RuntimeError
        with only_one(tmp_path, "ingest"):
            pass

    def test_another_purpose_is_another_lock(self, tmp_path: Path) -> None:
        with only_one(tmp_path, "ingest"), only_one(tmp_path, "publish"):
            pass


def a_submission(judgement: str | None = None, again: int = 0) -> Submission:
    return Submission(
        submission_id="a" * 64,
        file_name="thang.xlsx",
        received_at=AT,
        order=1,
        judgement={"findings": judgement} if judgement else None,
        received_again=[AT + dt.timedelta(days=day) for day in range(1, again + 1)],
    )


class TestJudgements:
    def test_findings_come_back_as_they_were_written(self, tmp_path: Path) -> None:
        frame = to_frame([finding("a" * 64, "H07", {"value": "16"}, sheet="Hộ", row=4, cell="K4", value="16")])
        name = write_judgement(tmp_path, "a" * 64, frame)
        assert write_judgement(tmp_path, "a" * 64, frame) == name
        assert read_findings(tmp_path, State(), a_submission(name), "Asia/Ho_Chi_Minh").equals(frame)

    def test_a_file_without_findings_has_an_empty_table_with_every_column(self, tmp_path: Path) -> None:
        name = write_judgement(tmp_path, "a" * 64, to_frame([]))
        found = read_findings(tmp_path, State(), a_submission(name), "Asia/Ho_Chi_Minh")
        assert dict(found.schema) == SCHEMA
        assert found.is_empty()

    def test_before_it_is_judged_there_are_none(self, tmp_path: Path) -> None:
        assert read_findings(tmp_path, State(), a_submission(), "Asia/Ho_Chi_Minh").is_empty()

    def test_each_later_delivery_is_an_f07_with_the_first_ones_day(self, tmp_path: Path) -> None:
        found = read_findings(tmp_path, State(), a_submission(again=2), "Asia/Ho_Chi_Minh")
        assert found.get_column("rule").to_list() == ["F07", "F07"]
        # 20:00 UTC is the next day in Cà Mau.
        assert set(found.get_column("message_vi")) == {"Tệp này đã được nhận ngày 06/01/2020"}
        assert found.get_column("value").to_list() == ["07/01/2020", "08/01/2020"]

    def test_stored_findings_that_are_gone_are_our_fault(self, tmp_path: Path) -> None:
        with pytest.raises(DamagedFile):
            read_findings(tmp_path, State(), a_submission("a/gone.parquet"), "Asia/Ho_Chi_Minh")


class TestFinding:
    def test_has_every_column_of_the_contract_and_its_messages(self) -> None:
        found = finding("a" * 64, "H07", {"value": "16"}, sheet="Hộ", row=4, column="persons", cell="K4", value="16")
        assert list(found) == list(SCHEMA)
        assert found["severity"] == "warning"
        assert found["message_vi"] == "Số nhân khẩu 16 lớn bất thường"
        assert found["waived"] is False

    def test_ids_tell_findings_apart_and_stay_the_same(self) -> None:
        first = finding("a" * 64, "H07", {}, row=4)
        assert first["finding_id"] == finding("a" * 64, "H07", {}, row=4)["finding_id"]
        assert first["finding_id"] != finding("a" * 64, "H07", {}, row=5)["finding_id"]
        assert first["finding_id"] != finding("a" * 64, "H06", {}, row=4)["finding_id"]

    def test_a_table_of_none_keeps_its_types(self) -> None:
        assert to_frame([]).schema == pl.Schema(SCHEMA)
