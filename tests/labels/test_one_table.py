"""One table has the words for states, verdicts and units: complete, in two languages, and nowhere a second time."""

import ast
import csv
import re
from collections.abc import Iterator
from pathlib import Path

from expectations.catalogue import rules
from labels.table import (
    CHANGES,
    FILE,
    SEVERITIES,
    STATES,
    STATES_SHORT,
    STATUSES,
    TARGETS,
    TIMELINESS,
    kinds,
    measure_words,
)
from ledger import states
from plan.reference import plan, table
from tasks import publications, timeliness

ROOT = Path(__file__).parents[2]
# Codes of which an output says something; a `group` or `unit` is too common a word to look for.
CODES = {code for kind in ("state", "status", "severity", "change", "timeliness") for code in kinds()[kind]}
CODES |= set(kinds()["target"]) | {f"accepted_{code}" for code in TIMELINESS}
SENTENCES = {words.vi for kind in ("state", "status") for words in kinds()[kind].values()}


def files(suffix: str) -> list[Path]:
    """The product's files of a kind: those of its rooms, and those at the top."""
    rooms = [path for path in ROOT.iterdir() if path.is_dir() and path.name not in ("tests", "labels", "data")]
    found = [path for room in rooms if not room.name.startswith(".") for path in room.rglob(f"*{suffix}")]
    return sorted([*found, *ROOT.glob(f"*{suffix}")])


def is_prose(node: ast.expr) -> bool:
    """Words for a person: a text with a blank or a letter that no code has, or a call that is given such a text."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return " " in node.value or not node.value.isascii()
    return isinstance(node, ast.Call | ast.Tuple) and any(is_prose(one) for one in (getattr(node, "args", None) or ()))


def pairs(node: ast.AST) -> Iterator[tuple[ast.expr | None, ast.expr]]:
    if isinstance(node, ast.Dict):
        yield from zip(node.keys, node.values, strict=True)
    if isinstance(node, ast.Tuple | ast.List):
        for one in node.elts:
            if isinstance(one, ast.Tuple) and len(one.elts) > 1:
                yield one.elts[0], one.elts[1]


def second_tables(source: str) -> list[int]:
    """Lines on which codes of the table get words of their own."""
    found = []
    for node in ast.walk(ast.parse(source)):
        mine = [
            value
            for key, value in pairs(node)
            if isinstance(key, ast.Constant) and key.value in CODES and is_prose(value)
        ]
        if mine:
            found.append(node.lineno)  # type: ignore[attr-defined]
    return found


def copied(source: str) -> list[int]:
    """Lines that have a state's or a verdict's words as a text of their own."""
    constants = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant)]
    return [node.lineno for node in constants if isinstance(node.value, str) and node.value in SENTENCES]


def test_no_module_has_words_of_its_own_for_a_code() -> None:
    found = {}
    for path in files(".py"):
        source = path.read_text(encoding="utf-8")
        if lines := second_tables(source) + copied(source):
            found[str(path.relative_to(ROOT))] = lines
    assert found == {}


def test_a_second_table_would_be_found() -> None:
    assert second_tables('A = {"held": "tạm giữ", "x": "y"}') == [1]
    assert second_tables('A = (("achieved", "đã đạt"),)') == [1]
    assert second_tables('A = {"missed": Words("chưa đạt", "missed")}') == [1]
    assert second_tables('A = {"held": "rejected", "missed": "#ffffff"}') == []
    assert copied('say("chưa nhận")') == [1]


def test_no_other_list_of_words_names_a_code() -> None:
    """The desk's lists of words, and any other CSV with a Vietnamese column beside a key."""
    for path in files(".csv"):
        with open(path, encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                key = row.get("key") or ""
                code = re.sub("^(state|severity|status|timeliness)_", "", key)
                # The desk's headings for how many files came, and for the due day.
                assert code not in CODES or key in ("received", "due"), f"{path}: {key}"


def test_every_code_has_words_in_both_languages() -> None:
    with open(FILE, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len({(row["kind"], row["code"]) for row in rows}) == len(rows)
    assert all(row["vi"].strip() and row["en"].strip() for row in rows)
    for words in (STATES, STATUSES, SEVERITIES, CHANGES):
        for language in ("vi", "en"):
            assert len({one.of(language) for one in words.values()}) == len(words)


def test_the_validators_page_tells_the_states_by_the_same_words() -> None:
    page = (ROOT / "docs" / "validator.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| ([^|]+?) \|", page[page.index("## Trạng thái") :].split("\n## ")[0], flags=re.MULTILINE)
    assert set(listed[1:]) == {words.vi for state, words in STATES.items() if state not in ("expected", "excused")}


def test_a_target_is_called_what_the_policy_is_called() -> None:
    named = {row["policy"]: (row["label_vi"], row["label_en"]) for row in table("policies_monitored")}
    assert {code: words for code, words in TARGETS.items() if code in named} == {"jobs": named["jobs"]}


def test_the_table_has_every_code_that_the_system_knows() -> None:
    named = {value for name, value in vars(states).items() if name.isupper() and isinstance(value, str)}
    assert set(STATES) == named
    # The calendar has its own signs for these.
    assert set(STATES_SHORT) == named - {states.ACCEPTED, states.EXPECTED, states.EXCUSED}
    assert set(TIMELINESS) == {
        timeliness.ON_TIME,
        timeliness.LATE,
        timeliness.MISSING,
        timeliness.DUE,
        states.EXCUSED,
    }
    assert {rule.severity for rule in rules().values()} <= set(SEVERITIES)
    slot = ("964", "2020-01")
    causes = {
        publications.ChangedSlot(slot, then, now, ()).cause for then, now in ((None, "a"), ("a", None), ("a", "b"))
    }
    assert causes == set(CHANGES) - {"new"}
    assert measure_words(plan().headline_measure, plan().headline_basis).vi
