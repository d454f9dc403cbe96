"""Deliveries and the workbooks they become. Imports little: the writers' processes load this module."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from forms.month import DistrictMonth
from forms.workbook import write_workbook


@dataclass(frozen=True, slots=True)
class Delivery:
    """One file as the post brings it; `file_name` is the district's own and means nothing."""

    received_at: dt.datetime
    file_name: str
    period: str
    district_code: str
    month: DistrictMonth
    note: str


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision of a validator on the latest file of a slot."""

    at: dt.datetime
    by: str
    action: str
    period: str
    district_code: str
    reason: str


def write_deliveries(
    out: Path,
    deliveries: Sequence[Delivery],
    workers: int = 2,
    progress: Callable[[int], None] | None = None,
) -> list[Path]:
    """Write each delivery's workbook into `out`, in the deliveries' order; returns the paths in that order.

    A running number goes before each name, because districts use the same names every month.
    `progress` is called with the number of workbooks written so far.
    """
    out.mkdir(parents=True, exist_ok=True)
    paths = [out / f"{number:03d} {delivery.file_name}" for number, delivery in enumerate(deliveries, 1)]
    _write_all(paths, [delivery.month for delivery in deliveries], workers, progress)
    return paths


def write_months(
    out: Path,
    months: Mapping[tuple[str, str], DistrictMonth],
    workers: int = 2,
    progress: Callable[[int], None] | None = None,
) -> list[Path]:
    """Write the workbooks of many slots (period, district) into `out` as `PERIOD-DISTRICT.xlsx`."""
    paths = [out / f"{period}-{district_code}.xlsx" for period, district_code in months]
    out.mkdir(parents=True, exist_ok=True)
    _write_all(paths, list(months.values()), workers, progress)
    return paths


def _write_all(
    paths: Sequence[Path],
    months: Sequence[DistrictMonth],
    workers: int,
    progress: Callable[[int], None] | None,
) -> None:
    report = progress or (lambda done: None)
    if workers <= 1 or len(paths) <= 1:
        for done, (path, month) in enumerate(zip(paths, months, strict=True), 1):
            write_workbook(path, month)
            report(done)
        return
    # Not forked: the parent may hold threads (numpy's, a test runner's).
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for done, _ in enumerate(pool.map(write_workbook, paths, months), 1):
            report(done)
