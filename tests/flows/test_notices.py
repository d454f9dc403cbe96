"""Notices over the wire: a mail server and a web server on loopback receive what Apprise sends."""

import datetime as dt
import email
import email.policy
import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from deciding import Desk, held, rejected
from sample_year import run
from small_district import a_month
from telling import telling

from flows.decisions import decide_on
from flows.ingest import ingest
from flows.notices import announce
from flows.publish import publish
from flows.runner import DirectRunner
from forms.workbook import write_workbook
from ledger.events import Event, Ledger
from settings import Settings
from tasks.children import Readers
from tasks.notices import KINDS, Address, Notice, Outbox, addresses, notices_of

PERSONAL = ("Chủ hộ mẫu", "Người lập mẫu", "số của bà Tư")


class Mailbox(socketserver.StreamRequestHandler):
    """As much of SMTP as a client needs to leave a message."""

    def handle(self) -> None:
        self._say("220 loopback")
        while line := self.rfile.readline().decode().strip():
            if line.upper() == "DATA":
                self._say("354 go on")
                lines = []
                while (line := self.rfile.readline().decode()) != ".\r\n":
                    lines.append(line)
                message = email.message_from_string("".join(lines), policy=email.policy.default)
                body = message.get_body(("plain",))
                assert body is not None
                self.server.received.append((str(message["Subject"]), body.get_content()))  # type: ignore[attr-defined]
            if line.upper() == "QUIT":
                self._say("221 bye")
                return
            self._say("250 fine")

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


class Hook(BaseHTTPRequestHandler):
    """Keeps what is posted, or fails while `broken`."""

    def do_POST(self) -> None:
        content = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        broken = getattr(self.server, "broken", False)
        if not broken:
            self.server.received.append((content["title"], content["message"]))  # type: ignore[attr-defined]
        self.send_response(500 if broken else 200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@contextmanager
def serving(server: socketserver.BaseServer) -> Iterator[socketserver.BaseServer]:
    server.received = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def mail() -> Iterator[socketserver.BaseServer]:
    with serving(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Mailbox)) as server:
        yield server


@pytest.fixture
def hook() -> Iterator[socketserver.BaseServer]:
    with serving(ThreadingHTTPServer(("127.0.0.1", 0), Hook)) as server:
        yield server


@pytest.fixture(scope="module")
def readers() -> Iterator[Readers]:
    with Readers(1) as started:
        yield started


def port(server: socketserver.BaseServer) -> int:
    return int(server.server_address[1])  # type: ignore[index]


def received(server: socketserver.BaseServer) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = server.received  # type: ignore[attr-defined]
    return found


def told(settings: Settings, now: dt.datetime | None = None) -> None:
    sending = announce(settings, now)
    assert sending is not None
    # Those that the runs before it started may hold a notice yet.
    for thread in threading.enumerate():
        if thread.name == "notices":
            thread.join()


def test_a_rejection_a_return_and_a_release_go_out_once(
    tmp_path: Path, readers: Readers, mail: socketserver.BaseServer, hook: socketserver.BaseServer
) -> None:
    desk = Desk(tmp_path / "data", readers)
    to = f"mailto://127.0.0.1:{port(mail)}?from=desk@example.vn&to=phong@example.vn&format=text"
    settings = desk.settings.model_copy(update={"notices": f"{to}  published,returned|json://127.0.0.1:{port(hook)}/"})
    for name, month in (("a", rejected()), ("b", held()), ("c", a_month(district_code="973"))):
        write_workbook(settings.inbox / f"{name} {PERSONAL[0]}.xlsx", month)
    state = ingest(settings, DirectRunner(), readers=readers).state
    [first] = [one for one in state.submissions.values() if one.state == "rejected"]
    now = dt.datetime.now(dt.UTC)
    decide_on(
        settings,
        DirectRunner(),
        first.submission_id,
        "return",
        by="Thẩm định",
        reason=PERSONAL[2],
        at=now,
        readers=readers,
    )
    release = publish(settings, DirectRunner()).release.release_id
    for _ in range(2):
        told(settings)
    titles = [
        "Huyện Năm Căn, kỳ 12/2019: không đạt",
        "Huyện Năm Căn, kỳ 12/2019: tạm giữ, chờ thẩm định",
        "Huyện Năm Căn, kỳ 12/2019: đã trả lại",
        "Công bố số liệu đến kỳ 12/2019",
    ]
    assert sorted(title for title, _ in received(mail)) == sorted(titles)
    assert sorted(title for title, _ in received(hook)) == sorted(titles[2:])
    bodies = dict(received(mail))
    assert "(1 lỗi nghiêm trọng, 0 cảnh báo)" in bodies[titles[0]]
    assert first.submission_id[:12] in bodies[titles[0]]
    assert release in bodies[titles[3]]
    everything = str([*received(mail), *received(hook)])
    assert not [word for word in (*PERSONAL, "b1_points", "121") if word in everything]


def test_what_is_overdue_is_told_once_and_not_for_ever(tmp_path: Path, hook: socketserver.BaseServer) -> None:
    address = f"late|json://127.0.0.1:{port(hook)}/"
    settings = Settings(data=tmp_path, ledger_url="", last_period="2020-01", notices=address)
    at = dt.datetime(2020, 1, 2, tzinfo=dt.UTC)
    excused = Event("excused", at, by="a", reason="b", district_code="964", period="2019-12")
    Ledger(settings.database_url).append([excused])
    on_the_day = dt.datetime(2020, 1, 10, 10, tzinfo=dt.UTC)
    told(settings, on_the_day)
    assert received(hook) == []
    for _ in range(2):
        told(settings, on_the_day + dt.timedelta(days=1))
    assert len(received(hook)) == 8
    title, body = "Huyện Năm Căn: báo cáo kỳ 12/2019 quá hạn", "Huyện Năm Căn chưa gửi báo cáo kỳ 12/2019"
    assert (title, f"{body}; hạn là ngày 10/01/2020.") in received(hook)
    told(settings, dt.datetime(2021, 1, 1, tzinfo=dt.UTC))
    assert len(received(hook)) == 8


