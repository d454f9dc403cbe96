"""tasks.disclosure: small counts do not leave the province, and an attacker does not get them back."""

import datetime as dt
import itertools
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest
from attacker import CLOSE, KEY, attack, attack_releases, need_of, read_counts, read_releases, widths
from hypothesis import given, settings
from hypothesis import strategies as st
from rough_province import released, rough_province
from warehouse_data import BASELINE, NAM_CAN, NGOC_HIEN, SUPPRESSION_KEY, Register, write_inputs

from plan.reference import period_end
from tasks.build import RESTATED
from tasks.disclosure import suppressed_counts
from tasks.disclosure.counts import Counts, Places
from tasks.disclosure.hidden import Hidden
from tasks.disclosure.register import suppress_shares
from tasks.disclosure.stocks import suppress_stocks
from tasks.disclosure.sums import Cells, Suppressed, is_small, protect
from tasks.disclosure.sums import need_of as needed
from tasks.open_tables import write_public

# What the register says beside a policy, as mart.indicator does; other decreases and increases of each movement table,
# and the totals that hold them; hashes of files, logins and the words of validators, who may speak of a household.
LEFT_OUT = {
    "coverage": {"register_households", "register_persons", "register_deprived_households"},
    "movement": {"decrease_3", "increase_4", "gross_exits", "gross_entries"},
    "restatement": {
        *("replaced", "caused_by", "decided_by", "reason", "event_ids"),
        *("mart", "mart_key", "mart_column", "verdict_published", "verdict_now", "was_public"),
    },
    "submission_status": {"submission_id", "reason"},
}
DESCRIBING = ("decimals", "districts_", "areas_", "critical", "warning", "info", "target_value", "printed")
UNBOUNDED = 10**9


