"""What Prometheus reads: well formed, true to the data root, and silent about persons."""

import datetime as dt
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
import yaml
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from ledger.events import Event, Ledger
from settings import REPOSITORY, Settings
from telemetry.runs import running
from watch.metrics import Watcher, metrics_text, registry_of

FILE = "ab" * 32
SECRET = "Báo cáo của Nguyễn Văn Bí Mật.xlsx"
AT = dt.datetime(2020, 1, 5, 3, tzinfo=dt.UTC)
LABELS = {"state", "severity", "period", "timeliness", "district", "flow", "outcome", "part"}
INFO_LABELS = {"release", "as_of", "code_version", "rule_pack", "python"}


def samples(text: str) -> dict[tuple[str, ...], float]:
    """(name, label values in the labels' order) → value."""
    return {
        (one.name, *[value for _, value in sorted(one.labels.items())]): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


def append(settings: Settings, *events: Event) -> None:
    ledger = Ledger(settings.database_url)
    ledger.append(events)
    ledger.close()


def received(submission_id: str, size: int = 1000) -> Event:
    return Event("received", AT, submission_id=submission_id, payload={"file_name": SECRET, "size": size})


def judged(submission_id: str, verdict: str, critical: int = 0) -> Event:
    payload = {"verdict": verdict, "severities": {"critical": critical, "warning": 1, "info": 0}, "counts": {}}
    return Event("judged", AT, submission_id=submission_id, district_code="971", period="2019-12", payload=payload)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "data", ledger_url="", last_period="2020-01", _env_file=None)  # type: ignore[call-arg]


@pytest.fixture
def filled(settings: Settings) -> Settings:
    append(settings, received(FILE), judged(FILE, "accepted"))
    with running(settings.data, "ingest") as run:
        run.counts = {"faults": 2}
        run.outcome = "faults"
    with running(settings.data, "backup"):
        pass
    settings.inbox.mkdir()
    (settings.inbox / SECRET).write_bytes(b"x")
    (settings.inbox / f"{SECRET}.ghi-chu.txt").write_text("x", encoding="utf-8")
    release = settings.releases / "2019-12-abc"
    release.mkdir(parents=True)
    manifest = '{"release_id": "2019-12-abc", "as_of": "2019-12", "created_at": "2020-01-06T00:00:00+00:00",'
    manifest += ' "code_version": "0.1.0", "rule_pack": "f00d", "districts_missing": ["964"]}'
    (release / "manifest.json").write_text(manifest, encoding="utf-8")
    settings.current.symlink_to(release)
    return settings


def test_it_is_as_prometheus_wants_it(filled: Settings) -> None:
    text = metrics_text(filled)
    families = list(text_string_to_metric_families(text))
    names = [family.name for family in families]
    assert len(names) == len(set(names)) > 25
    for family in families:
        assert re.fullmatch(r"giamngheo_[a-z]+(_[a-z]+)*", family.name)
        assert family.documentation[0].isupper()
        assert not family.documentation.endswith(".")
        assert (family.type == "counter") == (f"{family.name}_total" in text)
        for one in family.samples:
            assert set(one.labels) <= (INFO_LABELS if one.name.endswith("_info") else LABELS)
    assert len(text.splitlines()) == len({line for line in text.splitlines() if line})
    for what in (FILE, FILE[:12], "Bí Mật", "xlsx"):
        assert what not in text


def test_it_tells_what_is_so(filled: Settings) -> None:
    told = samples(metrics_text(filled))
    expected = {
        ("giamngheo_submissions", "accepted"): 1,
        ("giamngheo_submissions", "held"): 0,
        ("giamngheo_findings", "warning", "accepted"): 1,
        ("giamngheo_ledger_events_total",): 2,
        ("giamngheo_raw_bytes",): 1000,
        ("giamngheo_slots", "2019-12", "on_time"): 1,
        ("giamngheo_slots", "2019-12", "missing"): 8,
        ("giamngheo_slots_accepted", "2020-01"): 0,
        ("giamngheo_district_overdue_slots", "971"): 1,
        ("giamngheo_district_overdue_slots", "964"): 2,
        ("giamngheo_ledger_last_event_timestamp_seconds",): AT.timestamp(),
        ("giamngheo_runs_total", "ingest", "faults"): 1,
        ("giamngheo_system_faults_total", "ingest"): 2,
        ("giamngheo_last_run_outcome", "ingest", "faults"): 1,
        ("giamngheo_last_run_outcome", "backup", "done"): 1,
        ("giamngheo_inbox_files",): 1,
        ("giamngheo_inbox_refused_files",): 1,
        ("giamngheo_release_info", "2019-12", "0.1.0", "2019-12-abc", "f00d"): 1,
        ("giamngheo_release_districts_missing",): 1,
        ("giamngheo_desk_sessions",): 0,
    }
    assert {key: told[key] for key in expected} == expected
    assert ("giamngheo_last_success_timestamp_seconds", "ingest") not in told
    assert told["giamngheo_last_success_timestamp_seconds", "backup"] > 1.5e9
    assert all(value == 1 for key, value in told.items() if key[0] == "giamngheo_part_readable")


