"""One run from the inbox to verdicts: bad files beside good ones, months out of order, faults of our own."""

import datetime as dt
import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from openpyxl import Workbook, load_workbook  # type: ignore[import-untyped]
from small_district import a_household, a_month, some_rows

from flows.ingest import IngestReport, ingest
from flows.runner import DirectRunner
from forms.dictionary import KIND_CORRECTION
from forms.month import DistrictMonth
from forms.workbook import write_workbook
from ledger.events import Event, Ledger
from ledger.states import State, Submission, derive_state
from settings import Settings
from tasks import accept
from tasks.children import Readers
from tasks.faults import SystemFault
from tasks.findings import SCHEMA
from tasks.judgements import read_findings
from tasks.judging import needs_look
from tasks.locks import Busy, only_one

AT = dt.datetime(2020, 3, 5, 3, tzinfo=dt.UTC)
DECEMBER, JANUARY, FEBRUARY = "2019-12", "2020-01", "2020-02"


@pytest.fixture(scope="module")
def readers() -> Iterator[Readers]:
    with Readers(1) as started:
        yield started


class Room:
    """A data root with its inbox; each run is a minute after the one before."""

    def __init__(self, data: Path, readers: Readers) -> None:
        self.settings = Settings(data=data, settle_seconds=0, ledger_url="", pseudonym_key="k")
        self.settings.inbox.mkdir(parents=True, exist_ok=True)
        self.readers = readers
        self.runs = itertools.count()

    def drop(self, name: str, content: DistrictMonth | bytes | Workbook) -> Path:
        path = self.settings.inbox / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        elif isinstance(content, DistrictMonth):
            write_workbook(path, content)
        else:
            content.save(path)
        return path

    def run(self, **changes: object) -> IngestReport:
        at = AT + dt.timedelta(minutes=next(self.runs))
        options: dict[str, object] = {"clock": lambda: at, "readers": self.readers}
        return ingest(self.settings, DirectRunner(), **(options | changes))  # type: ignore[arg-type]

    def record(self, event: Event) -> None:
        ledger = Ledger(self.settings.database_url)
        ledger.append([event])
        ledger.close()

    @property
    def events(self) -> list[Event]:
        ledger = Ledger(self.settings.database_url)
        try:
            assert ledger.damaged() is None
            return ledger.events()
        finally:
            ledger.close()

    @property
    def state(self) -> State:
        return derive_state(self.events)

    def one(self, name: str) -> Submission:
        """The submission that came under a file name."""
        (found,) = [
            one
            for one in self.state.submissions.values()
            if name in [delivery["file_name"] for delivery in one.deliveries]
        ]
        return found

    def states(self) -> dict[str, str]:
        return {one.file_name: one.state for one in self.state.submissions.values()}

    def findings(self, name: str) -> pl.DataFrame:
        return read_findings(self.settings.judgements, self.state, self.one(name), self.settings.timezone)

    def rules(self, name: str) -> list[str]:
        return sorted(self.findings(name).get_column("rule"))

    def to_look_at(self) -> list[str]:
        state = self.state
        return [one.file_name for one in state.submissions.values() if needs_look(state, one, DECEMBER)]


@pytest.fixture
def room(tmp_path: Path, readers: Readers) -> Room:
    return Room(tmp_path / "data", readers)


def with_cover(month: DistrictMonth, **changes: str) -> DistrictMonth:
    month.cover |= changes
    return month


def december() -> DistrictMonth:
    return a_month(DECEMBER)


def january(**changes: object) -> DistrictMonth:
    """One household fewer in poverty than in December."""
    return a_month(JANUARY, january_rows(), previous=december(), **changes)  # type: ignore[arg-type]


def january_rows() -> list[dict[str, object]]:  # type: ignore[type-arg]
    rows = some_rows()
    rows[0] |= {"class": "CN", "movement": "N_CN", "b1_points": 140}
    return rows  # type: ignore[return-value]


