"""The numbers that Prometheus reads, gathered when it asks: from the ledger, small files and the disk's counters.

No label is a submission, a file or a person. What can't be read is missing, and
`giamngheo_part_readable` says so.
"""

import datetime as dt
import json
import platform
import shutil
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any
from zoneinfo import ZoneInfo

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from labels.table import STATES
from ledger.states import ACCEPTED, OPEN_STATES
from plan.reference import period_end
from review.store import DESK_FILE
from settings import Settings
from tasks.calendar import calendar
from tasks.identity import rule_pack
from tasks.inputs import code_version
from tasks.notices import given_up_and_waiting
from tasks.receive import find_unhidden
from telemetry.runs import last_runs
from watch.known import Known, look

# Of so many months, the latest that have ended, the slots are counted; earlier ones are history.
MONTHS = 3
SUBMISSION_STATES = [state for state in STATES if state not in ("expected", "excused")]
FLOWS = ("ingest", "publish", "verify", "backup", "rebuild", "restore", "rejudge", "decision", "rollback")
OUTCOMES = ("done", "faults", "failed", "stopped", "nothing", "refused", "blocked", "damaged")


class Watcher(Collector):
    """All metrics of one data root. Safe to ask from several threads; each look costs the ledger's new events only."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._known = Known()
        self._lock = threading.Lock()

    def collect(self) -> Iterator[Metric]:
        """Every family; first those of parts that can be read, then which could."""
        begun = time.monotonic()
        readable = GaugeMetricFamily(
            "giamngheo_part_readable", "Whether this part of the metrics could be read (1) or not (0)", labels=["part"]
        )
        parts: dict[str, Callable[[Settings], list[Metric]]] = {
            "ledger": self._ledger,
            "runs": _runs,
            "release": _release,
            "inbox": _inbox,
            "disk": _disk,
            "notices": _notices,
            "desk": _desk,
            "build": _build,
        }
        with self._lock:
            for part, gather in parts.items():
                try:
                    found = gather(self._settings)
                except Exception:
                    readable.add_metric([part], 0)
                    continue
                readable.add_metric([part], 1)
                yield from found
        yield readable
        yield _gauge("giamngheo_scrape_seconds", "Seconds that gathering these numbers took", time.monotonic() - begun)

    def _ledger(self, settings: Settings) -> list[Metric]:
        self._known = known = look(settings, self._known)
        submissions = list(known.state.submissions.values())
        states = Counter(one.state for one in submissions)
        findings = Counter[tuple[str, str]]()
        for one in submissions:
            for severity in ("critical", "warning", "info"):
                if one.state == ACCEPTED or one.state in OPEN_STATES:
                    findings[one.state, severity] += one.counts(severity)
        found = [
            _counter("giamngheo_ledger_events_total", "Events in the ledger", known.events),
            _gauge("giamngheo_raw_bytes", "Bytes of all received files, as the ledger knows them", known.raw_bytes),
            _by(
                "giamngheo_submissions",
                "Submissions by state",
                ["state"],
                {(state,): states[state] for state in SUBMISSION_STATES},
            ),
            _by(
                "giamngheo_findings",
                "Findings of submissions that are accepted or still open, waived ones included",
                ["state", "severity"],
                {
                    (state, severity): findings[state, severity]
                    for state in (ACCEPTED, *OPEN_STATES)
                    for severity in ("critical", "warning", "info")
                },
            ),
            *_slots(settings, known),
        ]
        if known.last_at:
            text = "When the last event was recorded, in seconds since 1970"
            found.append(_gauge("giamngheo_ledger_last_event_timestamp_seconds", text, known.last_at.timestamp()))
        return found


def _slots(settings: Settings, known: Known) -> list[Metric]:
    """Of each of the latest months that have ended, how its slots stand; overdue slots by district, of all months."""
    today = dt.datetime.now(ZoneInfo(settings.timezone)).date()
    slots = [slot for slot in calendar(settings, known.state, today) if period_end(slot.period) < today]
    latest = sorted({slot.period for slot in slots})[-MONTHS:]
    counts = Counter((slot.period, slot.timeliness) for slot in slots)
    kinds = ("on_time", "late", "missing", "due", "excused")
    overdue = Counter(slot.district_code for slot in slots if slot.timeliness == "missing")
    accepted = Counter(slot.period for slot in slots if slot.state == ACCEPTED)
    return [
        _by(
            "giamngheo_slots",
            f"Slots of the last {MONTHS} months that have ended: on_time, late, missing (overdue), due, excused",
            ["period", "timeliness"],
            {(period, kind): counts[period, kind] for period in latest for kind in kinds},
        ),
        _by(
            "giamngheo_slots_accepted",
            f"Districts whose workbook is accepted, in the last {MONTHS} months that have ended",
            ["period"],
            {(period,): accepted[period] for period in latest},
        ),
        _by(
            "giamngheo_district_overdue_slots",
            "Months for which a district is overdue and has sent nothing",
            ["district"],
            {(code,): overdue[code] for code in sorted({slot.district_code for slot in slots})},
        ),
    ]


def _runs(settings: Settings) -> list[Metric]:
    runs = last_runs(settings.data)
    # Every flow has its outcomes from the start, so that an alert on a change sees the first one, too.
    totals = CounterMetricFamily("giamngheo_runs", "Runs by flow and outcome", labels=["flow", "outcome"])
    faults = CounterMetricFamily("giamngheo_system_faults", "Faults of the system in runs, by flow", labels=["flow"])
    for flow in dict.fromkeys([*FLOWS, *runs]):
        known = runs.get(flow)
        for outcome in OUTCOMES:
            totals.add_metric([flow, outcome], known.runs.get(outcome, 0) if known else 0)
        faults.add_metric([flow], known.faults if known else 0)
    ended = {(flow,): _seconds(one.finished_at) for flow, one in runs.items()}
    succeeded = {(flow,): _seconds(one.succeeded_at) for flow, one in runs.items() if one.succeeded_at}
    lasted = {(flow,): one.seconds for flow, one in runs.items()}
    outcomes = {(flow, name): float(one.outcome == name) for flow, one in runs.items() for name in OUTCOMES}
    return [
        totals,
        faults,
        _by("giamngheo_last_run_timestamp_seconds", "When the last run ended, in seconds since 1970", ["flow"], ended),
        _by(
            "giamngheo_last_success_timestamp_seconds",
            "When the last run ended that did all of its work, in seconds since 1970",
            ["flow"],
            succeeded,
        ),
        _by("giamngheo_last_run_duration_seconds", "How long the last run took", ["flow"], lasted),
        _by(
            "giamngheo_last_run_outcome",
            "How the last run ended: 1 for its outcome, else 0",
            ["flow", "outcome"],
            outcomes,
        ),
    ]


def _release(settings: Settings) -> list[Metric]:
    path = settings.current / "manifest.json"
    if not settings.current.is_symlink():
        return []
    manifest = json.loads(path.read_text(encoding="utf-8"))
    told = {"release": "release_id", "as_of": "as_of", "code_version": "code_version", "rule_pack": "rule_pack"}
    about = {name: str(manifest.get(key, "")) for name, key in told.items()}
    info = InfoMetricFamily("giamngheo_release", "The release that readers see, and what made it", value=about)
    return [
        info,
        _gauge(
            "giamngheo_release_created_timestamp_seconds",
            "When the release that readers see was made, in seconds since 1970",
            _seconds(manifest["created_at"]),
        ),
        _gauge(
            "giamngheo_release_districts_missing",
            "Districts without an accepted workbook in the last month of the release that readers see",
            len(manifest["districts_missing"]),
        ),
    ]


def _inbox(settings: Settings) -> list[Metric]:
    waiting, noted, oldest = 0, 0, None
    for path, is_note in find_unhidden(settings.inbox):
        if is_note:
            noted += 1
            continue
        waiting += 1
        changed = path.lstat().st_mtime
        oldest = changed if oldest is None else min(oldest, changed)
    found: list[Metric] = [
        _gauge("giamngheo_inbox_files", "Files in the inbox that are not taken yet", waiting),
        _gauge("giamngheo_inbox_refused_files", "Files in the inbox with a note that says why they stay", noted),
    ]
    if oldest is not None:
        text = "When the file that lies longest in the inbox was changed, in seconds since 1970"
        found.append(_gauge("giamngheo_inbox_oldest_file_timestamp_seconds", text, oldest))
    return found


def _disk(settings: Settings) -> list[Metric]:
    usage = shutil.disk_usage(settings.data)
    return [
        _gauge("giamngheo_data_free_bytes", "Free bytes where the data root lies", usage.free),
        _gauge("giamngheo_data_size_bytes", "Size in bytes of the file system where the data root lies", usage.total),
    ]


def _notices(settings: Settings) -> list[Metric]:
    given_up, waiting = given_up_and_waiting(settings.data)
    return [
        _gauge("giamngheo_notices_waiting", "Notices that are still to be sent", waiting),
        _gauge("giamngheo_notices_given_up", "Notices that could not be sent and are no longer tried", given_up),
    ]


def _desk(settings: Settings) -> list[Metric]:
    sessions, users = 0, 0
    path = settings.data / DESK_FILE
    if path.is_file():
        now = time.time()
        alive = (now - settings.review_idle_minutes * 60, now - settings.review_session_hours * 3600)
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            live = "select count(*) from session where seen_at >= ? and started_at >= ?"
            sessions = connection.execute(live, alive).fetchone()[0]
            users = connection.execute("select count(*) from user where not disabled").fetchone()[0]
    return [
        _gauge("giamngheo_desk_sessions", "Sessions at the desk that have not run out", sessions),
        _gauge("giamngheo_desk_users", "Users who may sign in to the desk", users),
    ]


def _build(settings: Settings) -> list[Metric]:
    about = {"code_version": code_version(), "rule_pack": rule_pack(), "python": platform.python_version()}
    return [InfoMetricFamily("giamngheo_build", "The program that gives these numbers", value=about)]


def _seconds(at: str | None) -> float:
    return dt.datetime.fromisoformat(at).timestamp() if at else 0.0


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)


def _counter(name: str, text: str, value: float) -> Metric:
    return CounterMetricFamily(name.removesuffix("_total"), text, value=value)


def _by(name: str, text: str, labels: list[str], values: dict[Any, float]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=labels)
    for key, value in values.items():
        family.add_metric(list(key), value)
    return family


def registry_of(settings: Settings) -> CollectorRegistry:
    """A registry with the metrics of a data root, and nothing of this process."""
    registry = CollectorRegistry()
    registry.register(Watcher(settings))
    return registry


def metrics_text(settings: Settings) -> str:
    """All metrics once, in Prometheus's text format."""
    return generate_latest(registry_of(settings)).decode()
