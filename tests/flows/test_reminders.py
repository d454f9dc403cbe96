"""Reminders before and after a due day, over the wire: once to each address, and after an outage only the latest."""

import datetime as dt
import socketserver
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest
from sample_year import run
from test_notices import Hook, port, received, serving

from flows.notices import announce
from ledger.events import Event, Ledger
from ledger.states import State
from settings import Settings
from tasks.given_table import WrongTable
from tasks.notices import Address
from tasks.reminders import district_addresses, reminders

CODES = ("964", "966", "967", "968", "969", "970", "971", "972", "973")
# Only Năm Căn and Phú Tân still owe December 2019, which is due on 10 January.
SILENT = ("971", "972")


@pytest.fixture
def hook() -> Iterator[socketserver.BaseServer]:
    with serving(ThreadingHTTPServer(("127.0.0.1", 0), Hook)) as server:
        yield server


@pytest.fixture
def settings(tmp_path: Path, hook: socketserver.BaseServer) -> Settings:
    """A data root where seven of nine districts are excused from the only month."""
    address = f"reminder|json://127.0.0.1:{port(hook)}/all"
    settings = Settings(data=tmp_path, ledger_url="", last_period="2019-12", notices=address)
    at = dt.datetime(2020, 1, 2, tzinfo=dt.UTC)
    excused = [
        Event("excused", at, by="a", reason="b", district_code=code, period="2019-12")
        for code in CODES
        if code not in SILENT
    ]
    ledger = Ledger(settings.database_url)
    ledger.append(excused)
    ledger.close()
    return settings


def on(settings: Settings, day: int, remind: bool = True) -> None:
    """A run on a day of January 2020, at eight in the morning of the province."""
    sending = announce(settings, dt.datetime(2020, 1, day, 1, tzinfo=dt.UTC), remind=remind)
    assert sending is not None
    sending.join()


def reject(settings: Settings, code: str) -> None:
    at = dt.datetime(2020, 1, 8, tzinfo=dt.UTC)
    verdict = {"verdict": "rejected", "severities": {"critical": 1, "warning": 0, "info": 0}, "inputs": {}}
    ledger = Ledger(settings.database_url)
    received = Event("received", at, submission_id=code, payload={"file_name": "Bà Tư.xlsx"})
    ledger.append(
        [received, Event("judged", at, submission_id=code, district_code=code, period="2019-12", payload=verdict)]
    )
    ledger.close()


def test_the_province_is_reminded_once_before_and_twice_after(
    settings: Settings, hook: socketserver.BaseServer
) -> None:
    told = []
    for day in range(1, 32):
        for _ in range(2):
            on(settings, day)
        told += [(day, title) for title, _ in received(hook)[len(told) :]]
    assert told == [
        (7, "Kỳ 12/2019: còn 3 ngày đến hạn báo cáo"),
        (13, "Kỳ 12/2019: hạn báo cáo đã qua 3 ngày"),
        (17, "Kỳ 12/2019: hạn báo cáo đã qua 7 ngày"),
    ]
    body = "Hạn nộp là ngày 10/01/2020. 2/9 huyện còn nợ báo cáo: Huyện Phú Tân (chưa nhận), Huyện Năm Căn (chưa nhận)."
    assert [text for _, text in received(hook)] == [body] * 3


def test_other_days_can_be_set_and_a_wrong_one_is_refused(settings: Settings, hook: socketserver.BaseServer) -> None:
    daily = settings.model_copy(update={"remind_before": "2,0", "remind_after": "1"})
    for day in range(6, 15):
        on(daily, day)
    assert [title.partition(": ")[2] for title, _ in received(hook)] == [
        "còn 2 ngày đến hạn báo cáo",
        "hôm nay là hạn báo cáo",
        "hạn báo cáo đã qua 1 ngày",
    ]
    none = settings.model_copy(update={"remind_before": "", "remind_after": ""})
    assert reminders(none, State(), dt.date(2020, 1, 13)) == ([], {})
    with pytest.raises(ValueError, match="remind_after"):
        Settings(data=settings.data, remind_after="mai")


