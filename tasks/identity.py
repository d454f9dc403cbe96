"""What the program is: one hash over all that can change a byte of a release, one over all that decides a finding.

No version number says it: a mended checkout, another library or a changed line of data finds and writes otherwise under
the same number. So the files themselves are hashed, whole rooms of them, where they would be imported from; that costs
some forty milliseconds. tests/tasks/test_identity.py holds what is covered against what is really imported and opened.

Both hashes are taken when this module is imported, with the code that will run. A process that goes on while its
program is replaced would mix old code with new models: `check_unchanged` refuses that.
"""

import hashlib
import importlib.util
import platform
import zlib
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from errors import SystemFault
from tasks.names import is_in_clutter

_SQL = Path(__file__).parent.parent / "sql"

# Rooms, folders and modules that stand between the inputs of a release and its files. The ledger and the reading of
# workbooks are before that: what they come to is among the inputs.
OF_RELEASES = (
    "errors.py",
    "expectations",
    "flows/publish.py",
    "forms",
    "labels",
    "plan",
    "reports",
    "sql",
    "tasks",
    "telemetry",
)
# Those that stand between a received file and its findings.
OF_RULES = (
    "errors.py",
    "expectations",
    "flows/ingest.py",
    "forms",
    "labels",
    "ledger",
    "plan",
    "settings.py",
    "tasks/__init__.py",
    "tasks/accept.py",
    "tasks/case.py",
    "tasks/cases.py",
    "tasks/child.py",
    "tasks/children.py",
    "tasks/cover.py",
    "tasks/cross.py",
    "tasks/derive",
    "tasks/failure.py",
    "tasks/faults.py",
    "tasks/files.py",
    "tasks/findings.py",
    "tasks/gate",
    "tasks/identity.py",
    "tasks/judge.py",
    "tasks/judgements.py",
    "tasks/judging.py",
    "tasks/legacy_text",
    "tasks/names.py",
    "tasks/on_worker.py",
    "tasks/pseudonym.py",
    "tasks/questions.py",
    "tasks/read",
    "tasks/schemas.py",
    "tasks/stored.py",
    "tasks/threads.py",
    "tasks/validate.py",
    "tasks/values.py",
    "tasks/words.py",
    "telemetry",
)
# Every distribution that making a release imports.
LIBRARIES_OF_RELEASES = (
    "altair",
    "attrs",
    "cloudpickle",
    "docxtpl",
    "duckdb",
    "idna",
    "jinja2",
    "jsonpointer",
    "jsonschema",
    "jsonschema-specifications",
    "lxml",
    "markupsafe",
    "narwhals",
    "numpy",
    "packaging",
    "pandas",
    "polars",
    "polars-runtime-32",
    "pyarrow",
    "python-dateutil",
    "python-docx",
    "pytz",
    "referencing",
    "rfc3339-validator",
    "rpds-py",
    "six",
    "typing-extensions",
    "vl-convert-python",
    "xlsxwriter",
)
# Those that read cells and hold them against rules.
LIBRARIES_OF_RULES = (
    "great-expectations",
    "numpy",
    "pandas",
    "polars",
    "polars-runtime-32",
    "pyarrow",
    "python-calamine",
    "rapidfuzz",
    "xlrd",
)


def program_hash() -> str:
    """SHA-256 over every file, library and interpreter that makes a release of its inputs."""
    return _AT_START[0]


def rule_pack() -> str:
    """A short hash of all that decides a finding: judgements and approvals name the rules that they were made under."""
    return _AT_START[1][:16]


def check_unchanged() -> None:
    """Raises SystemFault where the program was replaced since this process began: its hashes would name neither."""
    if _hashes() != _AT_START:
        raise SystemFault(
            "the program's files have changed since this process began",
            "chương trình đã được thay hoặc sửa trong khi tiến trình này đang chạy",
            "restart it (giamngheo up, giamngheo review), then {again}",
            "khởi động lại nó (giamngheo up, giamngheo review), rồi {again}",
        )


def covered_files(places: Sequence[str]) -> Iterator[tuple[str, Path]]:
    """Every file of some rooms, folders and modules, by its name in the repository, in order."""
    for place in places:
        root = _root(place)
        if root.is_file():
            yield place, root
            continue
        for path in sorted(root.rglob("*")):
            name = path.relative_to(root)
            # What Python, editors and desktops leave beside them is no part of the program.
            is_left = is_in_clutter(name) or any(part.startswith((".", "__pycache__")) for part in name.parts)
            if path.is_file() and not is_left:
                yield f"{place}/{name.as_posix()}", path


def _root(place: str) -> Path:
    """Where a room, a folder or a module of it is imported from."""
    top, _, rest = place.partition("/")
    if top == _SQL.name:  # read, never imported
        return _SQL / rest
    spec = importlib.util.find_spec(top.removesuffix(".py"))
    assert spec is not None and spec.origin is not None, f"{place} can't be imported"
    origin = Path(spec.origin)
    return origin.parent / rest if origin.name == "__init__.py" else origin


def _hash(places: Sequence[str], libraries: Sequence[str]) -> str:
    digest = hashlib.sha256()
    for fact in (*_interpreter(), *(f"{name} {_version(name)}" for name in libraries)):
        digest.update(fact.encode() + b"\0")
    for name, path in covered_files(places):
        content = path.read_bytes()
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _interpreter() -> Iterator[str]:
    """Reports are packed by zlib; another machine's arithmetic may round a last digit otherwise."""
    yield f"{platform.python_implementation()} {platform.python_version()}"
    yield f"{platform.system()} {platform.machine()}"
    yield f"zlib {zlib.ZLIB_RUNTIME_VERSION}"


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return "none"


def _hashes() -> tuple[str, str]:
    return _hash(OF_RELEASES, LIBRARIES_OF_RELEASES), _hash(OF_RULES, LIBRARIES_OF_RULES)


_AT_START = _hashes()
