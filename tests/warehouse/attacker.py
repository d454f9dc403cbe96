"""Somebody who holds the public tables only, and a linear program: `python tests/warehouse/attacker.py RELEASE …`.

Nothing here comes from the code that suppresses: the relations are written down again, as a reader of the tables and
of the form would find them. Every count that is hidden or left out is an unknown; every sum, balance and order that
must hold is a row. How far an unknown can still go, given all rows, is what the attacker does not know. Who holds
several releases of the same data knows what any of them shows; the newest is named last.
"""

import datetime as dt
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import linprog
from scipy.sparse.csgraph import connected_components

EXITS = ("decrease_1", "decrease_2", "decrease_3")
ARRIVALS = ("increase_1", "increase_2", "increase_3", "increase_4")
TOTALS = ("gross_exits", "gross_entries")
PEOPLE = {"household": "households", "person": "persons"}
KINDS = {"N": "poor", "CN": "near_poor"}
KEY = ["name", "period", "unit"]
# More than there are in the province.
MOST = 1e6
CLOSE = 1e-6

Numbers = NDArray[np.float64]


def _counts(frame: pl.DataFrame, value: str, *name: str | pl.Expr) -> pl.DataFrame:
    parts = [pl.lit(part) if isinstance(part, str) else part for part in name]
    names = pl.concat_str(parts, separator="|")
    return frame.select("period", "unit", name=names, value=pl.col(value).cast(pl.Float64))


def _indicators(frame: pl.DataFrame) -> list[pl.DataFrame]:
    """What rows like those of mart.indicator show; a rate shows the counts above and below its line once more."""
    name, population = pl.col("indicator"), pl.col("population")
    shown = [_counts(frame.filter(~name.str.contains("rate")), "value", name, population)]
    for kind in KINDS.values():
        rates = frame.filter(name == f"{kind}_rate")
        whole = population.replace({"excluding_social_protection": "all"})
        shown.append(_counts(rates, "numerator", f"{kind}_households", population))
        shown.append(_counts(rates, "denominator", "households", whole))
        lacks = frame.filter(name.str.starts_with("deprived_rate:") & (population == kind))
        shown.append(_counts(lacks, "numerator", name.str.replace("rate", "households"), population))
        shown.append(_counts(lacks, "denominator", f"{kind}_households", "all"))
    return shown


@cache
def read_counts(folder: Path) -> pl.DataFrame:
    """Every count that the tables of a folder show or hide: name, period, unit, value (null where hidden).

    A sum over communes of a special list has the unit `PROGRAMME UNIT`.
    """

    def table(name: str) -> pl.DataFrame:
        return pl.read_parquet(folder / f"mart.{name}.parquet").with_columns(unit="unit_code")

    movement, coverage, scores = table("movement"), table("coverage"), table("multidimensional_poverty")
    listed = table("special_area").with_columns(unit=pl.concat_str("programme", "unit_code", separator=" "))
    shown = _indicators(table("indicator")) + _indicators(listed)
    for column in sorted(set(movement.columns).intersection((*EXITS, *ARRIVALS, *TOTALS))):
        shown.append(_counts(movement, column, "flow", pl.col("class"), pl.col("measure"), pl.lit(column)))
    stock = pl.concat_str("group_name", "measure", separator="_")
    before = pl.col("period").dt.offset_by("-1mo").dt.month_end()
    shown.append(_counts(movement, "closing", stock, "all"))
    # The province's sums of two months may rest on different districts.
    openings = movement.with_columns(period=before).filter(
        pl.col("period").is_in(movement["period"].implode()), pl.col("level") != "province"
    )
    shown.append(_counts(openings, "opening", stock, "all"))
    for column in ("eligible", "served"):
        shown.append(_counts(coverage, column, "policy", pl.col("policy"), column))
    for measure, above, below in (
        ("H", "poor", "everyone"),
        ("A", "score", ""),
        ("M0", "score", ""),
        ("uncensored_headcount", "lacks", "everyone"),
        ("censored_headcount", "poor_lacks", "everyone"),
        ("contribution", "poor_lacks", "score"),
    ):
        rows = scores.filter(pl.col("measure") == measure)
        weight = pl.col("weight")
        shown.append(_counts(rows, "numerator", "mpi", weight, above, pl.col("deprivation").fill_null("")))
        if below:
            shown.append(_counts(rows, "denominator", "mpi", weight, below, ""))
    # What is shown in one table and hidden in another is known.
    return pl.concat([one.select(*KEY, "value") for one in shown]).group_by(KEY).agg(pl.col("value").max()).sort(KEY)


