"""A mistake of the program and a damaged file, in the middle of real work: each is told as what it is."""

import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import polars as pl
import pytest
from disturbed import Victim, look

import cli
import flows.publish
import tasks.build
from settings import get_settings

NOT_DAMAGED = "Lỗi của chương trình. Dữ liệu không hỏng"
RECORD = re.compile(r"\b\d{4}-\d{4}\b")
Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """`giamngheo WORDS` on the data root in this process, so that a test can put a mistake into it."""
    given = {"DATA": root, "SETTLE_SECONDS": 0, "PSEUDONYM_KEY": "k", "LAST_PERIOD": "2020-01", "READERS": 1}
    for name, value in given.items():
        monkeypatch.setenv(f"GIAMNGHEO_{name}", str(value))

    def one(*words: str) -> tuple[int, str]:
        get_settings.cache_clear()
        monkeypatch.setattr(sys, "argv", ["giamngheo", *words])
        try:
            cli.main()
        except SystemExit as end:
            said = capsys.readouterr()
            return int(end.code or 0), said.out + said.err
        raise AssertionError("a command ends by SystemExit")

    yield one
    get_settings.cache_clear()


def logged(root: Path) -> dict[str, dict[str, str]]:
    """The log's records of faults, by their numbers."""
    lines = (root / "logs" / "giamngheo.jsonl").read_text(encoding="utf-8").splitlines()
    return {one["record"]: one for one in map(json.loads, lines) if "record" in one}


def assert_told_as_a_mistake(root: Path, code: int, said: str, kind: str) -> None:
    assert code == 1
    assert NOT_DAMAGED in said, said
    assert not re.search(r"verify|rebuild|sao lưu|parquet|hỏng, |Traceback|Error|Exception", said), said
    (number,) = set(RECORD.findall(said))
    assert logged(root)[number]["fault"] == kind


def a_wrong_model(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = tasks.build.model_sql
    wrong = {"core.unit": "select no_such_column from input.units"}
    monkeypatch.setattr(tasks.build, "model_sql", lambda model: wrong.get(model) or whole(model))


def a_wrong_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks.build, "_form_fields", lambda: pl.DataFrame({"a": [1]}).select("no_such_column"))


@pytest.mark.begins("accepted")
@pytest.mark.parametrize(
    ("mistake", "kind"), [(a_wrong_model, "BinderException"), (a_wrong_step, "ColumnNotFoundError")]
)
def test_a_mistake_in_a_model_or_a_step_is_not_told_as_damage(
    root: Path, run: Run, monkeypatch: pytest.MonkeyPatch, mistake: Callable[[pytest.MonkeyPatch], None], kind: str
) -> None:
    before = look(root)
    with monkeypatch.context() as patch:
        mistake(patch)
        assert_told_as_a_mistake(root, *run("publish"), kind)
    # Nothing was changed, as it says.
    after = look(root)
    assert after["events"] == before["events"]
    assert {place for place in after["files"] if "logs/" not in place} == {
        place for place in before["files"] if "logs/" not in place
    }


@pytest.mark.begins("accepted")
def test_every_class_of_polars_and_duckdb_is_a_mistake_of_the_program_where_all_files_are_whole(
    root: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    kinds = [
        kind
        for module in (pl.exceptions, duckdb)
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, BaseException) and not issubclass(kind, Warning)
    ]
    assert len(kinds) > 45
    for kind in kinds:
        if kind is duckdb.OutOfMemoryException:
            continue

        def wrong(*_: object, kind: type[BaseException] = kind) -> None:
            raise kind("parquet magic bytes: a value of somebody's register")

        monkeypatch.setattr(flows.publish, "accepted_periods", wrong)
        code, said = run("publish")
        assert "register" not in said
        assert_told_as_a_mistake(root, code, said, kind.__name__)


@pytest.mark.begins("accepted")
def test_a_damaged_release_is_told_as_one_and_a_wrong_query_is_not(root: Path, run: Run) -> None:
    code, said = run("sql", "select no_such from mart.indicator")
    assert (code, "Câu lệnh SQL không chạy được" in said, "no_such" in said) == (2, True, True), said
    warehouse = (root / "warehouse" / "current").resolve() / "warehouse.duckdb"
    warehouse.chmod(0o644)
    content = warehouse.read_bytes()
    refused = 0
    for damaged in (content[:5000], b"\0" * len(content), content[:20000] + b"\xff" * 400_000 + content[420_000:]):
        warehouse.write_bytes(damaged)
        for words in (
            ["sql", "select * from mart.indicator"],
            ["explain", "poor_rate", "--unit", "96", "--period", "2019-12"],
        ):
            code, said = run(*words)
            if code == 0:  # what it read was not of the damaged part
                continue
            assert code == 1, said
            assert "không còn như khi niêm phong" in said and "giamngheo rebuild" in said, said
            refused += 1
    assert refused >= 4


@pytest.mark.begins("judged")
def test_damaged_findings_are_named_with_what_mends_them(victim: Victim, root: Path, run: Run) -> None:
    for path in root.glob("judgements/*/*.parquet"):
        path.chmod(0o644)
        path.write_bytes(path.read_bytes()[:-9])
    code, said = run("publish")
    assert code == 1
    (name,) = re.findall(r"judgements/(\S+/\S+\.parquet) hỏng", said)
    assert (root / "judgements" / name).is_file()
    assert "giamngheo verify" in said
    assert not re.search("chương trình|Traceback", said)
