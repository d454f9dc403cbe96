"""Every exception class and every raise of the program, read from its code: each is told, with what to do next."""

import ast
import builtins
import datetime as dt
import importlib
import inspect
import pickle
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

import errors
from errors import EN, SYSTEM_FAULT, WRONG_USAGE, Fault, MachineFault, ProgramFault, Refused, SystemFault
from flows.api import PrefectFails
from flows.prefect_flows import _served
from flows.prefect_runner import StepFault
from ledger.events import Event
from ledger.states import ACCEPTED, Submission
from settings import REPOSITORY
from tasks.annotate.package import Unfamiliar
from tasks.decide import Changed
from tasks.faults import Unreadable
from terminal import explain

# What runs past Exception is the interpreter's own.
OUTCOMES = {None, "refused", "busy", "nothing", "blocked", "left", "faults"}
ENGLISH_NAME = re.compile(r"\b[A-Za-z_]*(Error|Exception|Fault|Warning)\b|Traceback")
VIETNAMESE = re.compile(r"[ăâđêôơưàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ]", re.IGNORECASE)
# Only for the log, or for code that caught an exception and hands its kind on as a string.
MAY_NAME_A_CLASS = {"telemetry/faults.py", "telemetry/record.py", "tasks/questions.py", "tasks/gate/ole.py"}
MAY_NAME_A_CLASS |= {"tasks/read/formats.py", "tasks/read/xls_marks.py"}


@cache
def sources() -> dict[str, ast.Module]:
    """Path of every module of the program (what mypy is told to check) → its syntax tree."""
    told = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mypy"]["files"]
    paths = [path for one in told for path in ([REPOSITORY / one] if one.endswith(".py") else _below(REPOSITORY / one))]
    return {str(path.relative_to(REPOSITORY)): ast.parse(path.read_text(encoding="utf-8")) for path in paths}


def _below(folder: Path) -> list[Path]:
    # Alembic alone can import its migrations.
    return sorted(path for path in folder.rglob("*.py") if "migrations" not in path.parts)


def module_of(path: str) -> ModuleType:
    return importlib.import_module(path.removesuffix(".py").removesuffix("/__init__").replace("/", "."))


@cache
def families() -> dict[str, type[BaseException]]:
    """Every exception class that the program has, by its name."""
    found: dict[str, type[BaseException]] = {}
    for path, tree in sources().items():
        names = [node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and node.bases]
        for name in names if names else ():
            kind = getattr(module_of(path), name, None)
            if inspect.isclass(kind) and issubclass(kind, BaseException):
                assert name not in found, f"two classes are called {name}"
                found[name] = kind
    return found


def caught() -> set[str]:
    """The names in the program's except clauses."""
    handlers = [one.type for tree in sources().values() for one in ast.walk(tree) if isinstance(one, ast.ExceptHandler)]
    return {node.id for one in handlers if one for node in ast.walk(one) if isinstance(node, ast.Name)}


def test_every_exception_class_is_one_of_ours_or_is_private_and_caught() -> None:
    known = families()
    assert len(known) > 40
    strays = [name for name, kind in known.items() if not issubclass(kind, Fault) and not name.startswith("_")]
    assert strays == []
    private = {name for name, kind in known.items() if not issubclass(kind, Fault)}
    assert private <= caught()


class Anything(str):
    """Stands for whatever a name holds where something is raised: a text that has every attribute, item and result."""

    __slots__ = ()

    def __getattr__(self, name: str) -> "Anything":
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __getitem__(self, _: Any) -> "Anything":
        return self

    def __call__(self, *_: Any, **__: Any) -> "Anything":
        return self

    def __format__(self, _: str) -> str:
        return str(self)

    def __add__(self, _: Any) -> "Anything":
        return self

    __radd__ = __sub__ = __truediv__ = __mul__ = __add__  # type: ignore[assignment]

    def __iter__(self) -> "Iterator[Any]":
        yield self

    def __lt__(self, _: Any) -> bool:
        return False

    __gt__ = __lt__


A_THING = Anything("2020")


@dataclass(frozen=True)
class Made:
    """A place of the program's code where an exception is made."""

    place: str
    module: str
    call: ast.expr


@cache
def made() -> tuple[Made, ...]:
    """Every call of one of our classes and every raise of a class, with its place."""
    found = []
    for path, tree in sources().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Name | ast.Call):
                found.append(Made(f"{path}:{node.lineno}", path, node.exc))
            elif isinstance(node, ast.Call) and _is_ours(node.func):
                found.append(Made(f"{path}:{node.lineno}", path, node))
    return tuple({(one.module, one.call.lineno, one.call.col_offset): one for one in found}.values())


def _is_ours(called: ast.expr) -> bool:
    name = called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
    return name in families()


