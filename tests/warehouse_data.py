"""Accepted tables for tests: every row valid, only what differs is stated.

`Register` collects the households of one district and month; sheets Xã, Diễn biến and Chính sách are
counted from them, so that a file is consistent unless a test breaks it on purpose.
"""

import datetime as dt
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from forms.dictionary import CLASSES_LISTED, CLASSES_POOR, DEPRIVATIONS, FLOWS, movements
from plan.reference import communes, districts, next_period, period_end, periods_between, table
from tasks.build import FINDING_COUNT, SLOT, SUBMISSION, BuildInputs
from tasks.schemas import COMMUNE, HOUSEHOLD, MOVEMENT, POLICY

BASELINE, JUNE, DECEMBER = "2019-12", "2020-06", "2020-12"
CITY, THOI_BINH, U_MINH, DAM_DOI, NAM_CAN, NGOC_HIEN = "964", "967", "966", "970", "971", "973"

Query = Callable[..., list[tuple[Any, ...]]]

SUPPRESSION_KEY = b"a key of tests"
RESIDENTS = 1000
PERSONS_PER_HOUSEHOLD = 4


@dataclass
class Register:
    """What one district reports for one month."""

    district_code: str
    period: str
    households: list[dict[str, Any]] = field(default_factory=list)
    residents: dict[str, int] = field(default_factory=dict)  # commune code → resident households
    policies: dict[str, tuple[int, int]] = field(default_factory=dict)  # policy → eligible, served, per district
    version: str = ""

    @property
    def submission_id(self) -> str:
        return hashlib.sha256(f"{self.district_code} {self.period} {self.version}".encode()).hexdigest()

    @property
    def commune_codes(self) -> list[str]:
        return [unit.code for unit in communes(self.period, self.district_code)]

    def add(
        self, number: int = 1, commune: int = 0, deprived: tuple[str, ...] = (), class_: str = "N1", **differs: Any
    ) -> None:
        """Add equal households to the district's n-th commune."""
        for _ in range(number):
            commune_code = self.commune_codes[commune]
            label = f"{commune_code}-{len(self.households):04d}"
            row: dict[str, Any] = {
                "submission_id": self.submission_id,
                "period": period_end(self.period),
                "district_code": self.district_code,
                "commune_code": commune_code,
                "row": len(self.households) + 2,
                "household_id": hashlib.sha256(label.encode()).hexdigest()[:16],
                "hamlet": "Ấp 1",
                "household_code": label,
                "id_number_hash": None,
                "head_sex": "male",
                "head_birth_year": 1970,
                "ethnicity": "Kinh",
                "persons": 4,
                "area": "rural",
                "b1_points": 100,
                "b2_points": 10 * len(deprived),
                **{key: key in deprived for key in DEPRIVATIONS},
                "class": class_,
                "class_previous": class_,
                "movement": "KHONG_DOI",
                "social_protection": False,
                "merit": False,
                "causes": [1],
            }
            self.households.append({**row, **differs})

    def frames(self) -> dict[str, pl.DataFrame]:
        return {
            "household": pl.DataFrame(self.households, schema=HOUSEHOLD),
            "commune": pl.DataFrame(self._commune_rows(), schema=COMMUNE),
            "movement": pl.DataFrame(self._movement_rows(), schema=MOVEMENT),
            "policy": pl.DataFrame(self._policy_rows(), schema=POLICY),
        }

    def _slot(self, commune_code: str, row: int) -> dict[str, Any]:
        return {
            "submission_id": self.submission_id,
            "period": period_end(self.period),
            "district_code": self.district_code,
            "commune_code": commune_code,
            "row": row,
        }

    def _commune_rows(self) -> list[dict[str, Any]]:
        rows = []
        for number, commune_code in enumerate(self.commune_codes):
            listed = [h for h in self.households if h["commune_code"] == commune_code]
            poor = [h for h in listed if h["class"] in CLASSES_POOR]
            near_poor = [h for h in listed if h["class"] == "CN"]
            residents = self.residents.get(commune_code, RESIDENTS)
            rows.append(
                {
                    **self._slot(commune_code, number + 2),
                    "households": residents,
                    "persons": residents * PERSONS_PER_HOUSEHOLD,
                    "minority_households": residents // 10,
                    "khmer_households": residents // 20,
                    "poor": len(poor),
                    "poor_persons": sum(h["persons"] for h in poor),
                    "income_poor": sum(h["class"] == "N1" for h in poor),
                    "services_deprived": sum(h["class"] == "N2" for h in poor),
                    "poor_social_protection": sum(h["social_protection"] for h in poor),
                    "poor_khmer": sum(h["ethnicity"] == "Khmer" for h in poor),
                    "near_poor": len(near_poor),
                    "near_poor_persons": sum(h["persons"] for h in near_poor),
                    "near_poor_social_protection": sum(h["social_protection"] for h in near_poor),
                    "near_poor_khmer": sum(h["ethnicity"] == "Khmer" for h in near_poor),
                }
            )
        return rows

    def _movement_rows(self) -> list[dict[str, Any]]:
        kinds = {movement.code: movement for movement in movements()}
        rows: list[dict[str, Any]] = []
        for commune_code in self.commune_codes:
            listed = [h for h in self.households if h["commune_code"] == commune_code]
            for group, classes in (("N", CLASSES_POOR), ("CN", ("CN",))):
                for measure in ("households", "persons"):
                    flows = dict.fromkeys(FLOWS, 0)
                    for household in listed:
                        size = household["persons"] if measure == "persons" else 1
                        kind = kinds[household["movement"]]
                        if kind.group_out == group:
                            flows[kind.flow_out] += size
                        if kind.group_in == group:
                            flows[kind.flow_in] += size
                    closing = sum(
                        h["persons"] if measure == "persons" else 1
                        for h in listed
                        if h["class"] in classes and h["class"] in CLASSES_LISTED
                    )
                    rows.append(
                        {
                            **self._slot(commune_code, len(rows) + 2),
                            "class": group,
                            "measure": measure,
                            "opening": closing - sum(sign * flows[flow] for flow, sign in FLOWS.items()),
                            **flows,
                            "closing": closing,
                        }
                    )
        return rows

    def _policy_rows(self) -> list[dict[str, Any]]:
        """The district's numbers stand in its first commune, the others report zeros."""
        rows: list[dict[str, Any]] = []
        for number, commune_code in enumerate(self.commune_codes):
            for policy in (row["policy"] for row in table("policies_monitored")):
                eligible, served = self.policies.get(policy, (0, 0)) if number == 0 else (0, 0)
                slot = self._slot(commune_code, len(rows) + 2)
                rows.append({**slot, "policy": policy, "eligible": eligible, "served": served})
        return rows


