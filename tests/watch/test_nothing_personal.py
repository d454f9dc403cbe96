"""Workbooks, file names, reasons and exceptions hold a name and an ID number; what is seen from outside does not."""

import json
import re

import pytest
from telling import telling
from watch_root import NAME, NUMBER, Told

import cli
from watch.doctor import glance
from watch.metrics import metrics_text


def quotes(text: str) -> list[str]:
    """What of the person a text holds, also as JSON escapes it."""
    words = [NAME, NUMBER, *NAME.split()[-2:]]
    escaped = [json.dumps(word)[1:-1] for word in words if not word.isascii()]
    return [word for word in [*words, *escaped] if re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text)]


def test_no_log_quotes(told: Told) -> None:
    assert NAME.encode() in (told.settings.data / "ledger.sqlite").read_bytes()
    files = [path for path in (told.settings.data / "logs").rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"giamngheo.jsonl", "ingest.json", "publish.json", "decision.json"}
    for path in files:
        assert quotes(path.read_text(encoding="utf-8")) == [], path
    assert quotes(told.standard_error) == []


def test_the_log_tells_all_the_same(told: Told) -> None:
    lines = [json.loads(line) for line in told.log.splitlines()]
    failed = [(one["step"], one["fault"], one.get("words")) for one in lines if one["event"] == "step.failed"]
    assert ("receive", "OSError", "No space left on device") in failed
    assert ("validate", "ValueError", None) in failed
    assert ("accept", "KeyError", None) in failed
    assert {one["event"] for one in lines} >= {
        "run.started",
        "run.failed",
        "file.received",
        "file.judged",
        "decision.returned",
        "release.published",
        "desk.account_changed",
    }
    (returned,) = [one for one in lines if one["event"] == "decision.returned"]
    assert (returned["by"], returned["flow"]) == ("Trần Thị B", "decision")
    judged = [one for one in lines if one["event"] == "file.judged"]
    assert {(one["district"], one["period"], one["outcome"]) for one in judged} == {
        ("971", "2019-12", "accepted"),
        ("970", "2019-12", "rejected"),
    }
    assert all(len(one["submission"]) == 64 and one["run"] and one["step"] == "accept" for one in judged)
    started = [one for one in lines if one["event"] == "run.started" and one["flow"] == "ingest"]
    assert len({one["run"] for one in started}) == 4
    assert all(one["code_version"] and one["rule_pack"] for one in started)
    outcomes = [one["outcome"] for one in lines if one["event"] == "run.finished" and one["flow"] == "ingest"]
    assert outcomes == ["faults", "faults", "faults", "done"]
    assert [json.loads(line) for line in told.standard_error.splitlines()] == lines


def test_no_metric_and_no_line_of_the_doctor_quotes(told: Told) -> None:
    assert quotes(metrics_text(told.settings)) == []
    assert quotes(json.dumps([vars(line) for line in glance(told.settings)], ensure_ascii=False)) == []


def test_a_command_that_fails_quotes_nothing(
    told: Told, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("settings.get_settings", lambda: told.settings)
    with telling("command") as log, pytest.raises(SystemExit):
        cli._explain(ValueError(f"{NAME} {NUMBER}"))
    assert log[0]["fault"] == "ValueError"
    assert quotes(str(log)) == []
    assert quotes(capsys.readouterr().err) == []
