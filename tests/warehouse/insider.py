"""Somebody who knows the program as well, and even its key: `python tests/warehouse/insider.py DATA`.

Of all worlds that fit the published numbers he keeps those for which the program suppresses what he sees. Here worlds
are made from the true one: households are exchanged, or moved, between communes of a district. Whether a world fits is
asked of the relations in attacker.py, and what it would suppress of the program itself. How far apart the values of
a small count are in the worlds that remain is what he does not know. Where a few moves do not show enough, all whole
numbers that fit are gone through. Whoever does not know the key keeps every world that some key allows: more of them.
"""

import datetime as dt
import itertools
import random
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
from attacker import CLOSE, KEY, attack, need_of, read_releases
from numpy.typing import NDArray

from forms.dictionary import DEPRIVATIONS
from settings import Settings
from tasks.disclosure import suppress
from tasks.disclosure.counts import Counts, Places, read_counts, read_places
from tasks.disclosure.hidden import Hidden
from tasks.pseudonym import derived_key, pseudonym_key

Method = Callable[[Counts, Places], Hidden]
# What one household more in a commune changes there: name of a count → by how much.
Kind = dict[str, int]
# How many of a kind go from a commune to another, by their places (NOWHERE: none); a world is some of these at once.
World = list[tuple[Kind, int, int, int]]
Ints = NDArray[np.int64]

MOST_WORLDS = 20000
NOWHERE = -1
AREAS = ("urban", "rural")
CLASSES = ("poor", "near_poor")


@dataclass(frozen=True)
class Tried:
    """A count that is tried, by exchanging kinds of household, and the counts that the program looks at with it.

    parts: all that its class is made of, which moves with whole households; group: that class, empty for residents.
    """

    name: str
    kinds: list[Kind]
    beside: list[str]
    parts: list[str]
    group: str

    @property
    def whole(self) -> str:
        """The count of its class."""
        return f"{self.group}_households|all" if self.group else "households|all"


def tried_counts(known: Iterable[str]) -> list[Tried]:
    """Every count of households by commune that the program may suppress."""
    everything = set(known)
    found = []
    for group in ("", *CLASSES):
        of = f"{group}_households|" if group else "households|"
        lacks = [f"deprived_households:{key}|{group}" for key in DEPRIVATIONS]
        outside, income = {of + "excluding_social_protection": -1}, {of + "income_poor": -1}
        minority, khmer = {of + "minority": 1}, {of + "khmer": 1}
        services, uninsured = {of + "services_deprived": 1, **income}, {of + "services_deprived_no_insurance": 1}
        of_nations = [name for name in everything if name.endswith(("households|minority", "households|khmer"))]
        of_services = [*services, *uninsured, *(lacks if group == "poor" else [])]
        parts = sorted(one for one in everything if one.startswith(of) or one in lacks)
        for kinds, beside in (
            ([{of + "social_protection": 1, **outside}], []),
            ([{of + "merit": 1}], []),
            ([{of + "female_headed": 1}], []),
            ([minority, {**minority, **khmer}], of_nations),
            ([khmer, {**minority, **khmer}], of_nations),
            ([services, {**services, **uninsured}], of_services),
            ([uninsured, {**services, **uninsured}], of_services),
            *(([{lack: 1}], of_services if group == "poor" else lacks) for lack in lacks),
        ):
            name = next(iter(kinds[0]))
            if name in everything:
                looked_at = {name, *(one for kind in kinds for one in kind), *beside} & everything
                found.append(Tried(name, kinds, sorted(looked_at), parts, group))
        found.append(Tried(of + "all", [], parts, parts, group))
    return found


