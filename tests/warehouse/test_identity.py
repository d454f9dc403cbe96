"""tasks.identity: the same id means the same bytes, and all that could make others is in the id; so with rules.

Two processes tell all that they import and open, one while it makes the sample year's release anew in other
surroundings, one while it judges files of it. What they tell must be covered.
"""

import ast
import dataclasses
import json
import os
import pickle
import random
import shutil
import struct
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
import watched
from program_copy import ROOMS, copy_program
from warehouse_data import BASELINE, province, write_inputs

from ledger.events import Ledger
from ledger.states import derive_state
from settings import REPOSITORY, Settings
from tasks import identity
from tasks.build import FINDING, RESTATED, RESTATED_MONTH, BuildInputs, input_hash, method_hash
from tasks.faults import SystemFault
from tasks.identity import (
    LIBRARIES_OF_RELEASES,
    LIBRARIES_OF_RULES,
    OF_RELEASES,
    OF_RULES,
    check_unchanged,
    covered_files,
    program_hash,
    rule_pack,
)
from tasks.inputs import build_inputs
from tasks.release import MANIFEST, WAREHOUSE, content_hash

OURS = (*ROOMS, *(path.stem for path in REPOSITORY.glob("*.py")))
PRODUCT = (*ROOMS, *(path.name for path in sorted(REPOSITORY.glob("*.py"))))
FAKETIME = next(iter(Path("/usr/lib").glob("*/faketime/libfaketime.so.1")), Path("/usr/lib/faketime"))
PACKED = {name for name, _ in covered_files(OF_RULES)}
Told = dict[str, Any]