def evaluated(one: Made) -> object:
    """What is raised there, with Anything in the place of what only running code knows; None for a variable."""
    names = {node.id for node in ast.walk(one.call) if isinstance(node, ast.Name)}
    known = {**vars(builtins), **families(), **vars(module_of(one.module))}
    scope = {name: known.get(name, A_THING) for name in names}
    value = _value(one.call, scope)
    if inspect.isclass(value) and issubclass(value, BaseException):
        return value()
    return value if isinstance(value, BaseException) else None


def a_change() -> Changed:
    at = dt.datetime(2020, 2, 5, tzinfo=dt.UTC)
    now = Submission("ab" * 32, "a.xlsx", at, 0, state=ACCEPTED)
    return Changed(None, now, [Event("accepted", at, by="Thẩm định viên", id=7)])


# Those that look at what they are given.
LOOKING = {Changed: a_change, StepFault: lambda: StepFault(KeyError("Nguyễn Văn A"))}


def _value(node: ast.expr, scope: dict[str, Any]) -> Any:
    if isinstance(node, ast.Call):
        called = _value(node.func, scope)
        if called in LOOKING:
            return LOOKING[called]()
        if inspect.isclass(called) and issubclass(called, BaseException):
            arguments: list[Any] = []
            for one in node.args:
                arguments += _value(one.value, scope) if isinstance(one, ast.Starred) else [_value(one, scope)]
            return called(*arguments, **{one.arg: _value(one.value, scope) for one in node.keywords if one.arg})
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(_value(part.value, scope)) if isinstance(part, ast.FormattedValue) else str(part.value)  # type: ignore[attr-defined]
            for part in node.values
        )
    if any(isinstance(one, ast.Call) for one in ast.walk(node)):
        return A_THING
    try:
        return eval(compile(ast.Expression(node), "<raised>", "eval"), dict(scope))
    except Exception:
        return A_THING


def read(sentence: str, where: str) -> None:
    """A sentence that a person at the command line can use."""
    first = sentence.splitlines()[0]
    assert first[0].isupper() or not first[0].isalpha(), (where, sentence)
    assert first.endswith("."), (where, sentence)
    assert not ENGLISH_NAME.search(sentence), (where, sentence)
    assert VIETNAMESE.search(first), (where, sentence)
    assert not {"{", "}"} & set(first), (where, sentence)
    assert "None" not in first and ".." not in first and "  " not in first, (where, sentence)


def test_every_fault_that_the_program_raises_is_read_by_the_command_line() -> None:
    ours, others = [], []
    for one in made():
        fault = evaluated(one)
        if fault is None:
            continue
        assert isinstance(fault, BaseException)
        sentence, code = explain(fault)
        read(sentence, one.place)
        if isinstance(fault, Fault):
            ours.append(one.place)
            assert code == type(fault).exit_code, one.place
            assert fault.do_vi, f"{one.place} says nothing of what to do: {sentence}"
            own = fault.vi.replace(A_THING, "").strip(": ;.,()/")
            assert not own or VIETNAMESE.search(own), (one.place, "is said in another language", own)
            do = fault.do_vi.partition("{")[0].strip()
            assert isinstance(fault, ProgramFault) or do[1:] in sentence, (one.place, sentence)
        elif not isinstance(fault, OSError | MemoryError):
            others.append(one.place)
            # A caller's mistake, or a library's own kind: if nobody catches it, the program is at fault.
            assert sentence.startswith("Lỗi của chương trình. Dữ liệu không hỏng"), (one.place, sentence)
            assert code == SYSTEM_FAULT
    # No raise is passed over because it could not be made here.
    assert len(ours) > 150
    assert len(others) > 20


def test_the_data_teams_page_lists_every_fault_that_may_be_read() -> None:
    """Its table quotes the beginnings of sentences, … for what differs; none of them is of a fault that is no more."""
    page = (REPOSITORY / "docs" / "data-team.md").read_text(encoding="utf-8")
    rows = [row for row in page.partition("| You see |")[2].partition("\n\n")[0].splitlines() if "`" in row]
    quoted = {text for row in rows for text in re.findall(r"`([^`]+)`", row.split(" | ")[0])}
    patterns = {text: re.compile(".*?".join(map(re.escape, text.split("…"))), re.DOTALL) for text in quoted}
    faults = [fault for one in made() if isinstance(fault := evaluated(one), Fault)]
    faults += [kind("/d") for kind in MachineFault.__subclasses__()]
    # What the sender must act on is a finding, and what is handed from one step to another is read by nobody.
    told = [one for one in faults if one.exit_code == SYSTEM_FAULT and not isinstance(one, Unreadable | Unfamiliar)]
    assert len(told) > 60
    read_of: set[str] = set()
    unsaid: list[str] = []
    for fault in told:
        if A_THING in fault.vi and fault.vi[0] == A_THING[0] and not any(map(str.isalpha, fault.vi)):
            continue  # known to running code only
        fitting = [text for text, pattern in patterns.items() if pattern.match(fault.sentence())]
        unsaid += [fault.sentence()] if not fitting else []
        read_of |= set(fitting)
    assert unsaid == []
    others = {text for text in quoted - read_of if text[0].isupper() and "LỖI HỆ THỐNG" not in text}
    assert others == {"Thiết đặt không dùng được…", "Sổ sự kiện thiếu những sự kiện cuối…", "Sổ sự kiện trống…"}