def test_after_an_outage_only_the_latest_reminder_goes_out(settings: Settings, hook: socketserver.BaseServer) -> None:
    """The machine was off from the 5th to the 18th, and from the 11th of a month nobody is told that it is due."""
    on(settings, 5)
    on(settings, 18)
    assert [title for title, _ in received(hook)] == ["Kỳ 12/2019: hạn báo cáo đã qua 8 ngày"]
    on(settings, 19)
    assert len(received(hook)) == 1


def test_a_service_that_was_away_is_told_how_things_are_now(settings: Settings, hook: socketserver.BaseServer) -> None:
    hook.broken = True  # type: ignore[attr-defined]
    on(settings, 7)
    on(settings, 13)
    reject(settings, "972")
    hook.broken = False  # type: ignore[attr-defined]
    # Any run sends what waits, though it makes no reminders.
    on(settings, 15, remind=False)
    [(title, body)] = received(hook)
    assert title == "Kỳ 12/2019: hạn báo cáo đã qua 5 ngày"
    assert body.endswith("Huyện Phú Tân (không đạt), Huyện Năm Căn (chưa nhận).")
    assert "Bà Tư" not in body


def test_a_run_that_is_no_daily_one_makes_no_reminder(settings: Settings, hook: socketserver.BaseServer) -> None:
    on(settings, 7, remind=False)
    assert received(hook) == []


def test_a_district_is_reminded_of_its_own_month_alone(settings: Settings, hook: socketserver.BaseServer) -> None:
    base = f"json://127.0.0.1:{port(hook)}/"
    lines = ["district_code,address", f"971,{base}nam-can", f"972,{base}phu-tan", f"972,{base}all", f"964,{base}ca-mau"]
    (settings.data / "addresses.csv").write_text("\n".join(lines), encoding="utf-8")
    reject(settings, "972")
    for _ in range(2):
        on(settings, 13)
    province = "Kỳ 12/2019: hạn báo cáo đã qua 3 ngày"
    own = "Huyện {}, kỳ 12/2019: hạn báo cáo đã qua 3 ngày"
    titles = sorted(title for title, _ in received(hook))
    assert titles == sorted([province, own.format("Năm Căn"), own.format("Phú Tân"), own.format("Phú Tân")])
    bodies = dict(received(hook))
    assert bodies[own.format("Phú Tân")] == (
        "Huyện Phú Tân, báo cáo kỳ 12/2019: không đạt. Hạn nộp là ngày 10/01/2020. "
        "Sửa theo bản đánh dấu lỗi rồi gửi lại."
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("district_code,address\n971,json://a\n999,json://secret", "dòng 3: cột district_code"),
        ("district_code,address\n971,", "dòng 2: cột address trống"),
        ("huyen;dia_chi\n971;json://secret", "dòng 1: thiếu cột district_code, address"),
        ('district_code,address\n971,"json://secret', "dòng 2: không đúng dạng CSV"),
    ],
)
def test_a_wrong_line_is_named_and_quotes_no_address(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "addresses.csv").write_text(text, encoding="utf-8")
    with pytest.raises(WrongTable, match=words) as caught:
        district_addresses(tmp_path)
    assert "secret" not in str(caught.value)


def test_a_wrong_line_keeps_nobody_else_from_being_told(settings: Settings, hook: socketserver.BaseServer) -> None:
    (settings.data / "addresses.csv").write_text("district_code,address\nxyz,json://secret\n", encoding="utf-8")
    on(settings, 7)
    assert len(received(hook)) == 1
    done = run(settings.data, "notify", expect=2)
    assert "dòng 2: cột district_code không phải là mã huyện" in done.stderr
    assert "secret" not in done.stderr


def test_without_a_file_no_district_has_an_address(tmp_path: Path) -> None:
    assert district_addresses(tmp_path) == {}
    (tmp_path / "addresses.csv").write_text("\ufeffdistrict_code,address\n971, json://a \n", encoding="utf-8")
    assert district_addresses(tmp_path) == {"971": [Address("json://a", ("reminder",))]}