def write_inputs(
    folder: Path,
    registers: list[Register],
    as_of: str,
    states: dict[tuple[str, str], str] | None = None,
    **differs: Any,
) -> BuildInputs:
    """Write the registers as accepted submissions and return the inputs of a build.

    Slots (period, district) without a register are in the state that `states` gives, else expected and silent.
    """
    accepted = folder / "accepted"
    for register in registers:
        place = accepted / register.submission_id
        place.mkdir(parents=True, exist_ok=True)
        for sheet, frame in register.frames().items():
            frame.write_parquet(place / f"{sheet}.parquet")
    by_slot = {(register.period, register.district_code): register for register in registers}
    slots = [
        {
            "period": period_end(period),
            "district_code": district.code,
            "state": "accepted"
            if (period, district.code) in by_slot
            else (states or {}).get((period, district.code), "expected"),
            "accepted_submission_id": by_slot[period, district.code].submission_id
            if (period, district.code) in by_slot
            else None,
            "due": _due(period),
            "received_on": _received(period).date() if (period, district.code) in by_slot else None,
            "on_time": True if (period, district.code) in by_slot else None,
        }
        for period in periods_between("2019-12", max(as_of, "2020-01"))
        for district in districts(period)
    ]
    submissions = [submission_row(register) for register in registers]
    inputs: dict[str, Any] = {
        "as_of": as_of,
        "first_period": "2019-12",
        "accepted": accepted,
        "submissions": pl.DataFrame(submissions, schema=SUBMISSION),
        "slots": pl.DataFrame(slots, schema=SLOT),
        "findings": [],
        "finding_counts": pl.DataFrame(schema=FINDING_COUNT),
        "suppression_key": SUPPRESSION_KEY,
        "code_version": "test",
    }
    return BuildInputs(**{**inputs, **differs})


def submission_row(register: Register, **differs: Any) -> dict[str, Any]:
    """One row of BuildInputs.submissions: accepted, in time, without findings."""
    received = _received(register.period)
    return {
        "submission_id": register.submission_id,
        "sha256": register.submission_id,
        "file_name": f"{register.district_code}_{register.period}.xlsx",
        "source": "inbox",
        "district_code": register.district_code,
        "period": period_end(register.period),
        "kind": "Tháng",
        "state": "accepted",
        "received_at": received,
        "decided_at": received,
        "decided_by": None,
        "reason": None,
        "due": _due(register.period),
        "on_time": True,
        "rule_pack": "pack",
        "critical": 0,
        "warning": 0,
        "info": 0,
        **differs,
    }


def _received(period: str) -> dt.datetime:
    return dt.datetime.combine(period_end(period), dt.time(9), dt.UTC) + dt.timedelta(days=3)


def _due(period: str) -> dt.date:
    return period_end(period) + dt.timedelta(days=10)


def province(period: str, poor: int = 10, near_poor: int = 5) -> list[Register]:
    """All nine districts, each with so many poor and near-poor households in its first commune."""
    registers = []
    for district in districts(period):
        register = Register(district.code, period)
        register.add(poor)
        register.add(near_poor, class_="CN")
        registers.append(register)
    return registers


def later(register: Register, months: int = 1) -> Register:
    """An empty register of the same district, some months on."""
    return Register(register.district_code, next_period(register.period, months))
