"""A replay lists what another rule pack changes, finding by finding, and records nothing.

The rule pack is changed for real: a copy of the room with other lines in it stands before ours on the path of a
command of its own.
"""

import datetime as dt
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from deciding import AT, BY, JANUARY, REASON, Desk
from small_district import a_month, some_rows

import expectations
from flows.ingest import ingest
from flows.replay import NEVER_JUDGED, replay
from flows.runner import DirectRunner
from forms.dictionary import KIND_CORRECTION
from ledger.events import Event, Ledger
from settings import REPOSITORY
from tasks import decide
from tasks.children import Readers
from tasks.identity import rule_pack
from tasks.replay import Change, Replay
from terminal_replay import print_replay

# What becomes of each file under the changed pack, by its name.
LARGE, HELD, WRONG, OLD, WAIVED = "large household", "held", "wrong class", "old head", "waived"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Files in every state, and what was recorded since: a closed month, a correction, a waiver that has ended."""
    with Readers(1) as readers:
        desk = Desk(tmp_path_factory.mktemp("replayed") / "data", readers)
        large = a_month(rows=_with(0, persons=9))
        held, wrong = a_month(district_code="973"), a_month(district_code="964")
        held.household[0]["area"] = "Thành thị"
        wrong.household[0]["b1_points"] = 121
        waived = a_month(district_code="969")
        waived.household[0]["b1_points"] = 121
        old = a_month(rows=_with(0, "968", head_birth_year=1890), district_code="968")
        desk.take(**{LARGE: large, HELD: held, WRONG: wrong, OLD: old, WAIVED: waived})
        desk.decide(WAIVED, "waive", rule="H12", until=AT.date())
        desk.take(january=a_month(JANUARY, _with(0, persons=9), previous=large))
        desk.of_slot(lambda state: decide.close(state, JANUARY, BY, REASON, AT))  # type: ignore[arg-type, return-value]
        desk.take(corrected=a_month(rows=_with(1, persons=5), kind=KIND_CORRECTION))
        (desk.settings.inbox / "torn.xlsx").write_bytes(b"not a workbook")
        ingest(desk.settings, DirectRunner(), clock=lambda: AT, readers=readers)
        assert desk.states() == {
            LARGE: "superseded",
            HELD: "held",
            WRONG: "rejected",
            OLD: "accepted",
            WAIVED: "accepted",
            "january": "accepted",
            "corrected": "accepted",
            "torn": "unreadable",
        }
        yield desk


def _with(place: int, district_code: str = "971", **changes: Any) -> list[dict[str, Any]]:
    rows = some_rows(district_code)
    rows[place] |= changes
    return rows


def all_bytes(root: Path) -> dict[str, str]:
    """Every file that must last, with its hash."""
    kept = [path for path in root.rglob("*") if path.is_file() and "warehouse" not in path.parts]
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in kept}


@pytest.fixture(scope="module")
def changed_rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a room `expectations` whose rules differ in four lines."""
    folder = tmp_path_factory.mktemp("rules")
    room = folder / "expectations"
    shutil.copytree(expectations.__path__[0], room, ignore=shutil.ignore_patterns("__pycache__"))
    _replace(
        room / "household.py", "PERSONS_MIN, PERSONS_MAX, PERSONS_USUAL_MAX = 1, 30, 15", "= 1, 8, 15", "= 1, 30, 15"
    )
    _replace(room / "household.py", "BORN_FROM, HEAD_AGE_MIN = 1900", "1800", "1900")
    _replace(room / "rules.csv", "H09,row,household,warning,hold,", "warning,flag,", "warning,hold,")
    _replace(room / "rules.csv", "H12,row,household,critical,reject,", "warning,hold,", "critical,reject,")
    return folder