def read_releases(releases: list[Path]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What releases of the same data show together, and the sums that tie it besides.

    Returns name, period, unit, value, truth, listed (false where the public tables have no such row), for all counts
    that are in the complete tables of the newest; and sums: period, unit, members (units).
    """
    truth = read_counts(releases[-1] / "tables").rename({"value": "truth"})
    shown, sums = [], [_members_of_lists(releases[-1], truth)]
    for number, release in enumerate(releases, 1):
        cells = read_counts(release / "public")
        if number < len(releases):
            # A sum over the districts or communes that had reported then.
            units = pl.read_csv(release / "public" / "core.unit.csv", infer_schema=False)
            whole = pl.col("unit").is_in(units.filter(pl.col("level") != "commune")["unit_code"].to_list())
            whole = whole | pl.col("unit").str.contains(" ")
            then = pl.col("unit") + f" in release {number}"
            parents = units.select(unit="unit_code", whole="parent_code").unique()
            there = read_counts(release / "tables").filter(pl.col("name") == "households|all").join(parents, on="unit")
            members = there.group_by("period", unit="whole").agg(members="unit")
            sums.append(pl.concat([members, _members_of_lists(release, there)]).with_columns(unit=then))
            old = cells.filter(whole).with_columns(unit=then)
            told = read_counts(release / "tables").filter(whole).with_columns(unit=then).rename({"value": "truth"})
            truth = pl.concat([truth, told])
            cells = pl.concat([cells.filter(~whole), old])
        shown.append(cells)
    together = pl.concat(shown).group_by(KEY).agg(pl.col("value").max(), listed=pl.lit(True))
    cells = truth.join(together, on=KEY, how="left").with_columns(pl.col("listed").fill_null(False)).sort(KEY)
    return cells, pl.concat(sums)


def _members_of_lists(release: Path, there: pl.DataFrame) -> pl.DataFrame:
    """Which communes that have reported a special list has: period, unit (`PROGRAMME UNIT`), members."""
    public = release / "public"
    lists = pl.read_parquet(public / "core.special_area.parquet").filter("is_listed")
    units = pl.read_csv(public / "core.unit.csv", infer_schema=False).select("unit_code", "parent_code").unique()
    reported = there.filter(pl.col("name") == "households|all").select("period", unit_code="unit")
    rows = reported.join(lists, on="unit_code").join(units, on="unit_code")
    rows = rows.filter(pl.col("period").is_between("valid_from", "valid_to"))
    province = units.filter(pl.col("unit_code").is_in(units["parent_code"].implode()) & pl.col("parent_code").is_null())
    wholes = [pl.col("unit_code"), pl.col("parent_code"), pl.lit(province["unit_code"][0])]
    return pl.concat(
        rows.group_by("period", unit=pl.concat_str("programme", whole, separator=" ")).agg(members="unit_code")
        for whole in wholes
    )


@dataclass
class System:
    """low ≤ matrix · x ≤ high and x ≥ 0. `unknowns` has one row (name, period, unit) for each x."""

    unknowns: pl.DataFrame
    matrix: Any
    low: Numbers
    high: Numbers

    def parts(self, about: int = 2500) -> Iterator["System"]:
        """Unknowns that no row connects, put together in systems of about so many."""
        links = abs(self.matrix)
        _, label = connected_components(links.T @ links, directed=False)
        batch = ((np.cumsum(np.bincount(label)) - 1) // about)[label]
        for number in np.unique(batch):
            yield self.only(batch == number)

    def only(self, chosen: NDArray[np.bool_]) -> "System":
        """The system of some unknowns, whose rows speak of no others."""
        matrix = self.matrix[:, np.flatnonzero(chosen)]
        rows = np.diff(matrix.indptr) > 0
        return System(self.unknowns.filter(pl.Series(chosen)), matrix[rows], self.low[rows], self.high[rows])

    def best(self, objective: Numbers, more: Any = None, bound: Numbers | None = None) -> Numbers:
        """The x at which the objective is largest. more · (x, y) ≤ bound adds unknowns y that may be negative."""
        exact = self.low == self.high
        extra = len(objective) - self.matrix.shape[1]
        matrix = sparse.hstack([self.matrix, sparse.csr_array((self.matrix.shape[0], extra))]).tocsr()
        orders, limits = [-matrix[~exact]], [-self.low[~exact]]
        if more is not None and bound is not None:
            orders, limits = [*orders, more], [*limits, bound]
        found = linprog(
            -objective,
            A_ub=sparse.vstack(orders).tocsr(),
            b_ub=np.concatenate(limits),
            A_eq=matrix[exact],
            b_eq=self.low[exact],
            bounds=[*[(0, MOST)] * self.matrix.shape[1], *[(None, None)] * extra],
            method="highs",
        )
        assert found.status == 0, found.message
        return found.x[: self.matrix.shape[1]]


def attack(cells: pl.DataFrame, units: pl.DataFrame, sums: pl.DataFrame | None = None) -> System:
    """What an attacker knows of the hidden counts (name, period, unit, value). `units` is core.unit; sums has the
    members of further sums."""
    return _Attack(cells, units, sums).system()


def widths(system: System, truth: Numbers, need: Numbers, seed: int = 0) -> Numbers:
    """How far apart two values of each unknown can be, at least; exact where that is less than needed.

    The truth is one solution. Others are looked for that lie `need` from it for many unknowns at once; what is left
    is asked one by one.
    """
    assert (system.matrix @ truth >= system.low - CLOSE).all()
    assert (system.matrix @ truth <= system.high + CLOSE).all()
    least, most = truth.copy(), truth.copy()
    draw, count = np.random.default_rng(seed), len(truth)
    for attempt in range(30):
        open_ = np.flatnonzero(most - least < need - CLOSE)
        if not open_.size:
            break
        # y ≤ need and y ≤ ±(x - truth): nothing is gained by moving one unknown further than it needs.
        sign = -1.0 if attempt == 1 else 1.0
        unit = sparse.identity(len(open_), format="csr")
        pick = sparse.csr_array((np.full(len(open_), -sign), (range(len(open_)), open_)), shape=(len(open_), count))
        more = sparse.vstack([sparse.hstack([pick, unit]), sparse.hstack([0 * pick, unit])]).tocsr()
        bound = np.concatenate([-sign * truth[open_], need[open_]])
        found = system.best(np.concatenate([np.zeros(count), draw.uniform(1, 2, len(open_))]), more, bound)
        least, most = np.minimum(least, found), np.maximum(most, found)
    for one in np.flatnonzero(most - least < need - CLOSE):
        for sign in (1.0, -1.0):
            objective = np.zeros(count)
            objective[one] = sign
            found = system.best(objective)
            least, most = np.minimum(least, found), np.maximum(most, found)
    return most - least


def need_of(truth: Numbers, listed: Numbers | bool = True) -> Numbers:
    """How far apart two values must be: a count from 2 to 4 keeps three, one that is marked as suppressed two.

    Of what the public tables leave out (listed is false) counts from 1 to 4 are to keep two.
    """
    small = (truth >= 1) & (truth <= 4)
    return np.where(small, np.where(listed, np.minimum(truth, 2.0), 1.0), np.where(listed, 1.0, 0.0))


def attack_releases(releases: list[Path], months: list[dt.date] | None = None, name: str = "") -> pl.DataFrame:
    """Attack the public tables of releases of the same data, the newest last, holding the result against its complete
    ones.

    Returns every hidden count of a unit: name, period, unit, truth, listed, width, need. months and name (a regular
    expression) choose what is attacked, with all that is connected with it.
    """
    cells, sums = read_releases(releases)
    if months:
        cells = cells.filter(pl.col("period").is_in(months))
    system = attack(cells, pl.read_csv(releases[-1] / "public" / "core.unit.csv", infer_schema=False), sums)
    found = []
    for part in system.parts():
        if part.unknowns["name"].str.contains(name).any():
            told = part.unknowns.join(cells.drop("value"), on=KEY, how="left", maintain_order="left")
            need = need_of(told["truth"].to_numpy(), told["listed"].to_numpy())
            found.append(told.with_columns(width=widths(part, told["truth"].to_numpy(), need), need=need))
    return pl.concat(found).filter(~pl.col("unit").str.contains(" "))


class _Attack:
    def __init__(self, cells: pl.DataFrame, units: pl.DataFrame, sums: pl.DataFrame | None) -> None:
        self.units = units.with_row_index("place")
        self.periods = cells["period"].unique().sort()
        months = pl.DataFrame({"period": self.periods}).with_row_index("month")
        places = self.units.select(unit="unit_code", place="place").unique("unit")
        self.cells = cells.with_row_index("id").join(months, on="period").join(places, on="unit", how="left").sort("id")
        # Of each name: ids by month × place, -1 where there is no such count.
        shape = (len(self.periods), len(self.units))
        self.ids: dict[str, NDArray[np.int64]] = {}
        for (name,), rows in self.cells.drop_nulls("place").group_by("name", maintain_order=True):
            ids = np.full(shape, -1)
            ids[rows["month"], rows["place"]] = rows["id"]
            self.ids[str(name)] = ids
        self.rows: list[tuple[NDArray[np.int64], Numbers, bool]] = []
        self._sums_of_units()
        if sums is not None:
            self._further_sums(sums)
        self._register()
        self._movement()
        self._scores()
        self._policies()

    def _add(self, is_equal: bool, *terms: tuple[float, NDArray[np.int64]]) -> None:
        """Rows factor · count + … = 0 (or ≥ 0), one for each place in which all the counts stand."""
        ids = np.stack([ids.ravel() for _, ids in terms], axis=1)
        factors = np.array([factor for factor, _ in terms])
        self.rows.append((ids[(ids >= 0).all(axis=1)], factors, is_equal))

    def _names(self, begins: str, *ends: str) -> list[str]:
        return [name for name in self.ids if name.startswith(begins) and (not ends or name.endswith(ends))]

    def _named(self, is_equal: bool, factors: dict[str, float]) -> None:
        if all(name in self.ids for name in factors):
            self._add(is_equal, *((factor, self.ids[name]) for name, factor in factors.items()))

    def _sums_of_units(self) -> None:
        parents = self.units["parent_code"].to_list()
        for whole, code in enumerate(self.units["unit_code"]):
            children = [place for place, parent in enumerate(parents) if parent == code]
            for ids in self.ids.values() if children else ():
                # A district that has not reported has no communes either; the province sums those that have.
                for there in np.unique(ids[:, children] >= 0, axis=0):
                    months = ((ids[:, children] >= 0) == there).all(axis=1)
                    parts = [place for place, stands in zip(children, there, strict=True) if stands]
                    if parts:
                        self._add(True, (1, ids[months, whole]), *((-1, ids[months, part]) for part in parts))

    def _further_sums(self, sums: pl.DataFrame) -> None:
        places = dict(self.units.select("unit_code", "place").iter_rows())
        members = {(period, unit): communes for period, unit, communes in sums.iter_rows()}
        wholes = self.cells.filter(pl.col("place").is_null() & pl.col("value").is_not_null())
        # Of a district that had not reported its stocks are known from the next month's opening.
        wholes = wholes.join(sums, on=["period", "unit"], how="semi")
        for (period, unit), rows in wholes.group_by("period", "unit", maintain_order=True):
            month = rows["month"][0]
            ids = np.array([self.ids[name][month] for name in rows["name"]])
            parts = [(-1.0, ids[:, places[code]]) for code in members[period, unit]]
            self._add(True, (1, rows["id"].to_numpy().astype(np.int64)), *parts)

    def _register(self) -> None:
        classes = [f"{kind}_{people}" for kind in KINDS.values() for people in PEOPLE.values()]
        for kind in (*classes, *PEOPLE.values()):
            self._named(True, {f"{kind}|all": 1, f"{kind}|urban": -1, f"{kind}|rural": -1})
            for area in ("urban", "rural"):
                inside = (self.units["area"] == area).fill_null(False).to_numpy()
                whole, part = self.ids[f"{kind}|all"], self.ids[f"{kind}|{area}"]
                self._add(True, (1, np.where(inside, whole, -1)), (-1, part))
        for kind in classes:
            rest, kinds = "excluding_social_protection", ("income_poor", "services_deprived")
            self._named(True, {f"{kind}|all": 1, f"{kind}|social_protection": -1, f"{kind}|{rest}": -1})
            self._named(True, {f"{kind}|all": 1, **{f"{kind}|{part}": -1.0 for part in kinds}})
            for part in ("minority", "merit", "female_headed"):
                self._named(False, {f"{kind}|all": 1, f"{kind}|{part}": -1})
            self._named(False, {f"{kind}|minority": 1, f"{kind}|khmer": -1})
            self._named(False, {f"{kind}|services_deprived": 1, f"{kind}|services_deprived_no_insurance": -1})
        self._named(False, {"households|all": 1, "households|minority": -1})
        self._named(False, {"households|minority": 1, "households|khmer": -1})
        for population in ("all", "khmer", "minority"):
            of_these = {f"{kind}_households|{population}": -1.0 for kind in KINDS.values()}
            self._named(False, {f"households|{population}": 1, **of_these})
        for households in (*self._names("poor_households|"), *self._names("near_poor_households|")):
            # Somebody lives in each household.
            self._named(False, {households.replace("households", "persons"): 1, households: -1})
        for kind in KINDS.values():
            for lacks in self._names("deprived_households:", f"|{kind}"):
                self._named(False, {f"{kind}_households|all": 1, lacks: -1})
        insurance = "deprived_households:health_insurance|poor"
        self._named(False, {insurance: 1, "poor_households|services_deprived_no_insurance": -1})
        # Near poor means two deprivations at most.
        lacks = dict.fromkeys(self._names("deprived_households:", "|near_poor"), -1.0)
        self._named(False, {"near_poor_households|all": 2, **lacks})
        # Poor by lack of services means three deprivations or more.
        lacks = dict.fromkeys(self._names("deprived_households:", "|poor"), 1.0)
        self._named(False, {**lacks, "poor_households|services_deprived": -3})

    def _movement(self) -> None:
        for group, kind in KINDS.items():
            for measure in PEOPLE.values():
                flow = f"flow|{group}|{measure}|"
                leave = {flow + column: -1.0 for column in EXITS}
                come = {flow + column: 1.0 for column in ARRIVALS}
                self._named(True, {**leave, flow + "gross_exits": 1})
                self._named(True, {**come, flow + "gross_entries": -1})
                stock = self.ids[f"{kind}_{measure}|all"]
                moves = {**leave, **come}
                if moves.keys() <= self.ids.keys():
                    flows = [(factor, self.ids[name][1:]) for name, factor in moves.items()]
                    self._add(True, (1, stock[:-1]), (-1, stock[1:]), *flows)
        for measure in PEOPLE.values():
            poor, near_poor = f"flow|N|{measure}|", f"flow|CN|{measure}|"
            self._named(True, {poor + "decrease_1": 1, near_poor + "increase_1": -1})
            self._named(True, {poor + "increase_1": 1, near_poor + "decrease_2": -1})
        for households in self._names("flow|", *(f"households|{column}" for column in (*EXITS, *ARRIVALS))):
            self._named(False, {households.replace("households", "persons"): 1, households: -1})

    def _scores(self) -> None:
        for weight, people in PEOPLE.items():
            mpi = f"mpi|{weight}|"
            keys = [name.rsplit("|", 1)[1] for name in self._names(mpi + "poor_lacks|")]
            self._named(True, {f"poor_{people}|all": 1, f"near_poor_{people}|all": 1, mpi + "everyone|": -1})
            self._named(True, {**{f"{mpi}poor_lacks|{key}": 1.0 for key in keys}, mpi + "score|": -1})
            self._named(False, {mpi + "everyone|": 1, mpi + "poor|": -1})
            self._named(False, {mpi + "poor|": 1, f"poor_{people}|services_deprived": -1})
            self._named(False, {mpi + "score|": 1, mpi + "poor|": -3})
            self._named(False, {mpi + "score|": -1, mpi + "poor|": 10})
            self._named(False, {f"poor_{people}|all": 1, mpi + "poor|": -1})
            if weight == "household":
                # The poor of the register who are not poor by Alkire and Foster have two deprivations at most.
                lacks = dict.fromkeys(self._names("deprived_households:", "|poor"), -1.0)
                self._named(False, {"poor_households|all": 2, mpi + "poor|": -2, mpi + "score|": 1, **lacks})
            for key in keys:
                self._named(False, {f"{mpi}lacks|{key}": 1, f"{mpi}poor_lacks|{key}": -1})
                self._named(False, {mpi + "poor|": 1, f"{mpi}poor_lacks|{key}": -1})
                self._named(False, {mpi + "everyone|": 1, f"{mpi}lacks|{key}": -1})
                if weight == "household":
                    self._named(False, {f"deprived_households:{key}|poor": 1, f"{mpi}poor_lacks|{key}": -1})
                    of_these = {f"deprived_households:{key}|{kind}": -1.0 for kind in KINDS.values()}
                    self._named(True, {f"{mpi}lacks|{key}": 1, **of_these})
        for households in self._names("mpi|household|"):
            if "|score|" not in households:
                self._named(False, {households.replace("household", "person"): 1, households: -1})

    def _policies(self) -> None:
        same_year = np.array([one.year == other.year for one, other in pairwise(self.periods)])
        for served in self._names("policy|", "|served"):
            if not served.startswith(("policy|jobs|", "policy|labour_export|")):
                self._named(False, {served.replace("served", "eligible"): 1, served: -1})
            # What was served since January does not fall.
            ids = self.ids[served]
            self._add(False, (1, np.where(same_year[:, None], ids[1:], -1)), (-1, ids[:-1]))

    def system(self) -> System:
        """The rows over the unknowns, what is known put on the other side."""
        value = self.cells["value"].to_numpy()
        hidden = np.isnan(value)
        place = np.cumsum(hidden) - 1
        row, column, factor, constant, equal, rows = [], [], [], [], [], 0
        for ids, factors, is_equal in self.rows:
            unknown = hidden[ids]
            live = unknown.any(axis=1)
            ids, unknown = ids[live], unknown[live]
            here, there = np.nonzero(unknown)
            row.append(here + rows)
            rows += len(ids)
            column.append(place[ids[here, there]])
            factor.append(factors[there])
            constant.append((np.where(unknown, 0, value[ids]) * factors).sum(axis=1))
            equal.append(np.full(len(ids), is_equal))
        shape = (rows, int(hidden.sum()))
        coordinates = (np.concatenate(row), np.concatenate(column))
        matrix = sparse.coo_array((np.concatenate(factor), coordinates), shape=shape).tocsr()
        low = -np.concatenate(constant)
        high = np.where(np.concatenate(equal), low, np.inf)
        return System(self.cells.filter(pl.col("value").is_null()).select(KEY), matrix, low, high)


if __name__ == "__main__":
    hidden = attack_releases([Path(one) for one in sys.argv[1:]])
    weak = hidden.filter(pl.col("width") < pl.col("need") - CLOSE)
    print(
        f"{hidden.height} hidden counts, {hidden.filter(pl.col('listed')).height} of them marked as suppressed, "
        f"{hidden.filter(pl.col('truth').is_between(1, 4)).height} from 1 to 4; {weak.height} too well known"
    )
    with pl.Config(tbl_rows=60, fmt_str_lengths=80):
        print(weak.group_by("name", "truth", "width").len().sort("len", descending=True))
        print(weak)
    sys.exit(1 if weak.height else 0)