def test_a_service_that_fails_holds_nothing_up_and_is_tried_again_by_the_next_run(
    tmp_path: Path, hook: socketserver.BaseServer
) -> None:
    address = f"json://user:mat-khau@127.0.0.1:{port(hook)}/"
    settings = Settings(data=tmp_path, ledger_url="", last_period="2019-12", notices=f"{address} nonsense")
    now = dt.datetime(2020, 1, 12, tzinfo=dt.UTC)
    hook.broken = True  # type: ignore[attr-defined]
    with telling("notice") as log:
        told(settings, now)
    assert received(hook) == []
    assert [(one["event"], one["service"]) for one in log] == [("notice.failed", "json"), ("notice.failed", "?")]
    hook.broken = False  # type: ignore[attr-defined]
    told(settings, now)
    assert len(received(hook)) == 9


def test_two_senders_at_once_send_each_notice_once(tmp_path: Path, hook: socketserver.BaseServer) -> None:
    address = f"json://127.0.0.1:{port(hook)}/"
    settings = Settings(data=tmp_path, ledger_url="", last_period="2019-12", notices=address)
    now = dt.datetime(2020, 1, 12, tzinfo=dt.UTC)
    both = [announce(settings, now), announce(settings, now)]
    for sending in both:
        assert sending is not None
        sending.join()
    told(settings, now)
    assert len(received(hook)) == len(set(received(hook))) == 9


def test_a_store_that_can_not_be_written_fails_no_run(tmp_path: Path) -> None:
    (tmp_path / "notices.sqlite").mkdir()
    with telling("notice") as log:
        told(Settings(data=tmp_path, ledger_url="", notices="json://user:mat-khau@127.0.0.1:9/"))
    (failed,) = log
    assert failed["event"] == "notice.failed"
    assert failed["fault"] == "OperationalError(OperationalError)"
    assert failed["words"] == "unable to open database file"
    assert "mat-khau" not in str(log)


def test_a_state_that_stays_is_told_once_and_what_is_old_not_at_all() -> None:
    at = dt.datetime(2020, 1, 5, tzinfo=dt.UTC)
    judged = Event(
        "judged",
        at,
        submission_id="a1",
        district_code="971",
        period="2019-12",
        payload={"verdict": "rejected", "severities": {"critical": 2, "warning": 0, "info": 0}},
    )
    waived = Event("waived", at, submission_id="a1", payload={"rule": "H12", "until": "2020-02-01"})
    events = [Event("received", at, submission_id="a1", payload={"file_name": "a"}), judged, waived, judged]
    events += [Event("returned", at, submission_id="a1"), Event("reopened", at, submission_id="a1"), judged]
    numbered = [replace(event, id=number) for number, event in enumerate(events, start=1)]
    found = notices_of(numbered, at)
    assert [(one.key, one.kind) for one in found] == [
        ("event 2", "rejected"),
        ("event 5", "returned"),
        ("event 7", "rejected"),
    ]
    assert notices_of(numbered, at + dt.timedelta(seconds=1)) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("json://a/?x=1,2", [Address("json://a/?x=1,2", KINDS)]),
        ("late,held|json://a/ mailto://b", [Address("json://a/", ("late", "held")), Address("mailto://b", KINDS)]),
        ("other|json://a/", [Address("other|json://a/", KINDS)]),
    ],
)
def test_addresses_of_the_settings(text: str, found: list[Address]) -> None:
    assert addresses(text) == found


def test_an_address_shows_its_kind_of_service_and_nothing_that_may_be_a_secret() -> None:
    assert [Address(url, ()).shown for url in ("mailto://me:hunter2@host", "hunter2@host")] == ["mailto", "?"]


def test_a_sender_that_died_leaves_its_notice_to_a_later_run(tmp_path: Path, hook: socketserver.BaseServer) -> None:
    outbox, address = Outbox(tmp_path), Address(f"json://127.0.0.1:{port(hook)}/", KINDS)
    outbox.put([Notice("event 1", "late", "Tựa", "Lời")], [address])
    assert outbox._claim("event 1", address)
    assert outbox.send([address]) == 0
    outbox._settle("event 1", address, claimed_at=0.0)
    assert outbox.send([address]) == 1
    outbox.close()


def test_the_command_tries_each_address(
    tmp_path: Path, hook: socketserver.BaseServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIAMNGHEO_NOTICES", f"late|json://127.0.0.1:{port(hook)}/ json://127.0.0.1:9/")
    assert run(tmp_path, "notify", "--test", expect=1).stdout == "1. json: đã gửi\n2. json: KHÔNG gửi được\n"
    [(title, body)] = received(hook)
    assert title == "Tin thử"
    assert "Không cần làm gì" in body


def test_a_run_of_the_command_waits_for_its_notices(
    tmp_path: Path, hook: socketserver.BaseServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIAMNGHEO_NOTICES", f"rejected|json://127.0.0.1:{port(hook)}/")
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "x.xlsx").write_bytes(b"not a workbook")
    run(tmp_path, "ingest")
    assert [title for title, _ in received(hook)] == ["Chưa rõ huyện, chưa rõ kỳ: không đọc được"]