def subclasses(kind: type[Fault]) -> list[type[Fault]]:
    families()
    return [kind, *(below for one in kind.__subclasses__() for below in subclasses(one))]


def test_every_class_of_ours_has_its_code_and_its_outcome() -> None:
    kinds = [kind for kind in set(subclasses(Fault)) if not kind.__module__.startswith(("test", "conftest"))]
    assert len(kinds) > 50
    for kind in kinds:
        assert kind.exit_code == (WRONG_USAGE if issubclass(kind, Refused) else SYSTEM_FAULT), kind
        assert kind.outcome in OUTCOMES, kind
        # Whoever asked wrongly is at fault, so the log has nothing of it.
        assert not (issubclass(kind, Refused) and kind.outcome is None), kind
        assert kind.is_safe_to_log == issubclass(kind, SystemFault), kind


@pytest.mark.parametrize("kind", MachineFault.__subclasses__(), ids=lambda kind: kind.__name__)
def test_every_fault_of_the_machine_says_in_both_languages_what_and_what_now(kind: type[MachineFault]) -> None:
    for language, texts in (("vi", (kind.what_vi, kind.usual_do_vi)), (EN, (kind.what_en, kind.usual_do_en))):
        assert all(texts), language
        for place in ("", "/d/raw"):
            said = kind(place).sentence(language)
            assert said.count(".") >= 2 and said.endswith("."), said
            assert not {"{", "}"} & set(said), said
            assert ("(/d/raw)" in said) is (bool(place) and "{at}" in texts[0]), said
    assert "{again}" in kind.usual_do_vi and "{again}" in kind.usual_do_en
    read(explain(kind())[0], kind.__name__)


def test_what_comes_from_another_process_says_the_same() -> None:
    """Jobs on a cluster and reader processes send what was raised as bytes."""
    there = [fault for one in made() if isinstance(fault := evaluated(one), Fault)]
    assert len({type(fault) for fault in there}) > 30
    for fault in there:
        if any(isinstance(value, Anything) for value in fault.__dict__.values()):
            continue
        here = pickle.loads(pickle.dumps(fault))
        assert type(here) is type(fault)
        assert (str(here), here.sentence(), here.sentence(EN)) == (str(fault), fault.sentence(), fault.sentence(EN))


def test_a_server_of_prefect_that_fails_is_told_as_one_and_a_mistake_beside_it_is_not() -> None:
    request = httpx.Request("GET", "http://an:secret@127.0.0.1/api")
    refused = httpx.HTTPStatusError("secret", request=request, response=httpx.Response(503))
    for fault, said in ((httpx.ConnectError("secret"), "không trả lời"), (refused, "HTTP 503")):
        for raised in (fault, RuntimeError("Failed to reach API")):
            with pytest.raises(PrefectFails) as told, _served():
                raise raised from (None if raised is fault else fault)
            sentence, code = explain(told.value)
            assert said in sentence and "PREFECT_API_URL" in sentence and "secret" not in sentence
            assert code == SYSTEM_FAULT
    with pytest.raises(KeyError), _served():
        raise KeyError("x")


def _class_name_of(node: ast.AST) -> bool:
    """type(x).__name__, x.__class__.__name__, type(x).__module__, __qualname__."""
    if not isinstance(node, ast.Attribute) or node.attr not in ("__name__", "__module__", "__qualname__"):
        return False
    of = node.value
    return (isinstance(of, ast.Call) and isinstance(of.func, ast.Name) and of.func.id == "type") or (
        isinstance(of, ast.Attribute) and of.attr == "__class__"
    )


def test_no_class_is_looked_up_by_its_name_as_text() -> None:
    named = {path for path, tree in sources().items() if any(map(_class_name_of, ast.walk(tree)))}
    assert named <= MAY_NAME_A_CLASS
    # `kind_of` gives such a name to the log: nothing may be decided by it.
    deciding = [
        f"{path}:{node.lineno}"
        for path, tree in sources().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare | ast.Subscript | ast.If | ast.IfExp | ast.Match)
        for inside in ast.walk(node.test if isinstance(node, ast.If | ast.IfExp) else node)
        if _class_name_of(inside) or (isinstance(inside, ast.Call) and getattr(inside.func, "id", "") == "kind_of")
    ]
    assert deciding == []


def test_the_module_of_errors_stands_alone() -> None:
    """Every room may import it."""
    tree = ast.parse(inspect.getsource(errors))
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported == {"typing"}