def _replace(path: Path, line: str, new: str, old: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(line) == 1
    path.write_text(text.replace(line, line.replace(old, new)), encoding="utf-8")


@pytest.fixture(scope="module")
def told(desk: Desk, changed_rules: Path) -> dict[str, Any]:
    """What the command says under the changed rules, as JSON; `rule_pack` is none of ours, and nothing was written."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT", "GIAMNGHEO"))}
    place = {"PYTHONPATH": f"{changed_rules}{os.pathsep}{REPOSITORY}", "GIAMNGHEO_DATA": str(desk.settings.data)}
    before = all_bytes(desk.settings.data)
    done = subprocess.run(
        [sys.executable, "-m", "cli", "replay", "--json", "--strict"],
        cwd=changed_rules,
        env=kept | place | {"GIAMNGHEO_PSEUDONYM_KEY": "k"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3, done.stderr
    assert all_bytes(desk.settings.data) == before
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["rule_pack"] != rule_pack()
    return found


def test_the_same_rules_change_nothing_and_nothing_is_written(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """Though the month is closed since, the register under January is another, and the waiver's day has passed."""
    shutil.rmtree(desk.settings.accepted)
    before = all_bytes(desk.settings.data)
    seen = []
    found = replay(desk.settings, readers=desk.readers, on_progress=lambda *told: seen.append(told))
    assert (found.judged, found.changes, found.left_out, found.faults) == (8, [], [], [])
    assert (found.rule_pack, found.rule_packs) == (rule_pack(), {rule_pack(): 8})
    assert seen[-1] == ("replay", 8, 8)
    assert all_bytes(desk.settings.data) == before
    print_replay(found)
    assert "Không có gì thay đổi." in capsys.readouterr().out


def test_another_rule_pack_lists_exactly_what_it_changes(told: dict[str, Any]) -> None:
    assert (told["judged"], told["judged_by"], told["faults"]) == (8, {rule_pack(): 8}, [])
    kinds = ("newly_failing", "newly_passing", "severities", "way")
    changes = {
        row["file_name"].removesuffix(".xlsx"): (
            f"{row['verdict_then']} {row['verdict_now']}",
            *[row[kind] for kind in kinds],
        )
        for row in told["submissions"]
    }
    assert changes == {
        LARGE: ("accepted rejected", {"H06": 1}, {}, {}, "nothing"),
        "january": ("accepted rejected", {"H06": 1}, {}, {}, "validator"),
        HELD: ("held accepted", {}, {}, {}, "rejudge"),
        WRONG: ("rejected held", {}, {}, {"H12": ["critical", "warning"]}, "rejudge"),
        WAIVED: ("accepted accepted", {}, {}, {"H12": ["critical", "warning"]}, "nothing"),
        OLD: ("accepted accepted", {}, {"H16": 1}, {}, "nothing"),
    }
    totals = {row["rule"]: list(row.values())[1:] for row in told["rules"]}
    assert totals == {
        "H06": ["critical", "critical", 2, 2, 0, 0],
        "H12": ["warning", "critical", 0, 0, 0, 0],
        "H16": ["warning", "warning", 0, 0, 1, 1],
    }


def test_what_is_printed_names_the_way_on(told: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    changes = [Change(**row) for row in told["submissions"]]
    print_replay(Replay(told["rule_pack"], told["code_version"], told["judged"], Counter(told["judged_by"]), changes))
    shown = capsys.readouterr().out
    assert f"đã xét trước đây bằng: {rule_pack()} (8 tệp)" in shown
    assert "6 tệp có thay đổi, 4 tệp đổi kết luận." in shown
    assert "2 tệp chưa chấp nhận: xét lại bằng giamngheo rejudge" in shown
    assert "1 tệp đã chấp nhận nay không còn đạt." in shown
    assert "giamngheo withdraw MÃ" in shown


def test_a_fault_of_ours_stops_nothing_else_and_what_was_never_judged_is_left_out(
    desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "data"
    shutil.copytree(desk.settings.data, root)
    settings = desk.settings.model_copy(update={"data": root})
    gone, torn = desk.one("january").submission_id, desk.one("torn").submission_id
    (root / "raw" / gone).unlink()
    (root / "raw" / torn).chmod(0o600)
    (root / "raw" / torn).write_bytes(b"another")
    ledger = Ledger(settings.database_url)
    ledger.append(
        [Event("received", dt.datetime.now(dt.UTC), submission_id="f" * 64, payload={"file_name": "new.xlsx"})]
    )
    ledger.close()
    found = replay(settings, readers=desk.readers)
    assert (found.judged, found.changes) == (6, [])
    assert [fault.partition(":")[0] for fault in found.faults] == [
        f"Tệp torn.xlsx ({torn[:12]})",
        f"Tệp january.xlsx ({gone[:12]})",
    ]
    assert [(one["file_name"], one["why"]) for one in found.left_out] == [("new.xlsx", NEVER_JUDGED)]
    print_replay(found)
    shown = capsys.readouterr().out
    assert "LỖI HỆ THỐNG (chưa xét được): Tệp torn.xlsx" in shown
    assert "Không xét new.xlsx" in shown


def test_a_month_is_replayed_by_itself(desk: Desk) -> None:
    assert replay(desk.settings, period=JANUARY, readers=desk.readers).judged == 1
    assert replay(desk.settings, period=JANUARY, district="964", readers=desk.readers).judged == 0
