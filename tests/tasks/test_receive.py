"""Taking files: the bytes are safe first, each delivery is recorded once, and nothing is lost on the way."""

import datetime as dt
import hashlib
import json
import os
import socket
import stat
import tracemalloc
from pathlib import Path

import pytest

from ledger.events import Event
from ledger.states import State, derive_state
from tasks import receive
from tasks.faults import SystemFault
from tasks.files import sha256_of
from tasks.receive import (
    DONE_FOLDER,
    NOTE_SUFFIX,
    StillChanging,
    find_waiting,
    leave_note,
    receive_file,
    set_aside,
)

AT = dt.datetime(2020, 1, 5, tzinfo=dt.UTC)
CONTENT = b"noi dung cua tep"
ID = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    return tmp_path / "raw"


def a_file(inbox: Path, name: str = "thang.xlsx", content: bytes = CONTENT) -> Path:
    path = inbox / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def taken(path: Path, raw: Path, *earlier: Event) -> Event | None:
    return receive_file(path, raw, AT, derive_state(earlier))


class TestFindWaiting:
    def test_files_of_all_folders_in_name_order(self, inbox: Path) -> None:
        names = ["b.xlsx", "a.xlsx", "huyện/c.ods"]
        for name in names:
            a_file(inbox, name)
        found = find_waiting(inbox, 0)
        assert [str(path.relative_to(inbox)) for path in found.files] == ["a.xlsx", "b.xlsx", "huyện/c.ods"]
        assert found.refused == {}

    @pytest.mark.parametrize(
        "name", [".an.xlsx", f"{DONE_FOLDER}/a.xlsx", ".tam/a.xlsx", f"a.xlsx{NOTE_SUFFIX}", "~/.b.xlsx"]
    )
    def test_hidden_files_notes_and_what_is_done_are_passed_over(self, inbox: Path, name: str) -> None:
        a_file(inbox, name)
        found = find_waiting(inbox, 0)
        assert (found.files, found.refused) == ([], {})

    def test_an_inbox_that_is_not_there_is_empty(self, tmp_path: Path) -> None:
        assert find_waiting(tmp_path / "none", 0).files == []

    def test_a_link_is_refused_and_its_target_left_alone(self, inbox: Path, tmp_path: Path) -> None:
        target = a_file(tmp_path, "ngoai.xlsx")
        (inbox / "lien-ket.xlsx").symlink_to(target)
        found = find_waiting(inbox, 0)
        assert found.files == []
        assert "liên kết" in found.refused[inbox / "lien-ket.xlsx"]

    def test_a_link_to_nowhere_is_refused(self, inbox: Path) -> None:
        (inbox / "lien-ket.xlsx").symlink_to(inbox / "none")
        assert list(find_waiting(inbox, 0).refused) == [inbox / "lien-ket.xlsx"]

    def test_a_pipe_is_refused_and_never_opened(self, inbox: Path) -> None:
        os.mkfifo(inbox / "ong.xlsx")
        assert "thiết bị" in find_waiting(inbox, 0).refused[inbox / "ong.xlsx"]

    def test_a_socket_is_refused(self, inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(inbox)  # a socket's address is short
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind("o.xlsx")
            assert "thiết bị" in find_waiting(inbox, 0).refused[inbox / "o.xlsx"]

    @pytest.mark.parametrize("name", ["a.xlsx", "a.XLS", "a.ods", "a.zip"])
    def test_a_folder_that_is_called_like_a_file_is_refused(self, inbox: Path, name: str) -> None:
        a_file(inbox, f"{name}/b.xlsx")
        found = find_waiting(inbox, 0)
        assert found.files == []
        assert "thư mục" in found.refused[inbox / name]

    def test_a_link_to_a_folder_is_refused_and_not_entered(self, inbox: Path, tmp_path: Path) -> None:
        a_file(tmp_path / "ngoai", "b.xlsx")
        (inbox / "huyện").symlink_to(tmp_path / "ngoai")
        found = find_waiting(inbox, 0)
        assert found.files == []
        assert "liên kết" in found.refused[inbox / "huyện"]

    def test_a_file_that_goes_away_meanwhile_is_passed_over(self, inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        gone, still = a_file(inbox, "a.xlsx"), a_file(inbox, "b.xlsx")
        monkeypatch.setattr(receive.time, "sleep", lambda _: gone.unlink(missing_ok=True))
        found = find_waiting(inbox, 60)
        assert (found.files, found.refused) == ([still], {})

    def test_a_file_that_still_grows_is_left_and_the_others_are_taken(
        self, inbox: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        growing, still = a_file(inbox, "a.xlsx"), a_file(inbox, "b.xlsx")
        monkeypatch.setattr(receive.time, "sleep", lambda _: growing.write_bytes(CONTENT + b"more"))
        found = find_waiting(inbox, 60)
        assert found.files == [still]
        assert "đang được ghi" in found.refused[growing]

    def test_an_old_file_is_taken_without_waiting(self, inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = a_file(inbox)
        os.utime(path, (1_500_000_000, 1_500_000_000))

        def never(_: float) -> None:
            raise AssertionError("nothing to wait for")

        monkeypatch.setattr(receive.time, "sleep", never)
        assert find_waiting(inbox, 60).files == [path]


class TestReceiveFile:
    def test_the_bytes_are_kept_read_only_under_their_hash(self, inbox: Path, raw: Path) -> None:
        path = a_file(inbox)
        event = taken(path, raw)
        assert event is not None
        assert (event.kind, event.submission_id, event.at) == ("received", ID, AT)
        assert (event.payload["file_name"], event.payload["size"]) == ("thang.xlsx", len(CONTENT))
        assert (raw / ID).read_bytes() == CONTENT
        assert stat.S_IMODE((raw / ID).stat().st_mode) == 0o444
        assert [entry.name for entry in raw.iterdir()] == [ID]
        assert path.read_bytes() == CONTENT

    def test_an_empty_file_is_received_too(self, inbox: Path, raw: Path) -> None:
        event = taken(a_file(inbox, content=b""), raw)
        assert event is not None
        assert event.submission_id == hashlib.sha256(b"").hexdigest()

    def test_the_same_bytes_under_another_name_are_received_again(self, inbox: Path, raw: Path) -> None:
        first = taken(a_file(inbox), raw)
        assert first is not None
        again = taken(a_file(inbox, "khac.xlsx"), raw, first)
        assert again is not None
        assert (again.kind, again.submission_id, again.payload["file_name"]) == ("received_again", ID, "khac.xlsx")
        assert [entry.name for entry in raw.iterdir()] == [ID]

    def test_the_same_file_sent_twice_is_received_again(self, inbox: Path, raw: Path) -> None:
        path = a_file(inbox)
        first = taken(path, raw)
        assert first is not None
        set_aside(path, inbox, ID)
        path = a_file(inbox)
        os.utime(path, ns=(1, 1))
        again = taken(path, raw, first)
        assert again is not None
        assert again.kind == "received_again"

    def test_a_run_that_died_before_the_move_records_nothing_twice(self, inbox: Path, raw: Path) -> None:
        """Recorded, then killed before the file was set aside: the next run must not take it for a resend (F07)."""
        path = a_file(inbox)
        first = taken(path, raw)
        assert first is not None
        assert taken(path, raw, first) is None

    def test_a_run_that_died_before_the_record_starts_over(self, inbox: Path, raw: Path) -> None:
        path = a_file(inbox)
        taken(path, raw)
        event = receive_file(path, raw, AT, State())
        assert event is not None
        assert event.kind == "received"

    def test_one_changed_byte_is_another_submission(self, inbox: Path, raw: Path) -> None:
        first = taken(a_file(inbox), raw)
        assert first is not None
        other = taken(a_file(inbox, content=CONTENT + b"."), raw, first)
        assert other is not None
        assert other.kind == "received"
        assert len(list(raw.iterdir())) == 2

    def test_a_full_disk_raises_and_leaves_the_file_and_no_half(
        self, inbox: Path, raw: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(_: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("tasks.files.os.fsync", full)
        path = a_file(inbox)
        with pytest.raises(OSError, match="No space left"):
            taken(path, raw)
        assert path.read_bytes() == CONTENT
        assert list(raw.iterdir()) == []

    def test_a_large_file_is_copied_without_being_loaded(self, inbox: Path, raw: Path) -> None:
        path = inbox / "lon.xlsx"
        with open(path, "wb") as file:
            file.truncate(64 << 20)
        tracemalloc.start()
        try:
            event = taken(path, raw)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert event is not None
        assert event.payload["size"] == 64 << 20
        assert peak < 8 << 20
        assert event.submission_id == sha256_of(raw / str(event.submission_id))

    def test_what_became_a_link_or_a_pipe_meanwhile_is_not_opened(self, inbox: Path, raw: Path, tmp_path: Path) -> None:
        (inbox / "a.xlsx").symlink_to(a_file(tmp_path, "ngoai.xlsx"))
        with pytest.raises(OSError):
            taken(inbox / "a.xlsx", raw)
        os.mkfifo(inbox / "b.xlsx")
        with pytest.raises(StillChanging):
            taken(inbox / "b.xlsx", raw)
        assert not raw.exists() or list(raw.iterdir()) == []

    def test_a_file_that_changes_while_it_is_copied_is_left(
        self, inbox: Path, raw: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = a_file(inbox)
        really = os.fsync

        def and_grow(descriptor: int) -> None:
            really(descriptor)
            with open(path, "ab") as file:
                file.write(b"more")

        monkeypatch.setattr(receive.os, "fsync", and_grow)
        with pytest.raises(StillChanging):
            taken(path, raw)
        assert list(raw.iterdir()) == []
        assert path.read_bytes() == CONTENT + b"more"

    @pytest.mark.parametrize("name", [b"th\xe1ng.xlsx", "gnp\u202exslx.exe".encode(), b"a\x1b[31mb\nc.xlsx"])
    def test_an_odd_name_is_kept_off_every_record(self, inbox: Path, raw: Path, name: bytes) -> None:
        path = inbox / os.fsdecode(name)
        path.write_bytes(CONTENT)
        event = taken(path, raw)
        assert event is not None
        json.dumps(event.payload, ensure_ascii=False).encode()
        assert event.payload["file_name"].isprintable()
        assert "�" in event.payload["file_name"]
        leave_note(path, "lý do")
        set_aside(path, inbox, ID)
        assert [os.fsencode(entry.name) for entry in (inbox / DONE_FOLDER).iterdir()] == [name]
        assert list(inbox.glob(f"*{NOTE_SUFFIX}")) == []


class TestSetAside:
    def test_a_name_as_long_as_a_folder_takes(self, inbox: Path) -> None:
        name = "ộ" * 83 + ".xlsx"
        for content in (b"1", b"2"):
            leave_note(a_file(inbox, name, content), "lý do")
            assert len(list(inbox.glob(f"*{NOTE_SUFFIX}"))) == 1
            set_aside(inbox / name, inbox, hashlib.sha256(content).hexdigest())
        assert list(inbox.glob(f"*{NOTE_SUFFIX}")) == []
        assert sorted(path.read_bytes() for path in (inbox / DONE_FOLDER).iterdir()) == [b"1", b"2"]

    def test_a_folder_that_leads_elsewhere_is_a_fault(self, inbox: Path, tmp_path: Path) -> None:
        (inbox / DONE_FOLDER).symlink_to(tmp_path)
        with pytest.raises(SystemFault):
            set_aside(a_file(inbox), inbox, ID)
        assert (inbox / "thang.xlsx").exists()

    def test_moves_the_file_to_done(self, inbox: Path) -> None:
        set_aside(a_file(inbox), inbox, ID)
        assert [str(path.relative_to(inbox)) for path in inbox.rglob("*.xlsx")] == [f"{DONE_FOLDER}/thang.xlsx"]

    def test_a_name_that_is_taken_loses_neither_file(self, inbox: Path) -> None:
        for content in (b"1", b"2", b"3"):
            set_aside(a_file(inbox, content=content), inbox, hashlib.sha256(content).hexdigest())
        done = sorted(path.read_bytes() for path in (inbox / DONE_FOLDER).iterdir())
        assert done == [b"1", b"2", b"3"]

    def test_takes_the_note_away(self, inbox: Path) -> None:
        path = a_file(inbox)
        leave_note(path, "tệp còn đang được ghi")
        set_aside(path, inbox, ID)
        assert list(inbox.glob(f"*{NOTE_SUFFIX}")) == []


class TestLeaveNote:
    def test_a_link_in_its_place_is_replaced_not_followed(self, inbox: Path, tmp_path: Path) -> None:
        target = a_file(tmp_path, "ngoai.txt")
        path = a_file(inbox)
        (inbox / f"thang.xlsx{NOTE_SUFFIX}").symlink_to(target)
        leave_note(path, "lý do")
        assert target.read_bytes() == CONTENT
        assert "lý do" in (inbox / f"thang.xlsx{NOTE_SUFFIX}").read_text(encoding="utf-8")

    def test_a_folder_that_takes_no_note_stops_nothing(self, inbox: Path) -> None:
        (inbox / f"thang.xlsx{NOTE_SUFFIX}").mkdir()
        leave_note(a_file(inbox), "lý do")

    def test_says_why_beside_the_file(self, inbox: Path) -> None:
        path = a_file(inbox)
        leave_note(path, "không có quyền đọc tệp")
        note = inbox / f"thang.xlsx{NOTE_SUFFIX}"
        assert note.read_text(encoding="utf-8") == "Chưa nhận được tệp này: không có quyền đọc tệp.\n"

    def test_is_not_written_again_while_it_says_the_same(self, inbox: Path) -> None:
        path = a_file(inbox)
        leave_note(path, "lý do")
        note = inbox / f"thang.xlsx{NOTE_SUFFIX}"
        os.utime(note, ns=(1, 1))
        leave_note(path, "lý do")
        assert note.stat().st_mtime_ns == 1
        leave_note(path, "lý do khác")
        assert "lý do khác" in note.read_text(encoding="utf-8")