def test_a_scrape_reads_on_from_the_last_one_and_begins_anew_with_another_ledger(filled: Settings) -> None:
    registry = registry_of(filled)
    assert samples(generate_latest(registry).decode())["giamngheo_ledger_events_total",] == 2
    append(filled, received("cd" * 32), judged("cd" * 32, "rejected", critical=3))
    told = samples(generate_latest(registry).decode())
    assert told["giamngheo_ledger_events_total",] == 4
    assert told["giamngheo_findings", "critical", "rejected"] == 3
    shutil.copy(filled.data / "ledger.sqlite", filled.data / "aside")
    for path in filled.data.glob("ledger.sqlite*"):
        path.unlink()
    assert samples(generate_latest(registry).decode())["giamngheo_ledger_events_total",] == 0
    (filled.data / "aside").rename(filled.data / "ledger.sqlite")
    assert samples(generate_latest(registry).decode())["giamngheo_ledger_events_total",] == 4


def test_what_can_not_be_read_hides_nothing_else(filled: Settings) -> None:
    with sqlite3.connect(filled.data / "desk.sqlite") as desk:
        desk.execute("create table other (x)")
    for path in filled.data.glob("ledger.sqlite-*"):
        path.unlink()
    (filled.data / "ledger.sqlite").write_bytes(b"no database" * 100)
    told = samples(metrics_text(filled))
    unreadable = {key[1] for key, value in told.items() if key[0] == "giamngheo_part_readable" and value == 0}
    assert unreadable == {"ledger", "desk"}
    assert told["giamngheo_inbox_files",] == 1


def test_an_empty_data_root_stays_empty(settings: Settings) -> None:
    settings.data.mkdir()
    assert samples(metrics_text(settings))["giamngheo_ledger_events_total",] == 0
    assert list(settings.data.iterdir()) == []


def test_every_alert_asks_for_numbers_that_there_are_and_is_explained(filled: Settings) -> None:
    rules = yaml.safe_load((REPOSITORY / "docs" / "prometheus-alerts.yml").read_text(encoding="utf-8"))
    alerts = {rule["alert"]: rule["expr"] for group in rules["groups"] for rule in group["rules"]}
    families = list(Watcher(filled).collect())
    known = {sample.name for family in families for sample in family.samples} | {family.name for family in families}
    for alert, expression in alerts.items():
        asked = set(re.findall(r"giamngheo_\w+", expression))
        assert asked, alert
        assert asked <= known, alert
        for label, values in re.findall(r'(\w+)=~?"([^"]*)"', expression):
            seen = {sample.labels.get(label) for family in families for sample in family.samples}
            assert set(values.split("|")) <= seen | {"verify", "publish"}, alert
    page = (REPOSITORY / "docs" / "data-team.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(Giamngheo\w+)` \| \S", page, flags=re.MULTILINE)) == set(alerts)
    shown = set(re.findall(r"`(\w+)`", page.partition("### Metrics")[2].partition("### Alerts")[0]))
    assert {family.name.removeprefix("giamngheo_") for family in families if family.type == "gauge"} <= {
        *shown,
        *(f"{name}_info" for name in shown),
        *(name.removesuffix("_info") for name in shown),
    }


def test_it_is_served_on_loopback(filled: Settings) -> None:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("GIAMNGHEO_")}
    environment = inherited | {"GIAMNGHEO_DATA": str(filled.data), "GIAMNGHEO_METRICS_PORT": "0"}
    command = [sys.executable, "-u", str(REPOSITORY / "cli.py"), "metrics", "--serve"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            address = server.stdout.readline().split()[-1]
            assert address.startswith("http://127.0.0.1:")
            answer = httpx.get(address, trust_env=False, timeout=30)
            assert answer.headers["content-type"].startswith("text/plain; version=")
            assert samples(answer.text)["giamngheo_ledger_events_total",] == 2
        finally:
            server.send_signal(signal.SIGINT)
    assert server.returncode == 0
