"""The program as files, to change them."""

import shutil
from pathlib import Path

from settings import REPOSITORY

ROOMS = (
    "expectations",
    "flows",
    "forms",
    "ledger",
    "plan",
    "reports",
    "review",
    "sample",
    "sql",
    "tasks",
    "telemetry",
    "up",
    "watch",
)


def copy_program(tree: Path) -> Path:
    """Every room and module of the product, in a folder; it runs from there once it stands first on the path."""
    tree.mkdir(exist_ok=True)
    for room in ROOMS:
        shutil.copytree(REPOSITORY / room, tree / room, ignore=shutil.ignore_patterns("__pycache__"))
    for module in sorted(REPOSITORY.glob("*.py")):
        shutil.copy2(module, tree / module.name)
    return tree