def february(**changes: object) -> DistrictMonth:
    rows = some_rows()
    rows[0] |= {"class": "CN", "class_previous": "CN", "b1_points": 140}
    new = a_household(household_code="0900", class_previous="MOI", movement="MOI_N")
    return a_month(FEBRUARY, [*rows, new], previous=january(), **changes)  # type: ignore[arg-type]


MONTHS = {"02.xlsx": february, "01.xlsx": january, "12.xlsx": december}


@pytest.fixture(scope="module")
def one_month_taken(tmp_path_factory: pytest.TempPathFactory, readers: Readers) -> Room:
    room = Room(tmp_path_factory.mktemp("one-month") / "data", readers)
    room.drop("12.xlsx", december())
    room.run()
    return room


@pytest.fixture(scope="module")
def three_months_taken(tmp_path_factory: pytest.TempPathFactory, readers: Readers) -> Room:
    room = Room(tmp_path_factory.mktemp("three-months") / "data", readers)
    for name, month in MONTHS.items():
        room.drop(name, month())
    room.run()
    return room


def copied(room: Room, to: Path) -> Room:
    """The same data root once more, to go on from."""
    shutil.copytree(room.settings.data, to)
    return Room(to, room.readers)


@pytest.fixture
def after_december(one_month_taken: Room, tmp_path: Path) -> Room:
    return copied(one_month_taken, tmp_path / "data")


@pytest.fixture
def after_february(three_months_taken: Room, tmp_path: Path) -> Room:
    return copied(three_months_taken, tmp_path / "data")