def _watched(folder: Path, *words: object, **environment: str) -> Told:
    told = folder / "told.json"
    environment = {"PYTHONPATH": str(REPOSITORY), "PYTHONDONTWRITEBYTECODE": "1"} | environment
    command = [sys.executable, watched.__file__, *(str(told) if word is told_here else str(word) for word in words)]
    done = subprocess.run(
        command, env={**os.environ, **environment}, cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found: Told = json.loads(told.read_text(encoding="utf-8"))
    return found


told_here = object()


@pytest.fixture(scope="module")
def root(sample_year: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample year with a ledger of its own; what is only read is the one sample year's."""
    root = tmp_path_factory.mktemp("root")
    for name in ("judgements", "raw", "warehouse"):
        (root / name).symlink_to(sample_year / name)
    for path in (sample_year / "ledger.sqlite", *sample_year.glob("*.key")):
        shutil.copy2(path, root / path.name)
    return root


@pytest.fixture(scope="module")
def elsewhere(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """The sample year's release made again: another day, zone, language, seed, folder, fonts, number of processors."""
    folder = tmp_path_factory.mktemp("nơi khác")
    settings = Settings(data=root, ledger_url="", _env_file=None)  # type: ignore[call-arg]
    ledger = Ledger(settings.database_url)
    state = derive_state(ledger.events())
    ledger.close()
    inputs = build_inputs(settings, state, state.published[-1].payload["as_of"])
    (folder / "inputs").write_bytes(pickle.dumps(inputs))
    fonts = folder / "home" / ".local" / "share" / "fonts"
    fonts.mkdir(parents=True)
    for name in ("Roboto", "Liberation Sans", "Arial"):
        (fonts / f"{name}.ttf").write_bytes(_font_named(name))
    assert FAKETIME.is_file(), "this test needs Debian's faketime"
    return _watched(
        folder,
        "release",
        folder / "inputs",
        folder / "made here",
        told_here,
        LD_PRELOAD=str(FAKETIME),
        FAKETIME="@2031-03-04 05:06:07",
        FAKETIME_DONT_FAKE_MONOTONIC="1",
        NO_FAKE_STAT="1",
        TZ="America/St_Johns",
        LC_ALL="C",
        PYTHONHASHSEED="77",
        POLARS_MAX_THREADS="1",
        GIAMNGHEO_LANGUAGE="en",
        HOME=str(folder / "home"),
    ) | {"folder": str(folder / "made here")}


def _font_named(name: str) -> bytes:
    """A font that a machine may have under a name that charts ask for, with other widths than the one we know."""
    assets = Path(sysconfig.get_path("purelib"), "marimo", "_static", "assets")
    font = bytearray(next(assets.glob("KaTeX_Typewriter-Regular*.ttf")).read_bytes())
    (tables,) = struct.unpack(">H", font[4:6])
    (entry,) = [12 + 16 * n for n in range(tables) if font[12 + 16 * n : 16 + 16 * n] == b"name"]
    start, length = struct.unpack(">II", font[entry + 8 : entry + 16])
    names = font[start : start + length]
    count, texts = struct.unpack(">HH", names[2:6])
    for n in range(count):
        at = 6 + 12 * n
        platform, _, _, which = struct.unpack(">HHHH", names[at : at + 8])
        if which in (1, 16):  # the family
            text = name.encode("ascii" if platform == 1 else "utf-16-be")
            names[at + 8 : at + 12] = struct.pack(">HH", len(text), len(names) - texts)
            names += text
    font[entry + 8 : entry + 16] = struct.pack(">II", len(font), len(names))
    return bytes(font + names)


@pytest.fixture(scope="module")
def judging(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """Some files judged: of the baseline, of later months, with findings and without."""
    ledger = Ledger(f"sqlite:///{root / 'ledger.sqlite'}")
    judged = [one for one in derive_state(ledger.events()).submissions.values() if one.judgement]
    ledger.close()
    faulty = [one for one in judged if one.counts("critical")][:2]
    first, *_, last = sorted(judged, key=lambda one: (one.period or "", one.order))
    names = dict.fromkeys(one.submission_id for one in (first, last, *faulty))
    return _watched(tmp_path_factory.mktemp("judged"), "judge", root, told_here, *names)


def _rows(warehouse: Path) -> dict[str, tuple[Any, ...]]:
    """Number and hash of the rows of every table, in the order in which they are stored."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        tables = connection.execute("select schema_name || '.' || table_name from duckdb_tables()").fetchall()
        sql = "select count(*), sum(hash(stored, rowid)) from {} as stored"
        return {table: connection.execute(sql.format(table)).fetchone() or () for (table,) in tables}


def test_the_same_id_means_the_same_bytes_in_other_surroundings(sample_year: Path, elsewhere: Told) -> None:
    here = (sample_year / "warehouse" / "current").resolve()
    there = (Path(elsewhere["folder"]) / "current").resolve()
    assert there.name == here.name == elsewhere["result"]
    files = {path.relative_to(here) for path in here.rglob("*") if path.is_file()}
    assert files == {path.relative_to(there) for path in there.rglob("*") if path.is_file()}
    by_bytes = files - {Path(WAREHOUSE), Path(MANIFEST)}
    assert [str(name) for name in sorted(by_bytes) if (here / name).read_bytes() != (there / name).read_bytes()] == []
    assert _rows(here / WAREHOUSE) == _rows(there / WAREHOUSE)
    manifests = [json.loads((release / MANIFEST).read_text(encoding="utf-8")) for release in (here, there)]
    for manifest in manifests:
        manifest["files"] = [entry for entry in manifest["files"] if entry["path"] != WAREHOUSE]
    assert manifests[0] | {"created_at": None} == manifests[1] | {"created_at": None}
    assert manifests[1]["created_at"].startswith("2031-03-04")
    assert content_hash(here) == content_hash(there)


def test_the_ledger_knows_the_content(sample_year: Path, root: Path) -> None:
    ledger = Ledger(f"sqlite:///{root / 'ledger.sqlite'}")
    published = derive_state(ledger.events()).published[-1].payload
    ledger.close()
    assert published["content"] == content_hash(sample_year / "warehouse" / "current")


def test_all_that_makes_a_release_is_in_its_id(elsewhere: Told) -> None:
    assert _uncovered(elsewhere, OF_RELEASES) == []
    assert _distributions(elsewhere) - set(LIBRARIES_OF_RELEASES) == set()
    # Nothing of the machine but the interpreter, the libraries, the data, and UTC, which is the same everywhere.
    own = (sys.prefix, sys.base_prefix, *{str(Path(place).resolve()) for place in (REPOSITORY, elsewhere["folder"])})
    data = str(Path(elsewhere["folder"]).parent.parent)
    others = {name for name in elsewhere["opened"] if not name.startswith((*own, data, "/tmp/", "/proc/", "/dev/"))}
    assert {name for name in others if not name.endswith(("zoneinfo/UTC", "zoneinfo/Etc/UTC"))} == set()


def test_all_that_finds_is_in_the_rule_pack(judging: Told) -> None:
    assert any(judging["result"].values())
    assert _uncovered(judging, OF_RULES) == []
    assert {"numpy", "pandas", "polars", "pyarrow", "python-calamine"} <= _distributions(judging)


def _uncovered(told: Told, places: tuple[str, ...]) -> list[str]:
    """What a process imported or opened of the product that is none of the covered files."""
    covered = {name for name, _ in covered_files(places)}
    product = {name for name in _touched(told) if name.partition("/")[0] in PRODUCT}
    assert product & covered, "the process told nothing"
    files = {name for name in product - covered if (REPOSITORY / name).is_file() and not name.endswith(".pyc")}
    return sorted(files)


def _touched(told: Told) -> set[str]:
    """The files of the product that a process imported or opened, by their names in the repository."""
    ours = f"{REPOSITORY.resolve()}{os.sep}"
    return {name.removeprefix(ours) for name in (*told["imported"].values(), *told["opened"]) if name.startswith(ours)}


def _distributions(told: Told) -> set[str]:
    """The distributions of what a process imported, but for our own."""
    of = packages_distributions()
    tops = {name.partition(".")[0] for name, file in told["imported"].items() if "site-packages" in file}
    return {each.lower().replace("_", "-") for top in tops for each in of.get(top, [])} - {"giamngheo"}


@pytest.mark.parametrize(
    ("entries", "places"),
    [
        (("tasks.release", "reports.files"), OF_RELEASES),
        (
            ("tasks.cases", "tasks.child", "tasks.children", "tasks.cross", "tasks.judge", "tasks.judgements"),
            OF_RULES,
        ),
    ],
    ids=["releases", "rules"],
)
def test_what_may_be_imported_is_covered_too(entries: tuple[str, ...], places: tuple[str, ...]) -> None:
    """Also what those two processes had no use for: the readers of .xls, .ods and .csv, say."""
    covered = {name for name, _ in covered_files(places)}
    reached = _reached(entries)
    assert len(reached) > 40
    # It marks what was found in the sender's workbook.
    answers = {module for module in reached if module.startswith("tasks.annotate")} if places is OF_RULES else set()
    files = {str(_file(module).relative_to(REPOSITORY)) for module in reached - answers}
    assert files - covered == set()
    libraries = LIBRARIES_OF_RULES if places is OF_RULES else LIBRARIES_OF_RELEASES
    of = packages_distributions()
    # Those of ledger and log keep events and records; they decide nothing.
    decide = [module for module in reached - answers if not module.startswith(("ledger", "settings", "telemetry"))]
    tops = {name.partition(".")[0] for module in decide for name in _imports(module)} - sys.stdlib_module_names
    used = {of[top][0].lower().replace("_", "-") for top in tops if top in of} - {"giamngheo"}
    assert used - set(libraries) == set()


def _reached(entries: tuple[str, ...]) -> set[str]:
    """Our modules that come of some when every import in them, wherever it stands, is followed."""
    found: set[str] = set()
    waiting = list(entries)
    while waiting:
        module = waiting.pop()
        if module in found or module.partition(".")[0] not in OURS or not _file(module).is_file():
            continue
        found.add(module)
        waiting += [*_imports(module), *([module.rpartition(".")[0]] if "." in module else [])]
    return found


@cache
def _imports(module: str) -> tuple[str, ...]:
    names: list[str] = []
    for node in ast.walk(ast.parse(_file(module).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [name.name for name in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{name.name}" for name in node.names)]
    return tuple(names)


def _file(module: str) -> Path:
    place = REPOSITORY.joinpath(*module.split("."))
    return place / "__init__.py" if place.is_dir() else place.with_suffix(".py")


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program, to change it."""
    return copy_program(tmp_path_factory.mktemp("changed"))


@pytest.fixture
def tree(copied: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(identity, "_root", lambda place: copied / place)
    return copied


def _hashes_of(tree: Path) -> tuple[str, str]:
    return identity._hash(OF_RELEASES, ()), identity._hash(OF_RULES, ())


def _with_another_constant(path: Path, draw: random.Random) -> bytes:
    """A file's bytes with one constant changed: a number or a text of a module, or a digit or a letter of data."""
    content = path.read_bytes()
    if path.suffix == ".py":
        nodes = [
            node
            for node in ast.walk(ast.parse(content))
            if isinstance(node, ast.Constant) and isinstance(node.value, int | float | str) and node.col_offset
        ]
        numbers = [node for node in nodes if isinstance(node.value, int | float) and not isinstance(node.value, bool)]
        if nodes:
            node = draw.choice(numbers or nodes)
            assert isinstance(node, ast.Constant)
            lines = content.split(b"\n")
            at = sum(len(line) + 1 for line in lines[: node.lineno - 1]) + node.col_offset
            assert node.end_lineno is not None and node.end_col_offset is not None
            end = sum(len(line) + 1 for line in lines[: node.end_lineno - 1]) + node.end_col_offset
            other = f"{node.value + 1}" if numbers else f"{str(node.value) + 'x'!r}"  # type: ignore[operator]
            return content[:at] + other.encode() + content[end:]
    place = draw.randrange(len(content)) if content else 0
    return content[:place] + bytes([(content[place] if content else 0) ^ 1]) + content[place + 1 :]


def _drawn_files(tree: Path) -> Iterator[tuple[str, Path]]:
    """Some files of every room, and all that the issue named."""
    draw = random.Random(20200708)
    for name in PRODUCT:
        files = sorted(path for path in (tree / name).rglob("*") if path.is_file()) or [tree / name]
        for path in draw.sample(files, min(len(files), 6)):
            yield str(path.relative_to(tree)), path
    for name in (
        "tasks/disclosure/__init__.py",
        "tasks/open_tables/__init__.py",
        "tasks/build.py",
        "reports/narrative.py",
        "sql/mart/indicator.sql",
        "plan/data/targets_2020.csv",
        "plan/data/poverty_lines.csv",
        "plan/data/classification_rules.csv",
        "plan/data/unit_aliases.csv",
        "plan/data/ethnic_groups.csv",
        "expectations/policy.py",
        "expectations/household.py",
        "tasks/derive/household.py",
        "tasks/derive/common.py",
        "tasks/derive/presence.py",
        "tasks/read/labels.csv",
        "tasks/values.py",
        "tasks/legacy_text/tables.py",
        "tasks/gate/limits.py",
        "forms/hn_t_2020_1.csv",
        "settings.py",
    ):
        yield name, tree / name


def test_a_constant_changed_anywhere_gives_another_id(tree: Path, elsewhere: Told, judging: Told) -> None:
    """One at a time: either the hash is another, or what makes a release (or judges) has nothing to do with it."""
    unchanged = _hashes_of(tree)
    draw = random.Random(27)
    places = list(_drawn_files(tree))
    touched = [_touched(told) for told in (elsewhere, judging)]
    kept: list[int] = [0, 0]
    for name, path in places:
        whole = path.read_bytes()
        path.write_bytes(_with_another_constant(path, draw))
        assert path.read_bytes() != whole
        changed = _hashes_of(tree)
        path.write_bytes(whole)
        for which in (0, 1):
            if changed[which] == unchanged[which]:
                kept[which] += 1
                assert name not in touched[which], name
    assert _hashes_of(tree) == unchanged
    assert all(0 < number < len(places) for number in kept)
    assert len(places) > 80


def test_every_named_threshold_of_the_rules_is_in_the_rule_pack(tree: Path) -> None:
    """Each number that a module of the rules, of what they are held against, or of reading gives a name."""
    pack = identity._hash(OF_RULES, ())
    tried = []
    for room in ("expectations", "plan", "tasks/derive", "tasks/gate", "tasks/legacy_text", "tasks/read", "tasks"):
        for path in sorted((tree / room).glob("*.py")):
            name = str(path.relative_to(tree))
            if name not in PACKED:
                assert room == "tasks", name
                continue
            whole = path.read_text(encoding="utf-8")
            for constant, other in _other_numbers(whole):
                path.write_text(other, encoding="utf-8")
                assert identity._hash(OF_RULES, ()) != pack, (name, constant)
                tried.append(constant)
            path.write_text(whole, encoding="utf-8")
    assert {"PERSONS_USUAL_MAX", "CHANGE_PCT_MAX", "PERSONS_RANGE", "LEAST_LIKENESS"} <= set(tried)
    assert identity._hash(OF_RULES, ()) == pack


def _other_numbers(text: str) -> Iterator[tuple[str, str]]:
    """(name, the module with that number changed) of every number that stands in an assignment of the module."""
    for statement in ast.parse(text).body:
        if not isinstance(statement, ast.Assign):
            continue
        for node in ast.walk(statement.value):
            if isinstance(node, ast.Constant) and type(node.value) in (int, float):
                lines = text.splitlines(keepends=True)
                line = lines[node.lineno - 1].encode()
                changed = line[: node.col_offset] + f"{node.value + 1}".encode() + line[node.end_col_offset :]  # type: ignore[operator]
                lines[node.lineno - 1] = changed.decode()
                for name in ast.walk(statement.targets[0]):
                    if isinstance(name, ast.Name):
                        yield name.id, "".join(lines)


def test_a_new_file_and_a_lost_one_give_another_id(tree: Path) -> None:
    unchanged = _hashes_of(tree)
    added = tree / "tasks" / "derive" / "added.csv"
    added.write_text("a\n", encoding="utf-8")
    assert all(one != other for one, other in zip(unchanged, _hashes_of(tree), strict=True))
    added.rename(added.with_name("renamed.csv"))
    assert all(one != other for one, other in zip(unchanged, _hashes_of(tree), strict=True))
    added.with_name("renamed.csv").unlink()
    for left in (".added.csv.swp", "~$added.csv", "Thumbs.db", ".DS_Store", "__pycache__"):
        (tree / "tasks" / "derive" / left).write_text("left", encoding="utf-8")
    assert _hashes_of(tree) == unchanged
    for left in (".added.csv.swp", "~$added.csv", "Thumbs.db", ".DS_Store", "__pycache__"):
        (tree / "tasks" / "derive" / left).unlink()


def test_another_library_or_interpreter_gives_another_id(monkeypatch: pytest.MonkeyPatch) -> None:
    here = identity._hashes()
    assert here == (program_hash(), identity._AT_START[1])
    assert rule_pack() == here[1][:16]
    version = identity._version
    alone = [identity._hash((), libraries) for libraries in (LIBRARIES_OF_RELEASES, LIBRARIES_OF_RULES)]
    for library in {*LIBRARIES_OF_RELEASES, *LIBRARIES_OF_RULES}:
        with monkeypatch.context() as other:
            other.setattr(identity, "_version", lambda name, old=library: version(name) + "1" * (name == old))
            changed = [identity._hash((), libraries) for libraries in (LIBRARIES_OF_RELEASES, LIBRARIES_OF_RULES)]
        assert [one != other for one, other in zip(changed, alone, strict=True)] == [
            library in LIBRARIES_OF_RELEASES,
            library in LIBRARIES_OF_RULES,
        ]
    assert all(version(library) != "none" for library in {*LIBRARIES_OF_RELEASES, *LIBRARIES_OF_RULES})
    monkeypatch.setattr(identity.platform, "python_version", lambda: "3.11.0")
    assert all(one != other for one, other in zip(here, identity._hashes(), strict=True))


def test_a_process_whose_program_was_replaced_stops(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "_AT_START", identity._hashes())
    check_unchanged()
    path = tree / "sql" / "mart" / "indicator.sql"
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole + "-- mended\n", encoding="utf-8")
    with pytest.raises(SystemFault) as stopped:
        check_unchanged()
    path.write_text(whole, encoding="utf-8")
    assert "Khởi động lại" in stopped.value.sentence()
    check_unchanged()


def test_every_input_of_a_release_is_in_its_id(tmp_path: Path) -> None:
    """A new field of BuildInputs must be hashed, and stand here with another value."""
    inputs = write_inputs(tmp_path, province(BASELINE), BASELINE)
    finding = dict.fromkeys(FINDING) | {"submission_id": inputs.submissions["submission_id"][0], "rule": "H01"}
    pl.DataFrame([finding], schema=FINDING).write_parquet(tmp_path / "found.parquet")
    counts = pl.DataFrame(
        [{"submission_id": finding["submission_id"], "rule": "H01", "severity": "critical", "count": 1}],
        schema=inputs.finding_counts.schema,
    )
    restated = dict.fromkeys(RESTATED) | {
        "release_id": "older",
        "period": inputs.slots["period"][0],
        "district_code": "964",
    }
    month = dict.fromkeys(RESTATED_MONTH) | {"release_id": "older", "period": inputs.slots["period"][0]}
    served = tmp_path / "served"
    shutil.copytree(inputs.accepted, served)
    path = next(served.glob("*/policy.parquet"))
    pl.read_parquet(path).with_columns(served=pl.lit(7, pl.Int64)).write_parquet(path)
    others: dict[str, Any] = {
        "as_of": "2020-01",
        "first_period": "2020-01",
        "accepted": served,
        "submissions": inputs.submissions.with_columns(reason=pl.lit("checked")),
        "slots": inputs.slots.with_columns(state=pl.lit("excused")),
        "findings": [tmp_path / "found.parquet"],
        "finding_counts": counts,
        "suppression_key": b"another",
        "rate_denominator_excludes_social_protection": True,
        "code_version": "another",
        "restated": pl.DataFrame([restated], schema=RESTATED),
        "restated_months": pl.DataFrame([month], schema=RESTATED_MONTH),
    }
    assert set(others) == {field.name for field in dataclasses.fields(BuildInputs)}
    ids = {name: input_hash(dataclasses.replace(inputs, **{name: value})) for name, value in others.items()}
    assert len({input_hash(inputs), *ids.values()}) == len(ids) + 1
    moved = tmp_path / "moved"
    shutil.copytree(inputs.accepted, moved)
    assert input_hash(dataclasses.replace(inputs, accepted=moved)) == input_hash(inputs)


def test_the_method_is_the_program_and_the_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    methods = {method_hash(False), method_hash(True)}
    monkeypatch.setattr("tasks.build.program_hash", lambda: "another")
    assert len({*methods, method_hash(False), method_hash(True)}) == 4