class Insider:
    """All that is suppressed of one release by a method, and the worlds that fit what is left."""

    def __init__(
        self, release: Path, key: bytes, method: Method = suppress, months: list[dt.date] | None = None
    ) -> None:
        self.method = method
        with duckdb.connect(str(release / "warehouse.duckdb"), read_only=True) as connection:
            self.places = read_places(connection, key)
            self.counts = read_counts(connection, self.places)
        self.hidden = method(self.counts, self.places)
        cells, _ = read_releases([release])
        gone = self.hidden.frame().select(name="quantity", period="period", unit="unit_code", gone=True)
        # What the public tables leave out may be anything.
        cells = cells.filter("listed", pl.col("period").is_in(months or self.places.periods))
        cells = cells.join(gone, on=KEY, how="left")
        cells = cells.filter(~pl.col("unit").str.contains(" ")).with_columns(
            value=pl.when("gone")
            .then(None)
            .when(pl.col("name").is_in(list(self.counts)))
            .then("truth")
            .otherwise("value")
        )
        self.system = attack(cells.drop("gone"), pl.read_csv(release / "public" / "core.unit.csv", infer_schema=False))
        told = self.system.unknowns.join(cells, on=KEY, how="left", maintain_order="left")
        self.truth = told["truth"].to_numpy()
        self.level = self.system.matrix @ self.truth
        self.columns = {one: place for place, one in enumerate(self.system.unknowns.rows())}
        self.listed = set(cells.select(KEY).rows())
        self.matrix = self.system.matrix.tocsc()
        self.households = _households(release)
        self.months = [place for place, period in enumerate(self.places.periods) if period in (months or [period])]

    def try_all(self, districts: Iterable[str] = ()) -> pl.DataFrame:
        """Every suppressed count from 1 to 4 of the communes of some districts, or all: name, period, unit, truth,
        width, need, is_whole (whether all numbers were gone through)."""
        chosen = [place for place, code in enumerate(self.places.districts) if not districts or code in districts]
        rows = []
        for month, district in itertools.product(self.months, chosen):
            if (self.places.present[month] & (self.places.district[month] == district)).any():
                for tried in tried_counts(self.counts):
                    rows += _Place(self, month, district, tried, random.Random(0)).rows()
        schema = [*KEY, "truth", "width", "need", "is_whole"]
        return pl.DataFrame(rows, schema=schema, orient="row")


def _households(release: Path) -> dict[tuple[object, str, str], list[Kind]]:
    """The households on the register: by month, commune and class, what each counts for."""
    found: dict[tuple[object, str, str], list[Kind]] = {}
    rows = pl.read_parquet(release / "tables" / "core.household_month.parquet").filter("is_in_register")
    columns = rows.select("period", "commune_code", "class_group", "populations", "deprived_in")
    for period, commune, group, populations, lacks in columns.iter_rows():
        kind = {f"{group}_households|{population}": 1 for population in populations if population not in AREAS}
        kind |= {f"deprived_households:{key}|{group}": 1 for key in lacks}
        found.setdefault((period, commune, group), []).append(kind)
    return found


