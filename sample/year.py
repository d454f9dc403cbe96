"""The sample year: nine districts, the baseline, the twelve months of the plan, and on while the form is in force."""

import datetime as dt
from collections.abc import Sequence

import numpy as np

from errors import WrongUsage
from forms.dictionary import FORM_CODE, FORM_VALID_TO, KIND_ANNUAL, KIND_MONTHLY
from forms.month import DistrictMonth, Row
from plan.reference import (
    BASELINE_PERIOD,
    PLAN_YEAR,
    Unit,
    districts,
    next_period,
    period_end,
    periods_between,
    plan,
)
from sample.calibration import Ints, share_out
from sample.fates import Fates, plan_fates
from sample.household import FLAGS_N2, Household, reclassify, relieve
from sample.later import later_fates
from sample.policies import policy_rows, with_insurance
from sample.population import Commune, Population, build_population
from sample.summaries import register, summarise

# The sample year ends with the plan; it can be told on to the last month for which the form is valid.
LAST_PERIOD, END_PERIOD = plan().last_period, FORM_VALID_TO
PREPARED_BY = "Người lập (dữ liệu mẫu)"
# Between 305,812 and 307,258 both rates of the end of 2020 come out (contract, section 7).
RESIDENT_HOUSEHOLDS_END = 306_480
# The share of listed households that get rid of one deprivation in a month.
_RELIEVED_SHARE, _RELIEVED_SHARE_REVIEW = 0.004, 0.012
_REVIEW_MONTHS = (9, 10, 11, 12)

YearOfMonths = dict[tuple[str, str], DistrictMonth]


def generate_year(seed: int = PLAN_YEAR, first: str = BASELINE_PERIOD, last: str = LAST_PERIOD) -> YearOfMonths:
    """The sample workbooks' content by (period, district code), the same for the same seed.

    Months build on each other, so all are made up to `last`; `first` chooses what is returned.
    Raises WrongUsage for months outside of BASELINE_PERIOD to END_PERIOD.
    """
    if not BASELINE_PERIOD <= first <= last <= END_PERIOD:
        raise WrongUsage(f"dữ liệu mẫu chỉ có từ {BASELINE_PERIOD} đến {END_PERIOD}")
    population = build_population(seed)
    rng = np.random.Generator(np.random.PCG64([seed, 1]))
    fates = plan_fates(rng, population)
    residents = _residents(rng, list(population.communes.values()))
    listed = _listed(population)

    year: YearOfMonths = {}
    for period in periods_between(BASELINE_PERIOD, last):
        of_year, month_of_year = int(period[:4]), int(period[5:])
        if month_of_year == 1 and period > LAST_PERIOD:
            fates = later_fates(np.random.Generator(np.random.PCG64([seed, 1, of_year])), population, fates)
            listed = _halfway(listed, _listed(population))
        if month_of_year == 1 or period == BASELINE_PERIOD:
            policies = policy_rows(seed, of_year, list(population.communes.values()), listed)
        for district in districts(period):
            households = population.households[district.code]
            rows = _baseline_rows(households) if period == BASELINE_PERIOD else []
            if period != BASELINE_PERIOD:
                rows = _month_rows(rng, households, fates, district.code, month_of_year)
            before = year.get((next_period(period, -1), district.code))
            earlier = before.policy if before and not period.endswith("-01") else None
            month = DistrictMonth(
                cover=_cover(rng, district, period),
                household=rows,
                commune=residents[period][district.code],
                policy=with_insurance(policies[month_of_year][district.code], register(rows), earlier),
            )
            year[period, district.code] = summarise(month, before)
    return {slot: month for slot, month in year.items() if slot[0] >= first}


def _cover(rng: np.random.Generator, district: Unit, period: str) -> Row:
    """The cover but for its control totals. Districts write the period in either of the two ways."""
    as_written = f"{period[5:]}/{period[:4]}" if int(district.code) % 2 else period
    return {
        "form": FORM_CODE,
        "district_code": district.code,
        "district_name": district.name,
        "period": as_written,
        "kind": KIND_ANNUAL if period.endswith("-12") else KIND_MONTHLY,
        "prepared_by": PREPARED_BY,
        "prepared_on": period_end(period) + dt.timedelta(days=int(rng.integers(1, 4))),
    }


