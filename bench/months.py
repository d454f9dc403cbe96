"""What a month costs when many lie behind it: `python -m bench.months DATA_ROOT SCRATCH MONTHS`.

DATA_ROOT holds the sample year. The MONTHS before its last one are accepted already: its own, and before them its
baseline over again, month for month, with events as they would have been. Then the last month's nine workbooks are
taken in and published. The list of units holds for less than ten years, so its validity is stretched for this one
process. Prints JSON: seconds of ingest, publish, status, the folding of the ledger, a replay of the last month and what
the desk's first page asks, and how many events the ledger holds.
"""

import datetime as dt
import json
import os
import shutil
import sys
import time
from pathlib import Path

import plan.reference
import tasks.build
import tasks.validate  # seconds that every command has, however old the data root
from bench.ten_years import rename_tables, stretched_plan
from flows.ingest import ingest
from flows.publish import publish
from flows.replay import replay
from flows.runner import DirectRunner
from ledger.events import Event, Ledger
from ledger.states import State, Submission, derive_state
from plan.reference import next_period, period_end, periods_between
from review.queries.months import month_grid, queue
from settings import Settings
from tasks.children import start_readers
from tasks.status import status_rows

LAST = "2020-12"
BASELINE = "2019-12"


def main() -> None:
    root, scratch, months = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    # Before anything has been looked up.
    first = next_period(LAST, -months)
    plan.reference.DATA = tasks.build.PLAN_DATA = stretched_plan(scratch / "plan", "2005-01-01", first)
    # The registers start where the plan has its baseline.
    plan.reference.plan.cache_clear()
    settings = Settings(data=scratch / "data", ledger_url="", first_period=first, last_period=LAST, settle_seconds=0)
    _pile_up(Settings(data=root, ledger_url=""), settings, periods_between(first, next_period(LAST, -1)))
    with start_readers(settings) as readers:
        os.sync()
        took = {}
        started = time.perf_counter()
        report = ingest(settings, DirectRunner(), readers=readers)
        took["ingest"] = time.perf_counter() - started
    states = [report.state.submissions[one].state for one in report.judged]
    if report.faults or states != ["accepted"] * 9:
        raise RuntimeError(f"not all of nine files were accepted: {states} {report.faults}")
    started = time.perf_counter()
    publish(settings, DirectRunner())
    took["publish"] = time.perf_counter() - started
    started = time.perf_counter()
    state, events = _known(settings)
    took["fold"] = time.perf_counter() - started
    started = time.perf_counter()
    rows = status_rows(settings, state, dt.date(2021, 1, 11))
    took["status"] = time.perf_counter() - started
    started = time.perf_counter()
    today = dt.date(2021, 1, 11)
    grid = month_grid(settings, state, today)
    queue(settings, state, today)
    took["home"] = time.perf_counter() - started
    if len(grid.months) != months + 1:
        raise RuntimeError(f"{len(grid.months)} months on the desk for {months} and one")
    with start_readers(settings) as readers:
        started = time.perf_counter()
        replayed = replay(settings, period=LAST, readers=readers)
        took["replay"] = time.perf_counter() - started
    if (replayed.judged, replayed.changes, replayed.faults) != (9, [], []):
        raise RuntimeError(f"the same rules changed something: {replayed.changes} {replayed.faults}")
    if len(rows) != 9 * (months + 1):
        raise RuntimeError(f"{len(rows)} rows of status for {months} months and one")
    print(json.dumps(took | {"events": events}))


def _known(settings: Settings) -> tuple[State, int]:
    ledger = Ledger(settings.database_url)
    events = ledger.events()
    ledger.close()
    return derive_state(events), len(events)


def _pile_up(source: Settings, target: Settings, periods: list[str]) -> None:
    """A data root in which the periods are accepted, and the last month's nine workbooks wait in the inbox."""
    state, _ = _known(source)
    standing = {one.slot: one for one in state.submissions.values() if one.state == "accepted" and one.slot}
    target.accepted.mkdir(parents=True)
    target.inbox.mkdir()
    shutil.copy2(source.data / "pseudonym.key", target.data)
    shutil.copytree(source.judgements, target.judgements, copy_function=os.link)
    events = []
    for period in periods:
        for (district, _), told in [item for item in standing.items() if item[0][1] == BASELINE]:
            like = standing.get((district, period), told)
            name = like.submission_id if like.period == period else f"{period}-{district}-{told.submission_id}"[:64]
            if like.period == period:
                shutil.copytree(source.accepted / name, target.accepted / name, copy_function=os.link)
            else:
                rename_tables(source.accepted / like.submission_id, target.accepted / name, name, period_end(period))
            events += _events(like, name, district, period)
    ledger = Ledger(target.database_url)
    ledger.append(events)
    ledger.close()
    for (district, period), one in standing.items():
        if period == LAST:
            shutil.copy2(source.raw / one.submission_id, target.inbox / f"{district}.xlsx")


def _events(like: Submission, name: str, district: str, period: str) -> list[Event]:
    at = dt.datetime.combine(period_end(period) + dt.timedelta(5), dt.time(3), tzinfo=dt.UTC)
    assert like.judgement is not None
    received = {"file_name": f"{district}.xlsx", "size": 0, "mark": [0, 0, 0], "source": "inbox"}
    judged = like.judgement | {"verdict": "accepted"}
    return [
        Event("received", at, submission_id=name, payload=received),
        Event("judged", at, submission_id=name, district_code=district, period=period, payload=judged),
    ]


if __name__ == "__main__":
    main()