@pytest.fixture(scope="module")
def rough(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two districts of small communes, the baseline and two months: warehouse.duckdb, tables/, public/."""
    return released(tmp_path_factory.mktemp("rough"), registers(), "2020-02")


@pytest.fixture(scope="module")
def early(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same before one file came: Ngọc Hiển's of January is late."""
    return released(
        tmp_path_factory.mktemp("early"),
        [one for one in registers() if (one.district_code, one.period) != (NGOC_HIEN, "2020-01")],
        "2020-02",
    )


def registers() -> list[Register]:
    return [*rough_province(7, (NAM_CAN, NGOC_HIEN), [BASELINE, "2020-01", "2020-02"], poor=30, moves=0.06)]


def public_marts(folder: Path) -> dict[str, pl.DataFrame]:
    return {path.stem: pl.read_parquet(path) for path in sorted((folder / "public").glob("mart.*.parquet"))}


def current(data: Path) -> Path:
    return (data / "warehouse" / "current").resolve()


def test_an_attacker_who_holds_two_releases_gets_no_suppressed_count_back(early: Path, rough: Path) -> None:
    """The newer one has a file that came late; whoever holds it alone knows less."""
    hidden = attack_releases([early, rough])
    assert hidden.filter("listed").height > 1000
    assert hidden.filter(pl.col("truth").is_between(1, 4)).height > 1500
    assert hidden.filter(pl.col("width") < pl.col("need") - CLOSE).is_empty()


def test_a_late_file_changes_nothing_that_is_suppressed_elsewhere(early: Path, rough: Path) -> None:
    before, after = (read_counts(folder / "public") for folder in (early, rough))
    both = before.join(after, on=KEY, nulls_equal=True).filter(~pl.col("unit").str.contains("96"))
    assert both.height > 3000
    assert both["value"].equals(both["value_right"])


def test_without_secondary_suppression_the_same_attacker_gets_them_back(rough: Path) -> None:
    units = pl.read_csv(rough / "public" / "core.unit.csv", infer_schema=False)
    cells, _ = read_releases([rough])
    communes = units.filter(pl.col("level") == "commune")["unit_code"].to_list()
    small = pl.col("unit").is_in(communes) & pl.col("truth").is_between(1, 4)
    # All that is left out stays out; of what is published only the small counts themselves are suppressed.
    value = pl.when(pl.col("listed") & ~small).then("truth")
    primary = cells.filter("listed").with_columns(value=value)
    recovered = 0
    for system in attack(primary, units).parts(about=300):
        told = system.unknowns.join(cells, on=KEY, how="left", maintain_order="left")["truth"].to_numpy()
        recovered += (widths(system, told, need_of(told)) < CLOSE).sum()
    assert recovered > 50


@pytest.fixture(scope="module")
def year(sample_year: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample year's release with the public tables of a fixed key: its own is drawn anew with every root."""
    folder = tmp_path_factory.mktemp("year")
    for name in ("warehouse.duckdb", "tables"):
        (folder / name).symlink_to(current(sample_year) / name)
    write_public(folder / "warehouse.duckdb", folder / "public", SUPPRESSION_KEY)
    return folder


def test_the_sample_year_holds_against_the_attacker(year: Path) -> None:
    """Two months of the whole province, the earlier of them as it was published."""
    hidden = attack_releases([year], [dt.date(2020, 11, 30), dt.date(2020, 12, 31)])
    assert hidden.filter("listed").height > 3000
    assert hidden.filter(pl.col("width") < pl.col("need") - CLOSE).is_empty()


def test_no_figure_is_public_without_the_counts_that_it_is_made_from(rough: Path, sample_year: Path) -> None:
    for folder in (rough, current(sample_year)):
        marts = public_marts(folder)
        for name in ("indicator", "special_area", "multidimensional_poverty"):
            shown = marts[f"mart.{name}"].filter(pl.col("value").is_not_null())
            of_counts = shown.filter(pl.col("unit").is_in(["households", "persons"]))
            assert shown["numerator"].null_count() == 0
            assert of_counts.filter(pl.col("value") != pl.col("numerator")).is_empty()
            assert shown.filter(pl.col("unit") == "percent")["denominator"].null_count() == 0
        indicator = marts["mart.indicator"].select("period", "unit_code", "value", "suppressed")
        known = indicator.filter(~pl.col("suppressed")).select(*indicator.columns[:2], actual="value").unique()
        targets = marts["mart.target_vs_actual"].filter(pl.col("level") == "commune", pl.col("actual").is_not_null())
        assert targets.join(known, on=known.columns, how="anti").is_empty()
        change = marts["mart.target_vs_actual"].filter(pl.col("actual").is_null() | pl.col("baseline").is_null())
        assert change.select("change", "achieved_pct", "remaining").null_count().row(0) == (change.height,) * 3
        stocks_hidden = marts["mart.movement"].filter(pl.col("opening").is_null() | pl.col("closing").is_null())
        assert stocks_hidden["net_change"].null_count() == stocks_hidden.height


def test_where_sums_of_districts_are_suppressed_no_other_table_shows_them(tmp_path: Path) -> None:
    """So few poor that some traits stand in one commune of a district only."""
    folder = released(tmp_path, [*rough_province(4, (NAM_CAN, NGOC_HIEN), [BASELINE], poor=2, moves=0)], BASELINE)
    hidden = attack_releases([folder])
    assert hidden.filter(pl.col("width") < pl.col("need") - CLOSE).is_empty()
    marts = public_marts(folder)
    figures = ["period", "unit_code", "indicator", "population"]
    closed = marts["mart.indicator"].filter("suppressed", pl.col("level") != "commune").select(figures)
    assert closed["unit_code"].unique().sort().to_list() == ["96", NAM_CAN, NGOC_HIEN]
    definitions = pl.read_parquet(folder / "tables" / "core.target.parquet")
    keys = ["unit_code", "target", "measure", "basis"]
    targets = marts["mart.target_vs_actual"].join(definitions.select(*keys, *figures[2:]), on=keys)
    of_closed = targets.join(closed, on=figures, how="semi")
    assert of_closed.height > 0
    assert of_closed.select("baseline", "actual", "change").null_count().row(0) == (of_closed.height,) * 3
    checks = marts["mart.plan_check"].join(closed, on="unit_code", how="semi")
    assert checks["recomputed"].null_count() == checks.height > 0
    scores = marts["mart.multidimensional_poverty"]
    lacking = closed.filter(pl.col("indicator").str.starts_with("deprived_households:"))
    assert (
        scores.join(lacking, on="unit_code", how="semi")
        .filter(pl.col("measure") == "A", ~pl.col("suppressed"))
        .is_empty()
    )
    assert lacking.height > 0


def test_a_sum_that_an_earlier_release_suppressed_is_not_told_by_a_later_one(tmp_path: Path) -> None:
    """So few poor that sums of districts go; then a correction after which they stay."""
    few, more = (
        {one.district_code: one for one in rough_province(4, (NAM_CAN, NGOC_HIEN), [BASELINE], poor=poor, moves=0)}
        for poor in (2, 30)
    )
    changed = []
    for code, register in more.items():
        register.version = "corrected"
        register.households = [row | {"submission_id": register.submission_id} for row in register.households]
        changed.append(restated_row(few[code], register))
    then = released(tmp_path / "then", [*few.values()], BASELINE)
    restated = pl.DataFrame(changed, schema=RESTATED, orient="row")
    write_inputs(tmp_path / "now", [*few.values()], BASELINE)
    now = released(tmp_path / "now", [*more.values()], BASELINE, restated=restated)
    before, told = (public_marts(then)["mart.indicator"], public_marts(now)["mart.restatement"])
    figures = ["period", "unit_code", "indicator", "population"]
    closed = before.filter("suppressed", pl.col("level") != "commune").select(figures)
    of_closed = told.join(closed, on=figures, how="semi")
    assert of_closed.height > 10
    assert of_closed.select("as_published", "change").null_count().row(0) == (of_closed.height,) * 2
    assert of_closed["suppressed"].all()
    assert of_closed["as_known_now"].null_count() < of_closed.height
    # The others are as the earlier release showed them.
    shown = told.join(closed, on=figures, how="anti").join(before, on=figures)
    assert shown.filter(~pl.col("suppressed")).height > 100
    assert shown.filter(~pl.col("suppressed"), pl.col("as_published") != pl.col("value")).is_empty()


def restated_row(then: Register, now: Register) -> dict[str, object]:
    """A correction of a register that a release published."""
    at = dt.datetime(2020, 3, 2, 3, tzinfo=dt.UTC)
    row = dict.fromkeys(RESTATED) | {"release_id": "earlier", "published_at": at, "decided_at": at, "event_id": 1}
    row |= {"period": period_end(then.period), "district_code": then.district_code, "is_same_method": True}
    files = {"published_submission_id": then.submission_id, "submission_id": now.submission_id}
    return row | files | {"cause": "correction", "decision": "accepted", "decided_by": "hệ thống"}


def test_no_small_count_of_a_commune_is_public(rough: Path, sample_year: Path) -> None:
    for folder in (rough, current(sample_year)):
        for name, table in public_marts(folder).items():
            if "level" not in table.columns:
                continue
            communes = table.filter(pl.col("level") == "commune")
            counts = [
                column
                for column, type_ in communes.schema.items()
                if type_ == pl.Int64 and not column.startswith(DESCRIBING) and column != "net_change"
            ]
            for column in counts:
                assert communes.filter(pl.col(column).is_between(1, 4)).is_empty(), (name, column)


def test_what_is_public_is_as_in_the_complete_tables_and_what_is_not_is_marked(rough: Path) -> None:
    suppressed = 0
    for name, table in public_marts(rough).items():
        complete = pl.read_parquet(rough / "tables" / f"{name}.parquet")
        columns = [column for column in table.columns if column != "suppressed"]
        shown = table.filter(~pl.col("suppressed")).select(columns)
        # Rows without a suppressed number are the complete table's own.
        assert shown.join(complete.select(columns), on=columns, how="anti", nulls_equal=True).is_empty(), name
        marked = table.filter(pl.col("suppressed")).select(columns)
        assert marked.join(complete.select(columns), on=columns, how="semi", nulls_equal=True).is_empty(), name
        suppressed += marked.height
    assert suppressed > 1000


def test_a_public_table_has_every_column_but_those_that_speak_of_persons(rough: Path) -> None:
    for name, table in public_marts(rough).items():
        complete = pl.read_parquet(rough / "tables" / f"{name}.parquet")
        mart = name.removeprefix("mart.")
        assert set(complete.columns) - set(table.columns) == LEFT_OUT.get(mart, set()), name
        assert set(table.columns) - set(complete.columns) == {"suppressed"}


def test_nothing_of_households_is_public(rough: Path) -> None:
    files = {path.stem for path in (rough / "public").iterdir() if path.suffix == ".parquet"}
    assert not files & {"core.household_month", "core.commune_month", "core.movement_month", "core.policy_month"}
    household = pl.read_parquet(rough / "tables" / "core.household_month.parquet")["household_id"][0]
    for path in (rough / "public").rglob("*.*"):
        content = path.read_bytes()
        assert household.encode() not in content
        assert b"household_id" not in content


def test_a_commune_without_a_published_baseline_has_no_target_of_its_own(rough: Path) -> None:
    target = pl.read_parquet(rough / "public" / "mart.target_vs_actual.parquet").filter(pl.col("level") == "commune")
    complete = pl.read_parquet(rough / "tables" / "mart.target_vs_actual.parquet").filter(pl.col("level") == "commune")
    baseline = pl.read_parquet(rough / "public" / "mart.indicator.parquet").filter(
        pl.col("period") == pl.col("period").min(),
        pl.col("indicator") == "poor_rate",
        pl.col("population") == "excluding_social_protection",
    )
    published = complete.join(baseline.filter(~pl.col("suppressed")), on="unit_code", how="semi")
    assert set(target["unit_code"]) == set(published["unit_code"]) < set(complete["unit_code"])
    assert target["baseline"].null_count() == 0


def test_equal_warehouses_suppress_equal_counts(rough: Path) -> None:
    with duckdb.connect(str(rough / "warehouse.duckdb"), read_only=True) as connection:
        first = suppressed_counts(connection, SUPPRESSION_KEY)
        assert first.height > 1000
        assert first.equals(suppressed_counts(connection, SUPPRESSION_KEY))


def places(districts: str, blocks: str = "", months: int = 1) -> Places:
    """A letter for each commune, the district it is in, and a digit, its block: that of the whole district if none."""
    names = sorted(set(districts))
    shape = (months, len(districts))
    of_district = [names.index(letter) for letter in districts]
    return Places(
        [dt.date(2020, month + 1, 28) for month in range(months)],
        [f"commune {place}" for place in range(len(districts))],
        names,
        "96",
        np.ones(shape, dtype=bool),
        np.broadcast_to(of_district, shape).astype(np.int64),
        np.zeros(shape, dtype=bool),
        np.broadcast_to([*map(int, blocks)] or of_district, shape).astype(np.int64),
    )


def protected(there: Places, *months: list[int], room: int = UNBOUNDED) -> Suppressed:
    value = np.array(months, dtype=np.int64)[None]
    high = value + room
    return protect(Cells(value, 0 * value, high, is_small(value), needed(value), high > 0), there)


def test_a_small_count_takes_its_block_with_it_whatever_that_counts() -> None:
    there = places("aaaaaa", "001122", months=2)
    found = protected(there, [3, 20, 9, 7, 0, 6], [9, 20, 9, 7, 0, 1])
    assert found.cells[0].tolist() == [[True] * 2 + [False] * 4, [False] * 4 + [True] * 2]
    assert not found.districts.any()


def test_a_block_without_room_is_put_together_with_the_next_of_its_district() -> None:
    """The last block's next is the first."""
    there = places("aaaabb", "001122")
    value = np.array([[[9, 20, 3, 5, 9, 9]]])
    high = np.array([[[90, 90, 3, 5, 90, 90]]])
    found = protect(Cells(value, 0 * value, high, is_small(value), needed(value), high > 0), there)
    assert found.cells[0, 0].tolist() == [True] * 4 + [False] * 2
    assert len(set(found.block[0, 0, :4].tolist())) == 1


def test_where_no_other_commune_can_hold_any_the_sums_of_district_and_province_go() -> None:
    found = protected(places("abb"), [3, 9, 9])
    assert found.cells[0, 0].tolist() == [True, False, False]
    assert found.districts[0, 0].tolist() == [True, False]
    hidden = Hidden(places("abb"))
    hidden.add("poor", found.cells[0], found.districts[0])
    units = hidden.frame().group_by("quantity").agg(pl.col("unit_code").sort()).sort("quantity").rows()
    assert units == [("poor", ["96", "a", "commune 0"])]


def test_a_count_keeps_what_it_and_what_remains_beside_it_need() -> None:
    """Of five poor one under social protection: the other four may not be known to be four or five."""
    value, rest = np.array([[1, 1, 1, 4, 9]]), np.array([[4, 1, 9, 1, 9]])
    assert needed(value, rest).tolist() == [[2, 1, 1, 2, 1]]
    whole = value[None] + rest[None]
    cells = Cells(value[None], 0 * whole, whole, is_small(value)[None], needed(value, rest)[None], whole > 0)
    assert protect(cells, places("abbbb", "01122")).districts.tolist() == [[[True, False]]]


def stocks(there: Places, poor: list[int]) -> dict[str, list[str]]:
    """Which units have their poor, and their urban and minority poor, suppressed."""
    value = np.array([poor])
    counts: Counts = {"near_poor_households|all": np.full_like(value, 50), "households|all": np.full_like(value, 900)}
    counts |= {"poor_households|all": value, "poor_households|minority": np.where(value < 5, 0, value // 2)}
    hidden = Hidden(there)
    suppress_stocks(counts, there, hidden)
    rows = hidden.frame().group_by("quantity").agg(pl.col("unit_code").sort())
    return dict(rows.iter_rows())


def test_whole_households_are_moved_within_a_block() -> None:
    found = stocks(places("aaaa", "0110"), [8, 3, 20, 30])
    pair = ["commune 1", "commune 2"]
    assert found == dict.fromkeys(["poor_households|all", "poor_households|minority", "poor_households|rural"], pair)


def test_where_a_town_has_rural_communes_in_its_block_the_sums_of_areas_go() -> None:
    there = places("aaaaa", "00011")
    there.urban[0, 2] = True
    found = stocks(there, [3, 40, 20, 300, 8])
    assert found["poor_households|all"] == ["commune 0", "commune 1", "commune 2"]
    assert found["poor_households|urban"] == ["96", "a", "commune 2"]
    assert found["poor_households|rural"] == ["96", "a", "commune 0", "commune 1"]
    assert stocks(there, [30, 40, 20, 3, 8])["poor_households|rural"] == ["commune 3", "commune 4"]


@settings(max_examples=50)
@given(
    value=st.lists(st.integers(0, 6), min_size=5, max_size=5),
    slack=st.lists(st.integers(0, 3), min_size=5, max_size=5),
    parts=st.lists(st.integers(0, 3), min_size=5, max_size=5),
)
def test_every_suppressed_count_keeps_its_values(value: list[int], slack: list[int], parts: list[int]) -> None:
    """Held against all whole numbers that fit the published sums, counted out."""
    truth = np.array(value)
    low, high = np.minimum(parts, truth), truth + slack
    small = is_small(truth)
    values, lows, highs = (part[None, None] for part in (truth, low, high))
    cells = Cells(values, lows, highs, small[None, None], needed(values), highs > 0)
    found = protect(cells, places("aaabb", "00122"))
    hidden, closed = found.cells[0, 0], found.districts[0, 0]
    district = np.array([0, 0, 0, 1, 1])
    ranges = [range(low[n], high[n] + 1) if hidden[n] else [truth[n]] for n in range(5)]
    fitting = [
        one
        for one in itertools.product(*ranges)
        if all(closed[d] or sum(np.array(one)[district == d]) == truth[district == d].sum() for d in (0, 1))
        and (closed.any() or sum(one) == truth.sum())
    ]
    for commune in np.flatnonzero(hidden):
        values = {one[commune] for one in fitting}
        room = high[commune] - low[commune]
        assert max(values) - min(values) >= min(cells.need[0, 0, commune], room)


def test_a_population_that_nobody_has_thought_of_stays_inside() -> None:
    counts: Counts = {
        f"{kind}|{population}": np.full((1, 3), size, dtype=np.int64)
        for kind, size in (("households", 900), ("poor_households", 60), ("near_poor_households", 50))
        for population in ("all", "khmer", "minority")
    }
    strange = ("poor_households|new_settlers", "poor_persons|new_settlers", "cause_households:3|poor")
    counts |= {name: np.full((1, 3), 30, dtype=np.int64) for name in strange}
    hidden = Hidden(places("aaa"))
    suppress_shares(counts, places("aaa"), hidden)
    assert all(hidden.of(name).all() for name in strange)
    assert not hidden.of("poor_households|all").any()
