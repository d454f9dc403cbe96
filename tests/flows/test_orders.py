"""The order in which files arrive does not change the end (contract, section 2): neither states nor findings.

Two districts, three months of which one has to be sent again, a correction of what is accepted, a month for which
nothing comes, the same bytes twice, and an ID number that both districts list.
"""

import datetime as dt
import hashlib
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from small_district import a_household, a_month, households

from flows.decisions import record
from flows.ingest import IngestReport, ingest
from flows.runner import DirectRunner
from forms.dictionary import KIND_CORRECTION
from forms.month import DistrictMonth, Row
from forms.workbook import write_workbook
from plan.reference import communes
from settings import Settings
from tasks import decide
from tasks.children import Readers
from tasks.judgements import read_findings

AT = dt.datetime(2020, 4, 6, 3, tzinfo=dt.UTC)
DISTRICT, OTHER = "971", "973"
EXCUSED = "2020-02"
SHARED = "096123456789"
# Deliveries by what they are, in the order in which a year goes; the excuse comes after them.
IN_ORDER = ("december", "december again", "december corrected", "other december")
IN_ORDER += ("january wrong", "january", "other january", "march")
REVERSED = ("march", "other january", "january", "january wrong", "other december")
REVERSED += ("december", "december corrected", "december again")
# A correction replaces what was sent before it, and nothing that comes later: these keep their order.
KEEP_ORDER = ("december", "december corrected")
LAST = len(IN_ORDER)


def the_months() -> dict[str, DistrictMonth]:
    """What the deliveries hold. March is held: residents of a commune double (X05)."""
    rows = households(8)
    december = a_month(rows=rows)
    marked = rows[0] | {"water": "x", "b2_points": 30}
    corrected = a_month(rows=[marked, *rows[1:]], kind=KIND_CORRECTION)
    known = [row | {"head_id_number": SHARED} if index == 0 else row for index, row in enumerate(rows)]
    january = a_month("2020-01", known, december)
    wrong = a_month("2020-01", [dict(row) for row in known], december)
    wrong.household[3]["persons"] = "bốn"
    entered = a_household(household_code="0900", class_previous="MOI", movement="MOI_N")
    march = a_month("2020-03", [*rows, entered], january)
    march.commune[0] |= {"households": 2000, "persons": 8000}
    commune = next(unit for unit in communes("2019-12", OTHER) if unit.type == "xã")
    place: Row = {"commune_code": commune.code, "commune_name": commune.name}
    others = [a_household(**place, head_id_number=SHARED)]
    other_december = a_month(rows=others, district_code=OTHER)
    return {
        "december": december,
        "december corrected": corrected,
        "january wrong": wrong,
        "january": january,
        "march": march,
        "other december": other_december,
        "other january": a_month("2020-01", others, other_december, OTHER),
    }


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("months")
    contents = {}
    for name, month in the_months().items():
        write_workbook(folder / f"{name}.xlsx", month)
        contents[name] = (folder / f"{name}.xlsx").read_bytes()
    return contents | {"december again": contents["december"]}


@pytest.fixture(scope="module")
def readers() -> Iterator[Readers]:
    with Readers(1) as children:
        yield children


# Submission → its state, and its findings without the times of the run.
End = dict[str, tuple[str, list[tuple[Any, ...]]]]


def end_after(root: Path, readers: Readers, files: dict[str, bytes], lots: list[list[str]], excused_before: int) -> End:
    """The end after several ingests; the month is excused before one of them, or after all."""
    own = Settings(data=root, settle_seconds=0, pseudonym_key="k")
    number = 0
    for place, lot in enumerate([*lots, []]):
        if place == excused_before:
            record(
                own,
                DirectRunner(),
                lambda state: decide.excuse(state, DISTRICT, EXCUSED, "Thẩm định", "bão, không họp được", AT),
                AT,
                readers,
            )
        own.inbox.mkdir(parents=True, exist_ok=True)
        for name in lot:
            # Taken in the order of their names.
            (own.inbox / f"{number:02d}.xlsx").write_bytes(files[name])
            number += 1
        report = ingest(own, DirectRunner(), clock=lambda: AT, readers=readers)
        assert not report.faults
    return _end(own, report)


def _end(own: Settings, report: IngestReport) -> End:
    end: End = {}
    for one in report.state.submissions.values():
        findings = read_findings(own.judgements, report.state, one, own.timezone)
        end[one.submission_id] = (one.state, sorted(findings.rows(), key=str))
    return end


@pytest.fixture(scope="module")
def in_order(tmp_path_factory: pytest.TempPathFactory, readers: Readers, files: dict[str, bytes]) -> End:
    lots = [list(IN_ORDER[:4]), list(IN_ORDER[4:7]), list(IN_ORDER[7:])]
    return end_after(tmp_path_factory.mktemp("order"), readers, files, lots, 2)


def test_in_order_each_ends_as_it_should(in_order: End, files: dict[str, bytes]) -> None:
    names = {hashlib.sha256(content).hexdigest(): name for name, content in files.items() if "again" not in name}
    found = {names[key]: (state, [row[2] for row in findings]) for key, (state, findings) in in_order.items()}
    assert found == {
        "december": ("superseded", ["F07"]),
        "december corrected": ("accepted", []),
        "january wrong": ("rejected", ["H05", "X04"]),
        "january": ("accepted", ["X04"]),
        "march": ("held", ["X05"]),
        "other december": ("accepted", []),
        "other january": ("accepted", ["X04"]),
    }


def possible(order: Sequence[str]) -> list[str]:
    """The deliveries in this order, but for the correction, which comes after what it corrects."""
    places = sorted(order.index(name) for name in KEEP_ORDER)
    kept = dict(zip(places, KEEP_ORDER, strict=True))
    return [kept.get(place, name) for place, name in enumerate(order)]


@st.composite
def drops(draw: st.DrawFn) -> tuple[list[list[str]], int]:
    """The deliveries in any order and in any lots, and before which lot the month is excused."""
    order = possible(draw(st.permutations(IN_ORDER)))
    bounds = [0, *sorted(draw(st.sets(st.integers(1, LAST - 1), max_size=2))), LAST]
    lots = [order[start:end] for start, end in pairwise(bounds)]
    return lots, draw(st.integers(0, len(lots)))


@given(drop=drops())
@example(drop=([list(REVERSED[:2]), list(REVERSED[2:5]), list(REVERSED[5:])], 0))
@example(drop=([list(REVERSED)], 1))
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_order_and_any_lots_end_the_same(
    tmp_path_factory: pytest.TempPathFactory,
    readers: Readers,
    files: dict[str, bytes],
    in_order: End,
    drop: tuple[list[list[str]], int],
) -> None:
    lots, excused_before = drop
    assert end_after(tmp_path_factory.mktemp("shuffled"), readers, files, lots, excused_before) == in_order
