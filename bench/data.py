"""The files that every contender reads: nine baseline workbooks, as they are and enlarged."""

import os
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

from plan.reference import BASELINE_PERIOD
from sample.scale import enlarged
from sample.writing import write_months
from sample.year import generate_year
from settings import REPOSITORY

CACHE = REPOSITORY / "build" / "bench"
# An inbox file of this age (2020) is taken without watching whether it still grows.
OLD = 1_600_000_000
# Beside the workbooks: how many households they list.
COUNT_FILE = "households.txt"


@dataclass(frozen=True)
class Files:
    """A folder of nine workbooks."""

    folder: Path

    @property
    def paths(self) -> list[Path]:
        return sorted(self.folder.glob("*.xlsx"))

    @property
    def households(self) -> int:
        """How many households the workbooks list."""
        return int((self.folder / COUNT_FILE).read_text())


def prepare(times: int, cache: Path = CACHE) -> Files:
    """The nine workbooks with every household `times` times, written once and kept in `cache`."""
    folder = cache / f"times-{times}"
    if not folder.exists():
        months = {slot: enlarged(month, times) for slot, month in generate_year(last=BASELINE_PERIOD).items()}
        temporary = cache / f".tmp-{secrets.token_hex(4)}"
        write_months(temporary, months)
        for path in temporary.iterdir():
            os.utime(path, (OLD, OLD))
        (temporary / COUNT_FILE).write_text(str(sum(len(month.household) for month in months.values())))
        # Whole or not at all: an interrupted run leaves no half set behind.
        os.replace(temporary, folder)
    return Files(folder)


def fill_inbox(files: Files, data: Path) -> None:
    """A fresh data root whose inbox holds the files, with their old modification times."""
    inbox = data / "inbox"
    inbox.mkdir(parents=True)
    for path in files.paths:
        shutil.copy2(path, inbox / path.name)
