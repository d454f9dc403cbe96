"""The order in which a district's first files arrive does not change the end (contract, section 2)."""

from collections.abc import Iterator
from itertools import pairwise, permutations
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from small_district import a_month, households

from flows.ingest import ingest
from flows.runner import DirectRunner
from forms.month import DistrictMonth
from forms.workbook import write_workbook
from settings import Settings
from tasks.children import Readers

PERIODS = ("2019-12", "2020-01", "2020-02", "2020-03")


def four_months() -> dict[str, DistrictMonth]:
    """December to March of one district: February is held (X05, a commune doubles), March has a wrong number."""
    months: dict[str, DistrictMonth] = {}
    previous = None
    for period in PERIODS:
        month = a_month(period, households(8), previous)
        if period == "2020-02":
            month.commune[0]["households"] = 2000
            month.commune[0]["persons"] = 8000
        if period == "2020-03":
            month.household[0]["persons"] = "bốn"
        months[period] = previous = month
    return months


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("months")
    contents = {}
    for period, month in four_months().items():
        write_workbook(folder / f"{period}.xlsx", month)
        contents[period] = (folder / f"{period}.xlsx").read_bytes()
    return contents


@pytest.fixture(scope="module")
def readers() -> Iterator[Readers]:
    with Readers(1) as children:
        yield children


def states_after(
    root: Path, readers: Readers, files: dict[str, bytes], drops: list[list[str]]
) -> dict[str, tuple[str, dict[str, int]]]:
    """The end state and the counts per rule of every month, after several ingests."""
    own = Settings(data=root, settle_seconds=0)
    report = None
    for drop in drops:
        own.inbox.mkdir(parents=True, exist_ok=True)
        for period in drop:
            (own.inbox / f"{period}.xlsx").write_bytes(files[period])
        report = ingest(own, DirectRunner(), readers=readers)
        assert not report.faults
    assert report is not None
    return {one.period or "": (one.state, (one.judgement or {})["counts"]) for one in report.state.submissions.values()}


@pytest.fixture(scope="module")
def in_order(
    tmp_path_factory: pytest.TempPathFactory, readers: Readers, files: dict[str, bytes]
) -> dict[str, tuple[str, dict[str, int]]]:
    return states_after(tmp_path_factory.mktemp("order"), readers, files, [[period] for period in PERIODS])


def test_in_order_two_are_accepted_one_is_held_and_one_rejected(
    in_order: dict[str, tuple[str, dict[str, int]]],
) -> None:
    assert {period: state for period, (state, _) in in_order.items()} == {
        "2019-12": "accepted",
        "2020-01": "accepted",
        "2020-02": "held",
        "2020-03": "rejected",
    }


@given(
    order=st.sampled_from(list(permutations(PERIODS))),
    cuts=st.sets(st.integers(1, len(PERIODS) - 1)),
)
@example(order=PERIODS[::-1], cuts={1, 2, 3})
@example(order=PERIODS[::-1], cuts=set())
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_months_dropped_in_any_order_and_any_lots_end_the_same(
    tmp_path_factory: pytest.TempPathFactory,
    readers: Readers,
    files: dict[str, bytes],
    in_order: dict[str, tuple[str, dict[str, int]]],
    order: tuple[str, ...],
    cuts: set[int],
) -> None:
    bounds = [0, *sorted(cuts), len(order)]
    drops = [list(order[start:end]) for start, end in pairwise(bounds)]

    assert states_after(tmp_path_factory.mktemp("shuffled"), readers, files, drops) == in_order