class TestBadInputsBesideAGoodOne:
    @pytest.fixture(scope="class")
    @staticmethod
    def room(tmp_path_factory: pytest.TempPathFactory, readers: Readers) -> Room:
        room = Room(tmp_path_factory.mktemp("bad") / "data", readers)
        room.drop("tot.xlsx", december())
        room.drop("trong.xlsx", b"")
        room.drop("van-ban.xlsx", "Kính gửi Sở".encode())
        whole = room.drop("hong.xlsx", a_month(prepared_by="Người khác")).read_bytes()
        room.drop("hong.xlsx", whole[: len(whole) // 2])
        room.drop("so-trong.xlsx", Workbook())
        source = load_workbook(room.drop("thieu-trang.xlsx", a_month(prepared_by="A")))
        source.remove(source["Hộ"])
        room.drop("thieu-trang.xlsx", source)
        room.drop("sai-huyen.xlsx", a_month(district_name="Huyện Ngọc Hiển"))
        room.drop("khong-huyen.xlsx", with_cover(a_month(prepared_by="C"), district_code="999"))
        room.drop("sai-ky.xlsx", with_cover(a_month(prepared_by="D"), period="13/2020"))
        words = a_month(prepared_by="B")
        words.household[0]["persons"] = "bốn người"
        words.commune[0]["households"] = "khoảng 1000"
        room.drop("chu-trong-cot-so.xlsx", words)
        room.drop("sai-duoi.doc", a_month(district_code="970"))
        (room.settings.inbox / "lien-ket.xlsx").symlink_to(room.settings.inbox / "tot.xlsx")
        report = room.run()
        assert report.faults == []
        return room

    @pytest.mark.parametrize(
        ("name", "state", "rules"),
        [
            ("tot.xlsx", "accepted", []),
            ("trong.xlsx", "unreadable", ["F01"]),
            ("van-ban.xlsx", "unreadable", ["F01"]),
            ("hong.xlsx", "unreadable", ["F01"]),
            ("thieu-trang.xlsx", "rejected", ["F02"]),
            ("sai-huyen.xlsx", "rejected", ["F04"]),
            ("khong-huyen.xlsx", "rejected", ["F04"]),
            ("sai-ky.xlsx", "rejected", ["F04"]),
            ("chu-trong-cot-so.xlsx", "rejected", ["C01", "H05"]),
            ("sai-duoi.doc", "accepted", ["F11"]),
        ],
    )
    def test_each_ends_as_the_contract_says(self, room: Room, name: str, state: str, rules: list[str]) -> None:
        assert room.one(name).state == state
        assert room.rules(name) == rules

    def test_an_empty_workbook_names_what_it_lacks(self, room: Room) -> None:
        assert room.one("so-trong.xlsx").state == "rejected"
        assert {"F02", "F04"} <= set(room.rules("so-trong.xlsx"))
        missing = room.findings("so-trong.xlsx").filter(pl.col("rule") == "F02")
        assert missing.get_column("value").to_list() == ["Bìa", "Hộ", "Xã", "Diễn biến", "Chính sách"]

    def test_each_finding_says_in_vietnamese_what_is_wrong(self, room: Room) -> None:
        for name in room.states():
            findings = room.findings(name)
            assert dict(findings.schema) == SCHEMA
            for message in findings.get_column("message_vi"):
                assert message
                assert "{" not in message
        assert "rỗng" in room.findings("trong.xlsx").item(0, "message_vi")
        assert room.findings("thieu-trang.xlsx").item(0, "message_vi") == 'Thiếu trang tính "Hộ"'

    def test_words_in_a_number_column_are_shown_at_their_cell(self, room: Room) -> None:
        found = room.findings("chu-trong-cot-so.xlsx").select("rule", "sheet", "cell", "value").rows()
        assert sorted(found) == [("C01", "Xã", "C4", "khoảng 1000"), ("H05", "Hộ", "K4", "bốn người")]

    def test_nothing_is_lost(self, room: Room) -> None:
        inbox = room.settings.inbox
        assert {path.name for path in inbox.iterdir()} == {".done", "lien-ket.xlsx", "lien-ket.xlsx.ghi-chu.txt"}
        assert {path.name for path in (inbox / ".done").iterdir()} == set(room.states())
        assert {path.name for path in room.settings.raw.iterdir()} == set(room.state.submissions)
        for one in room.state.submissions.values():
            done = (inbox / ".done" / one.file_name).read_bytes()
            assert (room.settings.raw / one.submission_id).read_bytes() == done

    def test_the_link_was_left_with_a_note(self, room: Room) -> None:
        note = room.settings.inbox / "lien-ket.xlsx.ghi-chu.txt"
        assert "liên kết" in note.read_text(encoding="utf-8")

    def test_only_whole_files_are_in_the_warehouse(self, room: Room) -> None:
        accepted = {one.submission_id for one in room.state.submissions.values() if one.state == "accepted"}
        assert {folder.name for folder in room.settings.accepted.iterdir()} == accepted

    def test_a_second_run_finds_nothing_to_do(self, room: Room) -> None:
        events = len(room.events)
        report = room.run()
        assert (report.judged, report.faults) == ([], [])
        assert len(room.events) == events


class TestWaiting:
    def test_months_in_reverse_order_wait_and_end_as_in_order(self, room: Room, three_months_taken: Room) -> None:
        names = ["02.xlsx", "01.xlsx", "12.xlsx"]
        seen = []
        for name in names:
            room.drop(name, MONTHS[name]())
            assert room.run().faults == []
            seen.append(room.states())
        assert seen == [
            {"02.xlsx": "waiting"},
            {"02.xlsx": "waiting", "01.xlsx": "waiting"},
            dict.fromkeys(names, "accepted"),
        ]
        assert three_months_taken.states() == room.states()
        for name in names:
            assert room.findings(name).is_empty()
            one, other = (
                pl.read_parquet(each.settings.accepted / each.one(name).submission_id / "household.parquet")
                for each in (room, three_months_taken)
            )
            assert one.equals(other)
        assert room.to_look_at() == []

    def test_all_at_once_are_judged_month_by_month(self, three_months_taken: Room) -> None:
        assert set(three_months_taken.states().values()) == {"accepted"}
        judged = [event.period for event in three_months_taken.events if event.kind == "judged"]
        assert judged == [DECEMBER, JANUARY, FEBRUARY]

    def test_a_month_whose_faults_are_its_own_is_rejected_and_does_not_wait(self, room: Room) -> None:
        month = january()
        month.household[1]["b2_points"] = 30
        room.drop("01.xlsx", month)
        room.run()
        assert room.one("01.xlsx").state == "rejected"
        assert room.rules("01.xlsx") == ["H11"]

    def test_a_month_after_an_excused_one_is_judged_against_the_last_accepted(self, after_december: Room) -> None:
        after_december.record(Event("excused", AT, by="a", reason="b", district_code="971", period=JANUARY))
        after_december.drop("02.xlsx", a_month(FEBRUARY, january_rows(), previous=december()))  # type: ignore[arg-type]
        after_december.run()
        assert after_december.states() == {"12.xlsx": "accepted", "02.xlsx": "accepted"}

    def test_what_came_out_of_order_is_not_held_against_the_wrong_month(self, after_december: Room) -> None:
        """February fits January: held against December it would be rejected."""
        after_december.drop("02.xlsx", february())
        after_december.run()
        assert after_december.one("02.xlsx").state == "waiting"
        assert after_december.rules("02.xlsx") == []


class TestDuplicates:
    def test_the_same_bytes_again_are_an_info_on_the_earlier_submission(self, after_december: Room) -> None:
        content = (after_december.settings.inbox / ".done" / "12.xlsx").read_bytes()
        after_december.drop("12.xlsx", content)
        after_december.drop("ten-khac.xlsx", content)
        report = after_december.run()
        assert [(taken.file_name, taken.duplicate) for taken in report.taken] == [
            ("12.xlsx", True),
            ("ten-khac.xlsx", True),
        ]
        assert after_december.states() == {"12.xlsx": "accepted"}
        assert after_december.rules("12.xlsx") == ["F07", "F07"]
        assert after_december.findings("12.xlsx").item(0, "message_vi") == "Tệp này đã được nhận ngày 05/03/2020"
        assert report.judged == []
        assert len(list((after_december.settings.inbox / ".done").iterdir())) == 3

    def test_twice_in_one_inbox_is_one_submission(self, room: Room) -> None:
        content = room.drop("a.xlsx", december()).read_bytes()
        room.drop("b.xlsx", content)
        room.run()
        assert room.states() == {"a.xlsx": "accepted"}
        assert room.rules("a.xlsx") == ["F07"]

    def test_what_is_not_accepted_is_judged_again(self, room: Room) -> None:
        content = room.drop("a.xlsx", a_month(total_poor=9)).read_bytes()
        room.run()
        room.drop("a.xlsx", content)
        assert room.run().judged == [room.one("a.xlsx").submission_id]
        assert room.rules("a.xlsx") == ["F07", "F09"]

    def test_a_run_that_died_between_record_and_move_is_taken_up(
        self, room: Room, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        room.drop("a.xlsx", december())
        with monkeypatch.context() as patch:

            def killed(*_: object) -> None:
                raise OSError(5, "Input/output error")

            patch.setattr("tasks.receive.shutil.move", killed)
            assert len(room.run().faults) == 1
        assert (room.settings.inbox / "a.xlsx").exists()
        room.run()
        assert room.states() == {"a.xlsx": "accepted"}
        assert room.rules("a.xlsx") == []
        assert not (room.settings.inbox / "a.xlsx").exists()


class TestCorrections:
    def test_a_newer_file_supersedes_and_later_months_are_to_be_looked_at(self, after_february: Room) -> None:
        after_february.drop("01-dieu-chinh.xlsx", january(kind=KIND_CORRECTION))
        after_february.run()
        assert after_february.states() == {
            "12.xlsx": "accepted",
            "01.xlsx": "superseded",
            "02.xlsx": "accepted",
            "01-dieu-chinh.xlsx": "accepted",
        }
        assert after_february.to_look_at() == ["02.xlsx"]
        assert (after_february.settings.accepted / after_february.one("01.xlsx").submission_id).is_dir()

    def test_a_faulty_correction_leaves_the_earlier_file_standing(self, after_december: Room) -> None:
        after_december.drop("12-sua.xlsx", a_month(kind=KIND_CORRECTION, total_poor=9))
        after_december.run()
        assert after_december.states() == {"12.xlsx": "accepted", "12-sua.xlsx": "rejected"}

    def test_a_closed_period_takes_only_a_correction(self, room: Room) -> None:
        room.record(Event("closed", AT, by="a", reason="b", period=DECEMBER))
        room.drop("12.xlsx", december())
        room.drop("12-sua.xlsx", a_month(kind=KIND_CORRECTION))
        room.run()
        assert room.states() == {"12-sua.xlsx": "accepted", "12.xlsx": "rejected"}
        assert room.rules("12.xlsx") == ["F05"]

    def test_two_files_for_a_slot_in_one_inbox_end_with_the_later_one(self, room: Room) -> None:
        room.drop("a.xlsx", december())
        room.drop("b.xlsx", a_month(kind=KIND_CORRECTION))
        room.run()
        assert room.states() == {"a.xlsx": "superseded", "b.xlsx": "accepted"}

    def test_the_recorded_arrival_decides_which_is_later(self, room: Room) -> None:
        room.drop("a.xlsx", december())
        room.drop("b.xlsx", a_month(kind=KIND_CORRECTION))
        room.run(received_at={"a.xlsx": AT, "b.xlsx": AT - dt.timedelta(days=1)})
        assert room.states() == {"a.xlsx": "accepted", "b.xlsx": "superseded"}
        assert room.one("b.xlsx").received_at == AT - dt.timedelta(days=1)


class TestSystemFaults:
    def test_a_full_disk_leaves_the_file_waiting_and_the_others_accepted(
        self, room: Room, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        room.drop("a.xlsx", december())
        room.drop("b.xlsx", a_month(district_code="970"))
        write = accept.write_accepted

        def full_for_one(folder: Path, tables: dict[str, pl.DataFrame]) -> None:
            if tables["household"].item(0, "district_code") == "971":
                raise OSError(28, "No space left on device", str(folder))
            write(folder, tables)

        with monkeypatch.context() as patch:
            patch.setattr(accept, "write_accepted", full_for_one)
            report = room.run()
        (fault,) = report.faults
        assert "a.xlsx" in fault
        assert "Hết chỗ trên đĩa" in fault
        assert "chạy lại giamngheo ingest" in fault
        assert "\n" not in fault
        assert room.states() == {"a.xlsx": "received", "b.xlsx": "accepted"}
        assert room.one("a.xlsx").judgement is None
        assert room.run().faults == []
        assert room.states() == {"a.xlsx": "accepted", "b.xlsx": "accepted"}

    def test_a_rule_that_can_not_be_computed_on_one_file_stops_only_that_file(
        self, room: Room, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        room.drop("a.xlsx", december())
        room.drop("b.xlsx", a_month(district_code="970"))
        import tasks.validate

        validate = tasks.validate.validate_wave

        def fails_for_one(frames: object, period: str | None) -> object:
            if "971" in frames.cover.get_column("value"):  # type: ignore[attr-defined]
                raise SystemFault("rule H12 could not be computed: an odd value", "quy tắc H12 không tính được")
            return validate(frames, period)  # type: ignore[arg-type]

        with monkeypatch.context() as patch:
            patch.setattr(tasks.validate, "validate_wave", fails_for_one)
            report = room.run()
        (fault,) = report.faults
        assert "a.xlsx" in fault
        assert "H12" in fault
        assert room.states() == {"a.xlsx": "received", "b.xlsx": "accepted"}
        room.run()
        assert room.one("a.xlsx").state == "accepted"

    def test_a_lost_raw_file_is_our_fault_and_never_a_finding(
        self, room: Room, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        room.drop("a.xlsx", december())
        room.drop("b.xlsx", a_month(district_code="970"))
        with monkeypatch.context() as patch:
            patch.setattr("flows.ingest.receive.set_aside", _lose_the_first(room))
            report = room.run()
        (fault,) = report.faults
        assert "a.xlsx" in fault
        assert room.states() == {"a.xlsx": "received", "b.xlsx": "accepted"}

    def test_lost_accepted_tables_are_written_again_from_the_raw_file(self, after_december: Room) -> None:
        folder = after_december.settings.accepted / after_december.one("12.xlsx").submission_id
        before = pl.read_parquet(folder / "household.parquet")
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()
        after_december.drop("01.xlsx", january())
        after_december.run()
        assert after_december.states() == {"12.xlsx": "accepted", "01.xlsx": "accepted"}
        assert pl.read_parquet(folder / "household.parquet").equals(before)

    def test_a_second_run_at_once_is_turned_away(self, room: Room) -> None:
        room.drop("a.xlsx", december())
        with only_one(room.settings.data, "ingest"), pytest.raises(Busy):
            room.run()
        assert (room.settings.inbox / "a.xlsx").exists()


def _lose_the_first(room: Room) -> object:
    from tasks.receive import set_aside

    def lose(path: Path, inbox: Path, submission_id: str, *mark: list[int]) -> None:
        set_aside(path, inbox, submission_id, *mark)
        if path.name == "a.xlsx":
            (room.settings.raw / submission_id).chmod(0o644)
            (room.settings.raw / submission_id).unlink()

    return lose


def test_what_came_before_its_month_had_ended_is_judged_by_the_day_on_which_it_comes_again(room: Room) -> None:
    """F16 by the calendar of the province: 31 December 17:00 UTC is the first minute of January in Hà Nội."""
    path = room.drop("som.xlsx", december())
    content = path.read_bytes()
    early = dt.datetime(2019, 12, 31, 16, 59, tzinfo=dt.UTC)
    report = room.run(received_at={"som.xlsx": early})
    (submission,) = report.state.submissions.values()
    assert submission.state == "held"
    (finding,) = read_findings(room.settings.judgements, report.state, submission, "UTC").iter_rows(named=True)
    assert (finding["rule"], finding["sheet"], finding["cell"]) == ("F16", "Bìa", "B6")
    assert (finding["value"], finding["expected"]) == ("2019-12", "31/12/2019")
    assert finding["message_vi"] == "Tệp nhận ngày 31/12/2019, trước khi kỳ báo cáo kết thúc (31/12/2019)"
    room.drop("som.xlsx", content)
    report = room.run(received_at={"som.xlsx": early + dt.timedelta(minutes=1)})
    (submission,) = report.state.submissions.values()
    assert submission.state == "accepted"
    assert submission.received_at == early


def test_an_empty_inbox_is_nothing_to_do(room: Room) -> None:
    report = room.run()
    assert (report.taken, report.judged, report.faults, room.events) == ([], [], [], [])


def test_a_missing_inbox_is_nothing_to_do(room: Room) -> None:
    room.settings.inbox.rmdir()
    assert room.run().taken == []


def test_another_folder_may_be_the_inbox(room: Room, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    write_workbook(other / "12.xlsx", december())
    room.run(inbox=other)
    assert room.states() == {"12.xlsx": "accepted"}
    assert (other / ".done" / "12.xlsx").exists()


def test_the_fourteen_columns_of_a_finding_are_kept_with_its_judgement(room: Room) -> None:
    room.drop("a.xlsx", a_month(total_poor=9))
    room.run()
    judged = next(event for event in room.events if event.kind == "judged")
    assert judged.payload["verdict"] == "rejected"
    assert judged.payload["counts"] == {"F09": 1}
    assert judged.payload["severities"] == {"critical": 1, "warning": 0, "info": 0}
    assert (room.settings.judgements / judged.payload["findings"]).is_file()
