"""Shared by the rooms: how properties are tested, and the sample year, told once."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import settings
from postgresql_server import PostgresServer, running_postgresql
from sample_year import run

# A slow, shared machine is no failure of a property.
# The same examples in every run, so that what was green stays green; `make fuzz` looks for new ones.
settings.register_profile("project", deadline=None, max_examples=60, derandomize=True)
settings.register_profile("search", deadline=None, max_examples=200)
settings.load_profile("project")


@pytest.fixture(scope="session")
def sample_year(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data root of `giamngheo demo`, one for all workers. For reading only: copy it before changing it."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "sample-year"
    folder.mkdir(exist_ok=True)
    told = folder / "told.txt"
    with FileLock(folder / "lock"):
        if not told.exists():
            told.write_text(run(folder / "data", "demo").stdout, encoding="utf-8")
    assert "117 chấp nhận" in told.read_text(encoding="utf-8")
    return folder / "data"


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresServer]:
    """A real PostgreSQL server, one for each worker; every test makes a database of its own there."""
    with running_postgresql() as server:
        yield server
