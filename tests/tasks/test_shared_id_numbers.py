"""Who shares an ID number with another district's accepted register, held against the plain way to say it."""

import datetime as dt
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from ledger.states import ACCEPTED, State, Submission
from tasks.cross import SCHEMA, shared_id_numbers

AT = dt.datetime(2020, 1, 5, tzinfo=dt.UTC)
# A file: its district, its month, whether it is accepted, and the number of each of its households.
FILES = st.lists(
    st.tuples(
        st.sampled_from(["964", "966", "971"]),
        st.sampled_from(["2019-12", "2020-01"]),
        st.booleans(),
        st.lists(st.sampled_from(["a", "b", "c"]), max_size=4),
    ),
    max_size=6,
)


def state_of(judgements: Path, files: list[tuple[str, str, bool, list[str]]]) -> State:
    submissions = {}
    for order, (district, period, accepted, numbers) in enumerate(files):
        rows = [(number, row, "Hộ", f"I{row}", None) for row, number in enumerate(numbers, start=4)]
        pl.DataFrame(rows, schema=SCHEMA, orient="row").write_parquet(judgements / f"{order}.parquet")
        one = Submission(str(order), f"{order}.xlsx", AT, order, ACCEPTED if accepted else "held", district, period)
        one.judgement = {"id_numbers": f"{order}.parquet"}
        submissions[one.submission_id] = one
    return State(submissions=submissions)


@given(FILES)
def test_each_household_is_told_the_first_other_district(files: list[tuple[str, str, bool, list[str]]]) -> None:
    expected = []
    for order, (district, period, _, numbers) in enumerate(files):
        for row, number in enumerate(numbers, start=4):
            others = {
                other
                for other, month, accepted, listed in files
                if accepted and month == period and other != district and number in listed
            }
            if others:
                expected.append((str(order), row, min(others)))
    with TemporaryDirectory() as name:
        state = state_of(Path(name), files)
        found = shared_id_numbers(Path(name), state, state.submissions.values())
        assert found.select("submission_id", "row", "other_district").rows() == expected
        alone = [one for one in state.submissions.values() if one.district_code == "964"]
        assert shared_id_numbers(Path(name), state, alone).select("submission_id", "row", "other_district").rows() == [
            row for row in expected if files[int(row[0])][0] == "964"
        ]


def test_a_placeholder_in_every_household_is_one_row_each(tmp_path: Path) -> None:
    files = [(f"{district}", "2019-12", True, ["a"] * 300) for district in range(100, 200)]
    state = state_of(tmp_path, files)
    found = shared_id_numbers(tmp_path, state, state.submissions.values())
    assert found.height == 300 * 100
    assert found.group_by("other_district").len().sort("other_district").rows() == [("100", 29_700), ("101", 300)]
