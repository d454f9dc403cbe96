"""A month of 705 districts, made by repeating nine: the same households under other codes, each district once."""

import csv
import os
import re
import shutil
import zipfile
from itertools import count
from pathlib import Path

import plan.reference
import tasks.build
import tasks.findings
import tasks.notices
from bench.data import OLD, Files

DISTRICTS = 705
_CODE = re.compile(rb"(<t[^>]*>)(\d{3}|\d{5}|\d{9}|\d{12})(</t>)")


def make_national(files: Files, plan_folder: Path, inbox: Path) -> int:
    """Write the list of units and the workbooks, and let this process use that list; returns the number of households.

    The first nine are the real ones. The others get new codes and no
    ID numbers, since one number in many districts is a finding for each of them.
    """
    shutil.copytree(plan.reference.DATA, plan_folder)
    codes = _write_units(plan_folder / "units.csv")
    _write_targets(plan_folder / "targets_2020.csv", codes)
    _use(plan_folder)
    inbox.mkdir(parents=True)
    originals = files.paths
    for number, renamed in enumerate(codes):
        target = inbox / f"{number:03d}.xlsx"
        _renamed(originals[number % len(originals)], target, renamed)
        os.utime(target, (OLD, OLD))
    whole, rest = divmod(DISTRICTS, len(originals))
    sizes = [path.stat().st_size for path in originals]
    return round(files.households * (whole + sum(sizes[:rest]) / sum(sizes)))


def _use(plan_folder: Path) -> None:
    """Let whoever has looked something up look again."""
    plan.reference.DATA = tasks.build.PLAN_DATA = plan_folder
    for one in vars(plan.reference).values():
        if hasattr(one, "cache_clear"):
            one.cache_clear()
    names = {unit.code: unit.name for unit in plan.reference.units() if unit.level == "district"}
    for module in (tasks.findings, tasks.notices):
        module._DISTRICTS.update(names)


def _write_units(path: Path) -> list[dict[bytes, bytes]]:
    """Add the copies to a list of units; returns for each district how its codes are renamed."""
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    districts = [row for row in rows if row["level"] == "district"]
    new_district, new_commune = count(100), count(40_000)
    renamed: list[dict[bytes, bytes]] = [{} for _ in districts]
    added = []
    for number in range(len(districts), DISTRICTS):
        district = districts[number % len(districts)]
        own = {district["code"]: str(next(new_district))}
        communes = [row for row in rows if row["parent_code"] == district["code"]]
        own |= {row["code"]: own.get(row["code"]) or str(next(new_commune)) for row in communes}
        added.append(district | {"code": own[district["code"]]})
        added += [row | {"code": own[row["code"]], "parent_code": own[row["parent_code"]]} for row in communes]
        renamed.append({old.encode(): new.encode() for old, new in own.items()})
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows + added)
    return renamed


def _write_targets(path: Path, codes: list[dict[bytes, bytes]]) -> None:
    """Give every district its original's targets; the order of districts is this table's."""
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for renamed in codes:
        others = {old.decode(): new.decode() for old, new in renamed.items()}
        own = [row for row in rows if row["unit_code"] in others]
        rows += [row | {"unit_code": others[row["unit_code"]]} for row in own if others[row["unit_code"]] not in others]
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def _renamed(source: Path, target: Path, codes: dict[bytes, bytes]) -> None:
    if not codes:
        shutil.copyfile(source, target)
        return

    def other(found: re.Match[bytes]) -> bytes:
        code = found[2]
        return found[1] + (b"" if len(code) >= 9 else codes.get(code, code)) + found[3]

    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new:
        for part in old.infolist():
            content = old.read(part)
            new.writestr(part.filename, _CODE.sub(other, content) if part.filename.endswith(".xml") else content)
