"""Locales without Vietnamese, streams that are closed or full, odd file names, and time zones."""

import datetime as dt
import json
import os
import shlex
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from disturbed import Victim, assert_nothing_is_damaged
from small_district import DISTRICT

from ledger.events import Event, Ledger
from settings import REPOSITORY

OTHER_DISTRICT = "964"
PLAIN = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


def run(root: Path, words: str, environment: dict[str, str], redirection: str = "") -> subprocess.CompletedProcess[str]:
    """The command line in a shell, with nothing else in its environment."""
    kept = {"PATH": os.environ["PATH"], "PYTHONPATH": str(REPOSITORY), "HOME": str(root)}
    return subprocess.run(
        ["sh", "-c", f"{shlex.quote(sys.executable)} -m cli {words} {redirection}"],
        env={**kept, "GIAMNGHEO_DATA": str(root), "GIAMNGHEO_SETTLE_SECONDS": "0", **environment},
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


@pytest.mark.parametrize("locale", [PLAIN, {**PLAIN, "LC_ALL": "POSIX"}, {}], ids=["C", "POSIX", "none"])
def test_vietnamese_is_written_whatever_the_locale(tmp_path: Path, locale: dict[str, str]) -> None:
    done = run(tmp_path, "status --period 2019-12", locale)
    assert (done.returncode, "chưa nhận, quá hạn" in done.stdout, done.stderr) == (0, True, "")


@pytest.mark.parametrize("redirection", [">&- 2>&-", "| true"])
def test_a_closed_stream_stops_nothing(tmp_path: Path, redirection: str) -> None:
    done = run(tmp_path, "status", {}, redirection)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_full_standard_output_is_said(tmp_path: Path) -> None:
    done = run(tmp_path, "status", {}, ">/dev/full")
    assert (done.returncode, "Hết chỗ trên đĩa" in done.stderr, "Traceback" in done.stderr) == (1, True, False)


@pytest.mark.begins("received")
def test_odd_file_names_are_taken(victim: Victim, root: Path) -> None:
    content = (root / "inbox" / "good.xlsx").read_bytes()
    for path in (root / "inbox").iterdir():
        path.unlink()
    vietnamese = unicodedata.normalize("NFD", "Năm Căn tháng 12.xlsx").encode()
    names = [vietnamese, b"two\nlines.xlsx", b"no text \xff\xfe.xlsx"]
    for number, name in enumerate(names):
        (root / "inbox" / os.fsdecode(name)).write_bytes(content + bytes(number))
    for words in (["ingest"], ["status"], ["verify"]):
        done = victim.run(words, root, environment=PLAIN)
        assert (done["exit"], "Traceback" in done["err"]) == (0, False), done
    assert list((root / "inbox").glob("*.xlsx")) == []
    assert_nothing_is_damaged(root)
    ledger = Ledger(f"sqlite:///{root / 'ledger.sqlite'}")
    received = [event.payload["file_name"] for event in ledger.events() if event.kind == "received"]
    ledger.close()
    assert sorted(received) == sorted([vietnamese.decode(), "two�lines.xlsx", "no text ��.xlsx"])


LAST_DAY = dt.date(2020, 1, 10)


@pytest.mark.parametrize(
    ("zone", "offset_hours", "machine"),
    [
        ("Asia/Ho_Chi_Minh", 7, "America/New_York"),
        ("America/New_York", -5, "Asia/Ho_Chi_Minh"),
        ("Europe/Berlin", 1, "Pacific/Kiritimati"),
    ],
)
def test_a_minute_decides_in_the_zone_of_the_settings(
    victim: Victim, tmp_path: Path, zone: str, offset_hours: int, machine: str
) -> None:
    """Whatever zone the machine is in: 23:59 of the last day is in time, 00:00 is late."""
    there = dt.timezone(dt.timedelta(hours=offset_hours))
    midnight = dt.datetime.combine(LAST_DAY + dt.timedelta(days=1), dt.time(), there)
    arrivals = {"a" * 64: (DISTRICT, midnight - dt.timedelta(minutes=1)), "b" * 64: (OTHER_DISTRICT, midnight)}
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    for submission_id, (district, at) in arrivals.items():
        delivery = {"file_name": "a.xlsx", "size": 1, "mark": [1, 1, 1], "source": "inbox"}
        judged = {"verdict": "rejected", "kind": None, "inputs": {}, "counts": {}, "severities": {}, "findings": "x"}
        slot = {"submission_id": submission_id, "district_code": district, "period": "2019-12"}
        ledger.append([Event("received", at, submission_id=submission_id, payload=delivery)])
        ledger.append([Event("judged", at, payload=judged, **slot)])
    ledger.close()
    answer = victim.run(["status", "--json"], tmp_path, environment={"TZ": machine, "GIAMNGHEO_TIMEZONE": zone})
    rows = {row["submission_id"]: row["on_time"] for row in json.loads(answer["out"]) if row["submission_id"]}
    assert rows == {"a" * 64: True, "b" * 64: False}


def test_a_day_of_23_hours_is_a_day(victim: Victim, tmp_path: Path) -> None:
    """New York lost an hour on 8 March 2020, the last day here: it ends at 04:00 UTC, not at 05:00."""
    found = {}
    for due_days, at in ((8, "2020-03-09T03:59:00+00:00"), (8, "2020-03-09T04:00:00+00:00")):
        root = tmp_path / at[11:16].replace(":", "")
        ledger = Ledger(f"sqlite:///{root / 'ledger.sqlite'}")
        moment = dt.datetime.fromisoformat(at)
        delivery = {"file_name": "a.xlsx", "size": 1, "mark": [1, 1, 1], "source": "inbox"}
        judged = {"verdict": "rejected", "kind": None, "inputs": {}, "counts": {}, "severities": {}, "findings": "x"}
        slot = {"submission_id": "a" * 64, "district_code": DISTRICT, "period": "2020-02"}
        ledger.append([Event("received", moment, submission_id="a" * 64, payload=delivery)])
        ledger.append([Event("judged", moment, payload=judged, **slot)])
        ledger.close()
        zone = {
            "TZ": "Asia/Ho_Chi_Minh",
            "GIAMNGHEO_TIMEZONE": "America/New_York",
            "GIAMNGHEO_DUE_DAYS": str(due_days),
            "GIAMNGHEO_LAST_PERIOD": "2020-02",
        }
        answer = victim.run(["status", "--json"], root, environment=zone)
        found[at] = [row["on_time"] for row in json.loads(answer["out"]) if row["submission_id"]]
    assert list(found.values()) == [[True], [False]]


def test_a_zone_that_is_not_known_is_one_sentence(victim: Victim, tmp_path: Path) -> None:
    answer = victim.run(["status"], tmp_path, environment={"GIAMNGHEO_TIMEZONE": "Mars/Base"})
    assert answer["exit"] == 2
    assert "GIAMNGHEO_TIMEZONE phải là tên một múi giờ" in answer["err"]
    assert "Traceback" not in answer["err"]