class _Place:
    """One count in one district and month."""

    def __init__(self, insider: Insider, month: int, district: int, tried: Tried, draw: random.Random) -> None:
        self.insider, self.month, self.district, self.tried, self.draw = insider, month, district, tried, draw
        places = insider.places
        self.period = places.periods[month]
        self.mine = np.flatnonzero(places.present[month] & (places.district[month] == district))
        self.value = {name: count[month, self.mine] for name, count in insider.counts.items()}
        self.seen = insider.hidden.of(tried.name)[month, self.mine]
        self.least, self.most = self.value[tried.name].copy(), self.value[tried.name].copy()

    def rows(self) -> Iterator[tuple[object, ...]]:
        truth = self.value[self.tried.name]
        small = np.flatnonzero(self.seen & (truth >= 1) & (truth <= 4))
        if not small.size:
            return
        need = need_of(truth.astype(float))
        self._keep(self._exchanged(small), self.tried.beside)
        ways = (
            (self._moved, self.tried.parts),
            (self._exchanged_much, self.tried.beside),
            (self._every, self.tried.beside),
        )
        is_whole = np.zeros(len(truth), dtype=bool)
        for way, names in ways:
            left = [int(one) for one in small if self.most[one] - self.least[one] < need[one] - CLOSE]
            if left:
                worlds = way(left)
                is_whole[left] = way == self._every and bool(worlds)
                self._keep(worlds, names)
        for one in small:
            unit = self.insider.places.communes[self.mine[one]]
            width = int(self.most[one] - self.least[one])
            yield self.tried.name, self.period, unit, int(truth[one]), width, int(need[one]), bool(is_whole[one])

    def _others(self, one: int) -> list[int]:
        """The communes that may give to this one or take from it, those of its block first."""
        block = self.insider.places.block[self.month, self.mine]
        others = [int(other) for other in np.flatnonzero(self.seen) if other != one]
        self.draw.shuffle(others)
        others.sort(key=lambda other: block[other] != block[one])
        is_open = self.insider.hidden.sums_of(self.tried.name)[self.month, self.district]
        return [*others, NOWHERE] if is_open else others

    def _exchanged(self, of: Iterable[int]) -> list[World]:
        """One or two households of a kind for as many that are not of it, with few others."""
        ways = [way for one in map(int, of) for other in self._others(one)[:3] for way in ((one, other), (other, one))]
        return [[(kind, *way, number)] for kind in self.tried.kinds for way in ways for number in (1, 2)]

    def _moved(self, of: Iterable[int]) -> list[World]:
        """One or two whole households that count for it, as they stand on the register."""
        found: list[World] = []
        for one in map(int, of):
            for other in self._others(one):
                for giver, taker in ((one, other), (other, one)):
                    kinds = self._living(giver)[:8]
                    found += [[(kind, giver, taker, 1)] for kind in kinds]
                    found += [[(kind, giver, taker, 1) for kind in two] for two in itertools.combinations(kinds, 2)]
        return found[:MOST_WORLDS]

    def _living(self, place: int) -> list[Kind]:
        unit = self.insider.places.communes[self.mine[place]] if place != NOWHERE else ""
        kinds = self.insider.households.get((self.period, unit, self.tried.group), [])
        kinds = [kind for kind in kinds if self.tried.name in kind]
        return self.draw.sample(kinds, len(kinds))

    def _exchanged_much(self, of: Iterable[int]) -> list[World]:
        """The same with all others, and with two of them at once."""
        found: list[World] = []
        for kind, one in itertools.product(self.tried.kinds, map(int, of)):
            others = self._others(one)
            ways = [way for other in others for way in ((one, other), (other, one))]
            found += [[(kind, *way, number)] for way in ways for number in (1, 2, 3)]
            for two in itertools.permutations(others, 2):
                for ways in (
                    [(one, two[0]), (one, two[1])],
                    [(two[0], one), (two[1], one)],
                    [(one, two[0]), (two[1], two[0])],
                    [(two[0], one), (two[0], two[1])],
                ):
                    found.append([(kind, *way, 1) for way in ways])
        return found[:MOST_WORLDS]

    def _every(self, of: Iterable[int]) -> list[World]:
        """All whole numbers with the published sum; none where there are too many to go through."""
        there = np.flatnonzero(self.seen)
        value = self.value[self.tried.name][there]
        if not self.tried.kinds or self.insider.hidden.sums_of(self.tried.name)[self.month, self.district]:
            return []
        whole = self.value[self.tried.whole][there]
        found: list[tuple[int, ...]] = [()]
        for place in range(len(there)):
            left = value.sum() - np.array([sum(one) for one in found])
            rest = whole[place + 1 :].sum()
            found = [
                (*one, number)
                for one, most in zip(found, left, strict=True)
                for number in range(max(0, most - rest), min(whole[place], most) + 1)
            ]
            if len(found) > MOST_WORLDS:
                return []
        kind = self.tried.kinds[0]
        return [
            [(kind, NOWHERE, int(one), int(more)) for one, more in zip(there, vector - value, strict=True) if more]
            for vector in map(np.array, found)
        ]

    def _keep(self, worlds: list[World], names: list[str]) -> None:
        """Take note of the values in those worlds that fit and for which the same is suppressed."""
        for start in range(0, len(worlds), 500):
            change = self._changes(worlds[start : start + 500], names)
            fitting = self._fits(change)
            change = {name: one[fitting] for name, one in change.items()}
            if len(change[self.tried.name]):
                kept = change[self.tried.name][self._looks_the_same(change), : len(self.mine)]
                value = self.value[self.tried.name] + kept
                self.least = np.min([self.least, *value], axis=0)
                self.most = np.max([self.most, *value], axis=0)

    def _changes(self, worlds: list[World], names: list[str]) -> dict[str, Ints]:
        """By name: [world, commune, and then the sums of district and province]."""
        size = len(self.mine)
        urban = self.insider.places.urban[self.month, self.mine]
        found = {name: np.zeros((len(worlds), size + 2), dtype=np.int64) for name in names}
        for number, world in enumerate(worlds):
            for kind, giver, taker, how_many in world:
                for place, sign in ((giver, -how_many), (taker, how_many)):
                    if place != NOWHERE:
                        for name, factor in kind.items():
                            found[name][number, place] += sign * factor
                        if self.tried.whole in kind:
                            area = self.tried.whole.replace("all", AREAS[0 if urban[place] else 1])
                            found[area][number, place] += sign
        for one in found.values():
            one[:, size:] = one[:, :size].sum(axis=1, keepdims=True)
        return found

    def _fits(self, change: dict[str, Ints]) -> NDArray[np.bool_]:
        """Which worlds leave the published numbers as they are. Somebody lives in each household that moves."""
        insider, period = self.insider, self.period
        units = [insider.places.communes[place] for place in self.mine]
        units += [insider.places.districts[self.district], insider.places.province]
        worlds = len(change[self.tried.name])
        is_open = np.ones(worlds, dtype=bool)
        columns, more = [], []
        for name, one in change.items():
            twins = [name] if name.startswith("deprived") else [name, name.replace("households", "persons")]
            for twin, place in itertools.product(twins, np.flatnonzero(one.any(axis=0))):
                cell = (twin, period, units[place])
                if cell in insider.columns:
                    columns.append(insider.columns[cell])
                    more.append(one[:, place])
                elif cell in insider.listed:
                    is_open &= one[:, place] == 0
        if not columns:
            return is_open
        delta = np.stack(more)
        part = insider.matrix[:, columns].tocsr()
        touched = np.flatnonzero(np.diff(part.indptr))
        level = insider.level[touched, None] + part[touched] @ delta
        low, high = insider.system.low[touched, None], insider.system.high[touched, None]
        is_open &= ((level >= low - CLOSE) & (level <= high + CLOSE)).all(axis=0)
        return is_open & (insider.truth[columns, None] + delta >= 0).all(axis=0)

    def _looks_the_same(self, change: dict[str, Ints]) -> NDArray[np.bool_]:
        """For which worlds the program suppresses what it does: each is a month of its own to it."""
        insider, month, size = self.insider, self.month, len(self.mine)
        worlds = len(change[self.tried.name])
        needed = {name for name in self.value if name.startswith("households|") or name.endswith("_households|all")}
        for other in ("poor_households|", "near_poor_households|"):
            needed |= {
                other + name.partition("|")[2] for name in change if other + name.partition("|")[2] in self.value
            }
        counts = {}
        for name in sorted(needed | change.keys()):
            counts[name] = np.tile(self.value[name], (worlds, 1))
            if name in change:
                counts[name] += change[name][:, :size]

        def of(array: NDArray[np.generic]) -> NDArray[np.generic]:
            return np.tile(array[month, self.mine], (worlds, 1))

        places = replace(
            insider.places,
            periods=insider.places.periods[:1] * worlds,
            communes=[insider.places.communes[place] for place in self.mine],
            districts=[insider.places.districts[self.district]],
            present=np.ones((worlds, size), dtype=bool),
            district=np.zeros((worlds, size), dtype=np.int64),
            urban=of(insider.places.urban),
            block=of(insider.places.block),
        )
        hidden = insider.method(counts, places)
        same = np.ones(worlds, dtype=bool)
        for name in change:
            same &= (hidden.of(name) == insider.hidden.of(name)[month, self.mine]).all(axis=1)
            same &= hidden.sums_of(name)[:, 0] == insider.hidden.sums_of(name)[month, self.district]
        return same


if __name__ == "__main__":
    data = Path(sys.argv[1])
    settings = Settings(data=data)
    key = derived_key(pseudonym_key(data, settings.pseudonym_key), "suppression")
    found = Insider((data / "warehouse" / "current").resolve(), key).try_all()
    narrow = found.filter(pl.col("width") < pl.col("need"))
    known = narrow.filter(pl.col("width") == 0)
    print(f"{found.height} small counts tried; {known.height} known, {narrow.height} too well")
    with pl.Config(tbl_rows=60, fmt_str_lengths=80):
        print(narrow.group_by("name", "truth", "width", "is_whole").len().sort("len", descending=True))
    sys.exit(1 if narrow.height else 0)
