"""Anything in any cell ends in a verdict, and its sender gets a workbook back that opens."""

import datetime as dt
import io
import os
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from openpyxl import load_workbook  # type: ignore[import-untyped]
from small_district import a_month
from soup_books import soups

from flows.ingest import ingest
from flows.runner import DirectRunner
from forms.workbook import write_workbook
from ledger.states import ACCEPTED, HELD, REJECTED, UNREADABLE
from settings import Settings
from tasks.case import Case
from tasks.cover import read_cover
from tasks.derive import derive_wave
from tasks.faults import Unreadable
from tasks.read import read_file
from tasks.returned import returned_path

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "25"))
AT = dt.datetime(2020, 1, 5, 3, tzinfo=dt.UTC)


def test_anything_in_any_cell_ends_in_a_verdict(tmp_path: Path) -> None:
    own = Settings(data=tmp_path / "data", settle_seconds=0, ledger_url="")
    own.inbox.mkdir(parents=True)
    path = tmp_path / "soup"

    @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
    @given(soups())
    def check(soup: tuple[str, bytes]) -> None:
        kind, content = soup
        path.write_bytes(content)
        workbook = read_file(path, f"a.{kind}")
        if not isinstance(workbook, Unreadable):
            cover = read_cover(workbook)
            case = Case("a", workbook, AT.date(), cover.district_code, cover.period, cover.form_fits)
            assert derive_wave([case], case.period if case.is_judgeable else None).cover.height
        (own.inbox / f"{len(list(own.inbox.iterdir()))}.{kind}").write_bytes(content)

    check()
    write_workbook(own.inbox / "tot.xlsx", a_month())
    report = ingest(own, DirectRunner(), clock=lambda: AT)
    assert report.faults == []
    states = {one.file_name: one.state for one in report.state.submissions.values()}
    assert set(states.values()) <= {ACCEPTED, HELD, REJECTED, UNREADABLE, "superseded", "waiting"}
    assert REJECTED in states.values()
    marked = 0
    for one in report.state.submissions.values():
        if one.state in (REJECTED, HELD):
            opens = _opens(returned_path(own, one))
            # What the sender's own program broke stays broken: nothing but the cells at fault is touched.
            assert opens or not _opens(own.raw / one.submission_id), one.file_name
            marked += opens
    assert marked


def _opens(path: Path) -> bool:
    try:
        load_workbook(io.BytesIO(path.read_bytes()))
    except Exception:
        return False
    return True
