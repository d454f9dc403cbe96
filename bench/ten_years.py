"""Build the warehouse of ten years of nine districts: `python -m bench.ten_years DATA_ROOT SCRATCH`.

The sample year's accepted tables stand in for 120 months, each calendar month for itself. The list of units holds for
less than ten years, so its validity is stretched for this one build. Prints the seconds of build and audits as JSON.
"""

import dataclasses
import datetime as dt
import json
import sys
import time
from pathlib import Path

import polars as pl

import tasks.build
from ledger.events import Ledger
from ledger.states import derive_state
from plan.reference import BASELINE_PERIOD, period_end, periods_between
from settings import Settings
from tasks.accept import write_accepted
from tasks.audit import run_audits
from tasks.build import RESTATED, BuildInputs, build_warehouse
from tasks.inputs import build_inputs
from tasks.schemas import ACCEPTED

FIRST, LAST = "2015-07", "2025-06"


def main() -> None:
    root, scratch = Path(sys.argv[1]), Path(sys.argv[2])
    settings = Settings(data=root, ledger_url="")
    ledger = Ledger(settings.database_url)
    inputs = build_inputs(settings, derive_state(ledger.events()), "2020-12")
    ledger.close()
    tasks.build.PLAN_DATA = stretched_plan(scratch / "plan", "2015-01-01", FIRST)
    ten = _ten_years(inputs, scratch / "accepted")

    started = time.perf_counter()
    build_warehouse(scratch / "warehouse.duckdb", ten)
    built = time.perf_counter()
    failures = run_audits(scratch / "warehouse.duckdb")
    audited = time.perf_counter()
    if failures:
        raise RuntimeError("\n".join(map(str, failures)))
    print(json.dumps({"build": built - started, "audit": audited - built, "months": len(ten.slots) // 9}))


def stretched_plan(folder: Path, first: str, baseline: str) -> Path:
    """The plan's tables with a list of units that holds from another day on, and another baseline (YYYY-MM)."""
    folder.mkdir(parents=True)
    for path in tasks.build.PLAN_DATA.glob("*.csv"):
        text = path.read_text(encoding="utf-8")
        (folder / path.name).write_text(text.replace("2016-01-01", first) if path.name == "units.csv" else text)
    about = (tasks.build.PLAN_DATA / "plan.toml").read_text(encoding="utf-8")
    (folder / "plan.toml").write_text(about.replace(f'"{BASELINE_PERIOD}"', f'"{baseline}"'), encoding="utf-8")
    return folder


def _ten_years(inputs: BuildInputs, accepted: Path) -> BuildInputs:
    """The same districts for every month from FIRST to LAST; files are named anew, so that none is there twice."""
    slots = inputs.slots.filter(pl.col("accepted_submission_id").is_not_null())
    by_place = {(row["period"].month, row["district_code"]): row for row in slots.sort("period").iter_rows(named=True)}
    baseline = {row["district_code"]: row for row in slots.sort("period").head(9).iter_rows(named=True)}
    submissions = {row["submission_id"]: row for row in inputs.submissions.iter_rows(named=True)}
    new_slots, new_submissions = [], []
    for period in periods_between(FIRST, LAST):
        day = period_end(period)
        for district in baseline:
            source = baseline[district] if period == FIRST else by_place[day.month, district]
            old = source["accepted_submission_id"]
            name = f"{period}-{district}-{old}"[:64]
            rename_tables(inputs.accepted / old, accepted / name, name, day)
            new_slots.append(source | {"period": day, "accepted_submission_id": name, "due": day + dt.timedelta(10)})
            new_submissions.append(submissions[old] | {"submission_id": name, "period": day})
    return dataclasses.replace(
        inputs,
        as_of=LAST,
        first_period=FIRST,
        accepted=accepted,
        slots=pl.DataFrame(new_slots, schema=inputs.slots.schema),
        submissions=pl.DataFrame(new_submissions, schema=inputs.submissions.schema),
        findings=[],
        finding_counts=inputs.finding_counts.clear(),
        restated=pl.DataFrame(schema=RESTATED),
    )


def rename_tables(source: Path, target: Path, submission_id: str, day: dt.date) -> None:
    """Accepted tables once more, as those of another submission and month."""
    tables = {sheet: pl.read_parquet(source / f"{sheet}.parquet") for sheet in ACCEPTED}
    write_accepted(
        target,
        {
            sheet: rows.with_columns(submission_id=pl.lit(submission_id), period=pl.lit(day))
            for sheet, rows in tables.items()
        },
    )


if __name__ == "__main__":
    main()
