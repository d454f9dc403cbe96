"""A province drawn at random: small communes, a handful of poor households each, people coming and going."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from warehouse_data import SUPPRESSION_KEY, Register, write_inputs

from forms.dictionary import DEPRIVATIONS
from plan.reference import table
from tasks.audit import run_audits
from tasks.build import build_warehouse
from tasks.open_tables import write_complete, write_public

POLICIES = tuple(row["policy"] for row in table("policies_monitored"))


@dataclass
class RoughRegister(Register):
    """A register whose residents hold its households, and whose policies are drawn for every commune."""

    by_commune: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)

    def _commune_rows(self) -> list[dict[str, Any]]:
        rows = super()._commune_rows()
        for row in rows:
            listed = [h for h in self.households if h["commune_code"] == row["commune_code"] and h["class"] != "KN"]
            others = [h for h in listed if h["ethnicity"] != "Kinh"]
            row["minority_households"] = len(others) + row["households"] // 20
            row["khmer_households"] = sum(h["ethnicity"] == "Khmer" for h in others) + row["households"] // 60
        return rows

    def _policy_rows(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        for commune_code in self.commune_codes:
            for policy in POLICIES:
                eligible, served = self.by_commune[commune_code, policy]
                slot = self._slot(commune_code, len(rows) + 2)
                rows.append({**slot, "policy": policy, "eligible": eligible, "served": served})
        return rows


@dataclass
class _Household:
    commune: int
    class_: str
    traits: dict[str, Any]
    deprived: tuple[str, ...]


def rough_province(
    seed: int, of_districts: tuple[str, ...], periods: list[str], poor: float, moves: float
) -> list[RoughRegister]:
    """Registers of some districts: about `poor` households of each class in a commune, of whom a share `moves`."""
    draw = random.Random(seed)
    registers = []
    for district_code in of_districts:
        communes = len(RoughRegister(district_code, periods[0]).commune_codes)
        means = [draw.choice([0.2, 1, 1, 2]) * poor for _ in range(communes)]
        households = [
            _household(draw, commune, class_)
            for commune, mean in enumerate(means)
            for class_ in ("N", "CN")
            for _ in range(_count(draw, mean))
        ]
        residents = [draw.randint(250, 600) for _ in range(communes)]
        eligible = {
            (commune, policy): _count(draw, draw.choice([1, 4, 20]))
            for commune in range(communes)
            for policy in POLICIES
        }
        served = dict.fromkeys(eligible, 0)
        for number, period in enumerate(periods):
            register = RoughRegister(district_code, period)
            codes = register.commune_codes
            register.residents = dict(zip(codes, residents, strict=True))
            if number:
                households = _month(draw, households, means, moves, register)
            else:
                for one in households:
                    _add(register, one, one.class_, "KHONG_DOI", one.class_)
            if period.endswith("-01"):
                served = dict.fromkeys(eligible, 0)
            for key, most in eligible.items():
                served[key] = min(most, served[key] + _count(draw, most / 6))
            register.by_commune = {
                (codes[c], policy): (eligible[c, policy], served[c, policy]) for c, policy in eligible
            }
            registers.append(register)
    return registers


def released(folder: Path, registers: Sequence[Register], as_of: str, **differs: object) -> Path:
    """A folder with warehouse.duckdb, tables/ and public/ of some registers, audited."""
    build_warehouse(folder / "warehouse.duckdb", write_inputs(folder, list(registers), as_of, **differs))
    assert run_audits(folder / "warehouse.duckdb") == []
    write_complete(folder / "warehouse.duckdb", folder / "tables")
    write_public(folder / "warehouse.duckdb", folder / "public", SUPPRESSION_KEY)
    return folder


def _count(draw: random.Random, mean: float) -> int:
    return sum(draw.random() < mean / (4 * mean + 4) for _ in range(int(4 * mean + 4)))


def _household(draw: random.Random, commune: int, class_: str) -> _Household:
    traits = {
        "persons": draw.randint(1, 6),
        "ethnicity": draw.choices(["Kinh", "Khmer", "Hoa"], [8, 2, 1])[0],
        "head_sex": draw.choices(["male", "female"], [2, 1])[0],
        "social_protection": draw.random() < 0.15,
        "merit": draw.random() < 0.05,
    }
    kind = class_ if class_ == "CN" else draw.choices(["N1", "N2"], [3, 1])[0]
    least = 3 if kind == "N2" else 0
    deprived = tuple(sorted(draw.sample(DEPRIVATIONS, draw.randint(least, 2 if kind == "CN" else 5))))
    return _Household(commune, kind, traits, deprived)


def _add(register: Register, one: _Household, class_: str, movement: str, before: str) -> None:
    register.add(
        commune=one.commune,
        deprived=one.deprived,
        class_=class_,
        class_previous=before,
        movement=movement,
        **one.traits,
    )


def _month(
    draw: random.Random, households: list[_Household], means: list[float], moves: float, register: Register
) -> list[_Household]:
    """Write a month's register; returns who is on it at the end."""
    stay = []
    for one in households:
        poor = one.class_ != "CN"
        if draw.random() < moves:
            movement = draw.choice(
                ["N_CN", "N_KN", "N_KN", "N_GIAM"] if poor else ["CN_KN", "CN_KN", "CN_N", "CN_GIAM"]
            )
            becomes = {"N_CN": "CN", "CN_N": "N1"}.get(movement, "KN")
            deprived = one.deprived[:2] if becomes == "CN" else one.deprived
            now = _Household(one.commune, becomes, one.traits, deprived)
            _add(register, now, becomes, movement, one.class_)
            if becomes != "KN":
                stay.append(now)
        else:
            _add(register, one, one.class_, "KHONG_DOI", one.class_)
            stay.append(one)
    for commune, mean in enumerate(means):
        for class_ in ("N", "CN"):
            for _ in range(_count(draw, mean * moves / 2)):
                new = _household(draw, commune, class_)
                movement = draw.choice(["TAI", "MOI", "TANG"])
                code = f"{class_}_TANG" if movement == "TANG" else f"{movement}_{class_}"
                _add(register, new, new.class_, code, "MOI")
                stay.append(new)
    return stay