def _baseline_rows(households: list[Household]) -> list[Row]:
    return [h.row(stt, h.class_, "KHONG_DOI") for stt, h in enumerate(sorted(households, key=lambda h: h.order), 1)]


def _month_rows(
    rng: np.random.Generator, households: list[Household], fates: Fates, district: str, month: int
) -> list[Row]:
    """Sheet Hộ of a month; moves the households on as it goes."""
    arriving = [h for h in fates.arrivals[district] if fates.events[h][0].month == month]
    # Arrivals stay in the district's list for good; one that has left is only skipped.
    households.extend(arriving)
    households.sort(key=lambda h: h.order)
    relieved = rng.random(len(households)) < (_RELIEVED_SHARE_REVIEW if month in _REVIEW_MONTHS else _RELIEVED_SHARE)
    rows: list[Row] = []
    for household, is_relieved in zip(households, relieved, strict=True):
        event = fates.event(household, month)
        if household.class_ == "KN" and event is None:
            continue
        household.persons += fates.sizes[household].get(month, 0) if household in fates.sizes else 0
        if event is None:
            if is_relieved and household.deprivations > (FLAGS_N2 if household.class_ == "N2" else 0):
                relieve(household, rng)
            rows.append(household.row(len(rows) + 1, household.class_, "KHONG_DOI"))
            continue
        new = event.movement.startswith(("MOI", "TAI")) or event.movement.endswith("TANG")
        class_previous = "MOI" if new else household.class_
        scored = True
        if event.movement.endswith("GIAM"):
            # Who moved away or died is seldom scored again.
            household.class_ = "KN"
            scored = rng.random() < 0.3
        elif household not in arriving:
            reclassify(household, event.class_, rng)
        rows.append(household.row(len(rows) + 1, class_previous, event.movement, scored))
    return rows


def _residents(rng: np.random.Generator, communes: Sequence[Commune]) -> dict[str, dict[str, list[Row]]]:
    """Period → district code → the resident columns of sheet Xã; a year's growth spread evenly over the months."""
    start = np.array([commune.households for commune in communes])
    growth = RESIDENT_HOUSEHOLDS_END - int(start.sum())
    # Some communes shrink: growth is shared above a loss that each has first.
    loss = (0.004 * start).astype(int)
    end = start - loss + share_out(growth + int(loss.sum()), start * rng.uniform(0.1, 2.0, len(communes)))
    persons = np.array([commune.persons for commune in communes])
    khmer = np.array([commune.khmer_households for commune in communes])
    minority = np.array([commune.minority_households for commune in communes])
    found: dict[str, dict[str, list[Row]]] = {}
    for month, period in enumerate(periods_between(BASELINE_PERIOD, END_PERIOD)):
        now = np.rint(start + (end - start) * month / 12).astype(np.int64)
        drift = now / start
        columns = {
            "households": now,
            "persons": _scaled(persons, drift),
            "minority_households": minority - khmer + _scaled(khmer, np.maximum(drift, 1.0)),
            "khmer_households": _scaled(khmer, np.maximum(drift, 1.0)),
        }
        found[period] = {}
        for i, commune in enumerate(communes):
            row: Row = {"commune_code": commune.unit.code, "commune_name": commune.unit.name}
            row.update({key: int(column[i]) for key, column in columns.items()})
            found[period].setdefault(commune.unit.parent_code, []).append(row)
    return found


def _scaled(counts: Ints, factor: np.ndarray) -> Ints:
    scaled: Ints = np.rint(counts * factor).astype(np.int64)
    return scaled


def _listed(population: Population) -> dict[str, dict[str, int]]:
    """Commune code → what the register holds: poor, listed (poor and near poor) households, listed_persons."""
    listed = {code: {"poor": 0, "listed": 0, "listed_persons": 0} for code in population.communes}
    for households in population.households.values():
        for household in households:
            if household.class_ != "KN":
                own = listed[household.commune_code]
                own["poor"] += household.poor
                own["listed"] += 1
                own["listed_persons"] += household.persons
    return listed


def _halfway(before: dict[str, dict[str, int]], now: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
    """Lists of who may have what follow the registers slowly: a new year's lie between the last ones and these."""
    return {code: {key: (count + before[code][key]) // 2 for key, count in own.items()} for code, own in now.items()}
